import { isExtended } from "../statistics.ts";
import { alarmArn, isMath, type Alarm, type StateOfAlarm, type WatchedMetric } from "./alarm-rows.ts";
import { asDouble, asTime } from "./reasons.ts";
import { regionName } from "./region-names.ts";
import { metricOf as watchedMetric } from "./watched.ts";

/** An alarm that has changed its state, which is in it, and what it was before. */
export interface Change {
  alarm: Alarm;
  before: StateOfAlarm;
}

const SUBJECT_CHARACTERS_MAX = 100;

const present = (members: Record<string, unknown>): Record<string, unknown> => Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));

/** Of whole numbers, too, a decimal: JSON of JavaScript has none. */
const withDoubles = (text: string, doubles: Record<string, number>): string => Object.entries(doubles).reduce((json, [name, value]) => json.replace(`"${name}":${JSON.stringify(value)}`, `"${name}":${asDouble(value)}`), text);

const metricOf = ({ namespace, name, dimensions }: WatchedMetric) => ({ namespace, name, dimensions });

const statOf = (metric: WatchedMetric) => present({ metric: metricOf(metric), period: metric.period, stat: metric.statistic, unit: metric.unit });

const stateOf = ({ value, reason, reasonData, updatedAt }: StateOfAlarm) => present({ value, reason, reasonData, timestamp: asTime(updatedAt) });

const metricsOf = ({ configuration: { metric }, metricId }: Alarm): Record<string, unknown>[] => {
  if (!isMath(metric)) return [{ id: metric.query?.id ?? metricId, metricStat: statOf(metric), returnData: true }];
  return metric.queries.map((query) => present({ id: query.Id, label: query.Label, expression: query.Expression, metricStat: query.MetricStat && statOf(watchedMetric(query)), period: query.Period, returnData: query.ReturnData }));
};

const configurationOf = (alarm: Alarm) => present({ description: alarm.configuration.description, metrics: metricsOf(alarm) });

/** The `detail` of "CloudWatch Alarm State Change" ("Alarm events and EventBridge"). */
export const eventDetail = ({ alarm, before }: Change): string =>
  JSON.stringify({ alarmName: alarm.name, configuration: configurationOf(alarm), previousState: stateOf(before), state: stateOf(alarm.state) });

/** An alarm that was put, changed or deleted. */
export interface Configured {
  operation: "create" | "update" | "delete";
  /** As it is now, or was when it was deleted. */
  alarm: Alarm;
  /** Of an update: what it was before. */
  before?: Alarm;
}

const wholeConfigurationOf = (alarm: Alarm) => {
  const { description, actionsEnabled, okActions, alarmActions, insufficientDataActions, evaluationPeriods, datapointsToAlarm, threshold, comparison, treatMissingData, evaluateLowSampleCountPercentile } = alarm.configuration;
  return present({
    evaluationPeriods, datapointsToAlarm, threshold, comparisonOperator: comparison, treatMissingData, evaluateLowSampleCountPercentile, metrics: metricsOf(alarm),
    alarmName: alarm.name, description, actionsEnabled, timestamp: asTime(alarm.configuredAt), okActions, alarmActions, insufficientDataActions,
  });
};

/** The `detail` of "CloudWatch Alarm Configuration Change" ("Alarm events and EventBridge"). */
export const configurationDetail = ({ operation, alarm, before }: Configured): string =>
  JSON.stringify(present({
    alarmName: alarm.name, operation, state: { value: alarm.state.value, timestamp: asTime(alarm.state.updatedAt) }, configuration: wholeConfigurationOf(alarm), previousConfiguration: before && wholeConfigurationOf(before),
  }));

/** What a function gets ("Invoke a Lambda function from an alarm"). */
export const functionEvent = ({ alarm, before }: Change): string =>
  JSON.stringify({
    source: "aws.cloudwatch", alarmArn: alarmArn(alarm, alarm.name), accountId: alarm.account, time: asTime(alarm.state.updatedAt), region: alarm.region,
    alarmData: { alarmName: alarm.name, state: stateOf(alarm.state), previousState: stateOf(before), configuration: configurationOf(alarm) },
  });

/** Where the statistic is one of the five, it is told in capitals. */
const statisticOf = (statistic: string): Record<string, unknown> =>
  isExtended(statistic) ? { StatisticType: "ExtendedStatistic", ExtendedStatistic: statistic } : { StatisticType: "Statistic", Statistic: statistic.replace(/(?<=[a-z])(?=[A-Z])/g, "_").toUpperCase() };

const dimensionsOf = ({ dimensions }: WatchedMetric) => Object.entries(dimensions).map(([name, value]) => ({ value, name }));

const triggerStatOf = (metric: WatchedMetric) => present({ Metric: { Dimensions: dimensionsOf(metric), MetricName: metric.name, Namespace: metric.namespace }, Period: metric.period, Stat: metric.statistic, Unit: metric.unit });

const triggerOf = ({ configuration }: Alarm): Record<string, unknown> => {
  const { metric, evaluationPeriods, datapointsToAlarm, comparison, threshold, treatMissingData = "missing", evaluateLowSampleCountPercentile = "" } = configuration;
  const rules = { EvaluationPeriods: evaluationPeriods, ...(datapointsToAlarm === undefined ? {} : { DatapointsToAlarm: datapointsToAlarm }), ComparisonOperator: comparison, Threshold: threshold, TreatMissingData: treatMissingData, EvaluateLowSampleCountPercentile: evaluateLowSampleCountPercentile };
  if (isMath(metric)) return { Period: metric.period, ...rules, Metrics: metric.queries.map((query) => present({ Expression: query.Expression, Id: query.Id, Label: query.Label, MetricStat: query.MetricStat && triggerStatOf(watchedMetric(query)), Period: query.Period, ReturnData: query.ReturnData })) };
  const Dimensions = dimensionsOf(metric);
  if (metric.query === undefined) return { MetricName: metric.name, Namespace: metric.namespace, ...statisticOf(metric.statistic), Unit: metric.unit ?? null, Dimensions, Period: metric.period, ...rules };
  const { id: Id, label: Label } = metric.query;
  return { Period: metric.period, ...rules, Metrics: [present({ Id, Label, MetricStat: triggerStatOf(metric), ReturnData: true })] };
};

/** What a topic gets. */
export const topicMessage = ({ alarm, before }: Change): { subject: string; message: string } => {
  const { name, account, region, configuredAt, configuration, state } = alarm;
  const { description, okActions, alarmActions, insufficientDataActions, threshold } = configuration;
  const subject = `${state.value}: "${name}" in ${regionName(region)}`;
  const message = JSON.stringify({
    AlarmName: name, AlarmDescription: description ?? null, AWSAccountId: account, AlarmConfigurationUpdatedTimestamp: asTime(configuredAt), NewStateValue: state.value, NewStateReason: state.reason, StateChangeTime: asTime(state.updatedAt),
    Region: regionName(region), AlarmArn: alarmArn(alarm, name), OldStateValue: before.value, OKActions: okActions, AlarmActions: alarmActions, InsufficientDataActions: insufficientDataActions, Trigger: triggerOf(alarm),
  });
  return { subject: subject.length > SUBJECT_CHARACTERS_MAX ? `${subject.slice(0, SUBJECT_CHARACTERS_MAX - 3)}...` : subject, message: withDoubles(message, { Threshold: threshold }) };
};
