import type { Metric, Metrics } from "../../src/kit/metrics.ts";

/** What is counted, by `Name{dimensions}`: each value, in its order. */
export const createCounted = (): { metrics: Metrics; values: Record<string, number[]>; units: Record<string, string> } => {
  const values: Record<string, number[]> = {};
  const units: Record<string, string> = {};
  const add = ({ name, dimensions, unit }: Metric, value: number) => {
    const key = `${name}{${Object.entries(dimensions).map(([of, is]) => `${of}=${is}`).join(",")}}`;
    (values[key] ??= []).push(value);
    units[name] = unit;
  };
  const metrics: Metrics = {
    series: (...all) => ({ add: (value) => all.forEach((metric) => add(metric, value)) }),
    record(metric, _at, recorded) {
      for (const value of recorded) add(metric, value);
      return undefined;
    },
    flush: async () => {},
  };
  return { metrics, values, units };
};
