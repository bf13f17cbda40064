import { SQS_VISIBILITY_SECONDS_MAX } from "../../../kit/limits/sqs.ts";
import type { Operation } from "../../../store/store.ts";
import type { CountChange } from "../counts.ts";
import type { SqsHandlers } from "../needs.ts";
import { getQueue, type Queue } from "../queue-rows.ts";
import { attempt, batchAnswer, checkEntries, orRefuse, type Outcome } from "./batch.ts";
import { invalidParameter, missingParameter, receiptHandleHasExpired } from "./errors.ts";
import { settleGroup } from "./groups.ts";
import { counted, findState, setVisibleAt } from "./message-rows.ts";
import type { MessageParts } from "./parts.ts";
import type { Receipt } from "./receipt-handle.ts";
import { isOfQueue } from "./receipts.ts";

interface Wanted {
  handle: string;
  receipt: Receipt;
  seconds: number;
}

interface Changed {
  change: CountChange;
  /** When it, or its group, is to be had again. */
  dueAt: number | undefined;
}

interface WantedInput {
  ReceiptHandle?: string | undefined;
  VisibilityTimeout?: number | undefined;
}

export const changeVisibilityHandlers = ({ store, clock, inQueue, counts, arrivals, handles }: MessageParts) => {
  const read = ({ ReceiptHandle: handle, VisibilityTimeout: seconds }: WantedInput): Wanted => {
    if (handle === undefined || handle === "") throw missingParameter("ReceiptHandle");
    if (seconds === undefined) throw missingParameter("VisibilityTimeout");
    if (!(seconds >= 0 && seconds <= SQS_VISIBILITY_SECONDS_MAX)) throw invalidParameter("VisibilityTimeout", seconds, `VisibilityTimeout must be an integer between 0 and ${SQS_VISIBILITY_SECONDS_MAX}`);
    return { handle, receipt: handles.parse(handle), seconds };
  };
  const told = (queueId: number, changed: readonly Changed[]) => {
    counts.changed(changed.map(({ change }) => change));
    for (const { dueAt } of changed) if (dueAt !== undefined) arrivals.due(queueId, dueAt);
  };

  return {
    async ChangeMessageVisibility(input, context) {
      const name = inQueue(input, context);
      const wanted = read(input);
      const { queueId, changed } = await store.run(function* () {
        const queue = yield* getQueue(name);
        return { queueId: queue.id, changed: yield* changeVisibility(queue, wanted, clock.now()) };
      });
      told(queueId, [changed]);
      return {};
    },
    async ChangeMessageVisibilityBatch(input, context) {
      const name = inQueue(input, context);
      const entries = checkEntries(input.Entries, "ChangeMessageVisibilityBatchRequestEntry");
      const wanted = entries.map((entry) => attempt(() => read({ VisibilityTimeout: 0, ...entry })));
      const { queueId, outcomes } = await store.run(function* () {
        const queue = yield* getQueue(name);
        const outcomes: Outcome<Changed>[] = [];
        for (const one of wanted) outcomes.push("refusal" in one ? one : yield* orRefuse(changeVisibility(queue, one.result, clock.now())));
        return { queueId: queue.id, outcomes };
      });
      told(queueId, outcomes.flatMap((outcome) => ("result" in outcome ? outcome.result : [])));
      return batchAnswer(entries, outcomes.map((outcome) => ("result" in outcome ? { result: {} } : outcome)));
    },
  } satisfies SqsHandlers;
};

const notAvailable = (handle: string) => invalidParameter("ReceiptHandle", handle, "Message does not exist or is not available for visibility timeout change.");

function* changeVisibility(queue: Queue, { handle, receipt, seconds }: Wanted, now: number): Operation<Changed> {
  if (!(yield* isOfQueue(queue, receipt, handle))) throw notAvailable(handle);
  const state = yield* findState(queue.id, receipt.sequence);
  if (state === undefined) throw notAvailable(handle);
  if (state.receipt !== receipt.token || state.visibleAt <= now) throw queue.isFifo ? receiptHandleHasExpired(handle) : notAvailable(handle);
  const visibleAt = now + seconds * 1_000;
  if (visibleAt > receipt.receivedAt + SQS_VISIBILITY_SECONDS_MAX * 1_000) {
    throw invalidParameter("VisibilityTimeout", seconds, `Total VisibilityTimeout for the message is beyond the limit [${SQS_VISIBILITY_SECONDS_MAX} seconds]`);
  }
  yield* setVisibleAt(receipt.sequence, visibleAt);
  const dueAt = queue.isFifo ? yield* settleGroup(queue.id, state.groupId!, now) : visibleAt;
  return { change: { queueId: queue.id, before: counted(state), after: { ...counted(state), visibleAt } }, dueAt };
}
