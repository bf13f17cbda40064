import { writeFile } from "node:fs/promises";
import type { Clock } from "../../kit/clock.ts";
import type { Log } from "../../kit/log.ts";
import type { Cgroup, CgroupHost, CgroupLimits } from "../cgroup.ts";
import { createHold, type Hold } from "../hold.ts";
import type { Holder } from "../holder.ts";
import type { Internet } from "../internet.ts";
import type { Networks } from "../networks.ts";
import type { Mount, SandboxSpec } from "../sandbox.ts";
import { PACKAGE_TARGETS, type Kind } from "./kind.ts";
import type { Cage } from "./cage.ts";
import { createNurseryHolder } from "./nursery-holder.ts";

/** A sandbox that is nobody's yet: in its cgroup, connected, with a runtime that waits. */
export interface PreparedSandbox {
  readonly id: string;
  cgroup: Cgroup;
  hold: Hold;
  /** It is over, and can be given to nobody. */
  readonly isOver: boolean;
  /** It is destroyed. */
  readonly gone: Promise<void>;
  /** From now on it is the sandbox of that function. `relaunch` makes it anew when its first process has ended. */
  specialize(spec: SandboxSpec, own: readonly Mount[], limits: CgroupLimits, relaunch: () => Holder): Promise<void>;
  destroy(): Promise<void>;
}

interface Needs {
  id: string;
  kind: Kind;
  cage: Cage;
  cgroups: CgroupHost;
  internet: Internet | undefined;
  networks: Networks | undefined;
  wall: Clock;
  log: Log;
}

const MIB = 1024 * 1024;
/** More than any function has: a group's memory is only ever lowered. */
const LIMITS: CgroupLimits = { memoryBytes: 21_504 * MIB, cpus: 1, processesMax: 64 };
/** AWS's least. */
export const PREPARED_STORAGE_BYTES = 512 * MIB;

export const prepareSandbox = async ({ id, kind, cage, cgroups, internet, networks, wall, log }: Needs): Promise<PreparedSandbox> => {
  let relaunch: () => Holder = () => {
    throw new Error("a prepared sandbox ended before it was anybody's");
  };
  let isOver = false;
  const made = await cage.make(id, PREPARED_STORAGE_BYTES);
  const holder = createNurseryHolder({ id, kind, cage, made });
  void holder.ended.then(() => (isOver = true));
  let first: Holder | undefined = holder;
  const launch = (): Holder => {
    const launched = first ?? relaunch();
    first = undefined;
    return launched;
  };
  const hold = createHold({ id, launch, networks, ports: kind.ports, internet, wall, log });
  let cgroup: Cgroup | undefined;
  try {
    cgroup = cgroups.create(id, LIMITS, hold.processes);
    const { joinFiles } = cgroup;
    // A kernel may take 15 ms for this: that is why it is done in advance.
    const group = async (pid: number) => Promise.all(joinFiles.map((file) => writeFile(file, String(pid))));
    await Promise.all([hold.get(), holder.join(group)]);
    await holder.enter();
  } catch (error) {
    await holder.kill();
    await hold.end();
    await cgroup?.remove();
    throw error;
  }
  const group = cgroup;
  const gone = Promise.withResolvers<void>();
  return {
    id, cgroup, hold,
    gone: gone.promise,
    get isOver() { return isOver; },
    async specialize(spec, own, limits, again) {
      relaunch = again;
      group.setLimits(limits);
      const mounts = PACKAGE_TARGETS.map((target) => ({ source: own.find((mount) => mount.target === target)?.source, target }));
      await cage.mount(id, mounts, spec.storageBytes === PREPARED_STORAGE_BYTES ? undefined : spec.storageBytes);
    },
    async destroy() {
      await hold.end();
      await group.remove();
      gone.resolve();
    },
  };
};
