import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { temporaryDirectory } from "./temporary.ts";

const ROOT = resolve(import.meta.dirname, "../..");

export interface RunningServer {
  endpoint: string;
  dataDirectory: string;
  process: ChildProcess;
  /** What it said on stderr so far. */
  said(): string;
  /** SIGTERM, then its exit code. */
  stop(): Promise<number | null>;
  /** kill -9. */
  kill(): Promise<void>;
}

interface Options {
  dataDirectory?: string;
  env?: Record<string, string>;
  flags?: string[];
  /** Something that whoever starts it left open, under this number. */
  inherited?: number;
}

/** Starts lambdad as a user does, on a free port, and waits for `Ready.`. It is stopped when the test is over. */
export const startServer = async (options: Options = {}): Promise<RunningServer> => {
  const server = await launchServer({ dataDirectory: join(temporaryDirectory(), "data"), ...options });
  // A killed one would leave frozen handlers behind, which only a next start of it ends.
  onTestFinished(async () => void (await server.stop()));
  return server;
};

/** The same for several tests of a file, which stop it themselves. */
export const launchServer = async (options: Options = {}): Promise<RunningServer> => {
  const dataDirectory = options.dataDirectory ?? mkdtempSync(join(tmpdir(), "lambdad-test-"));
  const child = spawn(process.execPath, [join(ROOT, "bin/lambdad.js"), "start", ...(options.flags ?? [])], {
    cwd: ROOT,
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], LAMBDAD_PORT: "0", LAMBDAD_DATA_DIR: dataDirectory, LAMBDAD_PREPARE_SDKS: "0", LAMBDAD_PREPARED: "0", ...options.env },
    stdio: ["ignore", "pipe", "pipe", ...leftOpen(options.inherited)],
  });
  let said = "";
  child.stderr!.on("data", (chunk) => (said += chunk));
  const exited = once(child, "exit");
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await exited;
    return child.exitCode;
  };
  let endpoint = "";
  for await (const line of createInterface(child.stdout!)) {
    endpoint = /https?:\/\/\S+/.exec(line)?.[0] ?? endpoint;
    if (line === "Ready.") break;
  }
  if (endpoint === "") throw new Error(`the server did not start:\n${said}`);
  return { endpoint, dataDirectory, process: child, said: () => said, stop: () => end("SIGTERM"), kill: async () => void (await end("SIGKILL")) };
};

const leftOpen = (descriptor: number | undefined): ("ignore" | "pipe")[] => (descriptor === undefined ? [] : [...Array.from({ length: descriptor - 3 }, () => "ignore" as const), "pipe"]);
