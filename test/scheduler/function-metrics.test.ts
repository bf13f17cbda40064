import { describe, expect, it } from "vitest";
import type { InvocationOutcome } from "../../src/executor/executor.ts";
import { FUNCTIONS_MEASURED_MAX } from "../../src/kit/limits/metrics.ts";
import { createFunctionMetrics } from "../../src/scheduler/function-metrics.ts";
import { createCounted } from "../support/counted.ts";

const arn = (qualifier = "", name = "f") => `arn:aws:lambda:us-east-1:000000000000:function:${name}${qualifier === "" ? "" : `:${qualifier}`}`;
const invoked = (qualifier = "", version = "$LATEST", name = "f") => ({ account: "000000000000", region: "us-east-1", name, invokedFunctionArn: arn(qualifier, name), version });
const report = (kind: InvocationOutcome["kind"] = "response", durationMs = 5) => ({ outcome: { kind } as InvocationOutcome, durationMs });
const onDemand = { hasReservation: false, setAside: 0 };

const ground = () => {
  const { metrics, ...counted } = createCounted();
  return { ...counted, measured: createFunctionMetrics(metrics) };
};

describe("what is measured of functions", () => {
  it("counts for the function, for what it was invoked by, for the version behind an alias, and for all functions", () => {
    const { measured, values, units } = ground();
    measured.begin(invoked(), onDemand).end(report());
    measured.begin(invoked("live", "3"), onDemand).end(report("error", 7));
    measured.begin(invoked("3", "3"), onDemand).end({ ...report(), postRuntimeExtensionsMs: 12 });
    expect(values["Invocations{FunctionName=f}"]).toHaveLength(3);
    expect(values["Invocations{}"]).toHaveLength(3);
    expect(values["Duration{FunctionName=f}"]).toEqual([5, 7, 5]);
    expect(values["Errors{FunctionName=f}"]).toEqual([0, 1, 0]);
    expect(values["PostRuntimeExtensionsDuration{FunctionName=f}"]).toEqual([12]);
    expect(values["Throttles{FunctionName=f}"]).toEqual([0, 0, 0]);
    expect(values["Errors{FunctionName=f,Resource=f:live}"]).toEqual([1]);
    expect(values["Errors{FunctionName=f,Resource=f:live,ExecutedVersion=3}"]).toEqual([1]);
    expect(values["Invocations{FunctionName=f,Resource=f}"]).toEqual([1]);
    expect(values["Invocations{FunctionName=f,Resource=f:3}"]).toEqual([1]);
    expect(Object.keys(values).filter((key) => key.includes("ExecutedVersion") && !key.includes("f:live"))).toEqual([]);
    expect(units).toMatchObject({ Invocations: "Count", Duration: "Milliseconds", ConcurrentExecutions: "Count" });
  });

  it("levels what runs at once, and what of it is unreserved", () => {
    const { measured, values } = ground();
    const first = measured.begin(invoked(), onDemand);
    const second = measured.begin(invoked("", "$LATEST", "g"), { hasReservation: true, setAside: 0 });
    const third = measured.begin(invoked(), onDemand);
    first.end();
    second.end();
    measured.begin(invoked(), onDemand).end(report());
    third.end(report());
    expect(values["ConcurrentExecutions{FunctionName=f}"]).toEqual([1, 2, 2]);
    expect(values["ConcurrentExecutions{FunctionName=g}"]).toEqual([1]);
    expect(values["ConcurrentExecutions{}"]).toEqual([1, 2, 3, 2]);
    expect(values["UnreservedConcurrentExecutions{}"]).toEqual([1, 2, 2]);
    expect(values["ConcurrentExecutions{FunctionName=f,Resource=f}"]).toEqual([1, 2, 2]);
    expect(values["ClaimedAccountConcurrency{}"]).toEqual([1, 1, 2, 2]);
    // What did not come to an end was no invocation.
    expect(values["Invocations{}"]).toHaveLength(2);
  });

  it("tells what provisioned environments took, and what went beside them", () => {
    const { measured, values } = ground();
    const taken = { hasReservation: false, setAside: 4, provisioned: { isTaken: true, allocated: 4 } };
    const first = measured.begin(invoked("live", "1"), taken);
    measured.begin(invoked("live", "1"), taken).end(report());
    measured.begin(invoked("live", "1"), { hasReservation: false, setAside: 4, provisioned: { isTaken: false, allocated: 4 } }).end(report());
    first.end(report());
    expect(values["ProvisionedConcurrencyInvocations{FunctionName=f,Resource=f:live}"]).toEqual([1, 1]);
    expect(values["ProvisionedConcurrentExecutions{FunctionName=f,Resource=f:live}"]).toEqual([1, 2]);
    expect(values["ProvisionedConcurrencyUtilization{FunctionName=f,Resource=f:live}"]).toEqual([0.25, 0.5]);
    expect(values["ProvisionedConcurrencySpilloverInvocations{FunctionName=f,Resource=f:live}"]).toEqual([1]);
    expect(values["UnreservedConcurrentExecutions{}"]).toHaveLength(1);
    expect(values["ClaimedAccountConcurrency{}"]).toEqual([4, 4, 5]);
  });

  it("levels an alias whatever version it leads to", () => {
    const { measured, values } = ground();
    measured.begin(invoked("live", "1"), onDemand);
    measured.begin(invoked("live", "2"), onDemand);
    expect(values["ConcurrentExecutions{FunctionName=f,Resource=f:live}"]).toEqual([1, 2]);
  });

  it("tells times as the log does, to the hundredth of a millisecond", () => {
    const { measured, values } = ground();
    measured.begin(invoked(), onDemand).end({ ...report("response", 12.345678), postRuntimeExtensionsMs: 0.987654 });
    expect(values["Duration{FunctionName=f}"]).toEqual([12.35]);
    expect(values["PostRuntimeExtensionsDuration{FunctionName=f}"]).toEqual([0.99]);
  });

  it("counts what is refused, and events", () => {
    const { measured, values } = ground();
    measured.count(invoked(), "Throttles", 1);
    measured.count({ ...invoked("live"), version: undefined as never }, "AsyncEventAge", 120);
    expect(values["Throttles{FunctionName=f,Resource=f}"]).toEqual([1]);
    expect(values["AsyncEventAge{FunctionName=f,Resource=f:live}"]).toEqual([120]);
  });

  it("keeps so many at hand, and the levels of those that run", () => {
    const { measured, values } = ground();
    const running = measured.begin(invoked(), onDemand);
    for (let i = 0; i < FUNCTIONS_MEASURED_MAX + 10; i++) measured.begin(invoked("", "$LATEST", `g${i}`), onDemand).end(report());
    measured.begin(invoked(), onDemand).end(report());
    running.end(report());
    expect(values["ConcurrentExecutions{FunctionName=f}"]).toEqual([1, 2]);
  });
});
