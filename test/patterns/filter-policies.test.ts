import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvalidPattern, PatternTooCostly } from "../../src/patterns/errors.ts";
import { createFilterPolicies } from "../../src/patterns/filter-policies.ts";
import { compileFilterPolicy, toFilteredMessage, type FilteredMessage, type FilterPolicyScope } from "../../src/patterns/filter-policy.ts";
import { eventText, pattern } from "./arbitrary.ts";

const isPolicy = (policy: string, scope: FilterPolicyScope): boolean => {
  try {
    compileFilterPolicy(policy, { scope });
    return true;
  } catch (error) {
    if (error instanceof InvalidPattern) return false;
    throw error;
  }
};

/** Each by itself, over the parsed message. What takes that too long is not looked at. */
const naively = (policies: readonly string[], message: FilteredMessage, scope: FilterPolicyScope): number[] => {
  try {
    return policies.flatMap((policy, index) => (compileFilterPolicy(policy, { scope })(message) ? [index] : []));
  } catch (error) {
    fc.pre(!(error instanceof PatternTooCostly));
    throw error;
  }
};

const together = (policies: readonly string[], message: FilteredMessage, scope: FilterPolicyScope): number[] => {
  const set = createFilterPolicies<number>();
  policies.forEach((policy, index) => set.add(index, policy, scope));
  return [...set.letThrough(message, scope)].toSorted((a, b) => a - b);
};

const number = fc.constantFrom("1", "1.0", "1.000009", "1.00001", "-0.000009", "1e9", "1000000001", "1e400", "0.1");
const numeric = fc.constantFrom("[1]", '[{"numeric":["=",1]}]', '[{"numeric":[">",0]}]', '[{"numeric":["<=",1.00001]}]', '[{"anything-but":[1]}]', '[{"exists":true}]', '[{"exists":false}]', '[0]', "[0.1]");

describe("filter policies together", () => {
  it("let through what each lets through, of bodies", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(pattern, fc.constant("{}"), numeric.map((one) => `{"a":${one}}`)), { maxLength: 12 }), fc.oneof(eventText, number.map((one) => `{"a":[${one}]}`), fc.constantFrom("text", "[1]", "", "{")), (given, body) => {
        const policies = given.filter((one) => isPolicy(one, "MessageBody"));
        const message = toFilteredMessage({ body, attributes: {} });
        expect(together(policies, message, "MessageBody")).toEqual(naively(policies, message, "MessageBody"));
      }),
      { numRuns: 500 },
    );
  });

  it("let through what each lets through, of attributes", () => {
    const value = fc.oneof(
      fc.constantFrom("x", "xy", "", 'q"').map((StringValue) => ({ DataType: "String", StringValue })),
      number.filter((one) => Number.isFinite(Number(one))).map((StringValue) => ({ DataType: "Number.int", StringValue })),
      fc.constantFrom('["x",1,null,true]', "[1.000009]", "[]", "{", '[{"a":1}]').map((StringValue) => ({ DataType: "String.Array", StringValue })),
      fc.constant({ DataType: "Binary" }),
    );
    const policy = fc.dictionary(fc.constantFrom("a", "b", "a.b"), fc.oneof(numeric, fc.constantFrom('["x"]', '[{"prefix":"x"}]', '[null,"x"]', '[{"anything-but":["x"]}]')), { maxKeys: 3 }).map((fields) => `{${Object.entries(fields).map(([name, wanted]) => `"${name}":${wanted}`).join(",")}}`);
    fc.assert(
      fc.property(fc.array(policy, { maxLength: 10 }), fc.dictionary(fc.constantFrom("a", "b", "a.b"), value), (given, attributes) => {
        const policies = given.filter((one) => isPolicy(one, "MessageAttributes"));
        const message = toFilteredMessage({ body: "text", attributes });
        expect(together(policies, message, "MessageAttributes")).toEqual(naively(policies, message, "MessageAttributes"));
      }),
      { numRuns: 500 },
    );
  });

  it("hold back a message that is too costly from nobody else", () => {
    const costly = (index: number) => JSON.stringify({ a: [{ "anything-but": [0, index + 1] }] });
    const policies = [...Array.from({ length: 120 }, (_, index) => costly(index)), '{"b":["y"]}'];
    const message = toFilteredMessage({ body: JSON.stringify({ a: Array.from({ length: 60_000 }, () => 0), b: "y" }), attributes: {} });
    expect(together(policies, message, "MessageBody")).toEqual([120]);
  });
});
