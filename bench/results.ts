import { cpus, loadavg, release, totalmem } from "node:os";
import { percentile, spreadOf, type Spread } from "./statistics.ts";

/** One comparison: lambdad's number over the baseline's number of the same block. */
export interface Result {
  name: string;
  isolation: string;
  /** What 1 is. */
  baseline: string;
  ratio: Spread;
  blocks: number;
  /** Absolute numbers of this machine at this moment, as context only. */
  context: Record<string, number>;
}

export interface Options {
  isQuick: boolean;
  isJson: boolean;
  isolations: readonly string[];
}

export const BLOCKS = 10;

/** `--quick`, `--json`, `--isolation process,bubblewrap`. */
export const readOptions = (args: readonly string[]): Options => {
  const at = args.indexOf("--isolation");
  const known = ["--quick", "--json", "--isolation"];
  const unknown = args.find((arg, i) => !known.includes(arg) && i !== at + 1);
  if (unknown !== undefined) {
    console.error(`${unknown} is no option of a bench: it knows ${known.join(", ")}`);
    process.exit(2);
  }
  return { isQuick: args.includes("--quick"), isJson: args.includes("--json"), isolations: at < 0 ? ["process", "bubblewrap"] : args[at + 1]!.split(",") };
};

const rounded = (value: number): number => Number(value.toPrecision(3));

/** `values`: one list of milliseconds for each side. */
export const latencyContext = (values: Record<string, readonly number[]>): Record<string, number> =>
  Object.fromEntries(Object.entries(values).flatMap(([side, ms]) => [[`${side} p50 ms`, rounded(percentile(ms, 0.5))], [`${side} p99 ms`, rounded(percentile(ms, 0.99))]]));

/** One number of both sides for each block. */
export const resultOf = (about: Pick<Result, "name" | "isolation" | "baseline">, blocks: readonly { ours: number; theirs: number }[], context: Record<string, number>): Result => ({
  ...about,
  ratio: spreadOf(blocks.map(({ ours, theirs }) => ours / theirs)),
  blocks: blocks.length,
  context,
});

const loads: number[] = [];

/** Before each block: tells how far the bench is, and keeps the load average, so that a disturbed run can be seen. */
export const beginBlock = (name: string, block: number, of = BLOCKS): void => {
  loads.push(loadavg()[0]!);
  console.error(`${name}: block ${block + 1} of ${of}, load average ${loads.at(-1)!.toFixed(2)}`);
};

const machine = () => ({
  cpu: cpus()[0]?.model ?? "unknown",
  cpus: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  kernel: release(),
  node: process.versions.node,
  loadAverage: spreadOf(loads),
});

export const print = (results: readonly Result[], skipped: readonly string[], { isJson }: Options): void => {
  const at = machine();
  if (isJson) return console.log(JSON.stringify({ machine: at, results, skipped }, null, 2));
  const { median, min, max } = at.loadAverage;
  console.log(`${at.cpus} × ${at.cpu}, ${at.memoryGiB} GiB, Linux ${at.kernel}, Node ${at.node}; load average ${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`);
  for (const { name, isolation, baseline, ratio, blocks, context } of results) {
    console.log(`\n${name}, ${isolation}`);
    console.log(`  ${rounded(ratio.median)} × ${baseline}   (${rounded(ratio.min)}–${rounded(ratio.max)} in ${blocks} blocks)`);
    console.log(`  ${Object.entries(context).map(([key, value]) => `${key} ${value}`).join(", ")}`);
  }
  for (const reason of skipped) console.log(`\nskipped: ${reason}`);
};
