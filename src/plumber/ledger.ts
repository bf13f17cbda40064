import type { Clock } from "../kit/clock.ts";
import type { Ledger, LedgerEntry, LedgerStory } from "../kit/ledger.ts";
import { LEDGER_AGE_MS_MAX, LEDGER_ENTRIES_MAX, LEDGER_PENDING_MAX, LEDGER_PRUNE_ENTRIES, LEDGER_PRUNE_MS } from "../kit/limits/history.ts";
import { createRowInsert } from "../store/insert-rows.ts";
import { sql, sqlOne, type Operation, type Row, type Store, type Value } from "../store/store.ts";

type Dated = LedgerEntry & { at: number };

interface Bounds {
  entries: number;
  ageMs: number;
  pending: number;
  pruneEntries: number;
}

const BOUNDS: Bounds = { entries: LEDGER_ENTRIES_MAX, ageMs: LEDGER_AGE_MS_MAX, pending: LEDGER_PENDING_MAX, pruneEntries: LEDGER_PRUNE_ENTRIES };
const STORIES_DEFAULT = 10;

const insertEntries = createRowInsert({ into: "ledger_entry", columns: ["sequence", "trace_id", "at", "kind", "account", "region", "summary", "detail", "keys"], onConflict: "" });
const insertNames = createRowInsert({ into: "ledger_name", columns: ["key", "sequence", "trace_id"], onConflict: "" });

function* append(entries: readonly Dated[]): Operation<void> {
  let sequence = ((yield* sqlOne("select max(sequence) as n from ledger_entry"))!["n"] as number | null) ?? 0;
  const rows: Value[][] = [];
  /** Each key of a story once, with its newest entry. */
  const names = new Map<string, Value[]>();
  for (const { traceId, at, kind, account, region, summary, detail, keys } of entries) {
    rows.push([++sequence, traceId, at, kind, account, region, summary, JSON.stringify(detail), JSON.stringify(keys)]);
    for (const key of keys) names.set(`${traceId} ${key}`, [key, sequence, traceId]);
  }
  yield* insertEntries(rows);
  yield* insertNames([...names.values()]);
}

/** What is too many, and what is too old. The oldest are the first of the table: nothing else is looked at. */
function* prune(now: number, { entries, ageMs }: Bounds): Operation<void> {
  const newest = ((yield* sqlOne("select max(sequence) as n from ledger_entry"))!["n"] as number | null) ?? 0;
  const young = yield* sqlOne("select sequence from ledger_entry where at >= ? order by sequence limit 1", now - ageMs);
  const kept = Math.max(newest - entries + 1, (young?.["sequence"] as number | undefined) ?? newest + 1);
  yield* sql("delete from ledger_entry where sequence < ?", kept);
  yield* sql("delete from ledger_name where sequence < ?", kept);
}

const keysOf = (row: Row): string[] => JSON.parse(row["keys"] as string) as string[];

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

const NAMES_PER_LOOK = 200;

/** The newest stories with this name, or with this trace id. A story has its name once for each batch that speaks of it. */
function* tracesOf(key: string, limit: number): Operation<string[]> {
  const traces = new Set<string>((yield* sql("select trace_id from ledger_entry where trace_id = ? limit 1", key)).map((row) => row["trace_id"] as string));
  for (let before = Number.MAX_SAFE_INTEGER; ; ) {
    const rows = yield* sql("select trace_id, sequence from ledger_name where key = ? and sequence < ? order by sequence desc limit ?", key, before, NAMES_PER_LOOK);
    for (const row of rows) traces.add(row["trace_id"] as string);
    if (traces.size >= limit || rows.length < NAMES_PER_LOOK) return [...traces].slice(0, limit);
    before = rows.at(-1)!["sequence"] as number;
  }
}

function* read(key: string, limit: number): Operation<LedgerStory[]> {
  const stories: LedgerStory[] = [];
  for (const traceId of yield* tracesOf(key, limit)) {
    const rows = yield* sql("select * from ledger_entry where trace_id = ? order by sequence", traceId);
    const keys = [...new Set([traceId, ...rows.flatMap(keysOf)])].toSorted();
    if (rows.length > 0) stories.push({ traceId, entries: rows.map((row) => toEntry(row, keys)) });
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
