import { availableParallelism } from "node:os";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Environment, EnvironmentState, Executor, FunctionTarget, InvocationReport } from "../../src/executor/executor.ts";
import { createClock } from "../../src/kit/clock.ts";
import type { LedgerEntry } from "../../src/kit/ledger.ts";
import { CREDENTIALS_MARGIN_MS, ENVIRONMENT_IDLE_MS, ENVIRONMENT_STARTS_PER_CPU, PROVISIONED_RETRY_MS_FIRST, PROVISIONED_SUCCESSOR_MS } from "../../src/kit/limits/lambda.ts";
import { createFunctionLimits } from "../../src/scheduler/function-limits.ts";
import { createScheduler } from "../../src/scheduler/invoke.ts";
import type { RequestedInvocation } from "../../src/scheduler/scheduler.ts";
import { eventually } from "../support/temporary.ts";

const HOUR_MS = 3_600_000;
const PLACE = { account: "0", region: "r", name: "f" };
const target = (version: string, over: Partial<FunctionTarget> = {}) =>
  ({ ...PLACE, version, functionArn: "arn:f", revisionId: `of ${version}`, timeoutSeconds: 3, initializationType: "on-demand", ...over }) as FunctionTarget;
const by = (qualifier: string | undefined, over: Partial<RequestedInvocation> = {}): RequestedInvocation =>
  ({ requestId: "id", trace: { id: "1-0-0" }, payload: Buffer.from("{}"), invokedFunctionArn: qualifier === undefined ? "arn:f" : `arn:f:${qualifier}`, ...over });

interface Made {
  environment: Environment;
  answer(): void;
  die(): Promise<void>;
}

/** Environments at the executor's seam: INIT succeeds unless the test says otherwise, and invocations wait for the test. */
const createGround = ({ accountConcurrency = 10, isHeld = false }: { accountConcurrency?: number; isHeld?: boolean } = {}) => {
  const [clock, wall] = [createClock(), createClock()];
  onTestFinished(() => {
    clock.stop();
    wall.stop();
  });
  const made: Made[] = [];
  const told: LedgerEntry[] = [];
  const behaviour = { initFails: false, refuses: undefined as Error | undefined, credentialsMs: 6 * HOUR_MS, gate: Promise.resolve() };
  const executor: Executor = {
    async createEnvironment(of) {
      if (behaviour.refuses !== undefined) throw behaviour.refuses;
      const isInitialized = !behaviour.initFails;
      const dead = Promise.withResolvers<void>();
      let state: EnvironmentState = "starting";
      let answer = () => {};
      const environment: Environment = {
        id: `env-${made.length}`, target: of, credentialsExpireAt: wall.now() + behaviour.credentialsMs, dead: dead.promise, initialized: Promise.race([behaviour.gate.then(() => void (state = "idle")), dead.promise]), isInitialized, logStream: "s", invocations: 0,
        get state() { return state; },
        async invoke() {
          state = "busy";
          if (isHeld) await new Promise<void>((resolve) => (answer = resolve));
          if (state === "busy") state = "frozen";
          return { outcome: { kind: "response", payload: Buffer.from("1") }, environmentId: environment.id, durationMs: 1, isColdStart: false } as InvocationReport;
        },
        async stop() {
          state = "dead";
          dead.resolve();
        },
      };
      made.push({ environment, answer: () => answer(), die: () => environment.stop() });
      return environment;
    },
    prepare() {},
    runtimes: async () => [],
    close: async () => {},
  };
  const limits = createFunctionLimits();
  const scheduler = createScheduler({ executor, clock, wall, limits, settings: { accountConcurrency }, ledger: { record: (entry) => void told.push(entry), find: async () => [], flush: async () => {} } });
  onTestFinished(() => scheduler.close());
  const provision = (wishes: Record<string, [FunctionTarget, number][]>) =>
    scheduler.provision("arn:f", new Map(Object.entries(wishes).map(([qualifier, shares]) => [`arn:f:${qualifier}`, shares.map(([of, count]) => ({ target: of, count }))])));
  const live = () => made.filter(({ environment }) => environment.state !== "dead");
  const allocated = (qualifier: string) => scheduler.provisioned(`arn:f:${qualifier}`).allocated;
  const isAllocated = (qualifier: string, count: number) => eventually(`${count} are allocated`, () => allocated(qualifier) === count);
  return { scheduler, limits, clock, wall, made, told, behaviour, provision, live, allocated, isAllocated };
};

describe("provisioned environments", () => {
  it("are made at once and warm before anybody invokes; an invocation by their alias is run in one of them", async () => {
    const { scheduler, made, told, provision, isAllocated } = createGround();
    provision({ live: [[target("1"), 2]] });
    await isAllocated("live", 2);
    expect(made.map(({ environment }) => environment.target.initializationType)).toEqual(["provisioned-concurrency", "provisioned-concurrency"]);
    const { environmentId } = await scheduler.invoke(target("1"), by("live"));
    expect(["env-0", "env-1"]).toContain(environmentId);
    expect(made).toHaveLength(2);
    expect(told[0]!.summary).toContain("ran in a provisioned environment");
  });

  it("serve those who invoke by what they are for, and their version's alias, and nobody else", async () => {
    const { scheduler, provision, isAllocated } = createGround();
    provision({ live: [[target("1"), 1]], 2: [[target("2"), 1]] });
    await isAllocated("live", 1);
    await isAllocated("2", 1);
    const usedBy = async (qualifier: string | undefined, version: string) => (await scheduler.invoke(target(version), by(qualifier))).environmentId;
    const [ofLive, ofTwo] = [await usedBy("live", "1"), await usedBy("2", "2")];
    expect(new Set([ofLive, ofTwo])).toEqual(new Set(["env-0", "env-1"]));
    expect(await usedBy("other", "2")).toBe(ofTwo);
    expect(["env-0", "env-1"]).not.toContain(await usedBy(undefined, "$LATEST"));
    expect(["env-0", "env-1"]).not.toContain(await usedBy("1", "1"));
  });

  it("are not all there is: more at once spill over to environments on demand, as long as there is concurrency", async () => {
    const { scheduler, limits, made, provision, isAllocated } = createGround({ isHeld: true, accountConcurrency: 3 });
    limits.set(PLACE, { provisionedConcurrency: 2 });
    provision({ live: [[target("1"), 2]] });
    await isAllocated("live", 2);
    const running = [1, 2, 3].map(() => scheduler.invoke(target("1"), by("live")));
    await eventually("a third is made", () => made.length === 3);
    expect(made[2]!.environment.target.initializationType).toBe("on-demand");
    await expect(scheduler.invoke(target("1"), by("live"))).rejects.toMatchObject({ members: { Reason: "ConcurrentInvocationLimitExceeded" } });
    await eventually("all run", () => made.every(({ environment }) => environment.state === "busy"));
    for (const one of made) one.answer();
    await Promise.all(running);
  });

  it("are a part of the reservation: what is on demand has the rest of it, which may be nothing", async () => {
    const { scheduler, limits, made, provision, isAllocated } = createGround({ isHeld: true });
    limits.set(PLACE, { reservedConcurrency: 2, provisionedConcurrency: 2 });
    provision({ live: [[target("1"), 2]] });
    await isAllocated("live", 2);
    const reason = { members: { Reason: "ReservedFunctionConcurrentInvocationLimitExceeded" } };
    await expect(scheduler.invoke(target("$LATEST"), by(undefined))).rejects.toMatchObject(reason);
    const running = [1, 2].map(() => scheduler.invoke(target("1"), by("live")));
    await eventually("both run", () => made.every(({ environment }) => environment.state === "busy"));
    await expect(scheduler.invoke(target("1"), by("live"))).rejects.toMatchObject(reason);
    for (const one of made) one.answer();
    await Promise.all(running);
    expect(made).toHaveLength(2);
  });

  it("are kept from the account's other functions", async () => {
    const { scheduler, limits, provision, isAllocated } = createGround({ accountConcurrency: 2 });
    limits.set(PLACE, { provisionedConcurrency: 2 });
    provision({ live: [[target("1"), 2]] });
    await isAllocated("live", 2);
    await expect(scheduler.invoke(target("$LATEST", { name: "g", functionArn: "arn:g" }), by(undefined))).rejects.toMatchObject({ members: { Reason: "ConcurrentInvocationLimitExceeded" } });
    expect((await scheduler.invoke(target("1"), by("live"))).outcome.kind).toBe("response");
  });

  it("are not ended when they are idle, and replaced when they die", async () => {
    const { clock, made, live, provision, isAllocated } = createGround();
    provision({ live: [[target("1"), 2]] });
    await isAllocated("live", 2);
    await clock.advance(3 * ENVIRONMENT_IDLE_MS);
    expect(live()).toHaveLength(2);
    await made[0]!.die();
    await eventually("another takes its place", () => made.length === 3);
    await isAllocated("live", 2);
    expect(made[2]!.environment.target.initializationType).toBe("provisioned-concurrency");
  });

  it("have successors before their credentials end, and serve until those are ready", async () => {
    const { scheduler, wall, made, behaviour, live, provision, allocated, isAllocated } = createGround();
    provision({ live: [[target("1"), 1]] });
    await isAllocated("live", 1);
    const gate = Promise.withResolvers<void>();
    behaviour.gate = gate.promise;
    await wall.advance(6 * HOUR_MS - CREDENTIALS_MARGIN_MS - PROVISIONED_SUCCESSOR_MS);
    await eventually("its successor is on its way", () => made.length === 2);
    expect(allocated("live")).toBe(1);
    expect((await scheduler.invoke(target("1"), by("live"))).environmentId).toBe("env-0");
    gate.resolve();
    await eventually("it goes", () => made[0]!.environment.state === "dead");
    expect((await scheduler.invoke(target("1"), by("live"))).environmentId).toBe("env-1");
    expect(live()).toHaveLength(1);
  });

  it("move with their alias, are more or fewer as it is asked, and go when nobody asks for them", async () => {
    const { made, live, provision, isAllocated } = createGround();
    const versions = () => live().map(({ environment }) => environment.target.version).toSorted();
    provision({ live: [[target("1"), 2]] });
    await isAllocated("live", 2);
    provision({ live: [[target("1"), 3]] });
    await isAllocated("live", 3);
    expect(made).toHaveLength(3);
    provision({ live: [[target("1"), 1]] });
    await eventually("two go", () => live().length === 1);
    provision({ live: [[target("2"), 2], [target("1"), 1]] });
    await isAllocated("live", 3);
    expect(versions()).toEqual(["1", "2", "2"]);
    expect(made).toHaveLength(5);
    provision({ live: [[target("2"), 2]] });
    await eventually("the other version's go", () => versions().join() === "2,2");
    provision({});
    await eventually("all go", () => live().length === 0);
  });

  it.each([["run something", true], ["were just given an invocation", false]])("that %s finish it before they go", async (_what, isWaited) => {
    const { scheduler, made, provision, isAllocated } = createGround({ isHeld: true });
    provision({ live: [[target("1"), 1]] });
    await isAllocated("live", 1);
    const running = scheduler.invoke(target("1"), by("live"));
    if (isWaited) await eventually("it runs", () => made[0]!.environment.state === "busy");
    provision({});
    await eventually("it runs on", () => made[0]!.environment.state === "busy");
    made[0]!.answer();
    expect((await running).outcome.kind).toBe("response");
    await eventually("it goes", () => made[0]!.environment.state === "dead");
  });

  it("that fail in INIT are told and let go, and tried again later, one at a time", async () => {
    const { scheduler, clock, made, behaviour, live, provision, isAllocated } = createGround();
    behaviour.initFails = true;
    provision({ live: [[target("1"), 3]] });
    await eventually("it failed", () => scheduler.provisioned("arn:f:live").failure === "FUNCTION_ERROR_INIT_FAILURE");
    await eventually("nothing is left", () => live().length === 0);
    const before = made.length;
    await clock.advance(PROVISIONED_RETRY_MS_FIRST);
    await eventually("one is tried", () => made.length === before + 1 && live().length === 0);
    behaviour.initFails = false;
    await clock.advance(2 * PROVISIONED_RETRY_MS_FIRST);
    await isAllocated("live", 3);
    expect(scheduler.provisioned("arn:f:live")).toEqual({ allocated: 3 });
  });

  it("that cannot be made say why, and are tried at once when they are asked for anew", async () => {
    const { scheduler, behaviour, provision, isAllocated } = createGround();
    behaviour.refuses = new Error("Lambda cannot assume the role");
    provision({ live: [[target("1"), 1]] });
    await eventually("it failed", () => scheduler.provisioned("arn:f:live").failure === "Lambda cannot assume the role");
    behaviour.refuses = undefined;
    provision({ live: [[target("1"), 1]] });
    await isAllocated("live", 1);
  });

  it("wait for their turn to start with all others, and let one that is waited for start before them", async () => {
    const atOnce = availableParallelism() * ENVIRONMENT_STARTS_PER_CPU;
    const { scheduler, made, behaviour, provision, isAllocated } = createGround({ accountConcurrency: 100 });
    const gate = Promise.withResolvers<void>();
    behaviour.gate = gate.promise;
    provision({ live: [[target("1"), 3 * atOnce]] });
    const invoked = scheduler.invoke(target("$LATEST", { name: "g", functionArn: "arn:g" }), by(undefined));
    gate.resolve();
    await isAllocated("live", 3 * atOnce);
    await invoked;
    expect(made.findIndex(({ environment }) => environment.target.name === "g")).toBe(atOnce);
  });

  it("on their way are ended with the scheduler, which waits for them", async () => {
    const { scheduler, made, behaviour, live, provision } = createGround();
    behaviour.gate = new Promise<void>(() => {});
    provision({ live: [[target("1"), 2]] });
    await eventually("they start", () => made.length === 2);
    await scheduler.close();
    expect(live()).toEqual([]);
  });
});
