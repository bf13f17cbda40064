import type { MetricDatum } from "@aws-sdk/client-cloudwatch";
import { METRIC_AHEAD_MS_MAX, METRIC_BEHIND_MS_MAX, METRIC_DATA_MAX, METRIC_VALUES_MAX } from "../../kit/limits/metrics.ts";
import { addValue, noData, type Datum } from "../../plumber/metrics/datum.ts";
import { minuteOf } from "../../plumber/metrics/metrics.ts";
import { writePoints, type Point } from "../../plumber/metrics/points.ts";
import type { RequestContext } from "../service.ts";
import { dimensionsOf } from "./dimensions.ts";
import { invalidCombination, invalidValue, missingParameter, notBuilt } from "./errors.ts";
import type { MonitoringHandlers, Needs } from "./needs.ts";

const SECOND_MS = 1_000;
/** CloudWatch keeps numbers between -2^360 and 2^360. */
const LARGEST = 2 ** 360;

const checkNumber = (value: number, where: string): number => {
  if (!Number.isFinite(value) || Math.abs(value) > LARGEST) throw invalidValue(`The value ${value} for parameter ${where} is invalid.`);
  return value;
};

/** One value, many values with how often each came, or what others made of theirs: one of the three. */
const readDatum = ({ Value, Values, Counts, StatisticValues }: MetricDatum, where: string): Datum => {
  const given = Object.entries({ Value, Values, StatisticValues }).filter(([, value]) => value !== undefined).map(([name]) => name);
  if (given.length > 1) throw invalidCombination(`The parameters ${where}.${given[0]} and ${where}.${given[1]} are mutually exclusive and you have specified both.`);
  const datum = noData();
  if (StatisticValues !== undefined) {
    const { SampleCount, Sum, Minimum, Maximum } = StatisticValues;
    const number = (value: number | undefined, name: string) => checkNumber(value!, `${where}.StatisticValues.${name}`);
    const [count, sum, minimum, maximum] = [number(SampleCount, "SampleCount"), number(Sum, "Sum"), number(Minimum, "Minimum"), number(Maximum, "Maximum")];
    if (count < 0) throw invalidValue(`The value ${count} for parameter ${where}.StatisticValues.SampleCount is invalid.`);
    if (minimum > maximum) throw invalidValue(`The parameter ${where}.StatisticValues.Maximum must be greater than or equal to the parameter ${where}.StatisticValues.Minimum.`);
    // What is all the same, or one, is known in full.
    if (minimum !== maximum) return { count, sum, minimum, maximum, spread: undefined };
    addValue(datum, minimum, count);
    return { ...datum, sum };
  }
  if (Value !== undefined) {
    addValue(datum, checkNumber(Value, `${where}.Value`), 1);
    return datum;
  }
  if (Values === undefined || Values.length === 0) throw invalidCombination(`At least one of the parameters ${where}.Value, ${where}.Values and ${where}.StatisticValues must be specified.`);
  if (Values.length > METRIC_VALUES_MAX) throw invalidValue(`The collection ${where}.Values must not have a size greater than ${METRIC_VALUES_MAX}.`);
  if (Counts !== undefined && Counts.length !== Values.length) throw invalidValue(`The parameters ${where}.Values and ${where}.Counts must be of the same size.`);
  for (const [index, value] of Values.entries()) {
    const times = checkNumber(Counts?.[index] ?? 1, `${where}.Counts.member.${index + 1}`);
    if (times < 0) throw invalidValue(`The value ${times} for parameter ${where}.Counts.member.${index + 1} is invalid.`);
    if (times > 0) addValue(datum, checkNumber(value, `${where}.Values.member.${index + 1}`), times);
  }
  return datum;
};

const timeOf = ({ Timestamp, StorageResolution = 60 }: MetricDatum, now: number, where: string): number => {
  if (StorageResolution !== 1 && StorageResolution !== 60) throw invalidValue(`The parameter ${where}.StorageResolution must be a value in the set [ 1, 60 ].`);
  const at = Timestamp?.getTime() ?? now;
  if (at < now - METRIC_BEHIND_MS_MAX) throw invalidValue(`The parameter ${where}.Timestamp must specify a time within the past two weeks.`);
  if (at > now + METRIC_AHEAD_MS_MAX) throw invalidValue(`The parameter ${where}.Timestamp must specify a time no more than two hours in the future.`);
  return StorageResolution === 1 ? at - (at % SECOND_MS) : minuteOf(at);
};

export const putMetricDataHandlers = ({ store, clock }: Needs) =>
  ({
    async PutMetricData({ Namespace, MetricData, EntityMetricData }, context: RequestContext) {
      if (EntityMetricData !== undefined) throw notBuilt("EntityMetricData of PutMetricData", "put the same data in MetricData");
      if (Namespace!.startsWith("AWS/")) throw invalidValue("The value AWS/ for parameter Namespace is invalid.");
      if (MetricData === undefined || MetricData.length === 0) throw missingParameter("The parameter MetricData is required.");
      if (MetricData.length > METRIC_DATA_MAX) throw invalidValue(`The collection MetricData must not have a size greater than ${METRIC_DATA_MAX}.`);
      const now = clock.now();
      const points = MetricData.map((given, index): Point => {
        const where = `MetricData.member.${index + 1}`;
        const { account, region } = context;
        const metric = { account, region, namespace: Namespace!, name: given.MetricName!, dimensions: dimensionsOf(given.Dimensions, `${where}.Dimensions`), unit: given.Unit ?? "None" };
        return { metric, at: timeOf(given, now, where), datum: readDatum(given, where) };
      });
      await store.run(() => writePoints(points.filter(({ datum }) => datum.count > 0)));
      return {};
    },
  }) satisfies MonitoringHandlers;
