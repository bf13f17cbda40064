import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { ApiError } from "../../src/kit/api-error.ts";
import type { Call } from "../../src/kit/call.ts";
import { createClock } from "../../src/kit/clock.ts";
import type { LedgerEntry } from "../../src/kit/ledger.ts";
import { DELIVERIES_HANDED_OVER_CHARACTERS_MAX, DELIVERIES_HANDED_OVER_MAX, DELIVERIES_IN_FLIGHT_MAX, DELIVERIES_IN_FLIGHT_PER_TARGET_MAX, DELIVERY_AGE_MS_MAX } from "../../src/kit/limits/deliveries.ts";
import { silentLog, type Log } from "../../src/kit/log.ts";
import { noMetrics } from "../../src/kit/metrics.ts";
import { systemRandom as random } from "../../src/kit/random.ts";
import { createOutbox, type Delivery } from "../../src/plumber/outbox.ts";
import { createInvocationQueue } from "../../src/scheduler/invocation-queue.ts";
import type { Store } from "../../src/store/store.ts";
import { noApiDestinations } from "../support/no-api-destinations.ts";
import { openState } from "../support/store.ts";
import { waitingFor } from "../support/clock.ts";
import { eventually, temporaryDirectory } from "../support/temporary.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const arnOf = (name: string) => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;

interface Received {
  id: string;
  target: string;
  at: number;
  payload: string;
  as: unknown;
}

/** What the target does with one delivery; throwing refuses it. */
type Behaviour = (received: Received, count: number) => unknown;

/** An outbox over a real store, whose targets do what `behave` says. */
const createGround = (behave: Behaviour = () => undefined, { path = join(temporaryDirectory(), "state.db"), wrap = (store: Store) => store }: { path?: string; wrap?: (store: Store) => Store } = {}) => {
  const clock = createClock();
  const real = openState(path);
  const store = wrap(real);
  const received: Received[] = [];
  const told: LedgerEntry[] = [];
  const errors: string[] = [];
  const log: Log = { ...silentLog, error: (message) => void errors.push(message) };
  const call = (async (_service, _operation, input, options) => {
    const { FunctionName, Payload } = input as { FunctionName: string; Payload: Buffer };
    const one = { id: options.requestId!, target: FunctionName, at: clock.now(), payload: Payload.toString(), as: options.as };
    received.push(one);
    await behave(one, received.length);
    return { StatusCode: 202 };
  }) as Call;
  const outbox = createOutbox({ sendToApiDestination: noApiDestinations, store, call, clock, wall: clock, random, log, metrics: noMetrics, ledger: { record: (entry) => void told.push(entry), find: async () => [], flush: async () => {} } });
  let isOpen = true;
  const close = async () => {
    if (!isOpen) return;
    isOpen = false;
    await outbox.close();
    await real.close();
    clock.stop();
  };
  onTestFinished(close);
  const enqueue = async (...deliveries: Partial<Delivery>[]) => {
    await store.run(function* () {
      for (const delivery of deliveries) {
        yield* outbox.enqueue({
          id: random.uuid(), traceId: "1-0-0", targetArn: arnOf("f"), payload: "{}", region: "us-east-1", keys: ["bucket/key"],
          as: { service: "s3.amazonaws.com", account: "000000000000", sourceArn: "arn:aws:s3:::bucket", sourceAccount: "000000000000" }, ...delivery,
        });
      }
    });
    outbox.poke();
  };
  const isEmpty = async () => (await outbox.pending()) === 0;
  const kinds = () => told.map((entry) => entry.kind);
  return { clock: waitingFor(clock, outbox), outbox, store, received, told, errors, enqueue, close, path, isEmpty, kinds };
};

/** A store that does not take operations which begin with such a statement, while `isRefusing`. */
const refusing =
  (statement: RegExp, isRefusing = () => true) =>
  (store: Store): Store => ({
    ...store,
    run: async (operation) => {
      const first = operation().next().value as { sql?: string } | undefined;
      if (statement.test(first?.sql ?? "") && isRefusing()) throw new Error("the disk is full");
      return store.run(operation);
    },
  });

const fails = () => {
  throw new ApiError("ServiceException", "no luck", { status: 500 });
};

/** A gate that holds whoever waits until it is opened. */
const createGate = () => {
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
};

describe("the outbox", () => {
  it("hands a delivery over once, as the service that it comes from, and forgets it", async () => {
    const { enqueue, received, told, isEmpty } = createGround();
    await enqueue({ id: "the-id", payload: '{"Records":[]}' });
    await eventually("it is delivered", isEmpty);
    expect(received).toMatchObject([{ id: "the-id", target: arnOf("f"), payload: '{"Records":[]}', as: { type: "service", service: "s3.amazonaws.com", sourceArn: "arn:aws:s3:::bucket", sourceAccount: "000000000000" } }]);
    expect(told).toEqual([]);
  });

  it("takes nothing of a commit that was refused", async () => {
    const path = join(temporaryDirectory(), "state.db");
    const { outbox, received, isEmpty, enqueue } = createGround(undefined, { path });
    const refused = enqueue({ id: "kept-out" }, { id: undefined as never });
    await expect(refused).rejects.toThrow();
    outbox.poke();
    expect(await isEmpty()).toBe(true);
    expect(received).toEqual([]);
  });

  it("survives a restart: the next process delivers what the one before left, under the same id", async () => {
    const first = createGround(fails);
    await first.enqueue({ id: "left-behind" });
    await eventually("the first try", () => first.kinds().includes("retry"));
    await first.close();
    const second = createGround(undefined, { path: first.path });
    expect(await second.outbox.pending()).toBe(1);
    await second.outbox.start();
    await second.clock.advance(1_000);
    await eventually("it is delivered", second.isEmpty);
    expect(second.received.map(({ id }) => id)).toEqual(["left-behind"]);
  });

  it("delivers again when the process ended between the delivery and its commit, and the target knows the id again", async () => {
    const path = join(temporaryDirectory(), "state.db");
    const targetStore = openState(join(temporaryDirectory(), "target.db"));
    const clock = createClock();
    const gate = createGate();
    const queue = createInvocationQueue({
      store: targetStore, clock, random, log: silentLog,
      scheduler: { invoke: async () => (await gate.opened, { outcome: { kind: "response", payload: Buffer.from("1") } } as never), prepare() {}, retire() {}, provision() {}, provisioned: () => ({ allocated: 0 }), environments: () => [], close: async () => {} },
      resolve: async () => ({}) as never,
      ledger: { record() {}, find: async () => [], flush: async () => {} },
    });
    onTestFinished(async () => {
      gate.open();
      await queue.close();
      await targetStore.close();
      clock.stop();
    });
    const accept: Behaviour = ({ id, target, payload }) =>
      queue.enqueue({ requestId: id, traceId: "1-0-0", account: "0", region: "r", functionName: "f", invokedFunctionArn: target, payload: Buffer.from(payload) });
    const first = createGround(accept, { path, wrap: refusing(/^delete from delivery/) });
    await first.enqueue({ id: "twice" });
    await eventually("it was accepted, and the delivery not forgotten", () => first.errors.length === 1);
    await first.close();
    const second = createGround(accept, { path });
    await second.outbox.start();
    await eventually("it is delivered again", second.isEmpty);
    expect([first.received.length, second.received.length]).toEqual([1, 1]);
    expect((await queue.pending()).queued).toBe(1);
  });

  it("ends though a target does not, and leaves what it was at to the next process", async () => {
    const gate = createGate();
    const first = createGround(() => gate.opened);
    await first.enqueue({ id: "left-behind" });
    await eventually("it is tried", () => first.received.length === 1);
    await first.outbox.close(1);
    gate.open();
    await first.close();
    expect(first.errors).toEqual([]);
    const second = createGround(undefined, { path: first.path });
    await second.outbox.start();
    await eventually("it is delivered", second.isEmpty);
    expect(second.received.map(({ id }) => id)).toEqual(["left-behind"]);
  });

  it("waits 1 s, doubling to 5 min, and gives up after 24 hours, saying so", async () => {
    const { enqueue, clock, received, told, isEmpty } = createGround(fails);
    const began = clock.now();
    await enqueue({});
    await eventually("the first try", () => told.length === 1);
    for (let hour = 0; hour < 25; hour++) await clock.advance(HOUR);
    await eventually("it is given up", isEmpty);
    const delays = told.filter(({ kind }) => kind === "retry").map(({ summary }) => Number(/in (\d+) s/.exec(summary)![1]));
    expect(delays.slice(0, 11)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
    const gaps = received.slice(1).map(({ at }, index) => Math.round((at - received[index]!.at) / 1_000));
    expect(gaps).toEqual(delays);
    expect(told.at(-1)).toMatchObject({ kind: "drop", summary: `the event is not delivered to ${arnOf("f")}: it was tried for 24 hours (ServiceException)`, detail: { code: "ServiceException", message: "no luck", attempt: received.length } });
    expect(received.at(-1)!.at - began).toBeLessThanOrEqual(DELIVERY_AGE_MS_MAX);
    expect(received.at(-1)!.at - began).toBeGreaterThan(DELIVERY_AGE_MS_MAX - 10 * 60_000);
    await clock.advance(DAY);
    expect(received).toHaveLength(told.length);
  }, 30_000);

  it.each([
    ["AccessDeniedException", "its policy does not let the source in", "refused"],
    ["ResourceNotFoundException", "there is no such function", "gone"],
    ["MissingParameter", "it does not take such an event (MissingParameter)", "gone"],
    ["RequestTooLargeException", "it does not take such an event (RequestTooLargeException)", "gone"],
  ])("%s is final, and told", async (code, why, outcome) => {
    const { enqueue, clock, received, told, isEmpty } = createGround(() => Promise.reject(new ApiError(code, "AWS's text")));
    await enqueue({ id: "d", keys: ["uploads/a.jpg"] });
    await eventually("it is given up", isEmpty);
    await clock.advance(DAY);
    expect(received).toHaveLength(1);
    expect(told).toMatchObject([{ kind: "drop", summary: `the event is not delivered to ${arnOf("f")}: ${why}`, keys: ["d", arnOf("f"), "uploads/a.jpg"], detail: { code, message: "AWS's text", attempt: 1, outcome } }]);
  });

  it.each(["kinesis", "constructor"])("says that it does not know targets of %s yet", async (service) => {
    const { enqueue, told, isEmpty } = createGround();
    await enqueue({ targetArn: `arn:aws:${service}:us-east-1:000000000000:stream/s` });
    await eventually("it is given up", isEmpty);
    expect(told[0]!.detail).toMatchObject({ code: "NotImplemented" });
  });

  it("a slow target holds neither the others nor what comes later", async () => {
    const gate = createGate();
    onTestFinished(gate.open);
    const { enqueue, received, outbox } = createGround(({ target }) => (target === arnOf("slow") ? gate.opened : undefined));
    await enqueue(...Array.from({ length: DELIVERIES_IN_FLIGHT_MAX * 2 }, () => ({ targetArn: arnOf("slow") })));
    await eventually("the slow one has its share", () => received.length === DELIVERIES_IN_FLIGHT_PER_TARGET_MAX);
    for (let index = 0; index < 30; index++) await enqueue({ targetArn: arnOf("quick") });
    await eventually("all others are through", () => received.filter(({ target }) => target === arnOf("quick")).length === 30);
    expect(received.filter(({ target }) => target === arnOf("slow"))).toHaveLength(DELIVERIES_IN_FLIGHT_PER_TARGET_MAX);
    gate.open();
    await eventually("the slow ones too, once they move", async () => (await outbox.pending()) === 0);
    expect(new Set(received.map(({ id }) => id)).size).toBe(DELIVERIES_IN_FLIGHT_MAX * 2 + 30);
  });

  it("finds what is due behind more of a slow target than it looks at", async () => {
    const gate = createGate();
    onTestFinished(gate.open);
    const { enqueue, received, outbox } = createGround(({ target }) => (target === arnOf("slow") ? gate.opened : undefined));
    await enqueue(...Array.from({ length: 1_200 }, () => ({ targetArn: arnOf("slow") })));
    await eventually("the slow one has its share", () => received.length === DELIVERIES_IN_FLIGHT_PER_TARGET_MAX);
    await enqueue(...Array.from({ length: 60 }, (_, index) => ({ targetArn: arnOf(`quick-${index % 7}`) })));
    await eventually("the others are through", () => received.length === DELIVERIES_IN_FLIGHT_PER_TARGET_MAX + 60);
    gate.open();
    await eventually("the slow ones too", async () => (await outbox.pending()) === 0);
    expect(received).toHaveLength(1_260);
  });

  it("gives a target that has room for one more no more than one", async () => {
    const gate = createGate();
    onTestFinished(gate.open);
    const { enqueue, received, outbox } = createGround(({ id, target }) => (target === arnOf("slow") && id !== "quick" ? gate.opened : undefined));
    await enqueue({ id: "quick", targetArn: arnOf("slow") }, ...Array.from({ length: 60 }, () => ({ targetArn: arnOf("slow") })), { targetArn: arnOf("other") });
    await eventually("the other is told", () => received.some(({ target }) => target === arnOf("other")));
    expect(received.filter(({ id, target }) => target === arnOf("slow") && id !== "quick")).toHaveLength(DELIVERIES_IN_FLIGHT_PER_TARGET_MAX);
    gate.open();
    await eventually("all are through", async () => (await outbox.pending()) === 0);
  });

  it("never has more under way than its bound", async () => {
    const gate = createGate();
    onTestFinished(gate.open);
    let now = 0;
    let most = 0;
    const { enqueue, outbox } = createGround(async () => {
      most = Math.max(most, ++now);
      await gate.opened;
      now--;
    });
    await enqueue(...Array.from({ length: 300 }, (_, index) => ({ targetArn: arnOf(`f${index % 10}`) })));
    await eventually("the bound is reached", () => most === DELIVERIES_IN_FLIGHT_MAX);
    gate.open();
    await eventually("all are through", async () => (await outbox.pending()) === 0);
    expect(most).toBe(DELIVERIES_IN_FLIGHT_MAX);
  });

  it("does not run hot when the store does not take an outcome: it waits, then delivers again", async () => {
    let isRefused = false;
    const wrap = refusing(/^delete from delivery/, () => !isRefused && (isRefused = true));
    const { enqueue, received, errors, clock, isEmpty } = createGround(undefined, { wrap });
    await enqueue({ id: "again" });
    await eventually("the refusal is said", () => errors.length === 1);
    for (let index = 0; index < 20; index++) await enqueue({ id: `other-${index}` });
    await eventually("the others are through", () => received.length === 21);
    expect(received.filter(({ id }) => id === "again")).toHaveLength(1);
    await clock.advance(5 * 60_000);
    await eventually("it is settled", isEmpty);
    expect(received.filter(({ id }) => id === "again")).toHaveLength(2);
  });

  it("misses nothing that falls due while it looks for the next", async () => {
    const [failing, looking] = [createGate(), createGate()];
    let isLooking = false;
    // The look at what comes next, after the failure, is held until that is due already.
    const wrap = (store: Store): Store => ({
      ...store,
      read: async (operation) => {
        const first = operation().next().value as { sql?: string } | undefined;
        if (first?.sql?.startsWith("select min(due_at)") === true && told.length > 0 && !isLooking) {
          isLooking = true;
          await looking.opened;
        }
        return store.read(operation);
      },
    });
    const { enqueue, received, told, clock, outbox, isEmpty } = createGround((_received, count) => (count === 1 ? failing.opened.then(fails) : undefined), { wrap });
    await enqueue({});
    await eventually("it is tried", () => received.length === 1);
    await outbox.pending();
    failing.open();
    await eventually("it looks for what comes next", () => isLooking);
    await clock.advance(5_000);
    looking.open();
    await eventually("it is delivered", isEmpty);
    expect(received).toHaveLength(2);
  });

  it("finds its way back when the store could not be read", async () => {
    let isBroken = true;
    const wrap = refusing(/^select \* from delivery/, () => isBroken);
    const { enqueue, received, errors, clock } = createGround(undefined, { wrap });
    await enqueue({});
    await eventually("it is said", () => errors.length > 0);
    isBroken = false;
    await clock.advance(1_000);
    await eventually("it is delivered", () => received.length === 1);
  });

  describe("what was just committed", () => {
    const committed = (count: number, over: Partial<Delivery> = {}): Delivery[] => Array.from({ length: count }, (_, index) => ({
      id: `id-${index}`, traceId: "1-0-0", targetArn: arnOf("f"), payload: "{}", region: "us-east-1", keys: [],
      as: { service: "events.amazonaws.com", account: "000000000000", sourceArn: "arn:rule", sourceAccount: "000000000000" }, ...over,
    }));
    const commit = async ({ outbox, store }: ReturnType<typeof createGround>, deliveries: readonly Delivery[]) => {
      await store.run(function* () {
        for (const delivery of deliveries) yield* outbox.enqueue(delivery);
      });
      outbox.poke(deliveries);
    };

    it("goes to its target without being read again", async () => {
      let reads = 0;
      const ground = createGround(undefined, { wrap: (store) => ({ ...store, run: (operation) => store.run(function* () {
        const steps = operation();
        let step = steps.next();
        while (step.done !== true) {
          if (step.value.sql.startsWith("select * from delivery")) reads++;
          step = steps.next(yield step.value);
        }
        return step.value;
      }) }) });
      await eventually("it has looked at the disk once", async () => (await ground.outbox.pending()) === 0);
      ground.outbox.poke();
      await ground.outbox.pending();
      const before = reads;
      for (let round = 0; round < 5; round++) {
        await commit(ground, committed(10).map((one) => ({ ...one, id: `${one.id}-${round}` })));
        await eventually("they are delivered", ground.isEmpty);
      }
      expect(ground.received).toHaveLength(50);
      expect(reads - before).toBe(0);
    });

    it("goes there once, though it was read from the disk at the same time", async () => {
      const ground = createGround();
      for (let round = 0; round < 20; round++) {
        ground.outbox.poke();
        await Promise.all([0, 1].map((side) => commit(ground, committed(3).map((one) => ({ ...one, id: `${one.id}-${round}-${side}` })))));
      }
      await eventually("all are delivered", ground.isEmpty);
      expect(ground.received).toHaveLength(120);
      expect(new Set(ground.received.map(({ id }) => id)).size).toBe(120);
    });

    it("that is more than there is place for is found on the disk, each once", async () => {
      const ground = createGround();
      await commit(ground, committed(DELIVERIES_HANDED_OVER_MAX + 200));
      await eventually("all are delivered", ground.isEmpty);
      expect(new Set(ground.received.map(({ id }) => id)).size).toBe(DELIVERIES_HANDED_OVER_MAX + 200);
      expect(ground.received).toHaveLength(DELIVERIES_HANDED_OVER_MAX + 200);
    });

    it("and is longer than there is room for in memory is found on the disk, each once", async () => {
      const ground = createGround();
      await commit(ground, committed(40, { payload: "x".repeat(DELIVERIES_HANDED_OVER_CHARACTERS_MAX / 16) }));
      await eventually("all are delivered", ground.isEmpty);
      expect(new Set(ground.received.map(({ id }) => id)).size).toBe(40);
      expect(ground.received).toHaveLength(40);
    });

    it("and not delivered when the process ends is delivered by the next one", async () => {
      const gate = createGate();
      const path = join(temporaryDirectory(), "state.db");
      const first = createGround(() => gate.opened, { path });
      await eventually("it is quiet", first.isEmpty);
      await commit(first, committed(60));
      await eventually("some are under way", () => first.received.length === DELIVERIES_IN_FLIGHT_PER_TARGET_MAX);
      const closing = first.close();
      gate.open();
      await closing;
      const second = createGround(undefined, { path });
      await second.outbox.start();
      await eventually("the rest is delivered", second.isEmpty);
      expect(new Set([...first.received, ...second.received].map(({ id }) => id)).size).toBe(60);
    });

    it("leaves other targets their share, and keeps to the order of a lane", async () => {
      const gate = createGate();
      const ground = createGround(({ target }) => (target === arnOf("slow") ? gate.opened : undefined));
      await eventually("it is quiet", ground.isEmpty);
      await commit(ground, [...committed(60, { targetArn: arnOf("slow") }), ...committed(3, { targetArn: arnOf("quick") }).map((one, index) => ({ ...one, id: `quick-${index}`, order: { lane: "l", position: index } }))]);
      await eventually("the quick ones are delivered", () => ground.received.filter(({ target }) => target === arnOf("quick")).length === 3);
      expect(ground.received.filter(({ target }) => target === arnOf("slow"))).toHaveLength(DELIVERIES_IN_FLIGHT_PER_TARGET_MAX);
      expect(ground.received.filter(({ target }) => target === arnOf("quick")).map(({ id }) => id)).toEqual(["quick-0", "quick-1", "quick-2"]);
      gate.open();
      await eventually("all are delivered", ground.isEmpty);
      expect(ground.received).toHaveLength(63);
    });
  });
});
