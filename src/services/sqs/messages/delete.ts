import { SQS_IN_FLIGHT_MAX } from "../../../kit/limits/sqs.ts";
import type { Operation } from "../../../store/store.ts";
import type { CountChange } from "../counts.ts";
import type { SqsHandlers } from "../needs.ts";
import { getQueue, type Queue } from "../queue-rows.ts";
import { attempt, batchAnswer, checkEntries, orRefuse, type Outcome } from "./batch.ts";
import { missingParameter, receiptHandleHasExpired } from "./errors.ts";
import { settleGroup } from "./groups.ts";
import { deleteMessage, findState, gone } from "./message-rows.ts";
import type { MessageParts } from "./parts.ts";
import type { Receipt } from "./receipt-handle.ts";
import { isOfQueue } from "./receipts.ts";

interface Handed {
  handle: string;
  receipt: Receipt;
}

interface Deleted {
  change?: CountChange;
  /** Of a FIFO queue: when the message's group gives others. */
  freeAt?: number | undefined;
}

export const deleteHandlers = ({ store, clock, inQueue, counts, arrivals, measured, handles }: MessageParts) => {
  const read = (handle: string | undefined): Handed => {
    if (handle === undefined || handle === "") throw missingParameter("ReceiptHandle");
    return { handle, receipt: handles.parse(handle) };
  };
  const told = (queue: Queue, deleted: readonly Deleted[]) => {
    const wasFull = (counts.inFlight(queue.id) ?? 0) >= SQS_IN_FLIGHT_MAX;
    counts.changed(deleted.flatMap(({ change }) => change ?? []));
    // With what was gone already, as AWS counts them.
    measured.deleted(queue, deleted.length);
    if (wasFull) arrivals.changed(queue.id);
    for (const { freeAt } of deleted) if (freeAt !== undefined) arrivals.due(queue.id, freeAt);
  };

  return {
    async DeleteMessage(input, context) {
      const name = inQueue(input, context);
      const handed = read(input.ReceiptHandle);
      const { queue, deleted } = await store.run(function* () {
        const queue = yield* getQueue(name);
        return { queue, deleted: yield* deleteReceived(queue, handed, clock.now()) };
      });
      told(queue, [deleted]);
      return {};
    },
    async DeleteMessageBatch(input, context) {
      const name = inQueue(input, context);
      const entries = checkEntries(input.Entries, "DeleteMessageBatchRequestEntry");
      const handed = entries.map(({ ReceiptHandle }) => attempt(() => read(ReceiptHandle)));
      const { queue, outcomes } = await store.run(function* () {
        const queue = yield* getQueue(name);
        const outcomes: Outcome<Deleted>[] = [];
        for (const one of handed) outcomes.push("refusal" in one ? one : yield* orRefuse(deleteReceived(queue, one.result, clock.now())));
        return { queue, outcomes };
      });
      told(queue, outcomes.flatMap((outcome) => ("result" in outcome ? outcome.result : [])));
      return batchAnswer(entries, outcomes.map((outcome) => ("result" in outcome ? { result: {} } : outcome)));
    },
  } satisfies SqsHandlers;
};

/**
 * Of a message that is gone, and in a standard queue of one that somebody else has by now, nothing is left to delete: that is a success.
 * A FIFO queue takes no handle whose time is over, as the message is given again, ahead of those behind it.
 */
function* deleteReceived(queue: Queue, { handle, receipt }: Handed, now: number): Operation<Deleted> {
  if (!(yield* isOfQueue(queue, receipt, handle))) return {};
  const state = yield* findState(queue.id, receipt.sequence);
  if (state === undefined) return {};
  const isHeld = state.receipt === receipt.token;
  if (queue.isFifo && (!isHeld || state.visibleAt <= now)) throw receiptHandleHasExpired(handle);
  if (!isHeld) return {};
  yield* deleteMessage(receipt.sequence);
  return { change: gone(queue.id, state), freeAt: queue.isFifo ? yield* settleGroup(queue.id, state.groupId!, now) : undefined };
}
