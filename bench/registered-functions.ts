import { randomUUID } from "node:crypto";
import { warmUp } from "./cold-invoke.ts";
import { openConnection, type Connection } from "./connection.ts";
import { GOALS } from "./goals.ts";
import { checkAnswer, invokeRequest, signedRequest } from "./invoke-request.ts";
import { createMaker, packageOf, ROLE } from "./maker.ts";
import { rssBytes } from "./process-tree.ts";
import { plainPrograms } from "./programs/plain.ts";
import type { Program } from "./programs/program.ts";
import { beginBlock, BLOCKS, differenceOf, latencyContext, ratioOf } from "./results.ts";
import { runAlone, type Bench } from "./run-alone.ts";
import { startLambdad, type Server } from "./server.ts";
import { median } from "./statistics.ts";
import { storedFunctions } from "./stored-functions.ts";

const FEW = 10;
const HOT = 10;
/** As many as the smaller one has: a page of the same size. */
const PAGE = FEW + HOT;
const FUNCTIONS = "/2015-03-31/functions";

/** The same calls of a server that has ten functions and of one that has many, in turns: what grows with them is too much. */
export const measureRegisteredFunctions: Bench = async (_server, isolation, { isQuick }) => {
  const count = isQuick ? 1_000 : 10_000;
  const rounds = isQuick ? 10 : 50;
  const sides = [await openSide(isolation, FEW), await openSide(isolation, count)] as const;
  const [few, many] = sides;
  for (let block = 0; block < BLOCKS; block++) {
    beginBlock(`${FEW} and ${count} functions, ${isolation}`, block);
    for (const side of block % 2 === 0 ? sides : sides.toReversed()) await side.runBlock(rounds);
  }
  const memory = { ours: many.memoryBytes() / count, theirs: few.memoryBytes() / count };
  for (const side of sides) await side.stop();

  const baseline = `the same with ${FEW}`;
  const compare = (name: string, what: "warm" | "create" | "list", goal: { most: number }) => {
    const blocks = many.blocks[what].map((ours, i) => ({ ours: median(ours), theirs: median(few.blocks[what][i]!) }));
    return ratioOf({ name: `${name} with ${count} functions, p50`, isolation, baseline, goal }, blocks, latencyContext({ [`${count} functions`]: many.blocks[what].flat(), [`${FEW} functions`]: few.blocks[what].flat() }));
  };
  return [
    compare(`warm invoke, ${HOT} hot functions,`, "warm", GOALS.registeredWarm),
    compare("CreateFunction", "create", GOALS.registeredCreate),
    compare(`ListFunctions of ${PAGE}`, "list", GOALS.registeredList),
    differenceOf({ name: `the server's memory (RSS) for each of ${count} functions`, isolation, baseline, goal: GOALS.registeredMemory }, "bytes", [memory], { [`MiB with ${count}`]: toMiB(memory.ours * count), [`MiB with ${FEW}`]: toMiB(memory.theirs * count) }),
  ];
};

const toMiB = (bytes: number): number => Math.round(bytes / 2 ** 20);

interface Side {
  blocks: Record<"warm" | "create" | "list", number[][]>;
  runBlock(rounds: number): Promise<void>;
  memoryBytes(): number;
  stop(): Promise<void>;
}

const openSide = async (isolation: string, count: number): Promise<Side> => {
  const server = await startLambdad(isolation, await storedFunctions(isolation, count));
  if (typeof server === "string") throw new Error(server);
  const maker = await createMaker(server.endpoint);
  const [program] = await plainPrograms(server.endpoint);
  const hot = await maker.makeMany(program!, HOT);
  for (const name of hot) await warmUp(server, name);
  const connection = await openConnection(server);
  const calls = await callsOf(server, connection, program!);
  const blocks: Side["blocks"] = { warm: [], create: [], list: [] };
  return {
    blocks,
    async runBlock(rounds) {
      blocks.warm.push(await repeat(rounds * 4, (round) => calls.invoke(hot[round % HOT]!)));
      const created: string[] = [];
      blocks.create.push(await repeat(rounds, () => calls.create(created)));
      blocks.list.push(await repeat(rounds, calls.list));
      await maker.remove(created);
    },
    memoryBytes: () => rssBytes(server.pid),
    async stop() {
      connection.close();
      await server.stop();
    },
  };
};

/** Each takes the milliseconds of one call, whose request was made and signed before. */
const callsOf = async ({ endpoint }: Server, connection: Connection, program: Program) => {
  const ZipFile = (await packageOf(program.files)).toString("base64");
  const send = async (request: Buffer, status: number) => {
    const began = performance.now();
    const answer = await connection.send(request);
    const ms = performance.now() - began;
    if (answer.status !== status) throw new Error(`${status} was expected, ${answer.status} ${answer.body.toString()} came`);
    return { ms, answer };
  };
  return {
    async invoke(name: string): Promise<number> {
      const id = randomUUID();
      const { ms, answer } = await send(invokeRequest(endpoint, name, JSON.stringify({ id })), 200);
      checkAnswer(answer, { id, isFirst: false });
      return ms;
    },
    async create(created: string[]): Promise<number> {
      const FunctionName = `made-${randomUUID()}`;
      created.push(FunctionName);
      return (await send(signedRequest(endpoint, "POST", FUNCTIONS, JSON.stringify({ FunctionName, Runtime: program.runtime, Handler: program.handler, Role: ROLE, Code: { ZipFile } })), 201)).ms;
    },
    async list(): Promise<number> {
      const { ms, answer } = await send(signedRequest(endpoint, "GET", `${FUNCTIONS}/?MaxItems=${PAGE}`), 200);
      const { Functions } = JSON.parse(answer.body.toString()) as { Functions: unknown[] };
      if (Functions.length !== PAGE) throw new Error(`a page of ${Functions.length} functions came`);
      return ms;
    },
  };
};

const repeat = async (rounds: number, call: (round: number) => Promise<number>): Promise<number[]> => {
  const all: number[] = [];
  for (let round = 0; round < rounds; round++) all.push(await call(round));
  return all;
};

if (import.meta.main) await runAlone({ "registered-functions": measureRegisteredFunctions });
