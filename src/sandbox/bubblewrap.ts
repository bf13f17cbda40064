import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../kit/clock.ts";
import type { Log } from "../kit/log.ts";
import type { Rank } from "./bubblewrap-arguments.ts";
import { createBubblewrapSandbox } from "./bubblewrap-sandbox.ts";
import type { CgroupHost } from "./cgroup.ts";
import type { Internet } from "./internet.ts";
import type { Networks } from "./networks.ts";
import type { Nurseries } from "./nursery/nurseries.ts";
import { removeFolder } from "./remove-folder.ts";
import type { Isolation, Sandbox, SandboxDriver } from "./sandbox.ts";

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
  /** Works in sandboxes' networks from outside; where it is missing, a Node in each of them does. */
  networks?: Networks;
  /** Files that stand in for the host's in every sandbox's /etc, by name. */
  etc: Readonly<Record<string, string>>;
}

interface Needs {
  host: BubblewrapHost;
  nurseries?: Nurseries;
  isolation: Isolation;
  /** Holds one folder per live sandbox. */
  directory: string;
  wall: Clock;
  log: Log;
}

/** Namespaces, a root of its own, seccomp and limits around every environment; see SECURITY.md for what that keeps out. */
export const createBubblewrapDriver = ({ host, nurseries, isolation, directory, wall, log }: Needs): SandboxDriver => {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  // What a server that was killed left: the kernel ended its processes with it.
  const left = readdirSync(directory);
  if (left.length > 0) log.warn("a server was killed: what it left is ended", { sandboxes: left.length });
  for (const name of left) removeFolder(join(directory, name), log);
  const live = new Map<string, Sandbox>();
  return {
    isolation,
    ...(nurseries === undefined ? {} : { prepare: nurseries.prepare, prepared: nurseries.prepared }),
    async create(spec) {
      const sandbox = await createBubblewrapSandbox(spec, { host, ...(nurseries === undefined ? {} : { nurseries }), directory: join(directory, spec.id), wall, log }, () => live.delete(spec.id));
      live.set(spec.id, sandbox);
      return sandbox;
    },
    async close() {
      await Promise.all([...live.values()].map((sandbox) => sandbox.destroy()));
      await nurseries?.close();
      await host.networks?.close();
      await host.cgroups.close();
    },
  };
};
