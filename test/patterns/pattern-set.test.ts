import { expect, test } from "vitest";
import { createPatternSet } from "../../src/patterns/pattern-set.ts";

const bytes = (event: unknown) => Buffer.from(JSON.stringify(event));

test("a set of patterns tells the keys of those that describe an event", () => {
  const set = createPatternSet<string>();
  set.add("started", '{"detail":{"state":["started"]}}');
  set.add("any", '{"source":["app"]}');
  expect(set.matching(bytes({ source: "app", detail: { state: "started" } }))).toEqual(["started", "any"]);
  set.add("started", '{"detail":{"state":["stopped"]}}');
  expect(set.matching(bytes({ source: "app", detail: { state: "started" } }))).toEqual(["any"]);
  set.remove("any");
  expect(set.size).toBe(1);
  expect(set.matching(bytes({ source: "app", detail: { state: "stopped" } }))).toEqual(["started"]);
});
