import { FUNCTIONS_MEASURED_MAX } from "../../../kit/limits/metrics.ts";
import type { Metrics, Series } from "../../../kit/metrics.ts";
import { LATEST } from "../../../services/lambda/configuration-rows.ts";
import type { FunctionUrlRecord } from "../../../services/lambda/urls/function-url-rows.ts";

const UNITS = { UrlRequestCount: "Count", Url4xxCount: "Count", Url5xxCount: "Count", UrlRequestLatency: "Milliseconds" } as const;

type Counters = Record<keyof typeof UNITS, Series>;

/** AWS/Lambda, of requests to functions' URLs ("Monitoring Lambda function URLs", developer guide). */
export const createUrlMetrics = ({ metrics }: { metrics: Metrics }) => {
  const kept = new Map<string, Counters>();
  const make = ({ account, region, name, qualifier }: FunctionUrlRecord): Counters => {
    const Resource = qualifier === LATEST ? name : `${name}:${qualifier}`;
    const of = (metric: keyof typeof UNITS) => {
      const common = { account, region, namespace: "AWS/Lambda", name: metric, unit: UNITS[metric] };
      return metrics.series({ ...common, dimensions: { FunctionName: name } }, { ...common, dimensions: { FunctionName: name, Resource } }, { ...common, dimensions: {} });
    };
    return { UrlRequestCount: of("UrlRequestCount"), Url4xxCount: of("Url4xxCount"), Url5xxCount: of("Url5xxCount"), UrlRequestLatency: of("UrlRequestLatency") };
  };
  return (url: FunctionUrlRecord, status: number, latencyMs: number): void => {
    let counters = kept.get(url.urlId);
    if (counters === undefined) {
      if (kept.size >= FUNCTIONS_MEASURED_MAX) kept.delete(kept.keys().next().value!);
      kept.set(url.urlId, (counters = make(url)));
    }
    counters.UrlRequestCount.add(1);
    counters.Url4xxCount.add(status >= 400 && status < 500 ? 1 : 0);
    counters.Url5xxCount.add(status >= 500 ? 1 : 0);
    counters.UrlRequestLatency.add(latencyMs);
  };
};
