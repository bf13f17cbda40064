import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

export interface Server {
  host: string;
  port: number;
  endpoint: string;
  pid: number;
  stop(): Promise<void>;
}

export interface InspectedServer extends Server {
  /** Where a server that was started with `--inspect` can be inspected. */
  inspector(): string;
}

const ROOT = resolve(import.meta.dirname, "..");

/** Everything as users have it. */
export const lambdadCommand = (isolation: string, directory: string): string[] => [join(ROOT, "bin/lambdad.js"), "start", "--port", "0", "--data-dir", directory, "--isolation", isolation, "--prepare-sdks", "0"];

/** lambdad in a process of its own, in a folder that goes with it unless it is named; a text of why when it does not start with this isolation. */
export const startLambdad = async (isolation: string, named?: string, nodeOptions: readonly string[] = []): Promise<InspectedServer | string> => {
  const directory = named ?? mkdtempSync(join(tmpdir(), "lambdad-bench-"));
  const child = spawn(process.execPath, [...nodeOptions, ...lambdadCommand(isolation, directory)], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk) => (said += chunk));
  const exited = once(child, "exit");
  const stop = async () => {
    child.kill("SIGTERM");
    await exited;
    if (named === undefined) rmSync(directory, { recursive: true, force: true });
  };
  const endpoint = await readEndpoint(child.stdout);
  if (endpoint !== undefined) return { ...endpoint, pid: child.pid!, stop, inspector: () => inspectorIn(said) };
  await stop();
  return said.split("\n").find((line) => line.startsWith("✗"))?.slice(2) ?? said;
};

const inspectorIn = (said: string): string => {
  const url = /ws:\/\/\S+/.exec(said)?.[0];
  if (url === undefined) throw new Error("the server was started without --inspect");
  return url;
};

/** What a Node without anything on top does with the same requests. */
export const startEcho = async (): Promise<Server> => {
  const child = spawn(process.execPath, [join(import.meta.dirname, "echo-server.ts")], { stdio: ["ignore", "pipe", "inherit"] });
  const endpoint = await readEndpoint(child.stdout);
  if (endpoint === undefined) throw new Error("the echo server did not start");
  return {
    ...endpoint,
    pid: child.pid!,
    async stop() {
      child.kill("SIGTERM");
      await once(child, "exit");
    },
  };
};

const readEndpoint = async (stdout: NodeJS.ReadableStream) => {
  let found: URL | undefined;
  for await (const line of createInterface(stdout)) {
    if (URL.canParse(line)) found = new URL(line);
    if (line === "Ready.") break;
  }
  return found && { endpoint: found.origin, host: found.hostname, port: Number(found.port) };
};
