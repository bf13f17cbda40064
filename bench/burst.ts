import { openConnection } from "./connection.ts";
import { prepareBare } from "./bare-start.ts";
import { createMaker, languagesOf } from "./functions.ts";
import { checkAnswer, invokeRequest } from "./invoke-request.ts";
import { beginBlock, resultOf, type Options, type Result } from "./results.ts";
import { runAlone } from "./run-alone.ts";
import type { Server } from "./server.ts";

/** Many cold invocations at the same moment, until the last has its answer, against as many bare starts at the same moment. */
export const measureBurst = async (server: Server, isolation: string, { isQuick }: Options): Promise<Result[]> => {
  const [many, blocksMax] = isQuick ? [25, 3] : [100, 5];
  const maker = await createMaker(server.endpoint);
  const results: Result[] = [];
  for (const language of await languagesOf(server.endpoint)) {
    const bare = prepareBare(language);
    const blocks: { ours: number; theirs: number }[] = [];
    await bare.run();
    for (let block = 0; block < blocksMax; block++) {
      beginBlock(`burst of ${many}, ${language.name}, ${isolation}`, block, blocksMax);
      const names = await Promise.all(Array.from({ length: many }, () => maker(language)));
      const connections = await Promise.all(names.map(() => openConnection(server)));
      const ours = await timed(() =>
        Promise.all(names.map(async (name, i) => checkAnswer(await connections[i]!.send(invokeRequest(server.endpoint, name, JSON.stringify({ id: name }))), { id: name, isFirst: true }))));
      connections.forEach((connection) => connection.close());
      await Promise.all(names.map(maker.remove));
      const theirs = await timed(() => Promise.all(names.map(() => bare.run())));
      blocks.push({ ours, theirs });
    }
    bare.remove();
    const per = (side: "ours" | "theirs") => Math.round(Math.min(...blocks.map((one) => one[side])));
    results.push(resultOf({ name: `${many} simultaneous cold invokes, ${language.name}`, isolation, baseline: `${many} simultaneous bare starts` }, blocks, { "lambdad ms": per("ours"), "bare ms": per("theirs") }));
  }
  return results;
};

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const began = performance.now();
  await work();
  return performance.now() - began;
};

if (import.meta.main) await runAlone(measureBurst);
