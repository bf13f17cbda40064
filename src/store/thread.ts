import { assert } from "../kit/assert.ts";
import { startDatabase } from "./database-client.ts";
import type { Migration } from "./migrate.ts";
import { assertReads, writtenTable } from "./statement-kind.ts";
import type { Operation, Row, Statement, Store, Urgency } from "./store.ts";
import { createTurns, type Gather } from "./turns.ts";

interface Waiting {
  run(): Promise<void>;
  settle(): void;
  fail(error: unknown): void;
}

export interface ThreadStore extends Store {
  /** Rejects when the file cannot be opened or brought up to date; what was asked for before waits for it. */
  opened: Promise<void>;
}

/** What comes later waits for so many before it. */
const OPERATIONS_PER_COMMIT_MAX = 256;

/**
 * SQLite in one file and in a thread of its own, for what is written much and seldom read: the event loop never waits for it. Group commit as in the
 * other driver. Operations run here, one after the other, and each of their statements is a message there and back: that is dear for
 * the single operation, and cheap for the event loop.
 */
export const createThreadStore = ({
  path,
  migrations,
  onFailure,
  gather,
}: {
  path: string;
  migrations: readonly Migration[];
  /** The disk did not take what was written, or the thread ended. */
  onFailure: (error: Error) => never;
  gather?: Gather;
}): ThreadStore => {
  const database = startDatabase({ path, migrations, onFailure });
  const generations = new Map<string, number>();
  const queue: Waiting[] = [];
  let working: Promise<void> | undefined;
  let isClosed = false;

  const drive = async <T>(operation: () => Operation<T>, kind: "run" | "read"): Promise<T> => {
    const steps = operation();
    let step = steps.next();
    while (!step.done) {
      let rows: readonly Row[];
      try {
        if (kind === "read") assertReads(step.value.sql);
        rows = await execute(step.value);
      } catch (error) {
        step = steps.throw(error);
        continue;
      }
      step = steps.next(rows);
    }
    return step.value;
  };
  const execute = (statement: Statement) => {
    const table = writtenTable(statement.sql);
    if (table !== undefined) generations.set(table, (generations.get(table) ?? 0) + 1);
    return database.execute(statement);
  };

  const commit = async (batch: readonly Waiting[]) => {
    const done: Waiting[] = [];
    try {
      await database.control("begin immediate");
      for (const waiting of batch) if (await runOne(waiting)) done.push(waiting);
      await database.control("commit");
      for (const waiting of done) waiting.settle();
    } catch (error) {
      // The disk is full, or the file cannot be written: nothing of it is kept, and everyone is told.
      await database.control("rollback").catch(() => undefined);
      for (const waiting of batch) waiting.fail(error);
    }
  };
  /** An operation that throws is undone alone; its neighbours in the commit do not notice. */
  const runOne = async (waiting: Waiting): Promise<boolean> => {
    database.before("savepoint operation");
    try {
      await waiting.run();
      database.before("release operation");
      return true;
    } catch (error) {
      database.before("rollback to operation");
      database.before("release operation");
      waiting.fail(error);
      return false;
    }
  };
  const work = async () => {
    while (queue.length > 0) await commit(queue.splice(0, OPERATIONS_PER_COMMIT_MAX));
    working = undefined;
  };
  const start = () => {
    if (queue.length > 0) working ??= work();
  };
  const turns = createTurns({ gather, commit: start });

  const perform = <T>(operation: () => Operation<T>, kind: "run" | "read", urgency: Urgency) =>
    new Promise<T>((resolve, reject) => {
      assert(!isClosed, `the store ${path} is closed`);
      let result: T;
      queue.push({
        async run() {
          result = await drive(operation, kind);
        },
        settle: () => resolve(result),
        fail: reject,
      });
      turns.plan(urgency);
    });

  return {
    opened: database.opened,
    run: (operation, urgency = "now") => perform(operation, "run", urgency),
    read: (operation) => perform(operation, "read", "now"),
    generation: (table) => generations.get(table) ?? 0,
    async close() {
      if (isClosed) return;
      isClosed = true;
      start();
      await working;
      await database.close();
    },
  };
};
