import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPatternSet } from "../../src/patterns/pattern-set.ts";
import { compactOf, depthOf, minified } from "../../src/plumber/events/json-value.ts";
import { eventText, pattern } from "../patterns/arbitrary.ts";

const compact = (text: string) => compactOf(text, JSON.parse(text));

describe("JSON as a text", () => {
  it("loses the white space between what it is made of, and no other", () => {
    expect(minified('{ "a b" :\t[ 1 , "x\\" y " ]\n}')).toBe('{"a b":[1,"x\\" y "]}');
  });
  it("is as deep as its objects and arrays lie in each other, however long it is", () => {
    expect(["1", "{}", '{"a":[{}]}', '"[[["', `{"a":"\\"${"[".repeat(9)}"}`].map(depthOf)).toEqual([0, 1, 3, 0, 1]);
    expect(minified(`["${"x".repeat(1_000_000)} y" ]`)).toHaveLength(1_000_006);
  });
});

describe("a plain text", () => {
  it.each(['{"a":1,"b":[{"a":"x.y"},{"a":"1.5 \\"z.\\""}],"c":[1.5,-2.25],"d":"."}', '{ "a" : "x" }', "{}"])("%s is known for one", (text) => {
    expect(compact(text)).toEqual({ text: minified(text), isPlain: true });
  });
  it.each([
    ['{"a":1,"a":2}', "a key twice"],
    ['{"a":{"b":1,"c":2,"b":3}}', "a key twice, further inside"],
    ['{"a":1,"\\u0061":2}', "a key twice, once escaped"],
    ['{"a.b":1}', "a dot"],
    ['{"c":1.5,"a.b":1}', "a dot behind another one"],
    ['{"a":".\\"","b.":1}', "a dot behind an escaped quotation mark"],
    ['{"a.\\"":1}', "a dot before one"],
    ['{"a.\\\\":1}', "a dot before a backslash"],
    ['{"\\u002e":1}', "an escaped dot"],
  ])("%s is none: %s", (text) => {
    expect(compact(text)).toEqual({ text, isPlain: false });
  });

  const member: fc.Arbitrary<string> = fc.letrec<{ value: string; object: string }>((tie) => ({
    value: fc.oneof({ maxDepth: 3 }, fc.constantFrom("1", "1.5", "null", '"."', '".\\""', '"\\\\"', '"a\\":."'), tie("object"), fc.array(tie("value"), { maxLength: 3 }).map((all) => `[${all.join(",")}]`)),
    object: fc.array(fc.tuple(fc.constantFrom('"a"', '"b"', '"a.b"', '"\\"."', '".\\\\"', '":."', '"c,d"'), tie("value")), { maxLength: 4 }).map((all) => `{${all.map((one) => one.join(":")).join(",")}}`),
  })).object;
  const hasDottedKey = (value: unknown): boolean => typeof value === "object" && value !== null && Object.entries(value).some(([key, one]) => (!Array.isArray(value) && key.includes(".")) || hasDottedKey(one));
  const keysOf = (value: unknown): number => (typeof value === "object" && value !== null ? Object.values(value).reduce<number>((sum, one) => sum + keysOf(one), Array.isArray(value) ? 0 : Object.keys(value).length) : 0);

  it("never has a key with a dot, or one twice", () => {
    fc.assert(
      fc.property(member, (text) => {
        const parsed: unknown = JSON.parse(text);
        const keysWritten = text.replaceAll(/"(?:[^"\\]|\\.)*"(:?)/g, "$1").split(":").length - 1;
        if (compact(text).isPlain) expect([hasDottedKey(parsed), keysWritten]).toEqual([false, keysOf(parsed)]);
      }),
      { numRuns: 2_000 },
    );
  });

  it("is matched as any text is", () => {
    fc.assert(
      fc.property(fc.array(pattern, { minLength: 1, maxLength: 10 }), eventText, (patterns, event) => {
        const set = createPatternSet<number>();
        patterns.forEach((one, index) => set.add(index, one));
        const { text, isPlain } = compact(event);
        expect(set.matching(Buffer.from(text), isPlain ? "plain" : "any").toSorted()).toEqual(set.matching(Buffer.from(event)).toSorted());
      }),
      { numRuns: 500 },
    );
  });
});
