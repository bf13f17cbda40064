import { PATTERN_DEPTH_MAX, PATTERN_STEPS_MAX } from "../kit/limits.ts";
import { PatternTooCostly } from "./errors.ts";
import type { Alternative, Field } from "./parse.ts";
import type { Scalar } from "./value-tests.ts";

/** A field, and how many steps of its path lead to where it is looked for. */
interface Walk {
  field: Field;
  from: number;
}

/** The steps that are left to be made for one event. */
interface Budget {
  steps: number;
}

const spend = (budget: Budget) => {
  if (--budget.steps < 0) throw new PatternTooCostly("the pattern has too many alternatives for an event with arrays as long as this one's");
};

const isObject = (node: unknown): node is Record<string, unknown> => typeof node === "object" && node !== null;

/** The walks that lead on from an object: one in the usual case, several where it has `a.b` and `a`. */
const waysFrom = ({ field, from }: Walk, node: Record<string, unknown>): { key: string; walk: Walk }[] => {
  const ways: { key: string; walk: Walk }[] = [];
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

/**
 * Whether all fields match. Where the event has an array, one of its elements has to have them all: `firstName` of one and
 * `lastName` of another are nobody's. A field that could be reached by two keys, one of them with dots, is looked at by itself.
 */
const matchesAll = (walks: readonly Walk[], node: unknown, budget: Budget, depth: number): boolean => {
  spend(budget);
  if (depth > PATTERN_DEPTH_MAX) return false;
  if (Array.isArray(node)) return node.some((element) => matchesAll(walks, element, budget, depth + 1));
  if (!isObject(node)) return walks.every(({ field, from }) => from === field.keys.length && field.tests.some((test) => test(node as Scalar)));
  const matchesBy = (walk: Walk) => waysFrom(walk, node).some((way) => matchesAll([way.walk], node[way.key], budget, depth + 1));
  if (walks.length === 1) return matchesBy(walks[0]!);
  const together = new Map<string, Walk[]>();
  for (const walk of walks) {
    const ways = waysFrom(walk, node);
    const [first] = ways;
    if (first === undefined) return false;
    if (ways.length > 1) {
      if (!matchesBy(walk)) return false;
      continue;
    }
    const beside = together.get(first.key);
    if (beside === undefined) together.set(first.key, [first.walk]);
    else beside.push(first.walk);
  }
  for (const [key, those] of together) if (!matchesAll(those, node[key], budget, depth + 1)) return false;
  return true;
};

/** `{ "exists": false }` is about the whole event, also where the other fields go into an array. */
const matchesAlternative = (fields: Alternative, event: unknown, budget: Budget): boolean => {
  const walks: Walk[] = [];
  for (const field of fields) {
    const walk = { field, from: 0 };
    if (field.mayBeAbsent && !isThere(walk, event, budget)) continue;
    if (field.tests.length === 0) return false;
    walks.push(walk);
  }
  return walks.length === 0 || (isObject(event) && matchesAll(walks, event, budget, 0));
};

export const matchesAny = (alternatives: readonly Alternative[], event: unknown): boolean => {
  const budget = { steps: PATTERN_STEPS_MAX };
  return alternatives.some((fields) => matchesAlternative(fields, event, budget));
};
