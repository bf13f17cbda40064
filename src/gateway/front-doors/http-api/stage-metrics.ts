import type { Metrics, Series } from "../../../kit/metrics.ts";
import type { Answered } from "./context-variables.ts";
import type { Passage } from "./passage.ts";
import { keptBy, type ServedStage } from "./stage.ts";
import { DEFAULT_ROUTE, parseRouteKey } from "./route-tree.ts";

const UNITS = { Count: "Count", "4xx": "Count", "5xx": "Count", Latency: "Milliseconds", IntegrationLatency: "Milliseconds", DataProcessed: "Bytes" } as const;

type Counters = Record<keyof typeof UNITS, Series>;

const countersOf = (metrics: Metrics, { account, region }: ServedStage["api"], dimensions: Record<string, string>): Counters =>
  Object.fromEntries(Object.entries(UNITS).map(([name, unit]) => [name, metrics.series({ account, region, namespace: "AWS/ApiGateway", name, dimensions, unit })])) as Counters;

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
  const ofStage = keptBy(served, "metrics", () => [countersOf(metrics, api, { ApiId: api.apiId }), countersOf(metrics, api, { ApiId: api.apiId, Stage: stage.StageName! })]);
  for (const counters of ofStage) count(counters, answered, findings.integrationLatencyMs);
  if (route === undefined || (stage.RouteSettings?.[route.RouteKey]?.DetailedMetricsEnabled ?? stage.DefaultRouteSettings?.DetailedMetricsEnabled) !== true) return;
  const { method, path } = parseRouteKey(route.RouteKey);
  const dimensions = { ApiId: api.apiId, Stage: stage.StageName!, Method: method, Resource: path === DEFAULT_ROUTE ? DEFAULT_ROUTE : path };
  count(keptBy(served, `metrics ${route.RouteKey}`, () => countersOf(metrics, api, dimensions)), answered, findings.integrationLatencyMs);
};
