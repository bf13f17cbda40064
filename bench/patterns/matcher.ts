import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { createPatternSet, type EventForm, type PatternSet } from "../../src/patterns/pattern-set.ts";

/**
 * Answers what it is asked, line by line, as the programs of other engines do: `clear`; `+` and a pattern; `run`, with how many patterns matched in all events and in how many seconds.
 * Arguments: the file of events, and what is known of them.
 */
const [file = "", form = "any"] = process.argv.slice(2);
const events = readFileSync(file, "utf8").split("\n").filter((line) => line !== "").map((line) => Buffer.from(line));
let patterns: PatternSet<number> = createPatternSet();

const run = (): void => {
  const start = process.hrtime.bigint();
  let matches = 0;
  for (const event of events) matches += patterns.matching(event, form as EventForm).length;
  console.log(`${matches} ${Number(process.hrtime.bigint() - start) / 1e9}`);
};

for await (const line of createInterface({ input: process.stdin })) {
  if (line === "clear") patterns = createPatternSet();
  else if (line === "run") run();
  else patterns.add(patterns.size, line.slice(1));
}
