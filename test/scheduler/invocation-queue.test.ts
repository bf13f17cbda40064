import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { FunctionTarget, Invocation, InvocationReport } from "../../src/executor/executor.ts";
import { ApiError } from "../../src/kit/api-error.ts";
import { createClock } from "../../src/kit/clock.ts";
import type { LedgerEntry } from "../../src/kit/ledger.ts";
import { silentLog } from "../../src/kit/log.ts";
import { systemRandom as random } from "../../src/kit/random.ts";
import { createInvocationQueue } from "../../src/scheduler/invocation-queue.ts";
import type { Scheduler } from "../../src/scheduler/scheduler.ts";
import { stateMigrations } from "../../src/store/migrations/index.ts";
import { createSqliteStore } from "../../src/store/sqlite.ts";
import { eventually, temporaryDirectory } from "../support/temporary.ts";

const MINUTE = 60_000;
const outcomeOf = (kind: "response" | "error"): InvocationReport =>
  ({ outcome: kind === "response" ? { kind, payload: Buffer.from("1") } : { kind, errorType: "ValueError", payload: Buffer.from("{}") } }) as InvocationReport;

/** A queue over a real store, whose function does what `behave` says. */
const createGround = (behave: (invocation: Invocation, run: number) => "response" | "error" | Promise<"response" | "error">, path = join(temporaryDirectory(), "state.db")) => {
  const clock = createClock();
  const began = clock.now();
  const store = createSqliteStore({ path, migrations: stateMigrations, onSyncFailure: (error) => { throw error; } });
  const runs: { minute: number; requestId: string }[] = [];
  const told: LedgerEntry[] = [];
  const scheduler: Scheduler = {
    async invoke(_target, invocation) {
      runs.push({ minute: Math.round((clock.now() - began) / MINUTE), requestId: invocation.requestId });
      return outcomeOf(await behave(invocation, runs.length));
    },
    retire() {},
    environments: () => [],
    close: async () => {},
  };
  const queue = createInvocationQueue({
    store, scheduler, clock, random, log: silentLog,
    resolve: async () => ({}) as FunctionTarget,
    ledger: { record: (entry) => void told.push(entry), find: async () => [], flush: async () => {} },
  });
  const close = async () => {
    await queue.close();
    await store.close();
  };
  onTestFinished(close);
  const enqueue = (requestId = random.uuid()) =>
    queue.enqueue({ requestId, traceId: "1-0-0", account: "0", region: "r", functionName: "f", invokedFunctionArn: "arn", payload: Buffer.from("{}") });
  const isEmpty = async () => (await queue.pending()).queued === 0;
  const isQuiet = async () => (await queue.pending()).inFlight === 0;
  return { clock, queue, runs, told, enqueue, close, path, isEmpty, isQuiet };
};

describe("asynchronous invocation", () => {
  it("runs once when the function succeeds", async () => {
    const { queue, runs, enqueue, isEmpty } = createGround(() => "response");
    await queue.start();
    await enqueue();
    await eventually("it is done", isEmpty);
    expect(runs).toHaveLength(1);
  });

  it("is tried again after one and two minutes, with the same request id, then given up", async () => {
    const { queue, clock, runs, told, enqueue, isEmpty, isQuiet } = createGround(() => "error");
    await queue.start();
    await enqueue("the-id");
    await eventually("the first run", () => runs.length === 1);
    await eventually("it is settled", isQuiet);
    await clock.advance(30_000);
    expect(runs).toHaveLength(1);
    await clock.advance(10 * MINUTE);
    await eventually("it is given up", isEmpty);
    expect(runs).toEqual([0, 1, 3].map((minute) => ({ minute, requestId: "the-id" })));
    expect(told.map((entry) => entry.kind)).toEqual(["queued", "retry", "retry", "drop"]);
    expect(told.at(-1)!.detail).toMatchObject({ condition: "RetriesExhausted", attempts: 3 });
  });

  it("waits longer and longer while it is throttled, for six hours, and throttles are no attempts", async () => {
    const { queue, clock, runs, told, enqueue, isEmpty, isQuiet } = createGround(() => Promise.reject(new ApiError("TooManyRequestsException", "Rate Exceeded.", { status: 429 })));
    await queue.start();
    await enqueue();
    await eventually("the first run", () => runs.length === 1);
    await eventually("it is settled", isQuiet);
    for (let hour = 0; hour < 7; hour++) await clock.advance(60 * MINUTE);
    await eventually("it is given up", isEmpty);
    expect(told.at(-1)!.detail).toMatchObject({ condition: "EventAgeExceeded" });
    expect(told.filter((entry) => entry.kind === "retry").slice(0, 10).map((entry) => (entry.detail["delayMs"] as number) / 1_000)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
    expect(runs.at(-1)!.minute).toBeLessThanOrEqual(360);
    expect(runs.at(-1)!.minute).toBeGreaterThan(350);
  }, 30_000);

  it("accepted is on the disk: the next process takes up what the one before left, leases and all", async () => {
    let release: () => void = () => {};
    const first = createGround(() => new Promise<"response">((resolve) => (release = () => resolve("response"))));
    await first.queue.start();
    await first.enqueue("held");
    await eventually("it runs", () => first.runs.length === 1);
    const second = createGround(() => "response", first.path);
    expect((await second.queue.pending()).queued).toBe(1);
    await second.queue.start();
    await eventually("it is run again", second.isEmpty);
    expect(second.runs.map((run) => run.requestId)).toEqual(["held"]);
    release();
  });

  it("knows an event again by its request id", async () => {
    let release: () => void = () => {};
    const { queue, runs, enqueue, isEmpty } = createGround(() => new Promise<"response">((resolve) => (release = () => resolve("response"))));
    await queue.start();
    await enqueue("same");
    await eventually("it runs", () => runs.length === 1);
    await enqueue("same");
    expect((await queue.pending()).queued).toBe(1);
    release();
    await eventually("it is done", isEmpty);
    expect(runs).toHaveLength(1);
  });
});
