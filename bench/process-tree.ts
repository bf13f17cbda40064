import { readdirSync, readFileSync } from "node:fs";

const MS_PER_TICK = 10;

const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // It has ended meanwhile.
    return "";
  }
};
/** The fields behind the name of a process's `stat`, which may hold anything itself. */
const statOf = (pid: number): string[] => {
  const text = read(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
};

export const allPids = (): number[] => readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map(Number);

/** A process and all under it. */
export const treeOf = (root: number): number[] => {
  const parents = new Map(allPids().map((pid) => [pid, Number(statOf(pid)[1] ?? 0)]));
  const isUnder = (pid: number): boolean => pid === root || (pid > 1 && isUnder(parents.get(pid) ?? 0));
  return [...parents.keys()].filter(isUnder);
};

/** Milliseconds of CPU, with those of the children that it has waited for. */
export const cpuMsOf = (pid: number): number => statOf(pid).slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) * MS_PER_TICK, 0);

export const nameOf = (pid: number): string => read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim().slice(0, 120);

const kibOf = (path: string, field: string): number => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(read(path))?.[1] ?? 0);

/** Proportional: what several processes share counts for each by its part. 0 for one that has ended. */
export const pssBytes = (pid: number): number => kibOf(`/proc/${pid}/smaps_rollup`, "Pss") * 1024;
export const rssBytes = (pid: number): number => kibOf(`/proc/${pid}/status`, "VmRSS") * 1024;
export const treeBytes = (root: number): number => pssBytes(root) + besideBytes(root);
/** Of all under it, without itself. */
export const besideBytes = (root: number): number => treeOf(root).reduce((sum, pid) => (pid === root ? sum : sum + pssBytes(pid)), 0);
export const availableBytes = (): number => kibOf("/proc/meminfo", "MemAvailable") * 1024;
