import { arrayAt, type MathFunction } from "./call.ts";
import { average, least, most, sum } from "./numbers.ts";
import { combine, isSeries, type Series } from "./values.ts";

const deviation = (values: readonly number[]): number => {
  const mean = average(values);
  return Math.sqrt(average(values.map((value) => (value - mean) ** 2)));
};

/** Of one series a number, of all that it has; of an array a series, of what its series have at each time. Of no value at all nothing is known, but that it is none. */
const aggregate = (of: (values: readonly number[]) => number, ofSome: (values: readonly number[], count: number) => number = of, ofNone = Number.NaN): MathFunction => ({
  takes: [1, 1],
  of(call) {
    const value = call.value(0);
    if (isSeries(value)) return value.values.length === 0 ? ofNone : of(value.values);
    const all = arrayAt(call, 0);
    return combine(all, (values) => ofSome(values, all.length), call.name);
  },
});

/** What FUNCTION of SORT may be, too. */
export const ORDERED_BY: Record<"AVG" | "MIN" | "MAX" | "SUM", (series: Series) => number> = {
  AVG: ({ values }) => average(values),
  MIN: ({ values }) => least(values),
  MAX: ({ values }) => most(values),
  SUM: ({ values }) => sum(values),
};

export const AGGREGATES: Record<string, MathFunction> = {
  SUM: aggregate(sum, sum, 0),
  // "Missing values are treated as 0": an array's average is of all of its series.
  AVG: aggregate(average, (values, count) => sum(values) / count),
  MIN: aggregate(least),
  MAX: aggregate(most),
  STDDEV: aggregate(deviation),
  DATAPOINT_COUNT: aggregate((values) => values.length, undefined, 0),
  METRIC_COUNT: { takes: [1, 1], of: (call) => arrayAt(call, 0).length },
};
