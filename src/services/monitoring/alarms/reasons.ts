import { isMath, type Alarm, type Comparison, type MissingData } from "./alarm-rows.ts";
import type { Datapoint, Evaluated } from "./evaluate.ts";

/** As CloudWatch writes numbers: `50.0`, `1.0E7`. */
export const asDouble = (value: number): string => {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e7 || size < 1e-3)) {
    const [digits, exponent] = value.toExponential().split("e");
    return `${digits!.includes(".") ? digits : `${digits}.0`}E${Number(exponent)}`;
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
};

/** `2019-10-02T17:04:40.985+0000` */
export const asTime = (at: number): string => new Date(at).toISOString().replace("Z", "+0000");

/** `(02/10/19 16:59:00)` */
const asMoment = (at: number): string => {
  const [, century, month, day, time] = /^\d\d(\d\d)-(\d\d)-(\d\d)T(\d\d:\d\d:\d\d)/.exec(new Date(at).toISOString())!;
  return `(${day}/${month}/${century} ${time})`;
};

const WORDS: Record<Comparison, string> = {
  GreaterThanThreshold: "greater than",
  GreaterThanOrEqualToThreshold: "greater than or equal to",
  LessThanThreshold: "less than",
  LessThanOrEqualToThreshold: "less than or equal to",
};

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

const wasOrWere = (count: number): string => (count === 1 ? "was" : "were");

/** As many as a message lists. */
const LISTED_MAX = 5;

const list = (datapoints: readonly Datapoint[]): string => `[${datapoints.slice(0, LISTED_MAX).map(({ at, value }) => `${asDouble(value!)} ${asMoment(at)}`).join(", ")}]`;

export const insufficient = (periods: number): string => `Insufficient Data: ${plural(periods, "datapoint")} ${wasOrWere(periods)} unknown.`;

interface Facts {
  value: "OK" | "ALARM";
  measured: readonly Datapoint[];
  breaching: readonly Datapoint[];
  missing: MissingData;
  /** How many that were missing decided. */
  treated: number;
}

/** Why, in CloudWatch's words: of an alarm that says how many datapoints it takes, and of one that leaves it at all of them. */
export const thresholdCrossed = ({ configuration }: Alarm, { value, measured, breaching, missing, treated }: Facts): string => {
  const { evaluationPeriods, datapointsToAlarm, threshold, comparison } = configuration;
  const treatment = treated === 0 ? "" : ` and ${plural(treated, "missing datapoint")} ${wasOrWere(treated)} treated as [${missing === "breaching" ? "Breaching" : "NonBreaching"}]`;
  if (measured.length === 0) return `Threshold Crossed: no datapoints were received for ${plural(evaluationPeriods, "period")}${treatment}.`;
  const isAlarm = value === "ALARM";
  const those = isAlarm ? breaching : measured.filter((datapoint) => !breaching.includes(datapoint));
  const told = those.length === 0 ? measured : those;
  const relation = `${wasOrWere(told.length)} ${isAlarm || those.length === 0 ? "" : "not "}${WORDS[comparison]} the threshold (${asDouble(threshold)})`;
  if (datapointsToAlarm === undefined) return `Threshold Crossed: ${plural(told.length, "datapoint")} ${list(told)} ${relation}${treatment}.`;
  const least = `(minimum ${plural(isAlarm ? datapointsToAlarm : evaluationPeriods - datapointsToAlarm + 1, "datapoint")} for ${isAlarm ? "OK -> ALARM" : "ALARM -> OK"} transition)`;
  const share = `Threshold Crossed: ${told.length} out of the last ${evaluationPeriods} datapoints`;
  if (told.length === 1) return `${share} ${list(told)} ${relation}${treatment} ${least}.`;
  return `${share} ${relation}${treatment}. The most recent datapoints ${isAlarm ? "which crossed the threshold" : "which did not cross the threshold"}: ${list(told)} ${least}.`;
};

/** The `reasonData` of a state that CloudWatch found itself: JSON with its numbers as it writes them. */
export const reasonData = ({ configuration: { metric, threshold } }: Alarm, { datapoints }: Evaluated, now: number): string => {
  const measured = datapoints.filter(({ value }) => value !== undefined);
  const member = (name: string, text: string) => `"${name}":${text}`;
  const evaluated = datapoints.map(({ at, value, sampleCount }) => `{${[member("timestamp", `"${asTime(at)}"`), ...(value === undefined || sampleCount === undefined ? [] : [member("sampleCount", asDouble(sampleCount))]), ...(value === undefined ? [] : [member("value", asDouble(value))])].join(",")}}`);
  const oldest = measured.at(-1);
  return `{${[
    member("version", '"1.0"'), member("queryDate", `"${asTime(now)}"`), ...(oldest === undefined ? [] : [member("startDate", `"${asTime(oldest.at)}"`)]), ...(isMath(metric) ? [] : [...(metric.unit === undefined ? [] : [member("unit", JSON.stringify(metric.unit))]), member("statistic", JSON.stringify(metric.statistic))]),
    member("period", String(metric.period)), member("recentDatapoints", `[${measured.toReversed().map(({ value }) => asDouble(value!)).join(",")}]`),
    member("threshold", asDouble(threshold)), member("evaluatedDatapoints", `[${evaluated.join(",")}]`),
  ].join(",")}}`;
};
