import type { MessageData, MetricDataQuery, MetricDataResult } from "@aws-sdk/client-cloudwatch";
import { METRIC_DATA_POINTS_MAX, METRIC_MATH_WORK_MAX, METRIC_SEARCH_MAX } from "../../kit/limits/metrics.ts";
import { checkDataInput } from "./check-queries.ts";
import { hasLabel, labelOf } from "./labels.ts";
import { checkExpressions } from "./math/check.ts";
import { createEvaluator } from "./math/evaluator.ts";
import { readQueries } from "./math/queries.ts";
import { createSource } from "./math/source.ts";
import type { Series } from "./math/values.ts";
import type { MonitoringHandlers, Needs } from "./needs.ts";
import { roundedStart } from "./statistics.ts";
import { readPlaceToken, writePlaceToken } from "./tokens.ts";

/** Of a query that is one series its own label; of one that is many, with what each is called ("Using math expressions with CloudWatch metrics"). */
const labelled = ({ Id, Label, Expression }: MetricDataQuery, series: Series, isOneOfMany: boolean): string => {
  if (!isOneOfMany) return Label === undefined ? (Expression === undefined ? series.label : Id!) : labelOf(Label, { ...series, label: Expression === undefined ? series.label : Id! });
  if (Label === undefined || Label === "") return series.label;
  const text = labelOf(Label, series);
  return hasLabel(Label) ? text : `${text} ${series.label}`;
};

export const getMetricDataHandlers = ({ store, metrics, clock }: Needs) =>
  ({
    /** Newest first unless it is asked for otherwise. Points beyond the most are for the next page: it goes on with the query, its series and the point that was next. */
    async GetMetricData(input, { account, region }) {
      checkDataInput(input);
      const { MetricDataQueries, StartTime, EndTime, ScanBy, NextToken, MaxDatapoints = METRIC_DATA_POINTS_MAX } = input;
      const [from, to] = [StartTime!.getTime(), EndTime!.getTime()];
      const start = readPlaceToken(NextToken);
      const queries = readQueries(MetricDataQueries!);
      await checkExpressions(queries);
      await metrics.flush();
      const Messages: MessageData[] = [];
      const tooMany = () => void Messages.push({ Code: "MaxMetricsExceeded", Value: `The maximum number of allowed metrics, ${METRIC_SEARCH_MAX}, has been exceeded` });
      const now = clock.now();
      const startOf = (periodMs: number) => roundedStart(from, periodMs, now);
      const evaluate = createEvaluator(queries, createSource(store, { account, region, startOf, to, now, workMax: METRIC_MATH_WORK_MAX, tooMany }));

      const results: MetricDataResult[] = [];
      let room = MaxDatapoints;
      let next: [query: number, series: number, point: number] | undefined;
      for (const [index, query] of MetricDataQueries!.entries()) {
        if (query.ReturnData === false || index < start[0]) continue;
        if (next !== undefined) {
          results.push({ Id: query.Id, Label: query.Label ?? query.MetricStat?.Metric?.MetricName ?? query.Id, Timestamps: [], Values: [], StatusCode: "PartialData" });
          continue;
        }
        const value = await evaluate(query.Id!);
        for (const [place, series] of [value].flat().entries()) {
          const skipped = index === start[0] && place === start[1] ? start[2] : 0;
          if (next !== undefined || (index === start[0] && place < start[1])) continue;
          const order = ScanBy === "TimestampAscending" ? <T>(all: readonly T[]) => all : <T>(all: readonly T[]) => all.toReversed();
          const [times, values] = [order(series.times).slice(skipped, skipped + room), order(series.values).slice(skipped, skipped + room)];
          room -= times.length;
          const isPartial = skipped + times.length < series.times.length;
          if (isPartial) next = [index, place, skipped + times.length];
          results.push({ Id: query.Id, Label: labelled(query, series, Array.isArray(value)), Timestamps: times.map((at) => new Date(at)), Values: values, StatusCode: isPartial ? "PartialData" : "Complete" });
        }
      }
      return { MetricDataResults: results, Messages, ...(next === undefined ? {} : { NextToken: writePlaceToken(next) }) };
    },
  }) satisfies MonitoringHandlers;
