import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createClock } from "../../src/kit/clock.ts";
import { METRIC_GATHER_MS, METRIC_POINT_DAYS_MAX, METRIC_SWEEP_MS } from "../../src/kit/limits/metrics.ts";
import { silentLog } from "../../src/kit/log.ts";
import type { Metric } from "../../src/kit/metrics.ts";
import { createMetrics } from "../../src/plumber/metrics/metrics.ts";
import { readPoints } from "../../src/plumber/metrics/points.ts";
import { openHistory } from "../support/store.ts";
import { temporaryDirectory } from "../support/temporary.ts";

const MINUTE = 60_000;
const metric: Metric = { account: "0", region: "r", namespace: "AWS/X", name: "m", dimensions: { a: "1" }, unit: "Count" };

const setUp = () => {
  const store = openHistory(join(temporaryDirectory(), "h.db"));
  const [clock, wall] = [createClock(60 * MINUTE), createClock()];
  const metrics = createMetrics({ store, clock, wall, log: silentLog });
  onTestFinished(async () => {
    await metrics.flush();
    await store.close();
    clock.stop();
    wall.stop();
  });
  const points = async () => (await store.run(() => readPoints(metric, { unit: undefined, from: 0, to: Number.MAX_SAFE_INTEGER }))).map(({ at, datum: { count, sum, minimum, maximum } }) => ({ at, count, sum, minimum, maximum }));
  return { clock, wall, metrics, points };
};

describe("what is counted", () => {
  it("is written by the minute, a little later, whoever counts it", async () => {
    const { clock, wall, metrics, points } = setUp();
    const [one, other] = [metrics.series(metric), metrics.series(metric)];
    one.add(1);
    other.add(5, 2);
    expect(await points()).toEqual([]);
    await wall.advance(METRIC_GATHER_MS);
    await metrics.flush();
    const first = Math.floor(clock.now() / MINUTE) * MINUTE;
    expect(await points()).toEqual([{ at: first, count: 3, sum: 11, minimum: 1, maximum: 5 }]);
    one.add(7);
    await clock.advance(MINUTE);
    one.add(-2);
    await metrics.flush();
    expect(await points()).toEqual([{ at: first, count: 4, sum: 18, minimum: 1, maximum: 7 }, { at: first + MINUTE, count: 1, sum: -2, minimum: -2, maximum: -2 }]);
  });

  it("goes when it is too old", async () => {
    const { clock, metrics, points } = setUp();
    const series = metrics.series(metric);
    series.add(1);
    await metrics.flush();
    await clock.advance(METRIC_POINT_DAYS_MAX * 24 * 60 * MINUTE + METRIC_SWEEP_MS);
    series.add(2);
    await metrics.flush();
    expect((await points()).map(({ sum }) => sum)).toEqual([2]);
  });
});
