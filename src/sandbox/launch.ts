import { openSync, rmSync, writeFileSync } from "node:fs";
import { release as kernelRelease } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bubblewrapArguments } from "./bubblewrap-arguments.ts";
import type { BubblewrapHost } from "./bubblewrap.ts";
import { launchHolder, type Holder, type Prepared } from "./holder.ts";
import { runScript } from "./run-script.ts";
import type { SandboxProcess, SandboxSpec } from "./sandbox.ts";
import { createOutputPipes } from "./stdio.ts";

interface Facts {
  host: BubblewrapHost;
  /** A folder of the host that the first process finds its runs in. */
  control: string;
  etc: Readonly<Record<string, string>>;
  joinFiles: readonly string[];
}

const CONTROL = "/run/lambdad/control";
const INSIDE = { node: "/run/lambdad/node", listen: "/run/lambdad/listen.mjs", init: "/run/lambdad/init.sh" };
const programs = fileURLToPath(new URL("../../runtimes/sandbox", import.meta.url));

/** The first process of a sandbox, with what is mounted around it. */
export const launch = (spec: SandboxSpec, { host, control, etc, joinFiles }: Facts): Holder => {
  const hasPorts = host.isNetworkIsolated && host.networks === undefined && spec.ports.length > 0;
  return launchHolder({
    bwrap: host.bwrap,
    arguments: bubblewrapArguments({
      rank: host.rank, isNetworkIsolated: host.isNetworkIsolated, etc, storageBytes: spec.storageBytes,
      mounts: [...spec.mounts, { source: control, target: CONTROL }, { source: join(programs, "init.sh"), target: INSIDE.init }, ...(hasPorts ? listenMounts() : [])],
    }),
    command: hasPorts ? [INSIDE.node, "--no-warnings", INSIDE.listen, spec.ports.join(","), "/bin/sh", INSIDE.init] : ["/bin/sh", INSIDE.init],
    hasPorts,
    filterFd: openSync(host.filter, "r"),
    joinFiles,
    prepare: createPrepare(spec, host, control),
  });
};

/** A program's script and its pipes lie in the control folder: the script for as long as it may be read, the pipes until it has them. */
const createPrepare = (spec: SandboxSpec, { rank, cgroups }: BubblewrapHost, control: string) => {
  // In a user namespace of its own the kernel counts a user's processes anew; before Linux 5.14 it counted those of the whole machine.
  const mustLimitProcesses = rank === "user" && !cgroups.limits.includes("pids") && isSince(5, 14);
  const limits = { files: spec.openFilesMax, ...(mustLimitProcesses ? { processes: spec.processesMax } : {}) };
  return async (name: string, program: SandboxProcess): Promise<Prepared> => {
    const pipes = await createOutputPipes({ directory: control, name, mode: rank === "root" ? "666" : "600", hasLog: program.hasLog === true });
    const script = join(control, `${name}.sh`);
    try {
      writeFileSync(script, runScript({ ...program, rank, account: spec.account, limits }), { mode: 0o600 });
    } catch (error) {
      pipes.abandon();
      throw error;
    }
    return { ...pipes, discard: () => rmSync(script, { force: true }) };
  };
};

const isSince = (major: number, minor: number): boolean => {
  const [ours = 0, its = 0] = kernelRelease().split(".").map(Number);
  return ours > major || (ours === major && its >= minor);
};

const listenMounts = () => [
  { source: process.execPath, target: INSIDE.node },
  { source: join(programs, "listen.mjs"), target: INSIDE.listen },
];
