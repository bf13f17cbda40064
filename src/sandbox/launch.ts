import { openSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bubblewrapArguments } from "./bubblewrap-arguments.ts";
import type { BubblewrapHost } from "./bubblewrap.ts";
import { launchHolder, type Holder } from "./holder.ts";
import type { SandboxSpec } from "./sandbox.ts";

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
  });
};

const listenMounts = () => [
  { source: process.execPath, target: INSIDE.node },
  { source: join(programs, "listen.mjs"), target: INSIDE.listen },
];
