import type { NamedPolicy, PolicyDocument } from "../../iam/document.ts";
import type { Store } from "../../store/store.ts";
import { queueArn } from "./queue-names.ts";
import { findQueue, type Queue, type QueueName } from "./queue-rows.ts";

/** A queue as whoever keeps its door sees it. */
export interface ReadQueue {
  queue: Queue;
  policy?: NamedPolicy;
}

/** Asked before each request is authorized. What was read is used again as long as nothing is written to the table: a queue under load is always about to be written to, and is not read for each request. */
export type QueueReader = (name: QueueName) => Promise<ReadQueue | undefined>;

/** Queues. Beyond it the oldest are asked for again. */
const KEPT_MAX = 1_000;

const withPolicy = (queue: Queue): ReadQueue => {
  const policy = queue.attributes["Policy"];
  return policy === undefined ? { queue } : { queue, policy: { name: `policy of the queue ${queue.name}`, document: JSON.parse(policy) as PolicyDocument, attachedTo: queueArn(queue) } };
};

export const createQueueReader = (store: Store): QueueReader => {
  const kept = new Map<string, { read: ReadQueue; generation: number }>();
  return async (name) => {
    const key = queueArn(name);
    const known = kept.get(key);
    if (known !== undefined && known.generation === store.generation("sqs_queue")) return known.read;
    // Taken before: what is written while it is read makes it another one.
    const generation = store.generation("sqs_queue");
    const queue = await store.read(() => findQueue(name));
    kept.delete(key);
    if (queue === undefined) return undefined;
    if (kept.size >= KEPT_MAX) kept.delete(kept.keys().next().value!);
    const read = withPolicy(queue);
    kept.set(key, { read, generation });
    return read;
  };
};
