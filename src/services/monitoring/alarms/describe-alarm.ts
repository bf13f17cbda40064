import type { MetricAlarm, Statistic } from "@aws-sdk/client-cloudwatch";
import { isExtended } from "../statistics.ts";
import { alarmArn, isMath, type Alarm, type WatchedMath, type WatchedMetric } from "./alarm-rows.ts";

type Described = Pick<MetricAlarm, "MetricName" | "Namespace" | "Statistic" | "ExtendedStatistic" | "Dimensions" | "Period" | "Unit" | "Metrics">;

const dimensionList = ({ dimensions }: WatchedMetric) => Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));

const describeMetric = (metric: WatchedMetric | WatchedMath): Described => {
  if (isMath(metric)) return { Dimensions: [], Metrics: metric.queries };
  const { namespace, name, statistic, period, unit, query } = metric;
  const Unit = unit === undefined ? {} : { Unit: unit as NonNullable<MetricAlarm["Unit"]> };
  if (query !== undefined) {
    const MetricStat = { Metric: { Namespace: namespace, MetricName: name, Dimensions: dimensionList(metric) }, Period: period, Stat: statistic, ...Unit };
    return { Dimensions: [], Metrics: [{ Id: query.id, MetricStat, ...(query.label === undefined ? {} : { Label: query.label }), ReturnData: true }] };
  }
  const own = isExtended(statistic) ? { ExtendedStatistic: statistic } : { Statistic: statistic as Statistic };
  return { MetricName: name, Namespace: namespace, ...own, Dimensions: dimensionList(metric), Period: period, ...Unit };
};

/** As DescribeAlarms tells it. */
export const describeAlarm = (alarm: Alarm): MetricAlarm => {
  const { name, configuration, configuredAt, state } = alarm;
  const { description, datapointsToAlarm, treatMissingData, evaluateLowSampleCountPercentile } = configuration;
  return {
    AlarmName: name,
    AlarmArn: alarmArn(alarm, name),
    ...(description === undefined ? {} : { AlarmDescription: description }),
    AlarmConfigurationUpdatedTimestamp: new Date(configuredAt),
    ActionsEnabled: configuration.actionsEnabled,
    OKActions: configuration.okActions,
    AlarmActions: configuration.alarmActions,
    InsufficientDataActions: configuration.insufficientDataActions,
    StateValue: state.value,
    StateReason: state.reason,
    ...(state.reasonData === undefined ? {} : { StateReasonData: state.reasonData }),
    StateUpdatedTimestamp: new Date(state.updatedAt),
    StateTransitionedTimestamp: new Date(state.transitionedAt),
    ...describeMetric(configuration.metric),
    EvaluationPeriods: configuration.evaluationPeriods,
    ...(datapointsToAlarm === undefined ? {} : { DatapointsToAlarm: datapointsToAlarm }),
    Threshold: configuration.threshold,
    ComparisonOperator: configuration.comparison,
    ...(treatMissingData === undefined ? {} : { TreatMissingData: treatMissingData }),
    ...(evaluateLowSampleCountPercentile === undefined ? {} : { EvaluateLowSampleCountPercentile: evaluateLowSampleCountPercentile }),
  };
};
