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

export const settingsOf = ({ attributes }: Pick<Queue, "attributes">): QueueSettings => {
  const number = (name: string, otherwise: number) => Number(attributes[name] ?? otherwise);
  const policy = attributes["RedrivePolicy"] === undefined || attributes["RedrivePolicy"] === "" ? undefined : (JSON.parse(attributes["RedrivePolicy"]) as RedrivePolicy);
  return {
    delayMs: number("DelaySeconds", 0) * SECOND_MS,
    visibilityMs: number("VisibilityTimeout", 30) * SECOND_MS,
    waitMs: number("ReceiveMessageWaitTimeSeconds", 0) * SECOND_MS,
    retentionMs: number("MessageRetentionPeriod", 345_600) * SECOND_MS,
    bytesMax: number("MaximumMessageSize", 1_048_576),
    ...(policy && { redrive: { deadLetterArn: policy.deadLetterTargetArn, receivesMax: Number(policy.maxReceiveCount) } }),
    isContentDeduplicated: attributes["ContentBasedDeduplication"] === "true",
    isDeduplicatedByGroup: attributes["DeduplicationScope"] === "messageGroup",
  };
};
