import type { Metrics, Series } from "../../kit/metrics.ts";
import type { Pipe } from "./pipe.ts";

/** Of AWS/EventBridge/Pipes ("Logging and monitoring Amazon EventBridge Pipes"): each is of a pipe. */
export type PipeMetric =
  | "Duration" | "EventCount" | "EventSize" | "Invocations" | "ExecutionThrottled" | "ExecutionTimeout" | "ExecutionFailed" | "ExecutionPartiallyFailed" | "EnrichmentStageDuration"
  | "EnrichmentStageFailed" | "TargetStageDuration" | "TargetStageFailed" | "TargetStagePartiallyFailed" | "TargetStageSkipped";

/** These are told of the account, too. */
const OF_ACCOUNT = new Set<string>(["Invocations", "ExecutionThrottled"]);

const unitOf = (name: string): string => (name.endsWith("Duration") ? "Milliseconds" : name === "EventSize" ? "Bytes" : name === "TargetStageSkipped" ? "Count" : "None");

export type CountPipe = (name: PipeMetric, value: number) => void;

/** What a pipe counts. */
export const createPipeMetrics = ({ metrics, pipe: { account, region, name: pipeName } }: { metrics: Metrics; pipe: Pipe }): { count: CountPipe; concurrency: (running: number) => void } => {
  const kept = new Map<string, Series>();
  const series = (name: string, dimensions: Record<string, string>): Series => {
    const key = `${name} ${Object.keys(dimensions)[0]}`;
    let one = kept.get(key);
    if (one === undefined) kept.set(key, (one = metrics.series({ account, region, namespace: "AWS/EventBridge/Pipes", name, dimensions, unit: unitOf(name) })));
    return one;
  };
  return {
    count(name, value) {
      series(name, { PipeName: pipeName }).add(value);
      if (OF_ACCOUNT.has(name)) series(name, { AwsAccountId: account }).add(value);
    },
    concurrency: (running) => series("Concurrency", { AwsAccountId: account }).add(running),
  };
};
