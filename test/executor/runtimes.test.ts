import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { discoverInterpreters } from "../../src/executor/discover.ts";
import { createRuntimes } from "../../src/executor/runtimes.ts";
import { hasPython, NO_PYTHON } from "../support/python.ts";
import { temporaryDirectory } from "../support/temporary.ts";
import { node, python, startFunction } from "./ground.ts";

const OWN = realpathSync(process.execPath);

/** A program that answers as an interpreter of that version does. */
const install = (path: string, version: string): string => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho ${version}\n`);
  chmodSync(path, 0o755);
  return path;
};
const setUp = (pythons: readonly string[] = [], nodes: readonly string[] = [], settings: Partial<{ strictRuntimes: boolean; runtimePaths: Record<string, string> }> = {}) => {
  const home = temporaryDirectory();
  for (const version of pythons) install(join(home, ".pyenv/versions", version, "bin/python3"), version);
  for (const version of nodes) install(join(home, ".nvm/versions/node", `v${version}`, "bin/node"), `v${version}`);
  return { home, runtimes: createRuntimes({ settings: { strictRuntimes: false, runtimePaths: {}, ...settings }, searchPath: "", home, root: home }) };
};

describe("the interpreters of a machine", () => {
  it.each([
    ["pyenv", "python", ".pyenv/versions/3.12.7/bin/python3"],
    ["uv", "python", ".local/share/uv/python/cpython-3.12.7-linux-x86_64-gnu/bin/python3"],
    ["mise", "python", ".local/share/mise/installs/python/3.12.7/bin/python3"],
    ["asdf", "python", ".asdf/installs/python/3.12.7/bin/python3"],
    ["nvm", "nodejs", ".nvm/versions/node/v20.11.1/bin/node"],
    ["fnm", "nodejs", ".local/share/fnm/node-versions/v20.11.1/installation/bin/node"],
    ["mise", "nodejs", ".local/share/mise/installs/node/20.11.1/bin/node"],
    ["volta", "nodejs", ".volta/tools/image/node/20.11.1/bin/node"],
    ["SDKMAN", "java", ".sdkman/candidates/java/21.0.2-tem/bin/java"],
    ["mise", "java", ".local/share/mise/installs/java/21.0.2/bin/java"],
    ["asdf", "java", ".asdf/installs/java/temurin-21.0.2/bin/java"],
    ["IntelliJ", "java", ".jdks/openjdk-21.0.2/bin/java"],
    ["Gradle", "java", ".gradle/jdks/eclipse_adoptium-21/bin/java"],
    ["a system", "java", "usr/lib/jvm/java-21-openjdk/bin/java"],
    ["a system", "java", "usr/java/jdk-21/bin/java"],
    ["rbenv", "ruby", ".rbenv/versions/3.4.2/bin/ruby"],
    ["rvm", "ruby", ".rvm/rubies/ruby-3.4.2/bin/ruby"],
    ["chruby", "ruby", ".rubies/ruby-3.4.2/bin/ruby"],
    ["chruby", "ruby", "opt/rubies/ruby-3.4.2/bin/ruby"],
    ["mise", "ruby", ".local/share/mise/installs/ruby/3.4.2/bin/ruby"],
    ["asdf", "ruby", ".asdf/installs/ruby/3.4.2/bin/ruby"],
  ] as const)("are found where %s keeps those of %s", async (_name, language, place) => {
    const home = temporaryDirectory();
    const version = { python: "3.12.7", nodejs: "20.11.1", java: "21.0.2", ruby: "3.4.2" }[language];
    const path = install(join(home, place), { nodejs: `v${version}`, java: `'openjdk version "${version}" 2024-01-16 LTS'`, python: version, ruby: version }[language]);
    expect(await discoverInterpreters({ searchPath: "", home, root: home })).toEqual([expect.objectContaining({ path: OWN }), { language, path, version }]);
  });

  it.each([
    ['openjdk version "1.8.0_402"', "8.0.402"], ['openjdk version "25" 2025-09-16', "25.0.0"], ['java version "17.0.15" 2025-04-15 LTS', "17.0.15"], ['openjdk version "21.0.4.0.1" 2024-08-01', "21.0.4"],
    ['openjdk version "26-ea" 2026-03-17', "26.0.0"],
  ])("of Java tell their version on stderr, in whatever form: %s", async (text, version) => {
    const home = temporaryDirectory();
    const path = install(join(home, "usr/lib/jvm/java/bin/java"), `'${text}' >&2; echo 'OpenJDK Runtime Environment (build 1.2.3)'`);
    expect(await discoverInterpreters({ searchPath: "", home, root: home })).toContainEqual({ language: "java", path, version });
  });

  it("of Java are known by their own file, where there is one", async () => {
    const home = temporaryDirectory();
    const path = install(join(home, "usr/lib/jvm/java/bin/java"), "never started; exit 1");
    writeFileSync(join(home, "usr/lib/jvm/java/release"), 'IMPLEMENTOR="x"\nJAVA_RUNTIME_VERSION="1.8.0_402-b06"\nJAVA_VERSION="1.8.0_402"\n');
    expect(await discoverInterpreters({ searchPath: "", home, root: home })).toContainEqual({ language: "java", path, version: "8.0.402" });
  });

  it("are found on PATH, links followed and told once; shims, broken links and what only looks like one are left out", async () => {
    const home = temporaryDirectory();
    const bin = join(home, "bin");
    const real = install(join(home, "opt/python3.11"), "3.11.9");
    mkdirSync(bin);
    for (const name of ["python3", "python3.11"]) symlinkSync(real, join(bin, name));
    symlinkSync(join(home, "gone"), join(bin, "python3.9"));
    install(join(bin, "python3.10"), "no version");
    install(join(bin, "python3-config"), "3.1.0");
    writeFileSync(join(bin, "python3.8"), "#!/bin/sh\necho 3.8.1\n");
    writeFileSync(join(bin, "node"), "#!/bin/sh\nexit 1\n");
    chmodSync(join(bin, "node"), 0o755);
    mkdirSync(join(bin, "python3.7"));
    install(join(home, ".pyenv/shims/python3"), "3.5.0");
    const searchPath = [join(home, ".pyenv/shims"), bin, "", join(home, "nowhere")].join(delimiter);
    expect(await discoverInterpreters({ searchPath, home, root: home })).toEqual([expect.objectContaining({ language: "nodejs", path: OWN }), { language: "python", path: real, version: "3.11.9" }]);
  });
});

describe("the interpreter of a runtime", () => {
  it.each([
    ["the exact one", ["3.11.9", "3.12.7", "3.13.0"], "python3.12", "3.12.7", true],
    ["the latest patch of it", ["3.12.1", "3.12.10", "3.12.9"], "python3.12", "3.12.10", true],
    ["else the nearest newer one", ["3.10.1", "3.13.0", "3.14.0"], "python3.11", "3.13.0", false],
    ["else the nearest older one", ["3.9.18", "3.11.7", "2.7.18"], "python3.14", "3.11.7", false],
  ] as const)("is %s", async (_name, installed, runtime, version, isExact) => {
    const { runtimes } = setUp(installed);
    const found = await runtimes.resolve(runtime);
    expect([found.interpreter?.version, found.isExact, found.note === undefined]).toEqual([version, isExact, isExact]);
    expect(await runtimes.list()).toContainEqual(expect.objectContaining({ runtime, version, isExact }));
  });

  it("of Node.js goes by its major version alone", async () => {
    const { runtimes } = setUp([], ["20.9.0", "20.11.1", "26.1.0"]);
    const versions = await Promise.all(["nodejs20.x", "nodejs22.x", "nodejs24.x", "nodejs26.x"].map(async (name) => (await runtimes.resolve(name)).interpreter?.version));
    expect(versions).toEqual(["20.11.1", process.versions.node, process.versions.node, "26.1.0"]);
  });

  it("of Java goes by its major version alone, whatever system the name says; of Ruby by the first two parts", async () => {
    const { home, runtimes } = setUp();
    for (const version of ["17.0.9", "17.0.15", "21.0.2"]) install(join(home, ".sdkman/candidates/java", version, "bin/java"), `'openjdk version "${version}"'`);
    for (const version of ["3.1.2", "3.3.6", "4.0.1"]) install(join(home, ".rbenv/versions", version, "bin/ruby"), version);
    const chosen = async (...names: string[]) => Promise.all(names.map(async (name) => (await runtimes.resolve(name)).interpreter?.version));
    expect(await chosen("java8.al2", "java11.al2023", "java17", "java17.al2023", "java21", "java25")).toEqual(["17.0.15", "17.0.15", "17.0.15", "17.0.15", "21.0.2", "21.0.2"]);
    expect(await chosen("ruby3.2", "ruby3.3", "ruby3.4", "ruby4.0")).toEqual(["3.3.6", "3.3.6", "4.0.1", "4.0.1"]);
    expect((await runtimes.list()).filter(({ runtime, isExact }) => /java|ruby/.test(runtime) && isExact).map(({ runtime }) => runtime)).toEqual(["java17", "java17.al2023", "java21", "ruby3.3", "ruby4.0"]);
    expect((await runtimes.resolve("java25")).note).toContain("java25 is not installed here: Java 21.0.2");
  });

  it("is none for provided.al2 and provided.al2023, which run everywhere", async () => {
    const { runtimes } = setUp([], [], { strictRuntimes: true });
    expect(await runtimes.resolve("provided.al2023")).toEqual({ name: "provided.al2023", language: "provided", isExact: true });
    expect((await runtimes.list()).filter(({ runtime }) => runtime.startsWith("provided"))).toEqual([{ runtime: "provided.al2", isExact: true }, { runtime: "provided.al2023", isExact: true }]);
  });

  it("that is another one is told to each function once, and to `lambdad runtimes`", async () => {
    const { runtimes, home } = setUp(["3.11.7"]);
    const found = await runtimes.resolve("python3.13");
    const note = `python3.13 is not installed here: Python 3.11.7 (${join(home, ".pyenv/versions/3.11.7/bin/python3")}) runs it. To have the exact one, install it and start lambdad again, or name an interpreter with --runtime python3.13=/path/to/it`;
    expect(["a", "a", "b"].map((name) => runtimes.noteFor(name, found))).toEqual([note, undefined, note]);
    expect(await runtimes.list()).toContainEqual(expect.objectContaining({ runtime: "python3.13", note }));
  });

  it("that is missing is told in one clear line with the fix", async () => {
    const { runtimes } = setUp();
    await expect(runtimes.resolve("python3.13")).rejects.toMatchObject({ code: "InvalidRuntimeException", status: 502, message: "python3.13 is not installed on this machine: install it and start lambdad again, or name an interpreter with --runtime python3.13=/path/to/it" });
    expect(await runtimes.list()).toContainEqual({ runtime: "python3.13", isExact: false, note: expect.stringContaining("not installed: install it") });
    await expect(runtimes.resolve("cobol1")).rejects.toMatchObject({ code: "InvalidRuntimeException", message: expect.stringContaining("The runtime cobol1 is not built in this version of lambdad") });
  });

  it("that is not exact is refused by --strict-runtimes, and `lambdad runtimes` says so", async () => {
    const { runtimes } = setUp(["3.11.7"], [], { strictRuntimes: true });
    const refusal = expect.stringMatching(/^python3\.13 is not installed here: Python 3\.11\.7 \(.*\) would run it, but --strict-runtimes refuses that\. To have the exact one, install it/);
    await expect(runtimes.resolve("python3.13")).rejects.toMatchObject({ code: "InvalidRuntimeException", message: refusal });
    expect((await runtimes.resolve("python3.11")).isExact).toBe(true);
    expect(await runtimes.list()).toContainEqual(expect.objectContaining({ runtime: "python3.13", note: refusal }));
  });

  it("is the one that the settings name, whatever its version, and keeps its path", async () => {
    const path = install(join(temporaryDirectory(), "venv/bin/python"), "3.10.4");
    const { runtimes } = setUp(["3.13.0"], [], { strictRuntimes: true, runtimePaths: { "python3.13": path } });
    await runtimes.check();
    expect(await runtimes.resolve("python3.13")).toMatchObject({ interpreter: { path, version: "3.10.4" }, isExact: true });
  });

  it.each([
    ["is not there", { "python3.13": "/nowhere/python" }, "--runtime python3.13=/nowhere/python: there is nothing at that path. Fix: name the path of an interpreter, or leave the setting out"],
    ["is no program", { "python3.13": "/etc/passwd" }, "--runtime python3.13=/etc/passwd: it is no program. Fix: "],
    ["is another language", { "python3.13": OWN }, `--runtime python3.13=${OWN}: it is no Python. Fix: `],
    ["has no interpreter", { "provided.al2023": "/bin/sh" }, "--runtime provided.al2023=/bin/sh: provided.al2023 has no interpreter, the function's package brings its program. Fix: leave the setting out"],
    ["has no runtime", { php8: "/bin/sh" }, "--runtime php8=/bin/sh: php8 is no runtime that lambdad runs. Fix: take one of nodejs20.x, "],
  ])("is checked at start: it %s", async (_name, runtimePaths, message) => {
    const { runtimes } = setUp([], [], { runtimePaths: runtimePaths as unknown as Record<string, string> });
    await expect(runtimes.check()).rejects.toThrow(message);
  });

  it("that the settings name wrongly ends the start with one clear message", () => {
    const bin = resolve(import.meta.dirname, "../../bin/lambdad.js");
    const { status, stdout, stderr } = spawnSync(process.execPath, [bin, "start", "--port", "0", "--data-dir", join(temporaryDirectory(), "data"), "--runtime", `python3.13=${OWN}`], { encoding: "utf8", timeout: 30_000, env: { PATH: process.env["PATH"] } });
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(`--runtime python3.13=${OWN}: it is no Python`);
    expect(stderr).toContain("name the path of an interpreter, or leave the setting out");
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});

describe.skipIf(!hasPython)(`an interpreter that the settings name${NO_PYTHON}`, () => {
  const app = { "app.py": "import sys\ndef handler(event, context): return [sys.prefix, sys.version_info[0]]" };
  const runWith = async (path: string) => (await (await startFunction(app, { runtime: "python3.11" }, { runtimePaths: { "python3.11": path } })).invoke({})).json;

  it("may be a virtual environment's, with its packages", async () => {
    const folder = join(temporaryDirectory(), "venv");
    expect(spawnSync("python3", ["-m", "venv", "--without-pip", folder]).status).toBe(0);
    expect(await runWith(join(folder, "bin/python3"))).toEqual([folder, 3]);
  });

  it("may be a link to it, in whatever folder", async () => {
    const link = join(temporaryDirectory(), "python");
    symlinkSync(spawnSync("python3", ["-c", "import os, sys; print(os.path.realpath(sys.executable), end='')"], { encoding: "utf8" }).stdout, link);
    expect(await runWith(link)).toEqual([expect.any(String), 3]);
  });
});

describe("a function whose runtime is another version", () => {
  it("is told so once in its log", async () => {
    const { log, invoke } = await node("export const handler = async () => process.version", { runtime: "nodejs26.x" });
    const { json } = await invoke({});
    const notes = log().filter((line) => line.startsWith("[lambdad] nodejs26.x is not installed here"));
    expect(notes).toHaveLength(String(json).startsWith("v26.") ? 0 : 1);
  });

  it("has its own name in the environment, and INIT_START says the real version", async () => {
    const { log, invoke } = await python("import os, sys\ndef handler(event, context): return [os.environ['AWS_EXECUTION_ENV'], '%d.%d.v%d' % sys.version_info[:3]]", { runtime: "python3.14" });
    const [name, version] = (await invoke({})).json as string[];
    expect(name).toBe("AWS_Lambda_python3.14");
    expect(log()[0]).toContain(`INIT_START Runtime Version: python:${version}\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:`);
  });
});
