import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import { createProcessSandbox, markOf, tmpOf, type ProcessSandbox } from "./process-sandbox.ts";
import { processesOf, signalAll } from "./process-table.ts";
import { removeFolder } from "./remove-folder.ts";
import type { Isolation, SandboxDriver } from "./sandbox.ts";

const isolation: Isolation = {
  name: "process",
  isBoundary: false,
  network: "host",
  internet: "host",
  limits: [],
  freezer: "signal",
  warnings: [
    "handlers run as the server's own user: they can read its files and data, reach the network and other functions",
    "memory is watched, not limited: a handler may exceed its size for a moment before it is killed",
    "run only code that you would run on this machine yourself",
  ],
};

interface Needs {
  /** Holds one folder per live sandbox. */
  directory: string;
  wall: Clock;
  log: Log;
}

/** No isolation: a child process with its own folder, environment and limits of AWS. It says so wherever isolation is told. */
export const createProcessDriver = ({ directory, wall, log }: Needs): SandboxDriver => {
  sweepProcesses({ directory, log });
  const live = new Set<ProcessSandbox>();
  // A server that ends at once shall leave nobody behind whom no one would ever thaw or end.
  const killAll = () => live.forEach((sandbox) => sandbox.kill());
  process.once("exit", killAll);
  return {
    isolation,
    async create(spec) {
      const sandbox = createProcessSandbox(spec, { directory: join(directory, spec.id), wall, log }, () => live.delete(sandbox));
      live.add(sandbox);
      return sandbox;
    },
    async close() {
      await Promise.all([...live].map((sandbox) => sandbox.destroy()));
      process.off("exit", killAll);
    },
  };
};

/** What a server that was killed left: folders, and processes that were frozen, or that never looked for it again. */
export const sweepProcesses = ({ directory, log }: Pick<Needs, "directory" | "log">): void => {
  mkdirSync(directory, { recursive: true });
  const left = readdirSync(directory).map((name) => join(directory, name)).filter((path) => existsSync(tmpOf(path)));
  if (left.length === 0) return;
  const pids = left.flatMap((path) => processesOf(undefined, markOf(tmpOf(path))));
  log.warn("a server was killed: what it left is ended", { sandboxes: left.length, processes: pids.length });
  signalAll(pids, "SIGKILL");
  for (const path of left) removeFolder(path, log);
};
