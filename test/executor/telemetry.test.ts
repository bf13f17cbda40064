import { describe, expect, it } from "vitest";
import { isolations } from "../support/isolation.ts";
import { eventually } from "../support/temporary.ts";
import { ECHO, extension, freePort, startExtended } from "./extension-ground.ts";

interface Received {
  type: string;
  record: unknown;
  time: string;
}

const SUBSCRIBED = (port: number, over = "{}") => `{ schemaVersion: "2022-12-13", types: ["platform", "function"], buffering: { timeoutMs: 25 }, destination: { protocol: "HTTP", URI: "http://sandbox.localdomain:${port}" }, ...${over} }`;
/** Says everything that it receives, one event a line. */
const subscriber = (port: number, over?: string) => extension(`
  await listen(${port}, (text) => JSON.parse(text).forEach((event) => say("got", event)));
  await register(["INVOKE", "SHUTDOWN"]);
  say("subscribed", await subscribe(${SUBSCRIBED(port, over)}).then(({ status, json }) => [status, json]));
  await serve();`);
const receivedOf = (lines: string[]): Received[] => lines.filter((line) => line.startsWith("got ")).map((line) => JSON.parse(line.slice(4)) as Received);
const metrics = (...names: string[]) => Object.fromEntries(names.map((name) => [name, expect.any(Number)]));
const short = ({ type }: { type: string }) => type.replace("platform.", "");

describe.each(isolations)("the Telemetry API under %s", (isolation) => {
  it("delivers what the platform tells and the function writes, from INIT on, whatever the log's format", async () => {
    const { invoke, said, log, environment } = await startExtended(`console.log("at init"); export const handler = async (event) => { console.log("in the handler"); if (event.bad) process.exit(4); return "four"; };`, { sub: subscriber(freePort()) }, { isolation });
    await invoke();
    const isReport = ({ type }: Received) => type === "platform.report";
    await eventually("the report is there", async () => receivedOf(said("sub")).some(isReport) || (environment.state === "frozen" && (await invoke(), false)));
    const received = receivedOf(said("sub")).slice(0, receivedOf(said("sub")).findIndex(isReport) + 1);
    expect(said("sub")[0]).toBe('subscribed [200,"OK"]');
    // The runtime starts beside its extensions: which is first, its line or the subscription, is nobody's to say.
    const withoutSubscription = received.filter((one) => short(one) !== "telemetrySubscription");
    expect(withoutSubscription.map(short)).toEqual(["initStart", "function", "initRuntimeDone", "extension", "initReport", "start", "function", "runtimeDone", "report"]);
    expect([1, 2]).toContain(received.findIndex((one) => short(one) === "telemetrySubscription"));
    const records = Object.fromEntries(received.map((one) => [short(one), one.record]));
    const requestId = expect.stringMatching(/^[0-9a-f-]{36}$/);
    expect(records["initStart"]).toEqual({ initializationType: "on-demand", phase: "init", runtimeVersion: expect.stringMatching(/^nodejs:/), runtimeVersionArn: expect.stringMatching(/^arn:aws:lambda:/), functionName: "f", functionVersion: "$LATEST" });
    expect(records["telemetrySubscription"]).toEqual({ name: "sub", state: "Subscribed", types: ["platform", "function"] });
    expect(records["initRuntimeDone"]).toEqual({ initializationType: "on-demand", phase: "init", status: "success" });
    expect(records["extension"]).toEqual({ name: "sub", state: "Ready", events: ["INVOKE", "SHUTDOWN"] });
    expect(records["initReport"]).toEqual({ initializationType: "on-demand", phase: "init", status: "success", metrics: metrics("durationMs") });
    expect(records["start"]).toEqual({ requestId, version: "$LATEST" });
    expect(records["runtimeDone"]).toEqual({ requestId, status: "success", metrics: { durationMs: expect.any(Number), producedBytes: 6 } });
    expect(records["report"]).toEqual({ requestId, status: "success", metrics: metrics("durationMs", "billedDurationMs", "memorySizeMB", "maxMemoryUsedMB", "initDurationMs") });
    expect(withoutSubscription[1]!.record).toMatch(/\t-\tINFO\tat init\n$/);
    expect(received[0]!.time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(log()).toContain("TELEMETRY\tName: sub\tState: Subscribed\tTypes: [Platform, Function]\n");
    // What fails is told of before SHUTDOWN, and INIT that runs again is told of with its phase.
    await invoke({ bad: true });
    await invoke();
    await environment.stop();
    const all = receivedOf(said("sub"));
    const types = all.slice(all.findLastIndex((one) => isReport(one) && all.indexOf(one) < all.findIndex(({ record }) => (record as { phase?: string }).phase === "invoke") - 1 && (one.record as { status: string }).status === "success") + 1);
    expect(types.filter((one) => short(one) !== "telemetrySubscription").map(short)).toEqual(["start", "function", "runtimeDone", "report", "start", "initStart", "function", "initRuntimeDone", "extension", "initReport", "function", "runtimeDone", "report"]);
    expect([6, 7]).toContain(types.findIndex((one) => short(one) === "telemetrySubscription"));
    expect(types[2]!.record).toMatchObject({ status: "error", errorType: "Runtime.ExitError" });
    expect(types[5]!.record).toMatchObject({ phase: "invoke" });
  });

  it("delivers lines of extensions, and over TCP one event a line", async () => {
    const port = freePort();
    const { invoke, said, environment } = await startExtended(ECHO, {
      chatty: extension(`await register(["INVOKE"]); await serve(() => console.log("of an extension"));`),
      sub: extension(`
        let text = "";
        await new Promise((resolve) => net.createServer((socket) => socket.on("data", (chunk) => { text += chunk; const lines = text.split("\\n"); text = lines.pop(); lines.filter((line) => line.includes("of an extension") && !line.includes("got")).forEach((line) => say("got", JSON.parse(line))); })).listen(${port}, "127.0.0.1", resolve));
        await register(["SHUTDOWN"]);
        await subscribe(${SUBSCRIBED(port, `{ types: ["extension"], destination: { protocol: "TCP", URI: "tcp://sandbox:${port}" } }`)});
        const event = await next();`),
    }, { isolation });
    await invoke();
    await environment.stop();
    expect(receivedOf(said("sub")).find(({ record }) => record === "of an extension\n")).toEqual({ time: expect.any(String), type: "extension", record: "of an extension\n" });
  });

  it("is delivered before the environment freezes, and goes on after it", async () => {
    const port = freePort();
    const { invoke, said, environment } = await startExtended(ECHO, { sub: subscriber(port, "{ buffering: { timeoutMs: 30000 } }") }, { isolation });
    await invoke();
    await eventually("it is frozen", () => environment.state === "frozen");
    await eventually("INIT is there", async () => receivedOf(said("sub")).some(({ type }) => type === "platform.initReport") || (environment.state === "frozen" && (await invoke(), false)));
    await invoke();
    await environment.stop();
    expect(receivedOf(said("sub")).filter(({ type }) => type === "platform.report")).toHaveLength(environment.invocations);
  });

  it("tries again until there is a listener, and when it answers with an error", async () => {
    const port = freePort();
    const { invoke, said } = await startExtended(ECHO, {
      late: extension(`
        await register(["INVOKE"]);
        await subscribe(${SUBSCRIBED(port)});
        let refusals = 2;
        await serve(async () => {
          if (existsSync(tmp("up"))) return;
          writeFileSync(tmp("up"), "");
          const server = http.createServer((request, response) => { let text = ""; request.on("data", (chunk) => (text += chunk)).on("end", () => { const isBad = refusals-- > 0; response.writeHead(isBad ? 500 : 200).end(); if (isBad) say("refused"); else JSON.parse(text).forEach((event) => say("got", event)); }); });
          await new Promise((resolve) => server.listen(${port}, "127.0.0.1", resolve));
          say("listening");
        });`),
    }, { isolation });
    await invoke();
    await eventually("it arrives after all", async () => {
      await invoke();
      return receivedOf(said("late")).some(({ type }) => type === "platform.initStart");
    });
    expect(said("late").filter((line) => line === "refused")).toHaveLength(2);
    const starts = receivedOf(said("late")).filter(({ type }) => type === "platform.initStart");
    expect(starts).toHaveLength(1);
  });

  it("refuses what cannot be, in one text, and everything after INIT", async () => {
    const { invoke, said } = await startExtended(ECHO, {
      rude: extension(`
        const tell = ({ status, json }) => say(status, json.errorType ?? json, json.errorMessage ?? "");
        const good = ${SUBSCRIBED(8080)};
        tell(await call("PUT", "/2022-07-01/telemetry", {}, good));
        await register(["INVOKE"]);
        tell(await call("PUT", "/2022-07-01/telemetry", { "Lambda-Extension-Identifier": "11111111-2222-3333-4444-555555555555" }, good));
        tell(await subscribe("no json"));
        tell(await subscribe({ ...good, types: [], destination: { protocol: "HTTP", URI: "http://sandbox.localdomain" } }));
        tell(await subscribe({ ...good, schemaVersion: "1999-01-01" }));
        tell(await subscribe({ ...good, types: ["platform", "everything"] }));
        tell(await subscribe({ ...good, buffering: { maxItems: 999, maxBytes: 1048577, timeoutMs: 24 } }));
        tell(await subscribe({ ...good, destination: { protocol: "HTTPS", URI: "http://example.com:80" } }));
        tell(await subscribe({ ...good, destination: { protocol: "HTTP", URI: "http://sandbox:9001" } }));
        tell(await subscribe(good)); tell(await subscribe(good, "/2022-07-01/telemetry/"));
        tell(await subscribe({ ...good, schemaVersion: "2020-08-15" }, "/2020-08-15/logs"));
        const event = await next();
        tell(await subscribe(good));
        await serve();`),
    }, { isolation });
    await invoke();
    expect(said("rude")).toEqual([
      "403 Extension.MissingExtensionIdentifier Missing Lambda-Extension-Identifier header",
      "403 Extension.UnknownExtensionIdentifier Unknown extension 11111111-2222-3333-4444-555555555555",
      "400 ValidationError the request should be a JSON object",
      "400 ValidationError URI port is not provided; types should not be empty",
      "400 ValidationError schemaVersion should be one of 2022-07-01, 2022-12-13, 2025-01-29",
      "400 ValidationError types should be among platform, function, extension",
      "400 ValidationError buffering.maxItems should be an integer between 1000 and 10000; buffering.maxBytes should be an integer between 262144 and 1048576; buffering.timeoutMs should be an integer between 25 and 30000",
      "400 ValidationError destination.protocol should be HTTP or TCP; URI host should be sandbox.localdomain or sandbox: telemetry is delivered inside the execution environment only",
      "400 ValidationError port 9001 is reserved",
      "200 OK", "200 OK",
      "400 Logs.ValidationError the extension has subscribed through the Telemetry API already",
      "403 Telemetry.SubscriptionClosed Telemetry API subscription is closed already",
    ]);
  });
});

it("sandbox.localdomain is the sandbox's own (skipped without bubblewrap)", async ({ skip }) => {
  skip(!isolations.includes("bubblewrap"), "without a network of its own a sandbox has no names of its own");
  const { invoke, said } = await startExtended(ECHO, {
    named: extension(`
      for (const host of ["sandbox.localdomain", "sandbox"]) await new Promise((resolve, reject) => http.createServer().once("error", reject).listen(0, host, resolve));
      await register(["INVOKE"]); say("listening"); await serve();`),
  }, { isolation: "bubblewrap" });
  await invoke();
  expect(said("named")).toEqual(["listening"]);
});

it("lines of a function that logs in JSON are objects since schema 2022-12-13, and text before", async () => {
  const [first, second] = [freePort(), freePort()];
  const { invoke, said, environment } = await startExtended("export const handler = async () => { console.log({ a: 1 }); };", { newer: subscriber(first), older: subscriber(second, '{ schemaVersion: "2022-07-01" }') }, { isolation: isolations[0]!, logging: { group: "g", format: "JSON", systemLevel: "WARN" } });
  await invoke();
  await environment.stop();
  const line = (name: string) => receivedOf(said(name)).find(({ type }) => type === "function")?.record;
  expect(line("newer")).toMatchObject({ level: "INFO", message: { a: 1 } });
  expect(JSON.parse(line("older") as string)).toMatchObject({ level: "INFO", message: { a: 1 } });
  // The level of the log does not concern subscribers.
  expect(receivedOf(said("newer")).map(({ type }) => type)).toContain("platform.start");
});
