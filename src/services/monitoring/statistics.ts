import { mergeData, type Datum } from "../../plumber/metrics/datum.ts";
import { percentile } from "../../plumber/metrics/spread.ts";
import { invalidValue, notBuilt } from "./errors.ts";

/** A statistic of a period's datum; undefined where it is not known. */
export type Statistic = (datum: Datum) => number | undefined;

const PLAIN: Record<string, Statistic> = {
  SampleCount: ({ count }) => count,
  Sum: ({ sum }) => sum,
  Average: ({ sum, count }) => sum / count,
  Minimum: ({ minimum }) => minimum,
  Maximum: ({ maximum }) => maximum,
};

/** `Average`, `p99`, `p99.9`, …  Of the others of "CloudWatch statistics definitions" none is built. */
export const statisticOf = (name: string, where: string): Statistic => {
  const plain = PLAIN[name];
  if (plain !== undefined) return plain;
  const percent = /^p(\d{1,3}(?:\.\d{1,10})?)$/.exec(name)?.[1];
  if (percent !== undefined && Number(percent) <= 100) return ({ spread }) => (spread === undefined ? undefined : percentile(spread, Number(percent)));
  if (/^(tm|tc|ts|wm)\d|^(PR|TM|TC|TS|WM)\(.*\)$|^IQM$/.test(name)) throw notBuilt(`The statistic ${name}`, "Average, Sum, Minimum, Maximum, SampleCount and percentiles (p0 to p100) are");
  throw invalidValue(`The value ${name} for parameter ${where} is not supported.`);
};

const SECOND_MS = 1_000;
const DAY_MS = 24 * 60 * 60 * SECOND_MS;

/** 1, 5, 10, 20, 30 seconds or whole minutes. */
export const checkPeriod = (seconds: number, where: string): number => {
  if (![1, 5, 10, 20, 30].includes(seconds) && (seconds < 60 || seconds % 60 !== 0)) throw invalidValue(`The value ${seconds} for parameter ${where} is invalid: it is 1, 5, 10, 20, 30 or a multiple of 60.`);
  return seconds * SECOND_MS;
};

/** Rounded as CloudWatch does, by how long ago it is ("GetMetricStatistics", API reference). */
export const roundedStart = (start: number, periodMs: number, now: number): number => {
  const minutes = now - start > 63 * DAY_MS ? 60 : now - start > 15 * DAY_MS ? 5 : 1;
  const step = periodMs < 60 * SECOND_MS ? periodMs : minutes * 60 * SECOND_MS;
  return start - (start % step);
};

/** Into periods that begin with `from`: only those that have something, oldest first. */
export const byPeriod = (points: readonly { at: number; datum: Datum }[], from: number, periodMs: number): { at: number; datum: Datum }[] => {
  const periods = new Map<number, Datum>();
  for (const { at, datum } of points) {
    const begin = from + Math.floor((at - from) / periodMs) * periodMs;
    const there = periods.get(begin);
    periods.set(begin, there === undefined ? datum : mergeData(there, datum));
  }
  return [...periods].map(([at, datum]) => ({ at, datum })).toSorted((a, b) => a.at - b.at);
};
