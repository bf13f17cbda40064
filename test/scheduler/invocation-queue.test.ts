import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { FunctionTarget, Invocation, InvocationReport } from "../../src/executor/executor.ts";
import { ASYNC_HANDED_OVER_BYTES_MAX, ASYNC_HANDED_OVER_MAX, ASYNC_HANDED_OVER_PER_FUNCTION_MAX, ASYNC_IN_FLIGHT_MAX, ASYNC_IN_FLIGHT_PER_FUNCTION_MAX } from "../../src/kit/limits/lambda.ts";
import { ApiError } from "../../src/kit/api-error.ts";
import { createClock } from "../../src/kit/clock.ts";
import type { LedgerEntry } from "../../src/kit/ledger.ts";
import { silentLog } from "../../src/kit/log.ts";
import { systemRandom as random } from "../../src/kit/random.ts";
import { createInvocationQueue } from "../../src/scheduler/invocation-queue.ts";
import { createFunctionLimits } from "../../src/scheduler/function-limits.ts";
import { EVENT_SETTINGS_DEFAULT, type EndedEvent, type EventSettings, type QueuedInvocation, type ResolveTarget, type Scheduler } from "../../src/scheduler/scheduler.ts";
import { MIB } from "../../src/kit/units.ts";
import { sqlOne, type Store } from "../../src/store/store.ts";
import { openState } from "../support/store.ts";
import { createCounted } from "../support/counted.ts";
import { waitingFor } from "../support/clock.ts";
import { eventually, temporaryDirectory } from "../support/temporary.ts";
import { watched } from "../support/watched.ts";

const MINUTE = 60_000;
const outcomeOf = (kind: "response" | "error"): InvocationReport =>
  ({ outcome: kind === "response" ? { kind, payload: Buffer.from("1") } : { kind, errorType: "ValueError", payload: Buffer.from("{}") } }) as InvocationReport;

interface Options {
  path?: string;
  resolve?: ResolveTarget;
  /** Throws to stand for a disk that fails. */
  beforeCommit?: () => void;
  /** What is written waits for it. */
  beforeRun?: () => Promise<void> | undefined;
  onStatement?: (sql: string) => void;
  settings?: Partial<EventSettings>;
}

type Behave = (invocation: Invocation, run: number, target: FunctionTarget) => "response" | "error" | Promise<"response" | "error">;

/** A queue over a real store, whose functions do what `behave` says. */
const createGround = (behave: Behave, { path = join(temporaryDirectory(), "state.db"), resolve, beforeCommit = () => {}, beforeRun, onStatement = () => {}, settings }: Options = {}) => {
  const clock = createClock();
  const began = clock.now();
  const opened = openState(path);
  const store: Store = {
    ...opened,
    run: async (operation) => {
      beforeCommit();
      await beforeRun?.();
      return opened.run(() => watched(operation, onStatement));
    },
  };
  const runs: { minute: number; requestId: string; name: string; invocation: Invocation }[] = [];
  const told: LedgerEntry[] = [];
  const ended: EndedEvent[] = [];
  const limits = createFunctionLimits();
  let endFailures = 0;
  const scheduler: Scheduler = {
    async invoke(target, invocation) {
      runs.push({ minute: Math.round((clock.now() - began) / MINUTE), requestId: invocation.requestId, name: target.name, invocation });
      return outcomeOf(await behave(invocation, runs.length, target));
    },
    prepare() {}, retire() {},
    provision() {},
    provisioned: () => ({ allocated: 0 }),
    environments: () => [],
    close: async () => {},
  };
  const { metrics, values: counted } = createCounted();
  const queue = createInvocationQueue({
    store, metrics, scheduler, clock, random, log: silentLog, limits,
    rules: {
      *settings() {
        return { ...EVENT_SETTINGS_DEFAULT, ...settings };
      },
      *end(event) {
        if (endFailures-- > 0) throw new Error("the destination could not be written down");
        ended.push(event);
        return [{ targetArn: "arn:destination", as: "destination" as const, deliveryId: event.id }];
      },
      afterEnd() {},
    },
    resolve: resolve ?? (async (_at, name) => ({ name }) as FunctionTarget),
    ledger: { record: (entry) => void told.push(entry), find: async () => [], flush: async () => {} },
  });
  let isClosed = false;
  const close = async () => {
    if (isClosed) return;
    isClosed = true;
    await queue.close(0);
    await store.close();
  };
  onTestFinished(close);
  const enqueue = (requestId: string = random.uuid(), over: Partial<QueuedInvocation> = {}, options: { isKept?: boolean } = {}) =>
    queue.enqueue({ requestId, traceId: "1-0-0", account: "0", region: "r", functionName: "f", invokedFunctionArn: "arn", payload: Buffer.from("{}"), ...over }, options);
  const isEmpty = async () => (await queue.pending()).queued === 0;
  const isQuiet = async () => (await queue.pending()).inFlight === 0;
  const settled = () => eventually("it is settled", async () => runs.length > 0 && (await isQuiet()));
  /** Time passes, and what is under way is not waited for. */
  const pass = (ms: number) => clock.advance(ms);
  return { clock: waitingFor(clock, queue), pass, queue, runs, told, counted, ended, limits, failToEnd: (times: number) => void (endFailures = times), enqueue, close, path, isEmpty, isQuiet, settled };
};

/** A function that answers when it is told to. */
const createGate = () => {
  let open: () => void = () => {};
  const opened = new Promise<"response">((resolve) => (open = () => resolve("response")));
  return { behave: () => opened, open };
};

const lastDrop = (told: readonly LedgerEntry[]): LedgerEntry => told.findLast(({ kind }) => kind === "drop")!;

const throttle = () => Promise.reject(new ApiError("TooManyRequestsException", "Rate Exceeded.", { status: 429 }));

describe("asynchronous invocation", () => {
  it("runs once when the function succeeds", async () => {
    const { queue, runs, enqueue, isEmpty } = createGround(() => "response");
    await queue.start();
    await enqueue();
    await eventually("it is done", isEmpty);
    expect(runs).toHaveLength(1);
  });

  it("is tried again after one and two minutes, with the same request id, then given up", async () => {
    const { queue, clock, runs, told, counted, enqueue, isEmpty, isQuiet } = createGround(() => "error");
    await queue.start();
    await enqueue("the-id");
    await eventually("the first run", () => runs.length === 1);
    await eventually("it is settled", isQuiet);
    await clock.advance(30_000);
    expect(runs).toHaveLength(1);
    await clock.advance(10 * MINUTE);
    await eventually("it is given up", isEmpty);
    expect(runs.map(({ minute, requestId }) => ({ minute, requestId }))).toEqual([0, 1, 3].map((minute) => ({ minute, requestId: "the-id" })));
    expect(told.map((entry) => entry.kind)).toEqual(["queued", "retry", "retry", "drop", "notice"]);
    expect(lastDrop(told).detail).toMatchObject({ condition: "RetriesExhausted", attempts: 3 });
    expect([counted["AsyncEventsReceived{FunctionName=f}"], counted["AsyncEventsDropped{FunctionName=f}"]]).toEqual([[1], [1]]);
    expect(counted["AsyncEventAge{FunctionName=f}"]!.map((age) => Math.round(age / MINUTE))).toEqual([0, 1, 3]);
  });

  it("waits longer and longer while it is throttled, for six hours, and throttles are no attempts", async () => {
    const { queue, clock, runs, told, enqueue, isEmpty, isQuiet } = createGround(throttle);
    await queue.start();
    await enqueue();
    await eventually("the first run", () => runs.length === 1);
    await eventually("it is settled", isQuiet);
    for (let hour = 0; hour < 7; hour++) await clock.advance(60 * MINUTE);
    await eventually("it is given up", isEmpty);
    expect(lastDrop(told).detail).toMatchObject({ condition: "EventAgeExceeded", attempts: 0 });
    expect(told.filter((entry) => entry.kind === "retry").slice(0, 10).map((entry) => (entry.detail["delayMs"] as number) / 1_000)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
    expect(runs.at(-1)!.minute).toBeLessThanOrEqual(360);
    expect(runs.at(-1)!.minute).toBeGreaterThan(350);
  }, 30_000);

  it("accepted is on the disk: the next process takes up what the one before left, leases and all", async () => {
    let release: () => void = () => {};
    const first = createGround(() => new Promise<"response">((resolve) => (release = () => resolve("response"))));
    await first.queue.start();
    await first.enqueue("held", { tenantId: "blue" });
    await eventually("it runs", () => first.runs.length === 1);
    const second = createGround(() => "response", { path: first.path });
    expect((await second.queue.pending()).queued).toBe(1);
    await second.queue.start();
    await eventually("it is run again", second.isEmpty);
    expect(second.runs.map(({ invocation }) => invocation)).toMatchObject([{ requestId: "held", tenantId: "blue", isQueued: true }]);
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

describe("retries", () => {
  it("are two: the third run may still succeed", async () => {
    const { queue, clock, runs, told, enqueue, isEmpty, settled } = createGround((_invocation, run) => (run < 3 ? "error" : "response"));
    await queue.start();
    await enqueue();
    await settled();
    await clock.advance(3 * MINUTE);
    await eventually("it is done", isEmpty);
    expect(runs.map(({ minute }) => minute)).toEqual([0, 1, 3]);
    expect(told.map(({ kind }) => kind)).toEqual(["queued", "retry", "retry", "notice"]);
  });

  it("are not used up by throttles and errors of the system in between", async () => {
    const outcomes = ["throttle", "error", "throttle", "crash", "error", "error"];
    const { queue, clock, runs, told, enqueue, isEmpty, settled } = createGround(async (_invocation, run): Promise<"error"> => {
      const outcome = outcomes[run - 1];
      if (outcome === "throttle") return throttle();
      if (outcome === "crash") throw new Error("no environment could be made");
      return "error";
    });
    await queue.start();
    await enqueue();
    await settled();
    await clock.advance(10 * MINUTE);
    await eventually("it is given up", isEmpty);
    expect(runs).toHaveLength(outcomes.length);
    expect(told.filter(({ kind }) => kind === "retry").map(({ detail }) => [detail["why"], detail["delayMs"]])).toEqual([
      ["TooManyRequestsException", 1_000], ["ValueError", 60_000], ["TooManyRequestsException", 2_000], ["ServiceException", 4_000], ["ValueError", 120_000],
    ]);
    expect(lastDrop(told).detail).toEqual({ condition: "RetriesExhausted", attempts: 3 });
  });

  it("end when the next would come after six hours", async () => {
    const { queue, clock, told, enqueue, isEmpty, settled, runs } = createGround(() => (clock.now() - began < 359.5 * MINUTE ? throttle() : "error"));
    const began = clock.now();
    await queue.start();
    await enqueue();
    await settled();
    for (let hour = 0; hour < 6; hour++) await clock.advance(60 * MINUTE);
    await eventually("it is given up", isEmpty);
    expect(runs.at(-1)!.minute).toBeGreaterThanOrEqual(355);
    expect(lastDrop(told).detail).toMatchObject({ condition: "EventAgeExceeded" });
  }, 30_000);

  it("are not made of a function that is gone", async () => {
    const { queue, runs, told, enqueue, isEmpty } = createGround(() => "response", {
      resolve: async () => {
        throw new ApiError("ResourceNotFoundException", "Function not found: arn", { status: 404 });
      },
    });
    await queue.start();
    await enqueue();
    await eventually("it is given up", isEmpty);
    expect(runs).toEqual([]);
    expect(lastDrop(told)).toMatchObject({ kind: "drop", detail: { condition: "FunctionNotFound", attempts: 0 } });
  });

  it("come although all places are taken when they fall due", async () => {
    const gate = createGate();
    const { queue, pass, runs, enqueue, isEmpty, settled } = createGround((_invocation, run, { name }) => (name !== "fails" ? gate.behave() : run === 1 ? "error" : "response"));
    await queue.start();
    await enqueue("fails", { functionName: "fails" });
    await settled();
    await Promise.all(Array.from({ length: ASYNC_IN_FLIGHT_MAX }, (_, index) => enqueue(`busy-${index}`, { functionName: `busy-${index % 4}` })));
    await eventually("it runs as much as it may", () => runs.length === 1 + ASYNC_IN_FLIGHT_MAX);
    await pass(2 * MINUTE);
    gate.open();
    await eventually("all are done", isEmpty);
    expect(runs.at(-1)).toMatchObject({ requestId: "fails" });
  });

  it("see the function as it is then", async () => {
    let version = "1";
    const { queue, clock, runs, enqueue, isEmpty, settled } = createGround((_invocation, run) => (run === 1 ? "error" : "response"), { resolve: async () => ({ name: `f${version}` }) as FunctionTarget });
    await queue.start();
    await enqueue();
    await settled();
    version = "2";
    await clock.advance(2 * MINUTE);
    await eventually("it is done", isEmpty);
    expect(runs.map(({ name }) => name)).toEqual(["f1", "f2"]);
  });
});

describe("an event", () => {
  it.each([
    ["numbers out of range", '{"n": 1e400, "m": 0.10000000000000000001}'], ["a key twice", '{"a": 1, "a": 2}'], ["a lone surrogate", '"\\ud800"'], ["its blanks", '  { "a" :\n[ ] }\t'], ["__proto__", '{"__proto__": {"x": 1}}'],
    ["a megabyte", `"${"ü".repeat(500_000)}"`], ["nothing", ""],
  ])("comes as it was sent: %s", async (_what, text) => {
    const { queue, runs, enqueue, isEmpty } = createGround(() => "response");
    await queue.start();
    await enqueue("id", { payload: Buffer.from(text) });
    await eventually("it is done", isEmpty);
    expect(runs[0]!.invocation.payload.equals(Buffer.from(text))).toBe(true);
  });

  it("comes with its trace, its lineage and the ARN that was invoked", async () => {
    const { queue, runs, told, enqueue, isEmpty } = createGround(() => "response", {
      resolve: async (at, name, qualifier) => ({ name: `${at.account} ${at.region} ${name} ${qualifier}` }) as FunctionTarget,
    });
    await queue.start();
    await enqueue("id", { traceId: "1-a-b", lineage: "x:1", qualifier: "$LATEST", invokedFunctionArn: "arn:f:$LATEST", account: "7", region: "eu" });
    await eventually("it is done", isEmpty);
    expect(runs[0]).toMatchObject({ name: "7 eu f $LATEST", invocation: { requestId: "id", trace: { id: "1-a-b", lineage: "x:1" }, invokedFunctionArn: "arn:f:$LATEST" } });
    expect(told[0]).toMatchObject({ kind: "queued", traceId: "1-a-b", account: "7", region: "eu", keys: ["id", "f", "arn:f:$LATEST"] });
  });

  it("starts after those that came before it", async () => {
    const { queue, runs, enqueue, isEmpty } = createGround(() => "response");
    const ids = Array.from({ length: 40 }, (_, index) => `event-${index}`);
    for (const id of ids) await enqueue(id, { functionName: "held back" });
    await queue.start();
    await eventually("all are done", isEmpty);
    expect(runs.map(({ requestId }) => requestId)).toEqual(ids);
  });
});

describe("a busy function", () => {
  it("runs no more than its share at once, and another one does not wait for it", async () => {
    const gate = createGate();
    const { queue, runs, enqueue, isEmpty } = createGround((_invocation, _run, { name }) => (name === "busy" ? gate.behave() : "response"));
    await queue.start();
    await Promise.all(Array.from({ length: 3 * ASYNC_IN_FLIGHT_PER_FUNCTION_MAX }, (_, index) => enqueue(`busy-${index}`, { functionName: "busy" })));
    await eventually("it runs as much as it may", () => runs.length >= ASYNC_IN_FLIGHT_PER_FUNCTION_MAX);
    await enqueue("other", { functionName: "other" });
    await eventually("the other has run", () => runs.some(({ name }) => name === "other"));
    expect(runs.filter(({ name }) => name === "busy")).toHaveLength(ASYNC_IN_FLIGHT_PER_FUNCTION_MAX);
    gate.open();
    await eventually("all are done", isEmpty);
    expect(runs).toHaveLength(3 * ASYNC_IN_FLIGHT_PER_FUNCTION_MAX + 1);
  });

  it("has no more than its share in memory, however many of its events are written at once", async () => {
    const gate = createGate();
    const { queue, runs, enqueue, isEmpty } = createGround((_invocation, _run, { name }) => (name === "busy" ? gate.behave() : "response"));
    await queue.start();
    await queue.pending();
    const count = 2 * ASYNC_HANDED_OVER_MAX;
    await Promise.all(Array.from({ length: count }, (_, index) => enqueue(`busy-${index}`, { functionName: "busy" })));
    await eventually("it runs as much as it may", () => runs.length >= ASYNC_IN_FLIGHT_PER_FUNCTION_MAX);
    await enqueue("other", { functionName: "other" });
    await eventually("the other has run", () => runs.some(({ name }) => name === "other"));
    gate.open();
    await eventually("all are done", isEmpty);
    expect(new Set(runs.map(({ requestId }) => requestId)).size).toBe(count + 1);
    expect(runs).toHaveLength(count + 1);
  });

  it.each(["an event", "a retry"])("has its turn beside many others whose events fill the memory: %s", async (what) => {
    const ends: (() => void)[] = [];
    const { queue, pass, runs, enqueue, settled } = createGround((_invocation, run, { name }) => (name !== "other" ? new Promise((resolve) => ends.push(() => resolve("response"))) : run === 1 ? "error" : "response"));
    const runsOfOther = () => runs.filter(({ name }) => name === "other").length;
    await queue.start();
    await queue.pending();
    if (what === "a retry") {
      await enqueue("other", { functionName: "other" });
      await settled();
    }
    const before = runsOfOther();
    const busy = 14;
    await Promise.all(Array.from({ length: 2 * ASYNC_HANDED_OVER_MAX }, (_, index) => enqueue(`busy-${index}`, { functionName: `busy-${index % busy}` })));
    await eventually("it runs as much as it may", () => ends.length === ASYNC_IN_FLIGHT_MAX);
    if (what === "a retry") await pass(MINUTE);
    else await enqueue("other", { functionName: "other" });
    for (let ended = 0; ended < 2 * busy; ended++) {
      ends[ended]!();
      await queue.pending();
    }
    await eventually("the other has run", () => runsOfOther() > before);
    await eventually("its room is used", () => ends.length >= ASYNC_IN_FLIGHT_MAX + 2 * busy - 1);
  });

  it("holds up no first run of another one, though all places are taken by long ones", async () => {
    const gate = createGate();
    const { queue, runs, enqueue, isEmpty } = createGround((_invocation, _run, { name }) => (name.startsWith("long") ? gate.behave() : "response"));
    await queue.start();
    await Promise.all(Array.from({ length: 2 * ASYNC_IN_FLIGHT_MAX }, (_, index) => enqueue(`long-${index}`, { functionName: `long-${index % 4}` })));
    await eventually("all places are taken", () => runs.length === ASYNC_IN_FLIGHT_MAX);
    const others = ["a", "b", "a", "c", "a"];
    await Promise.all(others.map((functionName) => enqueue(undefined, { functionName })));
    await eventually("the others have run", () => runs.length === ASYNC_IN_FLIGHT_MAX + others.length);
    expect(runs.filter(({ name }) => name.startsWith("long"))).toHaveLength(ASYNC_IN_FLIGHT_MAX);
    gate.open();
    await eventually("all are done", isEmpty);
  });

  it("shares the room with others, whoever came first", async () => {
    const gate = createGate();
    const path = join(temporaryDirectory(), "state.db");
    const before = createGround(gate.behave, { path });
    for (const functionName of ["a", "b", "c", "d", "e"]) await Promise.all(Array.from({ length: 100 }, () => before.enqueue(undefined, { functionName })));
    await before.close();
    const { queue, runs } = createGround(gate.behave, { path });
    await queue.start();
    await eventually("the room is used", async () => (await queue.pending()).inFlight === ASYNC_IN_FLIGHT_MAX);
    const counts = new Map<string, number>();
    for (const { name } of runs) counts.set(name, (counts.get(name) ?? 0) + 1);
    expect([...counts.values()]).toEqual([40, 40, 40, 40, 40]);
    gate.open();
  });
});

describe("what has just been written", () => {
  it("runs without being looked for", async () => {
    const statements: string[] = [];
    const { queue, runs, enqueue, isEmpty } = createGround(() => "response", { onStatement: (sql) => statements.push(sql) });
    await queue.start();
    await queue.pending();
    statements.length = 0;
    for (let index = 0; index < 3; index++) await enqueue();
    await eventually("all are done", isEmpty);
    expect(runs).toHaveLength(3);
    expect(statements.filter((sql) => /^(with|update)/.test(sql))).toEqual([]);
  });

  it("goes behind what waits on the disk, and is leased many at a time", async () => {
    const statements: string[] = [];
    const gate = createGate();
    const { queue, runs, enqueue, isEmpty } = createGround(gate.behave, { onStatement: (sql) => statements.push(sql) });
    const ids = Array.from({ length: 400 }, (_, index) => `event-${index}`);
    for (const id of ids.slice(0, 300)) await enqueue(id);
    await queue.start();
    await eventually("it runs as much as it may", () => runs.length === ASYNC_IN_FLIGHT_PER_FUNCTION_MAX);
    for (const id of ids.slice(300)) await enqueue(id);
    gate.open();
    await eventually("all are done", isEmpty);
    expect(runs.map(({ requestId }) => requestId)).toEqual(ids);
    const leases = statements.filter((sql) => sql.startsWith("update async_event set lease_token = ? where")).length;
    expect(leases).toBeLessThanOrEqual(400 / (ASYNC_HANDED_OVER_PER_FUNCTION_MAX / 4) + 2);
  });

  it("waits on the disk where it is large", async () => {
    const gate = createGate();
    const { queue, runs, enqueue, isEmpty, path } = createGround(gate.behave);
    await queue.start();
    const large = Buffer.alloc(MIB, "1");
    for (let index = 0; index < 100; index++) await enqueue(`event-${index}`, { payload: large });
    await eventually("it runs as much as it may", () => runs.length === ASYNC_IN_FLIGHT_PER_FUNCTION_MAX);
    await queue.pending();
    const other = openState(path);
    const leased = await other.read(() => sqlOne("select count(*) as n from async_event where lease_token is not null"));
    await other.close();
    expect(leased!["n"]).toBeLessThanOrEqual(ASYNC_IN_FLIGHT_PER_FUNCTION_MAX + ASYNC_HANDED_OVER_BYTES_MAX / MIB);
    gate.open();
    await eventually("all are done", isEmpty);
    expect(runs.map(({ requestId }) => requestId)).toEqual(Array.from({ length: 100 }, (_, index) => `event-${index}`));
  });

  it("is begun before it is written where whoever sends it keeps it, and is run once", async () => {
    const held = Promise.withResolvers<void>();
    let isHeld = false;
    const { queue, runs, told, enqueue, isEmpty } = createGround(() => "response", { beforeRun: () => (isHeld ? held.promise : undefined) });
    await queue.start();
    await queue.pending();
    isHeld = true;
    const written = enqueue("kept", {}, { isKept: true });
    await eventually("it has run", () => runs.length === 1);
    expect(told).toEqual([]);
    isHeld = false;
    held.resolve();
    await written;
    await eventually("it is done", isEmpty);
    expect(runs).toHaveLength(1);
  });

  it("is refused all the same where it cannot be written: then it is sent again, and known by its id", async () => {
    let isBroken = false;
    const { queue, runs, told, enqueue, isEmpty } = createGround((_invocation, run) => (run === 1 ? "error" : "response"), {
      beforeCommit() {
        if (!isBroken) return;
        isBroken = false;
        throw new Error("the disk is full");
      },
    });
    await queue.start();
    await queue.pending();
    isBroken = true;
    await expect(enqueue("kept", {}, { isKept: true })).rejects.toThrow("the disk is full");
    await enqueue("kept");
    await eventually("it is done", isEmpty);
    expect(runs.map(({ requestId }) => requestId)).toEqual(["kept", "kept"]);
    // Of the run whose event was not kept nothing is told.
    expect(told.map(({ kind }) => kind)).toEqual(["queued", "notice"]);
  });
});

describe("the end of a process", () => {
  it("loses neither a waiting retry nor its time", async () => {
    const first = createGround(() => "error");
    await first.queue.start();
    await first.enqueue("waits");
    await first.settled();
    await first.close();
    const second = createGround(() => "response", { path: first.path });
    await second.queue.start();
    await second.clock.advance(30_000);
    expect(second.runs).toEqual([]);
    await second.clock.advance(40_000);
    await eventually("it is done", second.isEmpty);
    expect(second.runs.map(({ requestId, minute }) => ({ requestId, minute }))).toEqual([{ requestId: "waits", minute: 1 }]);
  });

  it("is not held up by a function that does not end: its event is run again at the next start", async () => {
    const gate = createGate();
    const first = createGround(gate.behave);
    await first.queue.start();
    await first.enqueue("stuck");
    await eventually("it runs", () => first.runs.length === 1);
    await first.close();
    gate.open();
    const second = createGround(() => "response", { path: first.path });
    await second.queue.start();
    await eventually("it is done", second.isEmpty);
    expect(second.runs.map(({ requestId }) => requestId)).toEqual(["stuck"]);
  });

  it("takes no result from whoever lost the lease", async () => {
    const outcome = Promise.withResolvers<"error">();
    const first = createGround(() => outcome.promise);
    await first.queue.start();
    await first.enqueue("twice");
    await eventually("it runs", () => first.runs.length === 1);
    const gate = createGate();
    const second = createGround(gate.behave, { path: first.path });
    await second.queue.start();
    await eventually("it runs again", () => second.runs.length === 1);
    outcome.resolve("error");
    await eventually("the first is through with it", first.isQuiet);
    // A retry of the first would have made it due again.
    expect(await second.queue.pending()).toEqual({ queued: 1, inFlight: 1 });
    await second.clock.advance(5 * MINUTE);
    expect(second.runs).toHaveLength(1);
    gate.open();
    await eventually("it is done", second.isEmpty);
  });

  it("waits for what is almost done, when it is given the time", async () => {
    const gate = createGate();
    const { queue, enqueue, runs, path } = createGround(gate.behave);
    await queue.start();
    await enqueue();
    await eventually("it runs", () => runs.length === 1);
    const closed = queue.close(60_000);
    gate.open();
    await closed;
    const next = createGround(() => "response", { path });
    expect(await next.queue.pending()).toEqual({ queued: 0, inFlight: 0 });
  });
});

describe("a disk that fails for a while", () => {
  const createBreakable = (behave: Behave) => {
    const disk = { isBroken: false };
    const ground = createGround(behave, {
      beforeCommit() {
        if (disk.isBroken) throw new Error("the disk is full");
      },
    });
    return { ...ground, disk };
  };

  it("refuses an event that it cannot keep", async () => {
    const { queue, enqueue, disk, runs, isEmpty } = createBreakable(() => "response");
    await queue.start();
    disk.isBroken = true;
    await expect(enqueue()).rejects.toThrow("the disk is full");
    disk.isBroken = false;
    expect(await isEmpty()).toBe(true);
    expect(runs).toEqual([]);
  });

  it("has room again for what comes after those that it could not keep, or knew already", async () => {
    const { queue, enqueue, disk, runs, isEmpty } = createBreakable(() => "response");
    await queue.start();
    await queue.pending();
    const times = ASYNC_HANDED_OVER_PER_FUNCTION_MAX;
    disk.isBroken = true;
    expect((await Promise.allSettled(Array.from({ length: times }, () => enqueue()))).every(({ status }) => status === "rejected")).toBe(true);
    disk.isBroken = false;
    await Promise.all(Array.from({ length: times }, () => enqueue("same")));
    for (let index = 0; index < 3; index++) await enqueue();
    await eventually("all are done", isEmpty);
    expect(runs).toHaveLength(4);
  });

  it("does not run an event again whose end it could not write", async () => {
    const gate = createGate();
    const { queue, clock, enqueue, disk, runs, isQuiet, isEmpty } = createBreakable(gate.behave);
    await queue.start();
    await enqueue();
    await eventually("it runs", () => runs.length === 1);
    disk.isBroken = true;
    gate.open();
    await eventually("it is through", async () => {
      disk.isBroken = false;
      const { inFlight } = await queue.pending();
      disk.isBroken = true;
      return inFlight === 0;
    });
    disk.isBroken = false;
    await clock.advance(10 * MINUTE);
    await eventually("its end is written", isEmpty);
    expect(await isQuiet()).toBe(true);
    expect(runs).toHaveLength(1);
  });

  it("goes on with what is due when it is whole again", async () => {
    const { queue, clock, enqueue, disk, runs, settled, isEmpty } = createBreakable((_invocation, run) => (run === 1 ? "error" : "response"));
    await queue.start();
    await enqueue();
    await settled();
    disk.isBroken = true;
    await clock.advance(5 * MINUTE);
    expect(runs).toHaveLength(1);
    disk.isBroken = false;
    await clock.advance(5 * MINUTE);
    await eventually("it is done", isEmpty);
    expect(runs).toHaveLength(2);
  });
});

describe("the settings of a function's events", () => {
  it.each([[0, [0]], [1, [0, 1]], [2, [0, 1, 3]]])("give it %i retries", async (maximumRetryAttempts, minutes) => {
    const { queue, clock, runs, ended, enqueue, isEmpty, settled } = createGround(() => "error", { settings: { maximumRetryAttempts } });
    await queue.start();
    await enqueue("id");
    await settled();
    await clock.advance(10 * MINUTE);
    await eventually("it is given up", isEmpty);
    expect(runs.map(({ minute }) => minute)).toEqual(minutes);
    expect(ended).toMatchObject([{ condition: "RetriesExhausted", attempts: minutes.length, event: { requestId: "id" }, result: { outcome: { kind: "error" } } }]);
  });

  it("end it early when the next retry would be too late", async () => {
    const { queue, clock, runs, told, ended, enqueue, isEmpty, settled } = createGround(() => "error", { settings: { maximumEventAgeMs: 2 * MINUTE } });
    await queue.start();
    await enqueue();
    await settled();
    await clock.advance(MINUTE);
    await eventually("it is given up", isEmpty);
    expect(runs.map(({ minute }) => minute)).toEqual([0, 1]);
    expect(lastDrop(told).detail).toEqual({ condition: "EventAgeExceeded", attempts: 2 });
    expect(ended).toMatchObject([{ condition: "EventAgeExceeded", attempts: 2 }]);
  });

  it("end it untried when it waited for a server that was down", async () => {
    const path = join(temporaryDirectory(), "state.db");
    const before = createGround(() => "response", { path });
    await before.enqueue();
    await before.close();
    const { queue, clock, runs, ended, isEmpty } = createGround(() => "response", { path, settings: { maximumEventAgeMs: 2 * MINUTE } });
    await clock.advance(3 * MINUTE);
    await queue.start();
    await eventually("it is given up", isEmpty);
    expect(runs).toEqual([]);
    expect(ended).toMatchObject([{ condition: "EventAgeExceeded", attempts: 0 }]);
  });
});

describe("the end of an event", () => {
  it("is told once, with the result and the chain as it goes on", async () => {
    const { queue, told, ended, enqueue, isEmpty } = createGround(() => "response", { resolve: async (_at, name) => ({ name, version: "7" }) as FunctionTarget });
    await queue.start();
    await enqueue("id");
    await eventually("it is done", isEmpty);
    expect(ended).toMatchObject([{ condition: "Success", attempts: 1, result: { outcome: { kind: "response" }, version: "7" }, trace: { id: "1-0-0", lineage: expect.stringMatching(/^1:[0-9a-f]{8}:0$/) } }]);
    expect(told.at(-1)).toMatchObject({ kind: "notice", detail: { destination: "arn:destination", deliveryId: ended[0]!.id } });
  });

  it("and what is told of it are one commit: when that fails, it is written again, and the function is not run again", async () => {
    const { queue, clock, runs, ended, failToEnd, enqueue, isEmpty, settled } = createGround(() => "response");
    failToEnd(2);
    await queue.start();
    await enqueue();
    await settled();
    await clock.advance(MINUTE);
    await eventually("its end is written", isEmpty);
    expect([runs.length, ended.length]).toEqual([1, 1]);
  });

  it("that can never be written holds up no other event", async () => {
    const { queue, clock, runs, failToEnd, enqueue, settled, ended } = createGround(() => "response");
    failToEnd(Infinity);
    await queue.start();
    await enqueue("stuck");
    await settled();
    await enqueue("next");
    await eventually("the next is run", () => runs.length === 2);
    await clock.advance(10 * MINUTE);
    expect([runs.length, ended.length]).toEqual([2, 0]);
    failToEnd(0);
    await clock.advance(10 * MINUTE);
    expect([runs.length, ended.length]).toEqual([2, 2]);
  });

  it("comes at once, without a retry, for a function with nothing reserved", async () => {
    const { queue, runs, told, ended, limits, enqueue, isEmpty } = createGround(() => "response");
    limits.set({ account: "0", region: "r", name: "f" }, { reservedConcurrency: 0 });
    await queue.start();
    await enqueue();
    await eventually("it is given up", isEmpty);
    expect(runs).toEqual([]);
    expect(ended).toMatchObject([{ condition: "ZeroReservedConcurrency", attempts: 0 }]);
    expect(ended[0]).not.toHaveProperty("result");
    expect(lastDrop(told).detail).toEqual({ condition: "ZeroReservedConcurrency", attempts: 0 });
  });

  it("comes without a retry when the chain of events is a loop", async () => {
    const { queue, ended, enqueue, isEmpty } = createGround(() => Promise.reject(new ApiError("RecursiveInvocationException", "a loop", { status: 400 })));
    await queue.start();
    await enqueue();
    await eventually("it is given up", isEmpty);
    expect(ended).toMatchObject([{ condition: "RecursiveInvocationException", attempts: 0 }]);
  });
});
