import type { Tag } from "@aws-sdk/client-scheduler";
import { tagKeys } from "../../iam/tag-keys.ts";
import type { Store } from "../../store/store.ts";
import type { Permission, RequestContext, Service } from "../service.ts";
import { findGroup } from "./group-rows.ts";
import { DEFAULT_GROUP, groupArn, groupOfArn, scheduleArn } from "./names.ts";
import type { SchedulesTypes } from "./needs.ts";

interface Named {
  Name?: string | undefined;
  GroupName?: string | undefined;
  ResourceArn?: string | undefined;
  Tags?: Tag[] | undefined;
  TagKeys?: string[] | undefined;
  Target?: { RoleArn?: string | undefined } | undefined;
}

/** Of a role of another account the handler says what is wrong. */
const handedOver = ({ Target }: Named, { account }: RequestContext): Permission[] =>
  Target?.RoleArn?.split(":")[4] === account ? [{ action: "iam:PassRole", resource: Target.RoleArn, context: { "iam:PassedToService": "scheduler.amazonaws.com" } }] : [];

const asked = ({ Tags = [], TagKeys = Tags.map(({ Key }) => Key!) }: Named): Record<string, string | string[]> => ({
  ...tagKeys("RequestTag", Object.fromEntries(Tags.map(({ Key, Value }) => [Key!, Value]))),
  ...(TagKeys.length === 0 ? {} : { "aws:TagKeys": TagKeys }),
});

/** "Actions, resources, and condition keys for Amazon EventBridge Scheduler": schedules, groups with their tags, and lists of all. */
export const createPermissions = (store: Store): Service<SchedulesTypes>["permissions"] => {
  const ofSchedule = (action: string) => (input: Named, context: RequestContext): Permission[] => [
    { action: `scheduler:${action}`, resource: scheduleArn({ account: context.account, region: context.region, group: input.GroupName ?? DEFAULT_GROUP, name: input.Name! }) },
    ...handedOver(input, context),
  ];
  const ofGroup = (action: string) => async (input: Named, context: RequestContext): Promise<Permission[]> => {
    const name = input.Name ?? groupOfArn(context, input.ResourceArn!);
    const group = name === undefined ? undefined : await store.read(() => findGroup(context, name));
    const tags = action === "CreateScheduleGroup" ? {} : tagKeys("ResourceTag", group?.body.tags ?? {});
    return [{ action: `scheduler:${action}`, resource: input.ResourceArn ?? groupArn(context, name!), context: { ...tags, ...asked(input) } }];
  };
  const ofAll = (action: string) => (): Permission[] => [{ action: `scheduler:${action}`, resource: "*" }];

  return {
    CreateSchedule: ofSchedule("CreateSchedule"),
    UpdateSchedule: ofSchedule("UpdateSchedule"),
    GetSchedule: ofSchedule("GetSchedule"),
    DeleteSchedule: ofSchedule("DeleteSchedule"),
    ListSchedules: ofAll("ListSchedules"),
    CreateScheduleGroup: ofGroup("CreateScheduleGroup"),
    GetScheduleGroup: ofGroup("GetScheduleGroup"),
    DeleteScheduleGroup: ofGroup("DeleteScheduleGroup"),
    ListScheduleGroups: ofAll("ListScheduleGroups"),
    TagResource: ofGroup("TagResource"),
    UntagResource: ofGroup("UntagResource"),
    ListTagsForResource: ofGroup("ListTagsForResource"),
  };
};
