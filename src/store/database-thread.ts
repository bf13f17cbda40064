import { parentPort, workerData } from "node:worker_threads";
import { openDatabase } from "./database.ts";
import type { Migration } from "./migrate.ts";
import type { Row, Statement } from "./store.ts";

/** What a thread is asked: to run statements in turn, up to the first that fails, and then to see to it that a commit among them is on the disk. */
export interface Work {
  statements: readonly Statement[];
  isCommit: boolean;
}

/** The rows of the last statement, or what the first that failed said. */
export type Answer = { rows: readonly Row[] } | { error: { message: string; code?: string; errcode?: number } };

/** Asked before the first answer: it tells that the database is open. */
export interface ThreadData {
  path: string;
  migrations: readonly Migration[];
}

const port = parentPort!;
const database = openDatabase(workerData as ThreadData);

const perform = ({ statements, isCommit }: Work): Answer => {
  let rows: readonly Row[] = [];
  try {
    for (const statement of statements) rows = database.execute(statement);
  } catch (error) {
    const { message, code, errcode } = error as Error & { code?: string; errcode?: number };
    return { error: { message, ...(code === undefined ? {} : { code }), ...(errcode === undefined ? {} : { errcode }) } };
  }
  // It throws, and with it ends the thread, when the disk does not take it.
  if (isCommit && database.hasChanged()) database.syncNow();
  return { rows };
};

port.on("message", (work: Work | "close") => {
  if (work !== "close") return port.postMessage(perform(work));
  database.close();
  port.close();
});
port.postMessage("open");
