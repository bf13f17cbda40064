import { notFound } from "./errors.ts";
import { getActiveGroup, getGroup, saveGroup } from "./group-rows.ts";
import { groupOfArn, type Place } from "./names.ts";
import type { SchedulesHandlers, SchedulesParts } from "./needs.ts";
import { toTags } from "./tag-rules.ts";

const groupNameOf = (place: Place, arn: string): string => {
  const name = groupOfArn(place, arn);
  if (name === undefined) throw notFound(`Resource ${arn} does not exist.`);
  return name;
};

export const tagHandlers = ({ store, clock }: SchedulesParts) => {
  const change = (place: Place, arn: string, edit: (tags: Record<string, string>) => Record<string, string>) =>
    store.run(function* () {
      const group = yield* getActiveGroup(place, groupNameOf(place, arn), clock.now());
      yield* saveGroup({ ...group, body: { ...group.body, tags: edit(group.body.tags) } });
    });

  return {
    async TagResource(input, context) {
      await change(context, input.ResourceArn!, (tags) => toTags(tags, input.Tags));
      return {};
    },
    async UntagResource(input, context) {
      const keys = new Set(input.TagKeys);
      await change(context, input.ResourceArn!, (tags) => Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.has(key))));
      return {};
    },
    async ListTagsForResource(input, context) {
      const group = await store.run(() => getGroup(context, groupNameOf(context, input.ResourceArn!), clock.now()));
      return { Tags: Object.entries(group.body.tags).map(([Key, Value]) => ({ Key, Value })) };
    },
  } satisfies SchedulesHandlers;
};
