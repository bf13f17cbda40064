import type { Server, Socket } from "node:net";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { bubblewrapArguments } from "../bubblewrap-arguments.ts";
import { isServer } from "../inner-ports.ts";
import { namespacedPid } from "../process-table.ts";
import { uidOf } from "../run-script.ts";
import { spawnChild } from "../spawn-child.ts";
import { copyingArgs, PLACE, PLACES, type Copying } from "./copying.ts";
import type { Kind } from "./kind.ts";

/** A nursery in its own sandbox: `runtimes/sandbox/nursery/nursery.py`, made by bubblewrap, with all that sandboxes of its kind find. */
export interface Cage {
  /** A sandbox whose first process waits to be entered. */
  make(id: string, storageBytes: number): Promise<Made>;
  /** Puts the program that is started in advance into a sandbox, where it waits to be released: it must be in its group first, and the sandbox entered. `pid` is the host's, `inner` the sandbox's. */
  copy(id: string, first: number): Promise<{ pid: number; inner: number }>;
  release(id: string): Promise<void>;
  /** Folders below the packages', read-only; an empty one where there is none. `storageBytes` is the new size of /tmp. */
  mount(id: string, mounts: readonly { source: string | undefined; target: string }[], storageBytes: number | undefined): Promise<void>;
  /** The server's ends of what a program will be given. */
  open(id: string, run: string, roles: readonly Role[]): Promise<Ends>;
  close(): Promise<void>;
  readonly ended: Promise<void>;
}

export type Role = "stdout" | "stderr" | "log" | "channel";
export type Ends = Partial<Record<Role, Socket>>;

export interface Made {
  /** Of its first process, on the host. */
  pid: number;
  servers: ReadonlyMap<number, Server>;
  /** Orders go in, and what became of them comes out. */
  control: Socket;
  /** Of the program that is started in advance. */
  waiting: Ends;
  /** That program is a copy, to be made by `copy`: nothing starts it. */
  isCopied: boolean;
  /** Nothing runs in it any more. */
  ended: Promise<void>;
}

interface Needs {
  bwrap: string;
  /** The system's own, below /usr. */
  python: string;
  etc: Readonly<Record<string, string>>;
  /** The compiled seccomp program of the sandboxes, a file. */
  filter: string;
  /** A folder that holds every function's packages. */
  packages: string;
  /** What it takes to copy a Node.js. */
  copying: Copying | undefined;
  isNetworkIsolated: boolean;
}

interface Making {
  servers: Map<number, Server>;
  ended: PromiseWithResolvers<void>;
  pid: number;
  control?: Socket;
  isCopied: boolean;
  /** Its program, when it is a copy. */
  copy?: { forked: number; inner: number };
  runs: Map<string, Ends>;
}

interface Message {
  ready?: true;
  ask?: number;
  error?: string;
  id?: string;
  port?: number;
  run?: string;
  role?: Role | "control";
  pid?: number;
  isCopied?: boolean;
  forked?: number;
  inner?: number;
  ended?: true;
}

const PYTHON_CLIENT = ["python"];
const SYSTEM_ARGS = ["-I", "-S", "-B"];
const WAITING_ROLES: readonly Role[] = ["stdout", "stderr", "channel"];
const programs = fileURLToPath(new URL("../../../runtimes/sandbox/nursery", import.meta.url));
/** What it takes to make a sandbox, beside what is needed inside one. */
const CAPABILITIES = ["CAP_SYS_ADMIN", "CAP_SYS_CHROOT", "CAP_NET_ADMIN"];
/** libc looks once whether these are there; packages that are mounted later may have them. */
const LIBRARIES = ["/var/task/lib", "/opt/lib"];

/** Rejects with why there is none. */
export const openCage = async (kind: Kind, needs: Needs): Promise<Cage> => {
  const roles = kind.waiting === undefined ? [] : WAITING_ROLES;
  const { child, said, pid } = launch(kind, needs);
  const made = new Map<string, Making>();
  const asked = new Map<number, PromiseWithResolvers<void>>();
  const ready = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  let orders = 0;
  let hasEnded = false;

  const end = (why: string) => {
    hasEnded = true;
    const error = new Error(`a nursery ended: ${said() || why}`);
    ready.reject(error);
    for (const { reject } of asked.values()) reject(error);
    for (const one of made.values()) forget(one);
    ended.resolve();
  };
  // What is sent to one that has ended is an error too; why it ended is told by its end.
  child.on("error", (error) => child.pid === undefined && end(error.message));
  child.once("close", (code, signal) => end(`with ${signal ?? code}`));
  const take = ({ ready: isReady, ask, error, id = "", port, run, role, pid: first, isCopied, forked, inner, ended: isGone }: Message, handle: unknown) => {
    if (isReady === true) ready.resolve();
    if (ask !== undefined) {
      if (error === undefined) asked.get(ask)?.resolve();
      else asked.get(ask)?.reject(new Error(`a nursery could not do what it was told: ${error}`));
      asked.delete(ask);
    }
    const one = made.get(id);
    if (one === undefined) return isServer(handle) ? void handle.close() : void (handle as Socket | undefined)?.destroy();
    if (isServer(handle)) one.servers.set(port!, handle);
    if (role === "control") Object.assign(one, { control: handle, pid: first, isCopied });
    else if (role !== undefined) one.runs.set(run!, { ...one.runs.get(run!), [role]: whole(handle as Socket) });
    if (forked !== undefined) one.copy = { forked, inner: inner! };
    if (isGone !== true) return;
    made.delete(id);
    forget(one);
  };
  child.on("message", (message, handle) => take(message as Message, handle));
  const order = (what: Record<string, unknown>): Promise<void> => {
    const done = Promise.withResolvers<void>();
    if (hasEnded) done.reject(new Error("a nursery has ended"));
    else {
      asked.set(orders, done);
      child.send({ ...what, ask: orders++ }, (error) => error !== null && done.reject(error));
    }
    return done.promise;
  };

  child.send(factsFor(kind, needs), () => {});
  await ready.promise;
  const nursery = await pid;

  return {
    ended: ended.promise,
    async make(id, storageBytes) {
      const one: Making = { servers: new Map(), ended: Promise.withResolvers(), runs: new Map(), pid: 0, isCopied: false };
      made.set(id, one);
      await order({ do: "make", id, storageBytes, ports: kind.ports, roles }).catch((error: unknown) => {
        made.delete(id);
        forget(one);
        throw error;
      });
      const onHost = namespacedPid(nursery, one.pid);
      if (onHost === undefined) throw new Error("a sandbox ended while it was made");
      const waiting = one.runs.get("waiting") ?? {};
      one.runs.delete("waiting");
      return { pid: onHost, servers: one.servers, control: whole(one.control!), waiting, isCopied: one.isCopied, ended: one.ended.promise };
    },
    async copy(id, first) {
      await order({ do: "copy", id });
      const { forked, inner } = made.get(id)?.copy ?? {};
      const onHost = forked === undefined ? undefined : namespacedPid(first, forked);
      if (onHost === undefined) throw new Error("a sandbox ended while a runtime was copied into it");
      return { pid: onHost, inner: inner! };
    },
    release: (id) => order({ do: "release", id }),
    mount: (id, mounts, storageBytes) => order({ do: "mount", id, mounts: mounts.map(({ source, target }) => [source === undefined ? "" : source.slice(needs.packages.length), target]), ...(storageBytes === undefined ? {} : { storageBytes }) }),
    async open(id, run, wanted) {
      await order({ do: "pipes", id, run, roles: wanted });
      const ends = made.get(id)?.runs.get(run);
      if (ends === undefined) throw new Error("a sandbox ended while a program was started in it");
      made.get(id)!.runs.delete(run);
      return ends;
    },
    async close() {
      child.kill("SIGKILL");
      await ended.promise;
    },
  };
};

/** What nobody has taken of it is closed. */
const forget = ({ servers, control, runs, ended }: Making) => {
  for (const server of servers.values()) server.close();
  control?.destroy();
  for (const ends of runs.values()) for (const end of Object.values(ends)) end.destroy();
  ended.resolve();
};

/** What goes wrong with it is noticed by its end. */
const whole = (socket: Socket): Socket => socket.on("error", () => socket.destroy());

const factsFor = ({ account, openFilesMax, waiting }: Kind, { isNetworkIsolated, copying }: Needs) => {
  if (waiting === undefined) return { isNetworkIsolated };
  const uid = uidOf(account);
  const who = { uid, gid: uid, files: openFilesMax };
  const { command, args, env } = waiting;
  return {
    isNetworkIsolated,
    waiting: { command, args, env, ...who, directory: "/" },
    ...(waiting.forksAs === "nodejs" && copying !== undefined ? { copied: { command, args: copyingArgs(args), env, filter: PLACES.forkFilter, who } } : {}),
  };
};

const launch = ({ mounts, waiting }: Kind, { bwrap, python, etc, filter, packages, copying, isNetworkIsolated }: Needs) => {
  const isPython = waiting?.forksAs === "python";
  const isNode = waiting?.forksAs === "nodejs" && copying !== undefined;
  const inside = [
    ...mounts,
    { source: packages, target: join(PLACE, "packages") },
    { source: programs, target: join(PLACE, "nursery") },
    { source: filter, target: PLACES.filter },
    ...(isNode ? [{ source: copying.koffi, target: PLACES.koffi }, { source: copying.filter, target: PLACES.forkFilter }] : []),
  ];
  const line = isPython ? [waiting.command, ...waiting.args.slice(0, -1), join(PLACE, "nursery", "nursery.py"), ...PYTHON_CLIENT] : [python, ...SYSTEM_ARGS, join(PLACE, "nursery", "nursery.py")];
  const args = [
    ...bubblewrapArguments({ rank: "root", isNetworkIsolated, mounts: inside, storageBytes: 1 << 20, etc, capabilities: CAPABILITIES, place: PLACE, folders: [join(PLACE, "empty"), ...LIBRARIES] }),
    ...Object.entries(isPython ? waiting.env : {}).flatMap(([name, value]) => ["--setenv", name, value]),
    "--info-fd", "4", "--", ...line,
  ];
  const child = spawnChild(bwrap, args, { env: {}, stdio: ["ignore", "ignore", "pipe", "ipc", "pipe"] });
  let said = "";
  child.stderr!.setEncoding("utf8").on("data", (chunk: string) => (said = (said + chunk).slice(-2_000)));
  const pid = text(child.stdio[4] as Readable).then((facts) => Number(/"child-pid": (\d+)/.exec(facts)?.[1]));
  pid.catch(() => {});
  return { child, pid, said: () => said.trim().split("\n").at(-1) ?? "" };
};
