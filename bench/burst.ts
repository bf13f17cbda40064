import { prepareBare } from "./bare-start.ts";
import { coldInvoke, timed } from "./cold-invoke.ts";
import { openConnection } from "./connection.ts";
import { GOALS } from "./goals.ts";
import { createMaker } from "./maker.ts";
import { plainPrograms } from "./programs/plain.ts";
import { untilQuiet } from "./quiet.ts";
import { beginBlock, ratioOf, type Pair, type Result } from "./results.ts";
import { runAlone, type Bench } from "./run-alone.ts";

/** Many cold invocations at the same moment, until the last has its answer, against as many bare starts at the same moment. */
export const measureBurst: Bench = async (server, isolation, { isQuick }) => {
  const [many, blocksMax] = isQuick ? [25, 3] : [100, 5];
  const maker = await createMaker(server.endpoint);
  const results: Result[] = [];
  for (const program of await plainPrograms(server.endpoint)) {
    const bare = prepareBare(program);
    const blocks: Pair[] = [];
    await bare.run();
    for (let block = 0; block < blocksMax; block++) {
      beginBlock(`burst of ${many}, ${program.name}, ${isolation}`, block, blocksMax);
      const names = await maker.makeMany(program, many);
      const connections = await Promise.all(names.map(() => openConnection(server)));
      await untilQuiet(server.pid);
      const ours = await timed(() => Promise.all(names.map((name, i) => coldInvoke(server, connections[i]!, name))));
      connections.forEach((connection) => connection.close());
      await maker.remove(names);
      await untilQuiet(server.pid);
      blocks.push({ ours, theirs: await timed(() => Promise.all(names.map(() => bare.run()))) });
    }
    bare.remove();
    const least = (side: keyof Pair) => Math.round(Math.min(...blocks.map((one) => one[side])));
    results.push(ratioOf({ name: `${many} simultaneous cold invokes, ${program.name}`, isolation, baseline: `${many} simultaneous bare starts`, goal: GOALS.burst }, blocks, { "lambdad ms": least("ours"), "bare ms": least("theirs") }));
  }
  return results;
};

if (import.meta.main) await runAlone({ burst: measureBurst });
