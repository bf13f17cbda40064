import { print, readOptions, type Options, type Result } from "./results.ts";
import { startLambdad, type Server } from "./server.ts";

/** A text among the results says what was skipped, and why. */
export type Bench = (server: Server, isolation: string, options: Options) => Promise<(Result | string)[]>;

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
        for (const one of await bench(server, isolation, options)) {
          if (typeof one === "string") skipped.push(`${one}, ${isolation}`);
          else results.push(one);
        }
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
