import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { prepareBare } from "./bare-start.ts";
import { warmUp } from "./cold-invoke.ts";
import { GOALS } from "./goals.ts";
import { createMaker } from "./maker.ts";
import { availableBytes, besideBytes, pssBytes, treeBytes } from "./process-tree.ts";
import { plainPrograms } from "./programs/plain.ts";
import type { Program } from "./programs/program.ts";
import { untilQuiet } from "./quiet.ts";
import { beginBlock, ratioOf, type Pair, type Result } from "./results.ts";
import { runAlone, type Bench } from "./run-alone.ts";
import type { Server } from "./server.ts";
import { median, rounded } from "./statistics.ts";

const BLOCKS = 3;
const MIB = 2 ** 20;

/**
 * Memory of a warm environment that waits, sandbox and all, against an idle bare interpreter that has loaded the same handler: PSS of every process under the server,
 * and the server's own growth. What is there without any environment (processes that make or hold sandboxes in advance) is told apart.
 */
export const measureIdleMemory: Bench = async (server, isolation, { isQuick }) => {
  const many = isQuick ? 10 : 50;
  const results: Result[] = [];
  for (const program of await plainPrograms(server.endpoint)) {
    const blocks: Pair[] = [];
    const [fixed, host]: [number[], number[]] = [[], []];
    for (let block = 0; block < BLOCKS; block++) {
      beginBlock(`idle memory, ${program.name}, ${isolation}`, block, BLOCKS);
      const ours = await ofEnvironments(server, program, many);
      fixed.push(ours.fixed);
      host.push(ours.host);
      blocks.push({ ours: ours.each, theirs: await bareBytes(program, many) });
    }
    const mib = (values: readonly number[]) => rounded(median(values) / MIB);
    const context = { environments: many, "lambdad MiB": mib(blocks.map(({ ours }) => ours)), "bare MiB": mib(blocks.map(({ theirs }) => theirs)), "less MiB available for each": mib(host), "fixed MiB beside the server": mib(fixed) };
    const goal = program.name === "node" ? GOALS.idleMemoryNode : GOALS.idleMemoryPython;
    results.push(ratioOf({ name: `idle memory per warm environment, ${program.name}`, isolation, baseline: "an idle bare interpreter", goal }, blocks, context));
  }
  return results;
};

const ofEnvironments = async (server: Server, program: Program, many: number): Promise<{ each: number; host: number; fixed: number }> => {
  const maker = await createMaker(server.endpoint);
  // What is started with the first environment of a kind, and kept, belongs to none.
  const first = await maker.make(program);
  await warmUp(server, first);
  await maker.remove([first]);
  const names = await maker.makeMany(program, many);
  await untilQuiet(server.pid);
  const [before, fixed, availableBefore] = [treeBytes(server.pid), besideBytes(server.pid), availableBytes()];
  for (const name of names) await warmUp(server, name);
  await untilQuiet(server.pid);
  const [each, host] = [(treeBytes(server.pid) - before) / many, (availableBefore - availableBytes()) / many];
  await maker.remove(names);
  await untilQuiet(server.pid);
  return { each, host, fixed };
};

const WAITING: Readonly<Record<string, string>> = { "bare.py": "sys.stdout.flush()\nsys.stdin.read()\n", "bare.mjs": "process.stdin.resume();\n" };

/** The same handler, loaded, and nothing to do. */
const bareBytes = async (program: Program, many: number): Promise<number> => {
  const bare = prepareBare(program);
  const [file, { content }] = Object.entries(program.bare.files)[0]!;
  writeFileSync(join(bare.directory, file), `${content.toString()}${WAITING[file]}`);
  const children = await Promise.all(Array.from({ length: many }, () => startBare(program, bare.directory)));
  const bytes = children.reduce((sum, { pid }) => sum + pssBytes(pid!), 0) / many;
  for (const child of children) child.kill("SIGKILL");
  bare.remove();
  return bytes;
};
const startBare = async ({ bare }: Program, cwd: string): Promise<ChildProcess> => {
  const child = spawn(bare.command, [...bare.args, '{"id":"x"}'], { cwd, stdio: ["pipe", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return child;
};

if (import.meta.main) await runAlone({ "idle-memory": measureIdleMemory });
