import { mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";

export interface DirectoryLock {
  release(): void;
}

const SQLITE_BUSY = 5;

/** A database that nothing refers to is closed by the garbage collector, and its lock with it: these are kept until they are released. */
const held = new Set<DatabaseSync>();

/**
 * Takes a directory for this process alone; undefined when another one holds it. The operating system keeps the lock (it is SQLite's
 * exclusive one, on a database that holds nothing), so it ends with the process, `kill -9` included, and a pid that was given anew cannot fool it.
 */
export const lockDirectory = (directory: string): DirectoryLock | undefined => {
  makeDirectory(directory);
  const database = new DatabaseSync(join(directory, "lock.db"), { timeout: 0 });
  try {
    database.exec("pragma locking_mode=exclusive; pragma journal_mode=memory; begin exclusive");
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
  held.add(database);
  return {
    release() {
      held.delete(database);
      database.close();
    },
  };
};

/** Not Node's `recursive`: that never ends where a folder takes no other one but denies that it is there, as /proc does. */
const makeDirectory = (directory: string): void => {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true) return;
  makeDirectory(dirname(directory));
  mkdirSync(directory);
};
