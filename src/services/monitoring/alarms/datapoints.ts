import { METRIC_MATH_WORK_MAX } from "../../../kit/limits/metrics.ts";
import type { Store } from "../../../store/store.ts";
import { createEvaluator } from "../math/evaluator.ts";
import { readQueries } from "../math/queries.ts";
import { createSource } from "../math/source.ts";
import type { Series } from "../math/values.ts";
import { readPeriods } from "../read-periods.ts";
import { statisticOf } from "../statistics.ts";
import { isMath, type Alarm, type WatchedMath, type WatchedMetric } from "./alarm-rows.ts";
import { periodsOf, type Datapoint } from "./evaluate.ts";

type Known = ReadonlyMap<number, { value: number | undefined; sampleCount?: number }>;

interface Range {
  from: number;
  to: number;
}

const measured = async (history: Store, { account, region }: Alarm, { namespace, name, dimensions, statistic, period, unit }: WatchedMetric, range: Range): Promise<Known> => {
  const wanted = statisticOf(statistic, "Statistic");
  const periods = await readPeriods(history, { account, region, namespace, name, dimensions }, { unit, ...range, periodMs: period * 1_000, withSpread: wanted.withSpread });
  return new Map(periods.map(({ at, datum }) => [at, { value: wanted.of(datum), sampleCount: datum.count }]));
};

const calculated = async (history: Store, { account, region }: Alarm, { queries }: WatchedMath, { from, to }: Range): Promise<Known> => {
  const evaluate = createEvaluator(readQueries(queries), createSource(history, { account, region, startOf: () => from, to, now: to, workMax: METRIC_MATH_WORK_MAX }));
  const watched = queries.find(({ ReturnData }) => ReturnData)!;
  const { times, values } = (await evaluate(watched.Id!)) as Series;
  return new Map(times.map((at, index) => [at, { value: values[index] }]));
};

/** The periods of an alarm that end before a moment, oldest first; they need not begin with the hour. */
export const readDatapoints = async (history: Store, alarm: Alarm, to: number): Promise<Datapoint[]> => {
  const { metric } = alarm.configuration;
  const [count, periodMs] = [periodsOf(alarm), metric.period * 1_000];
  const from = to - count * periodMs;
  const known = isMath(metric) ? await calculated(history, alarm, metric, { from, to }) : await measured(history, alarm, metric, { from, to });
  return Array.from({ length: count }, (_, index) => {
    const at = from + index * periodMs;
    return { at, value: undefined, ...known.get(at) };
  });
};
