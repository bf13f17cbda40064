import type { Call } from "../kit/call.ts";
import type { Clock, Timer } from "../kit/clock.ts";
import type { Ledger, LedgerKind } from "../kit/ledger.ts";
import { DELIVERIES_IN_FLIGHT_MAX, DELIVERY_AGE_MS_MAX } from "../kit/limits.ts";
import type { Log } from "../kit/log.ts";
import type { Random } from "../kit/random.ts";
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
  random: Random;
  ledger: Ledger;
  log: Log;
}

interface Due extends Delivery {
  attempts: number;
  acceptedAt: number;
}

const toDue = (row: Row): Due => ({ ...(JSON.parse(row["body"] as string) as Delivery), attempts: row["attempts"] as number, acceptedAt: row["accepted_at"] as number });

/**
 * Events that were committed with what they tell of, until their target has taken them. At least once: a delivery is
 * forgotten in a commit after the target accepted it, and the target knows it again by its id.
 */
export const createOutbox = ({ store, call, clock, ledger, log }: Needs): Outbox => {
  const deliver = createDeliver({ call });
  const inFlight = new Set<string>();
  let timer: Timer | undefined;
  let pumping: Promise<void> | undefined;
  let isPoked = false;
  let isClosed = false;

  const tell = (delivery: Due, kind: LedgerKind, summary: string, detail: Record<string, unknown>) =>
    ledger.record({ traceId: delivery.traceId, kind, account: delivery.as.account, region: delivery.region, keys: [delivery.id, delivery.targetArn, ...delivery.keys], summary, detail });

  const settle = async (delivery: Due, outcome: DeliveryOutcome) => {
    const forget = () => store.run(() => sql("delete from delivery where id = ?", delivery.id));
    if (outcome.kind === "delivered") return void (await forget());
    const detail = { code: outcome.code, message: outcome.message, attempt: delivery.attempts + 1 };
    const delay = backoffMs(delivery.attempts);
    if (outcome.kind === "failed" && clock.now() + delay - delivery.acceptedAt <= DELIVERY_AGE_MS_MAX) {
      tell(delivery, "retry", `the delivery to ${delivery.targetArn} failed (${outcome.code}) and is tried again in ${delay / 1000} s`, detail);
      await store.run(() => sql("update delivery set attempts = attempts + 1, due_at = ? where id = ?", clock.now() + delay, delivery.id));
      return;
    }
    tell(delivery, "drop", `the event is not delivered to ${delivery.targetArn}: ${outcome.kind === "refused" ? "its policy does not let the source in" : outcome.code}`, detail);
    await forget();
  };

  const attempt = async (delivery: Due) => {
    try {
      await settle(delivery, await deliver(delivery));
    } catch (error) {
      log.error("a delivery could not be settled; it is tried again at the next start", { id: delivery.id, error: String(error) });
    } finally {
      inFlight.delete(delivery.id);
    }
  };

  /** Delivers all that is due, then sets the timer for what is not. */
  const pump = async () => {
    while (!isClosed) {
      isPoked = false;
      const rows = await store.run(() => sql("select * from delivery where due_at <= ? order by due_at limit ?", clock.now(), DELIVERIES_IN_FLIGHT_MAX));
      const due = rows.map(toDue).filter((delivery) => !inFlight.has(delivery.id));
      for (const delivery of due) inFlight.add(delivery.id);
      await Promise.all(due.map(attempt));
      if (due.length === 0 && !isPoked) break;
    }
    const next = isClosed ? undefined : (await store.run(() => sqlOne("select min(due_at) as at from delivery")))?.["at"];
    timer?.cancel();
    timer = typeof next === "number" ? clock.at(next, "delivery", () => run()) : undefined;
    pumping = undefined;
    if (isPoked && !isClosed) return run();
  };
  const run = (): Promise<void> => {
    isPoked = true;
    return (pumping ??= pump());
  };

  return {
    *enqueue(delivery) {
      yield* sql(
        "insert into delivery (id, target_arn, region, body, attempts, accepted_at, due_at) values (?, ?, ?, ?, 0, ?, ?) on conflict (id) do nothing",
        delivery.id, delivery.targetArn, delivery.region, JSON.stringify(delivery), clock.now(), clock.now(),
      );
    },
    poke: () => void run(),
    start: async () => void run(),
    pending: async () => (await store.run(() => sqlOne("select count(*) as n from delivery")))!["n"] as number,
    async close() {
      isClosed = true;
      timer?.cancel();
      await pumping;
    },
  };
};
