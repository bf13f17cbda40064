import { IAM_TAGS_MAX } from "../../kit/limits/iam.ts";
import { invalidInput, limitExceeded, type Tag } from "./state.ts";

type GivenTags = readonly { Key?: string | undefined; Value?: string | undefined }[];

/** IAM keeps the case of a tag's key, and compares keys without it. */
const sameKey = (key: string): string => key.toLowerCase();

/** The tags of a request. Throws InvalidInput for keys that are given twice or that AWS keeps for itself. */
export const readTags = (given: GivenTags = []): Tag[] => {
  const tags = given.map(({ Key, Value }) => ({ Key: Key!, Value: Value! }));
  if (new Set(tags.map(({ Key }) => sameKey(Key))).size < tags.length) throw invalidInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.");
  if (tags.some(({ Key }) => sameKey(Key).startsWith("aws:"))) throw invalidInput("Caller is not allowed to use reserved tag keys, those that start with aws:.");
  return tags;
};

export const mergeTags = (tags: readonly Tag[], given: GivenTags = []): Tag[] => {
  const added = readTags(given);
  const replaced = new Set(added.map(({ Key }) => sameKey(Key)));
  const merged = [...tags.filter(({ Key }) => !replaced.has(sameKey(Key))), ...added];
  if (merged.length > IAM_TAGS_MAX) throw limitExceeded(`The number of tags has reached the maximum limit.`);
  return merged;
};

export const withoutTags = (tags: readonly Tag[], keys: readonly string[]): Tag[] => {
  const gone = new Set(keys.map(sameKey));
  return tags.filter(({ Key }) => !gone.has(sameKey(Key)));
};
