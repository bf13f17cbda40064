import { tagKeys } from "../../iam/tag-keys.ts";
import { busArn, findBus } from "../../plumber/events/buses.ts";
import type { Permission, RequestContext, Service } from "../service.ts";
import { busNamed, type BusName } from "./names.ts";
import type { EventsParts, EventsTypes } from "./needs.ts";
import { readTags } from "./tag-rules.ts";

type Keys = NonNullable<Permission["context"]>;
type Permissions = Service<EventsTypes>["permissions"];

const asked = (given: Parameters<typeof readTags>[0]): Keys => {
  const tags = readTags(given);
  return Object.keys(tags).length === 0 ? {} : { ...tagKeys("RequestTag", tags), "aws:TagKeys": Object.keys(tags) };
};

/** Who makes something with tags must be allowed to tag it. */
const withTagging = (action: string, resource: string, keys: Keys, tags: Parameters<typeof readTags>[0]): Permission[] => {
  const context = { ...keys, ...asked(tags) };
  return [action, ...((tags ?? []).length === 0 ? [] : ["events:TagResource"])].map((one) => ({ action: one, resource, context }));
};

/** What EventBridge's control plane asks IAM ("Actions, resources, and condition keys for Amazon EventBridge"). */
export const createPermissions = ({ store }: Pick<EventsParts, "store">) => {
  const onBus = async (action: string, named: BusName): Promise<Permission> => {
    const bus = await store.read(() => findBus(named, named.name));
    return { action: `events:${action}`, resource: busArn(named, named.name), context: tagKeys("ResourceTag", bus?.tags ?? {}) };
  };
  const asksBus = (action: string) => async ({ Name }: { Name?: string | undefined }, context: RequestContext) => [await onBus(action, busNamed(Name, context))];

  return {
    CreateEventBus: ({ Name, Tags }, context) => withTagging("events:CreateEventBus", busArn(context, Name!), {}, Tags),
    UpdateEventBus: asksBus("UpdateEventBus"),
    DescribeEventBus: asksBus("DescribeEventBus"),
    DeleteEventBus: asksBus("DeleteEventBus"),
    ListEventBuses: () => [{ action: "events:ListEventBuses", resource: "*" }],
  } satisfies Permissions;
};
