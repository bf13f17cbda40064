import { existsSync, readFileSync, readdirSync } from "node:fs";

export interface ProcessRow {
  pid: number;
  parent: number;
  group: number;
  session: number;
  /** One letter: R, S, T (stopped), Z (a zombie) … */
  state: string;
}

const readText = (path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
};

const namesIn = (path: string): string[] => {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
};

/** A row of /proc, or undefined when the process is gone. The command may hold blanks and brackets: the last `)` ends it. */
const readRow = (pid: number): ProcessRow | undefined => {
  const text = readText(`/proc/${pid}/stat`);
  const rest = text.slice(text.lastIndexOf(")") + 2).split(" ");
  if (rest.length < 4) return undefined;
  return { pid, state: rest[0]!, parent: Number(rest[1]), group: Number(rest[2]), session: Number(rest[3]) };
};

/** Every process of this machine that we may see. Empty where there is no /proc. */
const processTable = (): ProcessRow[] => namesIn("/proc").flatMap((name) => (/^\d+$/.test(name) ? (readRow(Number(name)) ?? []) : []));

/**
 * The living processes that `root` started, however they hid: children of children, whoever kept its group or session, and
 * whoever still has `mark` in the environment it was started with (a daemon that forked twice and made a session of its own).
 */
export const processesOf = (root: number | undefined, mark: string): number[] => {
  const rows = processTable().filter((row) => row.state !== "Z" && row.pid !== process.pid);
  const found = new Set<number>();
  for (const row of rows) {
    if (row.pid === root || row.group === root || row.session === root || readText(`/proc/${row.pid}/environ`).includes(mark)) found.add(row.pid);
  }
  addChildren(found, rows);
  return [...found];
};

/** The processes below `root`, without it. Costs what they are, not what runs on the machine, where the kernel tells a process's children. */
export const descendantsOf = (root: number): number[] => {
  if (!isTellingChildren()) {
    const found = new Set([root]);
    addChildren(found, processTable().filter((row) => row.state !== "Z"));
    found.delete(root);
    return [...found];
  }
  const found = childrenOf(root);
  for (const pid of found) found.push(...childrenOf(pid));
  return found;
};

/** A list of each thread's own: the file is there where the kernel was built with CONFIG_PROC_CHILDREN. */
const childrenOf = (pid: number): number[] => namesIn(`/proc/${pid}/task`).flatMap((thread) => (readText(`/proc/${pid}/task/${thread}/children`).match(/\d+/g) ?? []).map(Number));
const isTellingChildren = (): boolean => existsSync(`/proc/self/task/${process.pid}/children`);

const addChildren = (found: Set<number>, rows: readonly ProcessRow[]): void => {
  for (let size = -1; size !== found.size; ) {
    size = found.size;
    for (const row of rows) if (found.has(row.parent)) found.add(row.pid);
  }
};

/** The pid that a process has in its own PID namespace. */
export const insideOf = (pid: number): number => Number(/^NSpid:.*\t(\d+)$/m.exec(readText(`/proc/${pid}/status`))?.[1] ?? 0);

/** The pid, as we see it, of a child whose pid in the PID namespace of `parent` is `inner`. */
export const namespacedPid = (parent: number, inner: number): number | undefined => childrenOf(parent).find((pid) => new RegExp(`^NSpid:\\t${pid}\\t${inner}\\b`, "m").test(readText(`/proc/${pid}/status`)));

/** Bytes of memory that these processes hold themselves, without what they share through files. */
export const memoryOf = (pids: readonly number[]): number => {
  let bytes = 0;
  for (const pid of pids) {
    for (const match of readText(`/proc/${pid}/status`).matchAll(/^Rss(?:Anon|Shmem):\s+(\d+) kB/gm)) bytes += Number(match[1]) * 1024;
  }
  return bytes;
};

/** The same, with what forks have in common counted once: slower, and never more. */
export const sharedMemoryOf = (pids: readonly number[]): number => {
  let bytes = 0;
  for (const pid of pids) {
    for (const match of readText(`/proc/${pid}/smaps_rollup`).matchAll(/^Pss_(?:Anon|Shmem):\s+(\d+) kB/gm)) bytes += Number(match[1]) * 1024;
  }
  return bytes;
};

/** Clock ticks per second: 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

export const cpuMsOf = (pids: readonly number[]): number => {
  let ticks = 0;
  for (const pid of pids) {
    const text = readText(`/proc/${pid}/stat`);
    const rest = text.slice(text.lastIndexOf(")") + 2).split(" ");
    if (rest.length > 12) ticks += Number(rest[11]) + Number(rest[12]);
  }
  return (ticks * 1000) / TICKS_PER_SECOND;
};

export const signalAll = (pids: readonly number[], signal: NodeJS.Signals): void => {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended by itself.
    }
  }
};
