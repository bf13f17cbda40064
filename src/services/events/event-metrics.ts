import type { Metrics, Series } from "../../kit/metrics.ts";
import type { Place } from "../../plumber/events/rows.ts";
import type { RuleName } from "../../plumber/events/rules.ts";
import { ruleDimensions } from "./rule-targets.ts";

/** What EventBridge counts of events; what becomes of deliveries is counted with them. "Monitoring Amazon EventBridge", user guide. */
export interface EventMetrics {
  /** One call. A part of its entries may have failed. */
  put(place: Place, counted: { entries: number; failed: number; bytes: number; milliseconds: number }): void;
  putFailed(place: Place): void;
  /** An event of a bus that some rules want, by their patterns. */
  matched(rules: readonly { named: RuleName; targets: number }[]): void;
  /** A rule whose time it is. */
  ticked(rule: RuleName, targets: number): void;
  /** One of whose event nothing could be made for its targets: no delivery is there to count it. */
  failed(rule: RuleName, targets: number): void;
}

const SERIES_KEPT_MAX = 10_000;

export const createEventMetrics = ({ metrics }: { metrics: Metrics }): EventMetrics => {
  const kept = new Map<string, Series>();
  const series = ({ account, region }: Place, name: string, dimensions: Record<string, string> = {}, unit = "Count"): Series => {
    const key = [account, region, name, ...Object.entries(dimensions).flat()].join("\n");
    const known = kept.get(key);
    if (known !== undefined) return known;
    if (kept.size >= SERIES_KEPT_MAX) kept.clear();
    const made = metrics.series({ account, region, namespace: "AWS/Events", name, dimensions, unit });
    kept.set(key, made);
    return made;
  };
  const triggered = (rule: RuleName, targets: number) => {
    for (const dimensions of [ruleDimensions(rule), { EventBusName: rule.bus }, {}]) series(rule, "TriggeredRules", dimensions).add(1);
    if (targets > 0) series(rule, "InvocationsCreated").add(targets);
  };

  return {
    put(place, { entries, failed, bytes, milliseconds }) {
      series(place, "PutEventsApproximateCallCount").add(1);
      series(place, "PutEventsApproximateSuccessCount").add(1);
      series(place, "PutEventsEntriesCount").add(entries);
      series(place, "PutEventsFailedEntriesCount").add(failed);
      series(place, "PutEventsRequestSize", {}, "Bytes").add(bytes);
      series(place, "PutEventsLatency", {}, "Milliseconds").add(milliseconds);
    },
    putFailed(place) {
      series(place, "PutEventsApproximateCallCount").add(1);
      series(place, "PutEventsApproximateFailedCount").add(1);
    },
    matched(rules) {
      const [first] = rules;
      if (first === undefined) return;
      // Once for the event, however many rules want it.
      for (const dimensions of [{ EventBusName: first.named.bus }, {}]) series(first.named, "MatchedEvents", dimensions).add(1);
      for (const { named, targets } of rules) {
        series(named, "MatchedEvents", ruleDimensions(named)).add(1);
        triggered(named, targets);
      }
    },
    ticked: triggered,
    failed: (rule, targets) => series(rule, "FailedInvocations", ruleDimensions(rule)).add(targets),
  };
};
