import { describe, expect, it } from "vitest";
import { compilePattern } from "../../src/patterns/pattern.ts";
import { InvalidPattern, PatternTooCostly } from "../../src/patterns/errors.ts";

const matches = (pattern: unknown, event: unknown): boolean => compilePattern(JSON.stringify(pattern))(event);
const reasonOf = (pattern: unknown): string => {
  try {
    compilePattern(typeof pattern === "string" ? pattern : JSON.stringify(pattern));
  } catch (error) {
    if (error instanceof InvalidPattern) return error.message.replace(/(\n at \[Source: .*)+$/s, "");
    throw error;
  }
  return "valid";
};

const EVENT = {
  version: "0", source: "aws.ec2", "detail-type": "EC2 Instance State-change Notification", time: "2017-10-02T16:24:49Z",
  resources: ["arn:aws:ec2:us-east-1:123456789012:instance/i-1", "arn:aws:ec2:us-east-1:123456789012:instance/i-2"],
  detail: { "c-count": 5, "x-limit": 301.8, "source-ip": "10.0.0.33", "ip6": "2001:db8::8a2e:370:7334", state: "running", empty: "", nothing: null, yes: true, none: [], name: "Ärger" },
};

const detail = (members: object) => ({ detail: members });

/** [what, pattern, whether the event matches it] */
const CASES: readonly [string, unknown, boolean][] = [
  ["one of the values", { source: ["aws.s3", "aws.ec2"] }, true],
  ["none of the values", { source: ["aws.s3"] }, false],
  ["a field that is not there", { sauce: ["aws.ec2"] }, false],
  ["all fields", { source: ["aws.ec2"], detail: { state: ["stopped"] } }, false],
  ["an element of an array", { resources: ["arn:aws:ec2:us-east-1:123456789012:instance/i-2"] }, true],
  ["another letter case", { source: ["AWS.ec2"] }, false],
  ["a number", detail({ "c-count": [5] }), true],
  ["a number written differently", detail({ "x-limit": [3.018e2] }), true],
  ["a number that is a text", detail({ "c-count": ["5"] }), false],
  ["the empty text", detail({ empty: [""] }), true],
  ["null", detail({ nothing: [null] }), true],
  ["null where there is nothing", detail({ missing: [null] }), false],
  ["the empty text is not null", detail({ empty: [null] }), false],
  ["true", detail({ yes: [true] }), true],
  ["false", detail({ yes: [false] }), false],
  ["true as a text", detail({ yes: ["true"] }), false],
  ["an object where a value is wanted", { detail: ["x"] }, false],
  ["a value where an object is wanted", { source: { name: ["x"] } }, false],
  ["exactly", { source: [{ exactly: "aws.ec2" }] }, true],
  ["prefix", { time: [{ prefix: "2017-10-02" }] }, true],
  ["the empty prefix", { time: [{ prefix: "" }] }, true],
  ["a prefix of a number", detail({ "c-count": [{ prefix: "5" }] }), false],
  ["prefix, ignoring case", { source: [{ prefix: { "equals-ignore-case": "AWS" } }] }, true],
  ["suffix", { source: [{ suffix: ".ec2" }] }, true],
  ["suffix, ignoring case", { source: [{ suffix: { "equals-ignore-case": "EC2" } }] }, true],
  ["suffix of other case", { source: [{ suffix: "EC2" }] }, false],
  ["equals-ignore-case", { source: [{ "equals-ignore-case": "AWS.EC2" }] }, true],
  ["equals-ignore-case beyond ASCII", detail({ name: [{ "equals-ignore-case": "äRGER" }] }), true],
  ["wildcard", { resources: [{ wildcard: "arn:aws:*:us-east-1:*/i-*" }] }, true],
  ["a wildcard whose ends overlap", { source: [{ wildcard: "aws.ec*c2" }] }, false],
  ["a wildcard for nothing", { source: [{ wildcard: "aws.*ec2" }] }, true],
  ["an escaped star", { source: [{ wildcard: "aws.\\*" }] }, false],
  ["a wildcard of no star", { source: [{ wildcard: "aws.ec2" }] }, true],
  ["anything-but", detail({ state: [{ "anything-but": "stopped" }] }), true],
  ["anything-but, of that", detail({ state: [{ "anything-but": "running" }] }), false],
  ["anything-but a list", detail({ state: [{ "anything-but": ["running", "stopped"] }] }), false],
  ["anything-but numbers", detail({ "c-count": [{ "anything-but": [100, 200] }] }), true],
  ["anything-but a number, of that", detail({ "c-count": [{ "anything-but": 5 }] }), false],
  ["anything-but where there is nothing", detail({ missing: [{ "anything-but": "x" }] }), false],
  ["anything-but a text, of null", detail({ nothing: [{ "anything-but": "x" }] }), true],
  ["anything-but, of one element", { resources: [{ "anything-but": "arn:aws:ec2:us-east-1:123456789012:instance/i-1" }] }, true],
  ["anything-but a prefix", detail({ state: [{ "anything-but": { prefix: "run" } }] }), false],
  ["anything-but prefixes", detail({ state: [{ "anything-but": { prefix: ["stop", "init"] } }] }), true],
  ["anything-but a suffix", detail({ state: [{ "anything-but": { suffix: ["ning"] } }] }), false],
  ["anything-but, ignoring case", detail({ state: [{ "anything-but": { "equals-ignore-case": ["RUNNING"] } }] }), false],
  ["anything-but a wildcard", detail({ state: [{ "anything-but": { wildcard: "r*g" } }] }), false],
  ["numeric =", detail({ "c-count": [{ numeric: ["=", 5] }] }), true],
  ["numeric range", detail({ "c-count": [{ numeric: [">", 0, "<=", 5] }] }), true],
  ["numeric, open", detail({ "c-count": [{ numeric: [">", 5] }] }), false],
  ["numeric of a text", detail({ "source-ip": [{ numeric: [">", 0] }] }), false],
  ["numeric <", detail({ "x-limit": [{ numeric: ["<", 301.81] }] }), true],
  ["cidr", detail({ "source-ip": [{ cidr: "10.0.0.0/24" }] }), true],
  ["cidr from its address on", detail({ "source-ip": [{ cidr: "10.0.0.34/24" }] }), false],
  ["cidr of another network", detail({ "source-ip": [{ cidr: "10.0.1.0/24" }] }), false],
  ["cidr of IPv6", detail({ ip6: [{ cidr: "2001:db8::/32" }] }), true],
  ["cidr of the other family", detail({ ip6: [{ cidr: "0.0.0.0/0" }] }), false],
  ["cidr of no address", { source: [{ cidr: "0.0.0.0/0" }] }, false],
  ["an address written differently", detail({ ip6: ["2001:0db8:0:0:0:8A2E:0370:7334"] }), true],
  ["exists", detail({ "c-count": [{ exists: true }] }), true],
  ["exists, of null", detail({ nothing: [{ exists: true }] }), true],
  ["exists, of an empty array", detail({ none: [{ exists: true }] }), false],
  ["exists, of an object: only leaves", { detail: [{ exists: true }] }, false],
  ["exists: false, of an object: only leaves", { detail: [{ exists: false }] }, true],
  ["exists: false", detail({ missing: [{ exists: false }] }), true],
  ["exists: false, of what is there", detail({ state: [{ exists: false }] }), false],
  ["absent or a value", detail({ state: [{ exists: false }, "running"] }), true],
  ["absent or another value", detail({ state: [{ exists: false }, "stopped"] }), false],
  ["$or", { $or: [{ source: ["aws.s3"] }, { detail: { state: ["running"] } }] }, true],
  ["$or of none", { $or: [{ source: ["aws.s3"] }, { detail: { state: ["stopped"] } }] }, false],
  ["$or and a field beside it", { version: ["1"], $or: [{ source: ["aws.ec2"] }, { time: ["x"] }] }, false],
  ["two $or", { $or: [{ source: ["aws.ec2"] }, { time: ["x"] }], detail: { $or: [{ state: ["x"] }, { "c-count": [5] }] } }, true],
  ["$or in $or", { $or: [{ source: ["x"] }, { version: ["0"], $or: [{ time: ["x"] }, { detail: { yes: [true] } }] }] }, true],
  ["a key with dots, in the pattern", { "detail.state": ["running"] }, true],
];

describe("an event pattern", () => {
  it.each(CASES)("%s", (_what, pattern, expected) => {
    expect(matches(pattern, EVENT)).toBe(expected);
  });

  it("takes dots in an event's keys for steps", () => {
    expect(matches({ detail: { "state.status": ["on"] } }, { detail: { state: { status: "on" } } })).toBe(true);
    expect(matches({ detail: { state: { status: ["on"] } } }, { detail: { "state.status": "on" } })).toBe(true);
    expect(matches({ detail: { state: { status: ["on"] } } }, { detail: { "state.status": "off", state: { status: "on" } } })).toBe(true);
  });

  it("wants all fields of one element of an array", () => {
    const event = { employees: [{ first: "Anna", last: "Smith" }, [{ first: "Peter", last: "Jones" }]] };
    expect(matches({ employees: { first: ["Anna"] } }, event)).toBe(true);
    expect(matches({ employees: { first: ["Peter"], last: ["Jones"] } }, event)).toBe(true);
    expect(matches({ employees: { first: ["Anna"], last: ["Jones"] } }, event)).toBe(false);
    expect(matches({ employees: { first: ["Anna"], middle: [{ exists: false }] } }, event)).toBe(true);
  });

  it("matches no event that is no object, but for what it may lack", () => {
    expect(["text", 5, null, true].map((event) => matches({ a: ["text", 5, null, true] }, event))).toEqual([false, false, false, false]);
  });
});

/** [AWS's reason, pattern] */
const INVALID: readonly [string, unknown][] = [
  ["Filter is not an object", []],
  ["Filter is not an object", "null"],
  ["Empty objects are not allowed", {}],
  ["Empty objects are not allowed", { a: {} }],
  ["Empty arrays are not allowed", { a: [] }],
  ['"a" must be an object or an array', { a: "x" }],
  ["Match value must be String, number, true, false, or null", { a: [["x"]] }],
  ["Match expression name not found", { a: [{}] }],
  ["Unrecognized match type constructor", { a: [{ constructor: "x" }] }],
  ["Unrecognized match type PREFIX", { a: [{ PREFIX: "x" }] }],
  ["Only one key allowed in match expression", { a: [{ prefix: "x", suffix: "y" }] }],
  ["prefix match pattern must be a string", { a: [{ prefix: 5 }] }],
  ["suffix match pattern must be a string", { a: [{ suffix: ["x"] }] }],
  ["Unsupported prefix pattern: suffix", { a: [{ prefix: { suffix: "x" } }] }],
  ["equals-ignore-case match pattern must be a string", { a: [{ suffix: { "equals-ignore-case": 5 } }] }],
  ["equals-ignore-case match pattern must be a string", { a: [{ "equals-ignore-case": ["x"] }] }],
  ["wildcard match pattern must be a string", { a: [{ wildcard: 5 }] }],
  ["Consecutive wildcard characters at pos 3", { a: [{ wildcard: "ab**" }] }],
  ["Invalid escape character at pos 2", { a: [{ wildcard: "a\\b" }] }],
  ["Value of anything-but must be an array or single string/number value.", { a: [{ "anything-but": null }] }],
  ["Inside anything but list, start|null|boolean is not supported.", { a: [{ "anything-but": [true] }] }],
  ["Inside anything but list, either all values are number or string, mixed type is not supported", { a: [{ "anything-but": ["x", 5] }] }],
  ["Inside anything but list, either all values are number or string, mixed type is not supported", { a: [{ "anything-but": [] }] }],
  ["Unsupported anything-but pattern: numeric", { a: [{ "anything-but": { numeric: [">", 5] } }] }],
  ["Null prefix/suffix not allowed", { a: [{ "anything-but": { prefix: "" } }] }],
  ["prefix/suffix match pattern must be a string", { a: [{ "anything-but": { prefix: 5 } }] }],
  ["Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.", { a: [{ "anything-but": { "equals-ignore-case": [5] } }] }],
  ["Value of numeric must be an array.", { a: [{ numeric: ">" }] }],
  ["Unrecognized numeric range operator: !=", { a: [{ numeric: ["!=", 5] }] }],
  ["Value of > must be numeric", { a: [{ numeric: [">", "5"] }] }],
  ["Value of equals must be numeric", { a: [{ numeric: ["=", "5"] }] }],
  ["Too many elements in numeric expression", { a: [{ numeric: ["<", 5, ">", 1] }] }],
  ["Bad numeric range operator: >", { a: [{ numeric: [">", 5, ">", 1] }] }],
  ["Bad value in numeric range: 7", { a: [{ numeric: [">", 5, 7] }] }],
  ["Value of < must be numeric", { a: [{ numeric: [">", 5, "<", "7"] }] }],
  ["Too many terms in numeric range expression", { a: [{ numeric: [">", 5, "<", 7, 8] }] }],
  ["Bottom must be less than top", { a: [{ numeric: [">", 5, "<", 5] }] }],
  ["Value must be between -5.0E9 and 5.0E9, inclusive", { a: [{ numeric: ["<", 5e10] }] }],
  ["Malformed CIDR, one '/' required", { a: [{ cidr: "10.0.0.0" }] }],
  ["Malformed CIDR, mask bits must be an integer", { a: [{ cidr: "10.0.0.0/x" }] }],
  ["Malformed CIDR, mask bits must not be negative", { a: [{ cidr: "10.0.0.0/-1" }] }],
  ["IPv4 mask bits must be < 32", { a: [{ cidr: "10.0.0.0/32" }] }],
  ["IPv6 mask bits must be < 128", { a: [{ cidr: "::/128" }] }],
  ["Nonstandard IP address: here", { a: [{ cidr: "here/8" }] }],
  ["exists match pattern must be either true or false.", { a: [{ exists: "true" }] }],
  ["Unrecognized match type a", { $or: [{ a: ["x"] }, "b"] }],
  ["Unrecognized match type a", { $or: [{ a: ["x"] }] }],
  ["Unrecognized match type x", { detail: { $or: [{ x: ["1"] }], y: ["2"] } }],
  ["prefix match pattern must be a string", { $or: [{ prefix: ["x"] }, { b: ["x"] }] }],
];

describe("what is no event pattern", () => {
  it.each(INVALID)("%s", (reason, pattern) => {
    expect(reasonOf(pattern)).toBe(reason);
  });

  it("is refused when it is no JSON", () => {
    expect(reasonOf("{ a: [1] }")).toBe("Unexpected character ('a' (code 97)): was expecting double-quote to start field name");
    expect(reasonOf('{\f"a":[1]}')).toBe("Illegal character ((CTRL-CHAR, code 12)): only regular white space (\\r, \\n, \\t) is allowed between tokens");
  });

  it("is none of those whose $or is a field as any other", () => {
    expect(matches({ $or: { a: ["x"] } }, { $or: { a: "x" } })).toBe(true);
    expect(matches({ $or: [{ prefix: "x" }, "b"] }, { $or: "xy" })).toBe(true);
    expect(matches({ $or: [{ prefix: "x" }, "b"] }, { a: "xy" })).toBe(false);
  });

  it("is one of too many combinations", () => {
    const or = { $or: [{ a: ["x"] }, { b: ["x"] }] };
    const nested = (levels: number): object => (levels === 0 ? or : { ...or, [`l${levels}`]: nested(levels - 1) });
    expect(reasonOf(nested(8))).toBe("valid");
    expect(reasonOf(nested(12))).toBe("the $ors leave more than 1000 combinations");
  });
});

/** [reason, line, column, pattern] */
const PLACES: readonly [string, number, number, string][] = [
  ["Empty objects are not allowed", 1, 40, '{"source": ["aws.health"], "detail": {}}'],
  ['"slug" must be an object or an array', 3, 14, '{\n  "detail": {\n    "slug": "some-pipeline"\n  }\n}'],
  ["Unrecognized match type foo", 4, 14, '{\r\n  "a": [\n    "b",\n    {"foo": 1}\n  ]\n}'],
  ["Only one key allowed in match expression", 1, 31, '{"a":[{"prefix":"x","suffix":"y"}]}'],
  ["Value of < must be numeric", 1, 32, '{"abc":[{"numeric":[">",5,"<","7"]}]}'],
  ["Bottom must be less than top", 1, 31, '{"a":[{"numeric":[">",5,"<",5]}]}'],
  ["Consecutive wildcard characters at pos 3", 1, 24, '{"a":[{"wildcard":"é**"}]}'],
  ["Null prefix/suffix not allowed", 1, 35, '{"a":[{"anything-but":{"prefix":""}}]}'],
  ["Unexpected end-of-input within/between Array entries", 1, 11, '{"a":["x",'],
  ["Unrecognized token 'nul': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')", 1, 10, '{"a":[nul]}'],
  ["Unrecognized character escape 'q' (code 113)", 1, 10, '{"a":["\\q"]}'],
  ["Unexpected character (']' (code 93)) in numeric value: Decimal point not followed by a digit", 1, 9, '{"a":[1.]}'],
  ["Unexpected character (']' (code 93)) in numeric value: Exponent indicator not followed by a digit", 1, 9, '{"a":[2.5e]}'],
  ["Unexpected end-of-inputNo digit following minus sign", 1, 8, '{"a":[-'],
  ["Unexpected character ('x' (code 120)): was expecting comma to separate Array entries", 1, 9, '{"a":[1x]}'],
  ["Unexpected character (''' (code 39)): was expecting double-quote to start field name", 1, 3, "{'a':[1]}"],
  ["Unexpected character ('}' (code 125)): expected a value", 1, 7, '{"a":}'],
  ["Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using backslash to be included in string value", 1, 10, '{"a":["x\ny"]}'],
];

const complaintOf = (pattern: string): string => {
  try {
    compilePattern(pattern);
  } catch (error) {
    return (error as Error).message;
  }
  return "valid";
};

describe("a complaint about a pattern", () => {
  it.each(PLACES)("%s: says where (line %i, column %i)", (reason, line, column, pattern) => {
    expect(complaintOf(pattern)).toBe(`${reason}\n at [Source: (String)"${pattern}"; line: ${line}, column: ${column}]`);
  });

  it("tells where the object began that has no end", () => {
    expect(complaintOf('{"a":[{"exists":true')).toBe(
      'Unexpected end-of-input: expected close marker for Object (start marker at [Source: (String)"{"a":[{"exists":true"; line: 1, column: 7])\n at [Source: (String)"{"a":[{"exists":true"; line: 1, column: 21]',
    );
  });

  it("says the place of a member of a list twice, and none of a network", () => {
    const place = '\n at [Source: (String)"{"a":[{"anything-but":[true]}]}"; line: 1, column: 28]';
    expect(complaintOf('{"a":[{"anything-but":[true]}]}')).toBe(`Inside anything but list, start|null|boolean is not supported.${place}${place}`);
    expect(complaintOf('{"a":[{"cidr":"10.0.0.0"}]}')).toBe("Malformed CIDR, one '/' required");
  });

  it("repeats 500 characters of it", () => {
    expect(complaintOf(`{"a":["${"x".repeat(600)}"],"b":5}`)).toBe(`"b" must be an object or an array\n at [Source: (String)"{"a":["${"x".repeat(493)}"[truncated 116 chars]; line: 1, column: 616]`);
  });

  it("is none about what stands behind the pattern", () => {
    expect(complaintOf('{"a":[1]} x')).toBe("valid");
  });

  it("ends what is nested too deeply", () => {
    expect(complaintOf(`${'{"a":'.repeat(2_000)}`)).toMatch(/^Document nesting depth \(1001\) exceeds the maximum allowed \(1000/);
  });
});

describe("a pattern that has a name twice", () => {
  it("asks of the field what was said last, and keeps what lies beside it", () => {
    expect([{ a: "x" }, { a: "y" }].map((event) => compilePattern('{"a":["x"],"a":["y"]}')(event))).toEqual([false, true]);
    expect([{ a: { b: "x" } }, { a: { b: "x", c: "y" } }].map((event) => compilePattern('{"a":{"b":["x"]},"a":{"c":["y"]}}')(event))).toEqual([false, true]);
  });
});

describe("a pattern and an event that would hold the server", () => {
  it("are given up", () => {
    const branches = Array.from({ length: 400 }, (_, index) => ({ list: { a: [index + 1] } }));
    const list = Array.from({ length: 100_000 }, () => ({ a: 0 }));
    expect(() => matches({ $or: branches }, { list })).toThrow(PatternTooCostly);
    expect(matches({ list: { a: [1] } }, { list })).toBe(false);
  });

  it("take no longer for a text that many stars fit", () => {
    expect(matches({ a: [{ wildcard: `${"*a".repeat(1_000)}*b` }] }, { a: "a".repeat(100_000) })).toBe(false);
  });

  it("may be nested as deeply as JSON can be", () => {
    expect(matches({ a: ["x"] }, { a: JSON.parse(`${"[".repeat(50_000)}"x"${"]".repeat(50_000)}`) as unknown })).toBe(false);
  });
});
