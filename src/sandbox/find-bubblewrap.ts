import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import type { Clock } from "../kit/clock.ts";
import { silentLog, type Log } from "../kit/log.ts";
import type { Rank } from "./bubblewrap-arguments.ts";
import { createBubblewrapDriver, type BubblewrapHost } from "./bubblewrap.ts";
import { canaryProgram, faultsOf } from "./canary.ts";
import { findCgroups } from "./cgroup.ts";
import { findInternet, type Way } from "./find-internet.ts";
import { findProgram } from "./find-program.ts";
import { RESOLVER_ADDRESS, type Internet } from "./internet.ts";
import { createNetworks } from "./networks.ts";
import { createNurseries, type Nurseries } from "./nursery/nurseries.ts";
import type { Isolation, ProbeResult, SandboxDriver, SandboxSpec } from "./sandbox.ts";
import { seccompFilter } from "./seccomp.ts";

interface Needs {
  /** The server's own folder for sandboxes; it is made. */
  directory: string;
  network: "isolated" | "host";
  /** PATH of the server, where bwrap and pasta are found. */
  searchPath: string;
  /** How many sandboxes of each kind wait for a function, of those whose packages all lie in that folder. */
  prepared?: { packages: string; count: number };
  wall: Clock;
  log: Log;
}

const INSTALL = "install it (apt install bubblewrap)";
const ALLOW = "allow unprivileged user namespaces for it: sysctl kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile for bwrap";
const WEAKER = "or start lambdad with --isolation process, and run only code that you trust";
const HOST_NETWORK = "functions use this machine's own network: they reach every port of it, and the Runtime API of each other (--network host)";
const MIB = 1024 * 1024;

/** bubblewrap, if it keeps here what it promises: a canary is locked in and tries to get out. */
export const findBubblewrap = async ({ directory, network, searchPath, prepared, wall, log }: Needs): Promise<ProbeResult> => {
  const architecture = process.arch;
  if (process.platform !== "linux" || (architecture !== "x64" && architecture !== "arm64")) return { ok: false, why: "bubblewrap needs Linux on x64 or arm64", fix: `run lambdad there, ${WEAKER}` };
  const bwrap = findProgram("bwrap", searchPath);
  if (bwrap === undefined) return { ok: false, why: "bubblewrap is not installed", fix: `${INSTALL}, ${WEAKER}` };

  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const filter = join(directory, "seccomp.bpf");
  writeFileSync(filter, seccompFilter(architecture), { mode: 0o600 });
  const cgroups = await findCgroups({ wall, log });
  await cgroups.sweep();
  const rank: Rank = process.getuid?.() === 0 ? "root" : "user";
  if (rank === "root" && findProgram("setpriv", searchPath) === undefined) return { ok: false, why: "setpriv is not installed", fix: `install util-linux, ${WEAKER}` };
  const isNetworkIsolated = network === "isolated";
  let closed: BubblewrapHost = { bwrap, rank, cgroups, filter, isNetworkIsolated, etc: etcFiles(directory, isNetworkIsolated) };
  const createDriver = (host: BubblewrapHost, warnings: readonly string[] = [], its = log, nurseries?: Nurseries) =>
    createBubblewrapDriver({ host, ...(nurseries === undefined ? {} : { nurseries }), isolation: isolationOf(host, warnings), directory: join(directory, "live"), wall, log: its });

  const python = rank === "root" ? findPython(searchPath) : undefined;
  const networks = python !== undefined && isNetworkIsolated ? createNetworks(python) : undefined;
  const isListening = networks !== undefined && (await tryCanary(createDriver({ ...closed, networks }), directory, [CANARY_PORT])).length === 0;
  if (isListening) closed = { ...closed, networks };
  else await networks?.close();
  const faults = isListening ? [] : await tryCanary(createDriver(closed), directory);
  if (faults.length > 0) {
    await cgroups.close();
    const isForbidden = faults.some((fault) => /uid map|user namespace|Operation not permitted|Permission denied/i.test(fault));
    return { ok: false, why: faults.join("; "), fix: `${isForbidden ? ALLOW : "bring bubblewrap up to date"}, ${WEAKER}` };
  }
  const tryInternet = async (internet: Internet) => {
    const sandbox = await createDriver({ ...closed, internet }, [], silentLog).create({ ...CANARY, id: "canary" });
    await sandbox.destroy();
  };
  const way: Way = isNetworkIsolated ? await findInternet({ searchPath, rank, networks: closed.networks, wall, log }, tryInternet) : { warnings: [HOST_NETWORK] };
  const host = way.internet === undefined ? closed : { ...closed, internet: way.internet };
  const hasNurseries = prepared !== undefined && python?.startsWith("/usr/") === true;
  const nurseries = hasNurseries ? createNurseries({ host, python, ...prepared, directory: join(directory, "nurseries"), secrets: directory, wall, log }) : undefined;
  return { ok: true, driver: createDriver(host, way.warnings, log, nurseries) };
};

const isolationOf = ({ cgroups, isNetworkIsolated, internet }: BubblewrapHost, warnings: readonly string[]): Isolation => ({
  name: "bubblewrap",
  isBoundary: true,
  network: isNetworkIsolated ? "isolated" : "host",
  internet: isNetworkIsolated ? (internet === undefined ? "none" : "pasta") : "host",
  limits: cgroups.limits,
  freezer: cgroups.freezer,
  warnings: [...cgroups.warnings, ...warnings],
});

/** The system's own Python first: others are often scripts that look for one. */
const findPython = (searchPath: string): string | undefined => {
  const folders = searchPath.split(delimiter);
  return findProgram("python3", [...folders.filter((folder) => folder === "/usr/bin"), ...folders].join(delimiter));
};

/** What a sandbox finds in /etc instead of the host's own: its own names, and a resolver that it can reach. */
const etcFiles = (directory: string, isNetworkIsolated: boolean): Record<string, string> => {
  const files = {
    hosts: "127.0.0.1 localhost lambdad sandbox.localdomain sandbox\n::1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    "resolv.conf": isNetworkIsolated ? `nameserver ${RESOLVER_ADDRESS}\n` : readFileSync("/etc/resolv.conf", "utf8"),
  };
  const folder = join(directory, "etc");
  mkdirSync(folder, { recursive: true });
  return Object.fromEntries(
    Object.entries(files).map(([name, content]) => {
      writeFileSync(join(folder, name), content);
      return [name, join(folder, name)];
    }),
  );
};

const CANARY: Omit<SandboxSpec, "id"> = { account: "canary", mounts: [], memoryBytes: 64 * MIB, storageBytes: 8 * MIB, cpus: 1, processesMax: 32, openFilesMax: 64, ports: [] };

const CANARY_PORT = 9_001;

const tryCanary = async (driver: SandboxDriver, directory: string, ports: readonly number[] = []): Promise<string[]> => {
  try {
    const sandbox = await driver.create({ ...CANARY, id: "canary", ports });
    try {
      const running = await sandbox.exec(canaryProgram(directory, driver.isolation.network === "isolated"));
      const [said, errors] = await Promise.all([text(running.stdout), text(running.stderr)]);
      return faultsOf(said, errors);
    } finally {
      await sandbox.destroy();
    }
  } catch (error) {
    return [(error as Error).message];
  }
};
