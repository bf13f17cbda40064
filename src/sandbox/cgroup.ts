import { mkdirSync, readdirSync, rmdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Clock } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import { FREEZERS, limit, openMemoryCounters, readCpuMs, readHeldBytes, readOutOfMemoryKills, readPids, tryWrite, type CgroupLimits, type Controller } from "./cgroup-controls.ts";
import { isLeftOver, ownerName } from "./cgroup-owner.ts";
import { findPlaces, type Places } from "./cgroup-places.ts";
import { cpuMsOf, memoryOf, signalAll } from "./process-table.ts";

export type { CgroupLimits } from "./cgroup-controls.ts";

export interface CgroupHost {
  /** What the kernel enforces here. */
  readonly limits: readonly Controller[];
  readonly freezer: "cgroup" | "signal";
  /** What is not enforced, why, and what to do, in plain words. */
  readonly warnings: readonly string[];
  /**
   * The groups of one sandbox, with their limits. Synchronous, as it is part of a cold start. Throws when the kernel refuses what it
   * took before: a sandbox without its limits must not start. `members` tells the sandbox's processes where no group can.
   */
  create(id: string, limits: CgroupLimits, members?: () => readonly number[]): Cgroup;
  /** Kills what servers that are gone left in their groups, and removes these. */
  sweep(): Promise<void>;
  /** Removes this server's own groups. Every sandbox's must be gone. */
  close(): Promise<void>;
}

export interface Cgroup {
  /** A process joins by writing its pid to each, before it runs what is to be limited: `echo $$ > file`. Empty where there are no groups. */
  readonly joinFiles: readonly string[];
  /** Resolves when nothing in it runs any more. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Kills every process in it; resolves when none is left. The group is thawed and can be used again. */
  kill(): Promise<void>;
  pids(): number[];
  /** What the processes hold, and the most that they held, without the page cache of the files that they read. See `createPeak`. */
  memory(): HeldMemory;
  /** What the kernel counts, page cache and all: for little, where `memory` costs several files. 0 where it does not tell. */
  countedBytes(): number;
  /** The most that it counted; while it stays the same there is little that `memory` could find. */
  countedPeakBytes(): number;
  /** The time that they used. */
  cpuMs(): number;
  /** How often the kernel killed for memory since it was made. */
  outOfMemoryKills(): number;
  /** Another share of the CPU, at once. 1 is one core. */
  setCpus(cpus: number): void;
  /** Others from now on; with less memory than before. Throws as `create` does. */
  setLimits(limits: CgroupLimits): void;
  /** Kills what is left, and leaves nothing. */
  remove(): Promise<void>;
}

export interface HeldMemory {
  bytes: number;
  peakBytes: number;
  /** As `countedBytes` and `countedPeakBytes` told it then. */
  countedBytes: number;
  countedPeakBytes: number;
}

interface Needs {
  wall: Clock;
  log: Log;
  /** Of the groups' names. */
  prefix?: string;
  /** Where the kernel tells of this process's groups. */
  proc?: string;
}

/** How long killed processes may take to be gone, and a freeze to be complete, before it is told. */
const DEADLINE_MS = 5_000;
const LOOK_MS = 1;

/**
 * Finds how this machine limits processes: cgroup v1, v2, or both, whatever of it may be written. Never throws: what does not work
 * is a warning. Groups are named `<prefix>-<pid namespace>-<pid>-<start>-<n>/<sandbox>`, so that another server can tell whether this one lives.
 */
export const findCgroups = async ({ wall, log, prefix = "lambdad", proc = "/proc" }: Needs): Promise<CgroupHost> => {
  const owner = ownerName(prefix);
  const places = findPlaces({ proc, name: owner, leaf: `${prefix}-server` });
  return {
    limits: Object.keys(places.limits) as Controller[],
    freezer: places.freezer === undefined ? "signal" : "cgroup",
    warnings: places.warnings,
    create: (id, limits, members = () => []) => createCgroup(id, limits, { places, members, wall, log }),
    async sweep() {
      const left = places.all.flatMap(({ directory }) =>
        folders(dirname(directory))
          .filter((name) => isLeftOver(name, prefix))
          .map((name) => join(dirname(directory), name)),
      );
      if (left.length === 0) return;
      const groups = left.flatMap((directory) => folders(directory).map((name) => join(directory, name)));
      log.debug("groups of servers that are gone are removed", { groups: left });
      await removeAll([...groups, ...left], { wall, log });
    },
    close: () => removeAll(places.all.map(({ directory }) => directory), { wall, log }),
  };
};

interface CgroupNeeds {
  places: Places;
  members: () => readonly number[];
  wall: Clock;
  log: Log;
}

const createCgroup = (id: string, given: CgroupLimits, { places, members, wall, log }: CgroupNeeds): Cgroup => {
  let limits = given;
  const directories = places.all.map(({ directory }) => join(directory, id));
  const { memory, pids: pidsPlace } = places.limits;
  const { freezer, accounting } = places;
  const made: string[] = [];
  try {
    for (const directory of directories) {
      mkdirSync(directory);
      made.push(directory);
    }
    writeLimits(places, id, limits);
  } catch (error) {
    made.forEach(tryRemove);
    throw new Error(`the groups of sandbox ${id} could not be made: ${(error as Error).message}`, { cause: error });
  }

  const pids = (): number[] => (directories.length === 0 ? [...members()] : [...new Set(directories.flatMap(readPids))].filter((pid) => pid !== 0));
  const notePeak = createPeak();
  const counters = memory === undefined ? undefined : openMemoryCounters[memory.version](join(memory.directory, id));
  let isFreezing = false;

  const waitFor = async (what: string, holds: () => boolean) => {
    const end = wall.monotonic() + DEADLINE_MS;
    while (!holds()) {
      if (wall.monotonic() > end) return log.error(`a sandbox is not ${what}`, { sandbox: id, pids: pids() });
      await wall.sleep(LOOK_MS);
    }
  };
  /** Nobody may be started between two looks. */
  const forbidNewProcesses = (isForbidden: boolean) => {
    if (pidsPlace !== undefined) tryWrite(join(pidsPlace.directory, id), "pids.max", isForbidden ? 0 : limits.processesMax);
  };
  const thaw = () => {
    isFreezing = false;
    if (freezer === undefined) signalAll(pids(), "SIGCONT");
    else tryWrite(join(freezer.directory, id), FREEZERS[freezer.version].file, FREEZERS[freezer.version].thaw);
  };
  const kill = async () => {
    forbidNewProcesses(true);
    await waitFor("dead", () => {
      killIn(directories, members());
      thaw();
      return directories.every(isEmpty) && (directories.length > 0 || members().length === 0);
    });
    forbidNewProcesses(false);
  };

  return {
    joinFiles: directories.map((directory) => join(directory, "cgroup.procs")),
    async freeze() {
      isFreezing = true;
      if (freezer === undefined) {
        signalAll(pids(), "SIGSTOP");
        return;
      }
      const directory = join(freezer.directory, id);
      const { file, freeze, isFrozen } = FREEZERS[freezer.version];
      tryWrite(directory, file, freeze);
      await waitFor("frozen", () => !isFreezing || isFrozen(directory));
    },
    async thaw() {
      thaw();
    },
    kill,
    pids,
    memory() {
      const reading =
        memory === undefined || counters === undefined
          ? summedUp(memoryOf(pids()))
          : // The peak first: what grows while the others are read is found by the next look.
            { countedPeakBytes: counters.countedPeak.read(), heldBytes: readHeldBytes[memory.version](join(memory.directory, id)), countedBytes: counters.counted.read() };
      const { heldBytes: bytes, countedBytes, countedPeakBytes } = reading;
      return { bytes, peakBytes: notePeak(reading), countedBytes, countedPeakBytes };
    },
    countedBytes: () => counters?.counted.read() ?? 0,
    countedPeakBytes: () => counters?.countedPeak.read() ?? 0,
    cpuMs: () => (accounting === undefined ? cpuMsOf(pids()) : readCpuMs[accounting.version](join(accounting.directory, id))),
    setCpus(cpus) {
      const place = places.limits.cpu;
      if (place !== undefined) limit[place.version].cpu(join(place.directory, id), { ...limits, cpus });
    },
    setLimits(next) {
      limits = next;
      writeLimits(places, id, limits);
    },
    outOfMemoryKills: () => (memory === undefined ? 0 : readOutOfMemoryKills[memory.version](join(memory.directory, id))),
    async remove() {
      counters?.counted.close();
      counters?.countedPeak.close();
      await removeAll(directories, { wall, log });
    },
  };
};

const writeLimits = ({ limits: controllers }: Places, id: string, limits: CgroupLimits): void => {
  for (const [controller, { version, directory }] of Object.entries(controllers)) limit[version][controller as Controller](join(directory, id), limits);
};

interface MemoryReading {
  heldBytes: number;
  countedBytes: number;
  /** 0 where the kernel does not tell. */
  countedPeakBytes: number;
}

/**
 * The most memory that was held. The kernel's own peak counts the page cache too: a package of 200 MB that was read once would be
 * 200 MB used. The cache in it was hardly more than the largest that was ever seen, so the peak without that cache, or the most
 * that was seen held, is what AWS reports: a spike between two looks is found, and files that were read do not count. A group that
 * died at its limit has no cache left, and reports its limit. Wrong, and too high, only for files that came and went between two looks.
 */
const createPeak = () => {
  let held = 0;
  let cache = 0;
  return ({ heldBytes, countedBytes, countedPeakBytes }: MemoryReading): number => {
    cache = Math.max(cache, countedBytes - heldBytes);
    held = Math.max(held, heldBytes, countedPeakBytes - cache);
    return held;
  };
};

/** Where the kernel does not count. */
const summedUp = (bytes: number): MemoryReading => ({ heldBytes: bytes, countedBytes: bytes, countedPeakBytes: 0 });

const isEmpty = (directory: string): boolean => readPids(directory).length === 0;

/** v2 kills a whole group at once; v1 one process after the other. */
const killIn = (directories: readonly string[], members: readonly number[] = []): void => {
  for (const directory of directories) {
    if (!isEmpty(directory) && !tryWrite(directory, "cgroup.kill", 1)) signalAll(others(readPids(directory)), "SIGKILL");
  }
  signalAll(others(members), "SIGKILL");
};

/** To kill oneself is nobody's wish; 0 would be one's whole process group. */
const others = (pids: readonly number[]): number[] => pids.filter((pid) => pid > 0 && pid !== process.pid);

/** Empties these groups and removes them, those within before those around them. */
const removeAll = async (directories: readonly string[], { wall, log }: { wall: Clock; log: Log }): Promise<void> => {
  const end = wall.monotonic() + DEADLINE_MS;
  for (let left = directories; ; ) {
    killIn(left);
    for (const directory of left) for (const { file, thaw } of Object.values(FREEZERS)) tryWrite(directory, file, thaw);
    left = left.filter((directory) => !tryRemove(directory));
    if (left.length === 0) return;
    if (wall.monotonic() > end) return log.error("groups of sandboxes cannot be removed", { groups: left });
    await wall.sleep(LOOK_MS);
  }
};

/** True when it is gone, also when it never was. */
const tryRemove = (directory: string): boolean => {
  try {
    rmdirSync(directory);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
};

const folders = (directory: string): string[] => {
  try {
    return readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch {
    return [];
  }
};
