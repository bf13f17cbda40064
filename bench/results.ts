import { loadavg } from "node:os";
import type { Goal } from "./goals.ts";
import { percentile, rounded, spreadOf, type Spread } from "./statistics.ts";

/** One comparison: lambdad's number and the bare one's of the same block. */
export interface Result {
  name: string;
  isolation: string;
  /** `×`: so many times the baseline. Anything else: so much more than it. */
  unit: string;
  /** What 1 is; or 0, when it is a difference. */
  baseline: string;
  goal?: Goal;
  figure: Spread;
  blocks: number;
  /** Absolute numbers of this machine at this moment, those of the bare side among them. */
  context: Record<string, number>;
}

export interface Pair {
  ours: number;
  theirs: number;
}

export const BLOCKS = 10;

/** `values`: one list of milliseconds for each side. */
export const latencyContext = (values: Record<string, readonly number[]>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).flatMap(([side, ms]) => [[`${side} p50 ms`, rounded(percentile(ms, 0.5))], [`${side} p99 ms`, rounded(percentile(ms, 0.99))]]));

type About = Pick<Result, "name" | "isolation" | "baseline" | "goal">;

/** How many times the bare number, in each block. */
export const ratioOf = (about: About, blocks: readonly Pair[], context: Record<string, number>): Result => ({
  ...about,
  unit: "×",
  figure: spreadOf(blocks.map(({ ours, theirs }) => ours / theirs)),
  blocks: blocks.length,
  context,
});

/** How much more than the bare number, in each block. */
export const differenceOf = (about: About, unit: string, blocks: readonly Pair[], context: Record<string, number>): Result => ({
  ...about,
  unit,
  figure: spreadOf(blocks.map(({ ours, theirs }) => ours - theirs)),
  blocks: blocks.length,
  context,
});

const loads: number[] = [];

/** Before each block: tells how far the bench is, and keeps the load average, so that a disturbed run can be seen. */
export const beginBlock = (name: string, block: number, of = BLOCKS): void => {
  loads.push(loadavg()[0]!);
  console.error(`${name}: block ${block + 1} of ${of}, load average ${loads.at(-1)!.toFixed(2)}`);
};

export const loadAverage = (): Spread => spreadOf(loads.length === 0 ? [loadavg()[0]!] : loads);
