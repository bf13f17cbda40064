import type { Metric, Metrics, Series } from "../kit/metrics.ts";
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
  "AWS/Logs": { delivered: ["ForwardedLogEvents", "ForwardedBytes"], throttled: ["DeliveryThrottling"], failed: ["DeliveryErrors"] },
  "AWS/Lambda": { failed: ["DeadLetterErrors", "DestinationDeliveryFailures"] },
};

const namesOf = ({ namespace, isDeadLetter, isTruncated }: Measured, moment: DeliveryMoment, code: string | undefined): readonly string[] => {
  const names = NAMES[namespace];
  if (isDeadLetter !== true) return names[moment] ?? [];
  if (moment === "delivered") return [...(names["dead-letter-delivered"] ?? []), ...(isTruncated === true ? (names["dead-letter-truncated"] ?? []) : [])];
  if (moment !== "failed") return [];
  const failed = names["dead-letter-failed"] ?? [];
  return namespace === "AWS/Scheduler" && code !== undefined ? [...failed, ...failed.map((name) => `${name}_${schedulerCode(code)}`)] : failed;
};

/** Counted of all of an account, too, whatever their dimensions ("None" among the dimensions of "Monitoring Amazon EventBridge", user guide). */
const OF_ALL = new Set(["Invocations", "InvocationAttempts", "SuccessfulInvocationAttempts", "RetryInvocationAttempts"]);

/** Scheduler counts for each group of schedules, and for all of them ("Monitoring Amazon EventBridge Scheduler with Amazon CloudWatch"). */
const dimensionsOf = ({ namespace, dimensions }: Measured, name: string): Record<string, string>[] =>
  namespace === "AWS/Scheduler" || (namespace === "AWS/Events" && OF_ALL.has(name)) ? [dimensions, {}] : [dimensions];

/** How long it took from its acceptance: until its first try, until its target had it, until it was over. EventBridge tells it. */
const LATENCIES: Names = {
  attempted: ["IngestionToInvocationStartLatency"],
  delivered: ["IngestionToInvocationSuccessLatency", "IngestionToInvocationCompleteLatency"],
  failed: ["IngestionToInvocationCompleteLatency"],
};

const unitOf = (namespace: Measured["namespace"], name: string): string => (name.endsWith("Bytes") ? "Bytes" : namespace === "AWS/Logs" ? "None" : "Count");

const SERIES_KEPT_MAX = 10_000;

/** Of one try. */
interface Try {
  /** Which one it was, from 0. */
  attempt: number;
  /** Since the delivery was accepted. */
  ageMs: number;
  /** Of its failure. */
  code?: string;
}

/** Counts what becomes of deliveries. */
export const createDeliveryMetrics = ({ metrics }: { metrics: Metrics }) => {
  const kept = new Map<string, Series>();
  const seriesOf = (metric: Metric): Series => {
    const key = [metric.account, metric.region, metric.namespace, metric.name, ...Object.entries(metric.dimensions).flat()].join("\n");
    const known = kept.get(key) ?? metrics.series(metric);
    if (kept.size >= SERIES_KEPT_MAX) kept.clear();
    kept.set(key, known);
    return known;
  };

  return ({ measured, as: { account }, region }: Delivery, moment: DeliveryMoment, { attempt, ageMs, code }: Try): void => {
    if (measured === undefined) return;
    const { namespace, amounts, isDeadLetter } = measured;
    const add = (name: string, dimensions: Record<string, string>, unit: string, value: number) => seriesOf({ account, region, namespace, name, dimensions, unit }).add(value);
    for (const name of namesOf(measured, moment, code)) {
      const amount = amounts === undefined ? 1 : amounts[name];
      if (amount !== undefined) for (const dimensions of dimensionsOf(measured, name)) add(name, dimensions, unitOf(namespace, name), amount);
    }
    if (namespace !== "AWS/Events" || isDeadLetter === true || (moment === "attempted" && attempt > 0)) return;
    for (const name of LATENCIES[moment] ?? []) add(name, measured.dimensions, "Milliseconds", ageMs);
  };
};
