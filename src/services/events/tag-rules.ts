import type { Tag } from "@aws-sdk/client-eventbridge";
import { EVENT_TAGS_MAX } from "../../kit/limits/events.ts";
import { limitExceeded, validation } from "./errors.ts";

export type Tags = Readonly<Record<string, string>>;

/** As they are kept. Lengths are checked by the model. */
export const readTags = (given: readonly Tag[] | undefined): Record<string, string> => {
  const tags = new Map<string, string>();
  for (const { Key, Value } of given ?? []) {
    if (tags.has(Key!)) throw validation(`Duplicate tag key ${Key}: each key may be given once.`);
    if (/^aws:/i.test(Key!)) throw validation(`Tag key ${Key} is not valid: aws: prefixed tag key names are not allowed for external use.`);
    tags.set(Key!, Value!);
  }
  return Object.fromEntries(tags);
};

/** All that a resource is to have. */
export const checkTagCount = (tags: Tags): void => {
  if (Object.keys(tags).length > EVENT_TAGS_MAX) throw limitExceeded(`A resource can have no more than ${EVENT_TAGS_MAX} tags.`);
};

export const showTags = (tags: Tags): Tag[] => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
