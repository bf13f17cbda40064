import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PatternTooCostly } from "../../../src/patterns/errors.ts";
import { compilePattern } from "../../../src/patterns/pattern.ts";
import { createFilter } from "../../../src/plumber/event-source-mapping/filter.ts";
import type { MappingSettings } from "../../../src/plumber/event-source-mapping/mapping.ts";
import { splitIntoEvents, toEvent, toItem, type BatchItem } from "../../../src/plumber/event-source-mapping/record.ts";
import { failuresIn, withFollowers } from "../../../src/plumber/event-source-mapping/response.ts";
import { createScaling } from "../../../src/plumber/event-source-mapping/scaling.ts";
import { eventText, pattern } from "../../patterns/arbitrary.ts";

const SOURCE = { sourceArn: "arn:aws:sqs:us-east-1:000000000000:q", region: "us-east-1" };
const item = (id: string, Body = id, group?: string): BatchItem =>
  toItem({ MessageId: id, ReceiptHandle: `r-${id}`, Body, MD5OfBody: "md5", Attributes: { ApproximateReceiveCount: "1", ...(group === undefined ? {} : { MessageGroupId: group }) }, MessageAttributes: { kind: { DataType: "String", StringValue: "order" } } }, SOURCE);

describe("a filter", () => {
  const passes = (patterns: unknown[], body: string) => createFilter(patterns.map((pattern) => JSON.stringify(pattern)))(item("m", body));
  const JSON_BODY = '{"a":1,"b":["x","y"]}';

  it.each<[string, unknown[], string, boolean]>([
    ["there is none", [], "anything", true],
    ["a pattern of JSON, and the body is that", [{ body: { a: [1] } }], JSON_BODY, true],
    ["a pattern of JSON that does not match", [{ body: { a: [2] } }], JSON_BODY, false],
    ["one of two patterns", [{ body: { a: [2] } }, { body: { b: ["y"] } }], JSON_BODY, true],
    ["a pattern of JSON, and the body is a text", [{ body: { a: [1] } }], "a", false],
    ["a pattern of JSON that a text would match", [{ body: { a: [{ exists: false }] } }], "text", false],
    ["a pattern of texts, and the body is one", [{ body: ["text"] }], "text", true],
    ["a pattern of texts, and the body is JSON", [{ body: [{ exists: false }, "x"] }], '["x"]', false],
    ["a pattern of texts, and the body only looks like JSON", [{ body: [{ prefix: "{" }] }], "{not JSON", true],
    ["a number is a text", [{ body: ["5"] }], "5", true],
    ["a pattern of other fields, whatever the body is", [{ messageAttributes: { kind: { stringValue: ["order"] } } }], "text", true],
    ["the same with JSON", [{ attributes: { ApproximateReceiveCount: ["1"] } }], JSON_BODY, true],
    ["another message attribute", [{ messageAttributes: { kind: { stringValue: ["invoice"] } } }], JSON_BODY, false],
    ["body patterns in a $or", [{ $or: [{ body: { a: [1] } }, { body: { a: [{ exists: false }] } }] }], "text", false],
  ])("%s", (_what, patterns, body, expected) => {
    expect(passes(patterns, body)).toBe(expected);
  });

  it("lets through what it would take too long to tell", () => {
    const $or = Array.from({ length: 400 }, (_, index) => ({ list: [{ "anything-but": [0, index + 1] }] }));
    expect(passes([{ body: { $or } }], JSON.stringify({ list: Array.from({ length: 100_000 }, () => 0) }))).toBe(true);
  });
});

describe("filters", () => {
  /** Each by itself, over the parsed record; what takes that too long is not looked at. */
  const naively = (filters: readonly string[], { record }: BatchItem): boolean => {
    const parsed: unknown = JSON.parse(record.body);
    try {
      return filters.some((filter) => compilePattern(filter)({ ...record, body: parsed }));
    } catch (error) {
      fc.pre(!(error instanceof PatternTooCostly));
      throw error;
    }
  };

  it("let through what any of them does, of a body as it was written", () => {
    fc.assert(
      fc.property(fc.array(pattern, { minLength: 1, maxLength: 5 }), eventText, (patterns, body) => {
        const filters = patterns.map((one) => `{"body":${one}}`);
        expect(createFilter(filters)(item("m", body))).toBe(naively(filters, item("m", body)));
      }),
      { numRuns: 300 },
    );
  });
});

describe("the response of a function that reports failures", () => {
  const items = ["a", "b", "c"].map((id) => item(id));
  const failed = (response: unknown) => [...failuresIn(Buffer.from(typeof response === "string" ? response : JSON.stringify(response)), items)];
  const all = ["a", "b", "c"];

  it.each<[string, unknown, string[]]>([
    ["nothing", "", []],
    ["null", null, []],
    ["an empty text", '""', []],
    ["an empty object", {}, []],
    ["no list", { batchItemFailures: null }, []],
    ["an empty list", { batchItemFailures: [] }, []],
    ["one of them", { batchItemFailures: [{ itemIdentifier: "b" }] }, ["b"]],
    ["one of them twice", { batchItemFailures: [{ itemIdentifier: "b" }, { itemIdentifier: "b" }] }, ["b"]],
    ["no JSON", '{"batchItemFailures": [', all],
    ["a text", '"done"', all],
    ["a list", [], all],
    ["a number", 5, all],
    ["a list that is none", { batchItemFailures: "b" }, all],
    ["an empty identifier", { batchItemFailures: [{ itemIdentifier: "" }] }, all],
    ["an identifier that is null", { batchItemFailures: [{ itemIdentifier: null }] }, all],
    ["an identifier that is a number", { batchItemFailures: [{ itemIdentifier: 5 }] }, all],
    ["an identifier by another name", { batchItemFailures: [{ id: "b" }] }, all],
    ["a failure that is a text", { batchItemFailures: ["b"] }, all],
    ["a failure that is null", { batchItemFailures: [null] }, all],
    ["a message of another batch", { batchItemFailures: [{ itemIdentifier: "b" }, { itemIdentifier: "z" }] }, all],
  ])("%s", (_what, response, expected) => {
    expect(failed(response)).toEqual(expected);
  });

  it("keeps all behind a failure in its group, and nothing before it or of another", () => {
    const groups = fc.array(fc.record({ group: fc.constantFrom("x", "y", "z"), isFailed: fc.boolean() }), { maxLength: 10 });
    fc.assert(
      fc.property(groups, (members) => {
        const batch = members.map(({ group }, index) => item(String(index), "", group));
        const kept = withFollowers(batch, new Set(members.flatMap(({ isFailed }, index) => (isFailed ? [String(index)] : []))));
        members.forEach(({ group }, index) => {
          expect(kept.has(String(index))).toBe(members.some((other, before) => before <= index && other.group === group && other.isFailed));
        });
      }),
    );
  });
});

describe("events", () => {
  it("hold all messages in their order, and none is longer than it may be", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 60, unit: "binary" }), { maxLength: 30 }), (bodies) => {
        const items = bodies.map((body, index) => item(String(index), body));
        const most = Math.max(800, ...items.map(({ bytes }) => bytes + 20));
        const events = splitIntoEvents(items, most);
        expect(events.flat()).toEqual(items);
        for (const event of events) {
          const bytes = toEvent(event);
          expect(bytes.length).toBeLessThanOrEqual(most);
          expect((JSON.parse(bytes.toString()) as { Records: unknown[] }).Records).toEqual(event.map(({ record }) => record));
        }
      }),
    );
  });
});

describe("the batches that a mapping may have at once", () => {
  const open = (settings: Pick<MappingSettings, "maximumConcurrency" | "provisionedPollers"> = {}) => {
    const at = { now: 0 };
    const scaling = createScaling({ clock: { now: () => at.now }, settings: () => settings });
    return { scaling, pass: (ms: number, isBacklog = true) => ((at.now += ms), scaling.found(isBacklog), scaling.allowed) };
  };

  it("are five, and 300 more for each minute of a backlog, up to 1,250", () => {
    const { scaling, pass } = open();
    expect(scaling.allowed).toBe(5);
    expect(pass(0)).toBe(5);
    expect(pass(1_000)).toBe(10);
    expect(pass(59_000)).toBe(305);
    expect(pass(10 * 60_000)).toBe(1_250);
    scaling.idle();
    expect(scaling.allowed).toBe(5);
  });

  it("do not become more while messages come one by one", () => {
    const { pass } = open();
    expect([pass(60_000, false), pass(60_000, false), pass(60_000), pass(1_000)]).toEqual([5, 5, 5, 10]);
  });

  it("are at most as many as are configured", () => {
    const { scaling, pass } = open({ maximumConcurrency: 3 });
    expect([scaling.allowed, pass(0), pass(60_000)]).toEqual([3, 3, 3]);
  });

  it("are ten for each provisioned poller, and 1,000 more in a minute", () => {
    const { scaling, pass } = open({ provisionedPollers: { minimum: 3, maximum: 50 } });
    expect([scaling.allowed, pass(0), pass(6_000), pass(60_000)]).toEqual([30, 30, 130, 500]);
  });

  it("are halved by a throttle, to no less than one, and become more again", () => {
    const { scaling, pass } = open();
    scaling.shrink();
    expect(scaling.allowed).toBe(2);
    for (let throttle = 0; throttle < 10; throttle++) scaling.shrink();
    expect(scaling.allowed).toBe(1);
    expect([pass(0), pass(60_000)]).toEqual([1, 301]);
  });
});
