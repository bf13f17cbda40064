import { once } from "node:events";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Answer, ThreadData, Work } from "./database-thread.ts";
import type { Row, Statement } from "./store.ts";

/** A database in a thread of its own, asked one thing after the other. */
export interface DatabaseClient {
  /** Rejects when it cannot be opened. */
  opened: Promise<void>;
  /** Goes along, ahead, with the next that is executed. */
  before(sql: string): void;
  execute(statement: Statement): Promise<readonly Row[]>;
  /** `begin immediate` and its like; a `commit` is on the disk. */
  control(sql: string): Promise<void>;
  close(): Promise<void>;
}

/** Megabytes. It makes nothing that lives for long: with V8's own size it would hold some tens of them for what is garbage. */
const YOUNG_MB = 4;

export const startDatabase = ({ onFailure, ...workerData }: ThreadData & { onFailure(error: Error): never }): DatabaseClient => {
  const worker = new Worker(new URL(`database-thread${extname(import.meta.url)}`, import.meta.url), { workerData, execArgv: [], name: "store", resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });
  const opened = once(worker, "message").then(() => {
    worker.on("error", onFailure);
    worker.on("message", answer);
  });
  // Whoever asks for something is told; that nobody has looked yet is no reason to end the process.
  opened.catch(() => undefined);
  let ahead: Statement[] = [];
  let asked: PromiseWithResolvers<readonly Row[]> | undefined;

  const answer = (said: Answer) => {
    const { resolve, reject } = asked!;
    asked = undefined;
    if ("rows" in said) resolve(said.rows);
    else reject(Object.assign(new Error(said.error.message), said.error));
  };
  const ask = async (statement: Statement, isCommit = false) => {
    await opened;
    const statements = [...ahead, statement];
    ahead = [];
    asked = Promise.withResolvers();
    worker.postMessage({ statements, isCommit } satisfies Work);
    return asked.promise;
  };

  return {
    opened,
    before: (sql) => void ahead.push({ sql, values: [] }),
    execute: (statement) => ask(statement),
    async control(sql) {
      await ask({ sql, values: [] }, sql === "commit");
    },
    async close() {
      const ended = once(worker, "exit");
      worker.postMessage("close");
      await ended;
    },
  };
};
