import type { Metric, Metrics, Series } from "../kit/metrics.ts";
import type { Delivery, Measured } from "./delivery.ts";
import { DEFAULT_BUS } from "./events/buses.ts";
import { schedulerCode } from "./scheduler-dead-letter.ts";

/** `attempted`, as of its beginning, `tried` and, if there is to be another, `retried` come with each try; of the others one comes at the end. */
export type DeliveryMoment = "attempted" | "tried" | "retried" | "throttled" | "delivered" | "failed";

type Names = Partial<Record<DeliveryMoment | "dead-letter-delivered" | "dead-letter-truncated" | "dead-letter-failed", readonly string[]>>;

/** CloudWatch's names, of the services in whose name events are delivered. */
const NAMES: Record<Measured["namespace"], Names> = {
  "AWS/Events": {
    attempted: ["InvocationAttempts"], retried: ["RetryInvocationAttempts"], delivered: ["Invocations", "SuccessfulInvocationAttempts"], failed: ["Invocations", "FailedInvocations"],
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

/** Those that are counted of rules alone ("Monitoring Amazon EventBridge", user guide). */
const OF_RULES = new Set(["FailedInvocations", "InvocationsSentToDlq", "InvocationsFailedToBeSentToDlq"]);

/** EventBridge counts most for a rule, for its event bus and for all of them. The bus of a rule that names none is the default one. */
const dimensionsOfEvents = (name: string, ofRule: Record<string, string>): Record<string, string>[] => {
  if (OF_RULES.has(name)) return [ofRule];
  return name === "Invocations" ? [ofRule, {}] : [ofRule, { EventBusName: ofRule["EventBusName"] ?? DEFAULT_BUS }, {}];
};

const dimensionsOf = ({ namespace, dimensions }: Measured, name: string): Record<string, string>[] => {
  switch (namespace) {
    case "AWS/Events": return dimensionsOfEvents(name, dimensions);
    // For each group of schedules, and for all of them ("Monitoring Amazon EventBridge Scheduler with Amazon CloudWatch").
    case "AWS/Scheduler": return [dimensions, {}];
    // For the function, for what of it was invoked, and for all functions ("Viewing metrics for Lambda functions", developer guide).
    case "AWS/Lambda": return [{ FunctionName: dimensions["FunctionName"]! }, ...(dimensions["Resource"] === undefined ? [] : [dimensions]), {}];
    default: return [dimensions];
  }
};

/** How long it took from its acceptance: until its first try, until that was over, and until its target had it. EventBridge tells it, and of the first two once. */
const latenciesOf = ({ namespace, isDeadLetter }: Measured, moment: DeliveryMoment, attempt: number): readonly string[] => {
  if (namespace !== "AWS/Events" || isDeadLetter === true) return [];
  if (moment === "delivered") return ["IngestionToInvocationSuccessLatency"];
  if (attempt > 0) return [];
  return moment === "attempted" ? ["IngestionToInvocationStartLatency"] : moment === "tried" ? ["IngestionToInvocationCompleteLatency"] : [];
};

const unitOf = (namespace: Measured["namespace"], name: string): string => (name.endsWith("Bytes") ? "Bytes" : namespace === "AWS/Logs" ? "None" : "Count");

const SERIES_KEPT_MAX = 10_000;

/** Of one try. */
interface Try {
  /** Which one it was, from 0. */
  attempt: number;
  /** Since the delivery was accepted, until this moment. */
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
    const { namespace, amounts } = measured;
    const add = (name: string, dimensions: Record<string, string>, unit: string, value: number) => seriesOf({ account, region, namespace, name, dimensions, unit }).add(value);
    for (const name of namesOf(measured, moment, code)) {
      const amount = amounts === undefined ? 1 : amounts[name];
      if (amount !== undefined) for (const dimensions of dimensionsOf(measured, name)) add(name, dimensions, unitOf(namespace, name), amount);
    }
    for (const name of latenciesOf(measured, moment, attempt)) for (const dimensions of dimensionsOf(measured, name)) add(name, dimensions, "Milliseconds", ageMs);
  };
};
