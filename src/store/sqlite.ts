import { closeSync, fdatasync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { assert } from "../kit/assert.ts";
import type { Clock, Timer } from "../kit/clock.ts";
import { makeFolder, syncFolder } from "../kit/durable.ts";
import { migrate, type Migration } from "./migrate.ts";
import type { Operation, Row, Store, Urgency } from "./store.ts";

interface Waiting {
  /** Waits for the commit that it is in, and for no sync. */
  isRead: boolean;
  run(): void;
  settle(): void;
  fail(error: unknown): void;
}

interface Prepared {
  statement: StatementSync;
  isSelect: boolean;
  /** The table that it changes. */
  writes: string | undefined;
}

const WRITTEN_TABLE = /^\s*(?:(?:insert|replace)(?:\s+or\s+\w+)?\s+into|update(?:\s+or\s+\w+)?|delete\s+from)\s+(\w+)/i;

/** More would hold the event loop for too long between two turns. */
const OPERATIONS_PER_COMMIT_MAX = 256;
const STATEMENT_CACHE_MAX = 512;

/**
 * SQLite in one file, group commit: what was asked for in one turn of the event loop becomes one transaction.
 *
 * The commit itself writes the log without syncing (`synchronous=normal`); the log is then synced off the event loop, and only
 * then are the callers told. That is the durability of `synchronous=full` without holding the loop for the disk. A turn that only
 * reads has nothing to wait for, unless it may have read what is not synced yet. A sync that fails ends the process: the kernel may
 * have dropped the pages, and a second sync would lie.
 */
export const createSqliteStore = ({
  path,
  migrations,
  onSyncFailure,
  gather,
}: {
  path: string;
  migrations: readonly Migration[];
  onSyncFailure: (error: Error) => never;
  /** How long what is written behind is held back, by the wall clock. Not at all by default. */
  gather?: { wall: Clock; ms: number };
}): Store => {
  makeFolder(dirname(path));
  const database = new DatabaseSync(path);
  database.exec("pragma journal_mode=wal; pragma synchronous=normal; pragma foreign_keys=on; pragma busy_timeout=5000;");
  migrate(database, migrations);
  database.exec("begin immediate; commit;");
  const log = openSync(`${path}-wal`, "r+");
  syncFolder(dirname(path));

  const statements = new Map<string, Prepared>();
  const prepare = (text: string): Prepared => {
    let prepared = statements.get(text);
    if (prepared === undefined) {
      prepared = { statement: database.prepare(text), isSelect: /^\s*select\b/i.test(text), writes: WRITTEN_TABLE.exec(text)?.[1] };
      if (statements.size >= STATEMENT_CACHE_MAX) statements.delete(statements.keys().next().value!);
      statements.set(text, prepared);
    }
    return prepared;
  };

  /** Prepared once: `exec` would compile its text anew in every turn. */
  const control = (text: string) => void prepare(text).statement.run();
  const changesSoFar = (): number => prepare("select total_changes() as n").statement.get()!["n"] as number;
  const generations = new Map<string, number>();
  let changes = changesSoFar();
  let queue: Waiting[] = [];
  let unsynced: Waiting[] = [];
  let isTurnPlanned = false;
  let gathering: Timer | undefined;
  let isSyncing = false;
  let isClosed = false;
  let whenIdle: (() => void) | undefined;

  const drive = <T>(operation: () => Operation<T>, kind: "run" | "read"): T => {
    const steps = operation();
    let step = steps.next();
    while (!step.done) {
      const { sql, values } = step.value;
      let rows: readonly Row[];
      try {
        const { statement, isSelect, writes } = prepare(sql);
        // A read may stand outside of every transaction, and is told of before it is on the disk.
        if (kind === "read") assert(isSelect, `a read may only select, and this does not: ${sql}`);
        if (writes !== undefined) generations.set(writes, (generations.get(writes) ?? 0) + 1);
        rows = statement.all(...values) as Row[];
      } catch (error) {
        step = steps.throw(error);
        continue;
      }
      step = steps.next(rows);
    }
    return step.value;
  };

  const commit = () => {
    isTurnPlanned = false;
    gathering?.cancel();
    gathering = undefined;
    const batch = queue.splice(0, OPERATIONS_PER_COMMIT_MAX);
    if (queue.length > 0) planTurn();
    try {
      control("begin immediate");
      // What is alone is undone with its transaction.
      if (batch.length === 1) batch[0]!.run();
      const done = batch.length === 1 ? batch : batch.filter(runOne);
      control("commit");
      const before = changes;
      changes = changesSoFar();
      if (changes === before && !isSyncing && unsynced.length === 0) for (const waiting of done) waiting.settle();
      else for (const waiting of done) if (waiting.isRead) waiting.settle(); else unsynced.push(waiting);
    } catch (error) {
      // The disk is full, or the file cannot be written: nothing of the turn is kept, and everyone is told.
      if (database.isTransaction) control("rollback");
      for (const waiting of batch) waiting.fail(error);
    }
    sync();
  };
  /** An operation that throws is undone alone; its neighbours in the commit do not notice. */
  const runOne = (waiting: Waiting): boolean => {
    control("savepoint operation");
    try {
      waiting.run();
      control("release operation");
      return true;
    } catch (error) {
      control("rollback to operation");
      control("release operation");
      waiting.fail(error);
      return false;
    }
  };
  const planTurn = () => {
    if (isTurnPlanned) return;
    isTurnPlanned = true;
    setImmediate(commit);
  };
  const planLater = () => {
    if (gather === undefined) return planTurn();
    if (!isTurnPlanned) gathering ??= gather.wall.at(gather.wall.now() + gather.ms, "store", planTurn);
  };
  const sync = () => {
    if (isSyncing) return;
    if (unsynced.length === 0) {
      if (queue.length === 0) whenIdle?.();
      return;
    }
    isSyncing = true;
    const batch = unsynced;
    unsynced = [];
    fdatasync(log, (error) => {
      if (error) onSyncFailure(error);
      isSyncing = false;
      for (const waiting of batch) waiting.settle();
      sync();
    });
  };

  const perform = <T>(operation: () => Operation<T>, kind: "run" | "read", urgency: Urgency) =>
    new Promise<T>((resolve, reject) => {
      assert(!isClosed, `the store ${path} is closed`);
      let result: T;
      queue.push({
        isRead: kind === "read",
        run: () => void (result = drive(operation, kind)),
        settle: () => resolve(result),
        fail: reject,
      });
      if (urgency === "now") planTurn();
      else planLater();
    });

  return {
    run: (operation, urgency = "now") => perform(operation, "run", urgency),
    async read(operation) {
      if (queue.length > 0) return perform(operation, "read", "now");
      assert(!isClosed, `the store ${path} is closed`);
      return drive(operation, "read");
    },
    generation: (table) => (queue.length > 0 ? Number.NaN : (generations.get(table) ?? 0)),
    async close() {
      if (isClosed) return;
      isClosed = true;
      if (queue.length > 0) planTurn();
      if (queue.length > 0 || unsynced.length > 0 || isSyncing) await new Promise<void>((resolve) => (whenIdle = resolve));
      statements.clear();
      closeSync(log);
      database.close();
    },
  };
};
