import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ApiGatewayManagementApiClient, DeleteConnectionCommand, GetConnectionCommand, PostToConnectionCommand } from "@aws-sdk/client-apigatewaymanagementapi";
import { ApiGatewayV2Client, CreateApiCommand, CreateIntegrationCommand, CreateRouteCommand, CreateRouteResponseCommand, CreateStageCommand, UpdateApiCommand } from "@aws-sdk/client-apigatewayv2";
import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand } from "@aws-sdk/client-iam";
import { AddPermissionCommand, CreateFunctionCommand, RemovePermissionCommand } from "@aws-sdk/client-lambda";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { fetchStories } from "../../../src/cli/commands/why.ts";
import { callPlatform } from "../../../src/cli/platform-client.ts";
import { storyLines } from "../../../src/cli/story.ts";
import { useLambda } from "../../lambda/support.ts";
import { eventually } from "../../support/temporary.ts";
import { ask } from "../ask.ts";

const on = useLambda();

/** Keeps each event in a file, and does what a message asks for. */
const HANDLER = `
import { renameSync, writeFileSync } from "node:fs";
export const handler = async (event) => {
  const { eventType, connectionId, requestTimeEpoch } = event.requestContext;
  const file = eventType + "-" + requestTimeEpoch + "-" + Math.random();
  writeFileSync(process.env.SEEN + "/." + file, JSON.stringify(event));
  renameSync(process.env.SEEN + "/." + file, process.env.SEEN + "/" + file);
  if (eventType === "CONNECT") return { statusCode: Number(event.queryStringParameters?.status ?? 200) };
  const { fail, answer } = event.body === undefined ? {} : JSON.parse(event.body[0] === "{" ? event.body : "{}");
  if (fail !== undefined) throw new Error(fail);
  return { statusCode: 200, body: answer ?? "no answer" };
};
`;

interface Event {
  headers?: Record<string, string>;
  multiValueHeaders?: Record<string, string[]>;
  queryStringParameters?: Record<string, string>;
  requestContext: Record<string, unknown> & { connectionId: string };
  body?: string;
}

const seen = mkdtempSync(join(tmpdir(), "lambdad-websocket-"));
const eventsOf = (type: string): Event[] => readdirSync(seen).filter((name) => name.startsWith(type)).toSorted().map((name) => JSON.parse(readFileSync(join(seen, name), "utf8")) as Event);
const opened: WebSocket[] = [];
let apis: ApiGatewayV2Client;
let apiId = "";
const endpoint = () => on.ground.platform.endpoint;
const STAGE = "live";

interface Client {
  socket: WebSocket;
  /** The next text that comes. */
  next(): Promise<string>;
  closed: Promise<{ code: number; reason: string }>;
}

const dial = (query = "", path = `/_aws/execute-api/${apiId}/${STAGE}`, headers: Record<string, string> = {}): Promise<Client> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(`${endpoint().replace("http", "ws")}${path}${query}`, { headers: { "user-agent": "test", ...headers } });
    opened.push(socket);
    const texts: string[] = [];
    const waiting: ((text: string) => void)[] = [];
    socket.on("message", (data: Buffer) => (waiting.shift() ?? ((text: string) => void texts.push(text)))(data.toString()));
    const closed = new Promise<{ code: number; reason: string }>((done) => socket.once("close", (code, reason) => done({ code, reason: reason.toString() })));
    const next = () => (texts.length > 0 ? Promise.resolve(texts.shift()!) : new Promise<string>((got) => waiting.push(got)));
    socket.once("open", () => resolve({ socket, next, closed })).once("error", reject);
  });
/** Its connection id: of the event of its own handshake. */
const connect = async (mark: string): Promise<Client & { id: string }> => {
  const client = await dial(`?mark=${mark}`);
  const event = eventsOf("CONNECT").find(({ queryStringParameters }) => queryStringParameters?.["mark"] === mark)!;
  return { ...client, id: event.requestContext.connectionId };
};
const managementOf = (credentials = { accessKeyId: "test", secretAccessKey: "test" }) => new ApiGatewayManagementApiClient({ endpoint: `${endpoint()}/_aws/execute-api/${apiId}/${STAGE}`, region: "us-east-1", credentials, maxAttempts: 1 });

const ALLOW = { FunctionName: "sockets", StatementId: "gateway", Action: "lambda:InvokeFunction", Principal: "apigateway.amazonaws.com" };
const allow = async () => on.lambda.send(new AddPermissionCommand({ ...ALLOW, SourceArn: `arn:aws:execute-api:us-east-1:000000000000:${apiId}/*/*` }));

beforeAll(async () => {
  apis = new ApiGatewayV2Client({ endpoint: endpoint(), region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } });
  await on.lambda.send(new CreateFunctionCommand(await on.inputOf("sockets", { Environment: { Variables: { SEEN: seen } } }, { "index.mjs": HANDLER })));
  await on.isSettled("sockets");
  apiId = (await apis.send(new CreateApiCommand({ Name: "chat", ProtocolType: "WEBSOCKET", RouteSelectionExpression: "$request.body.action" }))).ApiId!;
  const { IntegrationId } = await apis.send(new CreateIntegrationCommand({ ApiId: apiId, IntegrationType: "AWS_PROXY", IntegrationUri: "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:sockets/invocations" }));
  const routes = await Promise.all(
    ["$connect", "$disconnect", "$default", "ask"].map((RouteKey) => apis.send(new CreateRouteCommand({ ApiId: apiId, RouteKey, Target: `integrations/${IntegrationId}`, ...(RouteKey === "ask" ? { RouteResponseSelectionExpression: "$default" } : {}) }))),
  );
  await apis.send(new CreateRouteResponseCommand({ ApiId: apiId, RouteId: routes.at(-1)!.RouteId, RouteResponseKey: "$default" }));
  await apis.send(new CreateStageCommand({ ApiId: apiId, StageName: STAGE, AutoDeploy: true, StageVariables: { colour: "red" } }));
  await allow();
});
afterAll(() => {
  for (const socket of opened) socket.terminate();
  // A handler may still be telling of its end.
  rmSync(seen, { recursive: true, force: true, maxRetries: 10 });
});

describe("a WebSocket", () => {
  it("begins, speaks and ends with AWS's events", async () => {
    const { socket, next, closed, id } = await connect("events");
    const connected = eventsOf("CONNECT").at(-1)!;
    const host = `${apiId}.execute-api.localhost:${new URL(endpoint()).port}`;
    const common = {
      extendedRequestId: expect.stringMatching(/=$/), requestId: expect.stringMatching(/=$/), requestTime: expect.stringMatching(/^\d\d\/\w{3}\/\d{4}:/), requestTimeEpoch: expect.any(Number), connectedAt: expect.any(Number),
      messageDirection: "IN", stage: STAGE, identity: { sourceIp: "127.0.0.1", userAgent: "test" }, domainName: host, connectionId: id, apiId,
    };
    expect(connected).toEqual({
      headers: expect.objectContaining({ "Sec-WebSocket-Version": "13", "X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "http", "user-agent": "test" }),
      multiValueHeaders: expect.objectContaining({ "Sec-WebSocket-Version": ["13"] }),
      queryStringParameters: { mark: "events" }, multiValueQueryStringParameters: { mark: ["events"] },
      requestContext: { ...common, routeKey: "$connect", eventType: "CONNECT" }, stageVariables: { colour: "red" }, isBase64Encoded: false,
    });

    socket.send('{"action":"ask","answer":"so it is"}');
    expect(await next()).toBe("so it is");
    expect(eventsOf("MESSAGE").at(-1)).toEqual({ requestContext: { ...common, routeKey: "ask", eventType: "MESSAGE", messageId: expect.stringMatching(/=$/) }, body: '{"action":"ask","answer":"so it is"}', stageVariables: { colour: "red" }, isBase64Encoded: false });

    socket.close(4001, "enough");
    expect((await closed).code).toBe(4001);
    await eventually("the end is told", () => eventsOf("DISCONNECT").some(({ requestContext }) => requestContext.connectionId === id));
    expect(eventsOf("DISCONNECT").at(-1)).toMatchObject({ headers: { Host: host, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": "" }, requestContext: { ...common, routeKey: "$disconnect", eventType: "DISCONNECT", disconnectStatusCode: 4001, disconnectReason: "enough" } });
  });

  it("is answered only where a route has a response; other messages go to $default", async () => {
    const { socket, next } = await connect("default");
    for (const text of ["not JSON", '{"action":"other"}', '{"action":"$connect"}', "[]", '{"action":{"a":1}}']) {
      socket.send(text);
      await eventually(`${text} has come`, () => eventsOf("MESSAGE").some(({ body, requestContext }) => body === text && requestContext["routeKey"] === "$default"));
    }
    socket.send('{"action":"ask","answer":"last"}');
    expect(await next()).toBe("last");
  });

  it("is told when its message failed", async () => {
    const { socket, next, id } = await connect("fails");
    socket.send('{"action":"ask","fail":"x"}');
    expect(JSON.parse(await next())).toEqual({ message: "Internal server error", connectionId: id, requestId: expect.stringMatching(/=$/) });
    socket.send('{"action":"ask","answer":"goes on"}');
    expect(await next()).toBe("goes on");
  });

  it("comes by its own host, too", async () => {
    const { socket } = await dial("?mark=host", `/${STAGE}`, { host: `${apiId}.execute-api.us-east-1.localhost` });
    expect(socket.readyState).toBe(WebSocket.OPEN);
  });

  it.each<[string, string, string]>([
    ["401", "?status=401", ""],
    ["502", "?status=broken", ""],
    ["403", "", "/none"],
    ["403", "", `/${STAGE}/below`],
  ])("is refused with %s before it begins: %s%s", async (status, query, path) => {
    await expect(dial(query, `/_aws/execute-api/${apiId}${path === "" ? `/${STAGE}` : path}`)).rejects.toThrow(`Unexpected server response: ${status}`);
  });

  it("is refused where there is no such API, where the door is shut, and where the API's own address is", async () => {
    await expect(dial("", "/_aws/execute-api/nobody/live")).rejects.toThrow("403");
    await on.lambda.send(new RemovePermissionCommand({ FunctionName: ALLOW.FunctionName, StatementId: ALLOW.StatementId }));
    await expect(dial()).rejects.toThrow("500");
    await on.lambda.send(new AddPermissionCommand({ ...ALLOW, SourceArn: `arn:aws:execute-api:us-east-1:000000000000:${apiId}/${STAGE}/$connect` }));
    const { socket, next } = await dial("?mark=door");
    socket.send('{"action":"ask"}');
    const told = JSON.parse(await next()) as { requestId: string };
    expect(told).toMatchObject({ message: "Internal server error" });
    // By the id that the client was told.
    const story = (await fetchStories({ endpoint: endpoint(), region: "us-east-1", account: undefined }, told.requestId)).flatMap((one) => storyLines(one, (_style, line) => line)).join("\n");
    expect(story).toMatch(/a message to ask of the WebSocket API \S+ is refused/);
    expect(story).toMatch(/add-permission/);
    await on.lambda.send(new RemovePermissionCommand({ FunctionName: ALLOW.FunctionName, StatementId: ALLOW.StatementId }));
    await allow();
    await apis.send(new UpdateApiCommand({ ApiId: apiId, DisableExecuteApiEndpoint: true }));
    await expect(dial()).rejects.toThrow("403");
    await apis.send(new UpdateApiCommand({ ApiId: apiId, DisableExecuteApiEndpoint: false }));
  });

  it("carries texts alone, of 128 KiB at most", async () => {
    const bytes = await connect("bytes");
    bytes.socket.send(Buffer.from([1, 2]));
    expect((await bytes.closed).code).toBe(1003);
    const long = await connect("long");
    long.socket.send("a".repeat(128 * 1024));
    await eventually("the longest has come", () => eventsOf("MESSAGE").some(({ body }) => body?.length === 128 * 1024));
    long.socket.send("a".repeat(128 * 1024 + 1));
    expect((await long.closed).code).toBe(1009);
  });
});

describe("a connection", () => {
  it("is written to, looked at and ended by a backend", async () => {
    const { id, next, closed } = await connect("managed");
    const management = managementOf();
    await management.send(new PostToConnectionCommand({ ConnectionId: id, Data: Buffer.from("from behind é") }));
    expect(await next()).toBe("from behind é");
    const { ConnectedAt, LastActiveAt, Identity } = await management.send(new GetConnectionCommand({ ConnectionId: id }));
    expect([ConnectedAt, LastActiveAt, Identity]).toEqual([expect.any(Date), expect.any(Date), { SourceIp: "127.0.0.1", UserAgent: "test" }]);
    await management.send(new DeleteConnectionCommand({ ConnectionId: id }));
    expect((await closed).code).toBe(1000);
    await eventually("it is gone", async () => (await management.send(new PostToConnectionCommand({ ConnectionId: id, Data: Buffer.from("x") })).catch((error: Error) => error.name)) === "GoneException");
    await expect(management.send(new GetConnectionCommand({ ConnectionId: "nobody=" }))).rejects.toMatchObject({ name: "GoneException", $metadata: { httpStatusCode: 410 } });
    const large = await connect("large");
    await expect(management.send(new PostToConnectionCommand({ ConnectionId: large.id, Data: Buffer.alloc(128 * 1024 + 1) }))).rejects.toMatchObject({ name: "PayloadTooLargeException" });
  });

  it("is reached at the server's own address, too, which is all that an SDK in a function knows", async () => {
    const { id, next } = await connect("by the server's address");
    for (const path of ["", `/${STAGE}`]) {
      const management = new ApiGatewayManagementApiClient({ endpoint: `${endpoint()}${path}`, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 });
      await management.send(new PostToConnectionCommand({ ConnectionId: id, Data: Buffer.from(`by ${path}`) }));
      expect(await next()).toBe(`by ${path}`);
      await expect(management.send(new GetConnectionCommand({ ConnectionId: "nobody=" }))).rejects.toMatchObject({ name: "GoneException" });
    }
    expect((await fetch(`${endpoint()}/@connections/${encodeURIComponent(id)}`, { method: "DELETE" })).status).toBe(403);
  });

  it("is nobody's business without a signature and execute-api:ManageConnections", async () => {
    const { iam } = on.ground.platform.clients;
    const { id } = await connect("kept");
    const unsigned = await ask(endpoint(), `${apiId}.execute-api.us-east-1.localhost`, { method: "POST", path: `/${STAGE}/@connections/${encodeURIComponent(id)}`, body: "x" });
    expect([unsigned.status, unsigned.json]).toEqual([403, { message: "Missing Authentication Token" }]);
    await iam.send(new CreateUserCommand({ UserName: "backend" }));
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: "backend" }));
    const backend = managementOf({ accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! });
    const get = () => backend.send(new GetConnectionCommand({ ConnectionId: id }));
    await expect(get()).rejects.toMatchObject({ name: "AccessDeniedException", message: expect.stringContaining("execute-api:ManageConnections") });
    const policy = (method: string) => JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "execute-api:ManageConnections", Resource: `arn:aws:execute-api:us-east-1:000000000000:${apiId}/${STAGE}/${method}/@connections/*` }] });
    await iam.send(new PutUserPolicyCommand({ UserName: "backend", PolicyName: "p", PolicyDocument: policy("POST") }));
    await expect(get()).rejects.toMatchObject({ name: "AccessDeniedException" });
    await iam.send(new PutUserPolicyCommand({ UserName: "backend", PolicyName: "p", PolicyDocument: policy("*") }));
    expect((await get()).Identity).toMatchObject({ SourceIp: "127.0.0.1" });
  });

  it("ends when it was idle for ten minutes, and after two hours though it was not", async () => {
    const idle = await connect("idle");
    const busy = await connect("busy");
    const advance = (time: string) => callPlatform({ endpoint: endpoint(), region: "us-east-1", account: undefined }, "POST", "clock", { advance: time });
    const speak = async (text: string) => {
      busy.socket.send(JSON.stringify({ action: "ask", answer: text }));
      expect(await busy.next()).toBe(text);
    };
    await advance("9m");
    await speak("still here");
    await advance("2m");
    expect(await idle.closed).toEqual({ code: 1001, reason: "Going away" });
    for (let minutes = 11; minutes < 120; minutes += 9) {
      await speak(`after ${minutes}`);
      await advance("9m");
    }
    expect(await busy.closed).toEqual({ code: 1001, reason: "Going away" });
  });
});
