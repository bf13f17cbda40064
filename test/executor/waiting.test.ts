import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { canBeWoken } from "../../src/executor/waking.ts";
import { startFunction, type TestFunction } from "./ground.ts";

const PROCESS = { isolation: "process" } as const;
const WOKEN = { isWoken: true } as const;
const ENVIRONMENT = { MINE: "ü=\n", TZ: "Asia/Tokyo", EMPTY: "" };

const NODE = `
import { readdirSync, readlinkSync } from "node:fs";
import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
const descriptors = () => readdirSync("/proc/self/fd").filter((fd) => { try { return !/anon_inode|eventfd|io_uring|\\/fd$/.test(readlinkSync("/proc/self/fd/" + fd)); } catch { return false; } });
const seen = () => ({
  environment: Object.entries(process.env), argv: process.argv, execArgv: process.execArgv, argv0: process.argv0, directory: process.cwd(), title: process.title, execPath: process.execPath,
  paths: require.resolve.paths("some-package"), globalPaths: require("node:module").globalPaths, cache: Object.keys(require.cache), main: String(require.main), mainModule: String(process.mainModule),
  umask: process.umask(), zone: new Date(0).toString(), intl: Intl.DateTimeFormat().resolvedOptions(), globals: Object.getOwnPropertyNames(globalThis).sort(),
  listeners: process.eventNames().map((name) => [String(name), process.listenerCount(name)]), handles: process.getActiveResourcesInfo().sort(), versions: process.versions, features: process.features,
  console: Object.keys(console), heap: require("node:v8").getHeapStatistics().heap_size_limit, warnings: process.noDeprecation === undefined, descriptors: descriptors().length,
  stdout: [process.stdout.constructor.name, process.stdout.isTTY, process.stdout.writableHighWaterMark], random: String(Math.random),
});
export const handler = async () => seen();
`;
const PYTHON = `
import sys
LOADED = sorted(sys.modules)
import os, time, __main__
def flags(): return {name: getattr(sys.flags, name) for name in dir(sys.flags) if not name.startswith("_") and isinstance(getattr(sys.flags, name), (int, bool, str))}
def stream(one): return [one.encoding, one.errors, one.name, one.mode, one.line_buffering, one.isatty(), one.fileno()]
def handler(event, context):
    return {
        "environment": list(os.environ.items()), "argv": sys.argv, "original": getattr(sys, "orig_argv", []), "path": sys.path, "loaded": LOADED, "flags": flags(), "directory": os.getcwd(), "executable": sys.executable,
        "main": {name: str(value).split(" at 0x")[0] for name, value in vars(__main__).items()}, "zone": [time.tzname, time.timezone], "encodings": [sys.getfilesystemencoding(), sys.getfilesystemencodeerrors(), sys.getdefaultencoding()],
        "streams": [stream(one) for one in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__)], "stdin": sys.stdin.name, "descriptors": sorted(os.listdir("/proc/self/fd")), "options": [sys.warnoptions, sys._xoptions],
        "bytecode": sys.dont_write_bytecode, "limit": sys.getrecursionlimit(), "hooks": len(sys.meta_path), "umask": os.umask(0o022),
    }
`;

interface Seen extends Record<string, unknown> {
  environment: [string, string][];
}

/** What differs between any two environments. */
const OF_THIS_ONE = ["AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_METADATA_API", "AWS_LAMBDA_METADATA_TOKEN", "AWS_ENDPOINT_URL", "_X_AMZN_TRACE_ID"];

const look = async ({ invoke }: TestFunction): Promise<Seen> => {
  const { json } = await invoke({});
  const task = Object.fromEntries((json as Seen).environment)["LAMBDA_TASK_ROOT"]!;
  const seen = JSON.parse(JSON.stringify(json).replaceAll(dirname(dirname(task)), "DATA")) as Seen;
  // Without a sandbox the driver adds TMPDIR to whatever it starts.
  const environment = seen.environment.filter(([name]) => name !== "TMPDIR").map(([name, value]): [string, string] => (OF_THIS_ONE.includes(name) ? [name, ""] : [name, value]));
  return { ...seen, environment: environment.toSorted(([one], [other]) => (one < other ? -1 : 1)) };
};

describe.each([
  ["nodejs24.x", "app.mjs", NODE],
  ["nodejs22.x", "app.mjs", NODE],
  ["python3.13", "app.py", PYTHON],
])("a runtime of %s that waited for its function", (runtime, file, code) => {
  it("is the same as one that was started", async () => {
    const options = { runtime, environment: ENVIRONMENT, logging: { group: "g", format: "JSON" } } as const;
    const [started, woken] = [await look(await startFunction({ [file]: code }, options, PROCESS)), await look(await startFunction({ [file]: code }, options, WOKEN))];
    expect(woken.environment.map(([name]) => name)).not.toContain("_LAMBDAD_CHANNEL");
    expect(Object.fromEntries(woken.environment)).toMatchObject({ ...ENVIRONMENT, AWS_LAMBDA_LOG_FORMAT: "JSON" });
    expect(woken).toEqual(started);
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
