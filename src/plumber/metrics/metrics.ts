import type { Clock, Timer } from "../../kit/clock.ts";
import { METRIC_GATHER_MS, METRIC_RECORDED_MAX, METRIC_SWEEP_MS } from "../../kit/limits/metrics.ts";
import type { Log } from "../../kit/log.ts";
import type { Metric, Metrics } from "../../kit/metrics.ts";
import type { Store } from "../../store/store.ts";
import { addValue, noData } from "./datum.ts";
import { metricKey, sweepPoints, writePoints, type KnownSeries, type Point } from "./points.ts";

interface Needs {
  /** The history store. */
  store: Store;
  /** Platform time: to which minute a value belongs. */
  clock: Clock;
  wall: Clock;
  log: Log;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

export const minuteOf = (at: number): number => at - (at % MINUTE_MS);
export const secondOf = (at: number): number => at - (at % SECOND_MS);

/** A point of several metrics, which have the same values. */
interface Open extends Point {
  also: readonly Metric[];
}

/** What the services count, by the minute, on its way to CloudWatch. */
export const createMetrics = ({ store, clock, wall, log }: Needs): Metrics => {
  let gathered: Open[] = [];
  let recorded = new Map<string, Point>();
  /** What was written last: most of it is written again. */
  let known = new Map<string, KnownSeries>();
  let timer: Timer | undefined;
  let writing: Promise<void> = Promise.resolve();
  let sweepAt = clock.now() + METRIC_SWEEP_MS;

  /** The point that a value of now belongs to. */
  const open = (metric: Metric, also: readonly Metric[], at: number): Point => {
    const point = { metric, also, at, datum: noData() };
    gathered.push(point);
    plan();
    return point;
  };
  const plan = () => {
    timer ??= wall.at(wall.now() + METRIC_GATHER_MS, "metrics", flush);
  };
  const sweep = async () => {
    if (clock.now() < sweepAt) return;
    sweepAt = clock.now() + METRIC_SWEEP_MS;
    while (await store.run(() => sweepPoints(clock.now()), "behind"));
  };
  const flush = async () => {
    timer?.cancel();
    timer = undefined;
    const points: Point[] = gathered.flatMap(({ metric, also, at, datum }) => [metric, ...also].map((one) => ({ metric: one, at, datum })));
    points.push(...recorded.values());
    gathered = [];
    recorded = new Map();
    if (points.length > 0) {
      writing = writing
        .then(async () => void (known = await store.run(() => writePoints(points, known), "behind")))
        .then(sweep)
        .catch((error: unknown) => log.warn("metrics could not be written, and those of the last seconds are lost", { error: String(error) }));
    }
    await writing;
  };

  return {
    series(metric, ...also) {
      let point: Point | undefined;
      let of: Open[] | undefined;
      return {
        add(value, times = 1) {
          const at = minuteOf(clock.now());
          // What was gathered before is written, or is about to be.
          if (point === undefined || point.at !== at || of !== gathered) {
            point = open(metric, also, at);
            of = gathered;
          }
          addValue(point.datum, value, times);
        },
      };
    },
    record(metric, moment, values, isHighResolution = false) {
      const at = isHighResolution ? secondOf(moment) : minuteOf(moment);
      const key = `${at} ${metricKey(metric)}`;
      let point = recorded.get(key);
      if (point === undefined) recorded.set(key, (point = { metric, at, datum: noData() }));
      for (const value of values) addValue(point.datum, value, 1);
      plan();
      return recorded.size < METRIC_RECORDED_MAX ? undefined : flush();
    },
    flush,
  };
};
