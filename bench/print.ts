import { cpus, release, totalmem } from "node:os";
import { isMet, type Goal } from "./goals.ts";
import type { Options } from "./options.ts";
import { loadAverage, type Result } from "./results.ts";
import { rounded } from "./statistics.ts";

export const print = (results: readonly Result[], skipped: readonly string[], { isJson, isQuick }: Options): void => {
  const at = machine();
  if (isJson) return console.log(JSON.stringify({ machine: at, isQuick, results: results.map((one) => ({ ...one, ...(one.goal === undefined ? {} : { isMet: isMet(one.goal, one.figure.median) }) })), skipped }, null, 2));
  const { median, min, max } = at.loadAverage;
  console.log(`${at.cpus} × ${at.cpu}, ${at.memoryGiB} GiB, Linux ${at.kernel}, Node ${at.node}; load average ${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`);
  for (const result of results) printResult(result);
  const withGoal = results.filter(({ goal }) => goal !== undefined);
  console.log(`\n${withGoal.filter(({ goal, figure }) => isMet(goal!, figure.median)).length} of ${withGoal.length} goals met${isQuick ? ", in a quick run: fewer rounds, and smaller numbers of functions than the goals speak of" : ""}`);
  for (const reason of skipped) console.log(`skipped: ${reason}`);
};

const printResult = ({ name, isolation, unit, baseline, goal, figure, blocks, context }: Result): void => {
  const spread = blocks === 1 ? "" : `   (${rounded(figure.min)}–${rounded(figure.max)} in ${blocks} blocks)`;
  console.log(`\n${name}, ${isolation}`);
  console.log(`  ${rounded(figure.median)} ${unit === "×" ? "×" : `${unit} more than`} ${baseline}${spread}`);
  if (goal !== undefined) console.log(`  goal ${textOf(goal)}: ${isMet(goal, figure.median) ? "met" : "not met"}`);
  console.log(`  ${Object.entries(context).map(([key, value]) => `${key} ${value}`).join(", ")}`);
};

const textOf = (goal: Goal): string => ("most" in goal ? `≤ ${goal.most}` : `≥ ${goal.least}`);

const machine = () => ({
  cpu: cpus()[0]?.model ?? "unknown",
  cpus: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  kernel: release(),
  node: process.versions.node,
  loadAverage: loadAverage(),
});
