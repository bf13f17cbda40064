import type { ChildProcess } from "node:child_process";
import { Socket } from "node:net";
import { fileURLToPath } from "node:url";
import type { Clock, Timer } from "../kit/clock.ts";
import type { Rank } from "./bubblewrap-arguments.ts";
import type { Networks } from "./networks.ts";
import { spawnChild } from "./spawn-child.ts";

/** Connects to what listens in a sandbox's own network. */
export interface Dialer {
  /** Rejects when nobody listens, or the network cannot be entered. */
  connect(firstPid: number, port: number): Promise<Socket>;
  /** The connections that were made stay. */
  close(): Promise<void>;
}

interface Dialling {
  resolve(socket: Socket): void;
  reject(error: Error): void;
}

interface Started {
  child: ChildProcess;
  firstPid: number;
  ended: Promise<void>;
}

/** Its process costs memory of the host: it goes when nobody has asked for this long. */
const IDLE_MS = 5_000;
const program = fileURLToPath(new URL("../../runtimes/sandbox/dial.mjs", import.meta.url));

/** By the process that works in all networks. */
export const createDialer = (networks: Networks): Dialer => {
  const closing = new AbortController();
  return {
    connect: (firstPid, port) => networks.connect(firstPid, port, closing.signal),
    close: async () => closing.abort(new Error("a sandbox's network cannot be entered: it is closed")),
  };
};

/**
 * Where that one is not there. A socket belongs to the network that it was made in. A process of ours enters that one network, and nothing else of the sandbox, connects there, and hands
 * the connection out: nobody in the sandbox can see it, and no port of the host is opened.
 */
export const createDialerInside = ({ rank, wall }: { rank: Rank; wall: Clock }): Dialer => {
  const waiting = new Map<number, Dialling>();
  let started: Started | undefined;
  let idle: Timer | undefined;
  let dials = 0;
  let isClosed = false;

  const failAll = (why: string) => {
    for (const { reject } of waiting.values()) reject(new Error(`a sandbox's network cannot be entered: ${why}`));
    waiting.clear();
  };
  const start = (firstPid: number): Started => {
    const user = rank === "user" ? [`--user=/proc/${firstPid}/ns/user`, "--preserve-credentials"] : [];
    const child = spawnChild("nsenter", [...user, `--net=/proc/${firstPid}/ns/net`, process.execPath, "--no-warnings", program], { env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" }, stdio: ["ignore", "ignore", "ignore", "ipc"] });
    child.on("message", (message, socket) => {
      const { id, error } = message as { id: number; error?: string };
      const dialling = waiting.get(id);
      waiting.delete(id);
      if (started?.child === child) rest();
      if (socket instanceof Socket && dialling !== undefined) dialling.resolve(socket);
      else if (socket instanceof Socket) socket.destroy();
      else dialling?.reject(new Error(error ?? "the connection was lost"));
    });
    const ended = new Promise<void>((resolve) => {
      const end = (why: string) => {
        if (started?.child === child) {
          started = undefined;
          failAll(why);
        }
        resolve();
      };
      child.once("error", (error) => end(error.message));
      child.once("close", (code, signal) => end(`nsenter ended with ${signal ?? code}`));
    });
    return { child, firstPid, ended };
  };
  /** It goes soon, unless somebody waits for it still. */
  const rest = () => {
    idle?.cancel();
    idle = wall.at(wall.now() + IDLE_MS, "dialer", () => {
      if (waiting.size === 0) void stop();
    });
  };
  const stop = async () => {
    idle?.cancel();
    const last = started;
    started = undefined;
    failAll("it is closed");
    last?.child.kill("SIGKILL");
    await last?.ended;
  };

  return {
    async connect(firstPid, port) {
      // Another first process is another network.
      if (started !== undefined && started.firstPid !== firstPid) await stop();
      if (isClosed) throw new Error("a sandbox's network cannot be entered: it is closed");
      started ??= start(firstPid);
      rest();
      const { child } = started;
      const id = dials++;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        child.send({ id, port }, (error) => {
          if (error !== null && waiting.delete(id)) reject(error);
        });
      });
    },
    close() {
      isClosed = true;
      return stop();
    },
  };
};
