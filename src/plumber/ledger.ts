import type { Clock } from "../kit/clock.ts";
import type { Ledger, LedgerEntry, LedgerStory } from "../kit/ledger.ts";
import { LEDGER_AGE_MS_MAX, LEDGER_ENTRIES_MAX, LEDGER_PENDING_MAX, LEDGER_PRUNE_ENTRIES, LEDGER_PRUNE_MS } from "../kit/limits.ts";
import { createRowInsert } from "../store/insert-rows.ts";
import { sql, sqlOne, type Operation, type Row, type Store } from "../store/store.ts";

type Dated = LedgerEntry & { at: number };

interface Bounds {
  entries: number;
  ageMs: number;
  pending: number;
  pruneEntries: number;
}

const BOUNDS: Bounds = { entries: LEDGER_ENTRIES_MAX, ageMs: LEDGER_AGE_MS_MAX, pending: LEDGER_PENDING_MAX, pruneEntries: LEDGER_PRUNE_ENTRIES };
const STORIES_DEFAULT = 10;
const ENTRIES_PER_LOOK = 100;

const insertEntries = createRowInsert({ into: "ledger_entry", columns: ["sequence", "trace_id", "at", "kind", "account", "region", "summary", "detail"], onConflict: "" });
const insertKeys = createRowInsert({ into: "ledger_key", columns: ["key", "sequence"], onConflict: "" });

function* append(entries: readonly Dated[]): Operation<void> {
  const first = (yield* newest()) + 1;
  yield* insertEntries(entries.map(({ traceId, at, kind, account, region, summary, detail }, i) => [first + i, traceId, at, kind, account, region, summary, JSON.stringify(detail)]));
  // A trace is found by its entries.
  yield* insertKeys(entries.flatMap(({ traceId, keys }, i) => [...new Set(keys)].filter((key) => key !== traceId).map((key) => [key, first + i])));
}

function* newest(): Operation<number> {
  const row = yield* sqlOne("select coalesce(max(sequence), 0) as n from ledger_entry");
  return row!["n"] as number;
}

/** The oldest are the first of the table, so that nothing else is looked at. */
function* prune(now: number, { entries, ageMs }: Bounds): Operation<void> {
  const last = yield* newest();
  const young = yield* sqlOne("select sequence from ledger_entry where at >= ? order by sequence limit 1", now - ageMs);
  const kept = Math.max(last - entries + 1, (young?.["sequence"] as number | undefined) ?? last + 1);
  yield* sql("delete from ledger_entry where sequence < ?", kept);
  yield* sql("delete from ledger_key where sequence < ?", kept);
}

const toEntry = (row: Row, keys: readonly string[]): Dated => ({
  traceId: row["trace_id"] as string,
  at: row["at"] as number,
  kind: row["kind"] as Dated["kind"],
  account: row["account"] as string,
  region: row["region"] as string,
  summary: row["summary"] as string,
  detail: JSON.parse(row["detail"] as string) as Record<string, unknown>,
  keys,
});

/** The newest traces with this name, or of this id. */
function* tracesOf(key: string, limit: number): Operation<Set<string>> {
  const own = yield* sqlOne("select trace_id from ledger_entry where trace_id = ? limit 1", key);
  const traces = new Set(own === undefined ? [] : [key]);
  for (let before = Number.MAX_SAFE_INTEGER; traces.size < limit; ) {
    const rows = yield* sql(
      "select k.sequence, e.trace_id from ledger_key k join ledger_entry e on e.sequence = k.sequence where k.key = ? and k.sequence < ? order by k.sequence desc limit ?",
      key, before, ENTRIES_PER_LOOK,
    );
    for (const row of rows) if (traces.size < limit) traces.add(row["trace_id"] as string);
    if (rows.length < ENTRIES_PER_LOOK) break;
    before = rows.at(-1)!["sequence"] as number;
  }
  return traces;
}

function* read(key: string, limit: number): Operation<LedgerStory[]> {
  const stories: LedgerStory[] = [];
  for (const traceId of yield* tracesOf(key, limit)) {
    const names = yield* sql("select distinct k.key from ledger_entry e join ledger_key k on k.sequence = e.sequence where e.trace_id = ? order by k.key", traceId);
    const keys = [traceId, ...names.map((row) => row["key"] as string)];
    const rows = yield* sql("select * from ledger_entry where trace_id = ? order by sequence", traceId);
    stories.push({ traceId, entries: rows.map((row) => toEntry(row, keys)) });
  }
  return stories;
}

/** The story of every event, by any name that it passed. Written behind the work, one batch at a time, bounded in size and age. */
export const createLedger = ({ store, clock, bounds = BOUNDS }: { store: Store; clock: Clock; bounds?: Bounds }): Ledger => {
  let pending: Dated[] = [];
  let writing: Promise<void> | undefined;
  let sincePruned = 0;
  let pruneAt = 0;

  const writeBatch = () => {
    const batch = pending;
    pending = [];
    sincePruned += batch.length;
    const isPruneDue = sincePruned >= bounds.pruneEntries || clock.now() >= pruneAt;
    if (isPruneDue) [sincePruned, pruneAt] = [0, clock.now() + LEDGER_PRUNE_MS];
    return store.run(function* () {
      yield* append(batch);
      if (isPruneDue) yield* prune(clock.now(), bounds);
    }, "behind");
  };
  /** Nothing waits for it, and a failure of history is no failure of the work: its batch is lost, the next is written. */
  const write = async () => {
    await Promise.resolve();
    while (pending.length > 0) await writeBatch().catch(() => undefined);
    writing = undefined;
  };
  const flush = async () => {
    if (pending.length > 0) writing ??= write();
    await writing;
  };

  return {
    record(entry) {
      if (pending.length >= bounds.pending) return;
      pending.push({ ...entry, at: entry.at ?? clock.now() });
      writing ??= write();
    },
    flush,
    async find(key, { limit = STORIES_DEFAULT } = {}) {
      await flush();
      return store.run(() => read(key, limit));
    },
  };
};
