import { sql, sqlOne, type Operation, type Row } from "../../store/store.ts";
import { queueDoesNotExist } from "./errors.ts";

/** Where a queue lives, and what it is called. */
export interface QueueName {
  account: string;
  region: string;
  name: string;
}

export interface Queue extends QueueName {
  /** Never used again: what belongs to a deleted queue belongs to no later one. A purge gives the queue a new one, and what the old one had is gone at once. */
  id: number;
  isFifo: boolean;
  /** Those that were given, as they were given: `"VisibilityTimeout": "30"`. Others have their defaults. */
  attributes: Readonly<Record<string, string>>;
  tags: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  createdAt: number;
  modifiedAt: number;
  purgedAt?: number;
}

export const toQueue = (row: Row): Queue => ({
  id: row["id"] as number,
  account: row["account"] as string,
  region: row["region"] as string,
  name: row["name"] as string,
  isFifo: row["is_fifo"] === 1,
  attributes: JSON.parse(row["attributes"] as string) as Record<string, string>,
  tags: JSON.parse(row["tags"] as string) as Record<string, string>,
  createdAt: row["created_at"] as number,
  modifiedAt: row["modified_at"] as number,
  ...(row["purged_at"] === null ? {} : { purgedAt: row["purged_at"] as number }),
});

export function* findQueue({ account, region, name }: QueueName): Operation<Queue | undefined> {
  const row = yield* sqlOne("select * from sqs_queue where account = ? and region = ? and name = ?", account, region, name);
  return row && toQueue(row);
}

/** Throws QueueDoesNotExist. */
export function* getQueue(name: QueueName): Operation<Queue> {
  const queue = yield* findQueue(name);
  if (queue === undefined) throw queueDoesNotExist();
  return queue;
}

export function* insertQueue(queue: Omit<Queue, "id">): Operation<void> {
  yield* sql(
    "insert into sqs_queue (account, region, name, is_fifo, attributes, tags, created_at, modified_at, purged_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    queue.account, queue.region, queue.name, queue.isFifo ? 1 : 0, JSON.stringify(queue.attributes), JSON.stringify(queue.tags), queue.createdAt, queue.modifiedAt, queue.purgedAt ?? null,
  );
}

/** Its messages and all else that bears its id are nobody's from now on: the garbage takes them away. */
export function* removeQueue({ id }: Queue): Operation<void> {
  yield* sql("delete from sqs_queue where id = ?", id);
  yield* sql("insert into sqs_garbage (queue) values (?)", id);
}

export function* writeAttributes({ id }: Queue, attributes: Queue["attributes"], modifiedAt: number): Operation<void> {
  yield* sql("update sqs_queue set attributes = ?, modified_at = ? where id = ?", JSON.stringify(attributes), modifiedAt, id);
}

export function* writeTags({ id }: Queue, tags: Queue["tags"]): Operation<void> {
  yield* sql("update sqs_queue set tags = ? where id = ?", JSON.stringify(tags), id);
}

/** By name, those after `after`. */
export function* listQueues({ account, region }: Omit<QueueName, "name">, prefix: string, after: string, limit: number): Operation<Queue[]> {
  const rows = yield* sql(
    "select * from sqs_queue where account = ? and region = ? and name >= ? and name < ? and name > ? order by name limit ?",
    account, region, prefix, `${prefix}\u{10ffff}`, after, limit,
  );
  return rows.map(toQueue);
}
