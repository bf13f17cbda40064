import { SQS_DEDUPLICATION_MS } from "../../../kit/limits/sqs.ts";
import { sql, sqlOne, type Operation } from "../../../store/store.ts";

/** What a message of a FIFO queue is known by for five minutes. `scope` is its group where deduplication is per group, else empty. */
export interface DeduplicationKey {
  queueId: number;
  scope: string;
  deduplicationId: string;
}

export interface SentBefore {
  messageId: string;
  sequence: number;
}

export function* findSentBefore({ queueId, scope, deduplicationId }: DeduplicationKey, now: number): Operation<SentBefore | undefined> {
  const row = yield* sqlOne(
    "select message_id, sequence from sqs_deduplication where queue = ? and scope = ? and deduplication_id = ? and sent_at > ?",
    queueId, scope, deduplicationId, now - SQS_DEDUPLICATION_MS,
  );
  return row && { messageId: row["message_id"] as string, sequence: row["sequence"] as number };
}

export function* rememberSent({ queueId, scope, deduplicationId }: DeduplicationKey, { messageId, sequence }: SentBefore, now: number): Operation<void> {
  yield* sql(
    `insert into sqs_deduplication (queue, scope, deduplication_id, message_id, sequence, sent_at) values (?, ?, ?, ?, ?, ?)
     on conflict (queue, scope, deduplication_id) do update set message_id = excluded.message_id, sequence = excluded.sequence, sent_at = excluded.sent_at`,
    queueId, scope, deduplicationId, messageId, sequence, now,
  );
}

/** Whether there may be more. */
export function* forgetSent(now: number, limit: number): Operation<boolean> {
  const forgotten = yield* sql(
    `delete from sqs_deduplication where (queue, scope, deduplication_id) in (select queue, scope, deduplication_id from sqs_deduplication where sent_at <= ? order by sent_at limit ?) returning queue`,
    now - SQS_DEDUPLICATION_MS, limit,
  );
  return forgotten.length === limit;
}
