import { grid, numberAt, ofEach, wordAt, type Call, type MathFunction } from "./call.ts";
import { derived, isSeries, mapValues, pointsOf, type Series } from "./values.ts";
import { MathProblem } from "./syntax.ts";

const SECOND_MS = 1_000;

/** Of each value and the one before it; the first has none before it. */
const ofPairs = (change: (value: number, before: number, seconds: number) => number): MathFunction =>
  ofEach((series) => {
    const points = pointsOf(series);
    return derived(series, points.slice(1).map(([at, value], index) => [at, change(value, points[index]![1], (at - points[index]![0]) / SECOND_MS)] as const));
  });

const runningSum = (series: Series): Series => {
  let sum = 0;
  return mapValues(series, (value) => (sum += value));
};

type Filler = (series: Series, times: readonly number[]) => Iterable<readonly [number, number]>;

/** What is known stays; the others get what is said. */
const filledWith = (valueAt: (at: number) => number): Filler => (series, times) => {
  const known = new Map(pointsOf(series));
  return times.map((at) => [at, known.get(at) ?? valueAt(at)] as const);
};

/** The last value before it; before the first there is none. */
const repeated: Filler = (series, times) => {
  const known = new Map(pointsOf(series));
  let last = Number.NaN;
  return times.map((at) => [at, (last = known.get(at) ?? last)] as const);
};

/** On the line between the values around it; outside of them there is none. */
const interpolated: Filler = ({ times: known, values }, times) => {
  let next = 0;
  return times.map((at) => {
    while (next < known.length && known[next]! < at) next++;
    if (known[next] === at) return [at, values[next]!] as const;
    const [before, after] = [known[next - 1], known[next]];
    if (before === undefined || after === undefined) return [at, Number.NaN] as const;
    return [at, values[next - 1]! + ((values[next]! - values[next - 1]!) * (at - before)) / (after - before)] as const;
  });
};

const fillerOf = (call: Call): Filler => {
  const node = call.nodes[1];
  if (node?.kind === "word") return wordAt(call, 1, ["REPEAT", "LINEAR"]) === "REPEAT" ? repeated : interpolated;
  const value = call.value(1);
  if (!isSeries(value)) {
    const number = numberAt(call, 1);
    return filledWith(() => number);
  }
  const others = new Map(pointsOf(value));
  return filledWith((at) => others.get(at) ?? Number.NaN);
};

/** Of a series without the periods that it has no value of. */
const fill = (call: Call): MathFunction => {
  const filler = fillerOf(call);
  return ofEach((series) => derived(series, filler(series, grid(call.scope, series.periodMs))));
};

/** The same value in each period. */
const timeSeries = (call: Call): Series => {
  const value = numberAt(call, 0);
  const { periodMs } = call.scope;
  if (periodMs === undefined) throw new MathProblem("Period must not be null");
  return derived({ label: call.name, periodMs }, grid(call.scope, periodMs).map((at) => [at, value] as const));
};

export const CHANGES: Record<string, MathFunction> = {
  ABS: ofEach((series) => mapValues(series, Math.abs)),
  CEIL: ofEach((series) => mapValues(series, Math.ceil)),
  FLOOR: ofEach((series) => mapValues(series, Math.floor)),
  LOG: ofEach((series) => mapValues(series, Math.log)),
  LOG10: ofEach((series) => mapValues(series, Math.log10)),
  RATE: ofPairs((value, before, seconds) => (value - before) / seconds),
  DIFF: ofPairs((value, before) => value - before),
  DIFF_TIME: ofPairs((_value, _before, seconds) => seconds),
  RUNNING_SUM: ofEach(runningSum),
  FILL: { takes: [2, 2], of: (call) => fill(call).of(call) },
  TIME_SERIES: { takes: [1, 1], of: timeSeries },
};
