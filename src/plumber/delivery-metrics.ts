import type { Metrics, Series } from "../kit/metrics.ts";
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
  "AWS/Logs": { delivered: ["ForwardedLogEvents"], retried: ["DeliveryThrottling"], failed: ["DeliveryErrors"] },
};

/** Counted of all of an account, too, whatever their dimensions ("None" among the dimensions of "Monitoring Amazon EventBridge", user guide). */
const OF_ALL = new Set(["Invocations", "InvocationAttempts", "SuccessfulInvocationAttempts", "RetryInvocationAttempts"]);

/** How long it took from its acceptance: until its first try, until its target had it, until it was over. */
const LATENCIES: Names = {
  attempted: ["IngestionToInvocationStartLatency"],
  delivered: ["IngestionToInvocationSuccessLatency", "IngestionToInvocationCompleteLatency"],
  failed: ["IngestionToInvocationCompleteLatency"],
};

const SERIES_KEPT_MAX = 10_000;

/** Counts what becomes of deliveries. */
export const createDeliveryMetrics = ({ metrics }: { metrics: Metrics }) => {
  const kept = new Map<string, Series>();
  const add = ({ measured, as: { account }, region }: Delivery, name: string, unit: string, value: number, dimensions = measured!.dimensions) => {
    const { namespace } = measured!;
    const key = [account, region, namespace, name, ...Object.values(dimensions)].join("\n");
    let series = kept.get(key);
    if (series === undefined) {
      if (kept.size >= SERIES_KEPT_MAX) kept.clear();
      series = metrics.series({ account, region, namespace, name, dimensions, unit });
      kept.set(key, series);
    }
    series.add(value);
  };

  /** @param attempt Which one it was, from 0. @param ageMs Since the delivery was accepted. */
  return (delivery: Delivery, moment: DeliveryMoment, { attempt, ageMs }: { attempt: number; ageMs: number }): void => {
    if (delivery.measured === undefined) return;
    const { namespace, isDeadLetter } = delivery.measured;
    if (isDeadLetter === true && moment !== "delivered" && moment !== "failed") return;
    for (const name of NAMES[namespace][isDeadLetter === true ? (`dead-letter-${moment}` as keyof Names) : moment] ?? []) {
      add(delivery, name, "Count", 1);
      if (namespace === "AWS/Events" && OF_ALL.has(name)) add(delivery, name, "Count", 1, {});
    }
    if (namespace !== "AWS/Events" || isDeadLetter === true || (moment === "attempted" && attempt > 0)) return;
    for (const name of LATENCIES[moment] ?? []) add(delivery, name, "Milliseconds", ageMs);
  };
};
