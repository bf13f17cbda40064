import { ApiError } from "../../kit/api-error.ts";
import { SCHEDULE_GROUPS_MAX } from "../../kit/limits/schedules.ts";
import type { Operation } from "../../store/store.ts";
import { conflict, invalid } from "./errors.ts";
import { countGroups, ensureDefault, findGroup, getActiveGroup, getGroup, listGroups, saveGroup, type Group } from "./group-rows.ts";
import { DEFAULT_GROUP, groupArn, type Place } from "./names.ts";
import type { SchedulesHandlers, SchedulesParts } from "./needs.ts";
import { cutPage, pageSize, readToken } from "./pages.ts";
import { toTags } from "./tag-rules.ts";
import { onceForToken } from "./tokens.ts";

const describe = (group: Group) => ({
  Arn: groupArn(group, group.name), Name: group.name, State: group.state, CreationDate: new Date(group.body.createdAt), LastModificationDate: new Date(group.body.modifiedAt),
});

/** The one that every account has, which nobody makes and nobody deletes. */
const refuseDefault = (name: string): void => {
  if (name === DEFAULT_GROUP) throw invalid("This operation cannot be performed on schedule group default.");
};

export const groupHandlers = ({ store, clock, deletedGroups }: SchedulesParts) => {
  function* create({ account, region }: Place, name: string, tags: Record<string, string>, now: number): Operation<void> {
    yield* ensureDefault({ account, region }, now);
    if ((yield* findGroup({ account, region }, name)) !== undefined) throw conflict(`Schedule group ${name} already exists.`);
    if ((yield* countGroups({ account, region })) >= SCHEDULE_GROUPS_MAX) {
      throw new ApiError("ServiceQuotaExceededException", `The account has reached its quota of ${SCHEDULE_GROUPS_MAX} schedule groups: delete one before you create another.`);
    }
    yield* saveGroup({ account, region, name, state: "ACTIVE", body: { tags, createdAt: now, modifiedAt: now } });
  }

  return {
    async CreateScheduleGroup(input, context) {
      const name = input.Name!;
      refuseDefault(name);
      const tags = toTags({}, input.Tags);
      const now = clock.now();
      await store.run(() => onceForToken(context, { operation: "CreateScheduleGroup", input, now }, () => create(context, name, tags, now)));
      return { ScheduleGroupArn: groupArn(context, name) };
    },

    async GetScheduleGroup(input, context) {
      return describe(await store.run(() => getGroup(context, input.Name!, clock.now())));
    },

    async DeleteScheduleGroup(input, context) {
      const name = input.Name!;
      refuseDefault(name);
      const now = clock.now();
      await store.run(() =>
        onceForToken(context, { operation: "DeleteScheduleGroup", input, now }, function* () {
          const group = yield* getActiveGroup(context, name, now);
          yield* saveGroup({ ...group, state: "DELETING", body: { ...group.body, modifiedAt: now } });
        }),
      );
      deletedGroups.poke();
      return {};
    },

    async ListScheduleGroups({ NamePrefix: prefix, NextToken, MaxResults }, context) {
      const size = pageSize(MaxResults);
      const [after] = readToken("groups", NextToken, 1) ?? [];
      const found = await store.run(function* () {
        yield* ensureDefault(context, clock.now());
        return yield* listGroups(context, { prefix, after, most: size + 1 });
      });
      const { shown, NextToken: next } = cutPage("groups", found, size, (last) => [last.name]);
      return { ScheduleGroups: shown.map(describe), NextToken: next };
    },
  } satisfies SchedulesHandlers;
};
