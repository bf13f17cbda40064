import type { BatchItem } from "./record.ts";

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

const parse = (payload: Buffer): unknown => {
  try {
    return JSON.parse(payload.toString("utf8")) as unknown;
  } catch {
    return undefined;
  }
};

/**
 * What a function that reports failures says has failed, of the messages that it was given. A response that cannot be believed makes all of them fail: no JSON,
 * no object, an identifier that is empty, null or missing, or of a message that was not in the batch. Nothing, an empty object, or no list or an empty one: none has
 * ("Implementing partial batch responses", developer guide).
 */
export const failuresIn = (payload: Buffer, items: readonly BatchItem[]): ReadonlySet<string> => {
  const ids = new Set(items.map(({ record }) => record.messageId));
  const response = payload.length === 0 ? null : parse(payload);
  if (response === null || response === "") return new Set();
  if (!isObject(response)) return ids;
  const failures = response["batchItemFailures"] ?? [];
  if (!Array.isArray(failures)) return ids;
  const failed = failures.map((failure: unknown) => (isObject(failure) ? failure["itemIdentifier"] : undefined));
  return failed.every((id): id is string => typeof id === "string" && ids.has(id)) ? new Set(failed) : ids;
};

/** With all that stands behind a failed message in its group: a FIFO queue gives them again in their order, so none of them may be gone. */
export const withFollowers = (items: readonly BatchItem[], failed: ReadonlySet<string>): ReadonlySet<string> => {
  const stopped = new Set<string | undefined>();
  const all = new Set<string>();
  for (const { record, group } of items) {
    if (failed.has(record.messageId)) stopped.add(group);
    if (stopped.has(group)) all.add(record.messageId);
  }
  return all;
};
