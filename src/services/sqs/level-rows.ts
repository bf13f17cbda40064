import { SQS_POISON_RECEIVES, SQS_POISON_LOOKED_AT } from "../../kit/limits/sqs.ts";
import { sql, sqlOne, type Operation } from "../../store/store.ts";
import { findQueue, type Queue, type QueueName } from "./queue-rows.ts";

export interface LevelledQueue extends Pick<Queue, "id" | "account" | "region" | "name" | "isFifo"> {
  /** When the oldest of its messages came into it, in milliseconds since the epoch; undefined where there is none. */
  oldestAt: number | undefined;
}

/** From one id that messages have to the next, in that order: as many steps as there are such ids, however many messages and queues there are. */
const HOLDING = `select held.id, account, region, name from (
    with recursive holding(id) as (
      select min(queue) from sqs_message where queue > ?
      union all select (select min(queue) from sqs_message where queue > holding.id) from holding where holding.id is not null)
    select id from holding where id is not null limit ?) as held
  left join sqs_queue on sqs_queue.id = held.id order by held.id`;

/** The queues that hold messages, those behind `after`; without `queue` where it is none any more. */
export function* listHolding(after: number, limit: number): Operation<{ id: number; queue: QueueName | undefined }[]> {
  const rows = yield* sql(HOLDING, after, limit);
  return rows.map((row) => ({ id: row["id"] as number, queue: row["name"] === null ? undefined : { account: row["account"] as string, region: row["region"] as string, name: row["name"] as string } }));
}

/**
 * A standard queue's message that was received three times or more is not counted; a FIFO queue keeps its order, and whatever comes behind such a message waits for
 * it. A message that came from another queue is as old as its time in this one ("Available CloudWatch metrics for Amazon SQS").
 */
function* oldestAt({ id, isFifo }: Queue): Operation<number | undefined> {
  const row = yield* sqlOne(
    `select at from (select coalesce(arrived_at, sent_at) as at, receive_count from sqs_message where queue = ? and queue > 0 order by sequence limit ${SQS_POISON_LOOKED_AT}) as first where receive_count < ? limit 1`,
    id, isFifo ? Number.MAX_SAFE_INTEGER : SQS_POISON_RECEIVES,
  );
  return row?.["at"] as number | undefined;
}

/** In the order in which they are asked for; undefined for what is not there. */
export function* readLevels(names: readonly QueueName[]): Operation<(LevelledQueue | undefined)[]> {
  const levels: (LevelledQueue | undefined)[] = [];
  for (const name of names) {
    const queue = yield* findQueue(name);
    levels.push(queue && { ...queue, oldestAt: yield* oldestAt(queue) });
  }
  return levels;
}
