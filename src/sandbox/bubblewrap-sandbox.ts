import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { constants, release as kernelRelease } from "node:os";
import { join } from "node:path";
import type { Socket } from "node:net";
import { assert } from "../kit/assert.ts";
import type { Clock } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import type { Rank } from "./bubblewrap-arguments.ts";
import type { BubblewrapHost } from "./bubblewrap.ts";
import type { Cgroup } from "./cgroup.ts";
import { createHold, type Hold } from "./hold.ts";
import type { Holder } from "./holder.ts";
import { launch } from "./launch.ts";
import { listenOnLoopback, type Listening } from "./loopback.ts";
import { createMemoryReader } from "./memory-reader.ts";
import { descendantsOf, sharedMemoryOf, signalAll } from "./process-table.ts";
import { removeFolder } from "./remove-folder.ts";
import { runScript, userFiles } from "./run-script.ts";
import type { ProcessExit, RunningProcess, Sandbox, SandboxProcess, SandboxSpec } from "./sandbox.ts";
import { createOutputPipes, type OutputPipes } from "./stdio.ts";
import { createWatch } from "./watch.ts";

interface Needs {
  host: BubblewrapHost;
  /** The sandbox's own, made here. */
  directory: string;
  wall: Clock;
  log: Log;
}

/** What a sandbox is made of. */
interface Parts extends Pick<Needs, "host" | "wall"> {
  /** A folder of the host that the first process finds its runs in. */
  control: string;
  cgroup: Cgroup;
  hold: Hold;
  /** After everything in it has ended: nothing of it is left. */
  release(): Promise<void>;
}

interface Running {
  isOutOfMemory: boolean;
  exited: Promise<unknown>;
}

/** How often the memory of a running program is looked at: by the kernel's own count, else process by process. */
const WATCH_MS = { counted: 20, summed: 100 };
/** A first process that has not started a program after this time never will: a handler has taken it over, or it hangs. */
const START_TIMEOUT_MS = 10_000;
/** Between two attempts to kill what runs. */
const KILL_AGAIN_MS = 100;
/** bubblewrap, the first process, and the shell that reaps for it. */
const OWN_PROCESSES = 3;

/** By number; of two names (SIGABRT, SIGIOT) the first. */
const SIGNALS = new Map(Object.entries(constants.signals).toReversed().map(([name, number]) => [number, name]));

/** One sandbox, up, with nothing running in it yet. When it cannot be made, nothing of it is left. */
export const createBubblewrapSandbox = async (spec: SandboxSpec, { host, directory, wall, log }: Needs, onDestroyed: () => void): Promise<Sandbox> => {
  const control = join(directory, "control");
  let cgroup: Cgroup | undefined;
  const release = async () => {
    await cgroup?.remove();
    removeFolder(directory, log);
  };
  try {
    mkdirSync(control, { recursive: true, mode: 0o700 });
    const etc = { ...host.etc, ...writeUserFiles(directory, host.rank, spec.account) };
    const hold = createHold({ id: spec.id, launch: () => launch(spec, { host, control, etc, joinFiles: cgroup!.joinFiles }), internet: host.internet, log });
    // What is in /tmp is memory too, and has a bound of its own: the kernel ends what exceeds both, the watch what exceeds its part.
    const limits = { memoryBytes: spec.memoryBytes + spec.storageBytes, cpus: initCpusOf(spec), processesMax: spec.processesMax + OWN_PROCESSES };
    cgroup = host.cgroups.create(spec.id, limits, () => (hold.firstPid === 0 ? [] : descendantsOf(hold.firstPid)));
    await hold.get();
    return sandboxOf(spec, {
      host, control, cgroup, hold, wall,
      async release() {
        await release();
        onDestroyed();
      },
    });
  } catch (error) {
    await release();
    throw error;
  }
};

/** INIT has a whole CPU at least. */
const initCpusOf = ({ cpus }: SandboxSpec): number => Math.max(1, cpus);

const sandboxOf = (spec: SandboxSpec, { host, control, cgroup, hold, wall, release }: Parts): Sandbox => {
  const { cgroups, rank, isNetworkIsolated } = host;
  const initCpus = initCpusOf(spec);
  const isMemoryCounted = cgroups.limits.includes("memory");
  // In a user namespace of its own the kernel counts a user's processes anew; before Linux 5.14 it counted those of the whole machine.
  const mustLimitProcesses = rank === "user" && !cgroups.limits.includes("pids") && isSince(5, 14);
  const limits = { files: spec.openFilesMax, ...(mustLimitProcesses ? { processes: spec.processesMax } : {}) };
  let running: Running | undefined;
  let runs = 0;
  let isCpuLimited = false;

  const readMemory = createMemoryReader({ cgroup, hold, isMemoryCounted });
  /** The programs that the first process runs; it kills what these leave behind. */
  const endPrograms = () => {
    if (hold.firstPid !== 0) signalAll(descendantsOf(hold.firstPid), "SIGKILL");
  };
  const memoryWatch = createWatch({
    everyMs: isMemoryCounted ? WATCH_MS.counted : WATCH_MS.summed,
    wall,
    look() {
      if (running === undefined || readMemory().bytes <= spec.memoryBytes) return;
      // Where nobody counts, what forks have in common was summed up for each.
      if (!isMemoryCounted && sharedMemoryOf(cgroup.pids()) <= spec.memoryBytes) return;
      running.isOutOfMemory = true;
      endPrograms();
    },
  });
  const setCpus = (cpus: number) => {
    isCpuLimited = cpus < initCpus;
    cgroup.setCpus(cpus);
  };

  const start = async (holder: Holder, program: SandboxProcess, listening: Listening, pipes: OutputPipes, name: string): Promise<RunningProcess> => {
    const env = typeof program.env === "function" ? program.env(listening.addresses) : program.env;
    const script = join(control, `${name}.sh`);
    writeFileSync(script, runScript({ ...program, env, rank, account: spec.account, limits }), { mode: 0o600 });
    const kills = cgroup.outOfMemoryKills();
    if (isCpuLimited) setCpus(initCpus);
    const run = holder.run(name);
    const one: Running = { isOutOfMemory: false, exited: Promise.resolve() };
    running = one;
    const exited = run.exited.then((status) => {
      running = undefined;
      memoryWatch.stop();
      listening.close();
      rmSync(script, { force: true });
      return exitOf(status, one.isOutOfMemory || cgroup.outOfMemoryKills() > kills);
    });
    one.exited = exited;
    const tooLate = wall.at(wall.now() + START_TIMEOUT_MS, "start of a program", () => holder.kill());
    await run.started;
    tooLate.cancel();
    pipes.release();
    if (running === one) memoryWatch.start();
    return { stdout: pipes.stdout, stderr: pipes.stderr, addresses: listening.addresses, exited };
  };
  const exec = async (program: SandboxProcess): Promise<RunningProcess> => {
    assert(running === undefined, "a sandbox runs one program at a time");
    const holder = await hold.get();
    const name = `run-${runs++}`;
    const listening = isNetworkIsolated ? answerInside(holder, program) : await listenOnLoopback(program.listeners);
    let pipes: OutputPipes | undefined;
    try {
      pipes = await createOutputPipes(control, name, rank === "root" ? "666" : "600");
      return await start(holder, program, listening, pipes, name);
    } catch (error) {
      pipes?.abandon();
      listening.close();
      throw error;
    }
  };
  const thaw = async () => {
    await cgroup.thaw();
    if (running !== undefined) memoryWatch.start();
  };

  return {
    id: spec.id,
    path: (target) => target,
    exec,
    limitCpu() {
      if (!isCpuLimited && spec.cpus < initCpus) setCpus(spec.cpus);
    },
    async reset() {
      if (running !== undefined) await thaw();
      while (running !== undefined) {
        endPrograms();
        await Promise.race([running.exited, wall.sleep(KILL_AGAIN_MS)]);
      }
    },
    async freeze() {
      memoryWatch.stop();
      readMemory();
      await cgroup.freeze();
    },
    thaw,
    memoryPeakBytes: async () => readMemory().peakBytes,
    usage: async () => ({ cpuMs: cgroup.cpuMs(), processes: cgroup.pids().length }),
    async destroy() {
      await cgroup.thaw();
      await hold.end();
      await release();
    },
  };
};

const exitOf = (status: number, isOutOfMemory: boolean): ProcessExit => {
  const signal = status > 128 ? SIGNALS.get(status - 128) : undefined;
  return signal === undefined ? { code: status, signal: null, isOutOfMemory } : { code: null, signal, isOutOfMemory };
};

const isSince = (major: number, minor: number): boolean => {
  const [ours = 0, its = 0] = kernelRelease().split(".").map(Number);
  return ours > major || (ours === major && its >= minor);
};

/** The ports inside are there from the start; who answers them changes with the program. */
const answerInside = (holder: Holder, { listeners }: SandboxProcess): Listening => {
  holder.answer(new Map<number, (socket: Socket) => void>(listeners.map(({ port, onConnection }) => [port, onConnection])));
  return {
    addresses: Object.fromEntries(listeners.map(({ name, port }) => [name, `127.0.0.1:${port}`])),
    close: () => holder.answer(new Map()),
  };
};

const writeUserFiles = (directory: string, rank: Rank, account: string): Record<string, string> =>
  Object.fromEntries(
    Object.entries(userFiles(rank, account)).map(([name, content]) => {
      writeFileSync(join(directory, name), content);
      return [name, join(directory, name)];
    }),
  );
