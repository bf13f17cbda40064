import { describe, expect, it } from "vitest";
import { hasPython, NO_PYTHON } from "../support/python.ts";
import { eventually } from "../support/temporary.ts";
import { python } from "./ground.ts";

describe.skipIf(!hasPython)(`a Python handler${NO_PYTHON}`, () => {
  it("is imported once; globals live on; the log tells it", async () => {
    const { invoke, log } = await python(`
print("imported")
count = 0
def handler(event, context):
    global count
    count += 1
    print("called with", event["name"])
    return {"count": count, "name": event["name"]}
`);
    const first = await invoke({ name: "a" });
    const second = await invoke({ name: "b" });
    expect(first.json).toEqual({ count: 1, name: "a" });
    expect(second.json).toEqual({ count: 2, name: "b" });
    expect([first.isColdStart, second.isColdStart]).toEqual([true, false]);
    const text = log().filter((line) => !line.startsWith("[lambdad]")).join("");
    expect(text).toMatch(
      /^INIT_START Runtime Version: python:3\.\d+\.v\d+\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}\nimported\nSTART RequestId: [0-9a-f-]{36} Version: \$LATEST\ncalled with a\nEND RequestId: [0-9a-f-]{36}\nREPORT RequestId: [0-9a-f-]{36}\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\tMemory Size: 1769 MB\tMax Memory Used: \d+ MB\tInit Duration: \d+\.\d\d ms\t\nSTART/,
    );
    expect(text).toMatch(/called with b\nEND .*\nREPORT .*\tMax Memory Used: \d+ MB\t\n$/);
    expect(first.memoryUsedMb).toBeGreaterThan(3);
    expect(first.memoryUsedMb).toBeLessThan(128);
    expect(first.logTail.toString()).toMatch(/^START[^]*REPORT[^]*\n$/);
    expect(second.logTail.toString()).not.toContain("called with a");
  });

  it("has AWS's context and environment", async () => {
    const { invoke, environment } = await python(
      `
import os
def handler(event, context):
    return {
        "context": {name: getattr(context, name) for name in ("function_name", "function_version", "memory_limit_in_mb", "log_group_name", "log_stream_name", "invoked_function_arn")},
        "custom": context.client_context.custom, "identity": context.identity.cognito_identity_id,
        "remaining": context.get_remaining_time_in_millis(), "env": dict(os.environ), "cwd": os.getcwd(),
    }
`,
      { environment: { GREETING: "hallo", AWS_REGION: "nowhere" } },
    );
    const { json } = await invoke({}, { clientContext: JSON.stringify({ custom: { a: 1 } }) });
    const seen = json as { context: Record<string, string>; custom: unknown; identity: null; remaining: number; env: Record<string, string>; cwd: string };
    expect(seen.context).toEqual({
      function_name: "f", function_version: "$LATEST", memory_limit_in_mb: "1769", log_group_name: "/aws/lambda/f", log_stream_name: environment.logStream,
      invoked_function_arn: "arn:aws:lambda:us-east-1:000000000000:function:f",
    });
    expect(seen).toMatchObject({ custom: { a: 1 }, identity: null });
    expect(seen.remaining).toBeGreaterThan(5_000);
    expect(seen.remaining).toBeLessThanOrEqual(10_000);
    expect(seen.env).toMatchObject({
      GREETING: "hallo", AWS_REGION: "us-east-1", AWS_DEFAULT_REGION: "us-east-1", AWS_EXECUTION_ENV: "AWS_Lambda_python3.13", AWS_LAMBDA_FUNCTION_NAME: "f", AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "1769",
      AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand", AWS_ACCESS_KEY_ID: "ASIATEST", AWS_SESSION_TOKEN: "token", _HANDLER: "app.handler", TZ: ":UTC", LANG: "en_US.UTF-8",
    });
    expect(seen.env["_X_AMZN_TRACE_ID"]).toMatch(/^Root=1-/);
    expect(seen.env["AWS_ENDPOINT_URL"]).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(seen.cwd).toBe(seen.env["LAMBDA_TASK_ROOT"]);
    expect(environment.logStream).toMatch(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/);
  });

  it("that raises gives AWS's payload and log line, and goes on", async () => {
    const { invoke, log } = await python(`
class Odd(Exception): pass
def handler(event, context):
    if event["fail"]:
        raise Odd("no luck")
    return "fine"
`);
    const failed = await invoke({ fail: true });
    expect(failed.outcome).toMatchObject({ kind: "error", errorType: "Odd" });
    expect(failed.json).toMatchObject({ errorType: "Odd", errorMessage: "no luck", requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect((failed.json as { stackTrace: string[] }).stackTrace).toEqual([expect.stringMatching(/^ {2}File ".*app\.py", line 5, in handler\n {4}raise Odd\("no luck"\)\n$/)]);
    expect(log().find((line) => line.startsWith("[ERROR]"))).toMatch(/^\[ERROR\] Odd: no luck\nTraceback \(most recent call last\):\n\u00a0\u00a0File ".*", line 5, in handler\n\u00a0{4}raise Odd\("no luck"\)\n$/);
    expect((await invoke({ fail: false })).json).toBe("fine");
  });

  it.each<[string, string, string, string]>([
    ["Runtime.ImportModuleError", "Unable to import module 'app': No module named 'nowhere'", "import nowhere", "app.handler"],
    ["Runtime.ImportModuleError", "Unable to import module 'other': No module named 'other'", "x = 1", "other.handler"],
    ["Runtime.ImportModuleError", "Unable to import module 'app': cannot import name 'nothing' from 'json'", "from json import nothing", "app.handler"],
    ["Runtime.UserCodeSyntaxError", "Syntax error in module 'app': ", "def handler(", "app.handler"],
    ["Runtime.HandlerNotFound", "Handler 'missing' missing on module 'app'", "x = 1", "app.missing"],
    ["Runtime.MalformedHandlerName", "Bad handler 'app': not enough values to unpack (expected 2, got 1)", "x = 1", "app"],
    ["Runtime.BuiltInModuleConflict", "Cannot use built-in module sys as a handler module", "x = 1", "sys.exit"],
    ["Exception", "at startup", "raise Exception('at startup')", "app.handler"],
    ["Über", "", "class Über(Exception): pass\nraise Über()", "app.handler"],
  ])("P1, P2, P3 cannot be loaded: %s %s", async (errorType, message, source, handler) => {
    const { invoke, log } = await python(source, { handler });
    const { json, logTail } = await invoke({});
    expect(json).toMatchObject({ errorType, errorMessage: expect.stringContaining(message), requestId: "", stackTrace: expect.any(Array) });
    const kept = errorType.startsWith("Runtime.") ? errorType : "Runtime.Unknown";
    const text = log().join("");
    expect(text).toMatch(new RegExp(`INIT_REPORT Init Duration: [\\d.]+ ms\tPhase: init\tStatus: error\tError Type: ${kept}\n`));
    expect(text).toMatch(/\[WARNING\]\t\S+Z\t\tLAMBDA_WARNING: Unhandled exception\. The most likely cause is an issue in the function code\./);
    expect(text).toContain(`[ERROR] ${errorType}${message === "" ? "" : `: ${message}`}`);
    expect(text).toContain("\nTraceback (most recent call last):");
    expect(logTail.toString()).toMatch(new RegExp(`Phase: invoke\tStatus: error\tError Type: ${kept}\nEND [^]*Status: error\tError Type: ${kept}\n$`));
  });

  it("P2 shows the place of a syntax error, and AWS's frames of an exception at import", async () => {
    const syntax = await python("x = 1\ndef handler(:\n  pass");
    expect((await syntax.invoke({})).json).toMatchObject({ stackTrace: [expect.stringMatching(/^ {2}File ".*\/app\.py" Line 2\n {4}def handler\(:\n$/)] });
    const raised = await python("raise Exception('Runtime startup fails')");
    const { stackTrace } = (await raised.invoke({})).json as { stackTrace: string[] };
    expect(stackTrace[0]).toMatch(/^ {2}File ".*importlib\/__init__\.py", line \d+, in import_module\n/);
    expect(stackTrace.at(-1)).toMatch(/^ {2}File ".*\/app\.py", line 1, in <module>\n {4}raise Exception\('Runtime startup fails'\)\n$/);
  });

  it.each<[string, Record<string, string>, string, unknown]>([
    ["a folder by its path", { "dir/app.py": "def handler(e, c): return __name__" }, "dir/app.handler", "dir.app"],
    ["a folder by dots: a namespace package", { "dir/sub/app.py": "from . import other\ndef handler(e, c): return other.x", "dir/sub/other.py": "x = 'other'" }, "dir.sub.app.handler", "other"],
    ["a package", { "pkg/__init__.py": "def handler(e, c): return __name__" }, "pkg.handler", "pkg"],
    ["a module that is named like our own parts", { "bootstrap.py": "def handler(e, c): return __file__.rsplit('/', 1)[1]" }, "bootstrap.handler", "bootstrap.py"],
    ["a lambda", { "app.py": "handler = lambda event, context: 'lambda'" }, "app.handler", "lambda"],
  ])("P1 is found: %s", async (_name, files, handler, result) => {
    expect((await (await python(files, { handler })).invoke({})).json).toEqual(result);
  });

  it("is looked for in AWS's order: its code, its layers, the runtime with the SDK, Python", async () => {
    const { invoke } = await python("import sys, os\ndef handler(e, c): return [sys.path, os.environ.get('_LAMBDAD_OPT'), os.environ['PYTHONPATH']]", { environment: { PYTHONPATH: "/var/task/vendor" } });
    const [path, ours, pythonPath] = (await invoke({})).json as [string[], unknown, string];
    expect(path[0]).toMatch(/^\/var\/task$|\/code\/[0-9a-f]{64}$/);
    expect(path.slice(1, 3)).toEqual([expect.stringMatching(/^\/opt\/python\/lib\/python3\.\d+\/site-packages$/), "/opt/python"]);
    expect(path[3]).toMatch(/^\/var\/runtime$|runtimes\/python$/);
    expect(path.findIndex((place) => place === "/var/task/vendor")).toBeLessThan(path.findIndex((place) => place.endsWith(".zip")));
    expect([ours, pythonPath.split(":").at(-1)]).toEqual([null, "/var/task/vendor"]);
  });

  it("that exits, is killed or runs too long is replaced in the same environment, /tmp kept", async () => {
    const { invoke, environment, log } = await python(
      `
import os, time, tempfile
loaded = time.time()
def handler(event, context):
    path = os.path.join(tempfile.gettempdir(), "kept")
    if event["do"] == "exit": os._exit(7)
    if event["do"] == "sys.exit": raise SystemExit(0)
    if event["do"] == "kill": os.kill(os.getpid(), 9)
    if event["do"] == "sleep":
        open(path, "w").write("x")
        time.sleep(60)
    return os.path.exists(path)
`,
      { timeoutSeconds: 1 },
    );
    const id = (json: unknown) => (json as { errorMessage: string }).errorMessage.replace(/RequestId: [0-9a-f-]{36} /, "");
    expect((await invoke({ do: "look" })).json).toBe(false);
    const timedOut = await invoke({ do: "sleep" });
    expect(timedOut.json).toMatchObject({ errorType: "Sandbox.Timedout" });
    expect(id(timedOut.json)).toBe("Error: Task timed out after 1.00 seconds");
    expect(log().join("")).toMatch(/T[\d:.]+Z [0-9a-f-]{36} Task timed out after 1\.00 seconds\nEND.*\nREPORT.*Duration: 1000\.00 ms\t.*Status: timeout\n/);
    expect((await invoke({ do: "look" })).json).toBe(true);
    expect(id((await invoke({ do: "exit" })).json)).toBe("Error: Runtime exited with error: exit status 7");
    expect(id((await invoke({ do: "sys.exit" })).json)).toBe("Error: Runtime exited without providing a reason");
    expect(id((await invoke({ do: "kill" })).json)).toBe("Error: Runtime exited with error: signal: killed");
    expect(log().join("")).toContain("Status: error\tError Type: Runtime.ExitError\n");
    expect((await invoke({ do: "look" })).json).toBe(true);
    expect(environment.invocations).toBe(7);
  });

  it("that takes too much memory is told so", async () => {
    const { invoke } = await python(
      `
import time
def handler(event, context):
    held = []
    while True:
        held.append(bytearray(4 << 20)); time.sleep(0.005)
`,
      { memoryMb: 128, timeoutSeconds: 20 },
    );
    const { json, memoryUsedMb, logTail } = await invoke({});
    expect(json).toMatchObject({ errorType: "Runtime.OutOfMemory" });
    expect(memoryUsedMb).toBe(128);
    expect(logTail.toString()).toContain("Status: error\tError Type: Runtime.OutOfMemory\n");
  });

  it("is frozen between invocations: a thread does not run on", async () => {
    const { invoke, environment } = await python(`
import threading, time
longest = 0
def tick():
    global longest
    last = time.monotonic()
    while True:
        time.sleep(0.001)
        now = time.monotonic()
        longest = max(longest, now - last)
        last = now
threading.Thread(target=tick, daemon=True).start()
def handler(event, context):
    time.sleep(0.01)
    return longest
`);
    await invoke({});
    await eventually("it is frozen", () => environment.state === "frozen");
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await invoke({})).json).toBeGreaterThan(0.45);
  });
});
