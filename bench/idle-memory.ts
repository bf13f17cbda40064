import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Health } from "../src/cli/commands/health.ts";
import { openConnection } from "./connection.ts";
import { createMaker, languagesOf, type Language } from "./functions.ts";
import { checkAnswer, invokeRequest } from "./invoke-request.ts";
import { beginBlock, resultOf, type Options, type Result } from "./results.ts";
import { runAlone } from "./run-alone.ts";
import type { Server } from "./server.ts";

const BLOCKS = 3;

/** Memory of a warm environment that waits, sandbox and all: PSS of every process under the server, and the server's own growth, against an idle bare interpreter that has loaded the same handler. */
export const measureIdleMemory = async (server: Server, isolation: string, { isQuick }: Options): Promise<Result[]> => {
  const many = isQuick ? 10 : 50;
  const maker = await createMaker(server.endpoint);
  const { pid } = (await (await fetch(`${server.endpoint}/_lambdad/health`)).json()) as Health;
  const results: Result[] = [];
  for (const language of await languagesOf(server.endpoint)) {
    const blocks: { ours: number; theirs: number }[] = [];
    for (let block = 0; block < BLOCKS; block++) {
      beginBlock(`idle memory, ${language.name}, ${isolation}`, block, BLOCKS);
      const before = treeBytes(pid);
      const names = await Promise.all(Array.from({ length: many }, () => maker(language)));
      for (const name of names) await warm(server, name);
      const ours = (treeBytes(pid) - before) / many;
      await Promise.all(names.map(maker.remove));
      blocks.push({ ours, theirs: await bareBytes(language, many) });
    }
    const mib = (side: "ours" | "theirs") => Number((Math.min(...blocks.map((one) => one[side])) / 2 ** 20).toPrecision(3));
    results.push(resultOf({ name: `idle memory per warm environment, ${language.name}`, isolation, baseline: "an idle bare interpreter" }, blocks, { "lambdad MiB": mib("ours"), "bare MiB": mib("theirs") }));
  }
  return results;
};

const warm = async (server: Server, functionName: string): Promise<void> => {
  const connection = await openConnection(server);
  checkAnswer(await connection.send(invokeRequest(server.endpoint, functionName, JSON.stringify({ id: functionName }))), { id: functionName, isFirst: true });
  connection.close();
};

/** The same handler, loaded, and nothing to do. */
const bareBytes = async ({ interpreter, file, handler, bareFile, bare }: Language, many: number): Promise<number> => {
  const directory = mkdtempSync(join(tmpdir(), "lambdad-bench-"));
  writeFileSync(join(directory, file), handler);
  writeFileSync(join(directory, bareFile), `${bare}${bareFile.endsWith(".py") ? "sys.stdout.flush()\nsys.stdin.read()\n" : "process.stdin.resume();\n"}`);
  const children = await Promise.all(Array.from({ length: many }, () => startBare(interpreter, [join(directory, bareFile), '{"id":"x"}'])));
  const bytes = children.reduce((sum, { pid }) => sum + pssBytes(pid!), 0) / many;
  for (const child of children) child.kill("SIGKILL");
  rmSync(directory, { recursive: true, force: true });
  return bytes;
};
const startBare = async (interpreter: string, args: readonly string[]): Promise<ChildProcess> => {
  const child = spawn(interpreter, args, { stdio: ["pipe", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return child;
};

/** Proportional: what several processes share counts for each by its part. 0 for one that has ended. */
const pssBytes = (pid: number): number => {
  try {
    return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
};
const parentOf = (pid: number): number => {
  try {
    return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
};

/** Of a process and all under it. */
const treeBytes = (root: number): number => {
  const parents = new Map(readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map((name) => [Number(name), parentOf(Number(name))]));
  const isUnder = (pid: number): boolean => pid === root || (pid > 1 && isUnder(parents.get(pid) ?? 0));
  return [...parents.keys()].filter(isUnder).reduce((sum, pid) => sum + pssBytes(pid), 0);
};

if (import.meta.main) await runAlone(measureIdleMemory);
