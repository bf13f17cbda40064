import type { MetricDataQuery } from "@aws-sdk/client-cloudwatch";
import type { Metric } from "../../../kit/metrics.ts";
import type { Store } from "../../../store/store.ts";
import { dimensionsOf } from "../dimensions.ts";
import { readPeriods } from "../read-periods.ts";
import { checkPeriod, statisticOf } from "../statistics.ts";
import { findMetrics, labelsOf } from "./find-metrics.ts";
import type { Source } from "./evaluator.ts";
import type { Series } from "./values.ts";

interface Wanted {
  account: string;
  region: string;
  /** Milliseconds since the epoch. */
  startOf(periodMs: number): number;
  to: number;
  now: number;
  workMax: number;
  /** Told when a search finds more than may be. */
  tooMany?(): void;
}

/** What queries are of, from what was measured. */
export const createSource = (store: Store, { account, region, startOf, to, now, workMax, tooMany }: Wanted): Source => {
  const read = async (metric: Omit<Metric, "unit">, label: string, { statistic, periodMs, unit }: { statistic: string; periodMs: number; unit?: string | undefined }): Promise<Series> => {
    const wanted = statisticOf(statistic, "Stat");
    const periods = await readPeriods(store, metric, { unit, from: startOf(periodMs), to, periodMs, withSpread: wanted.withSpread });
    const known = periods.flatMap(({ at, datum }) => {
      const value = wanted.of(datum);
      return value === undefined ? [] : [{ at, value }];
    });
    return { label, periodMs, times: known.map(({ at }) => at), values: known.map(({ value }) => value), by: { metric, statistic } };
  };

  return {
    startOf, to, workMax,
    load({ MetricStat }: MetricDataQuery) {
      const { Metric, Period, Stat, Unit } = MetricStat!;
      const metric = { account, region, namespace: Metric!.Namespace!, name: Metric!.MetricName!, dimensions: dimensionsOf(Metric!.Dimensions, "Metric.Dimensions") };
      return read(metric, metric.name, { statistic: Stat!, periodMs: Period! * 1_000, unit: Unit });
    },
    async search(text, statistic, periodMs) {
      statisticOf(statistic, "SEARCH");
      checkPeriod(periodMs / 1_000, "SEARCH");
      const { metrics, isMore } = await findMetrics(store, text, { account, region }, now);
      if (isMore) tooMany?.();
      const labels = labelsOf(metrics);
      const found: Series[] = [];
      for (const [index, metric] of metrics.entries()) found.push(await read(metric, labels[index]!, { statistic, periodMs }));
      return found;
    },
  };
};
