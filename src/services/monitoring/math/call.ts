import { MathProblem, type Node } from "./syntax.ts";
import { isSeries, type Series, type Value } from "./values.ts";

/** Where an expression stands: what it is of, and how much may be calculated. */
export interface Scope {
  /** Of a metric or another expression. Throws MathProblem for what is neither. */
  valueOf(id: string): Value;
  /** All metrics of the request, which are no expressions, by their ids. */
  metrics: ReadonlyMap<string, Series>;
  /** What a SEARCH found, by its node. */
  found: ReadonlyMap<Node, Series[]>;
  /** Where the first of such periods begins, and where the last ends: milliseconds since the epoch. */
  startOf(periodMs: number): number;
  to: number;
  /** Of what has no metric that would give it one; undefined where the request has none. */
  periodMs: number | undefined;
  /** Throws MathProblem when that is too much. */
  spend(points: number): void;
}

/** A function with what it is given. */
export interface Call {
  name: string;
  /** The call itself, and what stands in its brackets. */
  node: Node;
  nodes: readonly Node[];
  scope: Scope;
  /** Of an argument: evaluated once, however often it is asked for. */
  value(index: number): Value;
}

export interface MathFunction {
  /** Fewest and most arguments. */
  takes: readonly [number, number];
  of(call: Call): Value;
}

const wrong = ({ name }: Call, index: number, what: string): MathProblem => new MathProblem(`Argument ${index + 1} of ${name} has to be ${what}`);

export const seriesAt = (call: Call, index: number): Series => {
  const value = call.value(index);
  if (!isSeries(value)) throw wrong(call, index, "a time series");
  return value;
};

export const arrayAt = (call: Call, index: number): Series[] => {
  const value = call.value(index);
  if (!Array.isArray(value)) throw wrong(call, index, "an array of time series");
  return value;
};

export const numberAt = (call: Call, index: number): number => {
  const value = call.value(index);
  if (typeof value !== "number") throw wrong(call, index, "a number");
  return value;
};

/** One of some words, in capitals. */
export const wordAt = <W extends string>(call: Call, index: number, words: readonly W[]): W => {
  const node = call.nodes[index];
  if (node?.kind !== "word" || !words.includes(node.word as W)) throw wrong(call, index, `one of ${words.join(", ")}`);
  return node.word as W;
};

export const textAt = (call: Call, index: number): string => {
  const node = call.nodes[index];
  if (node?.kind !== "text") throw wrong(call, index, "a text in quotes");
  return node.text;
};

/** A function of a series, which of an array is one of each. */
export const ofEach = (change: (series: Series, call: Call) => Series): MathFunction => ({
  takes: [1, 1],
  of(call) {
    const value = call.value(0);
    if (Array.isArray(value)) return value.map((one) => change(one, call));
    return change(seriesAt(call, 0), call);
  },
});

/** Each period of the range: of series without gaps. */
export const grid = ({ startOf, to, spend }: Scope, periodMs: number): number[] => {
  const from = startOf(periodMs);
  const count = Math.max(0, Math.ceil((to - from) / periodMs));
  spend(count);
  return Array.from({ length: count }, (_, index) => from + index * periodMs);
};
