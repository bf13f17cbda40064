import { describe, expect, it } from "vitest";
import { LINEAGE_FUNCTIONS_MAX, RECURSIVE_INVOCATIONS_MAX } from "../../src/kit/limits/lambda.ts";
import type { Trace } from "../../src/kit/ledger.ts";
import { passThrough } from "../../src/scheduler/lineage.ts";

const start: Trace = { id: "1-00000000-000000000000000000000000" };
const chain = (functions: readonly string[], from = start): Trace => functions.reduce((trace, name) => passThrough(trace, `arn:${name}`), from);
const times = (count: number, name = "f") => Array.from({ length: count }, () => name);

describe("a chain of events", () => {
  it("counts how often it came back to each function", () => {
    expect(chain(["f"])).toEqual({ id: start.id, lineage: expect.stringMatching(/^1:[0-9a-f]{8}:0$/) });
    expect(chain(["f", "g", "f", "f"]).lineage).toMatch(/^1:([0-9a-f]{8}):0\|(?!\1)[0-9a-f]{8}:2$/);
  });

  it("ends with the seventeenth invocation of one function", () => {
    const full = chain(times(RECURSIVE_INVOCATIONS_MAX));
    expect(() => passThrough(full, "arn:f")).toThrow(expect.objectContaining({ code: "RecursiveInvocationException", status: 400 }));
    expect(() => passThrough(full, "arn:g")).not.toThrow();
  });

  it("ends when two functions call each other, too", () => {
    const full = chain(times(RECURSIVE_INVOCATIONS_MAX).flatMap((name) => [name, "g"]));
    expect(() => passThrough(full, "arn:f")).toThrow("recursive loop");
  });

  it("goes on through a function that may loop", () => {
    const full = chain(times(RECURSIVE_INVOCATIONS_MAX));
    expect(passThrough(full, "arn:f", "Allow").lineage).toMatch(/:16$/);
  });

  it("reads AWS's forms, and leaves out what is none", () => {
    expect(passThrough({ ...start, lineage: "a87bd80c:1|68fd508a:5" }, "arn:f").lineage).toMatch(/^1:a87bd80c:1\|68fd508a:5\|[0-9a-f]{8}:0$/);
    expect(passThrough({ ...start, lineage: "2:a87bd80c:1" }, "arn:f").lineage).toMatch(/^1:a87bd80c:1\|[0-9a-f]{8}:0$/);
    expect(passThrough({ ...start, lineage: "nonsense|\r\nx: y|1:zz:3" }, "arn:f").lineage).toMatch(/^1:[0-9a-f]{8}:0$/);
  });

  it("names the newest functions only", () => {
    const names = Array.from({ length: LINEAGE_FUNCTIONS_MAX + 5 }, (_, index) => `f${index}`);
    expect(chain(names).lineage!.split("|")).toHaveLength(LINEAGE_FUNCTIONS_MAX);
  });
});
