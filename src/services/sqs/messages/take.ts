import { SQS_PASSED_OVER_MAX } from "../../../kit/limits/sqs.ts";
import type { Operation } from "../../../store/store.ts";
import type { CountChange } from "../counts.ts";
import type { QueueSettings } from "../queue-attributes.ts";
import type { Queue } from "../queue-rows.ts";
import type { QuietFirst } from "./fair.ts";
import { counted, markReceived, readVisible, type Message } from "./message-rows.ts";
import { createSift, type Redriven, type Sift } from "./sift.ts";

export interface Taking {
  queue: Queue;
  settings: QueueSettings;
  now: number;
  limit: number;
  visibilityMs: number;
  /** What those who are given are known by. */
  receipt: number;
}

export interface Taken {
  /** As they were before they were given. */
  given: readonly Message[];
  visibleAt: number;
  changes: readonly CountChange[];
  redriven: readonly Redriven[];
  /** Nothing is given, but only because one commit took out as much as it may: there may be some behind. */
  isToBeContinued: boolean;
}

/** Gives the first that are visible to whoever asks, in the commit that counts them as received. */
export function* take(taking: Taking, quietFirst: QuietFirst | undefined): Operation<Taken> {
  const { queue, settings, now, limit } = taking;
  const sift = createSift(queue, settings, now);
  // What is quiet comes first; what room it leaves is filled with whatever is there.
  const given: Message[] = [];
  if (quietFirst !== undefined) for (const message of yield* quietFirst(taking)) if (!(yield* sift.takesOut(message))) given.push(message);
  const isGiven = new Set(given.map(({ sequence }) => sequence));
  let isMore = true;
  while (isMore && given.length < limit && sift.takenOut < SQS_PASSED_OVER_MAX) {
    // Those that are given stand at the head still, and are read with the others.
    const visible = yield* readVisible(queue.id, { after: now - settings.retentionMs, now, limit: limit + given.length });
    const takenOut = sift.takenOut;
    for (const message of visible) {
      if (given.length === limit) break;
      if (isGiven.has(message.sequence) || (yield* sift.takesOut(message))) continue;
      isGiven.add(message.sequence);
      given.push(message);
    }
    // Where some were taken out, others have moved up.
    isMore = sift.takenOut > takenOut;
  }
  return yield* markTaken(taking, given, sift);
}

export function* markTaken({ queue, now, visibilityMs, receipt }: Taking, given: readonly Message[], sift: Sift): Operation<Taken> {
  const visibleAt = now + visibilityMs;
  yield* markReceived(given.map(({ sequence }) => sequence), { visibleAt, now, receipt });
  const received = given.map((message): CountChange => ({ queueId: queue.id, before: counted(message), after: { visibleAt, isReceived: true, tenant: message.groupId } }));
  return { given, visibleAt, changes: [...sift.changes, ...received], redriven: sift.redriven, isToBeContinued: given.length === 0 && sift.takenOut >= SQS_PASSED_OVER_MAX };
}
