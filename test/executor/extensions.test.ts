import { describe, expect, it } from "vitest";
import { isolations } from "../support/isolation.ts";
import { eventually } from "../support/temporary.ts";
import { ECHO, extension, startExtended } from "./extension-ground.ts";

const REQUEST_ID = /[0-9a-f]{8}-[0-9a-f-]{27}/;
const withoutId = (json: unknown) => (json as { errorMessage: string }).errorMessage.replace(/^RequestId: [0-9a-f-]{36} /, "");
/** A runtime that is its own internal extension: what it says stands in the function's log. */
const INTERNAL = `
const call = async (method, path, headers, body) => {
  const answer = await fetch("http://" + process.env.AWS_LAMBDA_RUNTIME_API + "/2020-01-01/extension/" + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  return { status: answer.status, json: await answer.json(), id: answer.headers.get("lambda-extension-identifier") };
};
const register = (name, events) => call("POST", "register", { "Lambda-Extension-Name": name }, { events });
`;

describe.each(isolations)("external extensions under %s", (isolation) => {
  it("L9 register before the runtime starts, are told of every invocation, and write into the function's log", async () => {
    const { invoke, log, said, environment } = await startExtended(`console.log("runtime up"); ${ECHO}`, {
      watch: extension(`
        const answer = await register(["INVOKE", "SHUTDOWN"], { "Lambda-Extension-Accept-Feature": "accountId" });
        say("registered", answer.status, answer.json);
        say("variables", Object.keys(process.env).filter((key) => /^(AWS|LAMBDA|_|OWN)/.test(key)).sort().join());
        await serve((event) => say("told", event));`),
      quiet: extension(`await register([]); await next();`),
    }, { isolation, environment: { OWN: "1" } });
    await eventually("INIT is over", () => environment.state === "frozen");
    expect(log()).toMatch(/INIT_START [^]*watch: registered [^]*runtime up\n[^]*EXTENSION\tName: quiet\tState: Ready\tEvents: \[\]\nEXTENSION\tName: watch\tState: Ready\tEvents: \[INVOKE, SHUTDOWN\]\n$/);
    expect(JSON.parse(said("watch")[0]!.slice("registered 200 ".length))).toEqual({ functionName: "f", functionVersion: "$LATEST", handler: "app.handler", accountId: "000000000000" });
    const variables = said("watch")[1]!.slice("variables ".length).split(",").filter((name) => name !== "_");
    expect(variables).toEqual([
      "AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE",
      "AWS_LAMBDA_METADATA_API", "AWS_LAMBDA_METADATA_TOKEN", "AWS_LAMBDA_RUNTIME_API", "AWS_REGION", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "OWN",
    ]);
    expect((await invoke({ a: 1 })).json).toEqual({ got: { a: 1 } });
    await invoke();
    const told = said("watch").filter((line) => line.startsWith("told")).map((line) => JSON.parse(line.slice("told ".length)) as Record<string, unknown>);
    expect(told).toHaveLength(2);
    expect(told[0]).toEqual({
      eventType: "INVOKE", deadlineMs: expect.any(Number), requestId: expect.stringMatching(REQUEST_ID), invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:f",
      tracing: { type: "X-Amzn-Trace-Id", value: expect.stringMatching(/^Root=1-/) },
    });
    expect(log()).toContain(`START RequestId: ${told[0]!["requestId"] as string} `);
  });

  it("L5 the answer goes out at once; the invocation lasts until they ask for the next event, within the function's timeout", async () => {
    const { invoke, log, said, ground, environment } = await startExtended(`${ECHO}`, {
      slow: extension(`await register(["INVOKE", "SHUTDOWN"]);
        await serve(() => existsSync(tmp("second")) ? undefined : (writeFileSync(tmp("second"), ""), say("busy"), fetch("http://127.0.0.1:1").catch(() => new Promise((resolve) => setTimeout(resolve, 1e6)))));`),
    }, { isolation, timeoutSeconds: 3 });
    const answered = Promise.withResolvers<unknown>();
    const report = invoke({ a: 1 }, (outcome) => answered.resolve(JSON.parse(outcome.payload.toString())));
    await eventually("the extension is busy", () => said("slow").includes("busy"));
    expect(await answered.promise).toEqual({ got: { a: 1 } });
    expect(environment.state).toBe("busy");
    await ground.wall.advance(3_000);
    await eventually("it is reset", () => environment.state === "resetting" || environment.state === "idle");
    await ground.wall.advance(2_000);
    const { json, logTail } = await report;
    expect(json).toEqual({ got: { a: 1 } });
    expect(logTail.toString()).toMatch(/Task timed out after 3\.00 seconds\n[^]*REPORT [^]*Status: timeout\n/);
    // The next invocation starts all of them again, and /tmp is what it was.
    expect((await invoke({ b: 1 })).json).toEqual({ got: { b: 1 } });
    expect(log().match(/EXTENSION\tName: slow\tState: Ready/g)).toHaveLength(2);
    expect(said("slow")).toEqual(["busy"]);
  });

  it.each([
    ["that ends before it registers", "process.exit(3);", "Extension.Crash", "Error: exit status 3", "EXTENSION\tName: broken\tState: ShutdownFailed\tEvents: []\n"],
    ["that ends with 0", "process.exit(0);", "Extension.Crash", "Error: exit code 0", "EXTENSION\tName: broken\tState: Exited\tEvents: []\n"],
    ["that ends before it is ready", "await register(['INVOKE']); process.kill(process.pid, 'SIGKILL'); await next();", "Extension.Crash", "Error: signal: killed", "State: ShutdownFailed\tEvents: [INVOKE]\n"],
    ["that reports an error of its INIT", "await register(['INVOKE']); say((await fail('init', 'Fatal.Mine')).status); process.exit(1);", "Extension.InitError", "Error: exit status 1", "State: InitError\tEvents: [INVOKE]\tError Type: Fatal.Mine\n"],
    ["that reports its exit", "await register([]); say((await fail('exit', 'Fatal.Mine')).status); process.exit(1);", "Extension.ExitError", "Error: exit status 1", "State: ExitError\tEvents: []\tError Type: Fatal.Mine\n"],
  ])("E5 one %s fails INIT, and then the invocation", async (_name, body, errorType, message, line) => {
    const { invoke, log, environment } = await startExtended(ECHO, { broken: extension(body) }, { isolation });
    await eventually("INIT is over", () => environment.state === "idle");
    expect(log()).toContain(line);
    expect(log()).toMatch(new RegExp(`INIT_REPORT Init Duration: [\\d.]+ ms\\tPhase: init\\tStatus: error\\tError Type: ${errorType}\\n`));
    const failed = await invoke();
    expect(failed.json).toMatchObject({ errorType });
    expect(withoutId(failed.json)).toBe(message);
    expect(failed.logTail.toString()).toMatch(new RegExp(`Phase: invoke\\tStatus: error\\tError Type: ${errorType}\\n[^]*REPORT [^]*\\tStatus: error\\tError Type: ${errorType}\\n$`));
  });

  it("L1, L2 one that does not ask keeps INIT from its end, for ten seconds; then all start again inside the invocation", async () => {
    const { invoke, log, said, environment, ground } = await startExtended(`console.log("runtime up"); ${ECHO}`, {
      late: extension(`await register(["INVOKE", "SHUTDOWN"]); say("registered"); if (!existsSync(tmp("mark"))) { writeFileSync(tmp("mark"), ""); await new Promise(() => setInterval(() => {}, 1e6)); } await serve();`),
    }, { isolation });
    await eventually("the runtime is up", () => log().includes("runtime up\n"));
    await ground.wall.advance(9_000);
    expect(environment.state).toBe("starting");
    await ground.wall.advance(1_000);
    await eventually("INIT is over", () => log().includes("INIT_REPORT"));
    expect(log()).toMatch(/EXTENSION\tName: late\tState: Registered\tEvents: \[INVOKE, SHUTDOWN\]\nINIT_REPORT Init Duration: [\d.]+ ms\tPhase: init\tStatus: timeout\n/);
    await eventually("it is reset", async () => (await ground.wall.advance(500), environment.state === "idle"));
    expect((await invoke({ a: 1 })).json).toEqual({ got: { a: 1 } });
    expect(said("late")).toEqual(["registered", "registered"]);
  });

  it.each([
    ["is no program for the kernel", { content: "echo hello\n", mode: 0o755 }, "exec format error", "UnknownError"],
    ["may not be run", { content: "#!/bin/sh\n", mode: 0o644 }, "permission denied", "PermissionDenied"],
    ["leads to a folder", { content: "../extensions", mode: 0o120_777 }, "permission denied", "PermissionDenied"],
    ["has an interpreter that is not there", { content: "#!/no/such/shell\n", mode: 0o755 }, "no such file or directory", "UnknownError"],
  ])("E5 a file that %s is a launch error", async (_name, file, why, type) => {
    const { invoke, log } = await startExtended(ECHO, { bad: file }, { isolation });
    const { json } = await invoke();
    expect([json, withoutId(json)]).toEqual([expect.objectContaining({ errorType: "Extension.LaunchError" }), `Error: fork/exec /opt/extensions/bad: ${why}`]);
    expect(log()).toContain(`EXTENSION\tName: bad\tState: LaunchError\tEvents: []\tError Type: ${type}\n`);
  });

  it("E5 one that ends during an invocation fails it, and is started again inside the next", async () => {
    const { invoke, log, said } = await startExtended(ECHO, {
      weak: extension(`await register(["INVOKE"]); let invocations = 0;
        await serve((event) => { say("told"); if (existsSync(tmp("mark"))) return; writeFileSync(tmp("mark"), ""); process.exit(7); });`),
    }, { isolation });
    const failed = await invoke();
    // Whichever comes first: the runtime's answer stands when it was there.
    expect(failed.logTail.toString()).toMatch(/Error: exit status 7\nExtension\.Crash\n[^]*\tStatus: error\tError Type: Extension\.Crash\n/);
    expect((await invoke({ again: 1 })).json).toEqual({ got: { again: 1 } });
    expect(said("weak")).toEqual(["told", "told"]);
    expect(log().match(/EXTENSION\tName: weak\tState: Ready/g)).toHaveLength(2);
  });

  it("L9 are ten at most", async () => {
    const quick: [string, ReturnType<typeof extension>][] = Array.from({ length: 11 }, (_, index) => [`e${String(index).padStart(2, "0")}`, extension("await register([]); await next();")]);
    const { invoke, log } = await startExtended(ECHO, Object.fromEntries(quick), { isolation, timeoutSeconds: 60, memoryMb: 2_048 });
    const { json } = await invoke();
    expect([json, withoutId(json)]).toEqual([expect.objectContaining({ errorType: "Extension.LaunchError" }), "Error: ErrTooManyExtensions"]);
    expect(log()).toContain("EXTENSION\tName: e10\tState: LaunchError\tEvents: []\tError Type: TooManyExtensions\n");
  });

  it("refuses what is out of turn, and who is not known, in AWS's words", async () => {
    const { invoke, said } = await startExtended(ECHO, {
      rude: extension(`
        const tell = ({ status, json }) => say(status, json.errorType ?? json, json.errorMessage ?? "");
        tell(await call("POST", EXTENSION + "/register", {}, { events: [] }));
        tell(await call("POST", EXTENSION + "/register", { "Lambda-Extension-Name": name }, { events: ["SLEEP"] }));
        tell(await call("POST", EXTENSION + "/register", { "Lambda-Extension-Name": name }, { configurationKeys: ["a"] }));
        tell(await call("POST", EXTENSION + "/register", { "Lambda-Extension-Name": name }, "no json"));
        tell(await call("GET", EXTENSION + "/event/next"));
        tell(await call("GET", EXTENSION + "/event/next", { "Lambda-Extension-Identifier": "me" }));
        tell(await call("GET", EXTENSION + "/event/next", { "Lambda-Extension-Identifier": "11111111-2222-3333-4444-555555555555" }));
        tell(await call("POST", EXTENSION + "/init/error", { "Lambda-Extension-Identifier": "11111111-2222-3333-4444-555555555555", "Lambda-Extension-Function-Error-Type": "x" }, {}));
        await register(["INVOKE"]);
        tell(await register(["INVOKE"]));
        tell(await call("POST", EXTENSION + "/init/error", mine(), {}));
        tell(await call("PUT", EXTENSION + "/event/next", mine()));
        const waiting = next();
        tell(await call("GET", EXTENSION + "/event/next", mine()));
        tell(await fail("init", "Late"));
        await waiting;
        tell(await call("POST", EXTENSION + "/register", { "Lambda-Extension-Name": "late" }, { events: [] }));
        await serve();`),
    }, { isolation });
    await invoke();
    const id = expect.stringMatching(/failed for extension [0-9a-f-]{36}\. Error: State transition is not allowed$/);
    expect(said("rude").map((line) => [...line.split(" ").slice(0, 2), line.split(" ").slice(2).join(" ")])).toEqual([
      ["403", "Extension.InvalidExtensionName", "Empty extension name"],
      ["403", "Extension.InvalidEventType", "SLEEP: ErrorInvalidEventType"],
      ["403", "InvalidRequestFormat", "configurationKeys are deprecated; use environment variables instead"],
      ["403", "InvalidRequestFormat", expect.stringContaining("JSON")],
      ["403", "Extension.MissingExtensionIdentifier", "Missing Lambda-Extension-Identifier header"],
      ["403", "Extension.InvalidExtensionIdentifier", "Invalid Lambda-Extension-Identifier"],
      ["403", "Extension.UnknownExtensionIdentifier", "Unknown extension 11111111-2222-3333-4444-555555555555"],
      ["403", "Extension.UnknownExtensionIdentifier", "Unknown Lambda-Extension-Identifier"],
      ["403", "Extension.InvalidExtensionState", "State transition from Registered to Registered failed for extension rude. Error: State transition is not allowed"],
      ["403", "Extension.MissingHeader", "Lambda-Extension-Function-Error-Type not found"],
      ["404", "NotFound", expect.any(String)],
      ["403", "Extension.InvalidExtensionState", id],
      ["403", "Extension.InvalidExtensionState", id],
      ["403", "Extension.RegistrationClosed", "Extension registration closed already"],
    ]);
  });
});

describe.each(isolations)("internal extensions under %s", (isolation) => {
  it("L9 register from the runtime for INVOKE alone, and hold the invocation as long as they are busy", async () => {
    const { invoke, log, environment } = await startExtended(`${INTERNAL}
      const refused = await register("inner", ["INVOKE", "SHUTDOWN"]);
      const { id } = await register("inner", ["INVOKE"]);
      const again = await register("inner", ["INVOKE"]);
      const events = [];
      const ask = async () => { for (;;) { const { json } = await call("GET", "event/next", { "Lambda-Extension-Identifier": id }); events.push(json.eventType); await new Promise((resolve) => setTimeout(resolve, 30)); events.push("done"); } };
      ask();
      export const handler = async () => ({ refused, again, events });`, {}, { isolation });
    const first = (await invoke()).json as { refused: unknown; again: unknown };
    expect(first.refused).toMatchObject({ status: 403, json: { errorType: "Extension.InvalidEventType", errorMessage: "SHUTDOWN: ShutdownEventNotSupportedForInternalExtension" } });
    expect(first.again).toMatchObject({ status: 403, json: { errorType: "Extension.InvalidExtensionState", errorMessage: "Extension with this name already registered" } });
    expect(((await invoke()).json as { events: string[] }).events.slice(0, 2)).toEqual(["INVOKE", "done"]);
    expect(log()).toContain("EXTENSION\tName: inner\tState: Ready\tEvents: [INVOKE]\n");
    expect(environment.state).not.toBe("dead");
  });

  it("E5 that report an error fail INIT at once", async () => {
    const { invoke } = await startExtended(`${INTERNAL}
      const { id } = await register("inner", []);
      await call("POST", "init/error", { "Lambda-Extension-Identifier": id, "Lambda-Extension-Function-Error-Type": "Fatal.Inner" }, {});
      await new Promise((resolve) => setTimeout(resolve, 1e6));
      export const handler = () => {};`, {}, { isolation });
    const { json } = await invoke();
    expect([json, withoutId(json)]).toEqual([expect.objectContaining({ errorType: "Extension.InitError" }), "Error: Fatal.Inner"]);
  });
});

it("G4 in JSON are records of the platform", async () => {
  const { invoke, log } = await startExtended(ECHO, { one: extension(`await register(["INVOKE"]); console.log('{"level":"DEBUG","message":"of the extension"}'); await serve();`) }, { isolation: isolations[0]!, logging: { group: "g", format: "JSON", applicationLevel: "ERROR" } });
  await invoke();
  const records = log().split("\n").filter((line) => line.includes('"platform.extension"')).map((line) => JSON.parse(line) as unknown);
  expect(records).toEqual([{ time: expect.any(String), type: "platform.extension", record: { name: "one", state: "Ready", events: ["INVOKE"] } }]);
  // The function's level is not the extensions'.
  expect(log()).toContain('"of the extension"');
});
