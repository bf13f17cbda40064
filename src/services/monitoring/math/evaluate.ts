import { METRIC_ARRAY_MAX } from "../../../kit/limits/metrics.ts";
import { notBuilt } from "../errors.ts";
import { AGGREGATES } from "./aggregates.ts";
import { ARRAYS } from "./arrays.ts";
import type { MathFunction, Scope } from "./call.ts";
import { CHANGES } from "./changes.ts";
import { CONDITIONAL } from "./conditional.ts";
import { MOMENTS } from "./moments.ts";
import { negate, operate } from "./operators.ts";
import { MathProblem, type Node } from "./syntax.ts";
import { isSeries, type Series, type Value } from "./values.ts";

const FUNCTIONS: ReadonlyMap<string, MathFunction> = new Map(Object.entries({ ...AGGREGATES, ...ARRAYS, ...CHANGES, ...CONDITIONAL, ...MOMENTS }));

/** What AWS has beside them. */
const NOT_BUILT: ReadonlySet<string> = new Set(["ANOMALY_DETECTION_BAND", "SERVICE_QUOTA", "INSIGHT_RULE_METRIC", "DB_PERF_INSIGHTS", "LAMBDA"]);

const sizeOf = (value: Value): number => (Array.isArray(value) ? value.reduce((sum, { times }) => sum + times.length, 0) : isSeries(value) ? value.times.length : 1);

/** `[m1, METRICS("x")]` is one array. */
const flatten = (values: readonly Value[]): Series[] =>
  values.flatMap((value) => {
    if (typeof value === "number") throw new MathProblem("An array has time series in it, and no numbers");
    return value;
  });

const functionOf = (name: string, count: number): MathFunction => {
  if (NOT_BUILT.has(name)) throw notBuilt(`The function ${name} of metric math`, `there are ${[...FUNCTIONS.keys()].toSorted().join(", ")}`);
  const found = FUNCTIONS.get(name);
  if (found === undefined) throw new MathProblem(`Function '${name}' not found`);
  const [fewest, most] = found.takes;
  if (count < fewest || count > most) throw new MathProblem(`${name} takes ${fewest === most ? fewest : `${fewest} to ${most}`} arguments, and has ${count}`);
  return found;
};

/** The value of an expression. Throws MathProblem, and NotImplemented for a function that is not built. */
export const evaluate = (node: Node, scope: Scope): Value => {
  const value = valueOf(node, scope);
  if (Array.isArray(value) && value.length > METRIC_ARRAY_MAX) throw new MathProblem(`An array can have no more than ${METRIC_ARRAY_MAX} time series`);
  scope.spend(sizeOf(value));
  return value;
};

const valueOf = (node: Node, scope: Scope): Value => {
  switch (node.kind) {
    case "number": return node.value;
    case "variable": return scope.valueOf(node.name);
    case "array": return flatten(node.items.map((item) => evaluate(item, scope)));
    case "negation": return negate(evaluate(node.of, scope));
    case "operation": return operate(node.operator, evaluate(node.left, scope), evaluate(node.right, scope));
    case "call": {
      const { name, args } = node;
      const known: Value[] = [];
      return functionOf(name, args.length).of({ name, node, nodes: args, scope, value: (index) => (known[index] ??= evaluate(args[index]!, scope)) });
    }
    case "text":
    case "word": throw new MathProblem("Invalid syntax");
  }
};
