import { isApiError } from "../kit/api-error.ts";
import type { Clock } from "../kit/clock.ts";
import { createDueLoop } from "../kit/due-loop.ts";
import type { Ledger } from "../kit/ledger.ts";
import { ASYNC_BACKOFF_MS_FIRST, ASYNC_EVENT_AGE_MS_MIN, ASYNC_FIRST_IN_FLIGHT_MAX, ASYNC_IN_FLIGHT_MAX } from "../kit/limits/lambda.ts";
import type { Log } from "../kit/log.ts";
import type { Metrics } from "../kit/metrics.ts";
import type { Worker } from "../kit/patience.ts";
import type { Random } from "../kit/random.ts";
import { createTally } from "../kit/tally.ts";
import type { Store } from "../store/store.ts";
import type { Ran } from "./after-run.ts";
import { createFinish, createTell, invokedOf, traceOf } from "./event-end.ts";
import { countEvents, endLeases, functionKey, insertEvent, type Leased } from "./event-rows.ts";
import { createEventSupply, type Place } from "./event-supply.ts";
import { createFunctionMetrics } from "./function-metrics.ts";
import { createFunctionLimits, type FunctionLimitsTable } from "./function-limits.ts";
import { EVENT_SETTINGS_DEFAULT, type EventRules, type QueuedInvocation, type ResolveTarget, type Scheduler } from "./scheduler.ts";
import { createUnfinishedRuns } from "./unfinished-runs.ts";

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

/**
 * Asynchronous invocation: on the disk before it is acknowledged, run at least once, again one and two minutes after the function
 * failed, with a growing pause after throttles and system errors, until it is too old. Every wait is on the platform's clock.
 */
export const createInvocationQueue = ({ store, scheduler, resolve, rules = RULES_DEFAULT, limits = createFunctionLimits(), clock, random, ledger, metrics, log }: Needs): InvocationQueue => {
  const inFlight = createTally<string>();
  const leaseToken = random.uuid();
  const supply = createEventSupply({ store, running: inFlight, leaseToken });
  const measured = createFunctionMetrics(metrics);
  const tell = createTell(ledger);
  const finish = createFinish({ store, rules, clock, random, measured, tell, later: supply.later });
  /** By the event's id. */
  const runs = new Map<string, Promise<Ran>>();
  let isStarted = false;
  let isAbandoned = false;

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
    inFlightMax: ASYNC_IN_FLIGHT_MAX + ASYNC_FIRST_IN_FLIGHT_MAX,
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
      const isBegun = isKept && place !== undefined;
      // Where it cannot be written, its run has nothing to do with what is sent again.
      const token = isBegun ? random.uuid() : leaseToken;
      const written = store.run(() => insertEvent(event, now, place && token));
      const handOver = (to: Place) => {
        to.handOver({ ...event, acceptedAt: now, attempts: 0, backoffs: 0, leaseToken: token });
        poke();
      };
      /** Somebody may have found its function full. */
      const giveUp = () => {
        place?.giveUp();
        poke();
      };
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
