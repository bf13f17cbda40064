import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { ApiError } from "../../src/kit/api-error.ts";
import type { Call } from "../../src/kit/call.ts";
import { createClock, type Clock } from "../../src/kit/clock.ts";
import { DELIVERIES_IN_FLIGHT_OUTWARD_MAX, DELIVERIES_IN_FLIGHT_PER_TARGET_MAX } from "../../src/kit/limits/deliveries.ts";
import { silentLog } from "../../src/kit/log.ts";
import { noMetrics } from "../../src/kit/metrics.ts";
import { createRest } from "../../src/kit/patience.ts";
import { systemRandom } from "../../src/kit/random.ts";
import type { Postponed } from "../../src/plumber/delivery.ts";
import { createOutbox, type Delivery } from "../../src/plumber/outbox.ts";
import { createTurns } from "../../src/plumber/turns.ts";
import { noApiDestinations } from "../support/no-api-destinations.ts";
import { openState } from "../support/store.ts";
import { eventually, temporaryDirectory } from "../support/temporary.ts";

const QUEUE = "arn:aws:sqs:us-east-1:000000000000:";
const as = { service: "sns.amazonaws.com", account: "000000000000", sourceArn: "arn:aws:sns:us-east-1:000000000000:t", sourceAccount: "000000000000" };
const noLedger = { record() {}, find: async () => [], flush: async () => {} };

/** An outbox over a real store; each body is sent as `answer` says. */
const ground = (answer: (body: string) => void, directory = temporaryDirectory()) => {
  const clock = createClock();
  const store = openState(join(directory, "state.db"));
  const sent: { body: string; at: number; queue: string }[] = [];
  const start = clock.now();
  const call = (async (_service, _operation, input) => {
    const { MessageBody: body, QueueUrl } = input as { MessageBody: string; QueueUrl: string };
    sent.push({ body, at: clock.now() - start, queue: QueueUrl.split("/").at(-1)! });
    answer(body);
    return {};
  }) as Call;
  const outbox = createOutbox({ store, call, clock, wall: clock, random: systemRandom, sendToApiDestination: noApiDestinations, log: silentLog, metrics: noMetrics, ledger: noLedger });
  let isOpen = true;
  const close = async () => {
    if (!isOpen) return;
    isOpen = false;
    await outbox.close();
    await store.close();
    clock.stop();
  };
  onTestFinished(close);
  const enqueue = async (...deliveries: (Partial<Delivery> & { id: string })[]) => {
    await store.run(function* () {
      for (const delivery of deliveries) yield* outbox.enqueue({ traceId: "1-5f000000-000000000000000000000000", region: "us-east-1", keys: [], as, targetArn: `${QUEUE}q`, payload: delivery.id, ...delivery });
    });
    outbox.poke();
  };
  return { clock, outbox, enqueue, close, directory, bodies: () => sent.map(({ body }) => body), sent, quiet: () => eventually("nothing is left", async () => (await outbox.pending()) === 0) };
};

const busy = () => {
  throw new ApiError("ServiceUnavailable", "later");
};
const SECOND = { phases: [{ times: 3, fromMs: 1_000, toMs: 1_000 }] };
const inLane = (lane: string, ...positions: number[]) => positions.map((position) => ({ id: `${lane}${position}`, order: { lane, position }, retry: SECOND }));

describe("deliveries of one lane", () => {
  it("come one after the other, whatever becomes of each, and hold up no other lane", async () => {
    let fails = 2;
    const on = ground((body) => {
      if (body === "a1" && fails-- > 0) busy();
      if (body === "a2") throw new ApiError("AccessDenied", "never");
    });
    await on.enqueue(...inLane("a", 1, 2, 3), ...inLane("b", 1, 2));
    await eventually("b is through", () => on.bodies().includes("b2"));
    expect(on.bodies().filter((body) => body.startsWith("a"))).toEqual(["a1"]);
    await on.enqueue(...inLane("a", 4));
    for (const expected of [["a1", "a1"], ["a1", "a1", "a1", "a2", "a3", "a4"]]) {
      await on.clock.advance(1_000);
      await eventually(`${expected.length} tries`, () => on.bodies().filter((body) => body.startsWith("a")).length === expected.length);
      expect(on.bodies().filter((body) => body.startsWith("a"))).toEqual(expected);
    }
    await on.quiet();
  });

  it("are still in order for the next process", async () => {
    let isUp = false;
    const answer = () => {
      if (!isUp) busy();
    };
    const before = ground(answer);
    await before.enqueue(...inLane("a", 1, 2, 3));
    await eventually("a try", () => before.bodies().length === 1);
    await before.close();
    isUp = true;
    const after = ground(answer, before.directory);
    await after.outbox.start();
    await after.clock.advance(2_000);
    await after.quiet();
    expect(after.bodies()).toEqual(["a1", "a2", "a3"]);
  });

  it("that are given up are dead letters in the same order", async () => {
    const on = ground((body) => {
      if (!body.startsWith("dead")) throw new ApiError("AccessDenied", "never");
    });
    await on.enqueue(...inLane("a", 1, 2, 3).map((one) => ({ ...one, deadLetter: { targetArn: `${QUEUE}dead`, as, style: "SNS" as const, payload: `dead ${one.id}` } })));
    await on.quiet();
    expect(on.sent.filter(({ queue }) => queue === "dead").map(({ body }) => body)).toEqual(["dead a1", "dead a2", "dead a3"]);
  });
});

describe("endpoints that hang", () => {
  it("hold up nothing else", async () => {
    const held = new Set<Socket>();
    const server = createServer((socket) => void held.add(socket.on("error", () => {}))).listen(0, "127.0.0.1");
    await once(server, "listening");
    const on = ground(() => {});
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const posts = Array.from({ length: 50 * DELIVERIES_IN_FLIGHT_PER_TARGET_MAX }, (_, n) => ({ id: `h${n}`, targetArn: `arn:aws:sns:us-east-1:000000000000:t:${n % 10}`, http: { url, headers: {} }, retry: { attemptsMax: 0 } }));
    await on.enqueue(...posts);
    await eventually("all that may hang do", () => held.size === DELIVERIES_IN_FLIGHT_OUTWARD_MAX);
    await on.enqueue(...Array.from({ length: 30 }, (_, n) => ({ id: `q${n}`, targetArn: `${QUEUE}q${n}` })));
    await eventually("the queues are told", () => on.sent.length === 30);
    expect(held.size).toBe(DELIVERIES_IN_FLIGHT_OUTWARD_MAX);
    server.close();
    const ended = on.close();
    for (const socket of held) socket.destroy();
    await ended;
  });
});

describe("an endpoint", () => {
  it("that says it has the message, and then hangs up, is not told again", async () => {
    let told = 0;
    const server = createServer((socket) => {
      socket.on("error", () => {}).once("data", () => {
        told++;
        socket.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", () => socket.destroy());
      });
    }).listen(0, "127.0.0.1");
    onTestFinished(() => void server.close());
    await once(server, "listening");
    const on = ground(() => {});
    await on.enqueue({ id: "h", targetArn: "arn:aws:sns:us-east-1:000000000000:t:1", http: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, headers: {} }, retry: SECOND });
    await on.quiet();
    expect(told).toBe(1);
  });
});

describe("a target that takes so many in a second", () => {
  it("gets no more, tries again among them", async () => {
    const failed = new Set<string>();
    const on = ground((body) => {
      if (body !== "p1" || failed.has(body)) return;
      failed.add(body);
      busy();
    });
    await on.enqueue(...[1, 2, 3, 4].map((n) => ({ id: `p${n}`, perSecond: 2, retry: { phases: [{ times: 3, fromMs: 0, toMs: 0 }] } })), { id: "other", targetArn: `${QUEUE}other` });
    await eventually("two are tried", () => on.sent.filter(({ queue }) => queue === "q").length === 2);
    await on.clock.advance(4_000, createRest([on.outbox]));
    await on.quiet();
    const times = on.sent.filter(({ queue }) => queue === "q").map(({ at }) => at);
    expect(on.bodies().filter((body) => body === "p1")).toHaveLength(2);
    expect(times).toHaveLength(5);
    times.slice(2).forEach((at, index) => expect(at - times[index]!, "no third one in a second").toBeGreaterThan(500));
    expect(on.bodies().indexOf("other")).toBeLessThan(3);
  });

  it("gets no more after a restart: who had a turn keeps it", async () => {
    const before = ground(() => {});
    await before.enqueue(...[1, 2, 3, 4].map((n) => ({ id: `p${n}`, perSecond: 1 })));
    await eventually("one is tried", () => before.bodies().length === 1);
    await createRest([before.outbox])();
    await before.close();
    const after = ground(() => {}, before.directory);
    await after.outbox.start();
    await after.clock.advance(500, createRest([after.outbox]));
    expect(after.bodies()).toHaveLength(0);
    await after.clock.advance(4_000, createRest([after.outbox]));
    await after.quiet();
    const times = after.sent.map(({ at }) => at);
    expect(times).toHaveLength(3);
    times.slice(1).forEach((at, index) => expect(at - times[index]!).toBeGreaterThan(500));
  });

  it("is forgotten when its time is over", () => {
    let now = 0;
    const takeTurn = createTurns({ clock: { now: () => now } as Clock });
    const turnOf = (targetArn: string, latestTurnAt?: number) => {
      try {
        takeTurn({ delivery: { targetArn }, perSecond: 1, latestTurnAt });
        return now;
      } catch (error) {
        return (error as Postponed).turnAt;
      }
    };
    expect([turnOf("a"), turnOf("a"), turnOf("a", 1_500), turnOf("a")]).toEqual([0, 1_000, 2_000, 2_000]);
    for (; now < 10_000_000; now += 2_000) expect(turnOf(`b${now}`)).toBe(now);
    expect(turnOf("a")).toBe(now);
  });
});
