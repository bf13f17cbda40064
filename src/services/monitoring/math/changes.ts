import { grid, numberAt, ofEach, wordAt, type Call, type MathFunction } from "./call.ts";
import { MathProblem } from "./syntax.ts";
import { derived, isSeries, mapValues, reader, type Series } from "./values.ts";

const SECOND_MS = 1_000;

/** Of each value and the one before it; the first has none before it. */
const ofPairs = (change: (value: number, before: number, seconds: number) => number): MathFunction =>
  ofEach((series) => {
    const { times, values } = series;
    return derived(series, times, (index, at) => (index === 0 ? Number.NaN : change(values[index]!, values[index - 1]!, (at - times[index - 1]!) / SECOND_MS)));
  });

const runningSum = (series: Series): Series => {
  let sum = 0;
  return mapValues(series, (value) => (sum += value));
};

/** What a series without a value at a time gets there. Asked for one time after the other. */
type Filler = (series: Series) => (at: number) => number;

/** The last value before it; before the first there is none. */
const repeated: Filler = ({ times, values }) => {
  let next = 0;
  return (at) => {
    while (next < times.length && times[next]! < at) next++;
    return values[next - 1] ?? Number.NaN;
  };
};

/** On the line between the values around it; outside of them there is none. */
const interpolated: Filler = ({ times, values }) => {
  let next = 0;
  return (at) => {
    while (next < times.length && times[next]! < at) next++;
    const [before, after] = [times[next - 1], times[next]];
    if (before === undefined || after === undefined) return Number.NaN;
    return values[next - 1]! + ((values[next]! - values[next - 1]!) * (at - before)) / (after - before);
  };
};

const fillerOf = (call: Call): Filler => {
  const node = call.nodes[1];
  if (node?.kind === "word") return wordAt(call, 1, ["REPEAT", "LINEAR"]) === "REPEAT" ? repeated : interpolated;
  const value = call.value(1);
  if (isSeries(value)) return () => {
    const read = reader(value);
    return (at) => read(at) ?? Number.NaN;
  };
  const number = numberAt(call, 1);
  return () => () => number;
};

/** Of a series without the periods that it has no value of. */
const fill = (call: Call): MathFunction => {
  const filler = fillerOf(call);
  return ofEach((series) => {
    const [known, missing] = [reader(series), filler(series)];
    return derived(series, grid(call.scope, series.periodMs), (_index, at) => known(at) ?? missing(at));
  });
};

/** The same value in each period. */
const timeSeries = (call: Call): Series => {
  const value = numberAt(call, 0);
  const { periodMs } = call.scope;
  if (periodMs === undefined) throw new MathProblem("Period must not be null");
  return derived({ label: call.name, periodMs }, grid(call.scope, periodMs), () => value);
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
