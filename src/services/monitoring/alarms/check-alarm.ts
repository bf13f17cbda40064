import type { MetricDataQuery, PutMetricAlarmInput } from "@aws-sdk/client-cloudwatch";
import { ALARM_LONG_SPAN_SECONDS_MAX, ALARM_QUERIES_MAX, ALARM_SPAN_SECONDS_MAX } from "../../../kit/limits/metrics.ts";
import { checkAlarmQueries, isInputError } from "../check-queries.ts";
import { dimensionsOf } from "../dimensions.ts";
import { invalidCombination, notBuilt, validationError } from "../errors.ts";
import { checkExpressions } from "../math/check.ts";
import { isSearch, periodOf, readQueries } from "../math/queries.ts";
import { nodesOf } from "../math/syntax.ts";
import { isExtended, isStatistic, statisticOf } from "../statistics.ts";
import { checkAction } from "./actions.ts";
import { isMath, type AlarmConfiguration, type Comparison, type MissingData, type Place, type WatchedMath, type WatchedMetric } from "./alarm-rows.ts";
import { metricOf } from "./watched.ts";

const KNOWN = new Set([
  "AlarmName", "AlarmDescription", "ActionsEnabled", "OKActions", "AlarmActions", "InsufficientDataActions", "MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Dimensions", "Period", "Unit", "EvaluationPeriods",
  "DatapointsToAlarm", "Threshold", "ComparisonOperator", "TreatMissingData", "EvaluateLowSampleCountPercentile", "Metrics", "Tags",
]);
const COMPARISONS = new Set<string>(["GreaterThanThreshold", "GreaterThanOrEqualToThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold"]);
const MISSING = ["breaching", "notBreaching", "ignore", "missing"];
const HOUR_SECONDS = 3_600;
const INSTEAD = "watch a metric, or an expression of metric math, with a threshold that is a number";

const oneOf = (value: string | undefined, allowed: readonly string[], name: string): void => {
  if (value !== undefined && !allowed.includes(value)) throw validationError(`Option '${value}' for parameter ${name} is not supported: it is one of ${allowed.join(", ")}.`);
};

/** In AWS's words. */
const required = (given: Record<string, unknown>): void => {
  for (const [name, value] of Object.entries(given)) if (value === undefined) throw validationError(`${name} must not be null`);
};

/** The metric that the alarm names itself. */
const named = ({ MetricName, Namespace, Statistic, ExtendedStatistic, Dimensions, Period, Unit }: PutMetricAlarmInput): WatchedMetric => {
  if (Statistic !== undefined && ExtendedStatistic !== undefined) throw invalidCombination("The parameters Statistic and ExtendedStatistic are mutually exclusive and you have specified both.");
  const statistic = Statistic ?? ExtendedStatistic;
  required({ MetricName, Namespace, Period, "Statistic or ExtendedStatistic": statistic });
  if (!/^[\x00-\x7f]*$/.test(Namespace!)) throw validationError("Namespace must not contain Non-ASCII characters.");
  return { namespace: Namespace!, name: MetricName!, dimensions: dimensionsOf(Dimensions, "Dimensions"), statistic: statistic!, period: Period!, ...(Unit === undefined ? {} : { unit: Unit }) };
};

const checkCounts = (queries: readonly MetricDataQuery[]): void => {
  const expressions = queries.filter(({ Expression }) => Expression !== undefined).length;
  if (expressions > ALARM_QUERIES_MAX) throw validationError(`Too many expressions in alarm, maximum is ${ALARM_QUERIES_MAX}`);
  if (queries.length - expressions > ALARM_QUERIES_MAX) throw validationError(`Too many metrics in alarm, maximum is ${ALARM_QUERIES_MAX}`);
};

/** What `Metrics` calculates, or the one metric that they are. */
const queried = async ({ Metrics = [], ...input }: PutMetricAlarmInput): Promise<WatchedMetric | WatchedMath> => {
  const both = ["MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Dimensions", "Period", "Unit"].find((name) => input[name as keyof typeof input] !== undefined && !(name === "Dimensions" && input.Dimensions?.length === 0));
  if (both !== undefined) throw validationError(`${both} should not be set if list of Metrics is set.`);
  checkCounts(Metrics);
  for (const { Expression, MetricStat } of Metrics) {
    if (Expression === undefined && MetricStat === undefined) throw validationError("Period must not be null");
    if (MetricStat === undefined) continue;
    if (!isStatistic(MetricStat.Stat!)) throw validationError("Invalid metrics list");
    checkAlarmPeriod(MetricStat.Period!);
  }
  checkAlarmQueries(Metrics);
  const queries = Metrics.map((query) => ({ ...query, ReturnData: query.ReturnData ?? true }));
  const returned = queries.filter(({ ReturnData }) => ReturnData);
  const [watched] = returned;
  if (watched === undefined || returned.length > 1) throw validationError("Exactly one element of the metrics list should return data.");
  if (queries.length === 1 && watched.MetricStat !== undefined) return metricOf(watched);
  const read = readQueries(queries);
  for (const { expression } of read.values()) {
    for (const node of expression === undefined ? [] : nodesOf(expression)) if (isSearch(node)) throw validationError("SEARCH is not supported on Metric Alarms.");
  }
  const evaluate = await checkExpressions(read);
  if (Array.isArray(await evaluate(watched.Id!))) throw validationError("Metrics expression that return multi time series are only allowed for MetricsInsights expression with an ORDER BY clause");
  const periodMs = watched.MetricStat === undefined ? periodOf(watched, read) : watched.MetricStat.Period! * 1_000;
  if (periodMs === undefined) throw validationError("Period must not be null");
  return { queries, period: periodMs / 1_000 };
};

/** Those of metrics may be finer. */
const checkAlarmPeriod = (seconds: number): void => {
  if (![10, 20, 30].includes(seconds) && (seconds < 60 || seconds % 60 !== 0)) throw validationError("Period must be 10, 20, 30 or a multiple of 60");
};

/** Throws what is wrong with an alarm, or the name of what is not built. */
export const readAlarm = async (input: PutMetricAlarmInput, place: Place): Promise<AlarmConfiguration> => {
  try {
    return await read(input, place);
  } catch (error) {
    throw isInputError(error) ? validationError(error.message) : error;
  }
};

const read = async (input: PutMetricAlarmInput, place: Place): Promise<AlarmConfiguration> => {
  const unknown = Object.entries(input).find(([name, value]) => !KNOWN.has(name) && value !== undefined);
  if (unknown !== undefined) throw notBuilt(`${unknown[0]} of PutMetricAlarm`, INSTEAD);
  required({ ComparisonOperator: input.ComparisonOperator });
  if (!COMPARISONS.has(input.ComparisonOperator!)) throw notBuilt(`An alarm of anomalies (${input.ComparisonOperator})`, INSTEAD);
  const metric = input.Metrics === undefined || input.Metrics.length === 0 ? named(input) : await queried(input);
  checkAlarmPeriod(metric.period);
  if (!isMath(metric)) statisticOf(metric.statistic, isExtended(metric.statistic) ? "ExtendedStatistic" : "Statistic");
  const { EvaluationPeriods, DatapointsToAlarm, Threshold, TreatMissingData, EvaluateLowSampleCountPercentile } = input;
  required({ EvaluationPeriods });
  if (Threshold === undefined) throw validationError("PutMetricAlarm request should have valid Threshold parameter");
  if (DatapointsToAlarm !== undefined && DatapointsToAlarm > EvaluationPeriods!) throw validationError("DatapointsToAlarm must be less than or equal to EvaluationPeriods");
  const most = metric.period < HOUR_SECONDS ? ALARM_SPAN_SECONDS_MAX : ALARM_LONG_SPAN_SECONDS_MAX;
  if (EvaluationPeriods! * metric.period > most) throw validationError(`Metrics cannot be checked across more than ${most === ALARM_SPAN_SECONDS_MAX ? `a day (EvaluationPeriods * Period must be <= ${most}).` : `a week (EvaluationPeriods * Period must be <= ${most}) for alarms using period >= ${HOUR_SECONDS}`}`);
  oneOf(TreatMissingData, MISSING, "TreatMissingData");
  oneOf(EvaluateLowSampleCountPercentile, ["evaluate", "ignore"], "EvaluateLowSampleCountPercentile");
  if (EvaluateLowSampleCountPercentile !== undefined && isMath(metric)) throw validationError("EvaluateLowSampleCountPercentile is for alarms of percentiles.");
  if (EvaluateLowSampleCountPercentile !== undefined && !isMath(metric) && !metric.statistic.startsWith("p")) {
    throw validationError(`Option evaluateLowSampleCountPercentile can not be applied with statistic ${metric.statistic}. This option is enabled only for percentile statistics.`);
  }
  const actions = { okActions: input.OKActions ?? [], alarmActions: input.AlarmActions ?? [], insufficientDataActions: input.InsufficientDataActions ?? [] };
  for (const action of Object.values(actions).flat()) checkAction(action, place);
  return {
    ...(input.AlarmDescription === undefined ? {} : { description: input.AlarmDescription }),
    actionsEnabled: input.ActionsEnabled ?? true, ...actions, metric, evaluationPeriods: EvaluationPeriods!, threshold: Threshold!, comparison: input.ComparisonOperator as Comparison,
    ...(DatapointsToAlarm === undefined ? {} : { datapointsToAlarm: DatapointsToAlarm }),
    ...(TreatMissingData === undefined ? {} : { treatMissingData: TreatMissingData as MissingData }),
    ...(EvaluateLowSampleCountPercentile === undefined ? {} : { evaluateLowSampleCountPercentile: EvaluateLowSampleCountPercentile as "evaluate" | "ignore" }),
  };
};
