import type { Tag } from "@aws-sdk/client-scheduler";
import { SCHEDULE_GROUP_TAGS_MAX } from "../../kit/limits/schedules.ts";
import { invalid } from "./errors.ts";

/** Tags with more of them. Throws ValidationException. */
export const toTags = (old: Readonly<Record<string, string>>, added: readonly Tag[] = []): Record<string, string> => {
  const keys = new Set<string>();
  for (const { Key: key } of added) {
    if (keys.has(key!)) throw invalid(`The tag key ${key} is given more than once.`);
    if (key!.toLowerCase().startsWith("aws:")) throw invalid(`The tag key ${key} is not valid: aws: is reserved for AWS.`);
    keys.add(key!);
  }
  const tags = { ...old, ...Object.fromEntries(added.map(({ Key, Value }) => [Key!, Value!])) };
  if (Object.keys(tags).length > SCHEDULE_GROUP_TAGS_MAX) throw invalid(`A schedule group can have no more than ${SCHEDULE_GROUP_TAGS_MAX} tags.`);
  return tags;
};
