import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { text } from "node:stream/consumers";
import type { Clock } from "../kit/clock.ts";
import { silentLog, type Log } from "../kit/log.ts";
import type { Rank } from "./bubblewrap-arguments.ts";
import { createBubblewrapDriver, type BubblewrapHost } from "./bubblewrap.ts";
import { findCgroups } from "./cgroup.ts";
import { findInternet, type Way } from "./find-internet.ts";
import { findProgram } from "./find-program.ts";
import { RESOLVER_ADDRESS, type Internet } from "./internet.ts";
import { createNetworks, type Networks } from "./networks.ts";
import type { Isolation, ProbeResult, SandboxDriver, SandboxSpec } from "./sandbox.ts";
import { seccompFilter } from "./seccomp.ts";

interface Needs {
  /** The server's own folder for sandboxes; it is made. */
  directory: string;
  network: "isolated" | "host";
  /** PATH of the server, where bwrap and pasta are found. */
  searchPath: string;
  wall: Clock;
  log: Log;
}

const INSTALL = "install it (apt install bubblewrap)";
const ALLOW = "allow unprivileged user namespaces for it: sysctl kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile for bwrap";
const WEAKER = "or start lambdad with --isolation process, and run only code that you trust";
const HOST_NETWORK = "functions use this machine's own network: they reach every port of it, and the Runtime API of each other (--network host)";
const MIB = 1024 * 1024;

/** bubblewrap, if it keeps here what it promises: a canary is locked in and tries to get out. */
export const findBubblewrap = async ({ directory, network, searchPath, wall, log }: Needs): Promise<ProbeResult> => {
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
  const createDriver = (host: BubblewrapHost, warnings: readonly string[] = [], its = log) =>
    createBubblewrapDriver({ host, isolation: isolationOf(host, warnings), directory: join(directory, "live"), wall, log: its });

  const networks = rank === "root" && isNetworkIsolated ? findNetworks(searchPath) : undefined;
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
  return { ok: true, driver: createDriver(way.internet === undefined ? closed : { ...closed, internet: way.internet }, way.warnings) };
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
const findNetworks = (searchPath: string): Networks | undefined => {
  const folders = searchPath.split(delimiter);
  const python = findProgram("python3", [...folders.filter((folder) => folder === "/usr/bin"), ...folders].join(delimiter));
  return python === undefined ? undefined : createNetworks(python);
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

/** Each line that it prints but the last is something that it could do and must not. */
const canaryScript = (directory: string, isNetworkIsolated: boolean): string => `
[ "$(id -u)" != 0 ] || echo "a program is root in its sandbox"
[ ! -e '${directory}' ] || echo "the server's data can be seen"
[ ! -e /root ] && [ ! -e /home ] && [ ! -e /var/lib ] || echo "the host's files can be seen"
(: > /lambdad-canary) 2>/dev/null && echo "the root can be written"
(: > /usr/lambdad-canary) 2>/dev/null && echo "/usr can be written"
(: > /tmp/lambdad-canary) 2>/dev/null || echo "/tmp cannot be written"
tr '\\0' '\\n' < /proc/1/environ 2>/dev/null | grep -q -v '^PWD=/$' && echo "the first process has an environment of the server's"
grep -q '^CapEff:.*[1-9a-f]' /proc/self/status && echo "a program has capabilities"
grep -q '^NoNewPrivs:.*1' /proc/self/status || echo "a program may gain privileges"
grep -q '^Seccomp:.*2' /proc/self/status || echo "system calls are not filtered"
unshare --user true 2>/dev/null && echo "a program can make namespaces"
${isNetworkIsolated ? `[ "$(grep -c : /proc/net/dev)" = 1 ] || echo "a network of the host's can be seen"` : ""}
echo locked in`;

const CANARY_PORT = 9_001;

const tryCanary = async (driver: SandboxDriver, directory: string, ports: readonly number[] = []): Promise<string[]> => {
  try {
    const sandbox = await driver.create({ ...CANARY, id: "canary", ports });
    try {
      const script = canaryScript(directory, driver.isolation.network === "isolated");
      const running = await sandbox.exec({ command: "/bin/sh", args: ["-c", script], env: { PATH: "/usr/bin:/bin" }, directory: "/" });
      const [said, errors] = await Promise.all([text(running.stdout), text(running.stderr)]);
      const lines = said.trimEnd().split("\n");
      return lines.at(-1) === "locked in" ? lines.slice(0, -1) : [`a canary did not come back from its sandbox: ${errors.trim() || said}`];
    } finally {
      await sandbox.destroy();
    }
  } catch (error) {
    return [(error as Error).message];
  }
};
