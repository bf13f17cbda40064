import type { ChildProcess } from "node:child_process";
import { Server, Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { spawnChild } from "./spawn-child.ts";

/** `runtimes/sandbox/networks.py`, running: it takes orders, and answers each by its id. */
export interface NetworkProcess {
  /** Throws nothing: `done` rejects with what failed, or with `Lost`. */
  order(order: Order, told?: Told): { id: number; done: Promise<Answer> };
  /** Nothing more is told of an order. */
  forget(id: number): void;
  kill(): void;
  readonly ended: Promise<void>;
}

export interface Order {
  do: "listen" | "connect" | "hold" | "open" | "knock" | "end";
  [argument: string]: unknown;
}

export interface Answer {
  id: number;
  what: "handle" | "wanted" | "done" | "failed";
  error?: string;
  [fact: string]: unknown;
}

/** What comes of an order beside its end. */
interface Told {
  handle?(handle: Server | Socket, answer: Answer): void;
  /** After it is done; also when the process was lost, and all that it had with it. */
  wanted?(): void;
}

/** The process has gone; what was ordered may not have been done. */
export class Lost extends Error {}

interface Ordered {
  told: Told;
  isDone: boolean;
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

const program = fileURLToPath(new URL("../../runtimes/sandbox/networks.py", import.meta.url));
let ids = 0;

/** Throws when no process can be made. */
export const startNetworkProcess = (python: string): NetworkProcess => {
  const orders = new Map<number, Ordered>();
  const child = spawnChild(python, ["-I", "-S", "-B", program], { env: {}, stdio: ["ignore", "ignore", "pipe", "ipc"] });
  // It shall keep no process from its end.
  child.unref();
  child.channel?.unref();
  child.on("message", (message, handle) => take(orders, message as Answer, handle));
  let why: string | undefined;
  const lose = (reason: string) => {
    why ??= reason;
    for (const [id, { told, isDone, reject }] of orders) {
      orders.delete(id);
      if (isDone) told.wanted?.();
      else reject(new Lost(why));
    }
  };
  return {
    order(order, told = {}) {
      const id = ids++;
      const done = new Promise<Answer>((resolve, reject) => {
        if (why !== undefined) return void reject(new Lost(why));
        orders.set(id, { told, isDone: false, resolve, reject });
        child.send({ id, ...order }, (error) => {
          if (error === null) return;
          // It has ended, and that is not seen here yet.
          child.kill("SIGKILL");
          lose(error.message);
        });
      });
      return { id, done };
    },
    forget: (id) => void orders.delete(id),
    kill() {
      // Somebody waits for its end.
      child.ref();
      child.kill("SIGKILL");
    },
    ended: endOf(child, python).then(lose),
  };
};

const take = (orders: Map<number, Ordered>, answer: Answer, handle: unknown): void => {
  const ordered = orders.get(answer.id);
  if (handle instanceof Server || handle instanceof Socket) {
    if (ordered?.told.handle !== undefined) ordered.told.handle(handle, answer);
    else if (handle instanceof Server) handle.close();
    else handle.destroy();
  }
  if (ordered === undefined) return;
  if (answer.what === "wanted") ordered.told.wanted?.();
  if (answer.what !== "done" && answer.what !== "failed") return;
  ordered.isDone = true;
  if (answer.what === "failed" || ordered.told.wanted === undefined) orders.delete(answer.id);
  if (answer.what === "done") ordered.resolve(answer);
  else ordered.reject(new Error(answer.error));
};

/** Resolves with why. */
const endOf = (child: ChildProcess, python: string): Promise<string> => {
  let said = "";
  child.stderr!.setEncoding("utf8").on("data", (chunk: string) => (said = (said + chunk).slice(-500)));
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(said.trim().split("\n").at(-1) || `${python} ended with ${signal ?? code}`));
  });
};
