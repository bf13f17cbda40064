import { randomUUID } from "node:crypto";
import { parseArgs } from "node:util";
import { callPlatform } from "../src/cli/platform-client.ts";
import { createEndured } from "./endurance/functions.ts";
import { fillLog } from "./endurance/fill-log.ts";
import { heldBy, leftOver, type Held } from "./endurance/held.ts";
import { memoryOf, type Memory } from "./endurance/memory.ts";
import { troubledPrograms } from "./endurance/programs.ts";
import { runRound, type Amounts, type Functions } from "./endurance/round.ts";
import { clientOf, createMaker } from "./maker.ts";
import { untilQuiet } from "./quiet.ts";
import { median, rounded } from "./statistics.ts";
import { startLambdad, type Server } from "./server.ts";
import { newDirectory } from "./stored-functions.ts";

/** As much of it as `--scale` says. */
const WHOLE: Amounts = { warm: 100_000, cold: 5_000, troubles: 200 };
const ROUNDS = 10;
/** How much the server may have grown from the first rounds to the last, in parts. What V8 gives back to the machine is its own affair, hence the second. */
const GROWTH_MOST = { heap: 0.05, rss: 0.1 };
/** Longer than an idle environment lives. */
const IDLE = "11m";
const MIB = 2 ** 20;

const { values: options } = parseArgs({ options: { isolation: { type: "string", default: "auto" }, scale: { type: "string", default: "1" }, warm: { type: "string" }, cold: { type: "string" }, troubles: { type: "string" } } });
const amountOf = (name: keyof Amounts): number => Number(options[name] ?? Math.max(ROUNDS, Math.round(WHOLE[name] * Number(options.scale))));
const amounts: Amounts = { warm: amountOf("warm"), cold: amountOf("cold"), troubles: amountOf("troubles") };
const share: Amounts = { warm: Math.ceil(amounts.warm / ROUNDS), cold: Math.ceil(amounts.cold / ROUNDS), troubles: Math.ceil(amounts.troubles / ROUNDS) };

interface Look {
  held: Held;
  memory: Memory;
}

const main = async (): Promise<number> => {
  const [directory, mark] = [newDirectory(), randomUUID()];
  const server = await startLambdad(options.isolation, directory, ["--inspect=127.0.0.1:0"]);
  if (typeof server === "string") throw new Error(server);
  try {
    const functions = await makeFunctions(server, mark);
    await fillLog(server.endpoint);
    const look = async (): Promise<Look> => {
      await forceIdle(server);
      return { memory: await memoryOf(server.pid, server.inspector()), held: heldBy({ pid: server.pid, directory, mark }) };
    };
    console.error(`${ROUNDS} rounds of ${JSON.stringify(share)}, in each language`);
    const before = await look();
    const looks: Look[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await runRound(server, functions, share);
      looks.push(await look());
      console.error(`round ${round + 1} of ${ROUNDS}: ${describe(looks.at(-1)!)}`);
    }
    return report(before, settled(looks.slice(1, 4)), settled(looks.slice(-3)));
  } finally {
    await server.stop();
  }
};

const makeFunctions = async (server: Server, mark: string): Promise<Functions> => {
  await createMaker(server.endpoint);
  const lambda = clientOf(server.endpoint);
  const programs = await troubledPrograms(server.endpoint);
  const makeAll = (kind: string, memoryMb: number) => Promise.all(programs.map((program) => createEndured({ server, lambda, program, name: `${kind}-${program.name}`, memoryMb, mark })));
  return { steady: await makeAll("steady", 1_769), small: await makeAll("small", 128) };
};

/** Nothing queued, nothing running, no environment kept warm. */
const forceIdle = async ({ endpoint, pid }: Server): Promise<void> => {
  const client = { endpoint, region: "us-east-1", account: undefined };
  await callPlatform(client, "POST", "drain", { timeout: "60s" });
  await callPlatform(client, "POST", "clock", { advance: IDLE });
  await untilQuiet(pid);
};

const describe = ({ held, memory }: Look): string => `heap ${rounded(memory.heap / MIB)} MiB, RSS ${rounded(memory.rss / MIB)} MiB, ${Object.entries(held).map(([kind, things]) => `${kind} ${things.length}`).join(", ")}`;

/** Of three rounds: what the last of them holds, and the median of their memory, which V8's own code moves by a MiB. */
const settled = (looks: readonly Look[]): Look => {
  const middle = (kind: keyof Memory) => median(looks.map(({ memory }) => memory[kind]));
  return { held: looks.at(-1)!.held, memory: { heap: middle("heap"), external: middle("external"), rss: middle("rss") } };
};

/** Against the first rounds, after which everything that is made once has been made. */
const report = (before: Look, first: Look, last: Look): number => {
  const problems: string[] = [];
  const row = (what: string, numbers: readonly (string | number)[], verdict: string) => console.log(`${what.padEnd(22)} ${numbers.map((one) => String(one).padStart(10)).join(" ")}  ${verdict}`);
  row("", ["before", "first", "last"], "");
  for (const kind of ["heap", "external", "rss"] as const) {
    const growth = last.memory[kind] / first.memory[kind] - 1;
    const most = kind === "external" ? undefined : GROWTH_MOST[kind];
    const isTooMuch = most !== undefined && growth > most;
    if (isTooMuch) problems.push(`${kind} grew by ${rounded(growth * 100)} %`);
    row(`${kind}, MiB`, [before, first, last].map(({ memory }) => rounded(memory[kind] / MIB)), `${rounded(growth * 100)} %${most === undefined ? "" : isTooMuch ? `, more than ${most * 100} %` : ""}`);
  }
  for (const kind of Object.keys(last.held) as (keyof Held)[]) {
    const left = leftOver(first.held[kind], last.held[kind]);
    if (left.length > 0) problems.push(`${left.length} ${kind} left: ${[...new Set(left)].slice(0, 5).join(" | ")}`);
    row(kind, [before, first, last].map(({ held }) => held[kind].length), left.length === 0 ? "" : `${left.length} left`);
  }
  for (const problem of problems) console.log(`✗ ${problem}`);
  if (problems.length === 0) console.log("nothing is left, and memory is flat");
  return problems.length === 0 ? 0 : 1;
};

process.exitCode = await main();
