import type { Metrics, Series } from "../../../kit/metrics.ts";
import { keptBy } from "../compiled-stage.ts";
import { countersOf } from "../counters.ts";
import type { Answered } from "./context-variables.ts";
import type { Passage } from "./passage.ts";
import { DEFAULT_ROUTE, parseRouteKey } from "./route-tree.ts";

const UNITS = { Count: "Count", "4xx": "Count", "5xx": "Count", Latency: "Milliseconds", IntegrationLatency: "Milliseconds", DataProcessed: "Bytes" } as const;

type Counters = Record<keyof typeof UNITS, Series>;

const count = (counters: Counters, { status, latencyMs, processed }: Answered, integrationLatencyMs: number | undefined): void => {
  counters.Count.add(1);
  counters["4xx"].add(status >= 400 && status < 500 ? 1 : 0);
  counters["5xx"].add(status >= 500 ? 1 : 0);
  counters.Latency.add(latencyMs);
  if (integrationLatencyMs !== undefined) counters.IntegrationLatency.add(integrationLatencyMs);
  counters.DataProcessed.add(processed);
};

/** Source: "Work with metrics for HTTP APIs": of the API and the stage always, of a route where its settings ask for it. */
export const createStageMetrics = (metrics: Metrics) => (passage: Passage, answered: Answered): void => {
  const { served, route, findings } = passage;
  const { api, stage } = served;
  const ofStage = keptBy(served, "metrics", () => [countersOf(metrics, api, { ApiId: api.apiId }, UNITS), countersOf(metrics, api, { ApiId: api.apiId, Stage: stage.StageName! }, UNITS)]);
  for (const counters of ofStage) count(counters, answered, findings.integrationLatencyMs);
  if (route === undefined || (stage.RouteSettings?.[route.RouteKey]?.DetailedMetricsEnabled ?? stage.DefaultRouteSettings?.DetailedMetricsEnabled) !== true) return;
  const { method, path } = parseRouteKey(route.RouteKey);
  const dimensions = { ApiId: api.apiId, Stage: stage.StageName!, Method: method, Resource: path === DEFAULT_ROUTE ? DEFAULT_ROUTE : path };
  count(keptBy(served, `metrics ${route.RouteKey}`, () => countersOf(metrics, api, dimensions, UNITS)), answered, findings.integrationLatencyMs);
};
