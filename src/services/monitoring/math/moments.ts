import { grid, seriesAt, type MathFunction } from "./call.ts";
import { derived } from "./values.ts";

/** Of each period of a series, whether it has a value or not; times are UTC. */
const ofMoment = (read: (at: Date) => number): MathFunction => ({
  takes: [1, 1],
  of(call) {
    const series = seriesAt(call, 0);
    return derived(series, grid(call.scope, series.periodMs), (_index, at) => read(new Date(at)));
  },
});

export const MOMENTS: Record<string, MathFunction> = {
  MINUTE: ofMoment((at) => at.getUTCMinutes()),
  HOUR: ofMoment((at) => at.getUTCHours()),
  // Monday is 1, Sunday is 7.
  DAY: ofMoment((at) => at.getUTCDay() || 7),
  DATE: ofMoment((at) => at.getUTCDate()),
  MONTH: ofMoment((at) => at.getUTCMonth() + 1),
  YEAR: ofMoment((at) => at.getUTCFullYear()),
  EPOCH: ofMoment((at) => Math.floor(at.getTime() / 1_000)),
};
