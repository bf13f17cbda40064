import { SQS_NOISY_IN_FLIGHT_MIN, SQS_NOISY_SHARE } from "../../kit/limits/sqs.ts";
import type { Clock } from "../../kit/clock.ts";
import { sql, sqlOne, type Operation, type Store } from "../../store/store.ts";
import { createHeld, MOMENT_MS, type CountedMessage, type Held } from "./held.ts";

export interface MessageCounts {
  visible: number;
  /** Never received, and not visible yet. */
  delayed: number;
  inFlight: number;
}

/** What a commit did to one message; without `before` it is new, without `after` gone. */
export interface CountChange {
  queueId: number;
  before?: CountedMessage;
  after?: CountedMessage;
}

/** How many messages each queue has: read once, then kept from what every commit changed. */
export interface QueueCounts {
  of(queue: { id: number }): Promise<MessageCounts>;
  /** Reads what is not visible at the moment, which is all that a receive needs to know. */
  load(queue: { id: number }): Promise<void>;
  /** Undefined as long as it was not loaded. */
  inFlight(queueId: number): number | undefined;
  /** Message groups that have something in flight. */
  groupsInFlight(queueId: number): number;
  /** Message groups that have more than their part of what is in flight. */
  noisyTenants(queueId: number): ReadonlySet<string>;
  /** At once, when a commit's `run` has resolved: the order of commits is the order of these. */
  changed(changes: readonly CountChange[]): void;
  /** Messages of the queue were moved or removed by others than those who send, receive and delete. */
  forget(queueId: number): void;
}

interface Counted {
  held: Held;
  /** How many there are that are visible before `countedTo`: a deep queue is counted in pieces, with other commits between them. */
  total: number;
  countedTo: number;
}

interface Needs {
  store: Store;
  clock: Clock;
}

const NOBODY: ReadonlySet<string> = new Set();
/** More in one commit would be noticed by others. */
const COUNTED_AT_ONCE = 20_000;

export const createQueueCounts = ({ store, clock }: Needs): QueueCounts => {
  const counted = new Map<number, Counted>();
  const loading = new Map<number, Promise<unknown>>();

  const upToDate = (queueId: number): Counted | undefined => {
    const queue = counted.get(queueId);
    queue?.held.advance(clock.now());
    return queue;
  };
  /** With `run`, not `read`: what was asked for before it is in it, what was asked for after it is told behind it. */
  const readOn = (queueId: number): Promise<unknown> => {
    const queue = counted.get(queueId);
    if (queue === undefined) return store.run(() => readHeld(queueId, clock.now())).then((held) => counted.set(queueId, { held, total: 0, countedTo: 0 }));
    return store
      .run(() => countPiece(queueId, queue.countedTo))
      .then(({ count, to }) => {
        queue.total += count;
        queue.countedTo = to;
      });
  };
  const load = async (queueId: number): Promise<void> => {
    if (!loading.has(queueId)) loading.set(queueId, readOn(queueId).finally(() => loading.delete(queueId)));
    await loading.get(queueId);
  };

  const known = (queueId: number): MessageCounts | undefined => {
    const queue = upToDate(queueId);
    if (queue?.countedTo !== Infinity) return undefined;
    const { delayed, inFlight } = queue.held;
    return { visible: queue.total - delayed - inFlight, delayed, inFlight };
  };

  return {
    async of({ id }) {
      for (;;) {
        const counts = known(id);
        if (counts !== undefined) return counts;
        await load(id);
      }
    },
    async load({ id }) {
      if (!counted.has(id)) await load(id);
    },
    inFlight: (queueId) => upToDate(queueId)?.held.inFlight,
    groupsInFlight: (queueId) => upToDate(queueId)?.held.tenantCount ?? 0,
    noisyTenants(queueId) {
      const held = upToDate(queueId)?.held;
      if (held === undefined || held.inFlight < SQS_NOISY_IN_FLIGHT_MIN) return NOBODY;
      const many = Math.max(SQS_NOISY_IN_FLIGHT_MIN, Math.floor(held.inFlight * SQS_NOISY_SHARE) + 1);
      let noisy: Set<string> | undefined;
      for (const [tenant, inFlight] of held.tenants()) if (inFlight >= many) (noisy ??= new Set()).add(tenant);
      return noisy ?? NOBODY;
    },
    changed(changes) {
      for (const { queueId, before, after } of changes) {
        const queue = counted.get(queueId);
        if (queue === undefined) continue;
        if (before !== undefined) {
          queue.held.remove(before);
          if (before.visibleAt < queue.countedTo) queue.total--;
        }
        if (after !== undefined) {
          queue.held.add(after);
          if (after.visibleAt < queue.countedTo) queue.total++;
        }
      }
    },
    forget: (queueId) => void counted.delete(queueId),
  };
};

/** From the index alone, and as many rows as there are moments. */
function* readHeld(queueId: number, now: number): Operation<Held> {
  const rows = yield* sql(
    `select visible_at / ${MOMENT_MS} as moment, receive_count > 0 as is_received, group_id, count(*) as n from sqs_message where queue = ? and visible_at > ?
     group by visible_at / ${MOMENT_MS}, receive_count > 0, group_id`,
    queueId, now,
  );
  const held = createHeld();
  held.advance(now);
  for (const row of rows) held.add({ visibleAt: (row["moment"] as number) * MOMENT_MS, isReceived: row["is_received"] === 1, tenant: row["group_id"] as string | null }, row["n"] as number);
  return held;
}

/** How many are visible from this moment on and before the one that the next piece begins with. */
function* countPiece(queueId: number, from: number): Operation<{ count: number; to: number }> {
  const row = yield* sqlOne("select visible_at from sqs_message where queue = ? and visible_at >= ? order by visible_at limit 1 offset ?", queueId, from, COUNTED_AT_ONCE);
  // All of one millisecond are in one piece.
  const to = row === undefined ? Infinity : Math.max(row["visible_at"] as number, from + 1);
  const { n } = (yield* to === Infinity
    ? sqlOne("select count(*) as n from sqs_message where queue = ? and visible_at >= ?", queueId, from)
    : sqlOne("select count(*) as n from sqs_message where queue = ? and visible_at >= ? and visible_at < ?", queueId, from, to)) as { n: number };
  return { count: n, to };
}
