import type { Clock } from "../../kit/clock.ts";
import { QUEUES_MEASURED_MAX } from "../../kit/limits/metrics.ts";
import type { Metrics, Series } from "../../kit/metrics.ts";
import type { QueueCounts } from "./counts.ts";
import type { QueueName } from "./queue-rows.ts";

/** Its level is measured when its id is known. */
type MeasuredQueue = QueueName & { id?: number };

/** CloudWatch's metrics of queues ("Available CloudWatch metrics for Amazon SQS"). Told after the commit; counts are up to date by then. */
export interface QueueMetrics {
  /** @param bytes Of each message. */
  sent(queue: MeasuredQueue, bytes: readonly number[]): void;
  received(queue: MeasuredQueue, messages: number): void;
  deleted(queue: MeasuredQueue, messages: number): void;
}

const UNITS = {
  NumberOfMessagesSent: "Count", SentMessageSize: "Bytes", NumberOfMessagesReceived: "Count", NumberOfEmptyReceives: "Count", NumberOfMessagesDeleted: "Count",
  ApproximateNumberOfMessagesVisible: "Count", ApproximateNumberOfMessagesNotVisible: "Count", ApproximateNumberOfMessagesDelayed: "Count",
} as const;
type Name = keyof typeof UNITS;

/** How many messages a queue has is measured when it is used, at most so often. */
const LEVEL_MS = 1_000;

interface Measured {
  levelAt: number;
  series: Map<Name, Series>;
  /** While its messages are counted for the first time. */
  counting?: Promise<undefined> | undefined;
}

export const createQueueMetrics = ({ metrics, counts, clock }: { metrics: Metrics; counts: QueueCounts; clock: Clock }): QueueMetrics => {
  const queues = new Map<string, Measured>();

  const measuredOf = ({ account, region, name }: MeasuredQueue): Measured => {
    const key = `${account}/${region}/${name}`;
    let measured = queues.get(key);
    if (measured !== undefined) return measured;
    // One that is forgotten is measured anew: nothing of it is lost.
    if (queues.size >= QUEUES_MEASURED_MAX) queues.delete(queues.keys().next().value!);
    queues.set(key, (measured = { levelAt: -Infinity, series: new Map() }));
    return measured;
  };
  const add = ({ account, region, name: QueueName }: MeasuredQueue, { series }: Measured, name: Name, value: number, times = 1) => {
    let one = series.get(name);
    if (one === undefined) series.set(name, (one = metrics.series({ account, region, namespace: "AWS/SQS", name, dimensions: { QueueName }, unit: UNITS[name] })));
    one.add(value, times);
  };
  const measureLevel = (queue: MeasuredQueue, measured: Measured) => {
    const now = clock.now();
    const { id } = queue;
    if (id === undefined || now - measured.levelAt < LEVEL_MS || measured.counting !== undefined) return;
    const level = counts.known(id);
    if (level === undefined) {
      // Behind the answers, and a piece at a time: whoever comes next finds it counted.
      measured.counting = counts.of({ id }).then(
        () => (measured.counting = undefined),
        () => (measured.counting = undefined),
      );
      return;
    }
    measured.levelAt = now;
    add(queue, measured, "ApproximateNumberOfMessagesVisible", level.visible);
    add(queue, measured, "ApproximateNumberOfMessagesNotVisible", level.inFlight);
    add(queue, measured, "ApproximateNumberOfMessagesDelayed", level.delayed);
  };

  return {
    sent(queue, bytes) {
      if (bytes.length === 0) return;
      const measured = measuredOf(queue);
      add(queue, measured, "NumberOfMessagesSent", bytes.length);
      for (const size of bytes) add(queue, measured, "SentMessageSize", size);
      measureLevel(queue, measured);
    },
    received(queue, messages) {
      const measured = measuredOf(queue);
      if (messages === 0) add(queue, measured, "NumberOfEmptyReceives", 1);
      else add(queue, measured, "NumberOfMessagesReceived", messages);
      measureLevel(queue, measured);
    },
    deleted(queue, messages) {
      if (messages === 0) return;
      const measured = measuredOf(queue);
      add(queue, measured, "NumberOfMessagesDeleted", messages);
      measureLevel(queue, measured);
    },
  };
};
