import { PATTERN_DEPTH_MAX, PATTERN_STEPS_MAX } from "../kit/limits/patterns.ts";
import { PatternTooCostly } from "./errors.ts";
import type { Field } from "./parse.ts";
import { testOf, type ValueTest } from "./value-tests.ts";
import type { Scalar } from "./wanted.ts";

/** A field, as an event is walked by it. */
export interface FieldWays {
  /** The keys by which it may be reached from its n-th step on: one step, or several that an event has as one key with dots in it. */
  keys: readonly (readonly string[])[];
  tests: readonly ValueTest[];
  mayBeAbsent: boolean;
}

export const toWays = ({ path, wanted, mayBeAbsent }: Field): FieldWays => {
  const steps = path.split(".");
  return {
    keys: steps.map((_, from) => steps.slice(from).map((__, count) => steps.slice(from, from + count + 1).join("."))),
    tests: wanted.map(testOf),
    mayBeAbsent,
  };
};

/** A field, and how many steps of its path lead to where it is looked for. */
interface Walk {
  field: FieldWays;
  from: number;
}

/** A key that leads on, and the walk that it leads to. */
interface Way {
  key: string;
  walk: Walk;
}

/** The steps that are left to be made for one event. */
interface Budget {
  steps: number;
}

const spend = (budget: Budget) => {
  if (--budget.steps < 0) throw new PatternTooCostly("the pattern has too many alternatives for an event with arrays as long as this one's");
};

const isObject = (node: unknown): node is Record<string, unknown> => typeof node === "object" && node !== null;

/** The ways that lead on from an object: one in the usual case, several where it has `a.b` and `a`. */
const waysFrom = ({ field, from }: Walk, node: Record<string, unknown>): Way[] => {
  const ways: Way[] = [];
  field.keys[from]?.forEach((key, count) => {
    if (Object.hasOwn(node, key)) ways.push({ key, walk: { field, from: from + count + 1 } });
  });
  return ways;
};

/** Whether there is a value at all where the field is looked for, in any element of any array. */
const isThere = (walk: Walk, node: unknown, budget: Budget, depth = 0): boolean => {
  spend(budget);
  if (depth > PATTERN_DEPTH_MAX) return false;
  if (Array.isArray(node)) return node.some((element) => isThere(walk, element, budget, depth + 1));
  if (!isObject(node)) return walk.from === walk.field.keys.length;
  return waysFrom(walk, node).some((way) => isThere(way.walk, node[way.key], budget, depth + 1));
};

/** Whether all match by one choice of a way for each. */
const matchesByWays = (ways: readonly Way[][], chosen: Way[], node: Record<string, unknown>, budget: Budget, depth: number): boolean => {
  const choices = ways[chosen.length];
  if (choices !== undefined) return choices.some((way) => matchesByWays(ways, [...chosen, way], node, budget, depth));
  const together = Map.groupBy(chosen, ({ key }) => key);
  return [...together].every(([key, those]) => matchesAll(those.map(({ walk }) => walk), node[key], budget, depth + 1));
};

/**
 * Whether all fields match. Where the event has an array, one of its elements has to have them all: `firstName` of one and
 * `lastName` of another are nobody's.
 */
const matchesAll = (walks: readonly Walk[], node: unknown, budget: Budget, depth: number): boolean => {
  spend(budget);
  if (depth > PATTERN_DEPTH_MAX) return false;
  if (Array.isArray(node)) return node.some((element) => matchesAll(walks, element, budget, depth + 1));
  if (!isObject(node)) return walks.every(({ field, from }) => from === field.keys.length && field.tests.some((test) => test(node as Scalar)));
  const ways = walks.map((walk) => waysFrom(walk, node));
  return ways.every(({ length }) => length > 0) && matchesByWays(ways, [], node, budget, depth);
};

/** `{ "exists": false }` is about the whole event, also where the other fields go into an array. */
const matchesAlternative = (fields: readonly FieldWays[], event: unknown, budget: Budget): boolean => {
  const walks: Walk[] = [];
  for (const field of fields) {
    const walk = { field, from: 0 };
    if (field.mayBeAbsent && !isThere(walk, event, budget)) continue;
    if (field.tests.length === 0) return false;
    walks.push(walk);
  }
  return walks.length === 0 || (isObject(event) && matchesAll(walks, event, budget, 0));
};

export const matchesAny = (alternatives: readonly (readonly FieldWays[])[], event: unknown): boolean => {
  const budget = { steps: PATTERN_STEPS_MAX };
  return alternatives.some((fields) => matchesAlternative(fields, event, budget));
};
