import type { Metrics } from "../kit/metrics.ts";
import type { Delivery, Measured } from "./delivery.ts";
import { schedulerCode } from "./scheduler-dead-letter.ts";

/** `attempted` and `retried` come with each try; of the others one comes at its end. */
export type DeliveryMoment = "attempted" | "retried" | "throttled" | "delivered" | "failed";

type Names = Partial<Record<DeliveryMoment | "dead-letter-delivered" | "dead-letter-truncated" | "dead-letter-failed", readonly string[]>>;

/** CloudWatch's names, of the services in whose name events are delivered. */
const NAMES: Record<Measured["namespace"], Names> = {
  "AWS/Events": {
    attempted: ["InvocationAttempts"], retried: ["RetryInvocationAttempts"], throttled: ["ThrottledInvocationAttempts"], delivered: ["Invocations", "SuccessfulInvocationAttempts"], failed: ["Invocations", "FailedInvocations"],
    "dead-letter-delivered": ["InvocationsSentToDlq"], "dead-letter-failed": ["InvocationsFailedToBeSentToDlq"],
  },
  "AWS/SNS": {
    delivered: ["NumberOfNotificationsDelivered"], failed: ["NumberOfNotificationsFailed"],
    "dead-letter-delivered": ["NumberOfNotificationsRedrivenToDlq"], "dead-letter-failed": ["NumberOfNotificationsFailedToRedriveToDlq"],
  },
  "AWS/Scheduler": {
    attempted: ["InvocationAttemptCount"], retried: ["TargetErrorCount"], throttled: ["TargetErrorThrottledCount"], failed: ["TargetErrorCount", "InvocationDroppedCount"],
    "dead-letter-delivered": ["InvocationsSentToDeadLetterCount"], "dead-letter-truncated": ["InvocationsSentToDeadLetterCount_Truncated_MessageSizeExceeded"], "dead-letter-failed": ["InvocationsFailedToBeSentToDeadLetterCount"],
  },
  "AWS/Logs": { delivered: ["ForwardedLogEvents"], retried: ["DeliveryThrottling"], failed: ["DeliveryErrors"] },
};

const namesOf = ({ namespace, isDeadLetter, isTruncated }: Measured, moment: DeliveryMoment, code: string | undefined): readonly string[] => {
  const names = NAMES[namespace];
  if (isDeadLetter !== true) return names[moment] ?? [];
  if (moment === "delivered") return [...(names["dead-letter-delivered"] ?? []), ...(isTruncated === true ? (names["dead-letter-truncated"] ?? []) : [])];
  if (moment !== "failed") return [];
  const failed = names["dead-letter-failed"] ?? [];
  return namespace === "AWS/Scheduler" && code !== undefined ? [...failed, ...failed.map((name) => `${name}_${schedulerCode(code)}`)] : failed;
};

/** Scheduler counts for each group of schedules, and for all of them ("Monitoring Amazon EventBridge Scheduler with Amazon CloudWatch"). */
const dimensionsOf = ({ namespace, dimensions }: Measured): Record<string, string>[] => (namespace === "AWS/Scheduler" ? [dimensions, {}] : [dimensions]);

/** Counts what becomes of deliveries. */
export const createDeliveryMetrics = ({ metrics }: { metrics: Metrics }) =>
  /** @param code Of the failure. */
  ({ measured, as, region }: Delivery, moment: DeliveryMoment, code?: string): void => {
    if (measured === undefined) return;
    for (const name of namesOf(measured, moment, code)) {
      for (const dimensions of dimensionsOf(measured)) metrics.series({ account: as.account, region, namespace: measured.namespace, name, dimensions, unit: "Count" }).add(1);
    }
  };
