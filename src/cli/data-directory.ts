import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { lockDirectory } from "../store/directory-lock.ts";
import { CliError } from "./cli-error.ts";

export interface Claim {
  /** What a second server is told. */
  tell(server: { pid: number; endpoint?: string }): void;
  release(): void;
}

const SERVER_FILE = "server.json";

/** One server to a data directory; throws CliError naming the one that is there. */
export const claimDirectory = (directory: string): Claim => {
  const path = join(directory, SERVER_FILE);
  const lock = takeLock(directory);
  if (lock === undefined) throw inUse(directory, readServer(path));
  const tell: Claim["tell"] = (server) => writeFileSync(path, `${JSON.stringify(server)}\n`);
  tell({ pid: process.pid });
  return {
    tell,
    release() {
      rmSync(path, { force: true });
      lock.release();
    },
  };
};

const takeLock = (directory: string) => {
  try {
    return lockDirectory(directory);
  } catch (error) {
    throw new CliError("DATA_DIRECTORY", `the data directory ${directory} cannot be used`, {
      why: (error as Error).message,
      actions: ["make it writable for this user", "use another one: lambdad start --data-dir <path>"],
      cause: error,
    });
  }
};

const readServer = (path: string): { pid?: number; endpoint?: string } => {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as { pid?: number; endpoint?: string };
  } catch {
    return {};
  }
};

const inUse = (directory: string, { pid, endpoint }: { pid?: number; endpoint?: string }): CliError =>
  new CliError("DATA_DIRECTORY_IN_USE", `the data directory ${directory} is in use by another lambdad`, {
    why: `pid ${pid ?? "unknown"}${endpoint === undefined ? "" : ` serves it at ${endpoint}`}`,
    actions: [...(pid === undefined ? [] : [`stop that one: kill ${pid}`]), "use another directory: lambdad start --data-dir <path> --port 0"],
  });
