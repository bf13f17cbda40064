import type { Clock, Timer } from "../../kit/clock.ts";
import { METRIC_GATHER_MS, METRIC_SWEEP_MS } from "../../kit/limits.ts";
import type { Log } from "../../kit/log.ts";
import type { Metric, Metrics } from "../../kit/metrics.ts";
import type { Store } from "../../store/store.ts";
import { addValue, noData } from "./datum.ts";
import { sweepPoints, writePoints, type Point } from "./points.ts";

interface Needs {
  /** The history store. */
  store: Store;
  /** Platform time: to which minute a value belongs. */
  clock: Clock;
  wall: Clock;
  log: Log;
}

const MINUTE_MS = 60_000;

export const minuteOf = (at: number): number => at - (at % MINUTE_MS);

/** What the services count, by the minute, on its way to CloudWatch. */
export const createMetrics = ({ store, clock, wall, log }: Needs): Metrics => {
  let gathered: Point[] = [];
  let timer: Timer | undefined;
  let writing: Promise<void> = Promise.resolve();
  let sweepAt = clock.now() + METRIC_SWEEP_MS;

  /** The point that a value of now belongs to. */
  const open = (metric: Metric, at: number): Point => {
    const point = { metric, at, datum: noData() };
    gathered.push(point);
    timer ??= wall.at(wall.now() + METRIC_GATHER_MS, "metrics", flush);
    return point;
  };
  const sweep = async () => {
    if (clock.now() < sweepAt) return;
    sweepAt = clock.now() + METRIC_SWEEP_MS;
    while (await store.run(() => sweepPoints(clock.now()), "behind"));
  };
  const flush = async () => {
    timer?.cancel();
    timer = undefined;
    const points = gathered;
    gathered = [];
    if (points.length > 0) {
      writing = writing
        .then(() => store.run(() => writePoints(points), "behind"))
        .then(sweep)
        .catch((error: unknown) => log.warn("metrics could not be written, and those of a second are lost", { error: String(error) }));
    }
    await writing;
  };

  return {
    series(metric) {
      let point: Point | undefined;
      let of: Point[] | undefined;
      return {
        add(value, times = 1) {
          const at = minuteOf(clock.now());
          // What was gathered before is written, or is about to be.
          if (point === undefined || point.at !== at || of !== gathered) {
            point = open(metric, at);
            of = gathered;
          }
          addValue(point.datum, value, times);
        },
      };
    },
    flush,
  };
};
