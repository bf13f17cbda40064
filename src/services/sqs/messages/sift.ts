import type { Operation } from "../../../store/store.ts";
import type { CountChange } from "../counts.ts";
import { settingsOf, type QueueSettings } from "../queue-attributes.ts";
import { parseQueueArn, queueArn } from "../queue-names.ts";
import { findQueue, type Queue } from "../queue-rows.ts";
import { joinGroup } from "./groups.ts";
import { deleteMessage, gone, moveMessage, type Message } from "./message-rows.ts";

/** A message that went to the dead-letter queue. */
export interface Redriven {
  message: Message;
  to: Queue;
  /** When it is too old there. */
  expiresAt: number;
}

/** Takes out of a queue, in the commit that came upon them, the messages that must not be given away any more. */
export interface Sift {
  /** Whether it was taken out. */
  takesOut(message: Message): Operation<boolean>;
  readonly takenOut: number;
  readonly changes: readonly CountChange[];
  readonly redriven: readonly Redriven[];
}

export const createSift = (queue: Queue, { retentionMs, redrive }: QueueSettings, now: number): Sift => {
  const changes: CountChange[] = [];
  const redriven: Redriven[] = [];
  let target: Queue | undefined | "not looked for" = "not looked for";
  let takenOut = 0;

  /** One that is not there any more takes nothing: its messages are given out on. */
  function* deadLetterQueue(): Operation<Queue | undefined> {
    if (target === "not looked for") {
      const name = parseQueueArn(redrive!.deadLetterArn);
      const found = name && (yield* findQueue(name));
      target = found?.isFifo === queue.isFifo ? found : undefined;
    }
    return target;
  }
  function* moveOut(message: Message, to: Queue): Operation<void> {
    const moved = yield* moveMessage(message, queue.id, { to, now, deadLetterSource: queueArn(queue) });
    if (to.isFifo) yield* joinGroup(to.id, message.groupId!, moved.sequence, now);
    changes.push(...moved.changes);
    redriven.push({ message, to, expiresAt: (to.isFifo ? now : message.sentAt) + settingsOf(to).retentionMs });
  }

  return {
    *takesOut(message) {
      if (message.sentAt <= now - retentionMs) {
        yield* deleteMessage(message.sequence);
        changes.push(gone(queue.id, message));
      } else {
        const to = redrive !== undefined && message.receiveCount >= redrive.receivesMax ? yield* deadLetterQueue() : undefined;
        if (to === undefined) return false;
        yield* moveOut(message, to);
      }
      takenOut++;
      return true;
    },
    get takenOut() { return takenOut; },
    changes,
    redriven,
  };
};
