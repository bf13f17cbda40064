import { grid, type Call, type MathFunction } from "./call.ts";
import { MathProblem } from "./syntax.ts";
import { derived, isSeries, reader, type Series, type Value } from "./values.ts";

type Branch = (at: number) => number | undefined;

/** A number is one at all times. */
const branchOf = (value: number | Series): Branch => (isSeries(value) ? reader(value) : () => value);

const single = (value: Value, index: number): number | Series => {
  if (Array.isArray(value)) throw new MathProblem(`Argument ${index + 1} of IF has to be a time series or a number`);
  return value;
};

/** `IF(condition, then, else)` ("Using IF expressions"): whatever is not zero is true. What is true and has no value is zero, what is false and has none is left out. */
const choose = (call: Call): Value => {
  const [condition, yes] = [single(call.value(0), 0), single(call.value(1), 1)];
  const no = call.nodes.length === 3 ? single(call.value(2), 2) : undefined;
  if (isSeries(condition)) {
    const [then, otherwise] = [branchOf(yes), no === undefined ? () => undefined : branchOf(no)];
    return derived(condition, condition.times, (index, at) => (condition.values[index] === 0 ? (otherwise(at) ?? Number.NaN) : (then(at) ?? 0)));
  }
  const chosen = condition === 0 || Number.isNaN(condition) ? (no ?? Number.NaN) : yes;
  const series = [yes, no].find((value): value is Series => value !== undefined && isSeries(value));
  if (series === undefined || isSeries(chosen)) return chosen;
  return derived(series, grid(call.scope, series.periodMs), () => chosen);
};

export const CONDITIONAL: Record<string, MathFunction> = { IF: { takes: [2, 3], of: choose } };
