import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MalformedEvent, PatternTooCostly } from "../../src/patterns/errors.ts";
import { compilePattern } from "../../src/patterns/pattern.ts";
import { createPatternSet } from "../../src/patterns/pattern-set.ts";
import { eventText, meeting, pattern } from "./arbitrary.ts";

/** Keys of the patterns that match the event when it is parsed and walked by each of them. One that takes the walk too long is not looked at. */
const naively = (patterns: ReadonlyMap<number, string>, event: string): number[] => {
  const parsed: unknown = JSON.parse(event);
  try {
    return [...patterns].filter(([, one]) => compilePattern(one)(parsed)).map(([key]) => key).toSorted((a, b) => a - b);
  } catch (error) {
    fc.pre(!(error instanceof PatternTooCostly));
    throw error;
  }
};

const sorted = (keys: readonly number[]): number[] => keys.toSorted((a, b) => a - b);

describe("the automaton", () => {
  it("matches what the naive matcher does, with few patterns and with many", () => {
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 30 }), fc.array(eventText, { minLength: 1, maxLength: 4 }), (patterns, events) => {
        const known = new Map(patterns.map((one, index) => [index, one]));
        const set = createPatternSet<number>();
        for (const [key, one] of known) set.add(key, one);
        for (const event of events) expect(sorted(set.matching(Buffer.from(event)))).toEqual(naively(known, event));
      }),
      { numRuns: 100 },
    );
  });

  it("finds what a pattern was made of", () => {
    fc.assert(
      fc.property(fc.array(meeting, { minLength: 1, maxLength: 12 }), (pairs) => {
        const known = new Map(pairs.map(([one], index) => [index, one]));
        const set = createPatternSet<number>();
        for (const [key, one] of known) set.add(key, one);
        for (const [, event] of pairs) expect(sorted(set.matching(Buffer.from(event)))).toEqual(naively(known, event));
      }),
      { numRuns: 150 },
    );
  });

  it("is, after any history of additions and removals, as if only what is left had been added", () => {
    const step = fc.record({ key: fc.nat({ max: 15 }), pattern: fc.option(pattern) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.array(eventText, { minLength: 1, maxLength: 2 }), (history, events) => {
        const known = new Map<number, string>();
        const set = createPatternSet<number>();
        history.forEach(({ key, pattern: one }, index) => {
          if (one === null) {
            known.delete(key);
            set.remove(key);
          } else {
            known.set(key, one);
            set.add(key, one);
          }
          expect(set.size).toBe(known.size);
          if (index % 7 === 0) expect(sorted(set.matching(Buffer.from(events[0]!)))).toEqual(naively(known, events[0]!));
        });
        for (const event of events) expect(sorted(set.matching(Buffer.from(event)))).toEqual(naively(known, event));
        for (const key of known.keys()) set.remove(key);
        expect(events.flatMap((event) => set.matching(Buffer.from(event)))).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it("takes what JSON.parse takes, and nothing else, wherever it looks", () => {
    const set = createPatternSet<string>();
    set.add("all", '{"a":{"a":[{"exists":true}],"b":[{"exists":true}]},"b":[{"exists":true}],"c":[{"exists":true}]}');
    const isJson = (text: string): boolean => {
      try {
        return JSON.parse(text) !== undefined;
      } catch {
        return false;
      }
    };
    const isTaken = (text: string): boolean => {
      try {
        set.matching(Buffer.from(text));
        return true;
      } catch (error) {
        if (error instanceof MalformedEvent) return false;
        throw error;
      }
    };
    const inserted = fc.constantFrom("", "{", "}", "[", "]", ",", ":", '"', "\\", "\\u12", "0", "-", ".", "e", "1e+", "tru", "null", " ", "\u0001", "\n", "\u00a0", "//", "'", "+", "01", "1.", "\\x", "\\ud800");
    const damage = fc.tuple(fc.nat(), fc.nat({ max: 3 }), inserted);
    fc.assert(
      fc.property(eventText, damage, (event, [place, count, text]) => {
        const at = place % (event.length + 1);
        const damaged = `${event.slice(0, at)}${text}${event.slice(at + count)}`;
        fc.pre(damaged.isWellFormed() && /^\s*\{/.test(damaged));
        expect(isTaken(damaged)).toBe(isJson(damaged));
      }),
      { numRuns: 1_500 },
    );
  });

  it("reads an event that is plain as far as is asked, to the same end", () => {
    const plain = fc.letrec<{ node: unknown; object: object }>((tie) => ({
      node: fc.oneof({ maxDepth: 3 }, fc.constantFrom<unknown>("x", "xy", 1, 2.5, true, null), tie("object"), fc.array(tie("node"), { maxLength: 3 })),
      object: fc.dictionary(fc.constantFrom("a", "b", "c"), tie("node"), { maxKeys: 3 }),
    })).object;
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 5 }), plain, (patterns, event) => {
        const set = createPatternSet<number>();
        patterns.forEach((one, index) => set.add(index, one));
        const bytes = Buffer.from(JSON.stringify(event));
        expect(set.matching(bytes, "plain")).toEqual(set.matching(bytes));
      }),
      { numRuns: 300 },
    );
  });
});
