import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { afterAll } from "vitest";
import { JAVA_JARS, prepareJavaClient } from "../../src/executor/java-client.ts";
import { createRuntimes } from "../../src/executor/runtimes.ts";
import type { PackageFile } from "./functions.ts";

const run = promisify(execFile);
/** For a whole file: what is compiled is compiled before its tests. */
const directory = mkdtempSync(join(tmpdir(), "lambdad-java-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const dataDirectory = join(directory, "data");
const searchPath = process.env["PATH"] ?? "";
const runtimes = createRuntimes({ settings: { strictRuntimes: false, runtimePaths: {} }, searchPath });

const listings = (await runtimes.list()).filter(({ runtime, path }) => runtime.startsWith("java") && path !== undefined);
/** A runtime that another JVM than its own runs here. */
export const otherJava = listings.find(({ isExact }) => !isExact)?.runtime;
/** Names of runtimes, one for each JDK of this machine that runs one exactly: 17, 25 … */
export const exactJavas: readonly string[] = listings.filter(({ runtime, isExact, path }) => /^java\d+$/.test(runtime) && isExact && existsSync(join(dirname(realpathSync(path!)), "javac"))).map(({ runtime }) => runtime);

export const javaPath = async (runtime: string): Promise<string> => (await runtimes.resolve(runtime)).interpreter!.path;

/** Why Java functions cannot be tested here; undefined when they can. */
export const whyNoJava = async (): Promise<string | undefined> => {
  if (exactJavas.length === 0) return "no JDK that a runtime is named after is on this machine";
  const { isReady, message } = await prepareJavaClient({ dataDirectory, searchPath, home: homedir(), java: await javaPath(exactJavas[0]!) });
  return isReady ? undefined : message;
};

/** Classes made of sources by the JDK of a runtime, against nothing but AWS's core library. */
export const compileJava = async (runtime: string, sources: Record<string, string>): Promise<Record<string, PackageFile>> => {
  const [folder, java] = [mkdtempSync(join(directory, "code-")), await javaPath(runtime)];
  for (const [name, text] of Object.entries(sources)) {
    mkdirSync(dirname(join(folder, "src", name)), { recursive: true });
    writeFileSync(join(folder, "src", name), text);
  }
  const classes = join(folder, "classes");
  const files = Object.keys(sources).map((name) => join(folder, "src", name));
  await run(join(dirname(realpathSync(java)), "javac"), ["-nowarn", "-d", classes, "-cp", join(dataDirectory, "sdk/java", JAVA_JARS[0]!), ...files]);
  const made = readdirSync(classes, { recursive: true, encoding: "utf8" }).map((name) => join(classes, name)).filter((path) => statSync(path).isFile());
  return Object.fromEntries(made.map((path) => [relative(classes, path), { content: readFileSync(path), mode: 0o644 }]));
};
