import { availableParallelism } from "node:os";
import { describe, expect, it } from "vitest";
import type { Environment, EnvironmentState, Executor, FunctionTarget, InvocationReport } from "../../src/executor/executor.ts";
import { createClock, type Clock } from "../../src/kit/clock.ts";
import { SCALING_ENVIRONMENTS } from "../../src/kit/limits/lambda.ts";
import { createScheduler } from "../../src/scheduler/invoke.ts";

const HOUR = 3_600_000;
const INIT_MS = 1_000;
const QUICK = 2 * availableParallelism();
const target = { account: "0", region: "r", name: "f", version: "$LATEST", functionArn: "arn:f", revisionId: "1", timeoutSeconds: 3, initializationType: "on-demand" } as FunctionTarget;
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A wall that stands still until it is moved. */
const createWall = () => {
  let timers: { at: number; fire: () => unknown }[] = [];
  let now = 0;
  const wall: Clock = {
    now: () => now,
    monotonic: () => now,
    sleep: () => new Promise(() => {}),
    at(at, _name, fire) {
      const timer = { at, fire };
      timers.push(timer);
      return { cancel: () => void (timers = timers.filter((one) => one !== timer)) };
    },
  };
  const advance = async (ms: number) => {
    now += ms;
    for (const timer of timers.filter(({ at }) => at <= now)) {
      timers = timers.filter((one) => one !== timer);
      timer.fire();
      await settled();
    }
    await settled();
  };
  return { wall, advance };
};

/** An executor whose environments take INIT_MS to be there, and run until they are told to end. Its time is moved by hand. */
const createGround = () => {
  const clock = createClock();
  const { wall, advance } = createWall();
  const running: { environmentId: string; end(): void; die(): void }[] = [];
  const made: string[] = [];
  let isBroken = false;
  const createEnvironment = async (): Promise<Environment> => {
    if (isBroken) throw new Error("no environment can be made");
    const id = `env-${made.length}`;
    made.push(id);
    const dead = Promise.withResolvers<void>();
    const initialized = Promise.withResolvers<void>();
    let state: EnvironmentState = "starting";
    wall.at(wall.now() + INIT_MS, "INIT", () => {
      state = "idle";
      initialized.resolve();
    });
    return {
      id, target, credentialsExpireAt: Date.now() + HOUR, dead: dead.promise, initialized: initialized.promise,
      get state() { return state; },
      async invoke() {
        await initialized.promise;
        state = "busy";
        return new Promise<InvocationReport>((resolve, reject) => {
          const leave = () => running.splice(running.findIndex((one) => one.environmentId === id), 1);
          running.push({
            environmentId: id,
            die() {
              leave();
              state = "dead";
              dead.resolve();
              reject(new Error("the platform failed"));
            },
            end() {
              leave();
              state = "idle";
              resolve({ environmentId: id, outcome: { kind: "response", payload: Buffer.from("1") }, durationMs: 1, isColdStart: false } as InvocationReport);
            },
          });
        });
      },
      async stop() {
        state = "dead";
        initialized.resolve();
        dead.resolve();
      },
    } as unknown as Environment;
  };
  const executor: Executor = { createEnvironment, prepare() {}, runtimes: async () => [], close: async () => {} };
  const scheduler = createScheduler({ executor, clock, wall, settings: { accountConcurrency: 10_000 }, ledger: { record() {}, find: async () => [], flush: async () => {} } });
  const invoke = () => scheduler.invoke(target, { requestId: "r", trace: { id: "1-0-0" }, payload: Buffer.from("{}"), invokedFunctionArn: "arn" });
  const endAfter = async (ms: number) => {
    await advance(ms);
    for (const one of running.slice()) one.end();
    await settled();
  };
  /** So many environments of a function that takes so long, as far as anybody knows. */
  const know = async (environments: number, runMs: number) => {
    const first = Array.from({ length: environments }, invoke);
    while (running.length < environments) await advance(INIT_MS);
    await endAfter(0);
    await Promise.all(first);
    for (let round = 0; round < 30; round++) {
      const all = Array.from({ length: environments }, invoke);
      await settled();
      await endAfter(runMs);
      await Promise.all(all);
    }
  };
  return { scheduler, running, made, invoke, advance, endAfter, know, breakStarts: () => void (isBroken = true) };
};

describe("who waits for an environment", () => {
  it("takes a warm one that becomes free while the new one is in INIT; that one joins the others", async () => {
    const { invoke, advance, endAfter, running, made, scheduler } = createGround();
    const first = invoke();
    await settled();
    await advance(INIT_MS);
    const second = invoke();
    await settled();
    expect(made).toEqual(["env-0", "env-1"]);
    await endAfter(1);
    expect(running.map(({ environmentId }) => environmentId)).toEqual(["env-0"]);
    await endAfter(0);
    expect([(await first).environmentId, (await second).environmentId]).toEqual(["env-0", "env-0"]);
    await advance(INIT_MS);
    expect(scheduler.environments().map(({ state }) => state)).toEqual(["idle", "idle"]);
  });

  it("has an environment of its own started at once when nobody knows how long the others take, or when it is long", async () => {
    const { invoke, made } = createGround();
    Array.from({ length: QUICK + 3 }, invoke);
    await settled();
    expect(made.length).toBeGreaterThanOrEqual(Math.min(QUICK + 3, 4));

    const slow = createGround();
    await slow.know(QUICK, 2 * INIT_MS);
    Array.from({ length: QUICK + 3 }, slow.invoke);
    await settled();
    expect(slow.made).toHaveLength(QUICK + 3);
  });

  it("is served by the few that a quick function has", async () => {
    const { invoke, made, know, endAfter, running } = createGround();
    await know(QUICK, 1);
    const all = Array.from({ length: 5 * QUICK }, invoke);
    await settled();
    while (running.length > 0) await endAfter(1);
    await Promise.all(all);
    expect(made).toHaveLength(QUICK);
  });

  it("waits no longer than a quick function explains", async () => {
    const { invoke, made, know, advance } = createGround();
    await know(QUICK, 1);
    Array.from({ length: QUICK + 3 }, invoke);
    await settled();
    expect(made).toHaveLength(QUICK);
    await advance(10);
    expect(made).toHaveLength(QUICK + 3);
  });

  it("has one started as soon as those that it counted on are gone", async () => {
    const { invoke, made, know, running, advance, scheduler } = createGround();
    await know(QUICK, 1);
    const all = Promise.allSettled(Array.from({ length: QUICK + 1 }, invoke));
    await settled();
    expect(made).toHaveLength(QUICK);
    for (const one of running.slice()) one.die();
    await settled();
    expect(made).toHaveLength(QUICK + 1);
    await advance(INIT_MS);
    expect(running.map(({ environmentId }) => environmentId)).toEqual([`env-${QUICK}`]);
    running[0]!.end();
    expect((await all).filter(({ status }) => status === "rejected")).toHaveLength(QUICK);
    expect(scheduler.environments()).toHaveLength(1);
  });

  it("is told that none can be started, and those are served that a warm one can serve", async () => {
    const { invoke, know, endAfter, breakStarts } = createGround();
    await know(1, 1);
    breakStarts();
    const [served, refused] = [invoke(), invoke()];
    await expect(refused).rejects.toThrow("no environment can be made");
    await endAfter(1);
    expect((await served).environmentId).toBe("env-0");
  });

  it("counts as growth only when one is made for it", async () => {
    const { invoke, know, endAfter, running, made } = createGround();
    await know(QUICK, 1);
    for (let i = 0; i < SCALING_ENVIRONMENTS / 10; i++) {
      const all = Array.from({ length: QUICK + 20 }, invoke);
      await settled();
      while (running.length > 0) await endAfter(0);
      await Promise.all(all);
    }
    expect(made).toHaveLength(QUICK);
  });
});
