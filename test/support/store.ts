import { historyMigrations, stateMigrations } from "../../src/store/migrations/index.ts";
import { createSqliteStore } from "../../src/store/sqlite.ts";
import type { Store } from "../../src/store/store.ts";

const onSyncFailure = (error: Error): never => {
  throw error;
};

/** A real store with the tables of what promises durability. */
export const openState = (path: string): Store => createSqliteStore({ path, migrations: stateMigrations, onSyncFailure });

/** The same for what is written behind the work: logs and the ledger. */
export const openHistory = (path: string): Store => createSqliteStore({ path, migrations: historyMigrations, onSyncFailure });
