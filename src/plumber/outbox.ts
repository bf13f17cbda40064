import type { Timer } from "../kit/clock.ts";
import { createDueLoop } from "../kit/due-loop.ts";
import { DELIVERIES_IN_FLIGHT_MAX, DELIVERIES_IN_FLIGHT_OUTWARD_MAX, DELIVERIES_IN_FLIGHT_PER_TARGET_MAX, DELIVERY_BACKOFF_MS_MAX } from "../kit/limits/deliveries.ts";
import { createPatience, type Worker } from "../kit/patience.ts";
import { createTally } from "../kit/tally.ts";
import type { Operation } from "../store/store.ts";
import { createDeliver } from "./deliver.ts";
import type { Delivery } from "./delivery.ts";
import { countDeliveries, insertDelivery, isOutward, type Due } from "./delivery-rows.ts";
import type { TellStatus } from "./delivery-status.ts";
import { createDueDeliveries } from "./due-deliveries.ts";
import { createDeliveryHandover } from "./handover.ts";
import type { PushNeeds } from "./needs.ts";
import { backoffMs } from "./retry.ts";
import { createSettle } from "./settle.ts";
import type { SendToApiDestination } from "./targets/api-destination.ts";

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

/**
 * Events that were committed with what they tell of, until their target has taken them. At least once: a delivery is
 * forgotten in a commit after the target accepted it, and the target knows it again by its id. Each runs by itself: a slow
 * target has its share of what is under way, and the others go on beside it.
 */
export const createOutbox = ({ store, call, clock, wall, random, ledger, metrics, log, sendToApiDestination, tellStatus }: Needs): Outbox => {
  const deliver = createDeliver({ call, clock, wall, sendToApiDestination });
  /** Ids that are under way, or that wait because the store did not take their outcome. */
  const held = new Set<string>();
  const underWay = createTally<string>();
  let outward = 0;
  const handover = createDeliveryHandover();
  const onDisk = createDueDeliveries({ store });
  const settle = createSettle({ store, clock, random, ledger, metrics, onDisk, tellStatus });
  const timers = new Set<Timer>();
  let failures = 0;
  let isClosed = false;
  let isAbandoned = false;

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
      const begunAt = clock.now();
      const outcome = await deliver(delivery);
      if (isAbandoned) return;
      await settle(delivery, outcome, begunAt);
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
      const due = await onDisk.read(now, Math.min(room, DELIVERIES_IN_FLIGHT_PER_TARGET_MAX), going);
      // Looked at in the moment in which they are begun: what was committed beside the reading may have been handed over meanwhile.
      return due.filter(({ id }) => !held.has(id)).map(attempt);
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
    enqueue: (delivery) => insertDelivery(delivery, clock.now()),
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
