import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { openConnection } from "./connection.ts";
import { GOALS } from "./goals.ts";
import { checkAnswer, invokeRequest } from "./invoke-request.ts";
import { beginBlock, BLOCKS, latencyContext, ratioOf, type Pair } from "./results.ts";
import { runAlone, type Bench } from "./run-alone.ts";
import { lambdadCommand } from "./server.ts";
import { newDirectory, storedFunctions } from "./stored-functions.ts";

interface Ready {
  ready: number;
  /** Undefined where nothing was invoked. */
  answered?: number;
}

/** Spawn to `Ready.`, and to the first answer of a function that was there before: against a bare Node that listens, and with many functions stored against one. */
export const measureServerReady: Bench = async (_server, isolation, { isQuick }) => {
  const stored = isQuick ? 1_000 : 10_000;
  const [empty, one, many] = [newDirectory(), await storedFunctions(isolation, 1), await storedFunctions(isolation, stored)];
  const lambdad = (directory: string, functionName?: string) => start(lambdadCommand(isolation, directory), functionName);
  const all = { bare: [] as number[], empty: [] as number[], many: [] as number[], answered: [] as number[] };
  for (const directory of [empty, one, many]) await lambdad(directory);
  for (let block = 0; block < BLOCKS; block++) {
    beginBlock(`server ready, ${isolation}`, block);
    all.bare.push((await start([join(import.meta.dirname, "echo-server.ts")])).ready);
    all.empty.push((await lambdad(empty)).ready);
    all.many.push((await lambdad(many)).ready);
    all.answered.push((await lambdad(one, "stored-0")).answered!);
  }
  const bare = "a bare Node that listens";
  return [
    ratioOf({ name: "server ready", isolation, baseline: bare, goal: GOALS.serverReady }, pairs(all.empty, all.bare), latencyContext({ lambdad: all.empty, bare: all.bare })),
    ratioOf({ name: "server's first answer of a function, which is cold", isolation, baseline: bare, goal: GOALS.serverReady }, pairs(all.answered, all.bare), latencyContext({ lambdad: all.answered, bare: all.bare })),
    ratioOf({ name: `server ready with ${stored} functions`, isolation, baseline: "the same with none", goal: GOALS.serverReadyStored }, pairs(all.many, all.empty), latencyContext({ [`${stored} functions`]: all.many, none: all.empty, bare: all.bare })),
  ];
};

const pairs = (ours: readonly number[], theirs: readonly number[]): Pair[] => ours.map((one, i) => ({ ours: one, theirs: theirs[i]! }));

/** Milliseconds from the spawn to the line that says so, and to the answer of the function where one is named. */
const start = async (args: readonly string[], functionName?: string): Promise<Ready> => {
  const began = performance.now();
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
  let endpoint = "";
  let isReady = false;
  for await (const line of createInterface(child.stdout)) {
    if (URL.canParse(line)) endpoint = new URL(line).origin;
    isReady = line === "Ready.";
    if (isReady) break;
  }
  if (!isReady) throw new Error(`it did not start: ${args.join(" ")}`);
  const ready = performance.now() - began;
  const answered = functionName === undefined ? {} : { answered: (await answer(endpoint, functionName)) - began };
  child.kill("SIGTERM");
  await once(child, "exit");
  return { ready, ...answered };
};

const answer = async (endpoint: string, functionName: string): Promise<number> => {
  const { hostname: host, port } = new URL(endpoint);
  const connection = await openConnection({ host, port: Number(port) });
  const reply = await connection.send(invokeRequest(endpoint, functionName, '{"id":"first"}'));
  const at = performance.now();
  checkAnswer(reply, { id: "first", isFirst: true });
  connection.close();
  return at;
};

if (import.meta.main) await runAlone({ "server-ready": measureServerReady });
