import type { Metrics, Series } from "../../../../kit/metrics.ts";
import { countersOf } from "../../counters.ts";
import type { Exchange } from "../exchange.ts";
import { methodSettingOf } from "../method-settings.ts";
import type { Answered } from "./access-log.ts";

const UNITS = { Count: "Count", "4XXError": "Count", "5XXError": "Count", Latency: "Milliseconds", IntegrationLatency: "Milliseconds" } as const;

type Counters = Record<keyof typeof UNITS, Series>;

const KEPT_MAX = 2_000;

/** Source: "Amazon API Gateway dimensions and metrics": of the API and the stage always, of a method where its settings ask for it. */
export const createCount = (metrics: Metrics) => {
  const kept = new Map<string, Counters>();

  const keptCounters = (account: string, region: string, dimensions: Record<string, string>): Counters => {
    const key = JSON.stringify([account, region, dimensions]);
    let counters = kept.get(key);
    if (counters === undefined) {
      if (kept.size >= KEPT_MAX) kept.delete(kept.keys().next().value!);
      counters = countersOf(metrics, { account, region }, dimensions, UNITS);
      kept.set(key, counters);
    }
    return counters;
  };

  return (exchange: Exchange, { status, latencyMs }: Answered): void => {
    const { serving: { compiled, stage }, resource, request, integration } = exchange;
    const ofStage = { ApiName: compiled.api.name ?? compiled.apiId, Stage: stage };
    const isOfMethod = methodSettingOf(exchange).metricsEnabled === true;
    for (const dimensions of [{ ApiName: ofStage.ApiName }, ofStage, ...(isOfMethod ? [{ ...ofStage, Resource: resource!.path, Method: request.method }] : [])]) {
      const counters = keptCounters(compiled.account, compiled.region, dimensions);
      counters.Count.add(1);
      counters["4XXError"].add(status >= 400 && status < 500 ? 1 : 0);
      counters["5XXError"].add(status >= 500 ? 1 : 0);
      counters.Latency.add(latencyMs);
      if (integration?.latencyMs !== undefined) counters.IntegrationLatency.add(integration.latencyMs);
    }
  };
};
