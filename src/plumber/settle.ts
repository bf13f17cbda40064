import type { LedgerKind } from "../kit/ledger.ts";
import { deadLetterOf } from "./dead-letter.ts";
import type { Delivery, DeliveryOutcome, Failure } from "./delivery.ts";
import { createDeliveryMetrics, type DeliveryMoment } from "./delivery-metrics.ts";
import { insertDelivery, postponeDelivery, removeDelivery, tryAgain, type Due } from "./delivery-rows.ts";
import type { TellStatus } from "./delivery-status.ts";
import type { DueDeliveries } from "./due-deliveries.ts";
import { createForget } from "./forget.ts";
import type { PushNeeds } from "./needs.ts";
import { shownUrl } from "./outgoing.ts";
import { latestTryAt, nextTry, type Exhausted } from "./retry.ts";
import { causeOf, targetName, whyGivenUp } from "./why-given-up.ts";

interface Needs extends Pick<PushNeeds, "store" | "clock" | "random" | "ledger" | "metrics"> {
  onDisk: Pick<DueDeliveries, "now" | "later">;
  tellStatus?: TellStatus | undefined;
}

const THROTTLED = /Throttl|TooManyRequests|HTTP_429/i;

/** What becomes of a delivery after a try, in one commit: it is forgotten, with its dead letter on its way where it is given up, or tried again. Rejects when the store does not take it. */
export const createSettle = ({ store, clock, random, ledger, metrics, onDisk, tellStatus }: Needs) => {
  const measure = createDeliveryMetrics({ metrics });
  const forget = createForget({ store });

  const count = (delivery: Due, moment: DeliveryMoment, code?: string) => measure(delivery, moment, { attempt: delivery.attempts, ageMs: clock.now() - delivery.acceptedAt, ...(code === undefined ? {} : { code }) });
  const tell = (delivery: Due, kind: LedgerKind, summary: string, detail: Record<string, unknown>) =>
    ledger.record({ traceId: delivery.traceId, kind, account: delivery.as.account, region: delivery.region, keys: [delivery.id, delivery.targetArn, ...delivery.keys], summary, detail });

  /** With its dead letter, or in its lane, it makes room for another one. */
  const remove = async (delivery: Due, deadLetter?: Delivery): Promise<void> => {
    if (deadLetter === undefined && delivery.order === undefined) return forget(delivery.id);
    await store.run(function* () {
      yield* removeDelivery(delivery, clock.now());
      if (deadLetter !== undefined) yield* insertDelivery(deadLetter, clock.now());
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

  return async (delivery: Due, outcome: DeliveryOutcome, begunAt: number): Promise<void> => {
    if (outcome.kind === "postponed") return postpone(delivery, outcome.turnAt);
    measure(delivery, "attempted", { attempt: delivery.attempts, ageMs: begunAt - delivery.acceptedAt });
    count(delivery, "tried");
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
};
