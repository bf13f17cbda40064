import { setTimeout as sleep } from "node:timers/promises";
import { cpuMsOf, treeOf } from "./process-tree.ts";

const LOOK_MS = 60;
/** What watches may use between two looks. */
const IDLE_CPU_MS = 10;
const LIMIT_MS = 20_000;

const activityOf = (root: number) => {
  const pids = treeOf(root);
  return { pids: pids.join(), cpuMs: pids.reduce((sum, pid) => sum + cpuMsOf(pid), 0) };
};

/** Until the server has nothing more to do: no process under it comes or goes, and none uses the CPU. What it prepares in advance is prepared then. */
export const untilQuiet = async (root: number): Promise<void> => {
  const end = performance.now() + LIMIT_MS;
  for (let before = activityOf(root); performance.now() < end; ) {
    await sleep(LOOK_MS);
    const now = activityOf(root);
    if (now.pids === before.pids && now.cpuMs - before.cpuMs <= IDLE_CPU_MS) return;
    before = now;
  }
  console.error(`the server was not quiet within ${LIMIT_MS} ms`);
};
