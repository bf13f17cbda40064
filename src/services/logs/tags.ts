import { ApiError } from "../../kit/api-error.ts";
import { LOG_GROUP_TAGS_MAX } from "../../kit/limits/logs.ts";
import { sql, type Operation } from "../../store/store.ts";
import { taggedGroup, type Place } from "./names.ts";
import type { LogsHandlers, Parts } from "./needs.ts";
import { getGroup } from "./state.ts";

/** Tags by ARN, and the older operations that name the group. */
export const tagHandlers = ({ store }: Parts) => {
  const read = async (place: Place, name: string) => ({ tags: (await store.run(() => getGroup(place, name))).tags });
  const change = async (place: Place, name: string, edit: (tags: Record<string, string>) => Record<string, string>) => {
    await store.run(() => changeTags(place, name, edit));
    return {};
  };
  const add = (place: Place, name: string, more: Record<string, string>) => change(place, name, (tags) => ({ ...tags, ...more }));
  const remove = (place: Place, name: string, keys: readonly string[]) =>
    change(place, name, (tags) => Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.includes(key))));
  return {
    ListTagsForResource: ({ resourceArn }, context) => read(context, taggedGroup(resourceArn!, context)),
    TagResource: ({ resourceArn, tags }, context) => add(context, taggedGroup(resourceArn!, context), tags!),
    UntagResource: ({ resourceArn, tagKeys }, context) => remove(context, taggedGroup(resourceArn!, context), tagKeys!),
    ListTagsLogGroup: ({ logGroupName }, context) => read(context, logGroupName!),
    TagLogGroup: ({ logGroupName, tags }, context) => add(context, logGroupName!, tags!),
    UntagLogGroup: ({ logGroupName, tags }, context) => remove(context, logGroupName!, tags!),
  } satisfies LogsHandlers;
};

function* changeTags(place: Place, name: string, edit: (tags: Record<string, string>) => Record<string, string>): Operation<void> {
  const group = yield* getGroup(place, name);
  const tags = edit(group.tags);
  if (Object.keys(tags).length > LOG_GROUP_TAGS_MAX) {
    throw new ApiError("TooManyTagsException", `A resource can have no more than ${LOG_GROUP_TAGS_MAX} tags.`, {
      members: { resourceName: name },
    });
  }
  yield* sql("update log_group set tags = ? where id = ?", JSON.stringify(tags), group.id);
}
