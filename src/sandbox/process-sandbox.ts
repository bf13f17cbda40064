import type { ChildProcess, StdioOptions } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import { assert } from "../kit/assert.ts";
import type { Clock } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import { hostPath } from "./host-path.ts";
import { connectToLoopback, listenOnLoopback, type Listening } from "./loopback.ts";
import { cpuMsOf, descendantsOf, memoryOf, processesOf, sharedMemoryOf, signalAll } from "./process-table.ts";
import { removeFolder } from "./remove-folder.ts";
import { CHANNEL_DESCRIPTOR, LOG_DESCRIPTOR, type ProcessExit, type RunningProcess, type Sandbox, type SandboxListener, type SandboxProcess, type SandboxSpec } from "./sandbox.ts";
import { spawnChild } from "./spawn-child.ts";
import { createOutputPipes, type OutputPipes } from "./stdio.ts";
import { createWatch } from "./watch.ts";

/** How often memory is looked at. A handler that outgrows its size between two looks is not seen. */
const WATCH_MS = 100;
/** How long killed processes may take to be gone before it is our bug. */
const KILL_DEADLINE_MS = 5_000;
const KILL_LOOK_MS = 2;

interface Needs {
  /** The sandbox's own, made here. */
  directory: string;
  wall: Clock;
  log: Log;
}

/** /tmp of the sandbox in this folder. */
export const tmpOf = (folder: string): string => join(folder, "tmp");

/** What every process of a sandbox has in its environment. */
export const markOf = (tmp: string): string => `TMPDIR=${tmp}\0`;

export interface ProcessSandbox extends Sandbox {
  /** Without waiting for the end of what is killed. */
  kill(): void;
}

interface Running {
  child: ChildProcess;
  isOutOfMemory: boolean;
  /** Everything of it is gone. */
  ended: Promise<unknown>;
}

export const createProcessSandbox = (spec: SandboxSpec, { directory, wall, log }: Needs, onDestroyed: () => void): ProcessSandbox => {
  const tmp = tmpOf(directory);
  mkdirSync(tmp, { recursive: true });
  const running = new Set<Running>();
  let peak = 0;
  let runs = 0;
  let isDestroyed = false;
  let starting: Promise<unknown> = Promise.resolve();
  /** What the last program left behind is ended. */
  let leaving: Promise<unknown> = Promise.resolve();
  let listening: Listening | undefined;
  const stopListening = () => {
    listening?.close();
    listening = undefined;
  };

  const members = () => [...running].flatMap(({ child }) => (child.pid === undefined ? [] : processesOf(child.pid, markOf(tmp))));
  /** Without those that hid: enough to measure and to freeze, and cheap enough to do so often. */
  const familyOf = ({ child: { pid } }: Running) => (pid === undefined ? [] : [pid, ...descendantsOf(pid)]);
  const family = () => [...running].flatMap(familyOf);
  const measure = () => {
    const pids = family();
    const sum = memoryOf(pids);
    const memory = sum <= spec.memoryBytes ? sum : sharedMemoryOf(pids);
    peak = Math.max(peak, memory);
    return memory;
  };
  /** The program that holds the most, as the kernel would choose: what watches over it may still tell of it. */
  const killLargest = () => {
    const [largest, ...others] = [...running].map((one) => ({ one, bytes: sharedMemoryOf(familyOf(one)) })).toSorted((a, b) => b.bytes - a.bytes);
    // What was killed takes a moment to give its memory back.
    if (largest === undefined || [...running].some((one) => one.isOutOfMemory)) return signalAll([...running].filter((one) => one.isOutOfMemory).flatMap(familyOf), "SIGKILL");
    largest.one.isOutOfMemory = true;
    signalAll(others.length === 0 ? members() : familyOf(largest.one), "SIGKILL");
  };
  const memoryWatch = createWatch({
    everyMs: WATCH_MS,
    wall,
    look() {
      if (measure() > spec.memoryBytes) killLargest();
    },
  });
  const killAll = async () => {
    const end = wall.monotonic() + KILL_DEADLINE_MS;
    for (let pids = members(); pids.length > 0; pids = members()) {
      if (wall.monotonic() > end) return log.error("processes of a sandbox do not end", { sandbox: spec.id, pids });
      signalAll(pids, "SIGKILL");
      await wall.sleep(KILL_LOOK_MS);
    }
  };
  const release = (one: Running) => {
    running.delete(one);
    if (running.size === 0) memoryWatch.stop();
  };

  const spawnProgram = (program: SandboxProcess, pipes: OutputPipes): ChildProcess => {
    assert(!isDestroyed, "nothing is run in a sandbox that is destroyed");
    // Without mounts /tmp is everybody's: TMPDIR leads handlers to their own, and marks every process that they start.
    const env = { ...program.env, TMPDIR: tmp };
    const hasChannel = program.hasChannel === true;
    // Between its descriptors and the channel there is nothing, and not what a child is given to leave a gap.
    const gap = hasChannel && program.hasLog !== true ? ` ${LOG_DESCRIPTOR}>&-` : "";
    const limits = `ulimit -c 0; ulimit -n ${spec.openFilesMax} 2>/dev/null; exec "$0" "$@"${gap}`;
    const stdio: StdioOptions = ["ignore", ...pipes.writers, ...(gap === "" ? [] : ["ignore" as const]), ...(hasChannel ? ["pipe" as const] : [])];
    return spawnChild("/bin/sh", ["-c", limits, program.command, ...program.args], { env, cwd: program.directory, detached: true, stdio });
  };
  /** From now on it is one of those that are measured, frozen and killed. */
  const follow = (child: ChildProcess): Promise<ProcessExit> => {
    const one: Running = { child, isOutOfMemory: false, ended: Promise.resolve() };
    running.add(one);
    const exited = new Promise<ProcessExit>((resolve) => {
      child.once("exit", async (code, signal) => {
        if (running.size === 1) await (leaving = killAll());
        release(one);
        resolve({ code, signal, isOutOfMemory: one.isOutOfMemory });
      });
    });
    one.ended = exited;
    memoryWatch.start();
    return exited;
  };
  const start = async (program: SandboxProcess): Promise<RunningProcess> => {
    let pipes: OutputPipes | undefined;
    try {
      pipes = await createOutputPipes({ directory, name: `run-${runs++}`, mode: "600", hasLog: program.hasLog === true });
      // It must not find those that come.
      await leaving;
      const child = spawnProgram(program, pipes);
      // Then the next event is the error that tells why.
      if (child.pid === undefined) await once(child, "spawn");
      const exited = follow(child);
      pipes.release();
      const channel = program.hasChannel === true ? channelOf(child) : undefined;
      return {
        stdout: pipes.stdout, stderr: pipes.stderr, exited,
        ...(pipes.log === undefined ? {} : { log: pipes.log }),
        ...(channel === undefined ? {} : { channel }),
        signal: (name) => void child.kill(name),
      };
    } catch (error) {
      pipes?.abandon();
      throw error;
    }
  };
  const listen = async (listeners: readonly SandboxListener[]) => {
    stopListening();
    const opened = await listenOnLoopback(listeners);
    if (isDestroyed) opened.close();
    assert(!isDestroyed, "nothing is run in a sandbox that is destroyed");
    listening = opened;
    return opened.addresses;
  };

  const exec = (program: SandboxProcess): Promise<RunningProcess> => {
    const started = start(program);
    starting = Promise.all([starting, started.catch(() => {})]);
    return started;
  };
  const reset = async () => {
    await killAll();
    // What ends a run also looks for what it left behind, and must not find the next run.
    await Promise.all([...running].map((one) => one.ended));
    stopListening();
  };
  return {
    id: spec.id,
    hasChannels: true,
    path: (target) => hostPath(spec, tmp, target),
    listen,
    exec,
    connect: connectToLoopback,
    limitCpu() {},
    reset,
    kill: () => signalAll(members(), "SIGKILL"),
    async freeze() {
      memoryWatch.stop();
      measure();
      signalAll(family(), "SIGSTOP");
    },
    async thaw() {
      signalAll(family(), "SIGCONT");
      if (running.size > 0) memoryWatch.start();
    },
    async memoryPeakBytes() {
      measure();
      return peak;
    },
    async usage() {
      const pids = family();
      return { cpuMs: cpuMsOf(pids), processes: pids.length };
    },
    async destroy() {
      isDestroyed = true;
      await starting;
      await reset();
      removeFolder(directory, log);
      onDestroyed();
    },
  };
};

/** Node's own pipe to a child is a pair of sockets. */
const channelOf = (child: ChildProcess): Socket => {
  const channel = child.stdio[CHANNEL_DESCRIPTOR] as Socket;
  return channel.on("error", () => channel.destroy());
};
