import { describe, expect, it } from "vitest";
import { isolations } from "../support/isolation.ts";
import { ECHO, extension, freePort, startExtended } from "./extension-ground.ts";

interface Received {
  type: string;
  record: unknown;
}

const subscriber = (port: number, body: string, method = "PUT") => extension(`
  await listen(${port}, (text, request) => JSON.parse(text).forEach((event) => say("got", request.method, request.url, event)));
  await register(["INVOKE", "SHUTDOWN"]);
  const { status, json } = await subscribe({ types: ["platform", "function"], buffering: { timeoutMs: 25 }, destination: { protocol: "HTTP", URI: "http://sandbox.localdomain:${port}/lambda_logs", method: "${method}" }, ...${body} }, "/2020-08-15/logs");
  say("subscribed", status, json);
  await serve();`);
const receivedOf = (lines: string[]): Received[] => lines.filter((line) => line.startsWith("got ")).map((line) => JSON.parse(line.slice(line.indexOf("{"))) as Received);
const requestId = expect.stringMatching(/^[0-9a-f-]{36}$/);

describe.each(isolations)("the Logs API under %s", (isolation) => {
  it("delivers the older schema, which is the default, and the newer with runtimeDone", async () => {
    const handler = 'export const handler = async (event) => { console.log("line"); if (event.bad) process.exit(4); return 1; };';
    const { invoke, said, environment, log } = await startExtended(handler, { older: subscriber(freePort(), "{}"), newer: subscriber(freePort(), '{ schemaVersion: "2021-03-18" }', "POST") }, { isolation });
    await invoke();
    await invoke({ bad: true });
    await environment.stop();
    expect(said("older")[0]).toBe("subscribed 200 OK");
    const [older, newer] = [receivedOf(said("older")), receivedOf(said("newer"))];
    const types = (events: Received[]) => events.map(({ type }) => type.replace("platform.", ""));
    expect(types(older).filter((type) => type !== "logsSubscription")).toEqual(["extension", "extension", "start", "function", "end", "report", "start", "function", "fault", "end", "report"]);
    expect(types(newer).filter((type) => type !== "logsSubscription")).toEqual(["extension", "extension", "start", "function", "runtimeDone", "end", "report", "start", "function", "fault", "runtimeDone", "end", "report"]);
    expect(older.find(({ type }) => type === "platform.logsSubscription")!.record).toEqual({ name: expect.any(String), state: "Subscribed", types: ["platform", "function"] });
    expect(older.find(({ type }) => type === "platform.end")!.record).toEqual({ requestId });
    expect(older.find(({ type }) => type === "platform.report")!.record).toEqual({ requestId, metrics: { durationMs: expect.any(Number), billedDurationMs: expect.any(Number), memorySizeMB: 1_769, maxMemoryUsedMB: expect.any(Number), initDurationMs: expect.any(Number) } });
    expect(older.find(({ type }) => type === "platform.fault")!.record).toMatch(/^RequestId: [0-9a-f-]{36} Error: Runtime exited with error: exit status 4\nRuntime\.ExitError$/);
    expect(newer.filter(({ type }) => type === "platform.runtimeDone").map(({ record }) => record)).toEqual([{ requestId, status: "success" }, { requestId, status: "failure" }]);
    expect(said("older").find((line) => line.startsWith("got"))).toMatch(/^got PUT \/lambda_logs /);
    expect(said("newer").find((line) => line.startsWith("got"))).toMatch(/^got POST \/lambda_logs /);
    expect(log()).toContain("LOGS\tName: older\tState: Subscribed\tTypes: [Platform, Function]\n");
  });

  it("refuses in its own words", async () => {
    const { invoke, said } = await startExtended(ECHO, {
      rude: extension(`
        const tell = ({ status, json }) => say(status, json.errorType ?? json, json.errorMessage ?? "");
        await register(["INVOKE"]);
        tell(await subscribe({ types: [], destination: { protocol: "HTTP", URI: "http://sandbox.localdomain" } }, "/2020-08-15/logs"));
        tell(await subscribe({ schemaVersion: "2022-07-01", types: ["platform"], destination: { protocol: "HTTP", URI: "http://sandbox.localdomain:8080" } }, "/2020-08-15/logs"));
        await next();
        tell(await subscribe({ types: ["platform"], destination: { protocol: "TCP", port: 8080 } }, "/2020-08-15/logs"));
        await serve();`),
    }, { isolation });
    await invoke();
    expect(said("rude")).toEqual([
      "400 Logs.ValidationError URI port is not provided; types should not be empty",
      "400 Logs.ValidationError schemaVersion should be one of 2020-08-15, 2021-03-18",
      "403 Logs.SubscriptionClosed Logs API subscription is closed already",
    ]);
  });
});
