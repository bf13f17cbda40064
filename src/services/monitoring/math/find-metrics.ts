import type { Metric } from "../../../kit/metrics.ts";
import { METRIC_SEARCH_MAX } from "../../../kit/limits/metrics.ts";
import { readDimensions } from "../../../plumber/metrics/points.ts";
import { sql, type Store, type Value } from "../../../store/store.ts";
import { parseSearch } from "./search-terms.ts";

type Found = Omit<Metric, "unit">;

/** Rows of one look: those that do not match cost as much. */
const ROWS = 500;
/** "A search expression can find only metrics that have reported data within the past two weeks." */
const SEARCHED_MS = 14 * 24 * 60 * 60 * 1000;

/** The metrics that a SEARCH finds, in the order in which they were first seen; so many at most. */
export const findMetrics = async (store: Store, text: string, { account, region }: { account: string; region: string }, now: number): Promise<{ metrics: Found[]; isMore: boolean }> => {
  const { namespace, accepts } = parseSearch(text);
  const found = new Map<string, Found>();
  for (let after = 0; ; ) {
    const values: Value[] = [account, region, ...(namespace === undefined ? [] : [namespace]), now - SEARCHED_MS, after, ROWS];
    const rows = await store.run(() => sql(`select id, namespace, name, dimensions from metric_series where account = ? and region = ? ${namespace === undefined ? "" : "and namespace = ?"} and last_at >= ? and id > ? order by id limit ?`, ...values));
    for (const row of rows) {
      const [one, name, dimensions] = [row["namespace"] as string, row["name"] as string, row["dimensions"] as string];
      after = row["id"] as number;
      if (!accepts({ namespace: one, name, dimensions: readDimensions(dimensions) })) continue;
      // One that has several units is one.
      found.set(JSON.stringify([one, name, dimensions]), { account, region, namespace: one, name, dimensions: Object.fromEntries(readDimensions(dimensions)) });
      if (found.size > METRIC_SEARCH_MAX) return { metrics: [...found.values()].slice(0, METRIC_SEARCH_MAX), isMore: true };
    }
    if (rows.length < ROWS) return { metrics: [...found.values()], isMore: false };
  }
};

/** What tells each of them from the others: the name where names differ, and the values of dimensions that do. */
export const labelsOf = (metrics: readonly Found[]): string[] => {
  const differ = (of: (metric: Found) => string | undefined) => new Set(metrics.map(of)).size > 1;
  const hasNames = differ(({ name }) => name);
  const names = [...new Set(metrics.flatMap(({ dimensions }) => Object.keys(dimensions)))].filter((dimension) => differ(({ dimensions }) => dimensions[dimension]));
  return metrics.map(({ name, dimensions }) => [...(hasNames || names.length === 0 ? [name] : []), ...names.flatMap((dimension) => dimensions[dimension] ?? [])].join(" ") || name);
};
