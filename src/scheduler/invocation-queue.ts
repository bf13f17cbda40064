import { isApiError } from "../kit/api-error.ts";
import { functionArn } from "../kit/arn.ts";
import type { Clock } from "../kit/clock.ts";
import { createDueLoop } from "../kit/due-loop.ts";
import type { Ledger, LedgerKind, Trace } from "../kit/ledger.ts";
import { ASYNC_BACKOFF_MS_FIRST, ASYNC_EVENT_AGE_MS_MIN, ASYNC_IN_FLIGHT_MAX, ASYNC_IN_FLIGHT_PER_FUNCTION_MAX } from "../kit/limits/lambda.ts";
import type { Log } from "../kit/log.ts";
import type { Metrics } from "../kit/metrics.ts";
import type { Worker } from "../kit/patience.ts";
import type { Random } from "../kit/random.ts";
import { createTally, type Tally } from "../kit/tally.ts";
import { sql, sqlOne, type Operation, type Row, type Store } from "../store/store.ts";
import { afterRun, type Attempted, type Next, type Ran } from "./after-run.ts";
import { createFunctionMetrics, type Invoked } from "./function-metrics.ts";
import { createFunctionLimits, type FunctionLimitsTable } from "./function-limits.ts";
import { passThrough } from "./lineage.ts";
import { EVENT_SETTINGS_DEFAULT, type EndedEvent, type EventRules, type QueuedInvocation, type ResolveTarget, type Scheduler, type Told } from "./scheduler.ts";

export interface InvocationQueue extends Worker {
  /** Resolves once the event is on the disk. The same request id again is the same event. */
  enqueue(event: QueuedInvocation): Promise<void>;
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

interface Leased extends QueuedInvocation, Attempted {
  leaseToken: string;
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

const toEvent = (row: Row, leaseToken: string): Leased => ({
  requestId: row["request_id"] as string,
  traceId: row["trace_id"] as string,
  account: row["account"] as string,
  region: row["region"] as string,
  functionName: row["function_name"] as string,
  invokedFunctionArn: row["invoked_arn"] as string,
  payload: Buffer.from(row["payload"] as Uint8Array),
  acceptedAt: row["accepted_at"] as number,
  attempts: row["attempts"] as number,
  backoffs: row["backoffs"] as number,
  leaseToken,
  ...(row["lineage"] === null ? {} : { lineage: row["lineage"] as string }),
  ...(row["qualifier"] === null ? {} : { qualifier: row["qualifier"] as string }),
  ...(row["tenant_id"] === null ? {} : { tenantId: row["tenant_id"] as string }),
});

/** The functions that have events due: one step through the index for each of them, however many events they have. */
function* waitingFunctions(now: number): Operation<string[]> {
  const rows = yield* sql(
    `with recursive waiting(key) as (
       select min(function_key) from async_event where lease_token is null
       union all select (select min(function_key) from async_event where lease_token is null and function_key > waiting.key) from waiting where waiting.key is not null
     ) select key from waiting where key is not null and exists (select 1 from async_event where lease_token is null and function_key = waiting.key and due_at <= ?)`,
    now,
  );
  return rows.map((row) => row["key"] as string);
}

/** Leases a function's due events, oldest first. */
function* claim(key: string, now: number, most: number, leaseToken: string): Operation<Leased[]> {
  const rows = yield* sql(
    `update async_event set lease_token = ? where request_id in (
       select request_id from async_event where lease_token is null and function_key = ? and due_at <= ? order by due_at limit ?
     ) returning *`,
    leaseToken, key, now, most,
  );
  return rows.map((row) => toEvent(row, leaseToken)).toSorted((a, b) => a.acceptedAt - b.acceptedAt);
}

/** Leases due events for the room there is: the functions with the least running first, an equal share for each. */
function* claimFairly(now: number, room: number, running: Tally<string>, leaseToken: string): Operation<Leased[]> {
  const keys = (yield* waitingFunctions(now)).filter((key) => running.of(key) < ASYNC_IN_FLIGHT_PER_FUNCTION_MAX).toSorted((a, b) => running.of(a) - running.of(b));
  const share = Math.max(1, Math.floor(room / Math.max(1, keys.length)));
  const claimed: Leased[] = [];
  for (const key of keys) {
    const most = Math.min(share, room - claimed.length, ASYNC_IN_FLIGHT_PER_FUNCTION_MAX - running.of(key));
    if (most <= 0) break;
    claimed.push(...(yield* claim(key, now, most, leaseToken)));
  }
  return claimed;
}

const traceOf = ({ traceId, lineage }: QueuedInvocation): Trace => ({ id: traceId, ...(lineage === undefined ? {} : { lineage }) });

/** The chain goes on from the function, whether that ran or was stopped. */
const endOf = (event: Leased, ran: Ran, { condition, attempts }: Extract<Next, { kind: "end" }>, id: string): EndedEvent => ({
  id, event, condition, attempts,
  trace: passThrough(traceOf(event), functionArn(event, event.functionName), "Allow"),
  ...(ran.kind === "ran" ? { result: { outcome: ran.outcome, version: ran.version } } : {}),
});

const invokedOf = ({ account, region, functionName: name, invokedFunctionArn }: QueuedInvocation): Invoked => ({ account, region, name, invokedFunctionArn });

const functionKey = ({ account, region, functionName }: QueuedInvocation): string => `${account}/${region}/${functionName}`;

/**
 * Asynchronous invocation: on the disk before it is acknowledged, run at least once, again one and two minutes after the function
 * failed, with a growing pause after throttles and system errors, until it is too old. Every wait is on the platform's clock.
 */
export const createInvocationQueue = ({ store, scheduler, resolve, rules = RULES_DEFAULT, limits = createFunctionLimits(), clock, random, ledger, metrics, log }: Needs): InvocationQueue => {
  const inFlight = createTally<string>();
  const measured = createFunctionMetrics(metrics);
  /** Runs whose end could not be written yet. */
  const unfinished: { event: Leased; ran: Ran }[] = [];
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

  /** One commit, if the lease is still ours; else another has it, and this result is nobody's. */
  function* settle(event: Leased, ran: Ran, id: string): Operation<{ next: Next; told: readonly Told[] }> {
    const next = afterRun(event, ran, yield* rules.settings(event), clock.now());
    if (next.kind === "again") {
      yield* sql(
        "update async_event set lease_token = null, due_at = ?, attempts = attempts + ?, backoffs = backoffs + ? where request_id = ? and lease_token = ?",
        clock.now() + next.delayMs, next.isAttempt ? 1 : 0, next.isAttempt ? 0 : 1, event.requestId, event.leaseToken,
      );
      return { next, told: [] };
    }
    const ended = yield* sql("delete from async_event where request_id = ? and lease_token = ? returning request_id", event.requestId, event.leaseToken);
    return { next, told: ended.length === 0 ? [] : yield* rules.end(endOf(event, ran, next, id)) };
  }

  const finish = async (event: Leased, ran: Ran) => {
    const id = random.uuid();
    const { next, told } = await store.run(() => settle(event, ran, id));
    if (next.kind === "again") {
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

  const attempt = async (event: Leased) => {
    const key = functionKey(event);
    inFlight.add(key);
    const ran = await run(event);
    inFlight.remove(key);
    // Whatever the end of the process made of it: its lease ends with the next start.
    if (isAbandoned) return;
    try {
      await finish(event, ran);
    } catch (error) {
      log.error("the end of an asynchronous invocation could not be written; it is tried again", { requestId: event.requestId, error: String(error) });
      unfinished.push({ event, ran });
    }
  };

  const loop = createDueLoop({
    clock,
    name: "asynchronous invocation",
    inFlightMax: ASYNC_IN_FLIGHT_MAX,
    async startDue(now, room) {
      for (let one = unfinished[0]; one !== undefined; one = unfinished[0]) {
        await finish(one.event, one.ran);
        unfinished.shift();
      }
      const leaseToken = random.uuid();
      return (await store.run(() => claimFairly(now, room, inFlight, leaseToken))).map(attempt);
    },
    nextDueAt: async (now) => ((await store.run(() => sqlOne("select min(due_at) as at from async_event where lease_token is null and due_at > ?", now)))?.["at"] ?? undefined) as number | undefined,
    onFailure(error) {
      log.error("the queue of asynchronous invocations could not be read; it is tried again", { error: String(error) });
      return ASYNC_BACKOFF_MS_FIRST;
    },
  });
  const poke = () => {
    if (isStarted) void loop.poke();
  };

  return {
    async enqueue(event) {
      await store.run(() =>
        sql(
          `insert into async_event (request_id, trace_id, lineage, account, region, function_name, function_key, qualifier, tenant_id, invoked_arn, payload, accepted_at, due_at, attempts, backoffs)
           values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0) on conflict (request_id) do nothing`,
          event.requestId, event.traceId, event.lineage ?? null, event.account, event.region, event.functionName, functionKey(event), event.qualifier ?? null, event.tenantId ?? null, event.invokedFunctionArn, event.payload, clock.now(), clock.now(),
        ),
      );
      measured.count(invokedOf(event), "AsyncEventsReceived", 1);
      tell(event, "queued", `the event for ${event.functionName} is on the disk`, { bytes: event.payload.length });
      poke();
    },
    async start() {
      await store.run(() => sql("update async_event set lease_token = null"));
      isStarted = true;
      poke();
    },
    rest: loop.rest,
    async pending() {
      // What was just finished has its next timer set before it counts as quiet.
      await loop.settled();
      const row = await store.run(() => sqlOne("select count(*) as n from async_event"));
      return { queued: row!["n"] as number, inFlight: loop.inFlight };
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
