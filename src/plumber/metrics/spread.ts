/** How values are spread: each with how often it came. Exact for few different values, and in steps of a tenth for many. */
export type Spread = Map<number, number>;

const EXACT_MAX = 200;
const STEP = Math.log(1.1);

/** Values of one step count as the middle of it; zero is its own. */
const stepOf = (value: number): number => (value === 0 ? 0 : Math.exp((Math.floor(Math.log(value) / STEP) + 0.5) * STEP));

export const addTo = (spread: Spread, value: number, times: number): void => void spread.set(value, (spread.get(value) ?? 0) + times);

const condensed = (spread: Spread): Spread => {
  if (spread.size <= EXACT_MAX) return spread;
  const coarse: Spread = new Map();
  for (const [value, times] of spread) addTo(coarse, stepOf(value), times);
  return coarse;
};

/** Undefined when one of them is: of a value below zero, or of a sum alone, nothing is known of how it is spread. */
export const merged = (a: Spread | undefined, b: Spread | undefined): Spread | undefined => {
  if (a === undefined || b === undefined) return undefined;
  const both = new Map(a);
  for (const [value, times] of b) addTo(both, value, times);
  return condensed(both);
};

export const writeSpread = (spread: Spread | undefined): string | null => (spread === undefined ? null : JSON.stringify([...condensed(spread)]));
export const readSpread = (text: string | null): Spread | undefined => (text === null ? undefined : new Map(JSON.parse(text) as [number, number][]));

/** The smallest value that at least so many per cent of all are at or below. */
export const percentile = (spread: Spread, percent: number): number => {
  const sorted = [...spread].toSorted(([a], [b]) => a - b);
  const rank = (percent / 100) * sorted.reduce((sum, [, times]) => sum + times, 0);
  let seen = 0;
  for (const [value, times] of sorted) {
    seen += times;
    if (seen >= rank) return value;
  }
  return sorted.at(-1)?.[0] ?? Number.NaN;
};
