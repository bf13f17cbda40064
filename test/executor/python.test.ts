import { describe, expect, it } from "vitest";
import { hasPython, NO_PYTHON } from "../support/python.ts";
import { eventually } from "../support/temporary.ts";
import { startFunction } from "./ground.ts";

const python = (app: string, options: Parameters<typeof startFunction>[1] = {}) => startFunction({ "app.py": app }, options);

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
      /^INIT_START Runtime Version: python:3\.\d+\.v\d+\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}\nimported\nSTART RequestId: [0-9a-f-]{36} Version: \$LATEST\ncalled with a\nEND RequestId: [0-9a-f-]{36}\nREPORT RequestId: [0-9a-f-]{36}\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\tMemory Size: 256 MB\tMax Memory Used: \d+ MB\tInit Duration: \d+\.\d\d ms\t\nSTART/,
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
      function_name: "f", function_version: "$LATEST", memory_limit_in_mb: "256", log_group_name: "/aws/lambda/f", log_stream_name: environment.logStream,
      invoked_function_arn: "arn:aws:lambda:us-east-1:000000000000:function:f",
    });
    expect(seen).toMatchObject({ custom: { a: 1 }, identity: null });
    expect(seen.remaining).toBeGreaterThan(5_000);
    expect(seen.remaining).toBeLessThanOrEqual(10_000);
    expect(seen.env).toMatchObject({
      GREETING: "hallo", AWS_REGION: "us-east-1", AWS_DEFAULT_REGION: "us-east-1", AWS_EXECUTION_ENV: "AWS_Lambda_python3.13", AWS_LAMBDA_FUNCTION_NAME: "f", AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "256",
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

  it.each([
    ["Runtime.ImportModuleError", "Unable to import module 'app': No module named 'nowhere'", "import nowhere", "app.handler"],
    ["Runtime.UserCodeSyntaxError", "Syntax error in module 'app': ", "def handler(", "app.handler"],
    ["Runtime.HandlerNotFound", "Handler 'missing' missing on module 'app'", "x = 1", "app.missing"],
    ["Runtime.MalformedHandlerName", "Bad handler 'app': not enough values to unpack (expected 2, got 1)", "x = 1", "app"],
    ["Runtime.BuiltInModuleConflict", "Cannot use built-in module sys as a handler module", "x = 1", "sys.exit"],
    ["Exception", "at startup", "raise Exception('at startup')", "app.handler"],
  ])("cannot be loaded: %s", async (errorType, message, source, handler) => {
    const { invoke, log } = await python(source, { handler });
    const { json } = await invoke({});
    expect(json).toMatchObject({ errorType, errorMessage: expect.stringContaining(message), requestId: "" });
    expect(log().join("")).toMatch(new RegExp(`INIT_REPORT Init Duration: [\\d.]+ ms\tPhase: init\tStatus: error\tError Type: `));
  });

  it("that returns what is no JSON", async () => {
    const { invoke } = await python("def handler(event, context): return {1, 2}");
    expect((await invoke({})).json).toMatchObject({ errorType: "Runtime.MarshalError", errorMessage: "Unable to marshal response: Object of type set is not JSON serializable" });
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

  it("logs with the logging module, text and JSON", async () => {
    const source = `
import logging
logging.getLogger().setLevel("INFO")
def handler(event, context):
    logging.getLogger().info("two\\nlines")
    logging.debug("not this")
`;
    const text = await python(source);
    await text.invoke({});
    expect(text.log().find((line) => line.startsWith("[INFO]"))).toMatch(/^\[INFO\]\t\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,3}Z\t[0-9a-f-]{36}\ttwo\nlines\n$/);
    const json = await python(source, { logging: { group: "g", format: "JSON" } });
    await json.invoke({});
    const entries = json.log().filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(entries.find((entry) => entry["level"] === "INFO")).toMatchObject({ message: "two\nlines", requestId: expect.any(String) });
    expect(entries.map((entry) => entry["type"]).filter(Boolean)).toEqual(["platform.initStart", "platform.start", "platform.report"]);
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
