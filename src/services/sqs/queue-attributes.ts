import { queueArn } from "./queue-names.ts";
import type { Queue } from "./queue-rows.ts";

/** What a queue is set to, in our units: defaults filled in. Source: SetQueueAttributes, API reference. */
export interface QueueSettings {
  delayMs: number;
  visibilityMs: number;
  waitMs: number;
  retentionMs: number;
  bytesMax: number;
  redrive?: { deadLetterArn: string; receivesMax: number };
  isContentDeduplicated: boolean;
  isDeduplicatedByGroup: boolean;
}

interface RedrivePolicy {
  deadLetterTargetArn: string;
  maxReceiveCount: number | string;
}

const SECOND_MS = 1_000;

const DEFAULTS = {
  VisibilityTimeout: "30", MaximumMessageSize: "1048576", MessageRetentionPeriod: "345600", DelaySeconds: "0", ReceiveMessageWaitTimeSeconds: "0", SqsManagedSseEnabled: "true",
} as const;
const FIFO_DEFAULTS: Readonly<Record<string, string>> = { FifoQueue: "true", DeduplicationScope: "queue", FifoThroughputLimit: "perQueue", ContentBasedDeduplication: "false" };

export const settingsOf = ({ attributes }: Pick<Queue, "attributes">): QueueSettings => {
  const number = (name: keyof typeof DEFAULTS) => Number(attributes[name] ?? DEFAULTS[name]);
  const policy = attributes["RedrivePolicy"] === undefined || attributes["RedrivePolicy"] === "" ? undefined : (JSON.parse(attributes["RedrivePolicy"]) as RedrivePolicy);
  return {
    delayMs: number("DelaySeconds") * SECOND_MS,
    visibilityMs: number("VisibilityTimeout") * SECOND_MS,
    waitMs: number("ReceiveMessageWaitTimeSeconds") * SECOND_MS,
    retentionMs: number("MessageRetentionPeriod") * SECOND_MS,
    bytesMax: number("MaximumMessageSize"),
    ...(policy && { redrive: { deadLetterArn: policy.deadLetterTargetArn, receivesMax: Number(policy.maxReceiveCount) } }),
    isContentDeduplicated: attributes["ContentBasedDeduplication"] === "true",
    isDeduplicatedByGroup: attributes["DeduplicationScope"] === "messageGroup",
  };
};

const WITH_KEY: Readonly<Record<string, string>> = { KmsDataKeyReusePeriodSeconds: "300" };

/** What was set, and the defaults of what was not. */
export const effectiveAttributes = ({ isFifo, attributes }: Pick<Queue, "isFifo" | "attributes">): Record<string, string> => ({
  ...DEFAULTS,
  ...(isFifo ? FIFO_DEFAULTS : {}),
  ...(attributes["KmsMasterKeyId"] === undefined ? {} : WITH_KEY),
  ...attributes,
});

/** What a queue is told to be, but for its counts. */
export const describedAttributes = (queue: Queue): Record<string, string> => ({
  QueueArn: queueArn(queue),
  CreatedTimestamp: String(Math.floor(queue.createdAt / SECOND_MS)),
  LastModifiedTimestamp: String(Math.floor(queue.modifiedAt / SECOND_MS)),
  ...effectiveAttributes(queue),
});
