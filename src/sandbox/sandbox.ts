import type { Readable } from "node:stream";
import type { Socket } from "node:net";

export type IsolationName = "bubblewrap" | "process";

/** What a driver keeps apart, told at start, in `health`, and in SECURITY.md. */
export interface Isolation {
  name: IsolationName;
  /** False: handlers run as the server's user, with all it may do. */
  isBoundary: boolean;
  network: "isolated" | "host";
  /** How the internet is reached from `isolated`: `pasta`, or `none`. */
  internet: "pasta" | "none" | "host";
  /** Which limits are enforced by the kernel: `memory`, `pids`, `cpu` through cgroups; `none` means a watchdog. */
  limits: readonly ("memory" | "cpu" | "pids")[];
  freezer: "cgroup" | "signal";
  /** What it does not protect against, in plain words. */
  warnings: readonly string[];
}

export interface Mount {
  /** On the host. */
  source: string;
  /** In the sandbox. The process driver has no mounts: `Sandbox.path` tells where a target really is. */
  target: string;
}

export interface SandboxSpec {
  /** Ours; safe in file names. */
  id: string;
  /** The account whose code it is: where the server may, each runs as a user of its own. */
  account: string;
  /** Read-only: code at /var/task, layers at /opt, the bootstrap at /var/runtime, the interpreter at its own path. */
  mounts: readonly Mount[];
  memoryBytes: number;
  /** /tmp. */
  storageBytes: number;
  /** Share of the CPU: 1 is one core. */
  cpus: number;
  processesMax: number;
  /** How many of them are programs that `exec` starts; one unless said. */
  programsMax?: number;
  openFilesMax: number;
  /** TCP ports on 127.0.0.1 of the sandbox's own network that this server will answer. Drivers without one pick free ports. */
  ports: readonly number[];
  /** A program that a driver may start in advance, in a sandbox that is nobody's yet. */
  waiting?: WaitingProgram;
}

/** A program that knows nothing of the function: it waits on CHANNEL_DESCRIPTOR for what it is to become. */
export interface WaitingProgram {
  command: string;
  args: readonly string[];
  env: Environment;
  /**
   * `python`: its last argument is `/var/runtime/waiting.py`, and a process that is forked from its interpreter may call `wait` of that module instead.
   * `nodejs`: `/var/runtime/waiting.mjs`, and a copy that `/var/runtime/zygote` made of it calls `begin` of `/var/runtime/wait.mjs`.
   */
  forksAs?: "python" | "nodejs";
}

export type Environment = Readonly<Record<string, string>>;

export interface SandboxProcess {
  /** A path inside the sandbox (or of the host, which is the same for interpreters). */
  command: string;
  args: readonly string[];
  /** The whole environment: nothing of the server's is added. */
  env: Environment;
  /** In the sandbox: /var/task. */
  directory: string;
  /** Gives it one more pipe to write to, as LOG_DESCRIPTOR. */
  hasLog?: boolean;
  /** Gives it a stream socket to this server, as CHANNEL_DESCRIPTOR, where the sandbox has channels. */
  hasChannel?: boolean;
  /** What turns the waiting program into this one, written to its channel; where none waits, this one is started. */
  wake?: Uint8Array;
}

/** Of the pipe for a log, in the program. */
export const LOG_DESCRIPTOR = 3;
/** Of the channel, in the program. */
export const CHANNEL_DESCRIPTOR = 4;

export interface SandboxListener {
  name: "runtime-api" | "endpoint" | "server";
  /** One of `SandboxSpec.ports`. */
  port: number;
  onConnection(socket: Socket): void;
}

/** `127.0.0.1:9001`, as programs must be told, by listener name. */
export type Addresses = Readonly<Record<string, string>>;

export interface RunningProcess {
  stdout: Readable;
  stderr: Readable;
  /** What it writes to LOG_DESCRIPTOR. */
  log?: Readable;
  /** The server's end of its channel. */
  channel?: Socket;
  /** Never rejects. `signal` is the kernel's name: SIGKILL. */
  exited: Promise<ProcessExit>;
  /** To the program itself, not to what it started; nothing happens when it has ended. */
  signal(name: "SIGTERM" | "SIGKILL"): void;
}

export interface ProcessExit {
  code: number | null;
  signal: string | null;
  isOutOfMemory: boolean;
}

export interface Usage {
  cpuMs: number;
  processes: number;
}

/** One execution environment's cage. Everything inside is assumed hostile. */
export interface Sandbox {
  readonly id: string;
  /** `exec` can give a program a channel. */
  readonly hasChannels: boolean;
  /** Where a path of the sandbox is for the process that runs in it: itself, or a host path where there are no mounts. */
  path(target: string): string;
  /**
   * TCP listeners that programs find on 127.0.0.1 of their own network, and that this server answers until the next reset: the Runtime API and
   * the endpoint. Which listener a connection came in on is the identity of the environment.
   */
  listen(listeners: readonly SandboxListener[]): Promise<Addresses>;
  /** Beside those that run already. Rejects when it cannot be started. What a program leaves behind ends with the last program. */
  exec(process: SandboxProcess): Promise<RunningProcess>;
  /** To a port that a program listens on, on its loopback. Rejects when nobody does. */
  connect(port: number): Promise<Socket>;
  /** From now on the program has its share of the CPU. Before, it has a whole one at least: INIT is as fast for small functions, as on AWS. */
  limitCpu(): void;
  /** Kills every process in it, then closes the listeners; keeps /tmp: AWS's reset. */
  reset(): Promise<void>;
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** The most memory that its programs held so far; measured, never the limit. */
  memoryPeakBytes(): Promise<number>;
  usage(): Promise<Usage>;
  /** No process, mount, cgroup, listener or file is left when it resolves, and nothing can be run any more. What runs is killed. */
  destroy(): Promise<void>;
}

/** What an earlier server that was killed left behind is removed when a driver is made. */
export interface SandboxDriver {
  readonly isolation: Isolation;
  /** Rejects with why none can be made; nothing of it is left then. */
  create(spec: SandboxSpec): Promise<Sandbox>;
  /** One like it will be made soon: what can be done in advance is begun. Its `id`, and the mounts of its function, do not matter. */
  prepare?(spec: SandboxSpec): void;
  /** Sandboxes that wait for a function, and how many would. */
  prepared?(): { ready: number; wanted: number };
  /** Destroys the sandboxes that are left, then frees what the driver itself holds. */
  close(): Promise<void>;
}

export type ProbeResult = { ok: true; driver: SandboxDriver } | { ok: false; why: string; fix: string };
