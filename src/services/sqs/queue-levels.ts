import type { Clock, Timer } from "../../kit/clock.ts";
import { QUEUES_ACTIVE_MAX, QUEUES_ACTIVE_MS, QUEUES_LEVELLED_AT_ONCE } from "../../kit/limits/metrics.ts";
import type { Log } from "../../kit/log.ts";
import type { Metrics } from "../../kit/metrics.ts";
import { createPatience, type Worker } from "../../kit/patience.ts";
import type { Store } from "../../store/store.ts";
import type { QueueCounts } from "./counts.ts";
import { listHolding, readLevels, type LevelledQueue } from "./level-rows.ts";
import type { QueueName } from "./queue-rows.ts";

/**
 * How much each queue holds, told every minute of those that are active: one that holds messages or that an action has accessed, and for six hours
 * after that ("Monitoring Amazon SQS queues using CloudWatch"). Where none is, nothing happens.
 */
export interface QueueLevels extends Worker {
  /** An action names the queue, which need not be there. */
  accessed(queue: QueueName): void;
  /** Takes up the queues that hold messages. */
  start(): Promise<void>;
  close(): Promise<void>;
}

interface Needs {
  store: Store;
  clock: Clock;
  metrics: Metrics;
  counts: QueueCounts;
  log: Log;
}

const MINUTE_MS = 60_000;

export const createQueueLevels = ({ store, clock, metrics, counts, log }: Needs): QueueLevels => {
  /** When each was active last, by what it is called. */
  const active = new Map<string, QueueName & { at: number }>();
  const patience = createPatience();
  let timer: Timer | undefined;
  let measuring: Promise<void> | undefined;
  let isClosed = false;

  const keep = ({ account, region, name }: QueueName) => {
    const key = `${account}/${region}/${name}`;
    const there = active.get(key);
    if (there !== undefined) there.at = clock.now();
    else if (active.size < QUEUES_ACTIVE_MAX) active.set(key, { account, region, name, at: clock.now() });
  };
  const keepHolding = async () => {
    for (let after = 0; ; ) {
      const holding = await store.read(() => listHolding(after, QUEUES_LEVELLED_AT_ONCE));
      for (const { queue } of holding) if (queue !== undefined) keep(queue);
      if (holding.length < QUEUES_LEVELLED_AT_ONCE) return;
      after = holding.at(-1)!.id;
    }
  };
  const tell = async ({ id, account, region, name: QueueName, isFifo, oldestAt }: LevelledQueue) => {
    const { visible, inFlight, delayed } = await counts.of({ id });
    const add = (name: string, value: number, unit = "Count") => metrics.series({ account, region, namespace: "AWS/SQS", name, dimensions: { QueueName }, unit }).add(value);
    add("ApproximateNumberOfMessagesVisible", visible);
    add("ApproximateNumberOfMessagesNotVisible", inFlight);
    add("ApproximateNumberOfMessagesDelayed", delayed);
    add("ApproximateAgeOfOldestMessage", oldestAt === undefined ? 0 : Math.max(0, Math.floor((clock.now() - oldestAt) / 1_000)), "Seconds");
    if (isFifo) add("ApproximateNumberOfGroupsWithInflightMessages", counts.groupsInFlight(id));
  };
  const measure = async () => {
    await keepHolding();
    for (const [key, { at }] of active) if (at <= clock.now() - QUEUES_ACTIVE_MS) active.delete(key);
    const names = [...active];
    for (let from = 0; from < names.length && !isClosed; from += QUEUES_LEVELLED_AT_ONCE) {
      const piece = names.slice(from, from + QUEUES_LEVELLED_AT_ONCE);
      const queues = await store.read(() => readLevels(piece.map(([, queue]) => queue)));
      for (const [i, [key]] of piece.entries()) {
        const queue = queues[i];
        if (queue === undefined) active.delete(key);
        else await tell(queue);
      }
    }
  };
  const plan = () => {
    if (isClosed || timer !== undefined || measuring !== undefined || active.size === 0) return;
    const now = clock.now();
    timer = clock.at(now - (now % MINUTE_MS) + MINUTE_MS, "queue levels", () => {
      timer = undefined;
      return (measuring = measure()
        .catch((error: unknown) => log.warn("how much queues hold could not be measured; it is in the next minute", { error: String(error) }))
        .finally(() => {
          measuring = undefined;
          plan();
        }));
    });
  };

  return {
    accessed(queue) {
      keep(queue);
      plan();
    },
    async start() {
      await keepHolding();
      plan();
    },
    rest: () => patience(measuring === undefined ? [] : [measuring]),
    async close() {
      isClosed = true;
      timer?.cancel();
      await measuring;
    },
  };
};
