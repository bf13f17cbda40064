import { constants } from "node:os";
import type { Clock } from "../kit/clock.ts";
import type { BubblewrapHost } from "./bubblewrap.ts";
import type { Cgroup } from "./cgroup.ts";
import type { Hold } from "./hold.ts";
import type { Opened } from "./holder.ts";
import { createMemoryReader } from "./memory-reader.ts";
import { descendantsOf, insideOf, sharedMemoryOf, signalAll } from "./process-table.ts";
import type { ProcessExit, RunningProcess, SandboxProcess, SandboxSpec } from "./sandbox.ts";
import { createWatch } from "./watch.ts";

/** The programs that the first process of a sandbox runs. */
export interface Programs {
  exec(program: SandboxProcess): Promise<RunningProcess>;
  /** Kills all of them; their ends are told when it resolves. */
  end(): Promise<void>;
  limitCpu(): void;
  /** Before and after they are frozen. */
  pause(): void;
  resume(): void;
  memoryPeakBytes(): number;
}

interface Needs {
  host: BubblewrapHost;
  cgroup: Cgroup;
  hold: Hold;
  wall: Clock;
}

interface Running {
  /** Inside; 0 before it has begun. */
  pid: number;
  isOutOfMemory: boolean;
  exited: Promise<unknown>;
}

/** How often the memory of running programs is looked at: by the kernel's own count, else process by process. */
const WATCH_MS = { counted: 20, summed: 100 };
/** A first process that has not started a program after this time never will: a handler has taken it over, or it hangs. */
const START_TIMEOUT_MS = 10_000;
/** How long a killed program may take to be gone before all are killed. */
const KILLED_MS = 1_000;
/** By number; of two names (SIGABRT, SIGIOT) the first. */
const SIGNALS = new Map(Object.entries(constants.signals).toReversed().map(([name, number]) => [number, name]));

export const createPrograms = (spec: SandboxSpec, { host, cgroup, hold, wall }: Needs): Programs => {
  const { cgroups } = host;
  // INIT has a whole CPU at least.
  const initCpus = Math.max(1, spec.cpus);
  const isMemoryCounted = cgroups.limits.includes("memory");
  const running = new Set<Running>();
  const leaving = new Set<Promise<void>>();
  let runs = 0;
  let isCpuLimited = false;
  let killedAt = 0;

  const everyMs = isMemoryCounted ? WATCH_MS.counted : WATCH_MS.summed;
  const memory = createMemoryReader({ cgroup, hold, isMemoryCounted, wall });
  const memoryWatch = createWatch({
    everyMs,
    wall,
    look() {
      if (running.size === 0 || !memory.isDue(spec.memoryBytes) || memory.read().bytes <= spec.memoryBytes) return;
      // Where nobody counts, what forks have in common was summed up for each.
      if (!isMemoryCounted && sharedMemoryOf(cgroup.pids()) <= spec.memoryBytes) return;
      killLargest();
    },
  });
  /** The program that holds the most, as the kernel would choose: what watches over it may still tell of it. When that does not help, all. */
  const killLargest = () => {
    // What was killed takes a moment to give its memory back.
    const dying = [...running].find((one) => one.isOutOfMemory);
    if (dying !== undefined && wall.monotonic() - killedAt < KILLED_MS) return;
    killedAt = wall.monotonic();
    const all = descendantsOf(hold.firstPid);
    const outside = new Map(all.map((pid) => [insideOf(pid), pid]));
    const families = [...running].flatMap((one) => {
      const pid = outside.get(one.pid);
      const family = pid === undefined ? [] : [pid, ...descendantsOf(pid)];
      return family.length === 0 ? [] : [{ one, family, bytes: sharedMemoryOf(family) }];
    });
    const [largest, ...others] = families.toSorted((a, b) => b.bytes - a.bytes);
    if (largest === undefined || others.length === 0 || dying !== undefined) {
      for (const one of running) one.isOutOfMemory = true;
      return signalAll(all, "SIGKILL");
    }
    largest.one.isOutOfMemory = true;
    signalAll(largest.family, "SIGKILL");
  };
  const setCpus = (cpus: number) => {
    isCpuLimited = cpus < initCpus;
    cgroup.setCpus(cpus);
  };
  /** What the last program left behind is ended; it must not find those that come. */
  const leave = (one: Running): Promise<void> => {
    running.delete(one);
    if (running.size > 0) return Promise.resolve();
    memoryWatch.stop();
    const left = hold.reset().finally(() => leaving.delete(left));
    leaving.add(left);
    return left;
  };
  const everyoneHasLeft = async () => {
    while (leaving.size > 0) await Promise.all(leaving);
  };

  /** What waits becomes the program; else it is started. */
  const open = async (program: SandboxProcess): Promise<Opened> => {
    const holder = await hold.get();
    const waiting = program.wake === undefined ? undefined : holder.takeWaiting?.();
    if (waiting === undefined) return holder.open(`run-${runs++}`, program);
    waiting.channel!.write(program.wake!);
    return waiting;
  };
  const start = async (opened: Opened): Promise<RunningProcess> => {
    const holder = await hold.get();
    const kills = cgroup.outOfMemoryKills();
    if (isCpuLimited) setCpus(initCpus);
    const one: Running = { pid: 0, isOutOfMemory: false, exited: Promise.resolve() };
    running.add(one);
    const run = opened.start();
    let hasEnded = false;
    const exited = run.exited.then(async (status) => {
      hasEnded = true;
      const isOutOfMemory = one.isOutOfMemory || cgroup.outOfMemoryKills() > kills;
      await leave(one);
      return exitOf(status, isOutOfMemory);
    });
    one.exited = exited;
    const tooLate = wall.at(wall.now() + START_TIMEOUT_MS, "start of a program", () => holder.kill());
    one.pid = await run.started;
    tooLate.cancel();
    opened.release();
    if (running.has(one)) memoryWatch.start();
    const { stdout, stderr, log, channel } = opened;
    return {
      stdout, stderr, ...(log === undefined ? {} : { log }), ...(channel === undefined ? {} : { channel }), exited,
      signal(signal) {
        if (!hasEnded) holder.signal(signal, one.pid);
      },
    };
  };

  return {
    async exec(program) {
      // Before anything is made for it: this throws when nothing can be run any more.
      await hold.get();
      await everyoneHasLeft();
      const opened = await open(program);
      try {
        return await start(opened);
      } catch (error) {
        opened.abandon();
        throw error;
      }
    },
    async end() {
      await hold.reset();
      await Promise.all([...running].map((one) => one.exited));
      await everyoneHasLeft();
    },
    limitCpu() {
      if (!isCpuLimited && spec.cpus < initCpus) setCpus(spec.cpus);
    },
    pause() {
      memoryWatch.stop();
      memory.read();
    },
    resume() {
      if (running.size > 0) memoryWatch.start();
    },
    memoryPeakBytes: memory.peakBytes,
  };
};

const exitOf = (status: number, isOutOfMemory: boolean): ProcessExit => {
  const signal = status > 128 ? SIGNALS.get(status - 128) : undefined;
  return signal === undefined ? { code: status, signal: null, isOutOfMemory } : { code: null, signal, isOutOfMemory };
};
