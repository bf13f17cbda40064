import { copyFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { FunctionTarget, InvocationReport } from "../../src/executor/executor.ts";
import { ApiError } from "../../src/kit/api-error.ts";
import { createClockAhead } from "../../src/kit/clock.ts";
import { ASYNC_IN_FLIGHT_MAX, ASYNC_IN_FLIGHT_PER_FUNCTION_MAX } from "../../src/kit/limits/lambda.ts";
import { silentLog } from "../../src/kit/log.ts";
import { systemRandom as random } from "../../src/kit/random.ts";
import { createInvocationQueue } from "../../src/scheduler/invocation-queue.ts";
import { EVENT_SETTINGS_DEFAULT, type Scheduler } from "../../src/scheduler/scheduler.ts";
import { sql, sqlOne } from "../../src/store/store.ts";
import { createBreakable } from "../support/breakable.ts";
import { openState } from "../support/store.ts";
import { temporaryDirectory } from "../support/temporary.ts";

/** What a run of it comes to; behind the last, it succeeds. */
type Outcome = "error" | "throttle" | "crash";

interface Planned {
  function: number;
  outcomes: Outcome[];
  /** Milliseconds that a run waits for the clock; 0 for one that does not. */
  runsFor: number;
  /** Whoever sends it has it until it is taken, and sends it again when it is not. */
  isKept: boolean;
}

type Step =
  | { do: "send"; plan: Planned; copies: number }
  /** So many to each function, which take up all places there are. */
  | { do: "crowd"; copies: number; runsFor: number }
  /** Milliseconds. */
  | { do: "advance"; ms: number }
  /** So many writes from now on are not taken. */
  | { do: "break disk"; writes: number }
  | { do: "restart" };

const FUNCTIONS = 6;

const planned: fc.Arbitrary<Planned> = fc.record({
  function: fc.nat(FUNCTIONS - 1),
  outcomes: fc.oneof({ weight: 3, arbitrary: fc.constant<Outcome[]>([]) }, { weight: 2, arbitrary: fc.array(fc.constantFrom<Outcome>("error", "error", "throttle", "crash"), { maxLength: 5 }) }),
  runsFor: fc.constantFrom(0, 0, 500, 61_000),
  isKept: fc.boolean(),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("send" as const), plan: planned, copies: fc.constantFrom(1, 1, 3, 10, 60, 110) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("crowd" as const), copies: fc.constantFrom(35, 60), runsFor: fc.constantFrom(500, 61_000) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("advance" as const), ms: fc.constantFrom(500, 1_000, 60_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("break disk" as const), writes: fc.constantFrom(1, 2, 4, 300) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restart" as const) }) },
);

interface Sent {
  id: string;
  plan: Planned;
}

const LOOKS_MAX = 500;
const ADVANCES_MAX = 60;

/** All that was ever sent, and how often it was run, over any number of lives of the process. */
const createWorld = () => {
  const directory = temporaryDirectory();
  const accepted = new Map<string, Planned>();
  const runs = new Map<string, number>();
  const problems: string[] = [];
  let life = 0;

  const open = (path: string, aheadMs: number) => {
    const mine = ++life;
    const clock = createClockAhead(aheadMs);
    const real = openState(path);
    const going = new Map<string, number>();
    let asleep = 0;
    const { store, breakDisk, isBroken } = createBreakable(real);
    const outcomeOf = async (id: string): Promise<Outcome | undefined> => {
      const { runsFor = 0, outcomes = [] } = plans.get(id) ?? {};
      asleep++;
      if (runsFor > 0) await clock.sleep(runsFor);
      asleep--;
      for (let turns = id.length % 3; turns >= 0; turns--) await new Promise(setImmediate);
      if (mine !== life) return undefined;
      const run = runs.get(id) ?? 0;
      runs.set(id, run + 1);
      return outcomes[run];
    };
    const scheduler: Scheduler = {
      async invoke({ name }, { requestId: id }) {
        if ([...going.keys()].includes(id)) problems.push(`${id} is run twice at the same time`);
        going.set(id, (going.get(id) ?? 0) + 1);
        const total = going.size;
        // And the first one of each function that has none.
        if (total > ASYNC_IN_FLIGHT_MAX + FUNCTIONS) problems.push(`${total} run at once`);
        const ofFunction = [...going.keys()].filter((one) => `f${plans.get(one)!.function}` === name).length;
        if (ofFunction > ASYNC_IN_FLIGHT_PER_FUNCTION_MAX) problems.push(`${name} runs ${ofFunction} at once`);
        const outcome = await outcomeOf(id).finally(() => going.delete(id));
        if (outcome === "throttle") throw new ApiError("TooManyRequestsException", "Rate Exceeded.", { status: 429 });
        if (outcome === "crash") throw new Error("no environment could be made");
        return { outcome: outcome === "error" ? { kind: "error", errorType: "ValueError", payload: Buffer.from("{}") } : { kind: "response", payload: Buffer.from("1") } } as InvocationReport;
      },
      prepare() {}, retire() {}, provision() {},
      provisioned: () => ({ allocated: 0 }),
      environments: () => [],
      close: async () => {},
    };
    const queue = createInvocationQueue({
      store, scheduler, clock, random, log: silentLog,
      resolve: async (_at, name) => ({ name, version: "1" }) as FunctionTarget,
      rules: {
        *settings() {
          return EVENT_SETTINGS_DEFAULT;
        },
        // What is told of an end is in its commit, and lost with it.
        *end({ id, event, condition }) {
          yield* sql("insert into delivery (id, target_arn, region, body, attempts, accepted_at, due_at) values (?, ?, '', ?, 0, 0, 0)", id, event.requestId, condition);
          return [];
        },
        afterEnd() {},
      },
      ledger: { record() {}, find: async () => [], flush: async () => {} },
    });
    /** Nothing goes on but what waits for the clock. */
    const calm = async () => {
      let before = "";
      for (let [looks, same] = [0, 0]; same < 3; looks++) {
        // What has fallen due meanwhile is begun by its timer.
        await new Promise((resolve) => setTimeout(resolve, 0));
        const state = JSON.stringify([await queue.pending(), asleep, going.size]);
        same = state === before && asleep === going.size ? same + 1 : 0;
        before = state;
        if (looks > LOOKS_MAX) throw new Error(`it does not come to rest: ${state}`);
      }
    };
    const checkNothingIsForgotten = async () => {
      if (isBroken() || asleep > 0) return;
      const now = clock.now();
      const due = (await real.run(() => sqlOne("select count(*) as n from async_event where lease_token is null and due_at < ?", now - 1_100)))!["n"];
      if (due !== 0 && (await queue.pending()).inFlight === 0) problems.push(`${due} are due, and nobody begins them`);
    };
    return { clock, queue, real, path, calm, checkNothingIsForgotten, breakDisk };
  };

  const plans = new Map<string, Planned>();
  return { directory, plans, accepted, runs, problems, open };
};

const run = async (steps: readonly Step[]) => {
  const { directory, plans, accepted, runs, problems, open } = createWorld();
  let at = open(join(directory, "0.db"), 0);
  let count = 0;
  let lives = 0;
  /** Of those that keep what they send: what was not taken. */
  let refused: Sent[] = [];

  const sendOne = async ({ id, plan }: Sent, isFirst: boolean) => {
    plans.set(id, plan);
    try {
      await at.queue.enqueue(
        { requestId: id, traceId: "1-0-0", account: "0", region: "r", functionName: `f${plan.function}`, invokedFunctionArn: "arn", payload: Buffer.alloc(10 + (id.length % 5)) },
        { isKept: plan.isKept && isFirst },
      );
      accepted.set(id, plan);
    } catch {
      if (plan.isKept) refused.push({ id, plan });
    }
  };
  const sendMany = (copies: number, planOf: (index: number) => Planned) => Promise.all(Array.from({ length: copies }, (_, index) => sendOne({ id: `e${count++}`, plan: planOf(index) }, true)));
  const sendAgain = async () => {
    const again = refused;
    refused = [];
    await Promise.all(again.map((one) => sendOne(one, false)));
  };
  const advance = async (ms: number) => {
    await at.clock.advance(ms);
    await sendAgain();
    await at.calm();
    await at.checkNothingIsForgotten();
  };
  const restart = async () => {
    // As after a kill: the files as they are now, with whatever was under way.
    const next = join(directory, `${++lives}.db`);
    await at.real.run(() => sql("select 1"));
    for (const end of ["", "-wal"]) copyFileSync(at.path + end, next + end);
    const old = at;
    at = open(next, old.clock.aheadMs);
    await old.queue.close(0);
    await old.real.close();
    old.clock.stop();
    await at.queue.start();
  };

  await at.queue.start();
  for (const one of steps) {
    if (one.do === "advance") await advance(one.ms);
    else if (one.do === "break disk") at.breakDisk(one.writes);
    else if (one.do === "restart") await restart();
    else if (one.do === "send") await sendMany(one.copies, () => one.plan);
    else await sendMany(one.copies * FUNCTIONS, (index) => ({ function: index % FUNCTIONS, outcomes: [], runsFor: one.runsFor, isKept: false }));
  }
  at.breakDisk(0);
  let left = 1;
  for (let advances = 0; advances < ADVANCES_MAX && left > 0; advances++) {
    await advance(61_000);
    left = (await at.queue.pending()).queued + refused.length;
  }
  const ends = await at.real.run(() => sql("select target_arn as id, body as condition from delivery"));
  const [{ leased }] = (await at.real.run(() => sql("select count(*) as leased from async_event where lease_token is not null"))) as unknown as [{ leased: number }];
  await at.queue.close(0);
  await at.real.close();
  at.clock.stop();
  return { accepted, runs, problems, left, leased, ends: ends as unknown as { id: string; condition: string }[] };
};

const FAILURES_MAX = 3;

it("whatever functions, the disk and the process do, each event ends once, as it should, and none is lost or run twice at a time", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
      const { accepted, runs, problems, left, leased, ends } = await run(steps);
      expect(problems.slice(0, 3)).toEqual([]);
      expect({ left, leased }).toEqual({ left: 0, leased: 0 });
      expect(ends.map(({ id }) => id).toSorted()).toEqual([...accepted.keys()].toSorted());
      const isCalm = steps.every((one) => one.do !== "restart" && one.do !== "break disk");
      for (const { id, condition } of ends) {
        const { outcomes } = accepted.get(id)!;
        const failures = outcomes.filter((one) => one === "error").length;
        // A run whose end was lost is made again: it may be the one that succeeds.
        if (isCalm || condition !== "Success") expect([id, condition]).toEqual([id, failures < FAILURES_MAX ? "Success" : "RetriesExhausted"]);
        const last = outcomes.findIndex((one, index) => one === "error" && outcomes.slice(0, index + 1).filter((each) => each === "error").length === FAILURES_MAX);
        if (isCalm) expect([id, runs.get(id)]).toEqual([id, last < 0 ? outcomes.length + 1 : last + 1]);
      }
    }),
    { numRuns: 10 },
  );
}, 120_000);
