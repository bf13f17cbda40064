import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Integration } from "@aws-sdk/client-apigatewayv2";
import { ACCOUNT } from "../../support/context.ts";
import { eventually } from "../../support/temporary.ts";
import { functionArn, REGION, type Behind } from "../http-api/ground.ts";
import { lambdaProxy, openSockets, STAGE, type Client } from "./ground.ts";

/** A backend, and what it was asked. */
const openBackend = async (answer: (asked: { url: string; body: string }) => { status?: number; headers?: Record<string, string>; body?: string }) => {
  const asked: { method: string; url: string; headers: IncomingMessage["headers"]; body: string }[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    asked.push({ method: request.method!, url: request.url!, headers: request.headers, body });
    const { status = 200, headers = {}, body: content = "" } = answer({ url: request.url!, body });
    response.writeHead(status, headers).end(content);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
};

interface Response {
  key?: string;
  templates?: Record<string, string>;
  selection?: string;
}

/** An API whose messages go to the integration. */
const openWith = async (integration: Integration, { responses = [{}], behind = () => ({ statusCode: 200 }), isAnswered = true }: { responses?: readonly Response[]; behind?: Behind; isAnswered?: boolean } = {}) => {
  const on = await openSockets({ behind: (event, about) => ((event["requestContext"] as { eventType?: string } | undefined)?.eventType === "CONNECT" ? { statusCode: 200 } : behind(event, about)) });
  await on.save({
    integrations: { main: lambdaProxy(), tested: integration }, routes: { $connect: {}, $default: { Target: "integrations/tested" } }, stages: { [STAGE]: { StageVariables: { colour: "red" } } }, answered: isAnswered ? ["$default"] : [],
    others: responses.map(({ key = "$default", templates, selection }, index) => ["integration-response", `tested/${index}`, { IntegrationId: "tested", IntegrationResponseId: String(index), IntegrationResponseKey: key, ...(templates === undefined ? {} : { ResponseTemplates: templates }), ...(selection === undefined ? {} : { TemplateSelectionExpression: selection }) }] as const),
  });
  return { on, ...(await on.dial()) };
};
const say = async ({ socket, next }: Client, message: string): Promise<string> => {
  socket.send(message);
  return next();
};
const BY_STATUS = { IntegrationResponseSelectionExpression: "${integration.response.statuscode}" };
const BY_ERROR = { IntegrationResponseSelectionExpression: "${integration.response.body.errorMessage}" };
const failed = expect.stringContaining('"message":"Internal server error"') as string;

describe("a MOCK", () => {
  it("answers the status of its template, through the response for it", async () => {
    const client = await openWith(
      { IntegrationType: "MOCK", ...BY_STATUS, TemplateSelectionExpression: "${request.body.kind}", RequestTemplates: { $default: '{"statusCode": 200}', bad: '{"statusCode": 404}', none: "{}", "a$b": '{"statusCode": 201}' } },
      { responses: [{ key: "/4\\d\\d/", templates: { $default: "no such $input.path('$.kind')" } }, { templates: { $default: '{"at":"$context.connectionId","is":"$stageVariables.colour","status":$context.integration.status}' }, selection: "\\$default" }] },
    );
    expect(await say(client, '{"kind":"pong"}')).toMatch(/^\{"at":"\S+=","is":"red","status":\}$/);
    expect(await say(client, '{"kind":"bad"}')).toBe("no such ");
    expect(await say(client, '{"kind":"none"}')).toEqual(failed);
    expect(client.on.entries.at(-1)!.summary).toMatch(/gives no statusCode/);
  });

  it("without any template answers 200, and a route that answers needs a response for it", async () => {
    const client = await openWith({ IntegrationType: "MOCK" }, { responses: [] });
    expect(await say(client, "x")).toEqual(failed);
    expect(client.on.entries.at(-1)!.summary).toMatch(/needs one with the key \$default/);
    const silent = await openWith({ IntegrationType: "MOCK" }, { responses: [], isAnswered: false });
    silent.socket.send("x");
    await eventually("it is served", () => silent.on.entries.at(-1)!.summary.endsWith("is answered: 200"));
  });

  it("decides about a connection, too", async () => {
    const on = await openSockets();
    const mock = (statusCode: number): Integration => ({ IntegrationType: "MOCK", RequestTemplates: { $default: `{"statusCode": #if($input.params('token') == "yes")200 #else ${statusCode} #end}` } });
    await on.save({ integrations: { main: mock(401) }, routes: { $connect: {} } });
    expect((await on.refused("?token=no")).status).toBe(401);
    await on.dial("?token=yes");
  });
});

describe("a function that is not a proxy", () => {
  const lambda: Integration = { IntegrationType: "AWS", IntegrationUri: functionArn("f"), ...BY_ERROR };

  it("gets what the template makes of the message, and its answer goes through one", async () => {
    const client = await openWith(
      { ...lambda, RequestTemplates: { $default: '{"say":$input.json(\'$.text\'),"from":"$context.connectionId","route":"$context.routeKey","type":"$context.eventType"}' } },
      { behind: (event) => ({ heard: event }), responses: [{ templates: { $default: "heard: $input.path('$.heard.say')" } }] },
    );
    expect(await say(client, '{"text":"hello"}')).toBe("heard: hello");
    const { event, options } = client.on.invocations.at(-1)!;
    expect(event).toEqual({ say: "hello", from: expect.stringMatching(/=$/), route: "$default", type: "MESSAGE" });
    expect(options.as).toMatchObject({ service: "apigateway.amazonaws.com", sourceArn: `arn:aws:execute-api:${REGION}:${ACCOUNT}:a1b2c3d4e5/${STAGE}/$default` });
  });

  it("gets the message as it came where no template is for it, unless that is forbidden", async () => {
    const other = { ...lambda, RequestTemplates: { other: "{}" } };
    const client = await openWith(other, { behind: (event) => event });
    expect(JSON.parse(await say(client, '{"a":1}'))).toEqual({ a: 1 });
    const never = await openWith({ ...other, PassthroughBehavior: "NEVER" });
    expect(await say(never, '{"a":1}')).toContain('"message":"Unsupported Media Type"');
    const none = await openWith({ ...lambda, PassthroughBehavior: "WHEN_NO_TEMPLATES" }, { behind: (event) => event });
    expect(JSON.parse(await say(none, '{"a":1}'))).toEqual({ a: 1 });
  });

  it("that fails is answered by the response for its message", async () => {
    const error = (message: string) => ({ answer: { StatusCode: 200, FunctionError: "Unhandled", Payload: Buffer.from(JSON.stringify({ errorMessage: message })) } });
    const client = await openWith(lambda, { behind: (event) => error(String(event["fail"])), responses: [{ key: "/.*not found.*/", templates: { $default: "404: $input.path('$.errorMessage')" } }] });
    expect(await say(client, '{"fail":"pet not found"}')).toBe("404: pet not found");
    expect(await say(client, '{"fail":"boom"}')).toEqual(failed);
    expect(client.on.entries.at(-1)!.summary).toMatch(/boom/);
  });

  it("that fails behind $connect lets nobody in, whatever response is there, and is told of where a route answers nothing", async () => {
    let isBroken = true;
    const on = await openSockets({ behind: () => (isBroken ? { answer: { StatusCode: 200, FunctionError: "Unhandled", Payload: Buffer.from('{"errorMessage":"boom"}') } } : {}) });
    const responses = ["$default", "/boom/"].map((key, index) => ["integration-response", `main/${index}`, { IntegrationId: "main", IntegrationResponseId: String(index), IntegrationResponseKey: key }] as const);
    await on.save({ integrations: { main: lambda }, others: responses });
    expect((await on.refused()).status).toBe(502);
    isBroken = false;
    const client = await on.dial();
    isBroken = true;
    expect(await say(client, "x")).toEqual(failed);
  });

  it("is only told, and not waited for, where its invocation is an event", async () => {
    const client = await openWith({ ...lambda, RequestParameters: { "integration.request.header.X-Amz-Invocation-Type": "'Event'" } }, { behind: () => ({ answer: { StatusCode: 202 } }), responses: [{ templates: { $default: "taken" } }] });
    expect(await say(client, "{}")).toBe("taken");
  });

  it("is a role's to invoke where the integration names one, and nobody's where it cannot be taken on", async () => {
    const role = `arn:aws:iam::${ACCOUNT}:role/r`;
    const on = await openSockets({
      behind: () => ({ statusCode: 200, body: "ok" }),
      services: { "sts.AssumeRole": () => ({ Credentials: { AccessKeyId: "ASIA", SecretAccessKey: "s", SessionToken: "t", Expiration: new Date(Date.now() + 3_600_000) }, AssumedRoleUser: { Arn: `${role}/x`, AssumedRoleId: "AROA:x" } }) },
    });
    await on.save({ integrations: { main: lambdaProxy({ CredentialsArn: role }) }, answered: ["$default"] });
    const client = await on.dial();
    expect(await say(client, "x")).toBe("ok");
    expect(on.invocations.at(-1)!.options.as).toMatchObject({ type: "role-session", roleArn: role });
    await on.save({ integrations: { main: lambdaProxy({ CredentialsArn: "arn:aws:iam::*:user/*" }) }, answered: ["$default"] });
    expect(await say(client, "x")).toEqual(failed);
    expect(on.entries.at(-1)!.summary).toMatch(/does not ask for a signature/);
  });
});

describe("an HTTP endpoint", () => {
  it("as a proxy gets the message, with what is mapped, and its answer is the answer", async () => {
    const backend = await openBackend(({ body }) => ({ status: body === "bad" ? 500 : 200, body: `heard ${body}` }));
    const client = await openWith({
      IntegrationType: "HTTP_PROXY", IntegrationMethod: "POST", IntegrationUri: `${backend.url}/\${stageVariables.colour}/{room}?fixed=1`,
      RequestParameters: {
        "integration.request.header.connectionId": "context.connectionId", "integration.request.header.missing": "route.request.header.none", "integration.request.querystring.q": "route.request.body.list[1]",
        "integration.request.path.room": "route.request.body.room", "integration.request.header.Static": "'a b'", "integration.request.header.colour": "stageVariables.colour",
      },
    });
    const message = '{"room":"a room/1","list":["x","y&z"]}';
    expect(await say(client, message)).toBe(`heard ${message}`);
    expect(backend.asked[0]).toMatchObject({
      method: "POST", url: "/red/a%20room/1?fixed=1&q=y%26z", body: message,
      headers: { connectionid: expect.stringMatching(/=$/), static: "a b", colour: "red", "content-type": "application/json", "user-agent": "AmazonAPIGateway_a1b2c3d4e5", "x-amzn-apigateway-api-id": "a1b2c3d4e5", "x-amzn-trace-id": expect.stringMatching(/^Root=/), "content-length": String(message.length) },
    });
    expect(backend.asked[0]!.headers).not.toHaveProperty("missing");
    expect(await say(client, "bad")).toEqual(failed);
    expect(await say(client, '{"room":"../../admin"}')).toContain('"message":"Bad Request"');
    expect(await say(client, '{"room":"%2e%2e/admin"}')).toContain('"message":"Bad Request"');
    expect(backend.asked).toHaveLength(2);
  });

  it("that maps has templates both ways, chosen by its status", async () => {
    const backend = await openBackend(({ url }) => ({ status: url === "/good" ? 200 : 418, headers: { "x-kind": "pot" }, body: '{"tea":"green"}' }));
    const integration = (path: string): Integration => ({ IntegrationType: "HTTP", IntegrationMethod: "PUT", IntegrationUri: backend.url + path, ...BY_STATUS, RequestTemplates: { $default: "<$input.body>" } });
    const responses = [{ key: "/4\\d\\d/", templates: { pot: "a pot of $input.path('$.tea')" }, selection: "$integration.response.header.X-Kind" }, { templates: { green: "green!" }, selection: "${integration.response.body.tea}" }];
    expect(await say(await openWith(integration("/good"), { responses }), "x")).toBe("green!");
    expect(await say(await openWith(integration("/bad"), { responses }), "x")).toBe("a pot of green");
    expect(backend.asked.map(({ method, body }) => [method, body])).toEqual([["PUT", "<x>"], ["PUT", "<x>"]]);
  });

  it("decides about a connection with what is mapped of its handshake, and names its protocol", async () => {
    const backend = await openBackend(({ url }) => ({ status: url.includes("token=yes") ? 204 : 403, headers: { "Sec-WebSocket-Protocol": "chat.2" } }));
    const on = await openSockets();
    await on.save({
      integrations: { main: { IntegrationType: "HTTP_PROXY", IntegrationMethod: "GET", IntegrationUri: backend.url, RequestParameters: { "integration.request.querystring.token": "route.request.querystring.t", "integration.request.header.Auth": "route.request.header.auth", "integration.request.querystring.all": "route.request.multivaluequerystring.a" } } },
      routes: { $connect: {} },
    });
    expect((await on.refused("?t=no")).status).toBe(403);
    const { socket } = await on.dial("?t=yes&a=1&a=2", { headers: { Auth: "k" }, protocols: ["chat.1", "chat.2"] });
    expect(socket.protocol).toBe("chat.2");
    expect(backend.asked.at(-1)).toMatchObject({ method: "GET", url: "/?token=yes&all=1&all=2", headers: { auth: "k" } });
  });

  it("that cannot be asked, answers too late or too much, or is a cloud's own, is an error of the server's", async () => {
    const unanswered = await openWith({ IntegrationType: "HTTP_PROXY", IntegrationMethod: "POST", IntegrationUri: "http://127.0.0.1:1/" });
    expect(await say(unanswered, "x")).toEqual(failed);
    const metadata = await openWith({ IntegrationType: "HTTP_PROXY", IntegrationMethod: "POST", IntegrationUri: "http://169.254.169.254/" });
    expect(await say(metadata, "x")).toEqual(failed);
    expect(metadata.on.entries.at(-1)!.summary).toMatch(/metadata/);
    const none = await openWith({ IntegrationType: "HTTP_PROXY", IntegrationMethod: "POST", IntegrationUri: "ftp://127.0.0.1/" });
    expect(await say(none, "x")).toEqual(failed);
    const backend = createServer(() => {});
    await new Promise<void>((listening) => backend.listen(0, "127.0.0.1", listening));
    onTestFinished(() => backend.closeAllConnections());
    onTestFinished(() => void backend.close());
    const slow = await openWith({ IntegrationType: "HTTP_PROXY", IntegrationMethod: "POST", IntegrationUri: `http://127.0.0.1:${(backend.address() as AddressInfo).port}`, TimeoutInMillis: 3_000 });
    const asked = new Promise((came) => backend.once("request", came));
    slow.socket.send("x");
    await asked;
    await slow.on.wall.advance(3_000);
    expect(await slow.next()).toContain('"message":"Endpoint request timed out"');
  });
});
