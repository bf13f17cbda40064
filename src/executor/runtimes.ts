import { homedir } from "node:os";
import { resolve as absolute } from "node:path";
import { ApiError } from "../kit/api-error.ts";
import type { RuntimeListing } from "./executor.ts";
import { discoverInterpreters, inspectInterpreter, titleOf, type Interpreter, type Language } from "./discover.ts";

/** `provided`: no language of ours, the package brings its program. */
export type RuntimeLanguage = Language | "provided";

const NAMES: Readonly<Record<RuntimeLanguage, readonly string[]>> = {
  nodejs: ["nodejs20.x", "nodejs22.x", "nodejs24.x", "nodejs26.x"],
  python: ["python3.9", "python3.10", "python3.11", "python3.12", "python3.13", "python3.14"],
  java: ["java8.al2", "java8.al2023", "java11", "java11.al2023", "java17", "java17.al2023", "java21", "java25"],
  ruby: ["ruby3.2", "ruby3.3", "ruby3.4", "ruby4.0"],
  provided: ["provided.al2", "provided.al2023"],
};
const RUNTIMES = Object.values(NAMES).flat();
const LANGUAGES = new Map((Object.keys(NAMES) as RuntimeLanguage[]).flatMap((language) => NAMES[language].map((name) => [name, language] as const)));

export interface Runtime {
  name: string;
  language: RuntimeLanguage;
  /** Every language has one; `provided` has none. */
  interpreter?: Interpreter;
  /** AWS's own client, for the languages that lambdad has none of its own for. */
  client?: RuntimeClient;
  isExact: boolean;
  /** Said once in a function's log when another version answers. */
  note?: string;
}

export interface RuntimeClient {
  /** Of this machine; becomes /var/runtime. */
  folder: string;
  /** Of this machine: where its Ruby has gems. */
  gems?: readonly string[];
}

interface Needs {
  settings: { strictRuntimes: boolean; runtimePaths: Readonly<Record<string, string>> };
  /** PATH of the server. */
  searchPath: string;
  /** Of its user: version managers keep interpreters there. */
  home?: string;
  /** Of the machine. */
  root?: string;
}

/** `[3, 13]`, `[24]`: as much of a version as a runtime's name says; `al2023` is none of it. */
const wantedOf = (name: string): number[] => /\d+(\.\d+)?/.exec(name)![0].split(".").map(Number);

/** Position on a line, so that versions can be near or far. */
const positionOf = (parts: readonly number[], length: number): number => (length === 1 ? parts[0]! : parts[0]! * 1_000 + parts[1]!);

const asNumbers = (version: string): number[] => version.split(".").map(Number);

/** The exact version, else the nearest newer, else the nearest older; of equal ones the latest patch. */
const choose = (interpreters: readonly Interpreter[], language: Language, wanted: readonly number[]): Interpreter | undefined => {
  const goal = positionOf(wanted, wanted.length);
  const byPatch = interpreters
    .filter((one) => one.language === language && (language !== "python" || asNumbers(one.version)[0] === wanted[0]))
    .toSorted((a, b) => asNumbers(b.version)[2]! - asNumbers(a.version)[2]! || asNumbers(b.version)[1]! - asNumbers(a.version)[1]!);
  const at = (one: Interpreter) => positionOf(asNumbers(one.version), wanted.length);
  const newer = byPatch.filter((one) => at(one) >= goal).toSorted((a, b) => at(a) - at(b));
  const older = byPatch.filter((one) => at(one) < goal).toSorted((a, b) => at(b) - at(a));
  return newer[0] ?? older[0];
};

const fixFor = (name: string): string => `install it and start lambdad again, or name an interpreter with --runtime ${name}=/path/to/it`;

export type Runtimes = ReturnType<typeof createRuntimes>;

/** Which interpreter of this machine runs which runtime. */
export const createRuntimes = ({ settings, searchPath, home = homedir(), root = "/" }: Needs) => {
  const configured = new Map<string, Promise<Interpreter>>();
  const told = new Set<string>();
  let found: Promise<Interpreter[]> | undefined;
  const interpreters = () => (found ??= discoverInterpreters({ searchPath, home, root }));

  /** What `--runtime` names, asked once who it is. Throws an error with its fix. */
  const configuredFor = (name: string, path: string): Promise<Interpreter> => {
    let interpreter = configured.get(name);
    if (interpreter === undefined) {
      const language = LANGUAGES.get(name);
      const fix = "Fix: name the path of an interpreter, or leave the setting out";
      interpreter =
        language === undefined
          ? Promise.reject(new Error(`--runtime ${name}=${path}: ${name} is no runtime that lambdad runs. Fix: take one of ${RUNTIMES.join(", ")}`))
          : language === "provided"
            ? Promise.reject(new Error(`--runtime ${name}=${path}: ${name} has no interpreter, the function's package brings its program. Fix: leave the setting out`))
            : inspectInterpreter(language, absolute(path)).catch((error: Error) => Promise.reject(new Error(`--runtime ${name}=${path}: ${error.message}. ${fix}`)));
      interpreter.catch(() => {});
      configured.set(name, interpreter);
    }
    return interpreter;
  };

  const look = async (name: string): Promise<Runtime | undefined> => {
    const language = LANGUAGES.get(name);
    if (language === undefined) return undefined;
    if (language === "provided") return { name, language, isExact: true };
    const wanted = wantedOf(name);
    const path = settings.runtimePaths[name];
    if (path !== undefined) return { name, language, interpreter: await configuredFor(name, path), isExact: true };
    const interpreter = choose(await interpreters(), language, wanted);
    if (interpreter === undefined) return undefined;
    const isExact = positionOf(asNumbers(interpreter.version), wanted.length) === positionOf(wanted, wanted.length);
    const refusal = settings.strictRuntimes ? "would run it, but --strict-runtimes refuses that" : "runs it";
    const note = isExact ? {} : { note: `${name} is not installed here: ${titleOf(language)} ${interpreter.version} (${interpreter.path}) ${refusal}. To have the exact one, ${fixFor(name)}` };
    return { name, language, interpreter, isExact, ...note };
  };
  const unavailable = (message: string): ApiError => new ApiError("InvalidRuntimeException", message, { status: 502 });

  return {
    /** Throws an ApiError that says what is missing and how to get it. */
    async resolve(name: string): Promise<Runtime> {
      if (!LANGUAGES.has(name)) throw unavailable(`The runtime ${name} is not built in this version of lambdad: it runs ${RUNTIMES.join(", ")}`);
      const runtime = await look(name);
      if (runtime === undefined) throw unavailable(`${name} is not installed on this machine: ${fixFor(name)}`);
      if (settings.strictRuntimes && !runtime.isExact) throw unavailable(runtime.note!);
      return runtime;
    },
    /** All that could answer to a name: what does so, and the other interpreters of that very version. */
    async candidates(name: string): Promise<Runtime[]> {
      const chosen = await look(name);
      if (chosen === undefined) return [];
      const { language, interpreter } = chosen;
      if (language === "provided") return [chosen];
      const wanted = wantedOf(name);
      const isOther = (one: Interpreter) => one.language === language && one.path !== interpreter?.path && positionOf(asNumbers(one.version), wanted.length) === positionOf(wanted, wanted.length);
      const others = (await interpreters()).filter(isOther).map((one): Runtime => ({ name, language, interpreter: one, isExact: true }));
      return [chosen, ...others].filter(({ isExact }) => isExact || !settings.strictRuntimes);
    },
    /** Why another version runs a function: told to each function once. */
    noteFor(functionArn: string, { name, note }: Runtime): string | undefined {
      const key = `${functionArn} ${name} ${note}`;
      if (note === undefined || told.has(key)) return undefined;
      told.add(key);
      return note;
    },
    /** Throws the first error that the settings hold, so that a start with them fails. */
    async check(): Promise<void> {
      for (const [name, path] of Object.entries(settings.runtimePaths)) await configuredFor(name, path);
    },
    list: (): Promise<RuntimeListing[]> =>
      Promise.all(
        RUNTIMES.map(async (name) => {
          const runtime = await look(name);
          if (runtime === undefined) return { runtime: name, isExact: false, note: `not installed: ${fixFor(name)}` };
          const { interpreter, isExact, note } = runtime;
          return { runtime: name, ...(interpreter === undefined ? {} : { version: interpreter.version, path: interpreter.path }), isExact, ...(note === undefined ? {} : { note }) };
        }),
      ),
  };
};
