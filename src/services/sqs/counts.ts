import { SQS_NOISY_IN_FLIGHT_MIN, SQS_NOISY_SHARE } from "../../kit/limits.ts";
import type { Clock } from "../../kit/clock.ts";
import { sql, sqlOne, type Operation, type Store } from "../../store/store.ts";
import { createHeld, type CountedMessage, type Held } from "./held.ts";

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
  /** Undefined as long as nobody asked with `of`. */
  known(queueId: number): MessageCounts | undefined;
  /** Message groups that have more than their part of what is in flight. */
  noisyTenants(queueId: number): ReadonlySet<string>;
  /** At once, when a commit's `run` has resolved: the order of commits is the order of these. */
  changed(changes: readonly CountChange[]): void;
  /** Messages of the queue were moved or removed by others than those who send, receive and delete. */
  forget(queueId: number): void;
}

interface Counted {
  total: number;
  held: Held;
}

interface Needs {
  store: Store;
  clock: Clock;
}

const NOBODY: ReadonlySet<string> = new Set();

export const createQueueCounts = ({ store, clock }: Needs): QueueCounts => {
  const counted = new Map<number, Counted>();
  const loading = new Map<number, Promise<unknown>>();

  const upToDate = (queueId: number): Counted | undefined => {
    const queue = counted.get(queueId);
    queue?.held.advance(clock.now());
    return queue;
  };
  const known = (queueId: number): MessageCounts | undefined => {
    const queue = upToDate(queueId);
    if (queue === undefined) return undefined;
    const { delayed, inFlight } = queue.held;
    return { visible: queue.total - delayed - inFlight, delayed, inFlight };
  };
  /** With `run`, not `read`: what was asked for before it is in it, what was asked for after it is told behind it. */
  const load = (queueId: number) =>
    store
      .run(() => readCounted(queueId, clock.now()))
      .then((queue) => counted.set(queueId, queue))
      .finally(() => loading.delete(queueId));

  return {
    async of({ id }) {
      for (;;) {
        const counts = known(id);
        if (counts !== undefined) return counts;
        if (!loading.has(id)) loading.set(id, load(id));
        await loading.get(id);
      }
    },
    known,
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
        if (before !== undefined) queue.held.remove(before);
        if (after !== undefined) queue.held.add(after);
        queue.total += (after === undefined ? 0 : 1) - (before === undefined ? 0 : 1);
      }
    },
    forget: (queueId) => void counted.delete(queueId),
  };
};

function* readCounted(queueId: number, now: number): Operation<Counted> {
  const { total } = (yield* sqlOne("select count(*) as total from sqs_message where queue = ?", queueId)) as { total: number };
  const rows = yield* sql(
    `select visible_at, receive_count > 0 as is_received, group_id, count(*) as n from sqs_message where queue = ? and visible_at > ? group by visible_at, receive_count > 0, group_id`,
    queueId, now,
  );
  const held = createHeld();
  held.advance(now);
  for (const row of rows) {
    const message = { visibleAt: row["visible_at"] as number, isReceived: row["is_received"] === 1, tenant: row["group_id"] as string | null };
    for (let n = row["n"] as number; n > 0; n--) held.add(message);
  }
  return { total, held };
}
