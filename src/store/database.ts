import { closeSync, fdatasync, fdatasyncSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { makeFolder, syncFolder } from "../kit/durable.ts";
import type { LogLength } from "./checkpoints.ts";
import { migrate, type Migration } from "./migrate.ts";
import { writtenTable } from "./statement-kind.ts";
import type { Row, Statement } from "./store.ts";

/** One SQLite file with its log, used by one at a time. */
export interface Database {
  execute(statement: Statement): readonly Row[];
  /** `begin immediate` and its like. Prepared once: to compile its text anew costs more than to run it. */
  control(text: string): void;
  /** Whether a transaction is open. */
  isOpen(): boolean;
  /** Whether anything was changed since it was last asked. */
  hasChanged(): boolean;
  /** Another number after each write to the table. */
  generation(table: string): number;
  /** What was committed is on the disk. */
  sync(done: (error: Error | null) => void): void;
  syncNow(): void;
  logLength(): LogLength;
  close(): void;
}

const STATEMENT_CACHE_MAX = 512;

/** A commit writes the log without syncing it (`synchronous=normal`): whoever promises durability syncs before he tells. */
export const openDatabase = ({ path, migrations, isCheckpointedElsewhere = false }: { path: string; migrations: readonly Migration[]; isCheckpointedElsewhere?: boolean }): Database => {
  makeFolder(dirname(path));
  const database = new DatabaseSync(path);
  database.exec("pragma journal_mode=wal; pragma synchronous=normal; pragma foreign_keys=on; pragma busy_timeout=5000;");
  migrate(database, migrations);
  if (isCheckpointedElsewhere) database.exec("pragma wal_autocheckpoint=0;");
  database.exec("begin immediate; commit;");
  const log = openSync(`${path}-wal`, "r+");
  syncFolder(dirname(path));

  const statements = new Map<string, { statement: StatementSync; writes: string | undefined }>();
  const prepare = (text: string) => {
    let prepared = statements.get(text);
    if (prepared === undefined) {
      prepared = { statement: database.prepare(text), writes: writtenTable(text) };
      if (statements.size >= STATEMENT_CACHE_MAX) statements.delete(statements.keys().next().value!);
      statements.set(text, prepared);
    }
    return prepared;
  };
  const changesSoFar = (): number => prepare("select total_changes() as n").statement.get()!["n"] as number;
  const generations = new Map<string, number>();
  let changes = changesSoFar();

  return {
    execute({ sql, values }) {
      const { statement, writes } = prepare(sql);
      if (writes !== undefined) generations.set(writes, (generations.get(writes) ?? 0) + 1);
      return statement.all(...values) as Row[];
    },
    control: (text) => void prepare(text).statement.run(),
    isOpen: () => database.isTransaction,
    hasChanged() {
      const before = changes;
      changes = changesSoFar();
      return changes !== before;
    },
    generation: (table) => generations.get(table) ?? 0,
    sync: (done) => fdatasync(log, done),
    syncNow: () => fdatasyncSync(log),
    logLength() {
      const { log: pages, checkpointed } = prepare("pragma wal_checkpoint(noop)").statement.get() as { log: number; checkpointed: number };
      return { pages, left: pages - checkpointed };
    },
    close() {
      statements.clear();
      closeSync(log);
      database.close();
    },
  };
};
