import { SQS_DEDUPLICATION_MS } from "../../../kit/limits/sqs.ts";
import { sql, sqlOne, type Operation } from "../../../store/store.ts";
import { settleGroup } from "./groups.ts";
import { findState, readMessage, setVisibleAt, type Message } from "./message-rows.ts";
import type { Taken, Taking } from "./take.ts";

/** Messages of a FIFO queue that a ReceiveRequestAttemptId was answered with. */
export interface RepeatedAttempt {
  receipt: number;
  receivedAt: number;
  taken: Taken;
}

/**
 * The same messages with the same handles, held back anew, if they are as they were given: none deleted, given away again or set otherwise.
 * Source: ReceiveMessage, API reference.
 */
export function* repeatAttempt({ queue, now, visibilityMs }: Taking, attemptId: string): Operation<RepeatedAttempt | undefined> {
  const row = yield* sqlOne("select * from sqs_receive_attempt where queue = ? and attempt_id = ? and received_at > ?", queue.id, attemptId, now - SQS_DEDUPLICATION_MS);
  if (row === undefined) return undefined;
  const [receipt, before] = [row["receipt"] as number, row["visible_at"] as number];
  if (before <= now) return undefined;
  const given: Message[] = [];
  for (const sequence of JSON.parse(row["sequences"] as string) as number[]) {
    const state = yield* findState(queue.id, sequence);
    if (state?.receipt !== receipt || state.visibleAt !== before) return undefined;
    given.push(yield* readMessage(sequence));
  }
  const visibleAt = now + visibilityMs;
  for (const { sequence } of given) yield* setVisibleAt(sequence, visibleAt);
  for (const groupId of new Set(given.map((message) => message.groupId!))) yield* settleGroup(queue.id, groupId, now);
  yield* sql("update sqs_receive_attempt set visible_at = ? where queue = ? and attempt_id = ?", visibleAt, queue.id, attemptId);
  const changes = given.map(({ groupId }) => ({ queueId: queue.id, before: { visibleAt: before, isReceived: true, tenant: groupId }, after: { visibleAt, isReceived: true, tenant: groupId } }));
  // Its count has gone up already.
  const asBefore = given.map((message) => ({ ...message, receiveCount: message.receiveCount - 1 }));
  return { receipt, receivedAt: row["received_at"] as number, taken: { given: asBefore, visibleAt, changes, redriven: [], isToBeContinued: false } };
}

export function* rememberAttempt({ queue, now, receipt }: Taking, attemptId: string, { given, visibleAt }: Taken): Operation<void> {
  if (given.length === 0) return;
  yield* sql(
    `insert into sqs_receive_attempt (queue, attempt_id, received_at, receipt, visible_at, sequences) values (?, ?, ?, ?, ?, ?)
     on conflict (queue, attempt_id) do update set received_at = excluded.received_at, receipt = excluded.receipt, visible_at = excluded.visible_at, sequences = excluded.sequences`,
    queue.id, attemptId, now, receipt, visibleAt, JSON.stringify(given.map(({ sequence }) => sequence)),
  );
}

/** Whether there may be more. */
export function* forgetAttempts(now: number, limit: number): Operation<boolean> {
  const forgotten = yield* sql(
    "delete from sqs_receive_attempt where (queue, attempt_id) in (select queue, attempt_id from sqs_receive_attempt where received_at <= ? order by received_at limit ?) returning queue",
    now - SQS_DEDUPLICATION_MS, limit,
  );
  return forgotten.length === limit;
}
