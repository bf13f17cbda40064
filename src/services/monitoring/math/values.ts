import type { Metric } from "../../../kit/metrics.ts";

/** Of what a series was measured. */
export interface MeasuredBy {
  metric: Omit<Metric, "unit">;
  statistic: string;
}

/** Values of periods, oldest first; a period without one is missing. */
export interface Series {
  label: string;
  periodMs: number;
  /** Milliseconds since the epoch: where the periods begin. */
  times: readonly number[];
  values: readonly number[];
  /** Undefined for what was calculated. */
  by?: MeasuredBy;
}

/** `S`, `TS` and `TS[]` of AWS's guide ("Using math expressions with CloudWatch metrics"). A number that is not known is NaN. */
export type Value = number | Series | Series[];

export const isSeries = (value: Value): value is Series => typeof value === "object" && !Array.isArray(value);

/** What is calculated of a series, at some times of its or others: its label stays. A value that is no number is left out. */
export const derived = ({ label, periodMs }: Pick<Series, "label" | "periodMs">, at: readonly number[], valueOf: (index: number, at: number) => number): Series => {
  const times: number[] = [];
  const values: number[] = [];
  for (let index = 0; index < at.length; index++) {
    const value = valueOf(index, at[index]!);
    if (!Number.isFinite(value)) continue;
    times.push(at[index]!);
    values.push(value);
  }
  return { label, periodMs, times, values };
};

export const mapValues = (series: Series, change: (value: number) => number): Series => derived(series, series.times, (index) => change(series.values[index]!));

/** What a series has at times that are asked for in their order; undefined where it has nothing. */
export const reader = ({ times, values }: Series): ((at: number) => number | undefined) => {
  let next = 0;
  return (at) => {
    while (next < times.length && times[next]! < at) next++;
    return times[next] === at ? values[next] : undefined;
  };
};

/** At each time that one of both has a value. What the other one lacks there counts as zero ("Basic arithmetic functions"). */
export const zip = (a: Series, b: Series, of: (left: number, right: number) => number): Series => {
  const times: number[] = [];
  for (let i = 0, j = 0; i < a.times.length || j < b.times.length; ) {
    const [left, right] = [a.times[i] ?? Infinity, b.times[j] ?? Infinity];
    times.push(Math.min(left, right));
    if (left <= right) i++;
    if (right <= left) j++;
  }
  const [left, right] = [reader(a), reader(b)];
  return derived({ label: a.label, periodMs: Math.min(a.periodMs, b.periodMs) }, times, (_index, at) => of(left(at) ?? 0, right(at) ?? 0));
};

/** At each time that one of them has a value, of the values that are there. */
export const combine = (all: readonly Series[], of: (values: readonly number[]) => number, label: string): Series => {
  const there = new Map<number, number[]>();
  for (const { times, values } of all) {
    for (let index = 0; index < times.length; index++) {
      const known = there.get(times[index]!);
      if (known === undefined) there.set(times[index]!, [values[index]!]);
      else known.push(values[index]!);
    }
  }
  const times = [...there.keys()].toSorted((a, b) => a - b);
  return derived({ label, periodMs: all.reduce((least, { periodMs }) => Math.min(least, periodMs), Infinity) }, times, (_index, at) => of(there.get(at)!));
};
