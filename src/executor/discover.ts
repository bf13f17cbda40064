import { accessSync, constants, existsSync, readdirSync, realpathSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { runCommand } from "../sandbox/run-command.ts";

export type Language = "nodejs" | "python";

export interface Interpreter {
  language: Language;
  /** `3.13.0` */
  version: string;
  /** The real program, never a shim. */
  path: string;
}

const VERSION_TIMEOUT_MS = 10_000;
const PYTHON = /^python3(\.\d+)?$/;

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
};

const folders = (path: string): string[] => {
  try {
    return readdirSync(path).map((name) => join(path, name));
  } catch {
    return [];
  }
};

/** Where version managers put interpreters, below the home of a user: the folder of all versions, and the program in one of them. */
const MANAGED: readonly (readonly [Language, string, string])[] = [
  ["python", ".pyenv/versions", "bin/python3"],
  ["python", ".local/share/uv/python", "bin/python3"],
  ["python", ".local/share/mise/installs/python", "bin/python3"],
  ["python", ".asdf/installs/python", "bin/python3"],
  ["nodejs", ".nvm/versions/node", "bin/node"],
  ["nodejs", ".local/share/fnm/node-versions", "installation/bin/node"],
  ["nodejs", "Library/Application Support/fnm/node-versions", "installation/bin/node"],
  ["nodejs", ".local/share/mise/installs/node", "bin/node"],
  ["nodejs", ".asdf/installs/nodejs", "bin/node"],
  ["nodejs", ".volta/tools/image/node", "bin/node"],
];

export interface Places {
  /** PATH of the server. */
  searchPath: string;
  /** Of the user, for version managers. */
  home: string;
}

const candidates = ({ searchPath, home }: Places): { language: Language; path: string }[] => {
  const found = MANAGED.flatMap(([language, place, program]) => folders(join(home, place)).map((version) => ({ language, path: join(version, program) })));
  for (const folder of searchPath.split(delimiter)) {
    // A shim is a script that chooses anew at every start: the real interpreters were found above.
    if (folder === "" || folder.includes("/shims")) continue;
    found.push({ language: "nodejs", path: join(folder, "node") });
    for (const path of folders(folder)) if (PYTHON.test(path.slice(folder.length + 1))) found.push({ language: "python", path });
  }
  return found;
};

/** What an interpreter says its version is; undefined when it is none of this language, or is broken. */
const versionOf = async (language: Language, path: string): Promise<string | undefined> => {
  const args = language === "python" ? ["-I", "-S", "-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])"] : ["--version"];
  const { code, stdout } = await runCommand(path, args, { timeoutMs: VERSION_TIMEOUT_MS, env: {} });
  return code === 0 ? VERSION[language].exec(stdout.trim())?.[1] : undefined;
};
const VERSION: Readonly<Record<Language, RegExp>> = { python: /^(\d+\.\d+\.\d+)$/, nodejs: /^v(\d+\.\d+\.\d+)$/ };

/** Every interpreter of this machine, each asked for its version. The Node.js that runs the server is always among them. */
export const discoverInterpreters = async (places: Places): Promise<Interpreter[]> => {
  const real = new Map<string, Language>([[realpathSync(process.execPath), "nodejs"]]);
  for (const { language, path } of candidates(places)) if (isProgram(path)) real.set(realpathSync(path), language);
  const found = await Promise.all([...real].map(async ([path, language]) => ({ language, path, version: await versionOf(language, path) })));
  return found.filter((one): one is Interpreter => one.version !== undefined);
};

/** The interpreter at a path that somebody named. Throws an error that says what is wrong with it. */
export const inspectInterpreter = async (language: Language, path: string): Promise<Interpreter> => {
  if (!existsSync(path)) throw new Error("there is nothing at that path");
  if (!isProgram(path)) throw new Error("it is no program");
  const version = await versionOf(language, path);
  if (version === undefined) throw new Error(`it is no ${language === "python" ? "Python" : "Node.js"}`);
  return { language, path, version };
};
