import type { MetricDataQuery, MetricDataResult } from "@aws-sdk/client-cloudwatch";
import { METRIC_DATA_POINTS_MAX, METRIC_DATA_QUERIES_MAX } from "../../kit/limits/metrics.ts";
import { readPoints } from "../../plumber/metrics/points.ts";
import type { RequestContext } from "../service.ts";
import { dimensionsOf } from "./dimensions.ts";
import { invalidValue, missingParameter, notBuilt } from "./errors.ts";
import type { MonitoringHandlers, Needs } from "./needs.ts";
import { byPeriod, checkPeriod, roundedStart, statisticOf } from "./statistics.ts";
import { readToken, writeToken } from "./tokens.ts";

const ID = /^[a-z][a-zA-Z0-9_]*$/;

/** Throws what is wrong with one of them, or the name of what is not built. */
const checkQueries = (queries: readonly MetricDataQuery[]): void => {
  if (queries.length > METRIC_DATA_QUERIES_MAX) throw invalidValue(`The collection MetricDataQueries must not have a size greater than ${METRIC_DATA_QUERIES_MAX}.`);
  const ids = new Set<string>();
  for (const [index, { Id, Expression, MetricStat, AccountId }] of queries.entries()) {
    const where = `MetricDataQueries.member.${index + 1}`;
    if (!ID.test(Id!)) throw invalidValue(`The value ${Id} for parameter ${where}.Id is not matching the expected pattern ${ID.source}.`);
    if (ids.has(Id!)) throw invalidValue(`The values for parameter id in MetricDataQueries are not unique.`);
    ids.add(Id!);
    if (Expression !== undefined) throw notBuilt(`Metric math (Expression of ${Id})`, "ask for each metric by MetricStat and calculate with the answers");
    if (AccountId !== undefined) throw notBuilt(`AccountId of ${Id}`, "accounts do not observe each other here; ask in that account");
    if (MetricStat === undefined) throw missingParameter(`The parameter ${where}.MetricStat is required.`);
  }
};

export const getMetricDataHandlers = ({ store, metrics, clock }: Needs) => {
  const evaluate = async ({ Id, Label, MetricStat }: MetricDataQuery, index: number, range: { start: number; to: number }, { account, region }: RequestContext): Promise<MetricDataResult> => {
    const where = `MetricDataQueries.member.${index + 1}.MetricStat`;
    const { Metric, Period, Stat, Unit } = MetricStat!;
    const periodMs = checkPeriod(Period!, `${where}.Period`);
    const statistic = statisticOf(Stat!, `${where}.Stat`);
    const from = roundedStart(range.start, periodMs, clock.now());
    const metric = { account, region, namespace: Metric!.Namespace!, name: Metric!.MetricName!, dimensions: dimensionsOf(Metric!.Dimensions, `${where}.Metric.Dimensions`) };
    const points = await store.run(() => readPoints(metric, { unit: Unit, from, to: range.to }));
    const known = byPeriod(points, from, periodMs).flatMap(({ at, datum }) => {
      const value = statistic(datum);
      return value === undefined ? [] : [{ at, value }];
    });
    return { Id, Label: Label ?? Metric!.MetricName, Timestamps: known.map(({ at }) => new Date(at)), Values: known.map(({ value }) => value), StatusCode: "Complete" };
  };

  return {
    /** Newest first unless it is asked for otherwise. Points beyond the most are for the next page: it goes on with the query, and the point, that was next. */
    async GetMetricData({ MetricDataQueries, StartTime, EndTime, ScanBy, NextToken, MaxDatapoints = METRIC_DATA_POINTS_MAX }, context) {
      checkQueries(MetricDataQueries!);
      const range = { start: StartTime!.getTime(), to: EndTime!.getTime() };
      if (range.start >= range.to) throw invalidValue("The parameter StartTime must be less than the parameter EndTime.");
      if (MaxDatapoints < 1 || MaxDatapoints > METRIC_DATA_POINTS_MAX) throw invalidValue(`The value ${MaxDatapoints} for parameter MaxDatapoints is invalid: it is from 1 to ${METRIC_DATA_POINTS_MAX}.`);
      await metrics.flush();
      // How many points were on the pages before.
      const skipped = readToken("points", NextToken);
      const results: MetricDataResult[] = [];
      let [before, room] = [skipped, MaxDatapoints];
      let isMore = false;
      for (const [index, query] of MetricDataQueries!.entries()) {
        const result = await evaluate(query, index, range, context);
        if (query.ReturnData === false) continue;
        const all = result.Timestamps!.map((at, i) => [at, result.Values![i]!] as const);
        if (ScanBy !== "TimestampAscending") all.reverse();
        const rest = all.slice(before);
        before = Math.max(0, before - all.length);
        const page = rest.slice(0, room);
        room -= page.length;
        const isPartial = page.length < rest.length;
        isMore ||= isPartial;
        results.push({ ...result, Timestamps: page.map(([at]) => at), Values: page.map(([, value]) => value), StatusCode: isPartial ? "PartialData" : "Complete" });
      }
      return { MetricDataResults: results, Messages: [], ...(isMore ? { NextToken: writeToken("points", skipped + MaxDatapoints) } : {}) };
    },
  } satisfies MonitoringHandlers;
};
