import * as fc from "fast-check";
import { expect, it } from "vitest";
import type { Environment, EnvironmentState, Executor, FunctionTarget, Invocation, InvocationReport } from "../../src/executor/executor.ts";
import { createClock } from "../../src/kit/clock.ts";
import { createFunctionLimits } from "../../src/scheduler/function-limits.ts";
import { createScheduler } from "../../src/scheduler/invoke.ts";

const HOUR = 3_600_000;
const targetOf = (name: string) => ({ account: "0", region: "r", name, version: "$LATEST", functionArn: `arn:${name}`, revisionId: "1", timeoutSeconds: 3, initializationType: "on-demand" }) as FunctionTarget;
const invocation = (requestId: string): Invocation => ({ requestId, trace: { id: "1-0-0" }, payload: Buffer.from("{}"), invokedFunctionArn: "arn" });
const settled = () => new Promise((resolve) => setImmediate(resolve));

const RESERVED = 2;
const ACCOUNT = 5;

/** `f` has a reservation, the others share the rest. Environments at the executor's seam end their invocations when they are told to, and how. */
const createGround = () => {
  const [clock, wall] = [createClock(), createClock()];
  const limits = createFunctionLimits();
  limits.set({ account: "0", region: "r", name: "f" }, { reservedConcurrency: RESERVED });
  const running: { end(how: "return" | "fail" | "die"): void }[] = [];
  let isBroken = false;
  let made = 0;
  const executor: Executor = {
    async createEnvironment(target) {
      await settled();
      if (isBroken) throw new Error("no environment can be made");
      const dead = Promise.withResolvers<void>();
      let state: EnvironmentState = "idle";
      const die = () => {
        state = "dead";
        dead.resolve();
      };
      return {
        id: `env-${made++}`, target, credentialsExpireAt: Date.now() + HOUR, dead: dead.promise, initialized: Promise.resolve(), isInitialized: true,
        get state() { return state; },
        invoke: () =>
          new Promise<InvocationReport>((resolve, reject) => {
            state = "busy";
            running.push({
              end(how) {
                state = "idle";
                if (how === "return") return resolve({ outcome: { kind: "response", payload: Buffer.from("1") }, durationMs: 1, isColdStart: false } as InvocationReport);
                if (how === "die") die();
                reject(new Error("the platform failed"));
              },
            });
          }),
        stop: async () => die(),
      } as unknown as Environment;
    },
    prepare() {},
    runtimes: async () => [],
    close: async () => {},
  };
  const scheduler = createScheduler({ executor, clock, wall, limits, settings: { idleMs: 60_000, accountConcurrency: ACCOUNT }, ledger: { record() {}, find: async () => [], flush: async () => {} } });
  return {
    scheduler, clock, running,
    setBroken: (value: boolean) => void (isBroken = value),
    async close() {
      await scheduler.close();
      clock.stop();
      wall.stop();
    },
  };
};

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("invoke" as const), name: fc.constantFrom("f", "g", "h") }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("end" as const), which: fc.nat(), how: fc.constantFrom("return" as const, "fail" as const, "die" as const) }) },
  fc.record({ do: fc.constant("retire" as const), name: fc.constantFrom("f", "g", "h") }),
  fc.record({ do: fc.constant("break" as const), value: fc.boolean() }),
  fc.constant({ do: "idle" as const }),
);

it("no order of events leaves a lease behind: when all has ended, as many may run as before, and not one more", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { scheduler, clock, running, setBroken, close } = createGround();
      const asked: Promise<unknown>[] = [];
      const invoke = (name: string) => {
        const answer = scheduler.invoke(targetOf(name), invocation(String(asked.length)));
        asked.push(answer.catch(() => undefined));
        return answer;
      };
      for (const one of steps) {
        if (one.do === "invoke") invoke(one.name).catch(() => undefined);
        if (one.do === "end" && running.length > 0) running.splice(one.which % running.length, 1)[0]!.end(one.how);
        if (one.do === "retire") scheduler.retire(`arn:${one.name}`);
        if (one.do === "break") setBroken(one.value);
        if (one.do === "idle") await clock.advance(120_000);
        await settled();
      }
      setBroken(false);
      const all = Promise.all(asked).then(() => "over");
      while ((await Promise.race([all, settled().then(settled)])) !== "over") running.splice(0).forEach(({ end }) => end("return"));

      const accepted = [...Array<string>(RESERVED).fill("f"), ...Array<string>(ACCOUNT - RESERVED).fill("g")].map(invoke);
      await expect(invoke("f")).rejects.toMatchObject({ members: { Reason: "ReservedFunctionConcurrentInvocationLimitExceeded" } });
      await expect(invoke("h")).rejects.toMatchObject({ members: { Reason: "ConcurrentInvocationLimitExceeded" } });
      const results = Promise.allSettled(accepted);
      while ((await Promise.race([results.then(() => "over"), settled().then(settled)])) !== "over") running.splice(0).forEach(({ end }) => end("return"));
      expect((await results).map(({ status }) => status)).toEqual(accepted.map(() => "fulfilled"));
      await close();
      expect(scheduler.environments()).toEqual([]);
    }),
    { numRuns: 150 },
  );
});
