import type { Timer } from "../../../kit/clock.ts";
import { SQS_DEDUPLICATION_MS, SQS_SWEEP_MESSAGES } from "../../../kit/limits/sqs.ts";
import { sql, sqlOne, type Operation } from "../../../store/store.ts";
import type { SqsParts } from "../needs.ts";
import { settingsOf } from "../queue-attributes.ts";
import { toQueue, type Queue } from "../queue-rows.ts";
import { forgetAttempts } from "./attempts.ts";
import { forgetSent } from "./deduplication.ts";
import { settleGroup } from "./groups.ts";
import { gone } from "./message-rows.ts";

/** Removes what is too old. Nobody is given such a message whether it is removed yet or not. */
export interface Retention {
  /** A message is too old then. */
  expect(at: number): void;
}

/** Between two sweeps, so that messages which expire one after the other are removed together; after a failure. Milliseconds. */
const PAUSE_MS = 60_000;

/** One timer for all queues, at the moment at which the first of all messages is too old: where there is none nothing happens. */
export const createRetention = ({ store, clock, counts, log }: SqsParts): Retention => {
  let timer: Timer | undefined;
  let dueAt = Infinity;

  const expect = (at: number) => {
    if (at >= dueAt) return;
    dueAt = at;
    timer?.cancel();
    timer = clock.at(at, "message retention", sweep);
  };
  /** A few at a time, each a commit of its own: between two of them others have their turn. */
  const inPieces = async (piece: () => Operation<boolean>) => {
    while (await store.run(piece));
  };
  const sweepQueue = async (queue: Queue) => {
    const before = clock.now() - settingsOf(queue).retentionMs;
    for (;;) {
      const removed = await store.run(() => removeOld(queue, before, clock.now()));
      counts.changed(removed.map((message) => gone(queue.id, message)));
      if (removed.length < SQS_SWEEP_MESSAGES) return;
    }
  };
  const sweep = async () => {
    dueAt = Infinity;
    try {
      for (const queue of (await store.run(() => sql("select * from sqs_queue"))).map(toQueue)) await sweepQueue(queue);
      await inPieces(() => forgetSent(clock.now(), SQS_SWEEP_MESSAGES));
      await inPieces(() => forgetAttempts(clock.now(), SQS_SWEEP_MESSAGES));
      const next = await store.run(firstExpiry);
      if (next !== undefined) expect(Math.max(next, clock.now() + PAUSE_MS));
    } catch (error) {
      log.error("messages that are too old could not be removed; it is tried again", { error: String(error) });
      expect(clock.now() + PAUSE_MS);
    }
  };

  // What an earlier process left.
  void sweep();
  return { expect };
};

/** The first to be too old of all messages, and of what is remembered of sent ones. */
function* firstExpiry(): Operation<number | undefined> {
  const moments: number[] = [];
  for (const queue of (yield* sql("select * from sqs_queue")).map(toQueue)) {
    const first = yield* sqlOne("select visible_at from sqs_message where queue = ? order by visible_at limit 1", queue.id);
    if (first !== undefined) moments.push((first["visible_at"] as number) + settingsOf(queue).retentionMs);
  }
  const remembered = (yield* sqlOne("select min(at) as at from (select min(sent_at) as at from sqs_deduplication union all select min(received_at) from sqs_receive_attempt) as remembered"))!["at"] as number | null;
  if (remembered !== null) moments.push(remembered + SQS_DEDUPLICATION_MS);
  return moments.length === 0 ? undefined : Math.min(...moments);
}

interface Removed {
  visibleAt: number;
  receiveCount: number;
  groupId: string | null;
}

/** What is visible for longer than the retention was sent even before. */
function* removeOld(queue: Queue, before: number, now: number): Operation<Removed[]> {
  const rows = yield* sql(
    "delete from sqs_message where sequence in (select sequence from sqs_message where queue = ? and visible_at <= ? order by visible_at limit ?) returning visible_at, receive_count, group_id",
    queue.id, before, SQS_SWEEP_MESSAGES,
  );
  const removed = rows.map((row): Removed => ({ visibleAt: row["visible_at"] as number, receiveCount: row["receive_count"] as number, groupId: row["group_id"] as string | null }));
  if (queue.isFifo) for (const groupId of new Set(removed.map((message) => message.groupId!))) yield* settleGroup(queue.id, groupId, now);
  return removed;
}
