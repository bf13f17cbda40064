import type { Timer } from "../kit/clock.ts";
import { createDueLoop } from "../kit/due-loop.ts";
import type { LedgerKind } from "../kit/ledger.ts";
import { DELIVERIES_IN_FLIGHT_MAX, DELIVERIES_IN_FLIGHT_OUTWARD_MAX, DELIVERIES_IN_FLIGHT_PER_TARGET_MAX, DELIVERY_BACKOFF_MS_MAX } from "../kit/limits/deliveries.ts";
import { createTally } from "../kit/tally.ts";
import { createPatience, type Worker } from "../kit/patience.ts";
import type { Operation } from "../store/store.ts";
import { deadLetterOf } from "./dead-letter.ts";
import { createDeliver } from "./deliver.ts";
import type { Delivery, Failure } from "./delivery.ts";
import { createDeliveryMetrics, type DeliveryMoment } from "./delivery-metrics.ts";
import { countDeliveries, insertDelivery, isOutward, postponeDelivery, removeDelivery, tryAgain, type Due } from "./delivery-rows.ts";
import type { TellStatus } from "./delivery-status.ts";
import { shownUrl } from "./outgoing.ts";
import type { PushNeeds } from "./needs.ts";
import { createDueDeliveries } from "./due-deliveries.ts";
import { createForget } from "./forget.ts";
import type { SendToApiDestination } from "./targets/api-destination.ts";
import { createHandover } from "./handover.ts";
import { backoffMs, latestTryAt, nextTry, type Exhausted } from "./retry.ts";
import { causeOf, targetName, whyGivenUp } from "./why-given-up.ts";

export type { Delivery } from "./delivery.ts";

export interface Outbox extends Worker {
  /** Inside the commit of the event's own row: `yield* outbox.enqueue(…)`. */
  enqueue(delivery: Delivery): Operation<void>;
  /** After the commit: there may be something to deliver. @param committed What it was, of ids that were never enqueued before: it need not be read again. */
  poke(committed?: readonly Delivery[]): void;
  /** Takes up what an earlier process left. */
  start(): Promise<void>;
  pending(): Promise<number>;
  /** Starts nothing more, and waits at most `graceMs` for what is under way. What is left then is delivered by the next process. */
  close(graceMs?: number): Promise<void>;
}

interface Needs extends PushNeeds {
  sendToApiDestination: SendToApiDestination;
  /** For those that want to be told in CloudWatch Logs. */
  tellStatus?: TellStatus;
}

const THROTTLED = /Throttl|TooManyRequests|HTTP_429/i;

/**
 * Events that were committed with what they tell of, until their target has taken them. At least once: a delivery is
 * forgotten in a commit after the target accepted it, and the target knows it again by its id. Each runs by itself: a slow
 * target has its share of what is under way, and the others go on beside it.
 */
export const createOutbox = ({ store, call, clock, wall, random, ledger, metrics, log, sendToApiDestination, tellStatus }: Needs): Outbox => {
  const deliver = createDeliver({ call, clock, wall, sendToApiDestination });
  const measure = createDeliveryMetrics({ metrics });
  /** Ids that are under way, or that wait because the store did not take their outcome. */
  const held = new Set<string>();
  const underWay = createTally<string>();
  let outward = 0;
  const handover = createHandover();
  const forget = createForget({ store });
  const onDisk = createDueDeliveries({ store });
  const timers = new Set<Timer>();
  let failures = 0;
  let isClosed = false;
  let isAbandoned = false;

  const count = (delivery: Due, moment: DeliveryMoment, code?: string) => measure(delivery, moment, { attempt: delivery.attempts, ageMs: clock.now() - delivery.acceptedAt, ...(code === undefined ? {} : { code }) });
  const tell = (delivery: Due, kind: LedgerKind, summary: string, detail: Record<string, unknown>) =>
    ledger.record({ traceId: delivery.traceId, kind, account: delivery.as.account, region: delivery.region, keys: [delivery.id, delivery.targetArn, ...delivery.keys], summary, detail });

  const insert = (delivery: Delivery): Operation<void> => insertDelivery(delivery, clock.now());
  /** With its dead letter, or in its lane, it makes room for another one. */
  const remove = async (delivery: Due, deadLetter?: Delivery): Promise<void> => {
    if (deadLetter === undefined && delivery.order === undefined) return forget(delivery.id);
    await store.run(function* () {
      yield* removeDelivery(delivery, clock.now());
      if (deadLetter !== undefined) yield* insert(deadLetter);
    });
    onDisk.now();
  };

  /** In one commit: it is forgotten, and its dead letter is on its way. */
  const giveUp = async (delivery: Due, failure: Failure, exhausted: Exhausted | undefined) => {
    const deadLetter = deadLetterOf(delivery, { failure, retries: delivery.attempts, exhausted });
    await remove(delivery, deadLetter);
    count(delivery, "failed", failure.code);
    tellStatus?.(delivery, failure);
    const detail = { code: failure.code, message: failure.message, attempt: delivery.attempts + 1, targetArn: delivery.targetArn, outcome: failure.kind, ...(exhausted === undefined ? {} : { exhausted }) };
    const what = delivery.measured?.isDeadLetter === true ? "the dead letter" : "the event";
    const next = deadLetter === undefined ? "" : `; it goes to the dead-letter queue ${deadLetter.targetArn}`;
    tell(delivery, "drop", `${what} is not delivered to ${targetName(delivery)}: ${whyGivenUp(delivery, failure, exhausted, clock.now())}${next}`, { ...detail, ...(deadLetter === undefined ? {} : { deadLetterArn: deadLetter.targetArn }) });
  };

  /** Its turn is kept with it: whoever comes after it finds the next one taken. */
  const postpone = async (delivery: Due, turnAt: number) => {
    if (turnAt > latestTryAt(delivery)) return giveUp(delivery, { kind: "failed", code: "THROTTLING", message: "so many events wait for it that this one's turn comes too late" }, "MaximumEventAgeInSeconds");
    await store.run(() => postponeDelivery(delivery, turnAt));
    onDisk.later();
  };

  const settle = async (delivery: Due, outcome: Awaited<ReturnType<typeof deliver>>) => {
    if (outcome.kind === "postponed") return postpone(delivery, outcome.turnAt);
    count(delivery, "attempted");
    if (outcome.kind === "delivered") {
      await remove(delivery);
      count(delivery, "delivered");
      tellStatus?.(delivery, outcome);
      // A function that takes an event tells of it itself.
      if (delivery.http !== undefined) tell(delivery, "notice", `it is posted to ${shownUrl(delivery.http.url)}`, { targetArn: delivery.targetArn, url: shownUrl(delivery.http.url), attempt: delivery.attempts + 1 });
      if (delivery.objectKey !== undefined) tell(delivery, "notice", `the record is written to ${delivery.targetArn}/${delivery.objectKey}`, { targetArn: delivery.targetArn, objectKey: delivery.objectKey });
      return;
    }
    if (THROTTLED.test(outcome.code)) count(delivery, "throttled");
    if (outcome.kind !== "failed") return giveUp(delivery, outcome, undefined);
    const { attempts, acceptedAt, retry } = delivery;
    const next = nextTry(retry, { attempts, acceptedAt, now: clock.now(), random, ...(outcome.retryAfterMs === undefined ? {} : { atLeastMs: outcome.retryAfterMs }) });
    if ("exhausted" in next) return giveUp(delivery, outcome, next.exhausted);
    await store.run(() => tryAgain(delivery, clock.now() + next.delayMs));
    onDisk.later();
    count(delivery, "retried");
    const detail = { code: outcome.code, message: outcome.message, attempt: attempts + 1, targetArn: delivery.targetArn };
    tell(delivery, "retry", `the delivery to ${targetName(delivery)} failed (${causeOf(delivery, outcome)}) and is tried again in ${next.delayMs / 1000} s`, detail);
  };

  const later = (name: string, delayMs: number, fire: () => unknown) => {
    const waiting: Timer = clock.at(clock.now() + delayMs, name, () => {
      timers.delete(waiting);
      return fire();
    });
    timers.add(waiting);
  };

  const attempt = async (delivery: Due) => {
    const { id, targetArn } = delivery;
    held.add(id);
    underWay.add(targetArn);
    if (isOutward(delivery)) outward++;
    try {
      const outcome = await deliver(delivery);
      if (isAbandoned) return;
      await settle(delivery, outcome);
      held.delete(id);
    } catch (error) {
      // It is still due on the disk: without a pause it would be tried again at once, and forever.
      log.error("the outcome of a delivery could not be written; it is delivered again later", { id, error: String(error) });
      if (isClosed) return;
      later("delivery", DELIVERY_BACKOFF_MS_MAX, () => {
        held.delete(id);
        onDisk.now();
        return loop.poke();
      });
    } finally {
      underWay.remove(targetArn);
      if (isOutward(delivery)) outward--;
    }
  };

  const loop = createDueLoop({
    clock,
    name: "delivery",
    inFlightMax: DELIVERIES_IN_FLIGHT_MAX,
    async startDue(now, room) {
      const roomOf = (targetArn: string) => DELIVERIES_IN_FLIGHT_PER_TARGET_MAX - underWay.of(targetArn);
      const handed = handover.take(room, roomOf).map(attempt);
      if (handed.length > 0) return handed;
      const going = { heldIds: held, busyTargets: underWay.atLeast(DELIVERIES_IN_FLIGHT_PER_TARGET_MAX), roomOf, outwardRoom: DELIVERIES_IN_FLIGHT_OUTWARD_MAX - outward };
      return (await onDisk.read(now, Math.min(room, DELIVERIES_IN_FLIGHT_PER_TARGET_MAX), going)).map(attempt);
    },
    async nextDueAt(now) {
      const next = await onDisk.nextAt(now);
      failures = 0;
      return next;
    },
    onFailure(error) {
      log.error("the deliveries that are due could not be read; they are looked for again later", { error: String(error) });
      return backoffMs(failures++);
    },
  });

  return {
    enqueue: insert,
    poke(committed) {
      const taken = onDisk.mayBe || committed === undefined ? [] : handover.offer(committed.filter(({ id }) => !held.has(id)), clock.now());
      for (const id of taken) held.add(id);
      if (committed === undefined || taken.length < committed.length) onDisk.now();
      void loop.poke();
    },
    start: async () => void loop.poke(),
    rest: loop.rest,
    async pending() {
      // What was just settled has its next timer set before it counts as quiet.
      await loop.settled();
      return store.run(countDeliveries);
    },
    async close(graceMs) {
      isClosed = true;
      for (const waiting of timers) waiting.cancel();
      const running = await loop.stop();
      await (graceMs === undefined ? Promise.all(running) : createPatience(graceMs)(running));
      isAbandoned = true;
    },
  };
};
