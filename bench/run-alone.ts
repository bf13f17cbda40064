import { print, readOptions, type Options, type Result } from "./results.ts";
import { startLambdad, type Server } from "./server.ts";

export type Bench = (server: Server, isolation: string, options: Options) => Promise<Result[]>;

/** Runs benches with each isolation that starts here, prints, and ends with 1 at the first wrong answer. */
export const runAlone = async (...benches: readonly Bench[]): Promise<void> => {
  const options = readOptions(process.argv.slice(2));
  const results: Result[] = [];
  const skipped: string[] = [];
  for (const isolation of options.isolations) {
    for (const bench of benches) {
      const server = await startLambdad(isolation);
      if (typeof server === "string") {
        skipped.push(`${isolation}: ${server}`);
        break;
      }
      try {
        results.push(...(await bench(server, isolation, options)));
      } catch (error) {
        console.error(`✗ the bench ended: ${(error as Error).message}`);
        await server.stop();
        process.exit(1);
      }
      await server.stop();
    }
  }
  print(results, skipped, options);
};
