import type { MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import { dimensionsOf } from "../dimensions.ts";
import { isMath, type WatchedMath, type WatchedMetric } from "./alarm-rows.ts";

/** Of a query that has a MetricStat. */
export const metricOf = ({ Id, Label, MetricStat }: MetricDataQuery): WatchedMetric => {
  const { Metric, Period, Stat, Unit } = MetricStat!;
  return {
    namespace: Metric!.Namespace!, name: Metric!.MetricName!, dimensions: dimensionsOf(Metric!.Dimensions, "Metric.Dimensions"), statistic: Stat!, period: Period!,
    ...(Unit === undefined ? {} : { unit: Unit }), query: { id: Id!, ...(Label === undefined ? {} : { label: Label }) },
  };
};

/** All metrics that an alarm looks at: those that it calculates with, too. */
export const watchedMetrics = (watched: WatchedMetric | WatchedMath): WatchedMetric[] => (isMath(watched) ? watched.queries.filter(({ MetricStat }) => MetricStat !== undefined).map(metricOf) : [watched]);
