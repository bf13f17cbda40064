import type { Spread } from "../../plumber/metrics/spread.ts";

/** What is known of how values are spread, as a number; undefined where no value is within its bounds. */
export type SpreadStatistic = (spread: Spread) => number | undefined;

/** In values, or in per cent of how many there are. */
interface Bounds {
  low: number | undefined;
  high: number | undefined;
  isPercent: boolean;
}

type Counted = [value: number, times: number];

const BOUND = String.raw`(\d+(?:\.\d{1,10})?)(%?)`;
const RANGE = new RegExp(`^(?:${BOUND})?:(?:${BOUND})?$`);

const boundsOf = (text: string): Bounds | undefined => {
  const [, low, lowPercent, high, highPercent] = RANGE.exec(text) ?? [];
  if (low === undefined && high === undefined) return undefined;
  const isPercent = (lowPercent ?? highPercent) === "%";
  if (low !== undefined && high !== undefined && (lowPercent !== highPercent || Number(low) >= Number(high))) return undefined;
  if (isPercent && Number(high ?? low) > 100) return undefined;
  return { low: low === undefined ? undefined : Number(low), high: high === undefined ? undefined : Number(high), isPercent };
};

const countOf = (counted: readonly Counted[]): number => counted.reduce((sum, [, times]) => sum + times, 0);
const sumOf = (counted: readonly Counted[]): number => counted.reduce((sum, [value, times]) => sum + value * times, 0);

/** What is within the bounds: above the lower one, and up to the higher one; of per cents, as many as they leave. */
const within = (spread: Spread, { low, high, isPercent }: Bounds): Counted[] => {
  const sorted = [...spread].toSorted(([a], [b]) => a - b);
  if (!isPercent) return sorted.filter(([value]) => value > (low ?? -Infinity) && value <= (high ?? Infinity));
  const all = countOf(sorted);
  const [first, last] = [Math.floor(((low ?? 0) / 100) * all), Math.ceil(((high ?? 100) / 100) * all)];
  let seen = 0;
  return sorted.flatMap(([value, times]): Counted[] => {
    const kept = Math.min(seen + times, last) - Math.max(seen, first);
    seen += times;
    return kept > 0 ? [[value, kept]] : [];
  });
};

/** Those outside of the bounds count as the value at the edge. */
const winsorizedMean = (spread: Spread, bounds: Bounds): number | undefined => {
  const inside = within(spread, bounds);
  const [lowest, highest] = bounds.isPercent ? [inside[0]?.[0], inside.at(-1)?.[0]] : [bounds.low ?? -Infinity, bounds.high ?? Infinity];
  if (lowest === undefined || highest === undefined) return undefined;
  const all = [...spread].map(([value, times]): Counted => [Math.min(Math.max(value, lowest), highest), times]);
  return sumOf(all) / countOf(all);
};

const KINDS: Record<string, (spread: Spread, bounds: Bounds) => number | undefined> = {
  TM(spread, bounds) {
    const inside = within(spread, bounds);
    return inside.length === 0 ? undefined : sumOf(inside) / countOf(inside);
  },
  TC: (spread, bounds) => countOf(within(spread, bounds)),
  TS: (spread, bounds) => sumOf(within(spread, bounds)),
  WM: winsorizedMean,
  PR: (spread, bounds) => (100 * countOf(within(spread, bounds))) / countOf([...spread]),
};

/** `tm90`, `TM(10%:90%)`, `TC(:0.5)`, `PR(100:)`, `IQM`, … ("CloudWatch statistics definitions"); undefined for what is none of them. */
export const trimmedStatistic = (name: string): SpreadStatistic | undefined => {
  if (name === "IQM") return trimmedStatistic("TM(25%:75%)");
  const short = /^(tm|tc|ts|wm)(\d+(?:\.\d{1,10})?)$/.exec(name);
  if (short !== null) return trimmedStatistic(`${short[1]!.toUpperCase()}(:${short[2]}%)`);
  const [, kind, range] = /^(TM|TC|TS|WM|PR)\((.*)\)$/.exec(name) ?? [];
  const bounds = range === undefined ? undefined : boundsOf(range);
  if (kind === undefined || bounds === undefined || (kind === "PR" && bounds.isPercent)) return undefined;
  return (spread) => KINDS[kind]!(spread, bounds);
};
