import { randomUUID } from "node:crypto";
import { prepareBare } from "./bare-start.ts";
import { openConnection } from "./connection.ts";
import { createMaker, languagesOf } from "./functions.ts";
import { checkAnswer, invokeRequest } from "./invoke-request.ts";
import { beginBlock, BLOCKS, latencyContext, resultOf, type Options, type Result } from "./results.ts";
import { runAlone } from "./run-alone.ts";
import type { Server } from "./server.ts";
import { median } from "./statistics.ts";

/** First byte of an Invoke to the last byte of its answer, in an environment that did not exist, against a bare start of the same program. */
export const measureColdStart = async (server: Server, isolation: string, { isQuick }: Options): Promise<Result[]> => {
  const make = await createMaker(server.endpoint);
  const connection = await openConnection(server);
  const results: Result[] = [];

  const coldInvoke = async (functionName: string): Promise<number> => {
    const id = randomUUID();
    const request = invokeRequest(server.endpoint, functionName, JSON.stringify({ id }));
    const began = performance.now();
    const answer = await connection.send(request);
    const ms = performance.now() - began;
    // `isFirst` proves that no warm environment answered.
    checkAnswer(answer, { id, isFirst: true });
    return ms;
  };

  for (const language of await languagesOf(server.endpoint)) {
    const bare = prepareBare(language);
    const all = { lambdad: [] as number[], bare: [] as number[] };
    const blocks: { ours: number; theirs: number }[] = [];
    // The first one unpacks the package, and both sides fill the page cache.
    await coldInvoke(await make(language));
    await bare.run();
    for (let block = 0; block < BLOCKS; block++) {
      beginBlock(`cold start, ${language.name}, ${isolation}`, block);
      const [ours, theirs]: number[][] = [[], []];
      for (let round = 0; round < (isQuick ? 2 : 8); round++) {
        // A function of its own for each: nothing warm is there, and nothing has to be ended beside what is measured.
        const functionName = await make(language);
        ours!.push(await coldInvoke(functionName));
        theirs!.push(await bare.run());
      }
      all.lambdad.push(...ours!);
      all.bare.push(...theirs!);
      blocks.push({ ours: median(ours!), theirs: median(theirs!) });
    }
    bare.remove();
    results.push(resultOf({ name: `cold start, ${language.name}`, isolation, baseline: `a bare start of ${language.interpreter}` }, blocks, latencyContext(all)));
  }
  connection.close();
  return results;
};

if (import.meta.main) await runAlone(measureColdStart);
