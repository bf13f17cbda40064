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

/** What is calculated of a series: its label stays. A value that is no number is left out. */
export const derived = ({ label, periodMs }: Pick<Series, "label" | "periodMs">, points: Iterable<readonly [at: number, value: number]>): Series => {
  const times: number[] = [];
  const values: number[] = [];
  for (const [at, value] of points) {
    if (!Number.isFinite(value)) continue;
    times.push(at);
    values.push(value);
  }
  return { label, periodMs, times, values };
};

export const pointsOf = ({ times, values }: Series): [at: number, value: number][] => times.map((at, index) => [at, values[index]!]);

export const mapValues = (series: Series, change: (value: number, at: number) => number): Series => derived(series, series.times.map((at, index) => [at, change(series.values[index]!, at)] as const));

/** At each time that one of both has a value. What the other one lacks there counts as zero ("Basic arithmetic functions"). */
export const zip = (a: Series, b: Series, combine: (left: number, right: number) => number): Series => {
  const points: [number, number][] = [];
  for (let i = 0, j = 0; i < a.times.length || j < b.times.length; ) {
    const [left, right] = [a.times[i] ?? Infinity, b.times[j] ?? Infinity];
    const at = Math.min(left, right);
    points.push([at, combine(left === at ? a.values[i++]! : 0, right === at ? b.values[j++]! : 0)]);
  }
  return derived({ label: a.label, periodMs: Math.min(a.periodMs, b.periodMs) }, points);
};

/** At each time that one of them has a value, of the values that are there. */
export const combine = (all: readonly Series[], of: (values: readonly number[]) => number, label: string): Series => {
  const at = new Map<number, number[]>();
  for (const { times, values } of all) {
    for (const [index, time] of times.entries()) {
      const there = at.get(time);
      if (there === undefined) at.set(time, [values[index]!]);
      else there.push(values[index]!);
    }
  }
  const points = [...at].toSorted(([a], [b]) => a - b).map(([time, values]) => [time, of(values)] as const);
  return derived({ label, periodMs: Math.min(...all.map(({ periodMs }) => periodMs)) }, points);
};
