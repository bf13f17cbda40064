import { accessSync, constants, existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { runCommand } from "../sandbox/run-command.ts";

export type Language = "nodejs" | "python" | "java" | "ruby";

export interface Interpreter {
  language: Language;
  /** `3.13.0`; Java's 1.8.0_402 is `8.0.402`. */
  version: string;
  /** The real program, never a shim. */
  path: string;
}

const VERSION_TIMEOUT_MS = 10_000;

interface Traits {
  title: string;
  /** Its program, as it is named on PATH. */
  program: RegExp;
  /** With which it tells its version. */
  args: readonly string[];
  /** What it tells then. */
  version: RegExp;
}

const TRAITS: Readonly<Record<Language, Traits>> = {
  nodejs: { title: "Node.js", program: /^node$/, args: ["--version"], version: /^v(\d+\.\d+\.\d+)$/ },
  python: { title: "Python", program: /^python3(\.\d+)?$/, args: ["-I", "-S", "-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])"], version: /^(\d+\.\d+\.\d+)$/ },
  java: { title: "Java", program: /^java$/, args: ["-version"], version: /^\S+ version "(?:1\.)?(\d+(?:\.\d+(?:[._]\d+)?)?)/m },
  ruby: { title: "Ruby", program: /^ruby(\d+\.\d+)?$/, args: ["--disable=gems", "-e", "print RUBY_VERSION"], version: /^(\d+\.\d+\.\d+)$/ },
};
const LANGUAGES = Object.keys(TRAITS) as Language[];

export const titleOf = (language: Language): string => TRAITS[language].title;

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
  ["java", ".sdkman/candidates/java", "bin/java"],
  ["java", ".local/share/mise/installs/java", "bin/java"],
  ["java", ".asdf/installs/java", "bin/java"],
  ["java", ".jdks", "bin/java"],
  ["java", ".gradle/jdks", "bin/java"],
  ["ruby", ".rbenv/versions", "bin/ruby"],
  ["ruby", ".rvm/rubies", "bin/ruby"],
  ["ruby", ".rubies", "bin/ruby"],
  ["ruby", ".local/share/mise/installs/ruby", "bin/ruby"],
  ["ruby", ".asdf/installs/ruby", "bin/ruby"],
];
/** Where systems put several versions side by side, of which PATH leads to one. */
const INSTALLED: typeof MANAGED = [
  ["java", "usr/lib/jvm", "bin/java"],
  ["java", "usr/java", "bin/java"],
  ["ruby", "opt/rubies", "bin/ruby"],
];

export interface Places {
  /** PATH of the server. */
  searchPath: string;
  /** Of the user, for version managers. */
  home: string;
  /** The machine's: `/`. */
  root: string;
}

const below = (folder: string, places: typeof MANAGED): { language: Language; path: string }[] =>
  places.flatMap(([language, place, program]) => folders(join(folder, place)).map((version) => ({ language, path: join(version, program) })));

const candidates = ({ searchPath, home, root }: Places): { language: Language; path: string }[] => {
  const found = [...below(home, MANAGED), ...below(root, INSTALLED)];
  for (const folder of searchPath.split(delimiter)) {
    // A shim is a script that chooses anew at every start: the real interpreters were found above.
    if (folder === "" || folder.includes("/shims")) continue;
    for (const path of folders(folder)) for (const language of LANGUAGES) if (TRAITS[language].program.test(path.slice(folder.length + 1))) found.push({ language, path });
  }
  return found;
};

/** What a JDK's own file says of its version: no JVM has to be started for it. */
const releaseOf = (java: string): string | undefined => {
  try {
    return /^JAVA_VERSION="(?:1\.)?([\d._]+)/m.exec(readFileSync(join(dirname(dirname(realpathSync(java))), "release"), "utf8"))?.[1];
  } catch {
    return undefined;
  }
};

const tellsVersion = async (language: Language, path: string): Promise<string | undefined> => {
  const { args, version } = TRAITS[language];
  const { code, stdout, stderr } = await runCommand(path, args, { timeoutMs: VERSION_TIMEOUT_MS, env: {} });
  // Java says it on stderr.
  return code === 0 ? version.exec((language === "java" ? stdout + stderr : stdout).trim())?.[1] : undefined;
};

/** What an interpreter says its version is; undefined when it is none of this language, or is broken. */
const versionOf = async (language: Language, path: string): Promise<string | undefined> => {
  const told = (language === "java" ? releaseOf(path) : undefined) ?? (await tellsVersion(language, path));
  // Java 25 is 25.0.0, and 8u402 is 8.0.402.
  return told === undefined ? undefined : [...told.split(/[._]/), "0", "0"].slice(0, 3).join(".");
};

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
  const version = (await tellsVersion(language, path)) === undefined ? undefined : await versionOf(language, path);
  if (version === undefined) throw new Error(`it is no ${titleOf(language)}`);
  return { language, path, version };
};
