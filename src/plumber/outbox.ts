import type { Call } from "../kit/call.ts";
import type { Clock, Timer } from "../kit/clock.ts";
import type { Ledger, LedgerKind } from "../kit/ledger.ts";
import { DELIVERIES_IN_FLIGHT_MAX, DELIVERIES_IN_FLIGHT_PER_TARGET_MAX, DELIVERY_AGE_MS_MAX, DELIVERY_BACKOFF_MS_MAX } from "../kit/limits.ts";
import type { Log } from "../kit/log.ts";
import { sql, sqlOne, type Operation, type Row, type Store } from "../store/store.ts";
import { createDeliver, type Delivery, type DeliveryOutcome } from "./deliver.ts";
import { backoffMs } from "./retry.ts";

export type { Delivery } from "./deliver.ts";

export interface Outbox {
  /** Inside the commit of the event's own row: `yield* outbox.enqueue(…)`. */
  enqueue(delivery: Delivery): Operation<void>;
  /** After the commit: there may be something to deliver. */
  poke(): void;
  /** Takes up what an earlier process left. */
  start(): Promise<void>;
  pending(): Promise<number>;
  close(): Promise<void>;
}

interface Needs {
  store: Store;
  call: Call;
  clock: Clock;
  ledger: Ledger;
  log: Log;
}

const HOUR_MS = 3_600_000;

interface Due extends Delivery {
  attempts: number;
  acceptedAt: number;
}

const GONE: Record<string, string> = { ResourceNotFoundException: "there is no such function", NoSuchBucket: "there is no such bucket" };

/** Why it is given up, in plain words; `failed` comes here when it has become too old. */
const whyDropped = ({ as }: Delivery, { kind, code }: Exclude<DeliveryOutcome, { kind: "delivered" }>): string => {
  if (kind === "refused") return "role" in as ? `the role ${as.role} of ${as.functionName} may not do it` : "its policy does not let the source in";
  if (kind === "gone") return GONE[code] ?? `it does not take such an event (${code})`;
  return `it was tried for ${DELIVERY_AGE_MS_MAX / HOUR_MS} hours (${code})`;
};

const toDue = (row: Row): Due => ({ ...(JSON.parse(row["body"] as string) as Delivery), attempts: row["attempts"] as number, acceptedAt: row["accepted_at"] as number });

/** Reads what is due, oldest first, leaving out what is under way and targets that have their share of it. */
function* readDue(now: number, limit: number, heldIds: readonly string[], busyTargets: readonly string[]): Operation<Due[]> {
  const rows = yield* sql(
    "select * from delivery where due_at <= ? and id not in (select value from json_each(?)) and target_arn not in (select value from json_each(?)) order by due_at, accepted_at limit ?",
    now, JSON.stringify(heldIds), JSON.stringify(busyTargets), limit,
  );
  return rows.map(toDue);
}

/**
 * Events that were committed with what they tell of, until their target has taken them. At least once: a delivery is
 * forgotten in a commit after the target accepted it, and the target knows it again by its id. Each runs by itself: a slow
 * target has its share of what is under way, and the others go on beside it.
 */
export const createOutbox = ({ store, call, clock, ledger, log }: Needs): Outbox => {
  const deliver = createDeliver({ call });
  /** Ids that are under way, or that wait because the store did not take their outcome. */
  const held = new Set<string>();
  const underWay = new Map<string, number>();
  const running = new Set<Promise<void>>();
  const timers = new Set<Timer>();
  let timer: Timer | undefined;
  let filling: Promise<void> | undefined;
  let failures = 0;
  let isPoked = false;
  let isClosed = false;

  const tell = (delivery: Due, kind: LedgerKind, summary: string, detail: Record<string, unknown>) =>
    ledger.record({ traceId: delivery.traceId, kind, account: delivery.as.account, region: delivery.region, keys: [delivery.id, delivery.targetArn, ...delivery.keys], summary, detail });

  const settle = async (delivery: Due, outcome: DeliveryOutcome) => {
    const forget = () => store.run(() => sql("delete from delivery where id = ?", delivery.id));
    if (outcome.kind === "delivered") {
      await forget();
      // A function that takes an event tells of it itself.
      if (delivery.objectKey !== undefined) tell(delivery, "notice", `the record is written to ${delivery.targetArn}/${delivery.objectKey}`, { targetArn: delivery.targetArn, objectKey: delivery.objectKey });
      return;
    }
    const detail = { code: outcome.code, message: outcome.message, attempt: delivery.attempts + 1, targetArn: delivery.targetArn };
    const delay = backoffMs(delivery.attempts);
    if (outcome.kind === "failed" && clock.now() + delay - delivery.acceptedAt <= DELIVERY_AGE_MS_MAX) {
      await store.run(() => sql("update delivery set attempts = attempts + 1, due_at = ? where id = ?", clock.now() + delay, delivery.id));
      tell(delivery, "retry", `the delivery to ${delivery.targetArn} failed (${outcome.code}) and is tried again in ${delay / 1000} s`, detail);
      return;
    }
    await forget();
    tell(delivery, "drop", `the event is not delivered to ${delivery.targetArn}: ${whyDropped(delivery, outcome)}`, { ...detail, outcome: outcome.kind });
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
    underWay.set(targetArn, (underWay.get(targetArn) ?? 0) + 1);
    try {
      await settle(delivery, await deliver(delivery));
      held.delete(id);
    } catch (error) {
      // It is still due on the disk: without a pause it would be tried again at once, and forever.
      log.error("the outcome of a delivery could not be written; it is delivered again later", { id, error: String(error) });
      if (isClosed) return;
      later("delivery", DELIVERY_BACKOFF_MS_MAX, () => {
        held.delete(id);
        return poke();
      });
    } finally {
      const left = underWay.get(targetArn)! - 1;
      if (left === 0) underWay.delete(targetArn);
      else underWay.set(targetArn, left);
    }
  };

  /** Resolves with the moment up to which what is due was looked for. */
  const startDue = async (): Promise<number> => {
    let now = clock.now();
    while (isPoked && !isClosed) {
      isPoked = false;
      now = clock.now();
      const room = DELIVERIES_IN_FLIGHT_MAX - running.size;
      if (room <= 0) break;
      const busy = [...underWay].filter(([, count]) => count >= DELIVERIES_IN_FLIGHT_PER_TARGET_MAX).map(([target]) => target);
      const due = await store.run(() => readDue(now, Math.min(room, DELIVERIES_IN_FLIGHT_PER_TARGET_MAX), [...held], busy));
      for (const delivery of due) {
        const attempted = attempt(delivery).finally(() => {
          running.delete(attempted);
          void poke();
        });
        running.add(attempted);
      }
      if (due.length > 0) isPoked = true;
    }
    return now;
  };

  /** The clock, when it is advanced, waits for what falls due to have been delivered, and for the timer of what comes next. */
  const deliverDue = async () => {
    await poke();
    await Promise.all(running);
    await filling;
  };
  /** Starts what is due while there is room, then sets the timer for what is not. */
  const fill = async () => {
    try {
      const now = await startDue();
      // From that moment on, not from this one: what fell due between the two would wait for the next poke.
      const next = isClosed ? undefined : (await store.run(() => sqlOne("select min(due_at) as at from delivery where due_at > ?", now)))?.["at"];
      timer?.cancel();
      timer = typeof next === "number" ? clock.at(next, "delivery", deliverDue) : undefined;
      failures = 0;
    } catch (error) {
      log.error("the deliveries that are due could not be read; they are looked for again later", { error: String(error) });
      isPoked = false;
      if (!isClosed) later("delivery", backoffMs(failures++), () => poke());
    }
    filling = undefined;
    if (isPoked && !isClosed) return poke();
  };
  const poke = (): Promise<void> => {
    isPoked = true;
    return (filling ??= fill());
  };

  return {
    *enqueue(delivery) {
      yield* sql(
        "insert into delivery (id, target_arn, region, body, attempts, accepted_at, due_at) values (?, ?, ?, ?, 0, ?, ?) on conflict (id) do nothing",
        delivery.id, delivery.targetArn, delivery.region, JSON.stringify(delivery), clock.now(), clock.now(),
      );
    },
    poke: () => void poke(),
    start: async () => void poke(),
    async pending() {
      // What was just settled has its next timer set before it counts as quiet.
      await filling;
      return (await store.run(() => sqlOne("select count(*) as n from delivery")))!["n"] as number;
    },
    async close() {
      isClosed = true;
      timer?.cancel();
      for (const waiting of timers) waiting.cancel();
      await filling;
      await Promise.all(running);
    },
  };
};
