import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { canBeWoken } from "../../src/executor/waking.ts";
import { createClock } from "../../src/kit/clock.ts";
import { silentLog } from "../../src/kit/log.ts";
import { findBubblewrap } from "../../src/sandbox/find-bubblewrap.ts";
import { hasBubblewrap } from "../support/isolation.ts";
import { eventually, temporaryDirectory } from "../support/temporary.ts";
import { startFunction, type TestFunction } from "./ground.ts";

const PROCESS = { isolation: "process" } as const;
const WOKEN = { isWoken: true } as const;
const ENVIRONMENT = { MINE: "ü=\n", TZ: "Asia/Tokyo", EMPTY: "" };

const NODE = `
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
const descriptors = () => readdirSync("/proc/self/fd").filter((fd) => { try { return !/anon_inode|eventfd|io_uring|\\/fd$/.test(readlinkSync("/proc/self/fd/" + fd)); } catch { return false; } });
const seen = () => ({
  program: readFileSync("/proc/self/cmdline", "utf8"),
  environment: Object.entries(process.env), argv: process.argv, execArgv: process.execArgv, argv0: process.argv0, directory: process.cwd(), title: process.title, execPath: process.execPath,
  paths: require.resolve.paths("some-package"), globalPaths: require("node:module").globalPaths, cache: Object.keys(require.cache), main: String(require.main), mainModule: String(process.mainModule),
  umask: process.umask(), zone: new Date(0).toString(), intl: Intl.DateTimeFormat().resolvedOptions(), globals: Object.getOwnPropertyNames(globalThis).sort(),
  listeners: process.eventNames().map((name) => [String(name), process.listenerCount(name)]), handles: process.getActiveResourcesInfo().sort(), versions: process.versions, features: process.features,
  console: Object.keys(console), heap: require("node:v8").getHeapStatistics().heap_size_limit, warnings: process.noDeprecation === undefined, descriptors: descriptors().length,
  stdout: [process.stdout.constructor.name, process.stdout.isTTY, process.stdout.writableHighWaterMark], random: [typeof Math.random, Math.random.name, Math.random.length],
});
export const handler = async () => seen();
`;
const PYTHON = `
import sys
LOADED = sorted(sys.modules)
import os, time, __main__
def flags(): return {name: getattr(sys.flags, name) for name in dir(sys.flags) if not name.startswith("_") and isinstance(getattr(sys.flags, name), (int, bool, str))}
def stream(one): return [one.encoding, one.errors, one.name, one.mode, one.line_buffering, one.isatty(), one.fileno(), one.seekable(), one.newlines, one.write_through, type(one.buffer).__name__, one.buffer.raw.mode]
def handler(event, context):
    return {
        "program": open("/proc/self/cmdline").read(), "environment": list(os.environ.items()), "argv": sys.argv, "original": getattr(sys, "orig_argv", []), "path": sys.path, "loaded": LOADED, "flags": flags(), "directory": os.getcwd(), "executable": sys.executable,
        "main": {name: str(value).split(" at 0x")[0] for name, value in vars(__main__).items()}, "zone": [time.tzname, time.timezone], "encodings": [sys.getfilesystemencoding(), sys.getfilesystemencodeerrors(), sys.getdefaultencoding()],
        "streams": [stream(one) for one in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__)], "stdin": sys.stdin.name, "descriptors": sorted(os.listdir("/proc/self/fd")), "options": [sys.warnoptions, sys._xoptions],
        "bytecode": sys.dont_write_bytecode, "limit": sys.getrecursionlimit(), "hooks": len(sys.meta_path), "umask": os.umask(0o022),
    }
`;

interface Seen extends Record<string, unknown> {
  /** As the kernel tells it: the one thing that stays. */
  program: string;
  environment: [string, string][];
}

/** What differs between any two environments. */
const OF_THIS_ONE = ["AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_METADATA_API", "AWS_LAMBDA_METADATA_TOKEN", "AWS_ENDPOINT_URL", "_X_AMZN_TRACE_ID"];

const look = async ({ invoke }: TestFunction): Promise<Seen> => {
  const { json } = await invoke({});
  const task = Object.fromEntries((json as Seen).environment)["LAMBDA_TASK_ROOT"]!;
  const seen = JSON.parse(JSON.stringify(json).replaceAll(task, "TASK").replaceAll(dirname(dirname(task)).replace(/^\/$/, "no other folder"), "DATA")) as Seen;
  // Without a sandbox the driver adds TMPDIR to whatever it starts.
  const environment = seen.environment.filter(([name]) => name !== "TMPDIR").map(([name, value]): [string, string] => (OF_THIS_ONE.includes(name) ? [name, ""] : [name, value]));
  return { ...seen, environment: environment.toSorted(([one], [other]) => (one < other ? -1 : 1)) };
};

const LANGUAGES = [
  ["nodejs24.x", "app.mjs", NODE],
  ["nodejs22.x", "app.mjs", NODE],
  ["python3.13", "app.py", PYTHON],
] as const;

describe.each(LANGUAGES)("a runtime of %s that waited for its function", (runtime, file, code) => {
  it("is the same as one that was started", async () => {
    const options = { runtime, environment: ENVIRONMENT, logging: { group: "g", format: "JSON" } } as const;
    const [started, woken] = [await look(await startFunction({ [file]: code }, options, PROCESS)), await look(await startFunction({ [file]: code }, options, WOKEN))];
    expect(woken.environment.map(([name]) => name)).not.toContain("_LAMBDAD_CHANNEL");
    expect(Object.fromEntries(woken.environment)).toMatchObject({ ...ENVIRONMENT, AWS_LAMBDA_LOG_FORMAT: "JSON" });
    expect([started.program, woken.program]).toEqual([expect.stringMatching(/bootstrap\.\w+\0$/), expect.stringMatching(/waiting\.\w+\0$/)]);
    expect({ ...woken, program: "" }).toEqual({ ...started, program: "" });
  });
});

/** The one that every sandbox has anyway. */
const SYSTEM = { "python3.11": "/usr/bin/python3" };

describe.runIf(hasBubblewrap())("in a sandbox that was made in advance (skipped without bubblewrap)", () => {
  it.each([...LANGUAGES.slice(0, 2), ["python3.11", "app.py", PYTHON] as const])("a runtime of %s is the same, too", async (runtime, file, code) => {
    const directory = temporaryDirectory();
    const found = await findBubblewrap({ directory: join(directory, "sandboxes"), network: "isolated", searchPath: process.env["PATH"] ?? "", prepared: { packages: join(directory, "code"), count: 1 }, wall: createClock(), log: silentLog });
    const sandboxes = (found as Extract<typeof found, { ok: true }>).driver;
    const options = { runtime, environment: ENVIRONMENT, logging: { group: "g", format: "JSON" } } as const;
    const started = await look(await startFunction({ [file]: code }, options, { isolation: "bubblewrap", runtimePaths: SYSTEM }));
    // Over HTTP more is loaded; a system's own module for every Python lies where sandboxes have nothing.
    const overChannel = await look(await startFunction({ [file]: code }, options, { ...PROCESS, runtimePaths: SYSTEM }));
    const loaded = (overChannel["loaded"] as string[] | undefined)?.filter((name) => name !== "sitecustomize");
    let woken = await look(await startFunction({ [file]: code }, options, { own: { sandboxes, directory }, runtimePaths: SYSTEM }));
    // The first one of its kind is made while it is waited for.
    await eventually("one has waited", async () => {
      woken = await look(await startFunction({ [file]: code }, options, { own: { sandboxes, directory }, runtimePaths: SYSTEM }));
      return woken.program !== started.program;
    });
    onTestFinished(() => sandboxes.close());
    // One that is started where there is no channel has a connection instead.
    const ofThatOne = { program: "", descriptors: [] };
    expect({ ...woken, ...ofThatOne }).toEqual({ ...started, ...ofThatOne, loaded });
  });
});

it("a Python function's own module is found where the library's is not loaded, and not where it is, waited for or not", async () => {
  const files = { "app.py": "import calendar, json\nhandler = lambda event, context: [calendar.__file__.endswith('/code/calendar.py') or 'own' in dir(calendar), 'own' in dir(json)]\n", "calendar.py": "own = 1\n", "json.py": "own = 1\n" };
  for (const ground of [PROCESS, WOKEN]) expect((await (await startFunction(files, { runtime: "python3.13" }, ground)).invoke({})).json).toEqual([true, false]);
});

describe("a function that sets what is read at a start", () => {
  it.each([
    ["nodejs24.x", "app.mjs", "export const handler = async () => process.noDeprecation === true;", { NODE_OPTIONS: "--no-deprecation" }],
    ["nodejs24.x", "app.mjs", "export const handler = async () => new Intl.DateTimeFormat().resolvedOptions().locale.startsWith('de');", { LC_ALL: "de_DE.UTF-8" }],
    ["python3.13", "app.py", "import sys\nhandler = lambda event, context: sys.flags.optimize == 1", { PYTHONOPTIMIZE: "1" }],
    ["python3.13", "app.py", "import sys\nhandler = lambda event, context: sys.flags.hash_randomization == 0", { PYTHONHASHSEED: "0" }],
  ])("is started, and sees it take effect: %s", async (runtime, file, code, environment) => {
    expect(canBeWoken(runtime.startsWith("node") ? "nodejs" : "python", environment)).toBe(false);
    expect((await (await startFunction({ [file]: code }, { runtime, environment }, WOKEN)).invoke({})).json).toBe(true);
  });

  it.each([
    [true, {}], [true, { NODE_ENV: "production", NODE_PATH: "/x", TZ: "UTC", PATH: "/bin", HOME: "/tmp", PYTHON: "1" }], [false, { NODE_DEBUG: "net" }], [false, { LD_PRELOAD: "x" }],
    [false, { MALLOC_ARENA_MAX: "1" }], [false, { LANG: "C" }], [false, { UV_THREADPOOL_SIZE: "1" }], [false, { AWS_LAMBDA_EXEC_WRAPPER: "/opt/wrapper" }], [true, { LANGUAGES: "x", LDFLAGS: "x" }],
  ] as const)("of Node.js can be woken: %s with %j", (expected, environment) => expect(canBeWoken("nodejs", environment as Record<string, string>)).toBe(expected));
});
