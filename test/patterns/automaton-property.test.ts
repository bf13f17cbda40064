import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compilePattern } from "../../src/patterns/pattern.ts";
import { createPatternSet } from "../../src/patterns/pattern-set.ts";
import { eventText, pattern } from "./arbitrary.ts";

/** Keys of the patterns that match the event when it is parsed and walked by each of them. */
const naively = <K>(patterns: ReadonlyMap<K, string>, event: string): K[] => {
  const parsed: unknown = JSON.parse(event);
  return [...patterns].filter(([, one]) => compilePattern(one)(parsed)).map(([key]) => key);
};

const setOf = (patterns: ReadonlyMap<number, string>) => {
  const set = createPatternSet<number>();
  for (const [key, one] of patterns) set.add(key, one);
  return set;
};

const sorted = (keys: readonly number[]): number[] => keys.toSorted((a, b) => a - b);
const numbered = (patterns: readonly string[]) => new Map(patterns.map((one, index) => [index, one]));

describe("the automaton", () => {
  it("matches what the naive matcher does, with few patterns and with many", () => {
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 30 }), fc.array(eventText, { minLength: 1, maxLength: 4 }), (patterns, events) => {
        const known = numbered(patterns);
        const set = setOf(known);
        for (const event of events) expect(sorted(set.matching(Buffer.from(event)))).toEqual(naively(known, event));
      }),
      { numRuns: 300 },
    );
  });
});
