import type { Datapoint } from "@aws-sdk/client-cloudwatch";
import { METRIC_STATISTICS_POINTS_MAX } from "../../kit/limits/metrics.ts";
import { dimensionsOf } from "./dimensions.ts";
import { invalidCombination, invalidValue, missingParameter } from "./errors.ts";
import type { MonitoringHandlers, Needs } from "./needs.ts";
import { readPeriodsByUnit } from "./read-periods.ts";
import { checkPeriod, checkTimes, roundedStart, statisticOf } from "./statistics.ts";

const PLAIN = ["SampleCount", "Average", "Sum", "Minimum", "Maximum"];

export const getMetricStatisticsHandlers = ({ store, metrics, clock }: Needs) =>
  ({
    /** A point for each unit of each period. */
    async GetMetricStatistics({ Namespace, MetricName, Dimensions, StartTime, EndTime, Period, Statistics, ExtendedStatistics, Unit }, { account, region }) {
      if ((Statistics ?? []).length === 0 && (ExtendedStatistics ?? []).length === 0) throw missingParameter("The parameter Statistics or ExtendedStatistics must be specified.");
      if ((ExtendedStatistics ?? []).length > 0 && (Statistics ?? []).length > 0) throw invalidCombination("The parameters Statistics and ExtendedStatistics are mutually exclusive and you have specified both.");
      const other = (Statistics ?? []).findIndex((name) => !PLAIN.includes(name));
      if (other >= 0) throw invalidValue(`The parameter Statistics.member.${other + 1}.<list element> must be a value in the set [${PLAIN.join(", ")}].`);
      const dimensions = dimensionsOf(Dimensions, "Dimensions");
      const periodMs = checkPeriod(Period!, "Period");
      const plain = (Statistics ?? []).map((name) => [name, statisticOf(name, "Statistics")] as const);
      const extended = (ExtendedStatistics ?? []).map((name) => [name, statisticOf(name, "ExtendedStatistics")] as const);
      const to = EndTime!.getTime();
      checkTimes(StartTime!.getTime(), to);
      const from = roundedStart(StartTime!.getTime(), periodMs, clock.now());
      const most = Math.ceil((to - from) / periodMs);
      if (most > METRIC_STATISTICS_POINTS_MAX) {
        throw invalidCombination(`You have requested up to ${most} datapoints, which exceeds the limit of ${METRIC_STATISTICS_POINTS_MAX}. You may reduce the datapoints requested by increasing Period, or decreasing the time range.`);
      }
      await metrics.flush();
      const metric = { account, region, namespace: Namespace!, name: MetricName!, dimensions };
      const units = await readPeriodsByUnit(store, metric, { unit: Unit, from, to, periodMs, withSpread: extended.length > 0 });
      const Datapoints = [...units].flatMap(([unit, periods]) =>
        periods.map(({ at, datum }): Datapoint => {
          const known = extended.map(([name, statistic]) => [name, statistic.of(datum)] as const).filter(([, value]) => value !== undefined);
          return {
            Timestamp: new Date(at),
            Unit: unit as NonNullable<Datapoint["Unit"]>,
            ...Object.fromEntries(plain.map(([name, statistic]) => [name, statistic.of(datum)])),
            ...(known.length === 0 ? {} : { ExtendedStatistics: Object.fromEntries(known) as Record<string, number> }),
          };
        }),
      );
      return { Label: MetricName, Datapoints };
    },
  }) satisfies MonitoringHandlers;
