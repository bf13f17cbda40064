import type { ChildProcess } from "node:child_process";
import { Server } from "node:net";
import { fileURLToPath } from "node:url";
import { spawnChild } from "./spawn-child.ts";

/** Listens in the networks of sandboxes, from outside. */
export interface NetworkListener {
  /** On 127.0.0.1 of the network of that process. Rejects with why it cannot be. */
  listen(pid: number, ports: readonly number[]): Promise<ReadonlyMap<number, Server>>;
  close(): Promise<void>;
}

interface Listening {
  by: ChildProcess;
  servers: Map<number, Server>;
  wanted: number;
  resolve(servers: ReadonlyMap<number, Server>): void;
  reject(error: Error): void;
}

/** Its process has gone; what was ordered may not have been done. */
class Lost extends Error {}

const complaint = (why: string): string => `nobody can listen in a sandbox's network: ${why}`;
const program = fileURLToPath(new URL("../../runtimes/sandbox/listen.py", import.meta.url));

/**
 * A socket belongs to the network that it was made in. One process of ours, root as the server is, steps into one network after the other, which takes it a
 * fraction of a millisecond; a Node in each sandbox (`listen.mjs`) takes a whole start of Node. It is Python because Node cannot make that system call.
 */
export const createNetworkListener = (python: string): NetworkListener => {
  const waiting = new Map<number, Listening>();
  let child: ChildProcess | undefined;
  let ended: Promise<void> = Promise.resolve();
  let orders = 0;
  let isClosed = false;

  const failAllOf = (ended: ChildProcess, why: string) => {
    for (const [id, { by, servers, reject }] of waiting) {
      if (by !== ended) continue;
      for (const server of servers.values()) server.close();
      reject(new Lost(complaint(why)));
      waiting.delete(id);
    }
  };
  const take = ({ id, port, error }: { id: number; port: number; error?: string }, server: unknown) => {
    const one = waiting.get(id);
    if (server instanceof Server && one !== undefined) one.servers.set(port, server);
    else if (server instanceof Server) server.close();
    if (one === undefined) return;
    if (error !== undefined) one.reject(new Error(complaint(error)));
    else if (one.servers.size === one.wanted) one.resolve(one.servers);
    else return;
    waiting.delete(id);
  };
  const start = (): ChildProcess => {
    const started = spawnChild(python, ["-I", "-S", program], { env: {}, stdio: ["ignore", "ignore", "pipe", "ipc"] });
    // It shall keep no process from its end.
    started.unref();
    started.channel?.unref();
    let said = "";
    started.stderr!.setEncoding("utf8").on("data", (chunk: string) => (said = (said + chunk).slice(-500)));
    started.on("message", (message, server) => take(message as never, server));
    ended = new Promise((resolve) => {
      const end = (why: string) => {
        if (child === started) child = undefined;
        failAllOf(started, said.trim().split("\n").at(-1) || why);
        resolve();
      };
      started.once("error", (error) => end(error.message));
      started.once("close", (code, signal) => end(`${python} ended with ${signal ?? code}`));
    });
    return started;
  };

  const order = (pid: number, ports: readonly number[]): Promise<ReadonlyMap<number, Server>> => {
    const asked = (child ??= start());
    const id = orders++;
    return new Promise((resolve, reject) => {
      waiting.set(id, { by: asked, servers: new Map(), wanted: ports.length, resolve, reject });
      asked.send({ id, pid, ports }, (error) => {
        if (error === null || !waiting.delete(id)) return;
        // It has ended, and that is not seen here yet.
        if (child === asked) child = undefined;
        asked.kill("SIGKILL");
        reject(new Lost(complaint(error.message)));
      });
    });
  };

  return {
    /** Once more with a new process where that one was lost. */
    async listen(pid, ports) {
      try {
        return await order(pid, ports);
      } catch (error) {
        if (!(error instanceof Lost) || isClosed) throw error;
        return order(pid, ports);
      }
    },
    async close() {
      isClosed = true;
      child?.kill("SIGKILL");
      await ended;
    },
  };
};
