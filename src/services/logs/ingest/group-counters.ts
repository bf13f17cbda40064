import { LOG_GROUPS_KEPT_MAX } from "../../../kit/limits/logs.ts";
import type { Metrics, Series } from "../../../kit/metrics.ts";
import type { Place } from "../names.ts";

const UNITS = { IncomingLogEvents: "None", IncomingBytes: "Bytes", EMFParsingErrors: "None", EMFValidationErrors: "None" } as const;
type Name = keyof typeof UNITS;

/** AWS/Logs: of each group, and of all of them ("Monitoring with CloudWatch metrics", CloudWatch Logs user guide). */
export const createGroupCounters = (metrics: Metrics) => {
  const kept = new Map<string, Partial<Record<Name, Series>>>();
  return ({ account, region }: Place, group: string, name: Name, amount: number): void => {
    const key = `${account}/${region}/${group}`;
    let counters = kept.get(key);
    if (counters === undefined) {
      if (kept.size >= LOG_GROUPS_KEPT_MAX) kept.delete(kept.keys().next().value!);
      kept.set(key, (counters = {}));
    }
    const common = { account, region, namespace: "AWS/Logs", name, unit: UNITS[name] };
    const series = (counters[name] ??= metrics.series({ ...common, dimensions: { LogGroupName: group } }, { ...common, dimensions: {} }));
    series.add(amount);
  };
};
