import { prepareBare } from "./bare-start.ts";
import { coldInvoke, timed } from "./cold-invoke.ts";
import { openConnection } from "./connection.ts";
import { GOALS } from "./goals.ts";
import { createMaker } from "./maker.ts";
import { plainPrograms } from "./programs/plain.ts";
import { untilQuiet } from "./quiet.ts";
import { beginBlock, ratioOf, type Pair, type Result } from "./results.ts";
import { runAlone, type Bench } from "./run-alone.ts";
import { median } from "./statistics.ts";

const IN_FLIGHT = 8;
const BLOCKS = 3;

/** New environments per second, kept up for longer than what was prepared lasts, against bare starts per second with as many at a time. */
export const measureScaleOut: Bench = async (server, isolation, { isQuick }) => {
  const many = isQuick ? 40 : 150;
  const maker = await createMaker(server.endpoint);
  const results: Result[] = [];
  for (const program of await plainPrograms(server.endpoint)) {
    const bare = prepareBare(program);
    const blocks: Pair[] = [];
    for (let block = 0; block < BLOCKS; block++) {
      beginBlock(`scale-out, ${program.name}, ${isolation}`, block, BLOCKS);
      const names = await maker.makeMany(program, many);
      const connections = await Promise.all(Array.from({ length: IN_FLIGHT }, () => openConnection(server)));
      await untilQuiet(server.pid);
      const ours = await perSecond(names, (name, lane) => coldInvoke(server, connections[lane]!, name));
      connections.forEach((connection) => connection.close());
      await maker.remove(names);
      await untilQuiet(server.pid);
      blocks.push({ ours, theirs: await perSecond(names, () => bare.run()) });
    }
    bare.remove();
    const rate = (side: keyof Pair) => Math.round(median(blocks.map((one) => one[side])));
    results.push(ratioOf({ name: `scale-out, ${many} environments, ${IN_FLIGHT} at a time, ${program.name}`, isolation, baseline: "the rate of bare starts", goal: GOALS.scaleOut }, blocks, { "lambdad per s": rate("ours"), "bare per s": rate("theirs") }));
  }
  return results;
};

const perSecond = async (names: readonly string[], start: (name: string, lane: number) => Promise<unknown>): Promise<number> => {
  const left = [...names];
  const lane = async (_: unknown, index: number) => {
    for (let name = left.pop(); name !== undefined; name = left.pop()) await start(name, index);
  };
  const ms = await timed(() => Promise.all(Array.from({ length: IN_FLIGHT }, lane)));
  return (names.length / ms) * 1_000;
};

if (import.meta.main) await runAlone({ "scale-out": measureScaleOut });
