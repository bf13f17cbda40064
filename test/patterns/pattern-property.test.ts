import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compilePattern } from "../../src/patterns/pattern.ts";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A leaf of an event, where it is, and which element of which array it belongs to. */
interface Leaf {
  path: string;
  value: Json;
  elements: Map<number, number>;
}

/** The event as the guide describes it: names and values, arrays crushed out but for who stands together. */
const leavesOf = (event: Json): Leaf[] => {
  let arrays = 0;
  const walk = (node: Json, path: string[], elements: Map<number, number>): Leaf[] => {
    if (Array.isArray(node)) {
      const id = arrays++;
      return node.flatMap((element, index) => walk(element, path, new Map(elements).set(id, index)));
    }
    if (typeof node !== "object" || node === null) return [{ path: path.join("."), value: node, elements }];
    return Object.entries(node).flatMap(([key, value]) => walk(value, [...path, key], elements));
  };
  return walk(event, [], new Map());
};

const agrees = (elements: Map<number, number>, leaf: Leaf): boolean => [...leaf.elements].every(([id, index]) => (elements.get(id) ?? index) === index);

/** Tries every choice of one leaf for each field. */
const choose = (fields: [string, Json[]][], leaves: Leaf[], elements: Map<number, number>): boolean => {
  const [field, ...rest] = fields;
  if (field === undefined) return true;
  const [path, wanted] = field;
  const isAbsent = wanted.some((one) => JSON.stringify(one) === '{"exists":false}') && !leaves.some((leaf) => leaf.path === path);
  if (isAbsent) return choose(rest, leaves, elements);
  return leaves.some((leaf) => leaf.path === path && wanted.some((one) => JSON.stringify(one) === '{"exists":true}' || one === leaf.value) && agrees(elements, leaf) && choose(rest, leaves, new Map([...elements, ...leaf.elements])));
};

const KEYS = ["a", "b", "c"];
const key = fc.constantFrom(...KEYS);
const scalar = fc.constantFrom<Json>("x", "y", "", 1, 2, true, null);

const event: fc.Arbitrary<Json> = fc.letrec<{ node: Json; object: Json }>((tie) => ({
  node: fc.oneof({ maxDepth: 4, depthSize: "medium" }, scalar, fc.array(tie("node"), { maxLength: 3 }), tie("object")),
  object: fc.dictionary(key, tie("node"), { maxKeys: 3 }) as fc.Arbitrary<Json>,
})).object;

const wanted = fc.array(fc.oneof(scalar, fc.constant<Json>({ exists: true }), fc.constant<Json>({ exists: false })), { minLength: 1, maxLength: 3 });
const path = fc.array(key, { minLength: 1, maxLength: 3 });

/** Fields of which none lies within another: JSON could not write those. */
const fields = fc.uniqueArray(fc.tuple(path, wanted), { minLength: 1, maxLength: 3, selector: ([steps]) => steps.join(".") })
  .filter((all) => !all.some(([one], at) => all.some(([other], index) => index !== at && `${other.join(".")}.`.startsWith(`${one.join(".")}.`))));

const toPattern = (all: [string[], Json[]][]): Json => {
  const pattern: { [key: string]: Json } = {};
  for (const [steps, values] of all) {
    let at = pattern;
    for (const step of steps.slice(0, -1)) at = (at[step] ??= {}) as { [key: string]: Json };
    at[steps.at(-1)!] = values;
  }
  return pattern;
};

const matches = (pattern: Json, given: Json): boolean => compilePattern(JSON.stringify(pattern))(given);

describe("any pattern and any event", () => {
  it("match where the guide's names and values do", () => {
    fc.assert(
      fc.property(fields, event, (all, given) => {
        const leaves = leavesOf(given);
        expect(matches(toPattern(all), given)).toBe(choose(all.map(([steps, values]) => [steps.join("."), values]), leaves, new Map()));
      }),
      { numRuns: 2_000 },
    );
  });

  it("match by $or where one of its branches does", () => {
    fc.assert(
      fc.property(fields, fields, event, (one, other, given) => {
        const [first, second] = [toPattern(one), toPattern(other)];
        expect(matches({ $or: [first, second] }, given)).toBe(matches(first, given) || matches(second, given));
      }),
    );
  });

  it("match by their texts as JavaScript's own functions do", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "*", "\\", "É"), maxLength: 8 });
    fc.assert(
      fc.property(text, text, (part, given) => {
        const by = (expression: Json) => matches({ t: [expression] }, { t: given });
        const escaped = part.replaceAll("\\", "\\\\").replaceAll("*", "\\*");
        expect(by({ prefix: part })).toBe(given.startsWith(part));
        expect(by({ suffix: part })).toBe(given.endsWith(part));
        expect(by({ wildcard: escaped })).toBe(given === part);
        expect(by({ wildcard: `*${escaped}*`.replace(/^\*\*$/, "*") })).toBe(given.includes(part));
        expect(by({ "anything-but": part })).toBe(given !== part);
        expect(by({ "equals-ignore-case": part.toUpperCase() })).toBe(given.toLowerCase() === part.toLowerCase());
      }),
    );
  });

  it("match a wildcard where a regular expression does", () => {
    const pattern = fc.array(fc.constantFrom("a", "b", "*"), { maxLength: 8 }).map((parts) => parts.join("").replace(/\*+/g, "*"));
    const text = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 10 });
    fc.assert(
      fc.property(pattern, text, (wildcard, given) => {
        expect(matches({ t: [{ wildcard }] }, { t: given })).toBe(new RegExp(`^${wildcard.replaceAll("*", ".*")}$`).test(given));
      }),
      { numRuns: 1_000 },
    );
  });
});
