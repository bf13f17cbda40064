import { METRIC_SECONDS_HOURS_MAX } from "../../kit/limits/metrics.ts";
import type { Datum } from "../../plumber/metrics/datum.ts";
import { percentile, type Spread } from "../../plumber/metrics/spread.ts";
import { invalidValue } from "./errors.ts";
import { trimmedStatistic } from "./trimmed.ts";

/** A statistic of a period's datum; undefined where it is not known. */
export interface Statistic {
  of(datum: Datum): number | undefined;
  /** Whether it asks how the values are spread. */
  withSpread: boolean;
}

const plain = (of: Statistic["of"]): Statistic => ({ of, withSpread: false });
const spreadOut = (of: (spread: Spread) => number | undefined): Statistic => ({ of: ({ spread }) => (spread === undefined ? undefined : of(spread)), withSpread: true });

const PLAIN: Record<string, Statistic> = {
  SampleCount: plain(({ count }) => count),
  Sum: plain(({ sum }) => sum),
  Average: plain(({ sum, count }) => sum / count),
  Minimum: plain(({ minimum }) => minimum),
  Maximum: plain(({ maximum }) => maximum),
};

/** Whether it is told as `ExtendedStatistic`. */
export const isExtended = (name: string): boolean => !Object.hasOwn(PLAIN, name);

const findStatistic = (name: string): Statistic | undefined => {
  if (Object.hasOwn(PLAIN, name)) return PLAIN[name]!;
  const percent = /^p(\d{1,3}(?:\.\d{1,10})?)$/.exec(name)?.[1];
  // As CloudWatch has it: p100.5 is one, p101 is none.
  if (percent !== undefined && Math.floor(Number(percent)) <= 100) return spreadOut((spread) => percentile(spread, Math.min(Number(percent), 100)));
  const trimmed = trimmedStatistic(name);
  return trimmed && spreadOut(trimmed);
};

export const isStatistic = (name: string): boolean => findStatistic(name) !== undefined;

/** `Average`, `p99`, `p99.9`, `TM(10%:90%)`, … ("CloudWatch statistics definitions"). Throws InvalidParameterValueException. */
export const statisticOf = (name: string, where: string): Statistic => {
  const statistic = findStatistic(name);
  if (statistic === undefined) throw invalidValue(`The value ${name} for parameter ${where} is not supported.`);
  return statistic;
};

const SECOND_MS = 1_000;
const HOUR_MS = 60 * 60 * SECOND_MS;
const DAY_MS = 24 * HOUR_MS;

/** 1, 5, 10, 20, 30 seconds or whole minutes. */
export const checkPeriod = (seconds: number, where: string): number => {
  if (![1, 5, 10, 20, 30].includes(seconds) && (seconds < 60 || seconds % 60 !== 0)) throw invalidValue(`The value ${seconds} for parameter ${where} is invalid: it is 1, 5, 10, 20, 30 or a multiple of 60.`);
  return seconds * SECOND_MS;
};

/** Milliseconds since the epoch, as they were asked for. */
export const checkTimes = (start: number, end: number): void => {
  if (start === end) throw invalidValue("The parameter StartTime must not equal parameter EndTime.");
  if (start > end) throw invalidValue("The parameter StartTime must be less than the parameter EndTime.");
};

/** Rounded as CloudWatch does, by how long ago it is ("GetMetricStatistics", API reference). Periods of less than a minute are there for some hours. */
export const roundedStart = (start: number, periodMs: number, now: number): number => {
  const minutes = now - start > 63 * DAY_MS ? 60 : now - start > 15 * DAY_MS ? 5 : 1;
  const isFine = periodMs < 60 * SECOND_MS;
  const step = isFine ? periodMs : minutes * 60 * SECOND_MS;
  const first = isFine ? Math.max(start, now - METRIC_SECONDS_HOURS_MAX * HOUR_MS) : start;
  return first - (first % step);
};
