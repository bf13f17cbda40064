import { accessSync, constants, existsSync, readdirSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
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
    return true;
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

/** Where interpreters are installed on a developer's machine, beside what PATH says: pyenv, uv, mise, nvm, fnm. */
const candidates = (searchPath: string): { language: Language; path: string }[] => {
  const home = homedir();
  const python = [
    ...folders(join(home, ".pyenv/versions")).map((version) => join(version, "bin/python3")),
    ...folders(join(home, ".local/share/uv/python")).map((version) => join(version, "bin/python3")),
    ...folders(join(home, ".local/share/mise/installs/python")).map((version) => join(version, "bin/python3")),
  ];
  const nodejs = [
    ...folders(join(home, ".nvm/versions/node")).map((version) => join(version, "bin/node")),
    ...folders(join(home, ".local/share/fnm/node-versions")).map((version) => join(version, "installation/bin/node")),
    ...folders(join(home, ".local/share/mise/installs/node")).map((version) => join(version, "bin/node")),
  ];
  for (const folder of searchPath.split(delimiter)) {
    // A shim is a script that chooses anew at every start: the real interpreters were found above.
    if (folder === "" || folder.includes("/shims")) continue;
    if (existsSync(join(folder, "node"))) nodejs.push(join(folder, "node"));
    for (const path of folders(folder)) if (PYTHON.test(path.slice(folder.length + 1))) python.push(path);
  }
  return [...python.map((path) => ({ language: "python" as const, path })), ...nodejs.map((path) => ({ language: "nodejs" as const, path }))];
};

const versionOf = async (language: Language, path: string): Promise<string | undefined> => {
  const args = language === "python" ? ["-I", "-S", "-c", "import sys; print('%d.%d.%d' % sys.version_info[:3])"] : ["--version"];
  const { code, stdout } = await runCommand(path, args, { timeoutMs: VERSION_TIMEOUT_MS, env: {} });
  return code === 0 ? /\d+\.\d+\.\d+/.exec(stdout)?.[0] : undefined;
};

/** Every interpreter of this machine, each asked for its version. The Node.js that runs the server is always among them. */
export const discoverInterpreters = async (searchPath: string): Promise<Interpreter[]> => {
  const real = new Map<string, Language>([[realpathSync(process.execPath), "nodejs"]]);
  for (const { language, path } of candidates(searchPath)) if (isProgram(path)) real.set(realpathSync(path), language);
  const found = await Promise.all([...real].map(async ([path, language]) => ({ language, path, version: await versionOf(language, path) })));
  return found.filter((one): one is Interpreter => one.version !== undefined);
};
