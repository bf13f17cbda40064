import { mkdirSync, openSync, readdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { constants, release } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Socket } from "node:net";
import { assert } from "../kit/assert.ts";
import type { Clock } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import { bubblewrapArguments, type Rank } from "./bubblewrap-arguments.ts";
import type { CgroupHost } from "./cgroup.ts";
import { launchHolder, type Holder } from "./holder.ts";
import { listenOnLoopback } from "./loopback.ts";
import type { Connection, Internet } from "./pasta.ts";
import { descendantsOf, sharedMemoryOf, signalAll } from "./process-table.ts";
import { runScript, userFiles } from "./run-script.ts";
import type { Isolation, ProcessExit, RunningProcess, Sandbox, SandboxDriver, SandboxProcess, SandboxSpec } from "./sandbox.ts";
import { createOutputPipes } from "./stdio.ts";
import { createWatch } from "./watch.ts";

/** What this machine offers, as `findBubblewrap` found it. */
export interface BubblewrapHost {
  /** Path of the program. */
  bwrap: string;
  rank: Rank;
  cgroups: CgroupHost;
  /** The compiled seccomp program, a file. */
  filter: string;
  isNetworkIsolated: boolean;
  /** Missing where functions have no way out, or have the host's network. */
  internet?: Internet;
  /** Files that stand in for the host's in every sandbox's /etc, by name. */
  etc: Readonly<Record<string, string>>;
}

interface Needs {
  host: BubblewrapHost;
  isolation: Isolation;
  /** Holds one folder per live sandbox. */
  directory: string;
  wall: Clock;
  log: Log;
}

/** How often the memory of a running program is looked at: by the kernel's own count, else process by process. */
const WATCH_MS = { counted: 20, summed: 100 };
/** bubblewrap 0.8 now and then takes the kernel's answer for an error while it brings the loopback up: "Failed RTM_NEWADDR: No child processes". */
const PASSING = /loopback: Failed RTM_/;
const HOLD_ATTEMPTS = 5;
const CONTROL = "/run/lambdad/control";
const INSIDE = { node: "/run/lambdad/node", listen: "/run/lambdad/listen.mjs", init: "/run/lambdad/init.sh" };

const programs = fileURLToPath(new URL("../../runtimes/sandbox", import.meta.url));
/** By number; of two names (SIGABRT, SIGIOT) the first. */
const SIGNALS = new Map(Object.entries(constants.signals).toReversed().map(([name, number]) => [number, name]));

/** Namespaces, a root of its own, seccomp and limits around every environment; see SECURITY.md for what that keeps out. */
export const createBubblewrapDriver = ({ host, isolation, directory, wall, log }: Needs): SandboxDriver => {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  // What a server that was killed left: the kernel ended its processes with it.
  const left = readdirSync(directory);
  if (left.length > 0) log.warn("a server was killed: what it left is ended", { sandboxes: left.length });
  for (const name of left) rmSync(join(directory, name), { recursive: true, force: true });
  const live = new Map<string, Sandbox>();
  return {
    isolation,
    async create(spec) {
      const sandbox = await createSandbox(spec, { host, directory: join(directory, spec.id), wall, log }, () => live.delete(spec.id));
      live.set(spec.id, sandbox);
      return sandbox;
    },
    async close() {
      await Promise.all([...live.values()].map((sandbox) => sandbox.destroy()));
      await host.cgroups.close();
    },
  };
};

const exitOf = (status: number, isOutOfMemory: boolean): ProcessExit => {
  const signal = status > 128 ? SIGNALS.get(status - 128) : undefined;
  return signal === undefined ? { code: status, signal: null, isOutOfMemory } : { code: null, signal, isOutOfMemory };
};

interface SandboxNeeds {
  host: BubblewrapHost;
  directory: string;
  wall: Clock;
  log: Log;
}

const createSandbox = async (spec: SandboxSpec, { host, directory, wall, log }: SandboxNeeds, onDestroyed: () => void): Promise<Sandbox> => {
  const { cgroups, rank, isNetworkIsolated } = host;
  const control = join(directory, "control");
  mkdirSync(control, { recursive: true, mode: 0o700 });
  const isMemoryCounted = cgroups.limits.includes("memory");
  const initCpus = Math.max(1, spec.cpus);
  // In a user namespace of its own the kernel counts a user's processes anew; before Linux 5.14 it counted those of the whole machine.
  const mustLimitProcesses = rank === "user" && !cgroups.limits.includes("pids") && isSince(5, 14);
  let isCpuLimited = false;
  let firstPid = 0;
  const members = () => (firstPid === 0 ? [] : descendantsOf(firstPid));
  // What is in /tmp is memory too, and has a bound of its own: the kernel ends what exceeds both, `watch` what exceeds its part.
  const cgroup = cgroups.create(spec.id, { memoryBytes: spec.memoryBytes + spec.storageBytes, cpus: initCpus, processesMax: spec.processesMax + OWN_PROCESSES }, members);
  const etc = { ...host.etc, ...writeUserFiles(directory, rank, spec.account) };
  let holding: Promise<Holding> | undefined;
  let running: Running | undefined;
  let runs = 0;
  let tmpPeak = 0;

  const hold = async (attempt = 1): Promise<Holding> => {
    const hasPorts = isNetworkIsolated && spec.ports.length > 0;
    const holder = launchHolder({
      bwrap: host.bwrap,
      arguments: bubblewrapArguments({
        rank, isNetworkIsolated, etc, storageBytes: spec.storageBytes,
        mounts: [...spec.mounts, { source: control, target: CONTROL }, { source: join(programs, "init.sh"), target: INSIDE.init }, ...(hasPorts ? listenMounts() : [])],
      }),
      command: hasPorts ? [INSIDE.node, "--no-warnings", INSIDE.listen, spec.ports.join(","), "/bin/sh", INSIDE.init] : ["/bin/sh", INSIDE.init],
      hasPorts,
      filterFd: openSync(host.filter, "r"),
      joinFiles: cgroup.joinFiles,
    });
    try {
      const [connection] = await Promise.all([connect(holder), holder.ready]);
      firstPid = await holder.pid;
      void holder.ended.then(() => ([holding, firstPid] = [undefined, 0]));
      return { holder, connection };
    } catch (error) {
      await holder.kill();
      if (attempt < HOLD_ATTEMPTS && PASSING.test(String(error))) return hold(attempt + 1);
      throw error;
    }
  };
  const connect = async (holder: Holder) => {
    const connection = await host.internet?.connect(await holder.pid);
    if (connection?.failure !== undefined) log.warn("a sandbox has no way to the internet", { sandbox: spec.id, error: connection.failure });
    return connection;
  };
  const held = () => (holding ??= hold());

  const readUsage = () => {
    const usage = cgroup.usage();
    const tmp = bytesOfTmp(firstPid);
    tmpPeak = Math.max(tmpPeak, tmp);
    if (!isMemoryCounted) return usage;
    return { ...usage, memoryBytes: Math.max(0, usage.memoryBytes - tmp), memoryPeakBytes: Math.max(0, usage.memoryPeakBytes - tmpPeak) };
  };
  const memoryWatch = createWatch({
    everyMs: isMemoryCounted ? WATCH_MS.counted : WATCH_MS.summed,
    wall,
    look() {
      if (running === undefined || readUsage().memoryBytes <= spec.memoryBytes) return;
      // Where nobody counts, what forks have in common was summed up for each.
      if (!isMemoryCounted && sharedMemoryOf(cgroup.pids()) <= spec.memoryBytes) return;
      running.isOutOfMemory = true;
      endPrograms();
    },
  });
  /** The programs that the first process runs; it kills what these leave behind. */
  const endPrograms = () => {
    if (firstPid !== 0) signalAll(descendantsOf(firstPid), "SIGKILL");
  };

  const setCpus = (cpus: number) => {
    isCpuLimited = cpus < initCpus;
    cgroup.setCpus(cpus);
  };

  const exec = async (program: SandboxProcess): Promise<RunningProcess> => {
    assert(running === undefined, "a sandbox runs one program at a time");
    const { holder } = await held();
    const name = `run-${runs++}`;
    const listening = isNetworkIsolated ? answerInside(holder, program) : await listenOnLoopback(program.listeners);
    const env = typeof program.env === "function" ? program.env(listening.addresses) : program.env;
    const script = join(control, `${name}.sh`);
    writeFileSync(script, runScript({ ...program, env, rank, account: spec.account, limits: { files: spec.openFilesMax, ...(mustLimitProcesses ? { processes: spec.processesMax } : {}) } }), { mode: 0o600 });
    const pipes = await createOutputPipes(control, name, rank === "root" ? "666" : "600");
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
    await run.started;
    pipes.release();
    if (running === one) memoryWatch.start();
    return { stdout: pipes.stdout, stderr: pipes.stderr, addresses: listening.addresses, exited };
  };

  const thaw = async () => {
    await cgroup.thaw();
    if (running !== undefined) memoryWatch.start();
  };
  const release = async () => {
    await cgroup.remove();
    rmSync(directory, { recursive: true, force: true });
    onDestroyed();
  };

  try {
    await held();
  } catch (error) {
    await release();
    throw error;
  }
  return {
    id: spec.id,
    path: (target) => target,
    exec,
    limitCpu() {
      if (!isCpuLimited && spec.cpus < initCpus) setCpus(spec.cpus);
    },
    async reset() {
      if (running === undefined) return;
      await thaw();
      endPrograms();
      await running?.exited;
    },
    async freeze() {
      memoryWatch.stop();
      readUsage();
      await cgroup.freeze();
    },
    thaw,
    usage: async () => readUsage(),
    async destroy() {
      await cgroup.thaw();
      const last = await holding;
      await Promise.all([last?.holder.kill(), last?.connection?.close()]);
      await release();
    },
  };
};

/** A sandbox that is up. */
interface Holding {
  holder: Holder;
  connection: Connection | undefined;
}

interface Running {
  isOutOfMemory: boolean;
  exited: Promise<unknown>;
}

/** bubblewrap, the first process, and the shell that reaps for it. */
const OWN_PROCESSES = 3;

const listenMounts = () => [
  { source: process.execPath, target: INSIDE.node },
  { source: join(programs, "listen.mjs"), target: INSIDE.listen },
];

const isSince = (major: number, minor: number): boolean => {
  const [ours = 0, its = 0] = release().split(".").map(Number);
  return ours > major || (ours === major && its >= minor);
};

/** The ports inside are there from the start; who answers them changes with the program. */
const answerInside = (holder: Holder, { listeners }: SandboxProcess) => {
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

const bytesOfTmp = (pid: number): number => {
  if (pid === 0) return 0;
  try {
    const { blocks, bfree, bsize } = statfsSync(`/proc/${pid}/root/tmp`);
    return (blocks - bfree) * bsize;
  } catch {
    return 0;
  }
};
