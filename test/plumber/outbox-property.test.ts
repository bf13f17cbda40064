import { copyFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { ApiError } from "../../src/kit/api-error.ts";
import type { Call } from "../../src/kit/call.ts";
import { createClock } from "../../src/kit/clock.ts";
import { DELIVERIES_IN_FLIGHT_MAX, DELIVERIES_IN_FLIGHT_PER_TARGET_MAX } from "../../src/kit/limits/deliveries.ts";
import { silentLog } from "../../src/kit/log.ts";
import { noMetrics } from "../../src/kit/metrics.ts";
import { systemRandom as random } from "../../src/kit/random.ts";
import { createOutbox, type Delivery } from "../../src/plumber/outbox.ts";
import { noApiDestinations } from "../support/no-api-destinations.ts";
import { createBreakable } from "../support/breakable.ts";
import { openState } from "../support/store.ts";
import { eventually, temporaryDirectory } from "../support/temporary.ts";

const QUEUE = "arn:aws:sqs:us-east-1:000000000000:";
const DEAD = `${QUEUE}dead`;
const RETRIES = 2;
const as = { service: "sns.amazonaws.com", account: "000000000000", sourceArn: "arn:aws:sns:us-east-1:000000000000:t", sourceAccount: "000000000000" };

/** What becomes of it: how often its target fails before it takes it; `refused` never does. */
interface Planned {
  target: number;
  lane: number | undefined;
  fails: number | "refused";
  hasDeadLetter: boolean;
  perSecond: number | undefined;
}

type Step =
  | { do: "put"; planned: Planned[]; isHandedOver: boolean }
  /** Milliseconds. */
  | { do: "advance"; ms: number }
  /** So many writes from now on are not taken. */
  | { do: "break disk"; writes: number }
  | { do: "restart" };

const planned: fc.Arbitrary<Planned> = fc.record({
  target: fc.nat(2),
  lane: fc.option(fc.nat(1), { nil: undefined }),
  fails: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 3, arbitrary: fc.integer({ min: 1, max: RETRIES + 1 }) }, { weight: 1, arbitrary: fc.constant("refused" as const) }),
  hasDeadLetter: fc.boolean(),
  perSecond: fc.option(fc.constantFrom(1, 3), { nil: undefined }),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("put" as const), planned: fc.array(planned, { minLength: 1, maxLength: 12 }), isHandedOver: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("advance" as const), ms: fc.constantFrom(500, 1_000, 60_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("break disk" as const), writes: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restart" as const) }) },
);

/** All that was ever asked for, and what its targets saw of it, over any number of lives of the process. */
const createWorld = () => {
  const directory = temporaryDirectory();
  const plans = new Map<string, Planned>();
  const tries = new Map<string, number>();
  const taken = new Map<string, number>();
  /** Ids in the order in which each lane was tried. */
  const lanes = new Map<number, string[]>();
  const problems: string[] = [];
  let life = 0;

  const open = (path: string) => {
    const mine = ++life;
    const clock = createClock();
    const real = openState(path);
    const underWay = new Map<string, number>();
    const going = new Set<string>();
    const { store, breakDisk } = createBreakable(real);
    const call = (async (_service, _operation, input, { requestId: id }) => {
      const queue = (input as { QueueUrl: string }).QueueUrl.split("/").at(-1)!;
      if (going.has(id!)) problems.push(`${id} is tried twice at the same time`);
      going.add(id!);
      underWay.set(queue, (underWay.get(queue) ?? 0) + 1);
      if (underWay.get(queue)! > DELIVERIES_IN_FLIGHT_PER_TARGET_MAX) problems.push(`${queue} has ${underWay.get(queue)} at once`);
      if (going.size > DELIVERIES_IN_FLIGHT_MAX) problems.push(`${going.size} are under way at once`);
      for (let turns = Number(id!.length) % 3; turns >= 0; turns--) await new Promise(setImmediate);
      going.delete(id!);
      underWay.set(queue, underWay.get(queue)! - 1);
      if (mine !== life) return {};
      const count = (tries.get(id!) ?? 0) + 1;
      tries.set(id!, count);
      const plan = plans.get(id!);
      if (plan?.lane !== undefined) lanes.set(plan.lane, [...(lanes.get(plan.lane) ?? []), id!]);
      if (plan?.fails === "refused") throw new ApiError("AccessDeniedException", "no", { status: 403 });
      if (plan !== undefined && count <= plan.fails) throw new ApiError("ServiceUnavailable", "later", { status: 503 });
      taken.set(id!, (taken.get(id!) ?? 0) + 1);
      return {};
    }) as Call;
    const outbox = createOutbox({ store, call, clock, wall: clock, random, sendToApiDestination: noApiDestinations, log: silentLog, metrics: noMetrics, ledger: { record() {}, find: async () => [], flush: async () => {} } });
    return { clock, store, real, outbox, breakDisk, path };
  };

  const toDelivery = (id: string, { target, lane, hasDeadLetter, perSecond }: Planned, position: number): Delivery => ({
    id, traceId: "1-5f000000-000000000000000000000000", region: "us-east-1", keys: [], as, targetArn: `${QUEUE}q${target}`, payload: id, retry: { phases: [{ times: RETRIES, fromMs: 1_000, toMs: 1_000 }] },
    ...(lane === undefined ? {} : { order: { lane: String(lane), position } }),
    ...(perSecond === undefined ? {} : { perSecond }),
    ...(hasDeadLetter ? { deadLetter: { targetArn: DEAD, as, style: "SNS" as const } } : {}),
  });
  return { directory, plans, tries, taken, lanes, problems, open, toDelivery };
};

const run = async (steps: readonly Step[]) => {
  const world = createWorld();
  let at = world.open(join(world.directory, "0.db"));
  let sent = 0;
  let lives = 0;
  for (const one of steps) {
    if (one.do === "advance") await at.clock.advance(one.ms);
    else if (one.do === "break disk") at.breakDisk(one.writes);
    else if (one.do === "restart") {
      // As after a kill: the files as they are now, with whatever was under way.
      const next = join(world.directory, `${++lives}.db`);
      await at.real.run(function* () { yield { sql: "select 1", values: [] }; });
      for (const end of ["", "-wal"]) copyFileSync(at.path + end, next + end);
      const old = at;
      at = world.open(next);
      await old.outbox.close().catch(() => {});
      await old.real.close();
      old.clock.stop();
      await at.outbox.start();
    } else {
      const batch = one.planned.map((plan) => ({ id: `d${sent++}`, plan }));
      const deliveries = batch.map(({ id, plan }) => world.toDelivery(id, plan, sent * 100 + Number(id.slice(1))));
      try {
        await at.store.run(function* () {
          for (const delivery of deliveries) yield* at.outbox.enqueue(delivery);
        });
      } catch {
        // Not acknowledged: nothing of it is owed.
        continue;
      }
      for (const { id, plan } of batch) world.plans.set(id, plan);
      at.outbox.poke(one.isHandedOver ? deliveries : undefined);
    }
  }
  await eventually("nothing is left", async () => {
    await at.clock.advance(600_000);
    return (await at.outbox.pending()) === 0;
  });
  await at.outbox.close();
  await at.real.close();
  at.clock.stop();
  return world;
};

it("whatever its targets, its disk and its process do, each delivery ends once, and none is lost", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
      const { plans, tries, taken, lanes, problems } = await run(steps);
      expect(problems).toEqual([]);
      for (const [id, { fails, hasDeadLetter }] of plans) {
        const isGivenUp = fails === "refused" || fails > RETRIES;
        expect([id, tries.get(id) ?? 0], "it is tried").not.toEqual([id, 0]);
        if (!isGivenUp) expect(taken.get(id), `${id} is taken`).toBeGreaterThan(0);
        // A try whose outcome was lost is made again: it may be the one that the target takes.
        if (isGivenUp && hasDeadLetter) expect((taken.get(`${id}-dead-letter`) ?? 0) + (taken.get(id) ?? 0), `${id} has its dead letter`).toBeGreaterThan(0);
        if (!hasDeadLetter || fails === 0) expect(taken.has(`${id}-dead-letter`), `${id} has a dead letter that nobody asked for`).toBe(false);
      }
      // The first try of each in a lane comes after all tries of those before it, in this life.
      const isCalm = steps.every((one) => one.do !== "restart" && one.do !== "break disk");
      for (const ids of lanes.values()) {
        const numbers = ids.map((id) => Number(id.slice(1)));
        if (isCalm) expect(numbers, "a lane is in order").toEqual(numbers.toSorted((a, b) => a - b));
      }
    }),
    { numRuns: 20 },
  );
}, 120_000);
