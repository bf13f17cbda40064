import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { findKoffi } from "../../../src/sandbox/find-koffi.ts";
import { FORK_FLAGS, forkFilter } from "../../../src/sandbox/fork-filter.ts";
import { seccompFilter, type Architecture } from "../../../src/sandbox/seccomp.ts";
import { temporaryDirectory } from "../../support/temporary.ts";

export const PYTHON = "/usr/bin/python3";
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
export const PROGRAM = here("program.mjs");
const ZYGOTE = here("../../../runtimes/nodejs/zygote/zygote.mjs");

/** What became of a copy, or of an order. */
export interface Told {
  id: number;
  error?: string;
  forked: number;
  inner: number;
  gate: { ready?: true; error?: string } | null;
  status: number;
  stdout: string;
  stderr: string;
  answer: string;
  shared: [number, number][];
  descriptors: Record<string, string>;
  namespaces: boolean[];
}

interface Order {
  sandbox?: string;
  spec?: Record<string, number>;
  /** Whether the copy is let through its gate. */
  go?: boolean;
  /** Whether its descriptors and namespaces are looked at. */
  look?: boolean;
}

/** A zygote with sandboxes of its own, until the end of the test. Everything of it dies with its first process. */
export const openCage = async ({ flags = [], draws = "bytes", isFiltered = true }: { flags?: readonly string[]; /** What its program draws before copies are made. */ draws?: "bytes" | "uuids" | "all"; /** Whether under its own filter, or that of handlers. */ isFiltered?: boolean } = {}) => {
  const directory = temporaryDirectory();
  const file = (name: string, bytes: Buffer) => {
    writeFileSync(join(directory, name), bytes);
    return join(directory, name);
  };
  const architecture = process.arch as Architecture;
  const argument = { koffi: findKoffi(), filter: file("handlers", seccompFilter(architecture)), program: PROGRAM, flags: FORK_FLAGS };
  const facts = {
    command: [process.execPath, ...FORK_FLAGS, ...flags, ZYGOTE, JSON.stringify(argument)],
    env: { PATH: "/usr/bin:/bin", TZ: ":UTC", DRAWS: draws },
    forkFilter: file("fork", isFiltered ? forkFilter(architecture) : seccompFilter(architecture)),
  };
  const child = spawn(PYTHON, ["-I", "-B", here("cage.py"), JSON.stringify(facts)], { stdio: ["pipe", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
  const first = Promise.withResolvers<{ zygote?: number; ended?: number }>();
  const asked = new Map<number, PromiseWithResolvers<Told>>();
  let orders = 0;
  createInterface(child.stdout).on("line", (line) => {
    const told = JSON.parse(line) as Told;
    if (told.id === undefined) first.resolve(told as never);
    else asked.get(told.id)!.resolve(told);
  });
  child.once("close", () => {
    for (const { reject } of asked.values()) reject(new Error(`the cage ended: ${stderr}`));
  });
  const send = (order: object) => {
    const answered = Promise.withResolvers<Told>();
    asked.set(orders, answered);
    child.stdin.write(`${JSON.stringify({ ...order, id: orders++ })}\n`);
    return answered.promise;
  };
  return {
    ...(await first.promise),
    stderr: () => stderr,
    run: (script: string, { sandbox = "one", ...order }: Order = {}) => send({ script, sandbox, ...order }),
    look: async () => (await send({})) as unknown as { descriptors: number; children: string[] },
  };
};
