import { describe, expect, it } from "vitest";
import { Automaton } from "../../src/patterns/automaton/automaton.ts";
import { InvalidPattern, MalformedEvent, PatternTooCostly } from "../../src/patterns/errors.ts";
import { createPatternSet } from "../../src/patterns/pattern-set.ts";

const bytes = (event: unknown) => Buffer.from(typeof event === "string" ? event : JSON.stringify(event));

const setOf = (patterns: Readonly<Record<string, unknown>>) => {
  const set = createPatternSet<string>();
  for (const [key, pattern] of Object.entries(patterns)) set.add(key, typeof pattern === "string" ? pattern : JSON.stringify(pattern));
  return set;
};

const matching = (pattern: unknown, event: unknown): boolean => setOf({ it: pattern }).matching(bytes(event)).length === 1;

describe("a set of patterns", () => {
  it("tells the keys of those that describe an event", () => {
    const set = setOf({ started: { detail: { state: ["started"] } }, any: { source: ["app"] } });
    expect(set.matching(bytes({ source: "app", detail: { state: "started" } })).toSorted()).toEqual(["any", "started"]);
    set.add("started", '{"detail":{"state":["stopped"]}}');
    expect(set.matching(bytes({ source: "app", detail: { state: "started" } }))).toEqual(["any"]);
    set.remove("any");
    set.remove("any");
    expect(set.size).toBe(1);
    expect(set.matching(bytes({ source: "app", detail: { state: "stopped" } }))).toEqual(["started"]);
  });

  it("keeps what it had when a pattern is none", () => {
    const set = setOf({ it: { a: ["x"] } });
    expect(() => set.add("it", '{"a":"x"}')).toThrow(InvalidPattern);
    expect(set.matching(bytes({ a: "x" }))).toEqual(["it"]);
  });

  it("tells a key once, by however many of a pattern's alternatives and values an event matches", () => {
    const set = setOf({ it: { $or: [{ a: ["x", "y"] }, { b: [{ exists: true }] }, { a: [{ prefix: "" }] }] } });
    expect(set.matching(bytes({ a: ["x", "y", "x"], b: 1 }))).toEqual(["it"]);
  });

  it("finds each of many patterns, and of many that are the same", () => {
    const set = createPatternSet<number>();
    for (let key = 0; key < 2_000; key++) set.add(key, JSON.stringify({ source: ["app"], detail: { id: [`id-${key % 1_000}`], kind: [{ prefix: `k${key % 10}` }] } }));
    expect(set.matching(bytes({ source: "app", detail: { id: "id-7", kind: "k7x" } })).toSorted((a, b) => a - b)).toEqual([7, 1_007]);
    for (let key = 0; key < 1_000; key++) set.remove(key);
    expect(set.matching(bytes({ source: "app", detail: { id: "id-7", kind: "k7x" } }))).toEqual([1_007]);
    expect(set.matching(bytes({ source: "app", detail: { id: "id-7", kind: "k8" } }))).toEqual([]);
  });

  it("finds ranges that lie within each other, and those that were taken away no more", () => {
    const set = createPatternSet<number>();
    for (let key = 0; key < 300; key++) set.add(key, JSON.stringify({ n: [{ numeric: [">=", key, "<", key + 100] }] }));
    for (let key = 0; key < 300; key += 2) set.remove(key);
    expect(set.matching(bytes({ n: 150.5 })).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => 51 + index * 2));
  });
});

describe("an event", () => {
  it.each(["", "5", "[]", '"x"', "{", '{"a"}', '{"a":1}x', '{"a":1,}', '{"a":01}', '{"b":[1,]}', '{"b":"\n"}', '{"b":"\\u00g0"}', '{"a":1}}', "{'a':1}", '{"b":{"c":tru}}'])("%j is no JSON object, and is said to be none", (event) => {
    expect(() => matching({ a: [1] }, event)).toThrow(MalformedEvent);
  });

  it.each([
    ["a key twice, the last one counts", '{"a":"x","a":"y"}', { a: ["x"] }, false],
    ["a key twice, the last one counts", '{"a":"x","a":"y"}', { a: ["y"] }, true],
    ["a key twice, also when it has no value that is wanted the second time", '{"a":{"b":"x"},"a":{}}', { a: { b: ["x"] } }, false],
    ["a key twice, once written otherwise", '{"a":"x","\\u0061":"y"}', { a: ["x"] }, false],
    ["a key with dots twice", '{"a.b":"x","a":{"b":"z"},"a.b":"y"}', { a: { b: ["x"] } }, false],
    ["a key with dots twice, and one without beside it", '{"a.b":"x","a":{"b":"z"},"a.b":"y"}', { a: { b: ["z"] } }, true],
    ["an escaped text", '{"a":"\\u0078\\/\\ud83d\\ude00\\n"}', { a: ["x/😀\n"] }, true],
    ["half of a pair", '{"a":"\\ud83d"}', { a: ["\ufffd"] }, false],
    ["a number with many digits", '{"a":0.30000000000000004}', { a: [0.3] }, false],
    ["a number with an exponent", '{"a":30E-1}', { a: [3] }, true],
    ["zero below zero", '{"a":-0.0}', { a: [0] }, true],
    ["space everywhere", ' \t\r\n{ "a" : [ "x" , { "b" : 1 } ] } \n', { a: { b: [1] } }, true],
  ])("with %s", (_what, event, pattern, expected) => {
    expect(matching(pattern, event)).toBe(expected);
  });

  it("may be as deep as it likes, and is looked into as deeply as a parsed one", () => {
    const nested = (levels: number) => `{"a":${"[".repeat(levels)}"x"${"]".repeat(levels)},"b":"y"}`;
    expect([999, 1_000, 100_000].map((levels) => matching({ a: ["x"] }, nested(levels)))).toEqual([true, false, false]);
    expect(matching({ b: ["y"] }, nested(100_000))).toBe(true);
  });
});

/** Patterns and events, of any size, that somebody could make up to hold a server. */
const HOSTILE: Readonly<Record<string, (size: number) => { patterns: unknown[]; event: unknown }>> = {
  "stars, and a text that they nearly fit": (size) => ({ patterns: [{ a: [{ wildcard: `${"*a".repeat(1_000)}*b` }] }], event: { a: "a".repeat(size * 16) } }),
  "pieces that begin like themselves": (size) => ({ patterns: [{ a: [{ wildcard: `*${"a".repeat(2_000)}b*` }] }], event: { a: "a".repeat(size * 16) } }),
  "a key again and again": (size) => ({ patterns: [{ a: { b: ["x"] } }], event: `{${Array.from({ length: size }, () => '"a":{"b":"y"}').join()}}` }),
  "elements that have all but one": (size) => ({ patterns: [{ a: { b: ["x"], c: ["x"], d: ["x"] } }], event: { a: Array.from({ length: size }, (_, at) => ({ b: "x", c: "x", d: at })).concat([{ b: "y", c: "y", d: "x" as never }]) } }),
  "arrays in arrays": (size) => ({ patterns: [{ a: { b: ["x"], c: ["x"] } }], event: { a: Array.from({ length: size / 10 }, () => Array.from({ length: 10 }, (_, at) => (at % 2 === 0 ? { b: "x" } : { c: "x" }))) } }),
  "ranges around one number": (size) => ({ patterns: Array.from({ length: size / 10 }, (_, at) => ({ n: [{ numeric: [">", -at, "<", at + 1] }], m: [{ exists: true }] })), event: { n: 0.5 } }),
};

const costOf = ({ patterns, event }: { patterns: unknown[]; event: unknown }): number => {
  const automaton = new Automaton<number>();
  patterns.forEach((pattern, key) => automaton.add(key, JSON.stringify(pattern)));
  automaton.matching(bytes(event), false);
  return automaton.spent;
};

describe("what an event costs", () => {
  const rule = (order: number) => ({ detail: { order: [`o-${order}`], customer: [`c-${order % 50}`], state: ["new"] }, source: ["shop"] });
  const event = { source: "shop", detail: { state: "new", customer: "c-8", order: "o-20008" } };

  it("is not more where there are more patterns", () => {
    const costs = [100, 10_000].map((count) => costOf({ patterns: Array.from({ length: count }, (_, order) => rule(order)), event }));
    expect(costs[1]).toBe(costs[0]);
  });

  it("is not more where some patterns have in common what tells the others apart", () => {
    const costs = [1_000, 900].map((different) => costOf({ patterns: Array.from({ length: 1_000 }, (_, order) => rule(order % different)), event }));
    expect(costs[1]).toBe(costs[0]);
  });
});

describe("what is made up to hold the server", () => {
  it.each(Object.entries(HOSTILE))("%s: takes twice as many steps where there is twice as much", (_what, make) => {
    const [once, twice] = [costOf(make(2_000)), costOf(make(4_000))];
    expect(once).toBeGreaterThan(0);
    expect(twice).toBeLessThan(once * 2.1);
    expect(twice).toBeLessThan(100_000);
  });

  it("is given up where many patterns look at much", () => {
    const set = createPatternSet<number>();
    for (let key = 0; key < 300; key++) set.add(key, JSON.stringify({ a: [{ "anything-but": [0, key + 1] }] }));
    const zeros = (count: number) => bytes({ a: Array.from({ length: count }, () => 0) });
    expect(set.matching(zeros(1_000))).toEqual([]);
    expect(() => set.matching(zeros(20_000))).toThrow(PatternTooCostly);
    expect(set.matching(bytes({ a: [0, 7] }))).toHaveLength(299);
  });
});
