import { closeSync, existsSync, openSync, readFileSync, readSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** How each thing is asked of a group, in the files of cgroup v1 and of v2. All are synchronous: one file of the kernel's memory each. */

export type Controller = "memory" | "cpu" | "pids";
type Version = 1 | 2;

export interface CgroupLimits {
  memoryBytes: number;
  /** 1 is one core. */
  cpus: number;
  /** Processes and threads. */
  processesMax: number;
}

/** Microseconds. A function with a small share waits at most this long for its next turn; AWS's is as short, as measured from inside. */
const CPU_PERIOD_US = 20_000;
/** Microseconds. The kernel takes no less: a twentieth of a core. */
const CPU_QUOTA_US_MIN = 1_000;

export const readFile = (directory: string, name: string): string => {
  try {
    return readFileSync(join(directory, name), "utf8");
  } catch {
    return "";
  }
};

const write = (directory: string, name: string, value: string | number): void => writeFileSync(join(directory, name), String(value));

export const tryWrite = (directory: string, name: string, value: string | number): boolean => {
  try {
    write(directory, name, value);
    return true;
  } catch {
    return false;
  }
};

const field = (text: string, name: string): number => Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)?.[1] ?? 0);

/** Throws when the kernel does not take it. */
export const limit: Readonly<Record<Version, Readonly<Record<Controller, (directory: string, limits: CgroupLimits) => void>>>> = {
  1: {
    memory(directory, { memoryBytes }) {
      write(directory, "memory.limit_in_bytes", memoryBytes);
      // Memory and swap together: no swap. The file is not there where the kernel does not count swap.
      if (existsSync(join(directory, "memory.memsw.limit_in_bytes"))) write(directory, "memory.memsw.limit_in_bytes", memoryBytes);
    },
    cpu(directory, { cpus }) {
      write(directory, "cpu.cfs_period_us", CPU_PERIOD_US);
      // v1 refuses more than the group above may have: that one then limits.
      const isTaken = tryWrite(directory, "cpu.cfs_quota_us", quotaUs(cpus));
      if (!isTaken) write(directory, "cpu.cfs_quota_us", -1);
    },
    pids: (directory, { processesMax }) => write(directory, "pids.max", processesMax),
  },
  2: {
    memory(directory, { memoryBytes }) {
      write(directory, "memory.max", memoryBytes);
      if (existsSync(join(directory, "memory.swap.max"))) write(directory, "memory.swap.max", 0);
    },
    cpu: (directory, { cpus }) => write(directory, "cpu.max", `${quotaUs(cpus)} ${CPU_PERIOD_US}`),
    pids: (directory, { processesMax }) => write(directory, "pids.max", processesMax),
  },
};

const quotaUs = (cpus: number): number => Math.max(CPU_QUOTA_US_MIN, Math.round(cpus * CPU_PERIOD_US));

/** Bytes that cannot be taken back: anonymous and shared memory (a tmpfs too), without the page cache of files. */
export const readHeldBytes: Readonly<Record<Version, (directory: string) => number>> = {
  1(directory) {
    const stat = readFile(directory, "memory.stat");
    return field(stat, "total_rss") + field(stat, "total_shmem");
  },
  2(directory) {
    const stat = readFile(directory, "memory.stat");
    return field(stat, "anon") + field(stat, "shmem");
  },
};

/** A file that holds one number and is read often: it stays open, as opening it is most of what a reading costs. */
export interface Counter {
  /** 0 where the kernel does not tell. */
  read(): number;
  close(): void;
}

const NUMBER_BYTES = 32;
const digits = Buffer.alloc(NUMBER_BYTES);

const openCounter = (directory: string, name: string): Counter => {
  let descriptor: number | undefined;
  const read = (): number => {
    descriptor ??= openSync(join(directory, name), "r");
    return Number(digits.toString("latin1", 0, readSync(descriptor, digits, 0, NUMBER_BYTES, 0)));
  };
  return {
    read() {
      try {
        return read();
      } catch {
        return 0;
      }
    },
    close() {
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
    },
  };
};

/** What the kernel counts, and the most that it counted: page cache and its own memory included. */
export const openMemoryCounters: Readonly<Record<Version, (directory: string) => { counted: Counter; countedPeak: Counter }>> = {
  1: (directory) => ({ counted: openCounter(directory, "memory.usage_in_bytes"), countedPeak: openCounter(directory, "memory.max_usage_in_bytes") }),
  2: (directory) => ({ counted: openCounter(directory, "memory.current"), countedPeak: openCounter(directory, "memory.peak") }),
};

export const readOutOfMemoryKills: Readonly<Record<Version, (directory: string) => number>> = {
  1: (directory) => field(readFile(directory, "memory.oom_control"), "oom_kill"),
  2: (directory) => field(readFile(directory, "memory.events"), "oom_kill"),
};

export const readCpuMs: Readonly<Record<Version, (directory: string) => number>> = {
  1: (directory) => Number(readFile(directory, "cpuacct.usage")) / 1e6,
  2: (directory) => field(readFile(directory, "cpu.stat"), "usage_usec") / 1e3,
};

export interface Freezer {
  file: string;
  freeze: string;
  thaw: string;
  isFrozen(directory: string): boolean;
}

export const FREEZERS: Readonly<Record<Version, Freezer>> = {
  1: { file: "freezer.state", freeze: "FROZEN", thaw: "THAWED", isFrozen: (directory) => readFile(directory, "freezer.state").trim() === "FROZEN" },
  2: { file: "cgroup.freeze", freeze: "1", thaw: "0", isFrozen: (directory) => field(readFile(directory, "cgroup.events"), "frozen") === 1 },
};

/** The processes of a group. 0 stands for one that this process cannot see. */
export const readPids = (directory: string): number[] => (readFile(directory, "cgroup.procs").match(/\d+/g) ?? []).map(Number);
