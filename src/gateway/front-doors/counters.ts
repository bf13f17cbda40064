import type { Metrics, Series } from "../../kit/metrics.ts";

interface Of {
  account: string;
  region: string;
}

/** One series for each metric of API Gateway that is named, with its unit. */
export const countersOf = <N extends string>(metrics: Metrics, { account, region }: Of, dimensions: Readonly<Record<string, string>>, units: Readonly<Record<N, string>>): Record<N, Series> =>
  Object.fromEntries(Object.entries<string>(units).map(([name, unit]) => [name, metrics.series({ account, region, namespace: "AWS/ApiGateway", name, dimensions, unit })])) as Record<N, Series>;
