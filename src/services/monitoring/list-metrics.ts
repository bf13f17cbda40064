import type { DimensionFilter, Metric } from "@aws-sdk/client-cloudwatch";
import { METRICS_PAGE_MAX } from "../../kit/limits/metrics.ts";
import { readDimensions } from "../../plumber/metrics/points.ts";
import { sql, type Operation, type Value } from "../../store/store.ts";
import type { MonitoringHandlers, Needs } from "./needs.ts";
import { readToken, writeToken } from "./tokens.ts";

const HOUR_MS = 60 * 60 * 1000;
/** A metric without new data is listed for two weeks ("ListMetrics", API reference). */
const LISTED_MS = 14 * 24 * HOUR_MS;
const RECENT_MS = 3 * HOUR_MS;
/** Rows of one look: those that do not match cost as much. */
const ROWS = 2_000;

interface Wanted {
  account: string;
  region: string;
  namespace: string | undefined;
  name: string | undefined;
  dimensions: readonly DimensionFilter[];
  /** Milliseconds since the epoch. */
  since: number;
}

const matches = (dimensions: readonly [string, string][], wanted: readonly DimensionFilter[]): boolean =>
  wanted.every(({ Name, Value }) => dimensions.some(([name, value]) => name === Name && (Value === undefined || value === Value)));

/** Metrics in the order in which they were first seen; of one that has several units, once. */
function* list({ account, region, namespace, name, dimensions, since }: Wanted, after: number): Operation<{ id: number; metric: Metric }[]> {
  const where = ["account = ?", "region = ?", "last_at >= ?"];
  const values: Value[] = [account, region, since];
  for (const [column, value] of Object.entries({ namespace, name })) {
    if (value === undefined) continue;
    where.push(`${column} = ?`);
    values.push(value);
  }
  const found: { id: number; metric: Metric }[] = [];
  for (let from = after; found.length <= METRICS_PAGE_MAX; ) {
    const rows = yield* sql(
      `select min(id) as id, namespace, name, dimensions from metric_series where ${where.join(" and ")} group by namespace, name, dimensions having min(id) > ? order by min(id) limit ?`,
      ...values, from, ROWS,
    );
    for (const row of rows) {
      const own = readDimensions(row["dimensions"] as string);
      from = row["id"] as number;
      if (matches(own, dimensions)) found.push({ id: from, metric: { Namespace: row["namespace"] as string, MetricName: row["name"] as string, Dimensions: own.map(([Name, Value]) => ({ Name, Value })) } });
    }
    if (rows.length < ROWS) break;
  }
  return found;
}

export const listMetricsHandlers = ({ store, metrics, clock }: Needs) =>
  ({
    async ListMetrics({ Namespace, MetricName, Dimensions, NextToken, RecentlyActive, OwningAccount }, { account, region }) {
      // No account observes another one here.
      if (OwningAccount !== undefined && OwningAccount !== account) return { Metrics: [] };
      await metrics.flush();
      const since = clock.now() - (RecentlyActive === undefined ? LISTED_MS : RECENT_MS);
      const found = await store.run(() => list({ account, region, namespace: Namespace, name: MetricName, dimensions: Dimensions ?? [], since }, readToken("after", NextToken)));
      const page = found.slice(0, METRICS_PAGE_MAX);
      return { Metrics: page.map(({ metric }) => metric), ...(found.length > page.length ? { NextToken: writeToken("after", page.at(-1)!.id) } : {}) };
    },
  }) satisfies MonitoringHandlers;
