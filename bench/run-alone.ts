import { readOptions, type Options } from "./options.ts";
import { print } from "./print.ts";
import type { Result } from "./results.ts";
import { startLambdad, type Server } from "./server.ts";

/** A text among the results says what was skipped, and why. */
export type Bench = (server: Server, isolation: string, options: Options) => Promise<(Result | string)[]>;

/** Runs benches, by name, with each isolation that starts here, prints, and ends with 1 at the first wrong answer. */
export const runAlone = async (benches: Readonly<Record<string, Bench>>): Promise<void> => {
  const options = readOptions(process.argv.slice(2));
  const unknown = options.only.find((name) => !(name in benches));
  if (unknown !== undefined) {
    console.error(`${unknown} is no bench: --only knows ${Object.keys(benches).join(", ")}`);
    process.exit(2);
  }
  const chosen = Object.entries(benches).filter(([name]) => options.only.length === 0 || options.only.includes(name));
  const results: Result[] = [];
  const skipped: string[] = [];
  for (const isolation of options.isolations) {
    for (const [name, bench] of chosen) {
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
        console.error(`✗ ${name} ended: ${(error as Error).message}`);
        await server.stop();
        process.exit(1);
      }
      await server.stop();
    }
  }
  print(results, skipped, options);
};
