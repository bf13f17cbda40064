import { SQS_PASSED_OVER_MAX } from "../../../kit/limits/sqs.ts";
import type { Operation } from "../../../store/store.ts";
import { freeGroups, settleGroup } from "./groups.ts";
import { readGroup, type Message } from "./message-rows.ts";
import { createSift, type Sift } from "./sift.ts";
import { markTaken, type Taken, type Taking } from "./take.ts";

/** From a FIFO queue: of each group that is free as many as there is room for, in their order. A group that gave some gives no more until it is free again. */
export function* takeInOrder(taking: Taking): Operation<Taken> {
  const { queue, settings, now, limit } = taking;
  const sift = createSift(queue, settings, now);
  const given: Message[] = [];
  const givers = new Set<string>();
  const isDone = () => given.length >= limit || sift.takenOut >= SQS_PASSED_OVER_MAX;
  while (!isDone()) {
    const groups = (yield* freeGroups(queue.id, now, limit + givers.size)).filter((groupId) => !givers.has(groupId));
    if (groups.length === 0) break;
    for (const groupId of groups) {
      if (isDone()) break;
      const messages = yield* takeFromGroup(taking, groupId, limit - given.length, sift);
      given.push(...messages);
      // Nothing was left of it to give: it is not free any more, or not there.
      if (messages.length === 0) yield* settleGroup(queue.id, groupId, now);
      else givers.add(groupId);
    }
  }
  const taken = yield* markTaken(taking, given, sift);
  for (const groupId of givers) yield* settleGroup(queue.id, groupId, now);
  return taken;
}

function* takeFromGroup({ queue, now }: Taking, groupId: string, room: number, sift: Sift): Operation<Message[]> {
  const given: Message[] = [];
  for (;;) {
    const messages = yield* readGroup(queue.id, groupId, room);
    const takenOut = sift.takenOut;
    for (const message of messages.slice(given.length)) {
      // Delayed: whatever came behind it waits for it.
      if (message.visibleAt > now) return given;
      if (!(yield* sift.takesOut(message))) given.push(message);
    }
    // Where some were taken out, others have moved up.
    if (sift.takenOut === takenOut || sift.takenOut >= SQS_PASSED_OVER_MAX) return given;
  }
}
