import { describe, expect, it } from "vitest";
import { eventually } from "../support/temporary.ts";
import { node, python } from "./ground.ts";

const KEPT = "import os, sys, tempfile, time\nmark = os.path.join(tempfile.gettempdir(), 'mark')\n";
const withoutId = (json: unknown) => (json as { errorMessage: string }).errorMessage.replace(/^RequestId: [0-9a-f-]{36} /, "");
const report = (text: string) => {
  const match = /REPORT RequestId: \S+\tDuration: ([\d.]+) ms\tBilled Duration: (\d+) ms\tMemory Size: (\d+) MB\tMax Memory Used: (\d+) MB\t(?:Init Duration: ([\d.]+) ms\t)?(.*)\n$/.exec(text)!;
  return { duration: Number(match[1]), billed: Number(match[2]), size: Number(match[3]), used: Number(match[4]), init: match[5] === undefined ? undefined : Number(match[5]), rest: match[6] };
};

describe("L2 INIT that fails", () => {
  it.each([
    ["an exit", "os._exit(3)", "error\tError Type: Runtime.ExitError"],
    ["sys.exit", "sys.exit(0)", "error\tError Type: Runtime.ExitError"],
    ["an exception", "raise Exception('first')", "error\tError Type: Runtime.Unknown"],
  ])("by %s runs again inside the first invocation, /tmp kept", async (_name, failing, status) => {
    const { invoke, log } = await python(`${KEPT}
if not os.path.exists(mark):
    open(mark, "w").close()
    ${failing}
time.sleep(0.05)
def handler(event, context): return "second"
`);
    const first = await invoke({});
    expect(first.json).toBe("second");
    expect(log().join("")).toContain(`Phase: init\tStatus: ${status}\n`);
    const { duration, init, billed } = report(first.logTail.toString());
    expect(init).toBeUndefined();
    expect(duration).toBeGreaterThan(50);
    expect(billed).toBe(Math.ceil(first.durationMs));
    expect(first.logTail.toString()).not.toContain("Phase: invoke");
  });

  it("L1 by taking longer than ten seconds runs again, with the function's own timeout", async () => {
    const { invoke, log, wall } = await python(`${KEPT}
if not os.path.exists(mark):
    open(mark, "w").close()
    print("waiting")
    time.sleep(60)
def handler(event, context): return "second"
`);
    await eventually("INIT runs", () => log().includes("waiting\n"));
    await wall.advance(9_900);
    expect(log().join("")).not.toContain("INIT_REPORT");
    await wall.advance(100);
    await eventually("INIT is over", () => log().join("").includes("INIT_REPORT"));
    expect(log().at(-1)).toMatch(/^INIT_REPORT Init Duration: [\d.]+ ms\tPhase: init\tStatus: timeout\n$/);
    expect((await invoke({})).json).toBe("second");
  });

  it.each([
    ["an exit", "os._exit(3)", "Runtime exited with error: exit status 3", "error\tError Type: Runtime.ExitError"],
    ["taking too long", "time.sleep(60) if os.path.exists(mark) else (open(mark, 'w'), os._exit(1))", "Task timed out after 1.00 seconds", "timeout"],
  ])("again by %s is the invocation's failure", async (_name, failing, text, status) => {
    const { invoke } = await python(`${KEPT}${failing}\n`, { timeoutSeconds: 1 });
    const failed = await invoke({});
    expect(withoutId(failed.json)).toBe(`Error: ${text}`);
    expect(failed.logTail.toString()).toMatch(new RegExp(`^START [^]*INIT_REPORT Init Duration: [\\d.]+ ms\\tPhase: invoke\\tStatus: ${status}\\n[^]*${text}\\n[^]*END [^]*\\tStatus: ${status}\\n$`));
  });

  it("H10 starts once for each invocation, never by itself", async () => {
    const { invoke, log, environment } = await python("print('started')\nraise Exception('always')");
    await eventually("INIT is over", () => environment.state === "idle");
    await invoke({});
    await invoke({});
    expect(log().filter((line) => line === "started\n")).toHaveLength(3);
  });
});

describe("an environment that is stopped", () => {
  it("in its INIT, or in that of an invocation, ends without a trace", async () => {
    const { environment, invoke } = await python("import time\ntime.sleep(60)");
    const failed = invoke({}).then(() => "answered", (error: Error) => error);
    await environment.stop();
    expect(await failed).toMatchObject({ code: "ServiceException", message: expect.stringMatching(/^lambdad could not run f: its environment was stopped/) });
    await environment.initialized;
    expect(environment.state).toBe("dead");
    const again = await python("import os\nif os.path.exists(os.environ.get('TMPDIR', '/tmp') + '/mark'):\n  import time\n  print('again', flush=True)\n  time.sleep(60)\nopen(os.environ.get('TMPDIR', '/tmp') + '/mark', 'w').close()\nos._exit(1)");
    const inside = again.invoke({}).then(() => "answered", (error: Error) => error);
    await eventually("INIT runs again", () => again.log().includes("again\n"));
    await again.environment.stop();
    expect(await inside).toMatchObject({ code: "ServiceException", message: "lambdad could not run f: its environment was stopped" });
  });
});

describe("between invocations", () => {
  it("L8 is frozen, before the first one too", async () => {
    const { environment, invoke } = await node("let turns = 0;\nsetInterval(() => turns++, 1);\nexport const handler = () => new Promise((resolve) => setTimeout(() => resolve(turns), 50));");
    await eventually("it is frozen", () => environment.state === "frozen");
    const first = (await invoke({})).json as number;
    await eventually("it is frozen again", () => environment.state === "frozen");
    expect(((await invoke({})).json as number) > first).toBe(true);
  });
});

describe("E2, H1 a runtime that ends in an invocation", () => {
  it.each([
    ["exits with 0", "process.exit(0)", "Runtime exited without providing a reason"],
    ["exits with 1", "process.exit(1)", "Runtime exited with error: exit status 1"],
    ["exits with 7", "process.exit(7)", "Runtime exited with error: exit status 7"],
    ["aborts", "process.abort()", "Runtime exited with error: signal: aborted"],
    ["is killed", "process.kill(process.pid, 'SIGKILL')", "Runtime exited with error: signal: killed"],
    ["breaks a segment", "process.kill(process.pid, 'SIGSEGV')", "Runtime exited with error: signal: segmentation fault"],
    ["is terminated", "process.kill(process.pid, 'SIGTERM')", "Runtime exited with error: signal: terminated"],
  ])("%s", async (_name, body, text) => {
    const { invoke } = await node(`export const handler = async ({ bad }) => { if (bad) { ${body}; await new Promise((r) => setTimeout(r, 5000)); } return "fine"; }`);
    const failed = await invoke({ bad: true });
    expect(failed.json).toMatchObject({ errorType: "Runtime.ExitError" });
    expect(withoutId(failed.json)).toBe(`Error: ${text}`);
    expect(failed.logTail.toString()).toMatch(new RegExp(`RequestId: [0-9a-f-]{36} Error: ${text}\\nRuntime\\.ExitError\\nEND [^]*\\tStatus: error\\tError Type: Runtime\\.ExitError\\n$`));
    const next = await invoke({ bad: false });
    expect([next.json, report(next.logTail.toString()).init]).toEqual(["fine", undefined]);
  });

  it.each([
    ["waits forever", "while True: time.sleep(1)"],
    ["computes forever", "while True: pass"],
    ["ignores signals", "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"],
  ])("E1 %s is timed out", async (_name, body) => {
    const { invoke } = await python(`import time\ndef handler(event, context):\n  if event["ok"]: return 1\n  ${body}`, { timeoutSeconds: 1 });
    const failed = await invoke({ ok: false });
    expect(failed.json).toMatchObject({ errorType: "Sandbox.Timedout" });
    expect(report(failed.logTail.toString())).toMatchObject({ duration: 1_000, rest: "Status: timeout" });
    expect((await invoke({ ok: true })).json).toBe(1);
  });
});

describe("G2, G6 the report", () => {
  it("is true: durations, what is billed, memory", async () => {
    const { invoke } = await python(
      "import time\nheld = []\ntime.sleep(0.1)\ndef handler(event, context):\n  time.sleep(0.05)\n  if event['mb']: held.append(bytearray(event['mb'] << 20))\n  return context.get_remaining_time_in_millis()",
      { memoryMb: 512, timeoutSeconds: 3 },
    );
    const cold = await invoke({ mb: 0 });
    const first = report(cold.logTail.toString());
    expect(first.duration).toBeGreaterThanOrEqual(50);
    expect(first.init).toBeGreaterThan(100);
    expect(first.billed).toBe(Math.ceil(cold.durationMs + cold.initMs!));
    expect(cold.json).toBeLessThan(2_960);
    const warm = report((await invoke({ mb: 100 })).logTail.toString());
    expect([warm.init, warm.size, warm.rest]).toEqual([undefined, 512, ""]);
    expect(warm.billed).toBe(Math.ceil(warm.duration));
    expect(first.used).toBeLessThan(60);
    expect(warm.used).toBeGreaterThan(100);
    expect(warm.used).toBeLessThan(160);
  });

  it("L6 what runs on in the background writes into the log of the next invocation", async () => {
    const { invoke } = await python(`
import threading, time
def later():
    time.sleep(0.1)
    print("from the first")
def handler(event, context):
    if event["start"]: threading.Thread(target=later).start()
    else: time.sleep(0.3)
`);
    expect((await invoke({ start: true })).logTail.toString()).not.toContain("from the first");
    expect((await invoke({ start: false })).logTail.toString()).toContain("from the first\n");
  });

  it.each([
    ["DEBUG", ["initStart", "initRuntimeDone", "initReport", "start", "runtimeDone", "report", "start", "runtimeDone", "report"]],
    ["INFO", ["initStart", "start", "report", "start", "runtimeDone", "report"]],
    ["WARN", ["runtimeDone", "report"]],
  ])("G4 in JSON honours SystemLogLevel %s", async (systemLevel, types) => {
    const { invoke, log } = await python("import os\ndef handler(event, context): return os._exit(1) if event else 'done'", { logging: { group: "g", format: "JSON", systemLevel } });
    const first = await invoke(null);
    await invoke({ bad: true });
    // Beside lambdad's own notice, where another Python than the exact one runs it.
    const records = log().filter((line) => line.startsWith('{"time"')).map((line) => JSON.parse(line) as { type: string; time: string; record: Record<string, unknown> }).filter(({ type }) => type.startsWith("platform."));
    expect(records.map(({ type }) => type.replace("platform.", ""))).toEqual(types);
    const last = (type: string) => records.findLast((one) => one.type === `platform.${type}`)?.record;
    const requestId = expect.stringMatching(/^[0-9a-f-]{36}$/);
    expect(last("report")).toEqual({ requestId, metrics: { durationMs: expect.any(Number), billedDurationMs: expect.any(Number), memorySizeMB: 1_769, maxMemoryUsedMB: expect.any(Number) }, status: "error", errorType: "Runtime.ExitError" });
    expect(last("runtimeDone")).toEqual({ requestId, metrics: { durationMs: expect.any(Number), producedBytes: 0 }, status: "error", errorType: "Runtime.ExitError" });
    if (systemLevel === "WARN") return;
    const { metrics } = records.find(({ type }) => type === "platform.report")!.record as { metrics: { durationMs: number; initDurationMs: number } };
    expect(metrics).toMatchObject({ billedDurationMs: first.billedMs, initDurationMs: Math.round(first.initMs! * 1_000) / 1_000 });
    expect(last("initStart")).toMatchObject({ initializationType: "on-demand", phase: "init", runtimeVersion: expect.stringMatching(/^python:3\./), functionName: "f", functionVersion: "$LATEST" });
    expect(last("start")).toEqual({ requestId, version: "$LATEST" });
    if (systemLevel === "DEBUG") expect(last("initReport")).toEqual({ initializationType: "on-demand", phase: "init", status: "success", metrics: { durationMs: metrics.initDurationMs } });
  });
});

it("answers as soon as the runtime is ready again, with the log written before anybody can ask for more", async () => {
  const { invoke, log } = await node("export const handler = async () => { console.log('said'); return 1; };");
  await invoke({});
  let told = -1;
  const atEnd = Promise.withResolvers<string[]>();
  const before = log().length;
  await invoke({}, {
    onAnswer() {
      told = log().slice(before).filter((line) => line.startsWith("REPORT")).length;
      setImmediate(() => setImmediate(() => atEnd.resolve(log().slice(before))));
    },
  });
  expect(told).toBe(0);
  expect((await atEnd.promise).map((line) => line.split(/[\t ]/)[0]!.replace(/^\d.*/, "said"))).toEqual(["START", "said", "END", "REPORT"]);
});
