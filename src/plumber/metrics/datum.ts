import { addTo, merged, type Spread } from "./spread.ts";

/** What was measured in one period. */
export interface Datum {
  count: number;
  sum: number;
  minimum: number;
  maximum: number;
  /** Undefined where it cannot be known. */
  spread: Spread | undefined;
}

export const noData = (): Datum => ({ count: 0, sum: 0, minimum: Infinity, maximum: -Infinity, spread: new Map() });

export const addValue = (datum: Datum, value: number, times: number): void => {
  datum.count += times;
  datum.sum += value * times;
  datum.minimum = Math.min(datum.minimum, value);
  datum.maximum = Math.max(datum.maximum, value);
  if (value < 0) datum.spread = undefined;
  else if (datum.spread !== undefined) addTo(datum.spread, value, times);
};

export const mergeData = (a: Datum, b: Datum): Datum => ({
  count: a.count + b.count,
  sum: a.sum + b.sum,
  minimum: Math.min(a.minimum, b.minimum),
  maximum: Math.max(a.maximum, b.maximum),
  spread: merged(a.spread, b.spread),
});
