import { sql, sqlOne, type Operation, type Row } from "../../store/store.ts";
import { queueDoesNotExist } from "./errors.ts";

/** Where a queue lives, and what it is called. */
export interface QueueName {
  account: string;
  region: string;
  name: string;
}

export interface Queue extends QueueName {
  /** Never used again, so that what belongs to a deleted queue belongs to no later one. */
  id: number;
  isFifo: boolean;
  /** Those that were given, as they were given: `"VisibilityTimeout": "30"`. Others have their defaults. */
  attributes: Readonly<Record<string, string>>;
  tags: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  createdAt: number;
  modifiedAt: number;
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
    "insert into sqs_queue (account, region, name, is_fifo, attributes, tags, created_at, modified_at) values (?, ?, ?, ?, ?, ?, ?, ?)",
    queue.account, queue.region, queue.name, queue.isFifo ? 1 : 0, JSON.stringify(queue.attributes), JSON.stringify(queue.tags), queue.createdAt, queue.modifiedAt,
  );
}
