import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Socket } from "node:net";
import { assert } from "../kit/assert.ts";
import type { Clock } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import { createPrograms, type Programs } from "./bubblewrap-programs.ts";
import type { BubblewrapHost } from "./bubblewrap.ts";
import type { Cgroup, CgroupLimits } from "./cgroup.ts";
import { createDialer, createDialerInside } from "./dialer.ts";
import { createHold, type Hold } from "./hold.ts";
import type { Holder } from "./holder.ts";
import { launch } from "./launch.ts";
import { connectToLoopback, listenOnLoopback, type Listening } from "./loopback.ts";
import type { Nurseries } from "./nursery/nurseries.ts";
import type { PreparedSandbox } from "./nursery/prepared.ts";
import { removeFolder } from "./remove-folder.ts";
import { writeUserFiles } from "./run-script.ts";
import type { Mount, Sandbox, SandboxListener, SandboxSpec } from "./sandbox.ts";

interface Needs {
  host: BubblewrapHost;
  /** Where sandboxes can be made in advance. */
  nurseries?: Nurseries;
  /** The sandbox's own, made here. */
  directory: string;
  wall: Clock;
  log: Log;
}

/** bubblewrap, the first process, the shell that reaps for it, and the one that reads its orders; each program has one more. */
const OWN_PROCESSES = 4;
/** Of a sandbox that a nursery made: the first process does it all. */
const OWN_PROCESSES_OF_NURSERY = 1;

/** What is in /tmp is memory too, and has a bound of its own: the kernel ends what exceeds both, the watch what exceeds its part. */
const limitsOf = ({ memoryBytes, storageBytes, cpus, processesMax }: SandboxSpec, ownProcesses: number): CgroupLimits => ({ memoryBytes: memoryBytes + storageBytes, cpus: Math.max(1, cpus), processesMax: processesMax + ownProcesses });

/** One sandbox, up, with nothing running in it yet but what waits. When it cannot be made, nothing of it is left. */
export const createBubblewrapSandbox = async (spec: SandboxSpec, needs: Needs, onDestroyed: () => void): Promise<Sandbox> => {
  const taken = await needs.nurseries?.take(spec);
  const made = taken === undefined ? await makeSandbox(spec, needs) : await specialize(spec, taken, needs);
  const { host, wall } = needs;
  const { cgroup, hold } = made;
  const programs = createPrograms(spec, { host, cgroup, hold, wall });
  return sandboxOf(spec, {
    host, cgroup, hold, programs, wall,
    hasChannels: taken !== undefined,
    async release() {
      await made.release();
      onDestroyed();
    },
  });
};

interface Made {
  cgroup: Cgroup;
  hold: Hold;
  release(): Promise<void>;
}

/** By bubblewrap, for this function from the start. */
const makeSandbox = async (spec: SandboxSpec, { host, directory, wall, log }: Needs): Promise<Made> => {
  let cgroup: Cgroup | undefined;
  const release = async () => {
    await cgroup?.remove();
    removeFolder(directory, log);
  };
  try {
    const { networks, internet } = host;
    const hold = createHold({ id: spec.id, networks, ports: spec.ports, launch: () => launchIn(directory, spec, { host, cgroup: cgroup! }), internet, wall, log });
    cgroup = host.cgroups.create(spec.id, limitsOf(spec, OWN_PROCESSES + (spec.programsMax ?? 1)), hold.processes);
    await hold.get();
    return { cgroup, hold, release };
  } catch (error) {
    await release();
    throw error;
  }
};

/** From one that was made in advance. */
const specialize = async (spec: SandboxSpec, { prepared, own }: { prepared: PreparedSandbox; own: readonly Mount[] }, { host, directory, log }: Needs): Promise<Made> => {
  const release = async () => {
    await prepared.destroy();
    removeFolder(directory, log);
  };
  const { cgroup, hold } = prepared;
  try {
    // Where the next server looks for what this one left, if it is killed.
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    await prepared.specialize(spec, own, limitsOf(spec, OWN_PROCESSES_OF_NURSERY), () => {
      cgroup.setLimits(limitsOf(spec, OWN_PROCESSES + (spec.programsMax ?? 1)));
      return launchIn(directory, spec, { host, cgroup });
    });
    return { cgroup, hold, release };
  } catch (error) {
    await release();
    throw error;
  }
};

const launchIn = (directory: string, spec: SandboxSpec, { host, cgroup }: { host: BubblewrapHost; cgroup: Cgroup }): Holder => {
  const control = join(directory, "control");
  mkdirSync(control, { recursive: true, mode: 0o700 });
  const etc = { ...host.etc, ...writeUserFiles(directory, host.rank, spec.account) };
  return launch(spec, { host, control, etc, joinFiles: cgroup.joinFiles });
};

/** What a sandbox is made of. */
interface Parts extends Pick<Needs, "host" | "wall"> {
  cgroup: Cgroup;
  hold: Hold;
  programs: Programs;
  hasChannels: boolean;
  /** After everything in it has ended: nothing of it is left. */
  release(): Promise<void>;
}

const sandboxOf = (spec: SandboxSpec, { host, cgroup, hold, programs, wall, hasChannels, release }: Parts): Sandbox => {
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
    hasChannels,
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
