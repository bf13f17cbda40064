import { ApiError } from "../../../kit/api-error.ts";
import { SQS_MESSAGE_BYTES_MAX } from "../../../kit/limits/sqs.ts";
import type { Operation } from "../../../store/store.ts";
import type { CountChange } from "../counts.ts";
import type { SqsHandlers } from "../needs.ts";
import { settingsOf, type QueueSettings } from "../queue-attributes.ts";
import { getQueue, type Queue } from "../queue-rows.ts";
import type { RequestContext } from "../../service.ts";
import { attempt, batchAnswer, checkEntries, orRefuse, type Outcome } from "./batch.ts";
import { findSentBefore, rememberSent } from "./deduplication.ts";
import { contentId } from "./digests.ts";
import { createDraft, type Draft } from "./draft.ts";
import { InvalidParameter, missingParameter, unsuitableForQueueType } from "./errors.ts";
import { joinGroup } from "./groups.ts";
import { insertInOrder, insertMessage } from "./message-rows.ts";
import type { MessageParts } from "./parts.ts";
import { sequenceNumber } from "./sequence-number.ts";
import { tellSent } from "./tell-sent.ts";

interface Sent {
  answer: { MessageId: string; SequenceNumber?: string } & Draft["digests"];
  /** Undefined for what was sent before. */
  visibleAt?: number;
  bytes: number;
  traceHeader: string | null;
  change?: CountChange;
}

export const sendHandlers = ({ store, clock, random, ledger, inQueue, counts, arrivals, measured, retention }: MessageParts) => {
  const told = (queue: Queue, { retentionMs }: QueueSettings, all: readonly Sent[], context: RequestContext) => {
    if (all.length > 0) tellSent(ledger, queue, all.map(({ answer, visibleAt, traceHeader }) => ({ messageId: answer.MessageId, traceHeader, isDuplicate: visibleAt === undefined })), context);
    counts.changed(all.flatMap(({ change }) => change ?? []));
    measured.sent(queue, all.flatMap(({ visibleAt, bytes }) => (visibleAt === undefined ? [] : bytes)), all.filter(({ visibleAt }) => visibleAt === undefined).length);
    for (const { visibleAt } of all) {
      if (visibleAt === undefined) continue;
      arrivals.due(queue.id, visibleAt);
      retention.expect(visibleAt + retentionMs);
    }
  };

  return {
    async SendMessage(input, context) {
      const name = inQueue(input, context);
      const draft = createDraft(input, random.uuid(), context);
      const { queue, settings, sent } = await store.run(function* () {
        const queue = yield* getQueue(name);
        const settings = settingsOf(queue);
        return { queue, settings, sent: yield* send(queue, settings, draft, clock.now()) };
      });
      told(queue, settings, [sent], context);
      return sent.answer;
    },
    /** One commit for all of them; one that is refused is told as failed and stops no other. */
    async SendMessageBatch(input, context) {
      const name = inQueue(input, context);
      const entries = checkEntries(input.Entries, "SendMessageBatchRequestEntry");
      const drafts = entries.map((entry) => attempt(() => createDraft(entry, random.uuid(), context)));
      checkBatchBytes(drafts);
      const { queue, settings, outcomes } = await store.run(function* () {
        const queue = yield* getQueue(name);
        const settings = settingsOf(queue);
        const outcomes: Outcome<Sent>[] = [];
        for (const draft of drafts) outcomes.push("refusal" in draft ? draft : yield* orRefuse(send(queue, settings, draft.result, clock.now())));
        return { queue, settings, outcomes };
      });
      told(queue, settings, outcomes.flatMap((outcome) => ("result" in outcome ? outcome.result : [])), context);
      return batchAnswer(entries, outcomes.map((outcome) => ("result" in outcome ? { result: outcome.result.answer } : outcome)));
    },
  } satisfies SqsHandlers;
};

const checkBatchBytes = (drafts: readonly Outcome<Draft>[]) => {
  const bytes = drafts.reduce((sum, draft) => sum + ("result" in draft ? draft.result.bytes : 0), 0);
  if (bytes > SQS_MESSAGE_BYTES_MAX) throw new ApiError("BatchRequestTooLong", `Batch requests cannot be longer than ${SQS_MESSAGE_BYTES_MAX} bytes. You have sent ${bytes} bytes.`);
};

function* send(queue: Queue, settings: QueueSettings, draft: Draft, now: number): Operation<Sent> {
  if (draft.bytes > settings.bytesMax) throw new InvalidParameter(`One or more parameters are invalid. Reason: Message must be shorter than ${settings.bytesMax} bytes.`);
  return yield* queue.isFifo ? sendInOrder(queue, settings, draft, now) : sendStandard(queue, settings, draft, now);
}

function* sendStandard(queue: Queue, settings: QueueSettings, draft: Draft, now: number): Operation<Sent> {
  if (draft.deduplicationId !== undefined) throw unsuitableForQueueType("MessageDeduplicationId", draft.deduplicationId);
  const visibleAt = now + (draft.delaySeconds === undefined ? settings.delayMs : draft.delaySeconds * 1_000);
  const groupId = draft.groupId ?? null;
  yield* insertMessage(queue.id, { ...draft, sentAt: now, visibleAt, groupId, deduplicationId: null });
  return { answer: { MessageId: draft.id, ...draft.digests }, visibleAt, bytes: draft.bytes, traceHeader: draft.traceHeader, change: { queueId: queue.id, after: { visibleAt, isReceived: false, tenant: groupId } } };
}

function* sendInOrder(queue: Queue, settings: QueueSettings, draft: Draft, now: number): Operation<Sent> {
  const { groupId } = draft;
  if (groupId === undefined) throw missingParameter("MessageGroupId");
  if (draft.delaySeconds !== undefined && draft.delaySeconds !== 0) throw unsuitableForQueueType("DelaySeconds", draft.delaySeconds);
  const deduplicationId = draft.deduplicationId ?? (settings.isContentDeduplicated ? contentId(draft.body) : undefined);
  if (deduplicationId === undefined) throw new InvalidParameter("The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly");
  const key = { queueId: queue.id, scope: settings.isDeduplicatedByGroup ? groupId : "", deduplicationId };
  const before = yield* findSentBefore(key, now);
  if (before !== undefined) return { answer: { MessageId: before.messageId, SequenceNumber: sequenceNumber(before.sequence), ...draft.digests }, bytes: draft.bytes, traceHeader: draft.traceHeader };
  const visibleAt = now + settings.delayMs;
  const sequence = yield* insertInOrder(queue.id, { ...draft, sentAt: now, visibleAt, groupId, deduplicationId });
  yield* joinGroup(queue.id, groupId, sequence, visibleAt);
  yield* rememberSent(key, { messageId: draft.id, sequence }, now);
  return {
    answer: { MessageId: draft.id, SequenceNumber: sequenceNumber(sequence), ...draft.digests },
    visibleAt,
    bytes: draft.bytes,
    traceHeader: draft.traceHeader,
    change: { queueId: queue.id, after: { visibleAt, isReceived: false, tenant: groupId } },
  };
}
