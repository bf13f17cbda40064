import type { Metrics, Series } from "../../../kit/metrics.ts";
import { countersOf } from "../counters.ts";
import type { Refused } from "./refusals.ts";
import type { SocketStage } from "./stage.ts";
import type { Turn } from "./turn.ts";

const UNITS = { ConnectCount: "Count", MessageCount: "Count", IntegrationError: "Count", ClientError: "Count", ExecutionError: "Count", IntegrationLatency: "Milliseconds" } as const;

type Counters = Record<keyof typeof UNITS, Series>;
type Of = SocketStage["api"];

const KEPT_MAX = 2_000;

/** Source: "Monitor WebSocket API execution with CloudWatch metrics": of the API and the stage always, of a route where its settings ask for it. */
export const createSocketMetrics = (metrics: Metrics) => {
  const kept = new Map<string, Counters>();

  const keptCounters = (api: Of, dimensions: Record<string, string>): Counters => {
    const key = JSON.stringify([api.account, api.region, dimensions]);
    let counters = kept.get(key);
    if (counters === undefined) {
      if (kept.size >= KEPT_MAX) kept.delete(kept.keys().next().value!);
      kept.set(key, (counters = countersOf(metrics, api, dimensions, UNITS)));
    }
    return counters;
  };
  const all = ({ api, stage }: SocketStage, routeKey: string | undefined): Counters[] => {
    const ofStage = { ApiId: api.apiId, Stage: stage.StageName! };
    const isDetailed = routeKey !== undefined && (stage.RouteSettings?.[routeKey]?.DetailedMetricsEnabled ?? stage.DefaultRouteSettings?.DetailedMetricsEnabled) === true;
    return [{ ApiId: api.apiId }, ofStage, ...(isDetailed ? [{ ...ofStage, Route: routeKey }] : [])].map((dimensions) => keptCounters(api, dimensions));
  };

  return {
    turn({ served, route, eventType, findings }: Turn, refused: Refused | undefined): void {
      const wasAsked = findings.integrationStatus !== undefined || findings.integrationLatencyMs !== undefined;
      for (const counters of all(served, route?.RouteKey)) {
        if (eventType === "CONNECT" && wasAsked) counters.ConnectCount.add(1);
        if (eventType === "MESSAGE") counters.MessageCount.add(1);
        if (refused !== undefined && refused.status < 500) counters.ClientError.add(1);
        if (refused?.kind === "failed" || refused?.kind === "late") counters.ExecutionError.add(1);
        if ((findings.integrationStatus ?? 0) >= 400 || refused?.kind === "badAnswer") counters.IntegrationError.add(1);
        if (findings.integrationLatencyMs !== undefined) counters.IntegrationLatency.add(findings.integrationLatencyMs);
      }
    },
    /** To a client: an answer, or a message of a backend's. */
    sent(served: SocketStage, routeKey: string | undefined): void {
      for (const counters of all(served, routeKey)) counters.MessageCount.add(1);
    },
  };
};

export type SocketMetrics = ReturnType<typeof createSocketMetrics>;
