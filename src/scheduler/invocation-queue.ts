import { isApiError } from "../kit/api-error.ts";
import { functionArn } from "../kit/arn.ts";
import type { Clock } from "../kit/clock.ts";
import { createDueLoop } from "../kit/due-loop.ts";
import type { Ledger, LedgerKind, Trace } from "../kit/ledger.ts";
import { ASYNC_BACKOFF_MS_FIRST, ASYNC_EVENT_AGE_MS_MIN, ASYNC_IN_FLIGHT_MAX } from "../kit/limits/lambda.ts";
import type { Log } from "../kit/log.ts";
import type { Metrics } from "../kit/metrics.ts";
import type { Worker } from "../kit/patience.ts";
import type { Random } from "../kit/random.ts";
import { createTally } from "../kit/tally.ts";
import type { Operation, Store } from "../store/store.ts";
import { afterRun, type Next, type Ran } from "./after-run.ts";
import { countEvents, endLeases, functionKey, insertEvent, removeEvent, runAgain, type Leased } from "./event-rows.ts";
import { createEventSupply, type Place } from "./event-supply.ts";
import { createFunctionMetrics, type Invoked } from "./function-metrics.ts";
import { createFunctionLimits, type FunctionLimitsTable } from "./function-limits.ts";
import { passThrough } from "./lineage.ts";
import { createUnfinishedRuns } from "./unfinished-runs.ts";
import { EVENT_SETTINGS_DEFAULT, type EndedEvent, type EventRules, type QueuedInvocation, type ResolveTarget, type Scheduler, type Told } from "./scheduler.ts";

export interface InvocationQueue extends Worker {
  /**
   * Resolves once the event is on the disk. The same request id again is the same event.
   * @param options.isKept Whoever sends it has it on the disk for as long as this has not resolved, and sends it for the first time: it may be begun meanwhile.
   */
  enqueue(event: QueuedInvocation, options?: { isKept?: boolean }): Promise<void>;
  /** Takes up what an earlier process left, leases included. Nothing runs before. */
  start(): Promise<void>;
  pending(): Promise<{ queued: number; inFlight: number }>;
  /** Starts nothing more, and waits at most `graceMs` for what runs. What is left then runs again after the next start. */
  close(graceMs?: number): Promise<void>;
}

interface Needs {
  store: Store;
  scheduler: Scheduler;
  resolve: ResolveTarget;
  /** Default: AWS's settings for all, and nobody is told. */
  rules?: EventRules;
  limits?: FunctionLimitsTable;
  clock: Clock;
  random: Random;
  ledger: Ledger;
  metrics?: Metrics;
  log: Log;
}

const RULES_DEFAULT: EventRules = {
  *settings() {
    return EVENT_SETTINGS_DEFAULT;
  },
  *end() {
    return [];
  },
  afterEnd() {},
};

const traceOf = ({ traceId, lineage }: QueuedInvocation): Trace => ({ id: traceId, ...(lineage === undefined ? {} : { lineage }) });

/** The chain goes on from the function, whether that ran or was stopped. */
const endOf = (event: Leased, ran: Ran, { condition, attempts }: Extract<Next, { kind: "end" }>, id: string): EndedEvent => ({
  id, event, condition, attempts,
  trace: passThrough(traceOf(event), functionArn(event, event.functionName), "Allow"),
  ...(ran.kind === "ran" ? { result: { outcome: ran.outcome, version: ran.version } } : {}),
});

const invokedOf = ({ account, region, functionName: name, invokedFunctionArn }: QueuedInvocation): Invoked => ({ account, region, name, invokedFunctionArn });

/**
 * Asynchronous invocation: on the disk before it is acknowledged, run at least once, again one and two minutes after the function
 * failed, with a growing pause after throttles and system errors, until it is too old. Every wait is on the platform's clock.
 */
export const createInvocationQueue = ({ store, scheduler, resolve, rules = RULES_DEFAULT, limits = createFunctionLimits(), clock, random, ledger, metrics, log }: Needs): InvocationQueue => {
  const inFlight = createTally<string>();
  const leaseToken = random.uuid();
  const supply = createEventSupply({ store, running: inFlight, leaseToken });
  const measured = createFunctionMetrics(metrics);
  /** By the event's id. */
  const runs = new Map<string, Promise<Ran>>();
  let isStarted = false;
  let isAbandoned = false;

  const tell = (event: QueuedInvocation, kind: LedgerKind, summary: string, detail: Record<string, unknown> = {}) =>
    ledger.record({ traceId: event.traceId, kind, account: event.account, region: event.region, keys: [event.requestId, event.functionName, event.invokedFunctionArn], summary, detail });

  /** An event that waited for its turn, or for a server that was down. */
  const isExpired = async (event: Leased): Promise<boolean> => {
    const age = clock.now() - event.acceptedAt;
    return age > ASYNC_EVENT_AGE_MS_MIN && age > (await store.run(() => rules.settings(event))).maximumEventAgeMs;
  };
  const run = async (event: Leased): Promise<Ran> => {
    if (limits.of({ ...event, name: event.functionName }).reservedConcurrency === 0) return { kind: "unreserved" };
    try {
      if (await isExpired(event)) return { kind: "expired" };
      const target = await resolve(event, event.functionName, event.qualifier);
      measured.count(invokedOf(event), "AsyncEventAge", clock.now() - event.acceptedAt);
      const { outcome } = await scheduler.invoke(target, {
        requestId: event.requestId, trace: traceOf(event), payload: event.payload, invokedFunctionArn: event.invokedFunctionArn, isQueued: true, ...(event.tenantId === undefined ? {} : { tenantId: event.tenantId }),
      });
      return { kind: "ran", outcome, version: target.version };
    } catch (error) {
      if (!isApiError(error)) log.error("an asynchronous invocation could not be run", { requestId: event.requestId, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
      return { kind: "refused", code: isApiError(error) ? error.code : "ServiceException" };
    }
  };

  /** One that was begun before it was written, and could not be, is sent again while it may still run. */
  const runAlone = async (event: Leased): Promise<Ran> => {
    const { requestId } = event;
    for (let other = runs.get(requestId); other !== undefined; other = runs.get(requestId)) await other;
    const ran = run(event).finally(() => runs.delete(requestId));
    runs.set(requestId, ran);
    return ran;
  };

  /** One commit, if the lease is still ours; else another has it, and this result is nobody's. */
  function* settle(event: Leased, ran: Ran, id: string): Operation<{ next: Next; told: readonly Told[] }> {
    const next = afterRun(event, ran, yield* rules.settings(event), clock.now());
    if (next.kind === "again") {
      yield* runAgain(event, clock.now() + next.delayMs, next.isAttempt);
      return { next, told: [] };
    }
    return { next, told: (yield* removeEvent(event)) ? yield* rules.end(endOf(event, ran, next, id)) : [] };
  }

  const finish = async (event: Leased, ran: Ran) => {
    const id = random.uuid();
    const { next, told } = await store.run(() => settle(event, ran, id));
    if (next.kind === "again") {
      supply.later();
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

  const tellUnwritten = ({ requestId }: Leased, error: unknown) => log.error("the end of an asynchronous invocation could not be written; it is tried again", { requestId, error: String(error) });
  const unfinished = createUnfinishedRuns(finish, tellUnwritten);

  const attempt = async (event: Leased) => {
    const key = functionKey(event);
    inFlight.add(key);
    const ran = await runAlone(event);
    inFlight.remove(key);
    // Whatever the end of the process made of it: its lease ends with the next start.
    if (isAbandoned) return;
    try {
      await finish(event, ran);
    } catch (error) {
      tellUnwritten(event, error);
      unfinished.add(event, ran, clock.now());
    }
  };

  const loop = createDueLoop({
    clock,
    name: "asynchronous invocation",
    inFlightMax: ASYNC_IN_FLIGHT_MAX,
    async startDue(now, room) {
      await unfinished.finish(now);
      return (await supply.next(now, room)).map(attempt);
    },
    async nextDueAt(now) {
      const next = Math.min((await supply.nextDueAt(now)) ?? Infinity, unfinished.nextAt(now));
      return next === Infinity ? undefined : next;
    },
    onFailure(error) {
      log.error("the queue of asynchronous invocations could not be read; it is tried again", { error: String(error) });
      return ASYNC_BACKOFF_MS_FIRST;
    },
  });
  const poke = () => {
    if (isStarted) void loop.poke();
  };

  return {
    async enqueue(event, { isKept = false } = {}) {
      const now = clock.now();
      const place = isStarted ? supply.reserve(event) : undefined;
      const written = store.run(() => insertEvent(event, now, place && leaseToken));
      const handOver = (to: Place) => {
        to.handOver({ ...event, acceptedAt: now, attempts: 0, backoffs: 0, leaseToken });
        poke();
      };
      /** Somebody may have found its function full. */
      const giveUp = () => {
        place?.giveUp();
        poke();
      };
      const isBegun = isKept && place !== undefined;
      if (isBegun) handOver(place);
      const isNew = await written.catch((error: unknown) => {
        if (!isBegun) giveUp();
        throw error;
      });
      measured.count(invokedOf(event), "AsyncEventsReceived", 1);
      tell(event, "queued", `the event for ${event.functionName} is on the disk`, { bytes: event.payload.length });
      if (isBegun) return;
      if (!isNew) return giveUp();
      if (place !== undefined) return handOver(place);
      supply.onDisk(event);
      poke();
    },
    async start() {
      await store.run(endLeases);
      isStarted = true;
      poke();
    },
    rest: loop.rest,
    async pending() {
      // What was just finished has its next timer set before it counts as quiet.
      await loop.settled();
      return { queued: await store.run(countEvents), inFlight: loop.inFlight };
    },
    async close(graceMs = Infinity) {
      const running = await loop.stop();
      const done = new AbortController();
      const all = Promise.all(running).finally(() => done.abort());
      await (graceMs === Infinity ? all : Promise.race([all, clock.sleep(graceMs, done.signal).catch(() => undefined)]));
      isAbandoned = true;
    },
  };
};
