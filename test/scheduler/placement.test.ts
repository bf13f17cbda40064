import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import type { FunctionTarget } from "../../src/executor/executor.ts";
import { CREDENTIALS_MARGIN_MS } from "../../src/kit/limits/lambda.ts";
import { createScheduler } from "../../src/scheduler/invoke.ts";
import { createGround, type GroundOptions } from "../executor/ground.ts";
import { eventually } from "../support/temporary.ts";

const APP = { "app.py": "import os, time\nloaded = os.urandom(4).hex()\ndef handler(event, context):\n  time.sleep(event.get('seconds', 0))\n  while event.get('waits') and not os.path.exists(os.environ['LAMBDA_TASK_ROOT'] + '/go'): time.sleep(0.01)\n  return loaded" };
const IDLE_MS = 60_000;

const setUp = (options: GroundOptions & { accountConcurrency?: number } = {}) => {
  const ground = createGround(options);
  const { executor, clock, wall, ledger } = ground;
  const scheduler = createScheduler({ executor, clock, wall, ledger, settings: { idleMs: IDLE_MS, ...(options.accountConcurrency === undefined ? {} : { accountConcurrency: options.accountConcurrency }) } });
  const invoke = async (target: FunctionTarget, event: object = {}) => {
    const report = await scheduler.invoke(target, ground.invocation(event));
    return { ...report, json: JSON.parse(report.outcome.payload.toString("utf8")) as unknown };
  };
  const count = () => scheduler.environments().length;
  const busy = () => scheduler.environments().filter(({ state }) => state === "busy").length;
  /** So many at once: none is done before each runs in an environment. */
  const together = async (target: FunctionTarget, number: number) => {
    const running = Promise.all(Array.from({ length: number }, () => invoke(target, { waits: true })));
    await eventually(`${number} busy environments`, () => busy() === number);
    const packages = join(ground.dataDirectory, "code");
    const gates = readdirSync(packages, { recursive: true, encoding: "utf8" }).filter((path) => basename(path) === "app.py").map((path) => join(packages, dirname(path), "go"));
    for (const gate of gates) writeFileSync(gate, "");
    const reports = await running;
    for (const gate of gates) rmSync(gate);
    return reports;
  };
  return { ...ground, scheduler, invoke, together, count };
};

describe("placement", () => {
  it("L11 uses a warm environment again, and several for several at once", async () => {
    const { invoke, together, target, count } = setUp();
    const f = await target(APP);
    const first = await invoke(f);
    expect((await invoke(f)).environmentId).toBe(first.environmentId);
    const reports = await together(f, 3);
    expect(new Set(reports.map(({ environmentId }) => environmentId)).size).toBe(3);
    expect(reports.filter(({ isColdStart }) => isColdStart)).toHaveLength(2);
    expect(count()).toBe(3);
  });

  it("ends what is idle by the platform's clock, not what was used meanwhile, and leaves no timers behind", async () => {
    const { invoke, together, target, clock, count } = setUp();
    const f = await target(APP);
    await together(f, 2);
    await clock.advance(IDLE_MS - 1_000);
    for (let i = 0; i < 5; i++) await invoke(f);
    expect(count()).toBe(2);
    expect((await clock.advance(2_000)).map(({ name }) => name)).toEqual(["idle environment"]);
    expect(count()).toBe(1);
    expect((await invoke(f)).isColdStart).toBe(false);
    expect(await clock.advance(2 * IDLE_MS)).toHaveLength(1);
    expect(count()).toBe(0);
    expect((await invoke(f)).isColdStart).toBe(true);
  });

  it("L11 lets a busy environment of changed code finish, then ends it; idle ones end at once", async () => {
    const { invoke, target, scheduler, count } = setUp();
    const before = await target(APP);
    const after = await target({ "app.py": "def handler(event, context): return 'new'" }, { revisionId: "2" });
    await Promise.all([invoke(before), invoke(before)]);
    const running = invoke(before, { seconds: 0.5 });
    await eventually("it runs", () => scheduler.environments().some(({ state }) => state === "busy"));
    scheduler.retire(before.functionArn, { version: before.version, keep: after.revisionId });
    expect((await invoke(after)).json).toBe("new");
    expect((await running).outcome.kind).toBe("response");
    await eventually("only the new one is left", () => count() === 1);
    expect((await invoke(after)).isColdStart).toBe(false);
  });

  it("runs what was resolved just before the change, in an environment for it alone", async () => {
    const { invoke, target, scheduler, count } = setUp();
    const f = await target(APP);
    await invoke(f);
    const late = invoke(f, { seconds: 0.3 });
    const later = invoke(f, { seconds: 0.3 });
    scheduler.retire(f.functionArn);
    expect([(await late).outcome.kind, (await later).outcome.kind, (await invoke(f)).isColdStart]).toEqual(["response", "response", true]);
    await eventually("nothing is left", () => count() === 0);
  });

  it("uses no environment whose credentials may end in an invocation; a busy one finishes", async () => {
    const timeoutSeconds = 10;
    const { invoke, target, count } = setUp({ credentialsMs: CREDENTIALS_MARGIN_MS + timeoutSeconds * 1_000 + 400 });
    const f = await target(APP, { timeoutSeconds });
    const first = await invoke(f, { seconds: 1 });
    expect(first.outcome.kind).toBe("response");
    await eventually("it is ended", () => count() === 0);
    expect((await invoke(f)).environmentId).not.toBe(first.environmentId);
  });

  it("says why no environment can be made, and tries anew for the next invocation", async () => {
    const { invoke, target } = setUp();
    const f = await target(APP);
    const missing = { ...f, code: { ...f.code, blobId: "missing", sha256Base64: "AAAA" }, revisionId: "2" };
    await expect(Promise.all([invoke(missing), invoke(missing)])).rejects.toThrow();
    await expect(invoke(missing)).rejects.toThrow();
    await expect(invoke({ ...f, runtime: "cobol1", revisionId: "3" })).rejects.toMatchObject({ code: "InvalidRuntimeException" });
    expect((await invoke(f)).outcome.kind).toBe("response");
  });

  it("gives nobody an environment again in which a runtime cannot be started, and says so as AWS's 500", async () => {
    const { invoke, target, count, dataDirectory } = setUp({ isolation: "process" });
    const f = await target({ "app.py": "import os\ndef handler(event, context): return os._exit(1) if event.get('bad') else 'fine'" });
    const { environmentId } = await invoke(f, { bad: true });
    rmSync(join(dataDirectory, "sandboxes", environmentId), { recursive: true });
    await expect(invoke(f)).rejects.toMatchObject({ code: "ServiceException", status: 500, message: expect.stringMatching(/^lambdad could not run f: /) });
    await eventually("it is gone", () => count() === 0);
    expect(await invoke(f)).toMatchObject({ isColdStart: true, json: "fine" });
  });

  it("ends what runs and what is on its way when it is closed", async () => {
    const { invoke, target, scheduler, count } = setUp();
    const [f, g] = [await target(APP), await target(APP, { functionArn: "arn:aws:lambda:us-east-1:000000000000:function:g" })];
    await invoke(f);
    const running = invoke(f, { seconds: 60 });
    await eventually("it runs", () => scheduler.environments().some(({ state }) => state === "busy"));
    const over = Promise.allSettled([running, ...Array.from({ length: 6 }, () => invoke(g))]);
    await scheduler.close();
    expect(count()).toBe(0);
    for (const one of await over) expect(one).toMatchObject({ status: "rejected", reason: { code: "ServiceException" } });
    await expect(invoke(f)).rejects.toMatchObject({ code: "ServiceException" });
  });

  it("refuses more at once than the account may run", async () => {
    const { invoke, target } = setUp({ accountConcurrency: 1 });
    const f = await target(APP);
    const running = invoke(f, { seconds: 0.3 });
    await expect(invoke(f)).rejects.toMatchObject({ code: "TooManyRequestsException", message: "Rate Exceeded." });
    await running;
    expect((await invoke(f)).outcome.kind).toBe("response");
  });
});
