import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GOALS, type Goal } from "./goals.ts";
import { CLASSES, EVENTS, makeLots, makeRules, makeWildcards } from "./patterns/corpus.ts";
import { buildEventRuler, buildQuamina, startEngine, type Engine } from "./patterns/engines.ts";
import { beginBlock, BLOCKS, ratioOf, type Result } from "./results.ts";
import { runAlone, type Bench } from "./run-alone.ts";
import { median } from "./statistics.ts";

const FEW_RULES = 10;
const MANY_RULES = 100_000;
const WILDCARDS = 1_000;
/** What quamina reads numbers and lists for is something else. */
const NOT_OF_QUAMINA = ["numeric", "arrays"];
/** Of the classes that quamina is as fast as it can be at. */
const LIKE_EXACT = ["exact", "prefix", "suffix"];

/** Events per second, by class, by engine, by block. */
type Speeds = Map<string, Map<string, number[]>>;

let isMeasured = false;

/** Event patterns: this library, quamina and event-ruler over the same events, in turns. It needs no server, and so it does not matter how the server would isolate functions: it is run once. */
export const measurePatterns: Bench = async (_server, _isolation, { isQuick }) => {
  if (isMeasured) return [];
  isMeasured = true;
  const folder = mkdtempSync(join(tmpdir(), "lambdad-bench-patterns-"));
  const file = join(folder, "events.txt");
  const lots = makeLots(isQuick ? 50_000 : EVENTS);
  writeFileSync(file, `${lots.join("\n")}\n`);
  copyFileSync(join(import.meta.dirname, "programs/quamina/go.mod"), join(folder, "go.mod"));
  const others = [buildEventRuler(folder, file), buildQuamina(folder, file)];
  const ours = ["plain", "any"].map((form) => startEngine(form, [process.execPath, join(import.meta.dirname, "patterns/matcher.ts"), file, form]));
  const engines = [...ours, ...others.filter((one) => typeof one !== "string")];
  const classes = { ...CLASSES, "10 rules": makeRules(FEW_RULES), "100,000 rules": makeRules(MANY_RULES), "1,000 wildcards": makeWildcards(WILDCARDS) };
  try {
    const speeds: Speeds = new Map();
    for (const [name, patterns] of Object.entries(classes)) speeds.set(name, await measureClass(name, patterns, engines, lots.length));
    return [...compare(speeds, engines), ...growth(speeds), ...others.filter((one) => typeof one === "string")];
  } finally {
    await Promise.all(engines.map((engine) => engine.stop()));
    rmSync(folder, { recursive: true, force: true });
  }
};

const measureClass = async (name: string, patterns: readonly string[], engines: readonly Engine[], events: number): Promise<Map<string, number[]>> => {
  const able = engines.filter((engine) => engine.name !== "quamina" || !NOT_OF_QUAMINA.includes(name));
  const speeds = new Map(able.map((engine) => [engine.name, [] as number[]]));
  const counts = new Map<string, number>();
  for (const engine of able) engine.load(patterns);
  for (const engine of able) counts.set(engine.name, (await engine.run()).matches);
  if (new Set(counts.values()).size > 1) throw new Error(`${name}: the engines do not agree: ${[...counts].map((one) => one.join(" ")).join(", ")}`);
  for (let block = 0; block < BLOCKS; block++) {
    beginBlock(`patterns, ${name}`, block);
    for (const engine of block % 2 === 0 ? able : able.toReversed()) speeds.get(engine.name)!.push(events / (await engine.run()).seconds);
  }
  return speeds;
};

const thousands = (perSecond: readonly number[]): number => Math.round(median(perSecond) / 1_000);

const goalOf = (name: string, engine: string): Goal => {
  if (engine === "event-ruler") return GOALS.patternsEventRuler;
  return LIKE_EXACT.includes(name) || name.endsWith("rules") ? GOALS.patternsQuamina : GOALS.patternsQuaminaOthers;
};

const compare = (speeds: Speeds, engines: readonly Engine[]): Result[] =>
  engines.slice(2).flatMap((engine) =>
    [...speeds].flatMap(([name, byEngine]) => {
      const theirs = byEngine.get(engine.name);
      if (theirs === undefined) return [];
      return ["plain", "any"].map((form) => {
        const ours = byEngine.get(form)!;
        const about = { name: `event patterns, ${name}, ${form === "plain" ? "events without a key twice" : "any event, read whole"}`, isolation: "none", baseline: engine.name, ...(form === "any" && engine.name === "quamina" ? {} : { goal: goalOf(name, engine.name) }) };
        return ratioOf(about, ours.map((one, block) => ({ ours: one, theirs: theirs[block]! })), { "lambdad 1,000 events per s": thousands(ours), [`${engine.name} 1,000 events per s`]: thousands(theirs) });
      });
    }),
  );

/** Many rules, as a part of the speed with few. */
const growth = (speeds: Speeds): Result[] =>
  ["plain", "any"].map((form) => {
    const [few, many] = [speeds.get("10 rules")!.get(form)!, speeds.get("100,000 rules")!.get(form)!];
    return ratioOf({ name: `event patterns, 100,000 rules, ${form}`, isolation: "none", baseline: "10 rules", goal: GOALS.patternsRules }, many.map((one, block) => ({ ours: one, theirs: few[block]! })), { "100,000 rules 1,000 events per s": thousands(many), "10 rules 1,000 events per s": thousands(few) });
  });

if (import.meta.main) await runAlone({ patterns: measurePatterns });
