import type { ChildProcess } from "node:child_process";
import { closeSync } from "node:fs";
import type { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { followStatus } from "./holder-status.ts";
import { createInnerPorts, isServer, type InnerPorts } from "./inner-ports.ts";
import { signalAll } from "./process-table.ts";
import { createRuns, type Run } from "./runs.ts";
import type { SandboxProcess } from "./sandbox.ts";
import { spawnChild } from "./spawn-child.ts";
import type { OutputPipes } from "./stdio.ts";

/** A program that is about to be run inside: what it will write to is open. */
export interface Opened extends Pick<OutputPipes, "stdout" | "stderr" | "log" | "release" | "abandon"> {
  channel?: Socket;
  /** Beside those that run. */
  start(): Run;
}

/**
 * The first process of a sandbox: it holds the namespaces and /tmp, and runs programs. What it says may have been said by a handler that took it over: it is only ever believed about its own sandbox.
 */
export interface Holder extends Pick<InnerPorts, "adopt" | "answer"> {
  /** On the host. Rejects when no sandbox can be made. */
  readonly pid: Promise<number>;
  /** Programs can be run now. Rejects with what bubblewrap said. */
  readonly ready: Promise<void>;
  /** It listens on its ports by itself. */
  readonly listens: boolean;
  /** Names are its runs' own, and never used again. */
  open(name: string, program: SandboxProcess): Promise<Opened>;
  /** The program that was started in advance, if there is one still: it is to be told what it is to become. */
  takeWaiting?(): Opened | undefined;
  /** To one process inside. */
  signal(name: "SIGTERM" | "SIGKILL", pid: number): void;
  /** Kills every process but the first; the end of all runs is told when it resolves. */
  reset(): Promise<void>;
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
  /** Puts what is to be run where the first process finds it by that name. */
  prepare(name: string, program: SandboxProcess): Promise<Prepared>;
}

export interface Prepared extends OutputPipes {
  /** It is not run any more. */
  discard(): void;
}

/** Its file descriptors: 0 runs, 1 what became of them, 2 errors, 3 the channel for listeners, 4 facts of bubblewrap's, 5 the filter. */
const CHANNEL_FD = "3";
const INFO_FD = "4";
const FILTER_FD = "5";

const JOIN = 'until [ "$1" = -- ]; do echo $$ > "$1" || exit 125; shift; done; shift; exec "$@"';

/** A first process that is a shell (`runtimes/sandbox/init.sh`), made by bubblewrap. Throws when no process can be made. */
export const launchHolder = ({ bwrap, arguments: args, command, hasPorts, filterFd, joinFiles, prepare }: Launch): Holder => {
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
  const runs = createRuns();
  const ports = createInnerPorts();
  let errors = "";
  let hasEnded = false;
  let firstPid: number | undefined;
  let reportReady: () => void = () => {};
  let reportBroken: (error: Error) => void = () => {};

  const order = (line: string) => void (child.stdin as Writable).write(`${line}\n`);
  const ready = new Promise<void>((resolve, reject) => ([reportReady, reportBroken] = [resolve, reject]));
  const ended = new Promise<void>((resolve) => {
    const end = (why: string) => {
      hasEnded = true;
      ports.close();
      runs.end();
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
  child.on("message", (message, server) => {
    if (isServer(server)) ports.adopt(new Map([[(message as { port: number }).port, server]]));
  });
  followStatus(child.stdout!, { ...runs.events, ready: reportReady });

  const pid = readPid(child, ready).then((found) => (firstPid = found));
  pid.catch(() => {});

  return {
    pid,
    ready,
    listens: hasPorts,
    async open(name, program) {
      const { discard, abandon, ...pipes } = await prepare(name, program);
      return {
        ...pipes,
        start() {
          const run = runs.add(name);
          if (!hasEnded) order(`run ${name}`);
          void run.exited.then(discard);
          return run;
        },
        abandon() {
          discard();
          abandon();
        },
      };
    },
    signal(name, pid) {
      if (!hasEnded && pid > 1) order(`signal ${name.slice("SIG".length)} ${pid}`);
    },
    reset() {
      const { number, done } = runs.askReset();
      if (!hasEnded) order(`reset ${number}`);
      return done;
    },
    adopt: ports.adopt,
    answer: ports.answer,
    async kill() {
      // The end of its first process is the end of all in the PID namespace, and bubblewrap ends after that.
      if (firstPid === undefined || child.exitCode !== null || child.signalCode !== null) child.kill("SIGKILL");
      else signalAll([firstPid], "SIGKILL");
      await ended;
    },
    ended,
  };
};

/** The host's pid of the first process inside, as bubblewrap tells it on its own descriptor before that process runs. */
const readPid = async (child: ChildProcess, ready: Promise<void>): Promise<number> => {
  const facts = await text(child.stdio[Number(INFO_FD)] as Readable);
  const pid = Number(/"child-pid": (\d+)/.exec(facts)?.[1]);
  if (pid > 0) return pid;
  await ready;
  throw new Error("bubblewrap told no process id");
};
