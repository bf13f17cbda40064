import { isMath, type Alarm, type AlarmState, type Comparison } from "./alarm-rows.ts";
import { insufficient, thresholdCrossed } from "./reasons.ts";

/** One period of the metric; its value is undefined where nothing was measured. */
export interface Datapoint {
  /** Milliseconds since the epoch: the beginning of it. */
  at: number;
  value: number | undefined;
  /** Undefined where it is calculated. */
  sampleCount?: number;
}

/** What an alarm is to be. */
export interface Evaluated {
  value: AlarmState;
  reason: string;
  /** Those that decided, newest first; what is missing among them has no value. */
  datapoints: readonly Datapoint[];
}

/** Periods that are looked at beside those that decide: where data is missing, older data stands in for it ("How alarm state is evaluated when data is missing"). Ours; AWS says that there are some. */
const MORE_PERIODS = 2;

export const periodsOf = ({ configuration }: Alarm): number => configuration.evaluationPeriods + MORE_PERIODS;

const BREACHES: Record<Comparison, (value: number, threshold: number) => boolean> = {
  GreaterThanThreshold: (value, threshold) => value > threshold,
  GreaterThanOrEqualToThreshold: (value, threshold) => value >= threshold,
  LessThanThreshold: (value, threshold) => value < threshold,
  LessThanOrEqualToThreshold: (value, threshold) => value <= threshold,
};

/** So many samples a percentile needs to say something ("Percentile-based alarms and low data samples"). */
const samplesNeeded = (statistic: string): number => {
  const share = Number(/^p(\d+(?:\.\d+)?)$/.exec(statistic)?.[1] ?? Number.NaN) / 100;
  if (!Number.isFinite(share) || share <= 0 || share >= 1) return 0;
  return 10 / (share >= 0.5 ? 1 - share : share);
};

/**
 * The state that follows from the newest periods, oldest first; undefined when the alarm stays what it is. Of what is measured the newest count; only where
 * that is too little does it matter how missing data is treated ("Configuring how CloudWatch alarms treat missing data", with its tables).
 */
export const evaluate = (alarm: Alarm, periods: readonly Datapoint[]): Evaluated | undefined => {
  const { evaluationPeriods, datapointsToAlarm = evaluationPeriods, threshold, comparison, treatMissingData, evaluateLowSampleCountPercentile, metric } = alarm.configuration;
  // Alarms of DynamoDB's metrics ignore it, whatever they say.
  const missing = !isMath(metric) && metric.namespace === "AWS/DynamoDB" ? "ignore" : (treatMissingData ?? "missing");
  const newest = periods.toReversed();
  const measured = newest.filter(({ value }) => value !== undefined).slice(0, evaluationPeriods);
  const isBreaching = ({ value }: Datapoint) => BREACHES[comparison](value!, threshold);
  const breaching = measured.filter(isBreaching);
  const filled = evaluationPeriods - measured.length;
  const become = (value: "OK" | "ALARM", treated = 0): Evaluated => ({ value, reason: thresholdCrossed(alarm, { value, measured, breaching, missing, treated }), datapoints: measured });

  if (evaluateLowSampleCountPercentile === "ignore" && measured.some(({ sampleCount }) => sampleCount !== undefined && sampleCount < samplesNeeded(isMath(metric) ? "" : metric.statistic))) return undefined;
  if (measured.length === 0 && missing === "missing") return { value: "INSUFFICIENT_DATA", reason: insufficient(evaluationPeriods), datapoints: newest.slice(0, evaluationPeriods) };
  if (measured.length === 0 && missing === "ignore") return undefined;
  if (breaching.length >= datapointsToAlarm) return become("ALARM");
  if (filled === 0) return become("OK");
  if (missing === "breaching") return become(breaching.length + filled >= datapointsToAlarm ? "ALARM" : "OK", filled);
  if (missing === "notBreaching") return become("OK", filled);
  if (breaching.length < measured.length) return become("OK");
  // All that is there breaches, and is too little. Where the oldest of it is as old as the alarm asks for, that is enough.
  const oldestAge = newest.findLastIndex((period, age) => age < evaluationPeriods && period.value !== undefined) + 1;
  return missing === "missing" && oldestAge >= datapointsToAlarm ? become("ALARM") : undefined;
};
