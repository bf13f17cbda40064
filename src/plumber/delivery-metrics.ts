import type { Metrics } from "../kit/metrics.ts";
import type { Delivery, Measured } from "./delivery.ts";

/** `attempted` and `retried` come with each try; of the others one comes at its end. */
export type DeliveryMoment = "attempted" | "retried" | "throttled" | "delivered" | "failed";

type Names = Partial<Record<DeliveryMoment | "dead-letter-delivered" | "dead-letter-failed", readonly string[]>>;

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
    "dead-letter-delivered": ["InvocationsSentToDeadLetterCount"], "dead-letter-failed": ["InvocationsFailedToBeSentToDeadLetterCount"],
  },
  "AWS/Logs": { delivered: ["ForwardedLogEvents", "ForwardedBytes"], throttled: ["DeliveryThrottling"], failed: ["DeliveryErrors"] },
  "AWS/Lambda": { failed: ["DeadLetterErrors", "DestinationDeliveryFailures"] },
};

const unitOf = (namespace: Measured["namespace"], name: string): string => (name.endsWith("Bytes") ? "Bytes" : namespace === "AWS/Logs" ? "None" : "Count");

/** Counts what becomes of deliveries. */
export const createDeliveryMetrics = ({ metrics }: { metrics: Metrics }) =>
  ({ measured, as, region }: Delivery, moment: DeliveryMoment): void => {
    if (measured === undefined) return;
    const { namespace, dimensions, amounts, isDeadLetter } = measured;
    if (isDeadLetter === true && moment !== "delivered" && moment !== "failed") return;
    for (const name of NAMES[namespace][isDeadLetter === true ? (`dead-letter-${moment}` as keyof Names) : moment] ?? []) {
      const amount = amounts === undefined ? 1 : amounts[name];
      if (amount !== undefined) metrics.series({ account: as.account, region, namespace, name, dimensions, unit: unitOf(namespace, name) }).add(amount);
    }
  };
