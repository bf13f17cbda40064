import { describe, expect, it, onTestFinished } from "vitest";
import type { Environment, EnvironmentState, Executor, FunctionTarget, Invocation, InvocationReport } from "../../src/executor/executor.ts";
import { createClock } from "../../src/kit/clock.ts";
import type { LedgerEntry, Trace } from "../../src/kit/ledger.ts";
import { ACCOUNT_CONCURRENCY, SCALING_ENVIRONMENTS, SCALING_WINDOW_MS } from "../../src/kit/limits/lambda.ts";
import { encodeError } from "../../src/protocol/respond.ts";
import { loadServiceModel } from "../../src/protocol/models.ts";
import { createConcurrency, throttled } from "../../src/scheduler/concurrency.ts";
import { createFunctionLimits } from "../../src/scheduler/function-limits.ts";
import { passThrough } from "../../src/scheduler/lineage.ts";
import { createScheduler } from "../../src/scheduler/invoke.ts";
import { createCounted } from "../support/counted.ts";
import { eventually } from "../support/temporary.ts";

const HOUR = 3_600_000;
const target = (over: Partial<FunctionTarget> = {}) => ({ account: "0", region: "r", name: "f", version: "$LATEST", functionArn: "arn:f", revisionId: "1", timeoutSeconds: 3, ...over }) as FunctionTarget;
const invocation = (requestId = "id"): Invocation => ({ requestId, trace: { id: "1-0-0" }, payload: Buffer.from("{}"), invokedFunctionArn: "arn:f" });

/** Environments at the executor's seam, that answer when the test lets them. */
const createGround = ({ accountConcurrency, isHeld = false, slowStart = false }: { accountConcurrency?: number; isHeld?: boolean; slowStart?: boolean } = {}) => {
  const clock = createClock();
  onTestFinished(() => clock.stop());
  const made: { environment: Environment; invoked: string[]; answer(): void }[] = [];
  const starts: (() => void)[] = [];
  const told: LedgerEntry[] = [];
  const { metrics, values: counted } = createCounted();
  let failsToStart: Error | undefined;
  const executor: Executor = {
    async createEnvironment(of) {
      if (slowStart) await new Promise<void>((resolve) => starts.push(resolve));
      if (failsToStart !== undefined) throw failsToStart;
      const dead = Promise.withResolvers<void>();
      const invoked: string[] = [];
      let state: EnvironmentState = "idle";
      let answer = () => {};
      const environment = {
        id: `env-${made.length}`, target: of, credentialsExpireAt: Date.now() + HOUR, dead: dead.promise, initialized: Promise.resolve(),
        get state() { return state; },
        async invoke({ requestId }: Invocation) {
          invoked.push(requestId);
          state = "busy";
          if (isHeld) await new Promise<void>((resolve) => (answer = resolve));
          state = "frozen";
          return { outcome: { kind: "response", payload: Buffer.from("1") }, durationMs: 1, isColdStart: invoked.length === 1 } as InvocationReport;
        },
        async stop() {
          state = "dead";
          dead.resolve();
        },
      } as unknown as Environment;
      made.push({ environment, invoked, answer: () => answer() });
      return environment;
    },
    prepare() {},
    runtimes: async () => [],
    close: async () => {},
  };
  const scheduler = createScheduler({
    executor, clock, metrics, wall: createClock(), settings: { idleMs: 60_000, ...(accountConcurrency === undefined ? {} : { accountConcurrency }) },
    ledger: { record: (entry) => void told.push(entry), find: async () => [], flush: async () => {} },
  });
  return { scheduler, clock, made, starts, told, counted, failToStart: (error: Error) => void (failsToStart = error) };
};

describe("an invocation", () => {
  it("takes the warm environment, and a new one beside a busy one", async () => {
    const { scheduler, made, told } = createGround({ isHeld: true });
    const first = scheduler.invoke(target(), invocation("1"));
    await eventually("it runs", () => made[0]?.invoked.length === 1);
    const second = scheduler.invoke(target(), invocation("2"));
    await eventually("another is made", () => made[1]?.invoked.length === 1);
    made[0]!.answer();
    await first;
    const third = scheduler.invoke(target(), invocation("3"));
    await eventually("the warm one is taken", () => made[0]!.invoked.length === 2);
    for (const one of made) one.answer();
    await Promise.all([second, third]);
    expect(made.map(({ invoked }) => invoked)).toEqual([["1", "3"], ["2"]]);
    expect(told.map(({ kind, keys }) => `${kind} ${keys[0]}`).toSorted()).toEqual(["attempt 1", "attempt 2", "attempt 3"]);
  });

  it("is counted, and so is what is refused", async () => {
    const { scheduler, counted, made } = createGround({ isHeld: true, accountConcurrency: 1 });
    const first = scheduler.invoke(target(), invocation("1"));
    await eventually("it runs", () => made[0]?.invoked.length === 1);
    await expect(scheduler.invoke(target(), invocation("2"))).rejects.toMatchObject({ code: "TooManyRequestsException" });
    const loop = Array.from({ length: 16 }).reduce<Trace>((trace) => passThrough(trace, "arn:f"), { id: "1-0-0" });
    await expect(scheduler.invoke(target(), { ...invocation("3"), trace: loop })).rejects.toMatchObject({ code: "RecursiveInvocationException" });
    made[0]!.answer();
    await first;
    const of = (name: string) => counted[`${name}{FunctionName=f}`];
    expect([of("Invocations"), of("Throttles"), of("RecursiveInvocationsDropped"), of("Errors"), of("Duration"), of("ConcurrentExecutions")]).toEqual([[1], [1, 0], [1], [0], [1], [1]]);
  });

  it("of another revision gets another environment", async () => {
    const { scheduler, made } = createGround();
    await scheduler.invoke(target(), invocation());
    await scheduler.invoke(target({ revisionId: "2" }), invocation());
    expect(made).toHaveLength(2);
  });

  it("gives its lease back when no environment can be made", async () => {
    const { scheduler, failToStart, made } = createGround({ accountConcurrency: 1 });
    failToStart(new Error("no runtime"));
    await expect(scheduler.invoke(target(), invocation())).rejects.toThrow("no runtime");
    await expect(scheduler.invoke(target(), invocation())).rejects.toThrow("no runtime");
    expect(made).toEqual([]);
  });

  it("that waits for its environment while its revision is retired is still run, once", async () => {
    const { scheduler, made, starts } = createGround({ slowStart: true });
    const running = scheduler.invoke(target(), invocation());
    await eventually("it starts", () => starts.length === 1);
    scheduler.retire("arn:f", { version: "$LATEST", keep: "2" });
    starts[0]!();
    expect((await running).outcome.kind).toBe("response");
    await eventually("and then it ends", () => made[0]!.environment.state === "dead");
  });
});

describe("tenants", () => {
  const tenant = (tenantId: string, requestId = tenantId) => ({ ...invocation(requestId), tenantId });

  it("share no environment, and each finds its own again", async () => {
    const { scheduler, made, told } = createGround();
    for (const id of ["blue", "green", "blue"]) await scheduler.invoke(target(), tenant(id));
    await scheduler.invoke(target(), invocation("nobody"));
    expect(told.map(({ detail }) => detail["tenantId"])).toEqual(["blue", "green", "blue", undefined]);
    expect(made.map(({ invoked }) => invoked)).toEqual([["blue", "blue"], ["green"], ["nobody"]]);
  });

  it("have environments up to a bound, idle ones too, of which those that end make room", async () => {
    const { scheduler, made } = createGround({ accountConcurrency: 2 });
    for (let id = 0; id < 5; id++) await scheduler.invoke(target(), tenant(`t${id}`));
    await expect(scheduler.invoke(target(), tenant("t5"))).rejects.toMatchObject({ code: "TooManyRequestsException" });
    await scheduler.invoke(target(), tenant("t0"));
    await scheduler.invoke(target({ name: "g", functionArn: "arn:g" }), tenant("t5"));
    await made[1]!.environment.stop();
    await scheduler.invoke(target(), tenant("t5"));
    expect(made).toHaveLength(7);
  });
});

describe("a queued invocation", () => {
  it("is not counted in the requests per second", async () => {
    const { scheduler } = createGround({ accountConcurrency: 1 });
    for (let count = 0; count < 30; count++) await scheduler.invoke(target(), { ...invocation(String(count)), isQueued: true });
    expect((await scheduler.invoke(target(), invocation())).outcome.kind).toBe("response");
  });

  it("is paced by its queue; the others by ten a second for each execution", async () => {
    const { scheduler } = createGround({ accountConcurrency: 1 });
    const one = () => scheduler.invoke(target(), invocation()).then(() => undefined, (error: { members: { Reason: string } }) => error.members.Reason);
    let reason: string | undefined;
    for (let count = 0; count < 10_000 && reason === undefined; count++) reason = await one();
    expect(reason).toBe("FunctionInvocationRateLimitExceeded");
  });
});

describe("retired environments", () => {
  it("end when they are idle, and busy ones after their invocation", async () => {
    const { scheduler, made } = createGround({ isHeld: true });
    const both = [scheduler.invoke(target(), invocation("1")), scheduler.invoke(target(), invocation("2"))];
    await eventually("both run", () => made.length === 2 && made.every(({ invoked }) => invoked.length === 1));
    made[0]!.answer();
    await both[0];
    scheduler.retire("arn:f", { version: "$LATEST", keep: "2" });
    await eventually("the idle one ends", () => made[0]!.environment.state === "dead");
    expect(made[1]!.environment.state).toBe("busy");
    made[1]!.answer();
    await both[1];
    await eventually("the other ends", () => made[1]!.environment.state === "dead");
    expect(scheduler.environments()).toEqual([]);
  });

  it("are those of one version, or of all", async () => {
    const { scheduler, made } = createGround();
    for (const version of ["$LATEST", "7", "8"]) await scheduler.invoke(target({ version }), invocation());
    scheduler.retire("arn:f", { version: "7" });
    await eventually("that of version 7 ends", () => made[1]!.environment.state === "dead");
    expect([made[0]!.environment.state, made[2]!.environment.state]).not.toContain("dead");
    scheduler.retire("arn:f");
    await eventually("all end", () => made.every(({ environment }) => environment.state === "dead"));
  });

  it("are those of the other revisions, or all", async () => {
    const { scheduler, made } = createGround();
    await scheduler.invoke(target(), invocation());
    scheduler.retire("arn:f", { version: "$LATEST", keep: "1" });
    scheduler.retire("arn:f", { version: "7" });
    scheduler.retire("arn:other");
    expect(made[0]!.environment.state).not.toBe("dead");
    scheduler.retire("arn:f");
    await eventually("it ends", () => made[0]!.environment.state === "dead");
  });

  it("are idle ones, after a while", async () => {
    const { scheduler, made, clock } = createGround();
    await scheduler.invoke(target(), invocation());
    await clock.advance(59_000);
    await scheduler.invoke(target(), invocation());
    await clock.advance(59_000);
    expect(made[0]!.environment.state).not.toBe("dead");
    await clock.advance(2_000);
    await eventually("it ends", () => made[0]!.environment.state === "dead");
  });
});

describe("concurrency", () => {
  it("is an account's, in a region", async () => {
    const { scheduler, made } = createGround({ accountConcurrency: 2, isHeld: true });
    const running = [scheduler.invoke(target(), invocation("1")), scheduler.invoke(target({ name: "g", functionArn: "arn:g" }), invocation("2"))];
    await eventually("both run", () => made.length === 2 && made.every(({ invoked }) => invoked.length === 1));
    await expect(scheduler.invoke(target(), invocation("3"))).rejects.toMatchObject({ code: "TooManyRequestsException", members: { Reason: "ConcurrentInvocationLimitExceeded" } });
    const elsewhere = scheduler.invoke(target({ region: "other", functionArn: "arn:elsewhere" }), invocation("4"));
    await eventually("it runs elsewhere", () => made[2]?.invoked.length === 1);
    made[0]!.answer();
    await running[0];
    const next = scheduler.invoke(target(), invocation("5"));
    await eventually("there is room again", () => made[0]!.invoked.length === 2);
    for (const one of made) one.answer();
    await Promise.all([...running, elsewhere, next]);
  });

  it("is 1,000 unless said otherwise, and a lease is given back once", () => {
    const { lease } = createConcurrency({ clock: createClock() });
    const leases = Array.from({ length: ACCOUNT_CONCURRENCY }, () => lease({ account: "0", region: "r", name: "f" }));
    expect(() => lease({ account: "0", region: "r", name: "f" })).toThrow("Rate Exceeded.");
    leases[0]!.release();
    leases[0]!.release();
    lease({ account: "0", region: "r", name: "f" });
    expect(() => lease({ account: "0", region: "r", name: "f" })).toThrow("Rate Exceeded.");
  });

  it("that is reserved is a function's own: it has all of that and no more, and the others share the rest", () => {
    const limits = createFunctionLimits();
    const { lease } = createConcurrency({ clock: createClock(), limits, accountLimit: 3 });
    const place = (name: string, region = "r") => ({ account: "0", region, name });
    const reserved = { members: expect.objectContaining({ Reason: "ReservedFunctionConcurrentInvocationLimitExceeded" }) };
    const shared = { members: expect.objectContaining({ Reason: "ConcurrentInvocationLimitExceeded" }) };
    limits.set(place("f"), { reservedConcurrency: 2 });
    lease(place("g"));
    expect(() => lease(place("h"))).toThrow(expect.objectContaining(shared));
    lease(place("f", "elsewhere"));
    const first = lease(place("f"));
    lease(place("f"));
    expect(() => lease(place("f"))).toThrow(expect.objectContaining(reserved));
    first.release();
    lease(place("f"));
    limits.set(place("f"), {});
    expect(() => lease(place("f"))).toThrow(expect.objectContaining(shared));
    limits.set(place("f"), { reservedConcurrency: 0 });
    expect(() => lease(place("f"))).toThrow(expect.objectContaining(reserved));
  });

  it("grows by 1,000 environments of a function in ten seconds", () => {
    let now = 0;
    const { grow } = createConcurrency({ clock: { ...createClock(), monotonic: () => now } });
    for (let count = 0; count < SCALING_ENVIRONMENTS; count++) grow("arn:f");
    expect(() => grow("arn:f")).toThrow("Rate Exceeded.");
    grow("arn:g");
    now = SCALING_WINDOW_MS;
    grow("arn:f");
  });

  it("used up is told as AWS tells it", () => {
    const model = loadServiceModel("lambda");
    const { status, headers, body } = encodeError({ model, operation: model.operations.get("Invoke")!, protocol: "restJson1" }, throttled("ConcurrentInvocationLimitExceeded"), "id", { method: "POST" });
    expect(status).toBe(429);
    expect(headers).toMatchObject({ "retry-after": "1", "x-amzn-errortype": "TooManyRequestsException", "content-type": "application/json" });
    expect(JSON.parse(String(body))).toEqual({ Reason: "ConcurrentInvocationLimitExceeded", Type: "User", message: "Rate Exceeded." });
  });
});
