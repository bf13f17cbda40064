import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Socket } from "node:net";
import { assert } from "../kit/assert.ts";
import type { Clock } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import type { Rank } from "./bubblewrap-arguments.ts";
import { createPrograms, type Programs } from "./bubblewrap-programs.ts";
import type { BubblewrapHost } from "./bubblewrap.ts";
import type { Cgroup } from "./cgroup.ts";
import { createDialer, createDialerInside } from "./dialer.ts";
import { createHold, type Hold } from "./hold.ts";
import type { Holder } from "./holder.ts";
import { launch } from "./launch.ts";
import { connectToLoopback, listenOnLoopback, type Listening } from "./loopback.ts";
import { descendantsOf } from "./process-table.ts";
import { removeFolder } from "./remove-folder.ts";
import { userFiles } from "./run-script.ts";
import type { Sandbox, SandboxListener, SandboxSpec } from "./sandbox.ts";

interface Needs {
  host: BubblewrapHost;
  /** The sandbox's own, made here. */
  directory: string;
  wall: Clock;
  log: Log;
}

/** bubblewrap, the first process, the shell that reaps for it, and the one that reads its orders; each program has one more. */
const OWN_PROCESSES = 4;

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
    const { networks } = host;
    const listen = networks === undefined || spec.ports.length === 0 ? undefined : (pid: number) => networks.listen(pid, spec.ports);
    const hold = createHold({ id: spec.id, listen, launch: () => launch(spec, { host, control, etc, joinFiles: cgroup!.joinFiles }), internet: host.internet, wall, log });
    // What is in /tmp is memory too, and has a bound of its own: the kernel ends what exceeds both, the watch what exceeds its part.
    const limits = { memoryBytes: spec.memoryBytes + spec.storageBytes, cpus: Math.max(1, spec.cpus), processesMax: spec.processesMax + OWN_PROCESSES + (spec.programsMax ?? 1) };
    cgroup = host.cgroups.create(spec.id, limits, () => (hold.firstPid === 0 ? [] : descendantsOf(hold.firstPid)));
    await hold.get();
    const programs = createPrograms(spec, { host, control, cgroup, hold, wall });
    return sandboxOf(spec, {
      host, cgroup, hold, programs, wall,
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

/** What a sandbox is made of. */
interface Parts extends Pick<Needs, "host" | "wall"> {
  cgroup: Cgroup;
  hold: Hold;
  programs: Programs;
  /** After everything in it has ended: nothing of it is left. */
  release(): Promise<void>;
}

const sandboxOf = (spec: SandboxSpec, { host, cgroup, hold, programs, wall, release }: Parts): Sandbox => {
  const { rank, isNetworkIsolated, networks } = host;
  const dialer = !isNetworkIsolated ? undefined : networks === undefined ? createDialerInside({ rank, wall }) : createDialer(networks);
  let listening: Listening | undefined;
  let isDestroyed = false;
  const stopListening = () => {
    listening?.close();
    listening = undefined;
  };
  const thaw = async () => {
    await cgroup.thaw();
    programs.resume();
  };

  return {
    id: spec.id,
    path: (target) => target,
    async listen(listeners) {
      stopListening();
      const holder = await hold.get();
      const opened = isNetworkIsolated ? answerInside(holder, listeners) : await listenOnLoopback(listeners);
      if (isDestroyed) opened.close();
      assert(!isDestroyed, "nothing is run in a sandbox that is destroyed");
      listening = opened;
      return opened.addresses;
    },
    exec: programs.exec,
    connect: async (port) => (dialer === undefined ? connectToLoopback(port) : dialer.connect(hold.firstPid, port)),
    limitCpu: programs.limitCpu,
    async reset() {
      await thaw();
      await programs.end();
      stopListening();
    },
    async freeze() {
      programs.pause();
      await cgroup.freeze();
    },
    thaw,
    memoryPeakBytes: async () => programs.memoryPeakBytes(),
    usage: async () => ({ cpuMs: cgroup.cpuMs(), processes: cgroup.pids().length }),
    async destroy() {
      isDestroyed = true;
      await cgroup.thaw();
      await hold.end();
      await dialer?.close();
      stopListening();
      await release();
    },
  };
};

/** The ports inside are there from the start; who answers them changes. */
const answerInside = (holder: Holder, listeners: readonly SandboxListener[]): Listening => {
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
