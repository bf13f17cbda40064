import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { InvokeCommand, PublishLayerVersionCommand } from "@aws-sdk/client-lambda";
import { expect, it } from "vitest";
import { extension, freePort } from "../executor/extension-ground.ts";
import { createFunction, createRole, zipOf } from "../support/functions.ts";
import { isolations } from "../support/isolation.ts";
import { openPlatform } from "../support/platform.ts";
import { eventually } from "../support/temporary.ts";

it.each(isolations)("a layer with an extension: published, used, told of each invocation and of the end; its lines and what it received are in CloudWatch Logs (%s)", async (isolation) => {
  const platform = await openPlatform({ env: { LAMBDAD_ISOLATION: isolation } });
  const { clients } = platform;
  const port = freePort();
  const messages = async () => ((await clients.logs.send(new FilterLogEventsCommand({ logGroupName: "/aws/lambda/watched" }))).events ?? []).map(({ message }) => message!);
  try {
    const Role = await createRole(clients, "watched");
    const watcher = extension(`
      await listen(${port}, (text) => JSON.parse(text).forEach(({ type, record }) => say("received", type, type === "function" ? record : "")));
      await register(["INVOKE", "SHUTDOWN"]);
      await subscribe({ schemaVersion: "2022-12-13", types: ["platform", "function"], buffering: { timeoutMs: 25 }, destination: { protocol: "HTTP", URI: "http://sandbox.localdomain:${port}" } });
      await serve(({ requestId }) => say("told", requestId));`);
    const layer = await clients.lambda.send(new PublishLayerVersionCommand({ LayerName: "watcher", Content: { ZipFile: await zipOf({ "extensions/watcher": watcher }) }, CompatibleRuntimes: ["nodejs24.x"] }));
    await createFunction(clients, { FunctionName: "watched", Role, Runtime: "nodejs24.x", Layers: [layer.LayerVersionArn!], MemorySize: 256, files: { "app.mjs": 'export const handler = async (event) => { console.log("seen by all"); return event; };' } });
    const first = await clients.lambda.send(new InvokeCommand({ FunctionName: "watched", Payload: '{"n":1}', LogType: "Tail" }));
    expect(first.Payload!.transformToString()).toBe('{"n":1}');
    expect(first.FunctionError).toBeUndefined();
    const second = await clients.lambda.send(new InvokeCommand({ FunctionName: "watched", Payload: '{"n":2}' }));
    expect(second.Payload!.transformToString()).toBe('{"n":2}');
    const requestId = first.$metadata.requestId!;
    const has = (lines: string[], part: string) => lines.some((line) => line.includes(part));
    const lines = await eventually("its lines are in CloudWatch Logs", async () => {
      const found = await messages();
      return has(found, "watcher: received platform.report") && has(found, `watcher: told ${second.$metadata.requestId!}`) && found;
    });
    expect(lines).toContain("EXTENSION\tName: watcher\tState: Ready\tEvents: [INVOKE, SHUTDOWN]\n");
    expect(lines).toContain("TELEMETRY\tName: watcher\tState: Subscribed\tTypes: [Platform, Function]\n");
    expect(lines).toContain(`watcher: told ${requestId}\n`);
    for (const part of ["received platform.initStart", "received platform.start", "received platform.runtimeDone", "seen by all"]) expect(has(lines, part)).toBe(true);
    expect(lines.filter((line) => line.includes("received function") && line.includes("seen by all")).length).toBeGreaterThan(0);
  } finally {
    await platform.close();
  }
});
