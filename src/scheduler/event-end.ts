import { functionArn } from "../kit/arn.ts";
import type { Clock } from "../kit/clock.ts";
import type { Ledger, LedgerKind, Trace } from "../kit/ledger.ts";
import type { Random } from "../kit/random.ts";
import type { Operation, Store } from "../store/store.ts";
import { afterRun, type Next, type Ran } from "./after-run.ts";
import { removeEvent, runAgain, type Leased } from "./event-rows.ts";
import type { createFunctionMetrics, Invoked } from "./function-metrics.ts";
import { passThrough } from "./lineage.ts";
import type { EndedEvent, EventRules, QueuedInvocation, Told } from "./scheduler.ts";

export const traceOf = ({ traceId, lineage }: QueuedInvocation): Trace => ({ id: traceId, ...(lineage === undefined ? {} : { lineage }) });

export const invokedOf = ({ account, region, functionName: name, invokedFunctionArn }: QueuedInvocation): Invoked => ({ account, region, name, invokedFunctionArn });

/** Tells the story of an event. */
export type TellOfEvent = (event: QueuedInvocation, kind: LedgerKind, summary: string, detail?: Record<string, unknown>) => void;

export const createTell = (ledger: Pick<Ledger, "record">): TellOfEvent => (event, kind, summary, detail = {}) =>
  ledger.record({ traceId: event.traceId, kind, account: event.account, region: event.region, keys: [event.requestId, event.functionName, event.invokedFunctionArn], summary, detail });

/** The chain goes on from the function, whether that ran or was stopped. */
const endOf = (event: Leased, ran: Ran, { condition, attempts }: Extract<Next, { kind: "end" }>, id: string): EndedEvent => ({
  id, event, condition, attempts,
  trace: passThrough(traceOf(event), functionArn(event, event.functionName), "Allow"),
  ...(ran.kind === "ran" ? { result: { outcome: ran.outcome, version: ran.version } } : {}),
});

interface Needs {
  store: Store;
  rules: EventRules;
  clock: Clock;
  random: Random;
  measured: ReturnType<typeof createFunctionMetrics>;
  tell: TellOfEvent;
  /** It falls due again later. */
  later(): void;
}

/** What becomes of an event after a run, in one commit: its end, with what is told of it, or another try. Rejects when the store does not take it. */
export const createFinish = ({ store, rules, clock, random, measured, tell, later }: Needs) => {
  /** Undefined where the lease is no longer ours: another has the event, or it could not be kept, and this result is nobody's. */
  function* settle(event: Leased, ran: Ran, id: string): Operation<{ next: Next; told: readonly Told[] } | undefined> {
    const next = afterRun(event, ran, yield* rules.settings(event), clock.now());
    const isOurs = next.kind === "again" ? yield* runAgain(event, clock.now() + next.delayMs, next.isAttempt) : yield* removeEvent(event);
    if (!isOurs) return undefined;
    return { next, told: next.kind === "again" ? [] : yield* rules.end(endOf(event, ran, next, id)) };
  }

  return async (event: Leased, ran: Ran): Promise<void> => {
    const id = random.uuid();
    const settled = await store.run(() => settle(event, ran, id));
    if (settled === undefined) return;
    const { next, told } = settled;
    if (next.kind === "again") {
      later();
      return tell(event, "retry", `${event.functionName} is tried again in ${next.delayMs / 1000} s (${next.why})`, { attempt: event.attempts + 1, delayMs: next.delayMs, why: next.why });
    }
    if (next.condition !== "Success") measured.count(invokedOf(event), "AsyncEventsDropped", 1);
    if (next.condition !== "Success") tell(event, "drop", `the event is given up: ${next.condition}`, { condition: next.condition, attempts: next.attempts });
    for (const { targetArn, as, deliveryId } of told) {
      const what = as === "dead-letter queue" ? "the event" : next.condition === "Success" ? "its result" : "what became of it";
      tell(event, "notice", `${what} goes to the ${as} ${targetArn}`, { [as === "destination" ? "destination" : "deadLetterQueue"]: targetArn, deliveryId });
    }
    if (told.length > 0) rules.afterEnd();
  };
};
