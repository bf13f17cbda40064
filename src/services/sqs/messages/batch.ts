import type { BatchResultErrorEntry } from "@aws-sdk/client-sqs";
import { ApiError, isApiError } from "../../../kit/api-error.ts";
import { SQS_BATCH_ENTRIES_MAX } from "../../../kit/limits/sqs.ts";
import type { Operation } from "../../../store/store.ts";
import { InvalidParameter } from "./errors.ts";

interface Entry {
  Id: string | undefined;
}

/** Throws what is wrong with the batch as a whole. @param entryName `SendMessageBatchRequestEntry` */
export const checkEntries = <E extends Entry>(entries: readonly E[] | undefined, entryName: string): readonly (E & { Id: string })[] => {
  if (entries === undefined || entries.length === 0) throw new ApiError("EmptyBatchRequest", `There should be at least one ${entryName} in the request.`);
  if (entries.length > SQS_BATCH_ENTRIES_MAX) throw new ApiError("TooManyEntriesInBatchRequest", `Maximum number of entries per request are ${SQS_BATCH_ENTRIES_MAX}. You have sent ${entries.length}.`);
  const ids = new Set<string>();
  for (const { Id = "" } of entries) {
    if (!/^[A-Za-z0-9_-]{1,80}$/.test(Id)) throw new ApiError("InvalidBatchEntryId", "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.");
    if (ids.has(Id)) throw new ApiError("BatchEntryIdsNotDistinct", `Id ${Id} repeated.`);
    ids.add(Id);
  }
  return entries as readonly (E & { Id: string })[];
};

/** What an entry came to: its result, or why it was refused. */
export type Outcome<T> = { result: T } | { refusal: ApiError };

/** Only what the caller is to be told; our own faults are thrown on. */
const refusalOf = (error: unknown): { refusal: ApiError } => {
  if (!isApiError(error)) throw error;
  return { refusal: error };
};

export const attempt = <T>(work: () => T): Outcome<T> => {
  try {
    return { result: work() };
  } catch (error) {
    return refusalOf(error);
  }
};

/** An entry of a batch within its commit: it is refused before anything of it is written. */
export function* orRefuse<T>(operation: Operation<T>): Operation<Outcome<T>> {
  try {
    return { result: yield* operation };
  } catch (error) {
    return refusalOf(error);
  }
}

export const batchAnswer = <T>(entries: readonly { Id: string }[], outcomes: readonly Outcome<T>[]) => {
  const Successful: (T & { Id: string })[] = [];
  const Failed: BatchResultErrorEntry[] = [];
  outcomes.forEach((outcome, index) => {
    const { Id } = entries[index]!;
    if ("result" in outcome) Successful.push({ Id, ...outcome.result });
    else Failed.push({ Id, SenderFault: true, Code: outcome.refusal.code, Message: outcome.refusal instanceof InvalidParameter ? outcome.refusal.reason : outcome.refusal.message });
  });
  // AWS leaves out what is empty.
  return { Successful: nonEmpty(Successful), Failed: nonEmpty(Failed) };
};

const nonEmpty = <T>(list: T[]): T[] | undefined => (list.length === 0 ? undefined : list);
