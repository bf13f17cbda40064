import { assert } from "../kit/assert.ts";
import { createCheckpoints, type CheckpointBounds } from "./checkpoints.ts";
import { openDatabase } from "./database.ts";
import type { Migration } from "./migrate.ts";
import { assertReads } from "./statement-kind.ts";
import type { Operation, Row, Store, Urgency } from "./store.ts";
import { createTurns, type Gather } from "./turns.ts";

interface Waiting {
  /** Waits for the commit that it is in, and for no sync. */
  isRead: boolean;
  run(): void;
  settle(): void;
  fail(error: unknown): void;
}

/** More would hold the event loop for too long between two turns. */
const OPERATIONS_PER_COMMIT_MAX = 256;

/**
 * SQLite in one file, group commit: what was asked for in one turn of the event loop becomes one transaction.
 *
 * The commit itself writes the log without syncing; the log is then synced off the event loop, and only
 * then are the callers told. That is the durability of `synchronous=full` without holding the loop for the disk. A turn that only
 * reads has nothing to wait for, unless it may have read what is not synced yet. A sync that fails ends the process: the kernel may
 * have dropped the pages, and a second sync would lie.
 */
export const createSqliteStore = ({
  path,
  migrations,
  onSyncFailure,
  gather,
  checkpoints: bounds,
}: {
  path: string;
  migrations: readonly Migration[];
  onSyncFailure: (error: Error) => never;
  /** What is written behind is not held back by default. */
  gather?: Gather;
  checkpoints?: CheckpointBounds;
}): Store => {
  const database = openDatabase({ path, migrations, isCheckpointedElsewhere: true });
  let queue: Waiting[] = [];
  let unsynced: Waiting[] = [];
  let isSyncing = false;
  let isClosed = false;
  let whenIdle: (() => void) | undefined;

  const drive = <T>(operation: () => Operation<T>, kind: "run" | "read"): T => {
    const steps = operation();
    let step = steps.next();
    while (!step.done) {
      let rows: readonly Row[];
      try {
        if (kind === "read") assertReads(step.value.sql);
        rows = database.execute(step.value);
      } catch (error) {
        step = steps.throw(error);
        continue;
      }
      step = steps.next(rows);
    }
    return step.value;
  };

  const commit = () => {
    if (checkpoints.isHolding) return;
    const batch = queue.splice(0, OPERATIONS_PER_COMMIT_MAX);
    if (queue.length > 0) turns.plan("now");
    try {
      database.control("begin immediate");
      // What is alone is undone with its transaction.
      if (batch.length === 1) batch[0]!.run();
      const done = batch.length === 1 ? batch : batch.filter(runOne);
      database.control("commit");
      if (!database.hasChanged() && !isSyncing && unsynced.length === 0) for (const waiting of done) waiting.settle();
      else for (const waiting of done) if (waiting.isRead) waiting.settle(); else unsynced.push(waiting);
    } catch (error) {
      // The disk is full, or the file cannot be written: nothing of the turn is kept, and everyone is told.
      if (database.isOpen()) database.control("rollback");
      for (const waiting of batch) waiting.fail(error);
    }
    sync();
  };
  /** An operation that throws is undone alone; its neighbours in the commit do not notice. */
  const runOne = (waiting: Waiting): boolean => {
    database.control("savepoint operation");
    try {
      waiting.run();
      database.control("release operation");
      return true;
    } catch (error) {
      database.control("rollback to operation");
      database.control("release operation");
      waiting.fail(error);
      return false;
    }
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
    database.sync((error) => {
      if (error) onSyncFailure(error);
      isSyncing = false;
      checkpoints.committed();
      for (const waiting of batch) waiting.settle();
      sync();
    });
  };

  const turns = createTurns({ gather, commit });
  const checkpoints = createCheckpoints({ path, log: () => database.logLength(), resume: () => turns.plan("now"), bounds });

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
      turns.plan(urgency);
    });

  return {
    run: (operation, urgency = "now") => perform(operation, "run", urgency),
    async read(operation) {
      if (queue.length > 0) return perform(operation, "read", "now");
      assert(!isClosed, `the store ${path} is closed`);
      return drive(operation, "read");
    },
    generation: (table) => database.generation(table),
    async close() {
      if (isClosed) return;
      isClosed = true;
      if (queue.length > 0) turns.plan("now");
      if (queue.length > 0 || unsynced.length > 0 || isSyncing) await new Promise<void>((resolve) => (whenIdle = resolve));
      await checkpoints.close();
      database.close();
    },
  };
};
