import type { RequestContext, Service } from "../service.ts";
import { groupHandlers } from "./groups.ts";
import { DEFAULT_GROUP, scheduleArn } from "./names.ts";
import type { SchedulesParts, SchedulesTypes } from "./needs.ts";
import { createPermissions } from "./permissions.ts";
import { scheduleHandlers } from "./schedules.ts";
import { tagHandlers } from "./tags.ts";

/** Amazon EventBridge Scheduler: schedules and their groups. */
export const createSchedulesService = (parts: SchedulesParts): Service<SchedulesTypes> => ({
  handlers: { ...scheduleHandlers(parts), ...groupHandlers(parts), ...tagHandlers(parts) },
  permissions: createPermissions(parts.store),
  ledgerKeys: (operation, input, context) => ledgerKeys(operation, input as Record<string, string | undefined>, context),
});

/** The name and the ARN of the schedule; of a group its name. */
const ledgerKeys = (operation: string, { Name: name, GroupName: group = DEFAULT_GROUP, ResourceArn: arn }: Record<string, string | undefined>, { account, region }: RequestContext): string[] => {
  if (name === undefined) return arn === undefined ? [] : [arn];
  return operation.endsWith("Schedule") ? [name, scheduleArn({ account, region, group, name })] : [name];
};
