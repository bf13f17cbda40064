import { describe, expect, it } from "vitest";
import { InvalidPattern } from "../../src/patterns/errors.ts";
import { compileFilterPolicy, toFilteredMessage, type FilterPolicyScope } from "../../src/patterns/filter-policy.ts";

const text = (value: string, type = "String") => ({ DataType: type, StringValue: value });

const MESSAGE = toFilteredMessage({
  body: JSON.stringify({ store: "example_corp", price: 210.75, order: { items: [{ sku: "a", count: 2 }, { sku: "b", count: 1 }], "by.mail": true }, huge: 2e9 }),
  attributes: {
    store: text("example_corp"), event: text("order_cancelled"), interests: text('["soccer", "rugby", 5, null, true]', "String.Array"), price: text("100.500001", "Number"),
    amount: text("-7", "Number.int"), zip: text("100"), "by.mail": text("yes"), picture: { DataType: "Binary" }, broken: text("[", "String.Array"), huge: text("2e9", "Number"), address: text("10.0.0.33"),
  },
});

/** [what, scope, policy, whether the message passes] */
const CASES: readonly [string, FilterPolicyScope, unknown, boolean][] = [
  ["nothing is asked", "MessageAttributes", {}, true],
  ["a value of a list", "MessageAttributes", { store: ["other", "example_corp"] }, true],
  ["every name has to match", "MessageAttributes", { store: ["example_corp"], event: ["order_placed"] }, false],
  ["case counts", "MessageAttributes", { store: ["EXAMPLE_CORP"] }, false],
  ["a name that is not there", "MessageAttributes", { shop: ["example_corp"] }, false],
  ["any member of an array", "MessageAttributes", { interests: ["rugby"] }, true],
  ["a number of an array", "MessageAttributes", { interests: [5] }, true],
  ["null of an array", "MessageAttributes", { interests: [null] }, true],
  ["true of an array", "MessageAttributes", { interests: [true] }, true],
  ["an array is no text", "MessageAttributes", { interests: [{ prefix: "[" }] }, false],
  ["an array of something else", "MessageAttributes", { interests: [{ "anything-but": ["soccer", "rugby"] }] }, true],
  ["what is no array is not there", "MessageAttributes", { broken: [{ exists: true }] }, false],
  ["five digits after the point count", "MessageAttributes", { price: [100.5] }, true],
  ["a range", "MessageAttributes", { amount: [{ numeric: [">=", -7, "<", 0] }] }, true],
  ["a text is no number", "MessageAttributes", { zip: [100] }, false],
  ["a number is no text", "MessageAttributes", { price: [{ prefix: "100" }] }, false],
  ["a number beyond the bounds", "MessageAttributes", { huge: [{ numeric: [">", 0] }] }, false],
  ["is there all the same", "MessageAttributes", { huge: [{ exists: true }] }, true],
  ["a binary one is not there", "MessageAttributes", { picture: [{ exists: false }] }, true],
  ["a name with a dot", "MessageAttributes", { "by.mail": ["yes"] }, true],
  ["anything-but numbers", "MessageAttributes", { amount: [{ "anything-but": [-7, 8] }] }, false],
  ["anything-but a prefix", "MessageAttributes", { event: [{ "anything-but": { prefix: "order-" } }] }, true],
  ["a network", "MessageAttributes", { address: [{ cidr: "10.0.0.0/24" }] }, true],
  ["a suffix, a wildcard, another case", "MessageAttributes", { store: [{ suffix: "_corp" }], event: [{ wildcard: "order*led" }], zip: [{ "equals-ignore-case": "100" }] }, true],
  ["$or", "MessageAttributes", { store: ["example_corp"], $or: [{ event: ["x"] }, { amount: [-7] }] }, true],
  ["the body is not asked", "MessageAttributes", { order: [{ exists: true }] }, false],
  ["a value of the body", "MessageBody", { store: ["example_corp"] }, true],
  ["attributes are not asked", "MessageBody", { event: ["order_cancelled"] }, false],
  ["a nested one", "MessageBody", { order: { items: { sku: ["b"], count: [1] } } }, true],
  ["two elements are nobody", "MessageBody", { order: { items: { sku: ["b"], count: [2] } } }, false],
  ["a name with a dot in the body", "MessageBody", { order: { "by.mail": [true] } }, true],
  ["a number of the body beyond the bounds", "MessageBody", { huge: [{ numeric: [">", 0] }] }, false],
];

const reasonOf = (policy: unknown, scope: FilterPolicyScope): string => {
  try {
    compileFilterPolicy(typeof policy === "string" ? policy : JSON.stringify(policy), { scope });
  } catch (error) {
    if (error instanceof InvalidPattern) return error.message.replace(/\n at .*$/s, "");
    throw error;
  }
  return "valid";
};

const names = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, ["x"]]));
const values = (count: number) => Array.from({ length: count }, (_, index) => `v${index}`);

/** [reason, scope, policy] */
const INVALID: readonly [string, FilterPolicyScope, unknown][] = [
  ["FilterPolicy: failed to parse JSON.", "MessageAttributes", "{invalid}"],
  ["FilterPolicy: Filter is not an object", "MessageAttributes", []],
  ['FilterPolicy: "a" must be an object or an array', "MessageAttributes", { a: "x" }],
  ["FilterPolicy: Empty arrays are not allowed", "MessageAttributes", { a: [] }],
  ["FilterPolicy: Value of < must be numeric", "MessageAttributes", { a: [{ numeric: ["<", "100"] }] }],
  ["FilterPolicy: Value must be between -1.0E9 and 1.0E9, inclusive", "MessageAttributes", { a: [{ numeric: ["<", 1e9 + 1] }] }],
  ["FilterPolicy: Filter policy scope MessageAttributes does not support nested filter policy", "MessageAttributes", { a: { b: ["x"] } }],
  ["FilterPolicy: Filter policy scope MessageAttributes does not support nested filter policy", "MessageAttributes", { $or: [{ a: { b: ["x"] } }, { b: ["x"] }] }],
  ["valid", "MessageBody", { a: { b: ["x"] } }],
  ["valid", "MessageAttributes", names(5)],
  ["FilterPolicy: Filter policy can not have more than 5 keys", "MessageAttributes", names(6)],
  ["FilterPolicy: Filter policy can not have more than 5 keys", "MessageBody", { a: names(3), b: names(3) }],
  ["valid", "MessageAttributes", { a: values(15), b: values(10) }],
  ["FilterPolicy: Filter policy is too complex", "MessageAttributes", { a: values(15), b: values(11) }],
  ["FilterPolicy: Filter policy is too complex", "MessageBody", { a: { b: { c: values(10) } }, d: { e: values(3) } }],
  ["valid", "MessageAttributes", { $or: [{ a: values(70) }, { b: values(70) }] }],
];

describe("a filter policy", () => {
  it.each(CASES)("%s (%s)", (_what, scope, policy, expected) => {
    expect(compileFilterPolicy(JSON.stringify(policy), { scope })(MESSAGE)).toBe(expected);
  });

  it.each(["text", "5", "null", '["x"]', ""])("of the body lets no %s through, which is no object", (body) => {
    expect(compileFilterPolicy('{"a":[{"exists":false}]}', { scope: "MessageBody" })(toFilteredMessage({ body, attributes: {} }))).toBe(false);
  });

  it("looks into a body as deeply as into any event", () => {
    const body = `{"a":${"[".repeat(50_000)}"x"${"]".repeat(50_000)},"b":"y"}`;
    expect(["a", "b"].map((name) => compileFilterPolicy(JSON.stringify({ [name]: ["x", "y"] }), { scope: "MessageBody" })(toFilteredMessage({ body, attributes: {} })))).toEqual([false, true]);
  });

  it("reads a message once, however many policies look at it", () => {
    const message = toFilteredMessage({ body: '{"a":1.000009}', attributes: {} });
    expect(compileFilterPolicy('{"a":[1]}', { scope: "MessageBody" })(message)).toBe(true);
    expect(message.read("MessageBody")).toBe(message.read("MessageBody"));
  });

  it.each(INVALID)("%s (%s)", (reason, scope, policy) => {
    expect(reasonOf(policy, scope)).toBe(reason);
  });
});
