import type { ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import type { Clock } from "../kit/clock.ts";
import { runCommand } from "./run-command.ts";
import { spawnChild } from "./spawn-child.ts";

/** How a sandbox with a network of its own reaches the internet. */
export interface Internet {
  /** Gives the network of this process a way out. Never rejects: a sandbox without one is a sandbox still. */
  connect(pid: number): Promise<Connection>;
}

export interface Connection {
  /** What pasta said, where there is no way out. */
  failure?: string;
  close(): Promise<void>;
}

/** Names are resolved at this address inside; pasta asks the host's own resolvers. It is where AWS's VPC resolver answers. */
export const RESOLVER_ADDRESS = "169.254.169.253";

/** No port of the host is forwarded in, none of its loopback is reached from inside, and the gateway is not the host. */
const CLOSED = ["-t", "none", "-u", "none", "-T", "none", "-U", "none", "--no-map-gw"];
const CONNECT_TIMEOUT_MS = 10_000;
const LOOK_MS = 2;

/** pasta translates the sandbox's traffic into sockets of its own on the host: no privileges, no interface, no firewall rule. */
export const createPasta = ({ path, isRoot, wall }: { path: string; isRoot: boolean; wall: Clock }): Internet => ({
  async connect(pid) {
    let child: ChildProcess;
    try {
      child = start(pid, { path, isRoot });
    } catch (error) {
      return { failure: `pasta cannot connect a sandbox: ${(error as Error).message}`, close: async () => {} };
    }
    const said = follow(child);
    const closing = closeMetadata(pid, isRoot);
    const ended = new Promise<void>((resolve) => child.once("close", () => resolve()).once("error", () => resolve()));
    const close = async () => {
      child.kill("SIGKILL");
      await ended;
    };
    const end = wall.monotonic() + CONNECT_TIMEOUT_MS;
    while (!hasDefaultRoute(pid)) {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined || wall.monotonic() > end) {
        await close();
        return { failure: `pasta cannot connect a sandbox: ${said() || "no route appeared"}`, close };
      }
      await wall.sleep(LOOK_MS);
    }
    const failure = await closing;
    if (failure === undefined) return { close };
    await close();
    return { failure, close };
  },
});

/** The cloud's own services at fixed addresses give the machine's credentials to whoever asks from it. */
const METADATA = { v4: "169.254.169.254/32", v6: "fd00:ec2::254/128" };

/** Routes in the sandbox's own network, where no handler can take them away. */
const closeMetadata = async (pid: number, isRoot: boolean): Promise<string | undefined> => {
  const namespaces = [...(isRoot ? [] : [`--user=/proc/${pid}/ns/user`, "--preserve-credentials"]), `--net=/proc/${pid}/ns/net`];
  // A machine without IPv6 has nothing to close there.
  const { code, stderr } = await runCommand("nsenter", [...namespaces, "sh", "-c", `ip route add blackhole ${METADATA.v4} && { ip -6 route add blackhole ${METADATA.v6} 2>/dev/null || true; }`], { timeoutMs: CONNECT_TIMEOUT_MS, env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" } });
  return code === 0 ? undefined : `the cloud's metadata service cannot be closed off: ${stderr.trim()} (apt install iproute2 util-linux)`;
};

const start = (pid: number, { path, isRoot }: { path: string; isRoot: boolean }): ChildProcess => {
  // As root it has given up the right to look at a process with capabilities: the network is handed to it.
  const network = openSync(`/proc/${pid}/ns/net`, "r");
  const who = isRoot ? ["--runas", "0", "--netns-only", "--netns", "/proc/self/fd/3"] : [String(pid)];
  // It must not outlive a server that is killed.
  const line = ["--pdeathsig", "KILL", path, "--foreground", "--quiet", "--config-net", ...CLOSED, "--dns-forward", RESOLVER_ADDRESS, ...who];
  try {
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

/** The kernel's own word: a route to 0.0.0.0 in the network of that process, or one to ::/0. */
const hasDefaultRoute = (pid: number): boolean => {
  const lines = (name: string): string[] => {
    try {
      return readFileSync(`/proc/${pid}/net/${name}`, "utf8").split("\n");
    } catch {
      return [];
    }
  };
  return (
    lines("route").some((line) => line.split("\t")[1] === "00000000") ||
    lines("ipv6_route").some((line) => /^0{32} 00 /.test(line) && !line.trimEnd().endsWith(" lo"))
  );
};
