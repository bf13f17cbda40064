import type { ChildProcess } from "node:child_process";
import { closeSync, fstatSync, openSync } from "node:fs";
import type { Clock } from "../kit/clock.ts";
import { defaultRoutesOf } from "./default-routes.ts";
import { RESOLVER_ADDRESS, type Connection, type Internet } from "./internet.ts";
import { GATE_DEVICE, type Family } from "./networks.ts";
import { runCommand } from "./run-command.ts";
import { spawnChild } from "./spawn-child.ts";

/** pasta translates the sandbox's traffic into sockets of its own on the host: no privileges, no interface, no firewall rule. */
export interface Pasta {
  /** Resolves when the network of that process has its routes, or with why it has none. When it is aborted, nothing is left of it. */
  start(pid: number, wanted?: Wanted): Promise<Connection>;
}

interface Wanted {
  /** The number of that process's network: it may have ended, and another may have its pid. */
  network?: number;
  /** Some of these may not come any more: it is not waited for them as long as for the first. */
  families?: readonly Family[];
  signal?: AbortSignal;
}

/** No port of the host is forwarded in, none of its loopback is reached from inside, and the gateway is not the host. */
const CLOSED = ["-t", "none", "-u", "none", "-T", "none", "-U", "none", "--no-map-gw"];
const CONNECT_TIMEOUT_MS = 10_000;
const OTHER_FAMILIES_MS = 250;
const LOOK_MS = 2;

interface Needs {
  path: string;
  isRoot: boolean;
  wall: Clock;
}

export const createPasta = ({ path, isRoot, wall }: Needs): Pasta => ({
  async start(pid, wanted = {}) {
    const none = (why: string, close = async () => {}): Connection => ({ failure: `pasta cannot connect a sandbox: ${why}`, close });
    let child: ChildProcess;
    try {
      child = spawnPasta(pid, { path, isRoot, network: wanted.network });
    } catch (error) {
      return none((error as Error).message);
    }
    const said = follow(child);
    const ended = new Promise<void>((resolve) => child.once("close", () => resolve()).once("error", () => resolve()));
    const close = async () => {
      child.kill("SIGKILL");
      await ended;
    };
    const isOver = () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
    if (await routesAppear(pid, { ...wanted, wall, isOver })) return { close };
    await close();
    return none(said() || (wanted.signal?.aborted === true ? "the sandbox has ended" : "no route appeared"), close);
  },
});

/** Each sandbox has its pasta from the beginning. */
export const createInternet = (pasta: Pasta, isRoot: boolean): Internet => ({
  async connect(pid) {
    const [connection, failure] = await Promise.all([pasta.start(pid), closeMetadata(pid, isRoot)]);
    if (failure === undefined || connection.failure !== undefined) return connection;
    await connection.close();
    return { ...connection, failure };
  },
});

const routesAppear = async (pid: number, { families = [], signal, isOver, wall }: Wanted & { isOver: () => boolean; wall: Clock }): Promise<boolean> => {
  let end = wall.monotonic() + CONNECT_TIMEOUT_MS;
  let hasSome = false;
  while (true) {
    const found = defaultRoutesOf(pid, GATE_DEVICE);
    if (found.size > 0 && families.every((family) => found.has(family))) return true;
    if (found.size > 0 && !hasSome) {
      hasSome = true;
      end = Math.min(end, wall.monotonic() + OTHER_FAMILIES_MS);
    }
    if (signal?.aborted === true || isOver()) return false;
    if (wall.monotonic() > end) return hasSome;
    await wall.sleep(LOOK_MS);
  }
};

/** The cloud's own services at fixed addresses give the machine's credentials to whoever asks from it. */
const METADATA = { v4: "169.254.169.254/32", v6: "fd00:ec2::254/128" };

/** Routes in the sandbox's own network, where no handler can take them away. */
const closeMetadata = async (pid: number, isRoot: boolean): Promise<string | undefined> => {
  const namespaces = [...(isRoot ? [] : [`--user=/proc/${pid}/ns/user`, "--preserve-credentials"]), `--net=/proc/${pid}/ns/net`];
  // A machine without IPv6 has nothing to close there.
  const { code, stderr } = await runCommand("nsenter", [...namespaces, "sh", "-c", `ip route replace blackhole ${METADATA.v4} && { ip -6 route replace blackhole ${METADATA.v6} 2>/dev/null || true; }`], { timeoutMs: CONNECT_TIMEOUT_MS, env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" } });
  return code === 0 ? undefined : `the cloud's metadata service cannot be closed off: ${stderr.trim()} (apt install iproute2 util-linux)`;
};

const spawnPasta = (pid: number, { path, isRoot, network: wanted }: { path: string; isRoot: boolean; network: number | undefined }): ChildProcess => {
  // As root it has given up the right to look at a process with capabilities: the network is handed to it.
  const network = openSync(`/proc/${pid}/ns/net`, "r");
  const who = isRoot ? ["--runas", "0", "--netns-only", "--netns", "/proc/self/fd/3"] : [String(pid)];
  // It must not outlive a server that is killed.
  const line = ["--pdeathsig", "KILL", path, "--foreground", "--quiet", "--config-net", ...CLOSED, "--dns-forward", RESOLVER_ADDRESS, ...who];
  try {
    if (wanted !== undefined && fstatSync(network).ino !== wanted) throw new Error("the sandbox has ended");
    return spawnChild("setpriv", line, { env: { PATH: "/usr/bin:/bin" }, stdio: ["ignore", "ignore", "pipe", network] });
  } finally {
    closeSync(network);
  }
};

const follow = (child: ChildProcess): (() => string) => {
  let said = "";
  child.stderr!.setEncoding("utf8").on("data", (chunk: string) => (said = (said + chunk).slice(-500)));
  child.once("error", (error) => (said = error.message));
  return () => said.split("\n").filter((line) => line !== "" && !line.includes("syslog")).map((line) => line + fixFor(line)).join("; ");
};

const fixFor = (line: string): string => (line.includes("tun socket") ? " (this user may not open /dev/net/tun: chmod 666 /dev/net/tun)" : "");
