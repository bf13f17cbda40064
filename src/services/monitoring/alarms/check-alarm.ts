import type { PutMetricAlarmInput } from "@aws-sdk/client-cloudwatch";
import { ALARM_LONG_SPAN_SECONDS_MAX, ALARM_SPAN_SECONDS_MAX } from "../../../kit/limits/metrics.ts";
import { dimensionsOf } from "../dimensions.ts";
import { invalidCombination, missingParameter, notBuilt, validationError } from "../errors.ts";
import { checkPeriod, statisticOf } from "../statistics.ts";
import { checkAction } from "./actions.ts";
import type { AlarmConfiguration, Comparison, MissingData, Place, WatchedMetric } from "./alarm-rows.ts";

const KNOWN = new Set([
  "AlarmName", "AlarmDescription", "ActionsEnabled", "OKActions", "AlarmActions", "InsufficientDataActions", "MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Dimensions", "Period", "Unit", "EvaluationPeriods",
  "DatapointsToAlarm", "Threshold", "ComparisonOperator", "TreatMissingData", "EvaluateLowSampleCountPercentile", "Metrics", "Tags",
]);
const COMPARISONS = new Set<string>(["GreaterThanThreshold", "GreaterThanOrEqualToThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold"]);
const MISSING = ["breaching", "notBreaching", "ignore", "missing"];
const HOUR_SECONDS = 3_600;
const INSTEAD = "watch one metric, with a threshold that is a number";

const oneOf = (value: string | undefined, allowed: readonly string[], name: string): void => {
  if (value !== undefined && !allowed.includes(value)) throw validationError(`Option '${value}' for parameter ${name} is not supported: it is one of ${allowed.join(", ")}.`);
};

/** The metric that the alarm names itself. */
const named = ({ MetricName, Namespace, Statistic, ExtendedStatistic, Dimensions, Period, Unit }: PutMetricAlarmInput): WatchedMetric => {
  if (Statistic !== undefined && ExtendedStatistic !== undefined) throw invalidCombination("The parameters Statistic and ExtendedStatistic are mutually exclusive and you have specified both.");
  const statistic = Statistic ?? ExtendedStatistic;
  for (const [name, value] of Object.entries({ MetricName, Namespace, Period, "Statistic or ExtendedStatistic": statistic })) if (value === undefined) throw missingParameter(`The parameter ${name} is required.`);
  return { namespace: Namespace!, name: MetricName!, dimensions: dimensionsOf(Dimensions, "Dimensions"), statistic: statistic!, period: Period!, ...(Unit === undefined ? {} : { unit: Unit }) };
};

/** The metric of `Metrics`, where that is one, and no expression. */
const queried = ({ Metrics = [], ...input }: PutMetricAlarmInput): WatchedMetric => {
  const both = ["MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Dimensions", "Period", "Unit"].find((name) => input[name as keyof typeof input] !== undefined && !(name === "Dimensions" && input.Dimensions?.length === 0));
  if (both !== undefined) throw invalidCombination(`The parameters Metrics and ${both} are mutually exclusive and you have specified both.`);
  const expression = Metrics.find(({ Expression }) => Expression !== undefined);
  if (expression !== undefined) throw notBuilt(`An alarm of metric math (Expression of ${expression.Id})`, INSTEAD);
  const [only] = Metrics;
  if (Metrics.length !== 1) throw notBuilt("An alarm of several metrics", INSTEAD);
  if (only!.AccountId !== undefined) throw notBuilt(`AccountId of ${only!.Id}`, "accounts do not observe each other here; put the alarm into that account");
  if (only!.MetricStat === undefined) throw missingParameter("The parameter Metrics.member.1.MetricStat is required.");
  const { Metric, Period, Stat, Unit } = only!.MetricStat;
  return {
    namespace: Metric!.Namespace!, name: Metric!.MetricName!, dimensions: dimensionsOf(Metric!.Dimensions, "Metrics.member.1.MetricStat.Metric.Dimensions"), statistic: Stat!, period: Period!,
    ...(Unit === undefined ? {} : { unit: Unit }), query: { id: only!.Id!, ...(only!.Label === undefined ? {} : { label: only!.Label }) },
  };
};

/** Throws what is wrong with an alarm, or the name of what is not built. */
export const readAlarm = (input: PutMetricAlarmInput, place: Place): AlarmConfiguration => {
  const unknown = Object.entries(input).find(([name, value]) => !KNOWN.has(name) && value !== undefined);
  if (unknown !== undefined) throw notBuilt(`${unknown[0]} of PutMetricAlarm`, INSTEAD);
  if (!COMPARISONS.has(input.ComparisonOperator!)) throw notBuilt(`An alarm of anomalies (${input.ComparisonOperator})`, INSTEAD);
  const metric = input.Metrics === undefined || input.Metrics.length === 0 ? named(input) : queried(input);
  checkPeriod(metric.period, "Period");
  if (metric.period < 10 || metric.period === 20) oneOf(String(metric.period), ["10", "30", "a multiple of 60"], "Period");
  statisticOf(metric.statistic, "Statistic");
  const { EvaluationPeriods, DatapointsToAlarm, Threshold, TreatMissingData, EvaluateLowSampleCountPercentile } = input;
  if (EvaluationPeriods === undefined) throw missingParameter("The parameter EvaluationPeriods is required.");
  if (Threshold === undefined) throw missingParameter("The parameter Threshold is required.");
  if (DatapointsToAlarm !== undefined && DatapointsToAlarm > EvaluationPeriods) throw validationError("DatapointsToAlarm must be less than or equal to EvaluationPeriods.");
  const most = metric.period < HOUR_SECONDS ? ALARM_SPAN_SECONDS_MAX : ALARM_LONG_SPAN_SECONDS_MAX;
  if (EvaluationPeriods * metric.period > most) throw validationError(`Metrics cannot be checked across more than ${most === ALARM_SPAN_SECONDS_MAX ? "a day" : "seven days"} (EvaluationPeriods * Period must be <= ${most}).`);
  oneOf(TreatMissingData, MISSING, "TreatMissingData");
  oneOf(EvaluateLowSampleCountPercentile, ["evaluate", "ignore"], "EvaluateLowSampleCountPercentile");
  if (EvaluateLowSampleCountPercentile !== undefined && !metric.statistic.startsWith("p")) throw validationError("EvaluateLowSampleCountPercentile is for alarms of percentiles.");
  const actions = { okActions: input.OKActions ?? [], alarmActions: input.AlarmActions ?? [], insufficientDataActions: input.InsufficientDataActions ?? [] };
  for (const action of Object.values(actions).flat()) checkAction(action, place);
  return {
    ...(input.AlarmDescription === undefined ? {} : { description: input.AlarmDescription }),
    actionsEnabled: input.ActionsEnabled ?? true, ...actions, metric, evaluationPeriods: EvaluationPeriods, threshold: Threshold, comparison: input.ComparisonOperator as Comparison,
    ...(DatapointsToAlarm === undefined ? {} : { datapointsToAlarm: DatapointsToAlarm }),
    ...(TreatMissingData === undefined ? {} : { treatMissingData: TreatMissingData as MissingData }),
    ...(EvaluateLowSampleCountPercentile === undefined ? {} : { evaluateLowSampleCountPercentile: EvaluateLowSampleCountPercentile as "evaluate" | "ignore" }),
  };
};
