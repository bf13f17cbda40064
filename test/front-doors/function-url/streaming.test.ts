import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { AddPermissionCommand, CreateFunctionCommand, CreateFunctionUrlConfigCommand, UpdateFunctionUrlConfigCommand } from "@aws-sdk/client-lambda";
import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { beforeAll, describe, expect, it } from "vitest";
import { useLambda } from "../../lambda/support.ts";
import { isThere } from "../../support/commands.ts";
import { eventually, temporaryDirectory } from "../../support/temporary.ts";
import { ask } from "../ask.ts";

const on = useLambda();

/** Does what the query asks for; what it waits for is a file. */
const HANDLER = `
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
export const handler = awslambda.streamifyResponse(async (event, stream) => {
  const { prelude, type, first, wait, fail, big, tokens } = event.queryStringParameters ?? {};
  if (prelude !== undefined) stream = awslambda.HttpResponseStream.from(stream, JSON.parse(prelude));
  if (type !== undefined) stream.setContentType(type);
  if (first !== undefined) stream.write(first);
  while (wait !== undefined && !existsSync(wait)) await sleep(5);
  if (fail !== undefined) throw new Error(fail);
  for (let count = 1; count <= Number(tokens ?? 0); count++) {
    stream.write("data: token " + count + "\\n\\n");
    while (!existsSync(event.queryStringParameters.taken + count)) await sleep(5);
  }
  for (let count = 0; count < Number(big ?? 0); count++) if (!stream.write(Buffer.alloc(65536, 97))) await new Promise((resolve) => stream.once("drain", resolve));
  stream.end("last");
  console.log("ended", event.rawPath);
});
`;

let host = "";
const NAME = "streams";
const endpoint = () => on.ground.platform.endpoint;
const queryOf = (query: Record<string, string>) => `/?${new URLSearchParams(query).toString()}`;
const to = (query: Record<string, string>) => ask(endpoint(), host, { path: queryOf(query) });

/** The answer as soon as its head is there. */
const begin = (path: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(endpoint());
    httpRequest({ hostname, port, path, headers: { host } }, resolve).on("error", reject).end();
  });

const use = (InvokeMode: "BUFFERED" | "RESPONSE_STREAM") => on.lambda.send(new UpdateFunctionUrlConfigCommand({ FunctionName: NAME, InvokeMode }));

beforeAll(async () => {
  const common = { FunctionName: NAME, Principal: "*" };
  await on.lambda.send(new CreateFunctionCommand(await on.inputOf(NAME, { Timeout: 60 }, { "index.mjs": HANDLER })));
  await on.isSettled(NAME);
  host = new URL((await on.lambda.send(new CreateFunctionUrlConfigCommand({ FunctionName: NAME, AuthType: "NONE", InvokeMode: "RESPONSE_STREAM" }))).FunctionUrl!).host;
  await on.lambda.send(new AddPermissionCommand({ ...common, StatementId: "url", Action: "lambda:InvokeFunctionUrl", FunctionUrlAuthType: "NONE" }));
  await on.lambda.send(new AddPermissionCommand({ ...common, StatementId: "invoke", Action: "lambda:InvokeFunction", InvokedViaFunctionUrl: true }));
});

describe("a streamed answer", () => {
  it("has its first byte at the client while the handler runs on", async () => {
    const go = join(temporaryDirectory(), "go");
    const answer = await begin(queryOf({ first: "first", wait: go, type: "text/event-stream" }));
    expect([answer.statusCode, answer.headers["content-type"]]).toEqual([200, "text/event-stream"]);
    const chunks = answer[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    expect((await chunks.next()).value?.toString()).toBe("first");
    writeFileSync(go, "");
    expect((await chunks.next()).value?.toString()).toBe("last");
    expect((await chunks.next()).done).toBe(true);
  });

  it("of a language model comes token by token, to fetch", async () => {
    const taken = join(temporaryDirectory(), "taken-");
    const prelude = JSON.stringify({ statusCode: 200, headers: { "content-type": "text/event-stream", "cache-control": "no-cache" } });
    const answer = await fetch(`${endpoint()}/_aws/lambda-url/${host.split(".")[0]}${queryOf({ prelude, tokens: "3", taken })}`);
    expect(answer.headers.get("content-type")).toBe("text/event-stream");
    const heard: string[] = [];
    // The next one is written when this one has been read.
    for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) writeFileSync(taken + heard.push(chunk), "");
    expect(heard).toEqual(["data: token 1\n\n", "data: token 2\n\n", "data: token 3\n\n", "last"]);
  });

  it.skipIf(!isThere("curl", "--version"))("comes to curl while it is written, which finds the address by itself", async () => {
    const go = join(temporaryDirectory(), "go");
    const curl = spawn("curl", ["--silent", "--no-buffer", `http://${host}${queryOf({ first: "first ", wait: go })}`]);
    let told = "";
    curl.stdout.on("data", (chunk: Buffer) => (told += chunk.toString()));
    await eventually("curl has the first of it", () => told === "first ");
    writeFileSync(go, "");
    await once(curl, "close");
    expect(told).toBe("first last");
  });

  it("has the status, headers and cookies of its prelude", async () => {
    const prelude = JSON.stringify({ statusCode: 201, headers: { "Content-Type": "text/html", "x-a": "1" }, cookies: ["a=1", "b=2"] });
    const answer = await to({ prelude, first: "first " });
    expect([answer.status, answer.text]).toEqual([201, "first last"]);
    expect(answer.headers).toMatchObject({ "content-type": "text/html", "x-a": "1", "set-cookie": ["a=1", "b=2"], "transfer-encoding": "chunked" });
  });

  it("without a type is bytes, and longer than a buffered one may be", async () => {
    const answer = await to({ big: "160" });
    expect([answer.headers["content-type"], answer.body.length]).toEqual(["application/octet-stream", 160 * 65_536 + 4]);
  });

  it("is AWS's 502 when the function fails before its first byte, and breaks off when it fails behind it", async () => {
    const failed = await to({ fail: "x" });
    expect([failed.status, failed.text]).toEqual([502, "Internal Server Error"]);
    await expect(to({ first: "first", fail: "x" })).rejects.toThrow(/aborted|socket hang up/);
  });

  it("is AWS's 502 when its prelude is no answer", async () => {
    for (const prelude of ["1", '{"statusCode":7}', '{"headers":{"a b":"c"}}']) {
      const answer = await to({ prelude, first: "first" });
      expect([answer.status, answer.text]).toEqual([502, "Internal Server Error"]);
    }
  });

  it("is written to its end when the client goes away", async () => {
    const go = join(temporaryDirectory(), "go");
    const answer = await begin(`/left-alone${queryOf({ first: "first", wait: go }).slice(1)}`);
    answer.destroy();
    writeFileSync(go, "");
    await eventually("the handler has ended", async () => {
      const { events = [] } = await on.ground.platform.clients.logs.send(new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${NAME}`, filterPattern: '"ended /left-alone"' })).catch(() => ({ events: [] }));
      return events.length === 1;
    });
  });

  it("comes as a whole where the URL is not configured to stream", async () => {
    await use("BUFFERED");
    const answer = await to({ prelude: JSON.stringify({ statusCode: 202, headers: { "content-type": "text/plain" } }), first: "first " });
    expect([answer.status, answer.headers["content-type"], answer.text, answer.headers["content-length"]]).toEqual([202, "text/plain", "first last", "10"]);
    await use("RESPONSE_STREAM");
  });
});

describe("a handler that does not stream", () => {
  it("is not interpreted where the URL streams: what it returns is the body", async () => {
    const FunctionName = await on.active({}, { "index.mjs": "export const handler = async () => ({ statusCode: 418, body: 'x' });" });
    const address = new URL((await on.lambda.send(new CreateFunctionUrlConfigCommand({ FunctionName, AuthType: "NONE", InvokeMode: "RESPONSE_STREAM" }))).FunctionUrl!).host;
    await on.lambda.send(new AddPermissionCommand({ FunctionName, Principal: "*", StatementId: "url", Action: "lambda:InvokeFunctionUrl", FunctionUrlAuthType: "NONE" }));
    await on.lambda.send(new AddPermissionCommand({ FunctionName, Principal: "*", StatementId: "invoke", Action: "lambda:InvokeFunction" }));
    const answer = await ask(endpoint(), address);
    expect([answer.status, answer.headers["content-type"], answer.text]).toEqual([200, "application/json", '{"statusCode":418,"body":"x"}']);
  });
});
