import { execFileSync } from "node:child_process";

/** Whether the limit of open files of a running process can be changed; tests that need it are skipped where it cannot. */
export const hasPrlimit = (): boolean => {
  try {
    return process.platform === "linux" && execFileSync("prlimit", ["--version"]).length > 0;
  } catch {
    return false;
  }
};

/** From now on a process may open files up to this descriptor. What is open stays open. */
export const limitOpenFiles = (pid: number, limit: number): void => void execFileSync("prlimit", ["--pid", String(pid), `--nofile=${limit}:`]);
