import type { Metric } from "../../kit/metrics.ts";
import { METRIC_POINT_DAYS_MAX, METRIC_POINTS_MAX } from "../../kit/limits/metrics.ts";
import { sql, sqlOne, type Operation, type Row } from "../../store/store.ts";
import { mergeData, type Datum } from "./datum.ts";
import { readSpread, writeSpread } from "./spread.ts";

/** What was measured of a metric in a minute, or in a second. */
export interface Point {
  metric: Metric;
  /** Milliseconds since the epoch: the beginning of it. */
  at: number;
  datum: Datum;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** In one order, so that the same dimensions are the same text. */
export const dimensionsText = (dimensions: Readonly<Record<string, string>>): string => JSON.stringify(Object.entries(dimensions).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
export const readDimensions = (text: string): [name: string, value: string][] => JSON.parse(text) as [string, string][];

const toDatum = (row: Row): Datum => ({
  count: row["count"] as number,
  sum: row["sum"] as number,
  minimum: row["minimum"] as number,
  maximum: row["maximum"] as number,
  spread: readSpread(row["spread"] as string | null),
});

function* seriesId({ account, region, namespace, name, dimensions, unit }: Metric, at: number): Operation<number> {
  const row = yield* sqlOne(
    `insert into metric_series (account, region, namespace, name, dimensions, unit, last_at) values (?, ?, ?, ?, ?, ?, ?)
     on conflict do update set last_at = max(last_at, excluded.last_at) returning id`,
    account, region, namespace, name, dimensionsText(dimensions), unit, at,
  );
  return row!["id"] as number;
}

/** Of one that is written all the time: its number, and the moment that it was last seen at. */
export interface KnownSeries {
  id: number;
  at: number;
}

export const metricKey = ({ account, region, namespace, name, dimensions, unit }: Metric): string => JSON.stringify([account, region, namespace, name, unit, dimensionsText(dimensions)]);

/** Adds to what is there of the same moment. Returns which series they are of, for who writes them again; of those that are known, and were seen at that moment, nothing is asked. */
export function* writePoints(points: readonly Point[], known: ReadonlyMap<string, KnownSeries> = new Map()): Operation<Map<string, KnownSeries>> {
  const seen = new Map<string, KnownSeries>();
  for (const { metric, at, datum } of points) {
    const key = metricKey(metric);
    const there = seen.get(key) ?? known.get(key);
    const id = there !== undefined && there.at === at ? there.id : yield* seriesId(metric, at);
    seen.set(key, { id, at });
    const written = yield* sqlOne("select * from metric_point where series = ? and at = ?", id, at);
    const { count, sum, minimum, maximum, spread } = written === undefined ? datum : mergeData(toDatum(written), datum);
    yield* sql("insert or replace into metric_point (series, at, count, sum, minimum, maximum, spread) values (?, ?, ?, ?, ?, ?, ?)", id, at, count, sum, minimum, maximum, writeSpread(spread));
  }
  return seen;
}

/** Which points of a metric: in all its units, or in one, from `from` up to but not at `to`. */
export interface WantedPoints {
  unit: string | undefined;
  /** Milliseconds since the epoch. */
  from: number;
  to: number;
  /** Without it no point tells how its values are spread: most statistics do not ask. */
  withSpread?: boolean;
  /** So many at most, behind one that was read before. */
  limit?: number;
  after?: { at: number; series: number };
}

export interface ReadPoint {
  at: number;
  series: number;
  unit: string;
  datum: Datum;
}

/** Of one metric, oldest first. */
export function* readPoints({ account, region, namespace, name, dimensions }: Omit<Metric, "unit">, { unit, from, to, withSpread = true, limit = -1, after }: WantedPoints): Operation<ReadPoint[]> {
  const [here, behind] = after === undefined ? ["", []] : ["and (p.at > ? or p.series > ?)", [after.at, after.series]];
  const rows = yield* sql(
    `select p.series, p.at, p.count, p.sum, p.minimum, p.maximum, ${withSpread ? "p.spread" : "null as spread"}, s.unit from metric_series s join metric_point p on p.series = s.id
     where s.account = ? and s.region = ? and s.namespace = ? and s.name = ? and s.dimensions = ? and p.at >= ? and p.at < ? ${here} ${unit === undefined ? "" : "and s.unit = ?"} order by p.at, p.series limit ?`,
    account, region, namespace, name, dimensionsText(dimensions), Math.max(from, after?.at ?? from), to, ...behind, ...(unit === undefined ? [] : [unit]), limit,
  );
  return rows.map((row) => ({ at: row["at"] as number, series: row["series"] as number, unit: row["unit"] as string, datum: toDatum(row) }));
}

const ROWS_PER_COMMIT = 5_000;

/** Some of what is too old, or too much. Returns whether there may be more of it. */
export function* sweepPoints(now: number): Operation<boolean> {
  const oldest = now - METRIC_POINT_DAYS_MAX * DAY_MS;
  const aged = yield* sql("select series, at from metric_point where at < ? limit ?", oldest, ROWS_PER_COMMIT);
  const count = ((yield* sqlOne("select count(*) as n from metric_point"))!["n"] as number) - METRIC_POINTS_MAX;
  const excess = count > aged.length ? yield* sql("select series, at from metric_point order by at limit ?", Math.min(count, ROWS_PER_COMMIT)) : [];
  for (const { series, at } of [...aged, ...excess]) yield* sql("delete from metric_point where series = ? and at = ?", series!, at!);
  // One that was last seen before the oldest point has none.
  const first = yield* sqlOne("select min(at) as at from metric_point");
  yield* sql("delete from metric_series where last_at < ?", Math.max(oldest, Number(first?.["at"] ?? 0)));
  return aged.length === ROWS_PER_COMMIT || excess.length === ROWS_PER_COMMIT;
}
