import { QUEUES_MEASURED_MAX } from "../../kit/limits/metrics.ts";
import type { Metrics, Series } from "../../kit/metrics.ts";
import type { QueueName } from "./queue-rows.ts";

/** What CloudWatch counts of the use of queues ("Available CloudWatch metrics for Amazon SQS"). Told after the commit. */
export interface QueueMetrics {
  /**
   * @param bytes Of each message that came into the queue.
   * @param deduplicated How many did not, as they were there before.
   */
  sent(queue: QueueName, bytes: readonly number[], deduplicated: number): void;
  received(queue: QueueName, messages: number): void;
  deleted(queue: QueueName, messages: number): void;
}

const UNITS = {
  NumberOfMessagesSent: "Count", SentMessageSize: "Bytes", NumberOfDeduplicatedSentMessages: "Count",
  NumberOfMessagesReceived: "Count", NumberOfEmptyReceives: "Count", NumberOfMessagesDeleted: "Count",
} as const;
type Name = keyof typeof UNITS;

type Measured = Map<Name, Series>;

export const createQueueMetrics = ({ metrics }: { metrics: Metrics }): QueueMetrics => {
  const queues = new Map<string, Measured>();

  const measuredOf = ({ account, region, name }: QueueName): Measured => {
    const key = `${account}/${region}/${name}`;
    let measured = queues.get(key);
    if (measured !== undefined) return measured;
    // One that is forgotten is measured anew: nothing of it is lost.
    if (queues.size >= QUEUES_MEASURED_MAX) queues.delete(queues.keys().next().value!);
    queues.set(key, (measured = new Map()));
    return measured;
  };
  const add = (queue: QueueName, name: Name, value: number) => {
    const measured = measuredOf(queue);
    let one = measured.get(name);
    if (one === undefined) {
      const { account, region, name: QueueName } = queue;
      measured.set(name, (one = metrics.series({ account, region, namespace: "AWS/SQS", name, dimensions: { QueueName }, unit: UNITS[name] })));
    }
    one.add(value);
  };

  return {
    sent(queue, bytes, deduplicated) {
      if (bytes.length > 0) add(queue, "NumberOfMessagesSent", bytes.length);
      for (const size of bytes) add(queue, "SentMessageSize", size);
      if (deduplicated > 0) add(queue, "NumberOfDeduplicatedSentMessages", deduplicated);
    },
    received(queue, messages) {
      if (messages === 0) add(queue, "NumberOfEmptyReceives", 1);
      else add(queue, "NumberOfMessagesReceived", messages);
    },
    deleted(queue, messages) {
      if (messages > 0) add(queue, "NumberOfMessagesDeleted", messages);
    },
  };
};
