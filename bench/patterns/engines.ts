import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { availableParallelism } from "node:os";

/** What matches events, in a process of its own. */
export interface Engine {
  name: string;
  load(patterns: readonly string[]): void;
  /** All events. */
  run(): Promise<{ matches: number; seconds: number }>;
  stop(): Promise<void>;
}

const PROGRAMS = join(import.meta.dirname, "../programs");
const MINUTES = 60_000;

/** On one CPU, the last one, where that can be said. */
const onOneCpu = (command: readonly string[]): readonly string[] => (spawnSync("taskset", ["--version"]).status === 0 ? ["taskset", "-c", String(availableParallelism() - 1), ...command] : command);

export const startEngine = (name: string, command: readonly string[], env: Record<string, string> = {}): Engine => {
  const [program, ...args] = onOneCpu(command);
  const child = spawn(program!, args, { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, ...env } });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const exited = once(child, "exit");
  return {
    name,
    load: (patterns) => void child.stdin.write(`clear\n${patterns.map((pattern) => `+${pattern}\n`).join("")}`),
    run: async () => {
      child.stdin.write("run\n");
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`${name} ended`);
      const [matches, seconds] = value.split(" ").map(Number);
      return { matches: matches!, seconds: seconds! };
    },
    stop: async () => {
      child.stdin.end();
      await exited;
    },
  };
};

const reasonOf = ({ stderr, stdout, error }: ReturnType<typeof spawnSync>): string => (error?.message ?? `${String(stderr)}${String(stdout)}`.trim().split("\n").find((line) => /error|403|not/i.test(line)) ?? "it failed").slice(0, 200);

/** Amazon's own, in Java; or why it is not there. `folder` is to hold what is built. */
export const buildEventRuler = (folder: string, events: string): Engine | string => {
  const program = join(PROGRAMS, "event-ruler");
  const fetched = spawnSync("mvn", ["-q", "-f", join(program, "pom.xml"), "dependency:copy-dependencies", `-DoutputDirectory=${folder}/jars`], { encoding: "utf8", timeout: 5 * MINUTES });
  if (fetched.status !== 0) return `event-ruler: Maven has no event-ruler here: ${reasonOf(fetched)}`;
  const compiled = spawnSync("javac", ["-nowarn", "-cp", `${folder}/jars/*`, "-d", folder, join(program, "Match.java")], { encoding: "utf8", timeout: MINUTES });
  if (compiled.status !== 0) return `event-ruler: javac: ${reasonOf(compiled)}`;
  return startEngine("event-ruler", ["java", "-XX:+UseSerialGC", "-cp", `${folder}/jars/*:${folder}`, "Match", events]);
};

/** In Go; or why it is not there. */
export const buildQuamina = (folder: string, events: string): Engine | string => {
  const program = join(PROGRAMS, "quamina");
  const built = spawnSync("go", ["build", "-mod=mod", `-modfile=${folder}/go.mod`, "-o", join(folder, "quamina"), "."], { cwd: program, encoding: "utf8", timeout: 5 * MINUTES });
  if (built.status !== 0) return `quamina: its module, or Go, is not to be had here: ${reasonOf(built)}`;
  return startEngine("quamina", [join(folder, "quamina"), events], { GOMAXPROCS: "1" });
};
