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
  /** Milliseconds since the epoch. */
  since: number;
}

const matches = ({ Dimensions }: Metric, wanted: readonly DimensionFilter[]): boolean =>
  wanted.every(({ Name, Value }) => Dimensions!.some((own) => own.Name === Name && (Value === undefined || own.Value === Value)));

interface Listed {
  id: number;
  metric: Metric;
}

/** Some metrics behind an id, in the order in which they were first seen; one that has several units is told with the first of them. */
function* readSome({ account, region, namespace, name, since }: Wanted, after: number): Operation<Listed[]> {
  const where = ["s.account = ?", "s.region = ?", "s.last_at >= ?", "s.id > ?"];
  const values: Value[] = [account, region, since, after];
  for (const [column, value] of Object.entries({ namespace, name })) {
    if (value === undefined) continue;
    where.push(`s.${column} = ?`);
    values.push(value);
  }
  const rows = yield* sql(
    `select s.id, s.namespace, s.name, s.dimensions from metric_series s where ${where.join(" and ")}
     and not exists (select 1 from metric_series o where o.account = s.account and o.region = s.region and o.namespace = s.namespace and o.name = s.name and o.dimensions = s.dimensions and o.id < s.id and o.last_at >= ?)
     order by s.id limit ?`,
    ...values, since, ROWS,
  );
  return rows.map((row) => ({ id: row["id"] as number, metric: { Namespace: row["namespace"] as string, MetricName: row["name"] as string, Dimensions: readDimensions(row["dimensions"] as string).map(([Name, Value]) => ({ Name, Value })) } }));
}

export const listMetricsHandlers = ({ store, metrics, clock }: Needs) =>
  ({
    async ListMetrics({ Namespace, MetricName, Dimensions, NextToken, RecentlyActive, OwningAccount }, { account, region }) {
      // No account observes another one here.
      if (OwningAccount !== undefined && OwningAccount !== account) return { Metrics: [] };
      await metrics.flush();
      const since = clock.now() - (RecentlyActive === undefined ? LISTED_MS : RECENT_MS);
      const wanted: Wanted = { account, region, namespace: Namespace, name: MetricName, since };
      const found: Listed[] = [];
      for (let from = readToken("after", NextToken); found.length <= METRICS_PAGE_MAX; ) {
        const after = from;
        const some = await store.run(() => readSome(wanted, after));
        found.push(...some.filter(({ metric }) => matches(metric, Dimensions ?? [])));
        if (some.length < ROWS) break;
        from = some.at(-1)!.id;
      }
      const page = found.slice(0, METRICS_PAGE_MAX);
      return { Metrics: page.map(({ metric }) => metric), ...(found.length > page.length ? { NextToken: writeToken("after", page.at(-1)!.id) } : {}) };
    },
  }) satisfies MonitoringHandlers;
