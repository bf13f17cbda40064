import type { Clock } from "../../kit/clock.ts";
import { sqlOne, type Operation, type Store } from "../../store/store.ts";
import type { Queue } from "./queue-rows.ts";

export interface MessageCounts {
  visible: number;
  /** Never received, and not visible yet. */
  delayed: number;
  inFlight: number;
}

export interface QueueCounts {
  of(queue: Queue): Promise<MessageCounts>;
  /** Messages of the queue were moved or removed by others than those who send, receive and delete. */
  forget(queueId: number): void;
}

/** Read from the index of visibility, each time that somebody asks. */
export const createQueueCounts = ({ store, clock }: { store: Store; clock: Clock }): QueueCounts => ({
  async of({ id }) {
    const now = clock.now();
    return store.read(() => countMessages(id, now));
  },
  forget: () => undefined,
});

function* countMessages(queue: number, now: number): Operation<MessageCounts> {
  const visible = yield* sqlOne("select count(*) as n from sqs_message where queue = ? and visible_at <= ?", queue, now);
  const hidden = yield* sqlOne("select count(*) as n, coalesce(sum(receive_count = 0), 0) as delayed from sqs_message where queue = ? and visible_at > ?", queue, now);
  const delayed = hidden!["delayed"] as number;
  return { visible: visible!["n"] as number, delayed, inFlight: (hidden!["n"] as number) - delayed };
}
