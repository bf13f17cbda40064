import type { ChildProcess } from "node:child_process";
import { closeSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { keepSocket } from "./loopback.ts";
import { followStatus } from "./holder-status.ts";
import { signalAll } from "./process-table.ts";
import { spawnChild } from "./spawn-child.ts";

/**
 * The first process of a sandbox (`runtimes/sandbox/init.sh`): it holds the namespaces and /tmp, and runs programs. What it says may have been said by a handler that took it over: it is only ever believed about its own sandbox.
 */
export interface Holder {
  /** On the host. Rejects when no sandbox can be made. */
  readonly pid: Promise<number>;
  /** Programs can be run now. Rejects with what bubblewrap said. */
  readonly ready: Promise<void>;
  /**
   * Runs the script of that name in the control folder, beside those that run. `started` is its pid inside, 0 when it never began; `exited` is the shell's
   * status: 128 and more are signals. When it is over, the run is killed before it began.
   */
  run(name: string): { started: Promise<number>; exited: Promise<number> };
  /** To one process inside. */
  signal(name: "SIGTERM" | "SIGKILL", pid: number): void;
  /** Kills every process but the first; the end of all runs is told when it resolves. */
  reset(): Promise<void>;
  /** These listen on ports inside: they are the holder's from now on, and end with it. */
  adopt(servers: ReadonlyMap<number, Server>): void;
  /** Connections to the ports inside go to these from now on; the connections that there are, are closed. */
  answer(handlers: ReadonlyMap<number, (socket: Socket) => void>): void;
  /** Kills every process of the sandbox and waits for their end. */
  kill(): Promise<void>;
  /** Resolves when it is over, by itself or killed. */
  readonly ended: Promise<void>;
}

interface Launch {
  bwrap: string;
  arguments: readonly string[];
  /** The program inside; `listen.mjs` when there are ports. */
  command: readonly string[];
  hasPorts: boolean;
  /** File descriptor of the seccomp program; closed here. */
  filterFd: number;
  /** Files that a process is written to before it becomes bubblewrap, so that all inside is limited from its start. */
  joinFiles: readonly string[];
}

/** Its file descriptors: 0 runs, 1 what became of them, 2 errors, 3 the channel for listeners, 4 facts of bubblewrap's, 5 the filter. */
const CHANNEL_FD = "3";
const INFO_FD = "4";
const FILTER_FD = "5";

const JOIN = 'until [ "$1" = -- ]; do echo $$ > "$1" || exit 125; shift; done; shift; exec "$@"';

/** Throws when no process can be made. */
export const launchHolder = ({ bwrap, arguments: args, command, hasPorts, filterFd, joinFiles }: Launch): Holder => {
  const channel = hasPorts ? ["--setenv", "NODE_CHANNEL_FD", CHANNEL_FD] : [];
  const line = [bwrap, ...args, ...channel, "--info-fd", INFO_FD, "--seccomp", FILTER_FD, "--", ...command];
  // Empty on purpose: bubblewrap's own environment can be read in the sandbox, whatever it clears for the program.
  const stdio = ["pipe", "pipe", "pipe", hasPorts ? "ipc" : "ignore", "pipe", filterFd] as const;
  let child: ChildProcess;
  try {
    child = spawnChild("/bin/sh", ["-c", JOIN, "join", ...joinFiles, "--", ...line], { env: {}, stdio: [...stdio] });
  } finally {
    closeSync(filterFd);
  }
  const servers = new Set<Server>();
  const sockets = new Set<Socket>();
  /** With how many resets were asked for before each. */
  const waiting = new Map<string, { started: (pid: number) => void; exited: (status: number) => void; resets: number }>();
  const resets = new Map<number, () => void>();
  /** The reset that is under way, by its number. */
  let resetting: number | undefined;
  let resetsAsked = 0;
  let handlers: ReadonlyMap<number, (socket: Socket) => void> = new Map();
  let errors = "";
  let hasEnded = false;
  let firstPid: number | undefined;
  let reportReady: () => void = () => {};
  let reportBroken: (error: Error) => void = () => {};

  /** Those that were ordered before this reset. */
  const endRuns = (reset = Infinity) => {
    for (const [name, { started, exited, resets: before }] of waiting) {
      if (before > reset) continue;
      waiting.delete(name);
      started(0);
      exited(KILLED_STATUS);
    }
  };
  const order = (line: string) => void (child.stdin as Writable).write(`${line}\n`);
  const ready = new Promise<void>((resolve, reject) => ([reportReady, reportBroken] = [resolve, reject]));
  const ended = new Promise<void>((resolve) => {
    const end = (why: string) => {
      hasEnded = true;
      for (const server of servers) server.close();
      for (const socket of sockets) socket.destroy();
      endRuns();
      for (const done of resets.values()) done();
      reportBroken(new Error(`bubblewrap cannot make a sandbox: ${errors.trim() || why}`));
      resolve();
    };
    child.once("error", (error) => end(error.message));
    child.once("close", (code, signal) => end(`it ended with ${signal ?? code}`));
  });
  ready.catch(() => {});

  child.stderr!.setEncoding("utf8").on("data", (chunk: string) => (errors = (errors + chunk).slice(-2_000)));
  // A holder that is gone is noticed by its end.
  for (const stream of child.stdio) stream?.on("error", () => {});
  const adopt = (port: number, server: Server) => {
    if (hasEnded) return void server.close();
    servers.add(server);
    server.on("connection", (socket) => {
      const handle = handlers.get(port);
      if (handle === undefined) socket.destroy();
      else keepSocket(sockets, socket, handle);
    });
  };
  child.on("message", (message, server) => {
    if (isServer(server)) adopt((message as { port: number }).port, server);
  });
  followStatus(child.stdout!, {
    ready: reportReady,
    started: (run, pid) => waiting.get(run)?.started(pid),
    exited(run, status) {
      waiting.get(run)?.exited(status);
      waiting.delete(run);
    },
    resetting: (number) => void (resetting = number),
    reset() {
      endRuns(resetting);
      if (resetting === undefined) return;
      resets.get(resetting)?.();
      resets.delete(resetting);
      resetting = undefined;
    },
  });

  const pid = readPid(child, ready).then((found) => (firstPid = found));
  pid.catch(() => {});

  return {
    pid,
    ready,
    run(name) {
      const told = { started: (_pid: number) => {}, exited: (_status: number) => {}, resets: resetsAsked };
      const started = new Promise<number>((resolve) => (told.started = resolve));
      const exited = new Promise<number>((resolve) => (told.exited = resolve));
      waiting.set(name, told);
      if (hasEnded) endRuns();
      else order(`run ${name}`);
      return { started, exited };
    },
    signal(name, pid) {
      if (!hasEnded && pid > 1) order(`signal ${name.slice("SIG".length)} ${pid}`);
    },
    reset() {
      if (hasEnded) return Promise.resolve();
      const number = resetsAsked++;
      order(`reset ${number}`);
      return new Promise((resolve) => resets.set(number, resolve));
    },
    adopt: (listening) => listening.forEach((server, port) => adopt(port, server)),
    answer(next) {
      handlers = next;
      for (const socket of sockets) socket.destroy();
    },
    async kill() {
      // The end of its first process is the end of all in the PID namespace, and bubblewrap ends after that.
      if (firstPid === undefined || child.exitCode !== null || child.signalCode !== null) child.kill("SIGKILL");
      else signalAll([firstPid], "SIGKILL");
      await ended;
    },
    ended,
  };
};

/** What a shell reports of a program that SIGKILL ended. */
const KILLED_STATUS = 128 + 9;

const isServer = (handle: unknown): handle is Server => typeof handle === "object" && handle !== null && handle instanceof createServer().constructor;

/** The host's pid of the first process inside, as bubblewrap tells it on its own descriptor before that process runs. */
const readPid = async (child: ChildProcess, ready: Promise<void>): Promise<number> => {
  const facts = await text(child.stdio[Number(INFO_FD)] as Readable);
  const pid = Number(/"child-pid": (\d+)/.exec(facts)?.[1]);
  if (pid > 0) return pid;
  await ready;
  throw new Error("bubblewrap told no process id");
};
