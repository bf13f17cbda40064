import { readFileSync, readlinkSync } from "node:fs";

/** Of this process: each time that it asks, it has groups of its own. */
let times = 0;

/** Pids mean something in one pid namespace only, and are used again: the start of the process makes it one. */
export const ownerName = (prefix: string): string => `${prefix}-${pidNamespace()}-${process.pid}-${startOf(process.pid) ?? 0}-${times++}`;

/** Whether the server that made these groups is gone. */
export const isLeftOver = (name: string, prefix: string): boolean => {
  const [, namespace, pid, start] = new RegExp(`^${prefix}-(\\d+)-(\\d+)-(\\d+)-\\d+$`).exec(name) ?? [];
  return namespace === pidNamespace() && startOf(Number(pid)) !== start;
};

const pidNamespace = (): string => {
  try {
    return /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0] ?? "0";
  } catch {
    return "0";
  }
};

/** When a process began, in ticks since the machine did. undefined when it is gone, or dead and not yet buried. */
const startOf = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return undefined;
  }
};
