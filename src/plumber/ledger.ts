import type { Clock } from "../kit/clock.ts";
import type { Ledger, LedgerEntry, LedgerStory } from "../kit/ledger.ts";
import { LEDGER_AGE_MS_MAX, LEDGER_ENTRIES_MAX, LEDGER_PENDING_MAX, LEDGER_PRUNE_ENTRIES, LEDGER_PRUNE_MS } from "../kit/limits.ts";
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

const insertEntries = createRowInsert({ into: "ledger_entry", columns: ["sequence", "trace_id", "at", "kind", "account", "region", "summary", "detail"], onConflict: "" });
const insertKeys = createRowInsert({ into: "ledger_key", columns: ["key", "trace_id", "sequence"], onConflict: "on conflict (key, trace_id) do update set sequence = excluded.sequence" });

function* append(entries: readonly Dated[]): Operation<void> {
  let sequence = ((yield* sqlOne("select max(sequence) as n from ledger_entry"))!["n"] as number | null) ?? 0;
  const rows: Value[][] = [];
  /** Each key of a story once, with its newest entry. */
  const keyRows = new Map<string, Value[]>();
  for (const { traceId, at, kind, account, region, summary, detail, keys } of entries) {
    rows.push([++sequence, traceId, at, kind, account, region, summary, JSON.stringify(detail)]);
    for (const key of [traceId, ...keys]) keyRows.set(`${traceId} ${key}`, [key, traceId, sequence]);
  }
  yield* insertEntries(rows);
  yield* insertKeys([...keyRows.values()]);
}

function* prune(now: number, { entries, ageMs }: Bounds): Operation<void> {
  const newest = (yield* sqlOne("select max(sequence) as n from ledger_entry"))!["n"] as number | null;
  yield* sql("delete from ledger_entry where sequence <= ? or at < ?", (newest ?? 0) - entries, now - ageMs);
  yield* sql("delete from ledger_key where sequence < (select coalesce(min(sequence), ?) from ledger_entry)", (newest ?? 0) + 1);
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

function* read(key: string, limit: number): Operation<LedgerStory[]> {
  const stories: LedgerStory[] = [];
  for (const { trace_id: traceId } of yield* sql("select trace_id from ledger_key where key = ? order by sequence desc limit ?", key, limit)) {
    const keys = (yield* sql("select key from ledger_key where trace_id = ? order by key", traceId!)).map((row) => row["key"] as string);
    const rows = yield* sql("select * from ledger_entry where trace_id = ? order by sequence", traceId!);
    if (rows.length > 0) stories.push({ traceId: traceId as string, entries: rows.map((row) => toEntry(row, keys)) });
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
