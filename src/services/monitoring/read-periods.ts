import type { Metric } from "../../kit/metrics.ts";
import { mergeData, type Datum } from "../../plumber/metrics/datum.ts";
import { readPoints, type WantedPoints } from "../../plumber/metrics/points.ts";
import type { Store } from "../../store/store.ts";

export interface Period {
  /** Milliseconds since the epoch: the beginning of it. */
  at: number;
  datum: Datum;
}

export interface WantedPeriods extends Pick<WantedPoints, "unit" | "from" | "to" | "withSpread"> {
  periodMs: number;
}

/** Points read at once: between two times the server answers others. */
const ROWS = 2_000;

const oldestFirst = (periods: ReadonlyMap<number, Datum>): Period[] => [...periods].map(([at, datum]) => ({ at, datum })).toSorted((a, b) => a.at - b.at);

/** By unit, into periods that begin with `from`: only those that have something, oldest first. */
export const readPeriodsByUnit = async (store: Store, metric: Omit<Metric, "unit">, wanted: WantedPeriods, keyOf = (unit: string) => unit): Promise<Map<string, Period[]>> => {
  const { from, periodMs } = wanted;
  const all = new Map<string, Map<number, Datum>>();
  for (let after: WantedPoints["after"]; ; ) {
    const page: WantedPoints = { ...wanted, limit: ROWS, ...(after === undefined ? {} : { after }) };
    const points = await store.run(() => readPoints(metric, page));
    for (const { at, unit, datum } of points) {
      const key = keyOf(unit);
      const periods = all.get(key) ?? new Map<number, Datum>();
      const begin = from + Math.floor((at - from) / periodMs) * periodMs;
      const there = periods.get(begin);
      periods.set(begin, there === undefined ? datum : mergeData(there, datum));
      all.set(key, periods);
    }
    if (points.length < ROWS) break;
    after = points.at(-1)!;
  }
  return new Map([...all].map(([unit, periods]) => [unit, oldestFirst(periods)]));
};

/** Of all units together. */
export const readPeriods = async (store: Store, metric: Omit<Metric, "unit">, wanted: WantedPeriods): Promise<Period[]> => (await readPeriodsByUnit(store, metric, wanted, () => "")).get("") ?? [];
