import { prepareBare } from "./bare-start.ts";
import { coldInvoke } from "./cold-invoke.ts";
import { openConnection } from "./connection.ts";
import { GOALS, type Goal } from "./goals.ts";
import { createMaker } from "./maker.ts";
import type { Options } from "./options.ts";
import { customProgram } from "./programs/custom.ts";
import { javaProgram } from "./programs/java.ts";
import { plainPrograms } from "./programs/plain.ts";
import { isProgram, type Found, type Program } from "./programs/program.ts";
import { sdkPrograms } from "./programs/sdk.ts";
import { untilQuiet } from "./quiet.ts";
import { beginBlock, BLOCKS, differenceOf, latencyContext, ratioOf, type Pair, type Result } from "./results.ts";
import { runAlone, type Bench } from "./run-alone.ts";
import type { Server } from "./server.ts";
import { median, percentile } from "./statistics.ts";

/** Milliseconds of each start, block by block. */
interface Starts {
  /** The server was quiet before each: it had the time to prepare again. */
  paced: number[][];
  /** Each follows the answer of the last one. */
  backToBack: number[][];
  bare: number[][];
}

/** Cold invocations one after the other, against bare starts of the same program. */
const measure = async (server: Server, isolation: string, program: Program, rounds: number): Promise<Starts> => {
  const maker = await createMaker(server.endpoint);
  const connection = await openConnection(server);
  const bare = prepareBare(program);
  const starts: Starts = { paced: [], backToBack: [], bare: [] };
  // The first one unpacks the package, and both sides fill the page cache.
  const first = await maker.make(program);
  await coldInvoke(server, connection, first);
  await bare.run();
  await maker.remove([first]);
  for (let block = 0; block < BLOCKS; block++) {
    beginBlock(`cold start, ${program.name}, ${isolation}`, block);
    // A function of its own for each: nothing warm is there, and nothing has to be ended beside what is measured.
    const names = await maker.makeMany(program, 2 * rounds);
    const [paced, backToBack, theirs]: [number[], number[], number[]] = [[], [], []];
    for (const name of names.slice(0, rounds)) {
      await untilQuiet(server.pid);
      paced.push(await coldInvoke(server, connection, name));
      await untilQuiet(server.pid);
      theirs.push(await bare.run());
    }
    await untilQuiet(server.pid);
    for (const name of names.slice(rounds)) backToBack.push(await coldInvoke(server, connection, name));
    await maker.remove(names);
    starts.paced.push(paced);
    starts.backToBack.push(backToBack);
    starts.bare.push(theirs);
  }
  bare.remove();
  connection.close();
  return starts;
};

const POLICIES = { paced: "paced", backToBack: "back to back" } as const;

const pairsOf = (ours: number[][], theirs: number[][]): Pair[] => ours.map((one, block) => ({ ours: median(one), theirs: median(theirs[block]!) }));

/** The 99th percentile is one of all rounds: a block has too few. */
const ratios = (isolation: string, { name, bare }: Program, starts: Starts, goals: { p50: Goal; p99?: Goal }): Result[] =>
  (["paced", "backToBack"] as const).flatMap((policy) => {
    const [ours, theirs] = [starts[policy].flat(), starts.bare.flat()];
    const about = { isolation, baseline: `a bare start of ${bare.command}` };
    const context = latencyContext({ lambdad: ours, bare: theirs });
    const tail = { ours: percentile(ours, 0.99), theirs: percentile(theirs, 0.99) };
    return [
      ratioOf({ ...about, name: `cold start, ${name}, ${POLICIES[policy]}, p50`, goal: goals.p50 }, pairsOf(starts[policy], starts.bare), context),
      ...(goals.p99 === undefined ? [] : [ratioOf({ ...about, name: `cold start, ${name}, ${POLICIES[policy]}, p99 of ${ours.length}`, goal: goals.p99 }, [tail], context)]),
    ];
  });

const coldStartOf =
  (find: (endpoint: string) => Promise<readonly Found[]>, rounds: { quick: number; full: number }, goals: { p50: Goal; p99?: Goal }): Bench =>
  async (server, isolation, { isQuick }: Options) => {
    const results: (Result | string)[] = [];
    for (const found of await find(server.endpoint)) {
      if (isProgram(found)) results.push(...ratios(isolation, found, await measure(server, isolation, found, isQuick ? rounds.quick : rounds.full), goals));
      else results.push(found);
    }
    return results;
  };

export const measureColdStart = coldStartOf(plainPrograms, { quick: 2, full: 20 }, { p50: GOALS.coldStart, p99: GOALS.coldStartP99 });
export const measureColdStartSdk = coldStartOf(sdkPrograms, { quick: 1, full: 5 }, { p50: GOALS.coldStartSdk });
export const measureColdStartJava = coldStartOf(async (endpoint) => [await javaProgram(endpoint)], { quick: 1, full: 5 }, { p50: GOALS.coldStartJava });

/** The smallest of programs: what the platform adds to it is no multiple of anything, but an amount. */
export const measureColdStartCustom: Bench = async (server, isolation, { isQuick }) => {
  const program = customProgram();
  if (!isProgram(program)) return [program];
  const starts = await measure(server, isolation, program, isQuick ? 2 : 20);
  return (["paced", "backToBack"] as const).map((policy) =>
    differenceOf(
      { name: `cold start, ${program.name}, ${POLICIES[policy]}, p50`, isolation, baseline: "a bare start of it", goal: GOALS.coldStartCustom }, "ms",
      pairsOf(starts[policy], starts.bare), latencyContext({ lambdad: starts[policy].flat(), bare: starts.bare.flat() }),
    ),
  );
};

export const coldStartBenches = { "cold-start": measureColdStart, "cold-start-sdk": measureColdStartSdk, "cold-start-custom": measureColdStartCustom, "cold-start-java": measureColdStartJava };

if (import.meta.main) await runAlone(coldStartBenches);
