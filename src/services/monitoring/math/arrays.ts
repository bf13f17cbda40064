import { ORDERED_BY } from "./aggregates.ts";
import { arrayAt, numberAt, seriesAt, textAt, wordAt, type Call, type MathFunction } from "./call.ts";
import { MathProblem } from "./syntax.ts";
import type { Series } from "./values.ts";

const NOTHING = { label: "", times: [], values: [] };

/** The one at an end; where there is none, a series without values. */
const oneOf = (call: Call, index: number): Series => arrayAt(call, 0).at(index) ?? { ...NOTHING, periodMs: call.scope.periodMs ?? 60_000 };

const sorted = (call: Call): Series[] => {
  const by = ORDERED_BY[wordAt(call, 1, ["AVG", "MIN", "MAX", "SUM"])];
  const sign = wordAt(call, 2, ["ASC", "DESC"]) === "ASC" ? 1 : -1;
  // Series without values come last.
  const keyed = arrayAt(call, 0).map((series) => ({ series, key: series.values.length === 0 ? Infinity : sign * by(series) }));
  const all = keyed.toSorted((a, b) => (a.key === b.key ? 0 : a.key - b.key)).map(({ series }) => series);
  return call.nodes.length === 4 ? all.slice(0, Math.max(0, numberAt(call, 3))) : all;
};

/** "Valid input is metrics, not the results of other expressions." */
const periodOf = (call: Call): number => {
  const [node] = call.nodes;
  if (node?.kind !== "variable" || !call.scope.metrics.has(node.name)) throw new MathProblem("Argument 1 of PERIOD has to be a metric");
  return seriesAt(call, 0).periodMs / 1_000;
};

export const ARRAYS: Record<string, MathFunction> = {
  METRICS: {
    takes: [0, 1],
    of(call) {
      const part = call.nodes.length === 0 ? "" : textAt(call, 0);
      return [...call.scope.metrics].filter(([id]) => id.includes(part)).map(([, series]) => series);
    },
  },
  SEARCH: { takes: [2, 3], of: (call) => call.scope.found.get(call.node)! },
  FIRST: { takes: [1, 1], of: (call) => oneOf(call, 0) },
  LAST: { takes: [1, 1], of: (call) => oneOf(call, -1) },
  SLICE: { takes: [2, 3], of: (call) => arrayAt(call, 0).slice(Math.max(0, numberAt(call, 1)), call.nodes.length === 3 ? Math.max(0, numberAt(call, 2)) : undefined) },
  SORT: { takes: [3, 4], of: sorted },
  REMOVE_EMPTY: { takes: [1, 1], of: (call) => arrayAt(call, 0).filter(({ times }) => times.length > 0) },
  PERIOD: { takes: [1, 1], of: periodOf },
};
