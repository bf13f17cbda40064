import { Server, Socket } from "node:net";
import { Lost, startNetworkProcess, type Answer, type NetworkProcess } from "./network-process.ts";

/** Works in the networks of sandboxes, from outside. */
export interface Networks {
  /** On 127.0.0.1 of the network of that process. Rejects with why it cannot be. */
  listen(pid: number, ports: readonly number[]): Promise<ReadonlyMap<number, Server>>;
  /** To 127.0.0.1 of the network of that process. Rejects when nobody listens there. */
  connect(pid: number, port: number, signal?: AbortSignal): Promise<Socket>;
  /** Holds what leaves the network of that process, until there is a way out. Calls once when that is wanted. Rejects with why it cannot be. */
  hold(pid: number, onWanted: () => void): Promise<Gate>;
  close(): Promise<void>;
}

export type Family = "IPv4" | "IPv6";

/** Where a sandbox's way to the internet will be. It has a default route of its own, worse than any other, and the cloud's metadata service is closed off for good. */
export interface Gate {
  /** The network's own number, as long as the gate is there. */
  readonly network: number;
  /** What it holds. */
  readonly families: readonly Family[];
  /** As if somebody inside had sent something, but it goes no further than pasta. Resolves with the number of packets. */
  knock(): Promise<number>;
  /** There is a way out now: what was held leaves by it, and the gate goes. Resolves with the number of packets. */
  open(): Promise<number>;
  /** There will be no way out: the gate goes, and what was held is lost. */
  remove(): void;
  /** The network ends. */
  close(): void;
}

/** The name of its device. */
export const GATE_DEVICE = "lambdad";

/**
 * A socket belongs to the network that it was made in. One process of ours, root as the server is, steps into one network after the other, which takes it a
 * fraction of a millisecond; a Node in each sandbox (`listen.mjs`, `dial.mjs`) takes a whole start of Node. It is Python because Node cannot make that system call.
 */
export const createNetworks = (python: string): Networks => {
  let current: NetworkProcess | undefined;
  let isClosed = false;

  const start = (): NetworkProcess => {
    const started = startNetworkProcess(python);
    void started.ended.then(() => {
      if (current === started) current = undefined;
    });
    return started;
  };
  /** Once more with a new process where that one was lost. */
  const attempt = async <T>(complaint: string, work: (process: NetworkProcess) => Promise<T>): Promise<T> => {
    const once = async (): Promise<T> => {
      if (isClosed) throw new Error("it is closed");
      const process = (current ??= start());
      return work(process).catch((error: unknown) => {
        if (error instanceof Lost && current === process) current = undefined;
        throw error;
      });
    };
    try {
      return await once().catch((error: unknown) => (error instanceof Lost && !isClosed ? once() : Promise.reject(error)));
    } catch (error) {
      throw new Error(`${complaint}: ${(error as Error).message}`, { cause: error });
    }
  };

  return {
    listen: (pid, ports) => attempt("nobody can listen in a sandbox's network", (process) => listenBy(process, pid, ports)),
    connect: (pid, port, signal) => attempt(`nobody can connect to port ${port} in a sandbox's network`, (process) => connectBy(process, pid, port, signal)),
    hold: (pid, onWanted) => attempt("nothing can be held in a sandbox's network", (process) => holdBy(process, pid, onWanted)),
    async close() {
      isClosed = true;
      const last = current;
      last?.kill();
      await last?.ended;
    },
  };
};

const listenBy = async (process: NetworkProcess, pid: number, ports: readonly number[]): Promise<ReadonlyMap<number, Server>> => {
  const servers = new Map<number, Server>();
  try {
    await process.order({ do: "listen", pid, ports }, { handle: (server, { port }) => void (server instanceof Server && servers.set(port as number, server)) }).done;
    return servers;
  } catch (error) {
    for (const server of servers.values()) server.close();
    throw error;
  }
};

const connectBy = async (process: NetworkProcess, pid: number, port: number, signal?: AbortSignal): Promise<Socket> => {
  let socket: Socket | undefined;
  const { id, done } = process.order({ do: "connect", pid, port }, { handle: (handle) => void (handle instanceof Socket && (socket = handle)) });
  const aborted = new Promise<never>((_resolve, reject) => {
    signal?.throwIfAborted();
    signal?.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
  try {
    await Promise.race([done, aborted]);
  } catch (error) {
    socket?.destroy();
    process.forget(id);
    end(process, id);
    throw error;
  }
  if (socket === undefined) throw new Error("the connection was lost");
  return socket;
};

const holdBy = async (process: NetworkProcess, pid: number, onWanted: () => void): Promise<Gate> => {
  const { id, done } = process.order({ do: "hold", pid }, { wanted: onWanted });
  const { network, families } = await done;
  const packets = async (answer: Promise<Answer>) => (await answer)["packets"] as number;
  return {
    network: network as number,
    families: families as Family[],
    knock: () => packets(process.order({ do: "knock", gate: id }).done),
    open() {
      process.forget(id);
      return packets(process.order({ do: "open", gate: id, isWayOut: true }).done);
    },
    remove() {
      process.forget(id);
      process.order({ do: "open", gate: id, isWayOut: false }).done.catch(() => {});
    },
    close() {
      process.forget(id);
      end(process, id);
    },
  };
};

/** Where the process is lost, the order is. */
const end = (process: NetworkProcess, order: number): void => void process.order({ do: "end", order }).done.catch(() => {});
