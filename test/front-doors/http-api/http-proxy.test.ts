import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import type { Integration } from "@aws-sdk/client-apigatewayv2";
import { describe, expect, it, onTestFinished } from "vitest";
import { ask } from "../ask.ts";
import { lambdaIntegration, openHttpApis, type ApiParts } from "./ground.ts";

interface Came {
  method: string;
  url: string;
  headers: IncomingMessage["headers"];
  rawHeaders: string[];
  body: string;
}

type Backend = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

const openBackend = async (answer: Backend = (_request, response) => void response.end("ok")) => {
  const came: Came[] = [];
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    came.push({ method: request.method!, url: request.url!, headers: request.headers, rawHeaders: request.rawHeaders, body: body.toString() });
    await answer(request, response);
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { came, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
};

const open = async ({ backend, integration = {}, path = "/", ...parts }: { backend?: Backend; integration?: Integration; path?: string } & ApiParts = {}) => {
  const { came, origin } = await openBackend(backend);
  const on = await openHttpApis();
  await on.save({ integrations: { main: { IntegrationType: "HTTP_PROXY", IntegrationMethod: "ANY", IntegrationUri: `${origin}${path}`, PayloadFormatVersion: "1.0", ...integration } }, ...parts });
  return { ...on, came, origin };
};

describe("an HTTP integration", () => {
  it("hands the request on, with the parameters in its URI, and says by which way it came", async () => {
    const on = await open({ path: "/${stageVariables.base}/{id}/{rest}?own=1", routes: { "ANY /pets/{id}/{rest+}": {} }, stages: { dev: { StageVariables: { base: "v2" } } } });
    const answer = await on.ask({ method: "PUT", path: "/dev/pets/a%2Fb/c%20d/e?x=1&x=2", body: "body", headers: { "x-one": "1", connection: "keep-alive, x-hop", "x-hop": "secret", te: "trailers", via: "1.0 me" } });
    expect([answer.status, answer.text]).toEqual([200, "ok"]);
    const [{ method, url, headers, body }] = on.came as [Came];
    expect([method, url, body]).toEqual(["PUT", "/v2/a/b/c%20d/e?own=1&x=1&x=2", "body"]);
    expect(headers).toMatchObject({ "x-one": "1", "content-length": "4", host: new URL(on.origin).host, via: "1.0 me, HTTP/1.1 AmazonAPIGateway", forwarded: expect.stringMatching(/^by=.+;for=127\.0\.0\.1;host=a1b2c3d4e5\.execute-api.+;proto=http$/), "x-amzn-trace-id": expect.stringMatching(/^Root=1-/) });
    expect([headers["x-hop"], headers["te"]]).toEqual([undefined, undefined]);
  });

  it("uses the integration's own method", async () => {
    const on = await open({ integration: { IntegrationMethod: "POST" } });
    await on.ask();
    expect(on.came[0]!.method).toBe("POST");
  });

  it("gives what the backend says: status, headers, cookies, and the body as it is", async () => {
    const bytes = Buffer.from([0, 255, 10]);
    const on = await open({
      backend: (_request, response) => void response.writeHead(404, [["Set-Cookie", "a=1"], ["Set-Cookie", "b=2"], ["Content-Type", "image/png"], ["X-Twice", "1"], ["X-Twice", "2"]].flat()).end(bytes),
    });
    const answer = await on.ask();
    expect([answer.status, answer.headers["set-cookie"], answer.headers["content-type"], answer.headers["x-twice"], answer.body]).toEqual([404, ["a=1", "b=2"], "image/png", "1, 2", bytes]);
  });

  it("passes pieces on as they come, both ways, and holds none", async () => {
    const second = Promise.withResolvers<void>();
    const on = await open({
      async backend(_request, response) {
        response.write("one");
        await second.promise;
        response.end("two");
      },
    });
    const answer = await fetch(`${on.endpoint}/_aws/execute-api/a1b2c3d4e5/x`, { method: "POST", body: "x".repeat(100_000) });
    const reader = answer.body!.getReader();
    const { value } = await reader.read();
    expect(Buffer.from(value!).toString()).toBe("one");
    second.resolve();
    expect(Buffer.from((await reader.read()).value!).toString()).toBe("two");
    expect(on.came[0]!.body).toHaveLength(100_000);
  });

  it("is unavailable when it cannot be reached or is late", async () => {
    const asked = Promise.withResolvers<void>();
    const on = await open({ backend: () => asked.resolve(), integration: { TimeoutInMillis: 5_000 } });
    const late = on.ask();
    await asked.promise;
    await on.wall.advance(5_000);
    expect([(await late).status, (await late).json]).toEqual([503, { message: "Service Unavailable" }]);
    expect(on.entries.at(-1)!.summary).toMatch(/did not answer within 5000 ms/);
    const gone = await open({ integration: { IntegrationUri: "http://127.0.0.1:1/" } });
    expect((await gone.ask()).status).toBe(503);
  });

  it.each(["http://169.254.169.254/latest/meta-data", "http://[fd00:ec2::254]/", "http://[::ffff:169.254.169.254]/", "http://2852039166/", "http://[64:ff9b::a9fe:a9fe]/", "http://100.100.100.200/"])("never goes to %s, where a cloud keeps its metadata", async (IntegrationUri) => {
    const on = await open({ integration: { IntegrationUri } });
    expect((await on.ask()).status).toBe(503);
    expect(on.entries.at(-1)!.summary).toMatch(/link-local/);
  });

  it("ends an answer that is too large, so that nobody takes it for whole", async () => {
    const on = await open({ backend: (_request, response) => void response.end(Buffer.alloc(10 * 1024 * 1024 + 1)) });
    await expect(on.ask()).rejects.toThrow();
  });

  it.each([
    ["over a VPC link", { ConnectionType: "VPC_LINK" as const }, /VPC link/],
    ["of another type", { IntegrationType: "MOCK" as const }, /MOCK/],
    ["with another service", { IntegrationType: "AWS_PROXY" as const, IntegrationSubtype: "Kinesis-PutRecord" }, /Kinesis-PutRecord is not built/],
    ["with a mapping of a reserved header", { RequestParameters: { "overwrite:header.authorization": "x" } }, /overwrite:header\.authorization/],
  ])("%s fails by its name", async (_what, integration, why) => {
    const on = await open({ integration });
    expect((await on.ask()).status).toBe(500);
    expect(on.entries.at(-1)!.summary).toMatch(why);
    expect(on.came).toEqual([]);
  });
});

describe("parameter mapping", () => {
  it("changes headers, query and path of the request", async () => {
    const on = await open({
      integration: {
        RequestParameters: {
          "append:header.x-one": "$request.querystring.q", "overwrite:header.x-two": "${request.path.id}-${context.stage}-${stageVariables.v}", "remove:header.x-three": "''", "overwrite:querystring.q": "$request.body.a.b[1]",
          "append:querystring.new": "fixed", "remove:querystring.gone": "''", "overwrite:path": "/mapped$request.path", "overwrite:header.x-none": "$request.header.none", "overwrite:header.x-api": "$context.apiId",
        },
      },
      routes: { "POST /pets/{id}": {} }, stages: { $default: { StageVariables: { v: "1" } } },
    });
    await on.ask({ method: "POST", path: "/pets/7?q=x&q=y&gone=1", body: JSON.stringify({ a: { b: [0, "found"] } }), headers: { "x-one": "1", "x-three": "3", "x-none": "kept" } });
    const [{ url, rawHeaders, headers, body }] = on.came as [Came];
    expect(url).toBe("/mapped$request.path?q=found&new=fixed");
    expect(rawHeaders.filter((_text, index, all) => index % 2 === 1 && all[index - 1] === "x-one")).toEqual(["1", "x,y"]);
    expect([headers["x-two"], headers["x-three"], headers["x-none"], headers["x-api"]]).toEqual(["7-$default-1", undefined, "kept", "a1b2c3d4e5"]);
    expect(JSON.parse(body)).toEqual({ a: { b: [0, "found"] } });
  });

  it("changes the event of a function", async () => {
    const on = await openHttpApis();
    await on.save({ integrations: { main: lambdaIntegration({ RequestParameters: { "overwrite:path": "/p/${request.path}", "append:header.x-a": "b", "overwrite:querystring.c": "d e" } }) } });
    expect(await on.event({ path: "/x" })).toMatchObject({ rawPath: "/p//x", rawQueryString: "c=d%20e", queryStringParameters: { c: "d e" }, headers: { "x-a": "b" } });
  });

  it("changes answers by their status", async () => {
    const on = await open({
      backend: (_request, response) => void response.writeHead(404, { "x-old": "1", "x-one": "1", "content-type": "application/json" }).end('{"why":"gone"}'),
      integration: { ResponseParameters: { 404: { "overwrite:statuscode": "410", "append:header.x-one": "$context.requestId", "remove:header.x-old": "''", "overwrite:header.x-why": "$response.body.why" }, 200: { "overwrite:statuscode": "201" } } },
    });
    const answer = await on.ask();
    expect([answer.status, answer.headers["x-one"], answer.headers["x-old"], answer.headers["x-why"], answer.text]).toEqual([410, `1, ${answer.headers["apigw-requestid"] as string}`, undefined, "gone", '{"why":"gone"}']);
  });
});

describe("CORS of an API", () => {
  const rules = { AllowOrigins: ["https://app.example"], AllowMethods: ["GET", "POST"], AllowHeaders: ["x-token"], ExposeHeaders: ["x-shown"], MaxAge: 60 };
  const preflight = { method: "OPTIONS", path: "/anything", headers: { origin: "https://app.example", "access-control-request-method": "GET" } };

  it("answers preflights before any route, throttle or authorizer", async () => {
    const on = await openHttpApis();
    await on.save({ api: { CorsConfiguration: rules }, routes: { $default: { AuthorizationType: "AWS_IAM" } } });
    const answer = await on.ask(preflight);
    expect([answer.status, answer.text, answer.headers["access-control-allow-origin"], answer.headers["access-control-allow-methods"], answer.headers["access-control-allow-headers"], answer.headers["access-control-max-age"]]).toEqual([204, "", "https://app.example", "GET,POST", "x-token", "60"]);
    const other = await on.ask({ ...preflight, headers: { ...preflight.headers, origin: "https://other.example" } });
    expect([other.status, other.headers["access-control-allow-origin"]]).toEqual([204, undefined]);
    expect(on.invocations).toEqual([]);
  });

  it("stands on every answer, the backend's own left out", async () => {
    const on = await openHttpApis({ behind: () => ({ statusCode: 200, headers: { "access-control-allow-origin": "*", "access-control-allow-credentials": "true", vary: "Accept" } }) });
    await on.save({ api: { CorsConfiguration: rules }, routes: { "GET /a": {} } });
    const from = (origin: string, path = "/a") => on.ask({ path, headers: { origin } });
    const answer = await from("https://app.example");
    expect([answer.headers["access-control-allow-origin"], answer.headers["access-control-allow-credentials"], answer.headers["access-control-expose-headers"], answer.headers["vary"]]).toEqual(["https://app.example", undefined, "x-shown", "Accept, Origin"]);
    expect((await from("https://other.example")).headers["access-control-allow-origin"]).toBeUndefined();
    expect((await from("https://app.example", "/nothing")).headers["access-control-allow-origin"]).toBe("https://app.example");
  });

  it("that is not configured leaves OPTIONS to the routes, and the function its headers", async () => {
    const on = await openHttpApis({ behind: () => ({ statusCode: 200, headers: { "access-control-allow-origin": "*" } }) });
    await on.save({ routes: { "OPTIONS /a": {}, "GET /a": {} } });
    expect((await on.ask({ ...preflight, path: "/a" })).headers["access-control-allow-origin"]).toBe("*");
    expect(on.invocations[0]!.event["routeKey"]).toBe("OPTIONS /a");
    expect((await ask(on.endpoint, on.host(), { method: "OPTIONS", path: "/b" })).status).toBe(404);
  });
});

describe("an integration with a service", () => {
  const role = "arn:aws:iam::000000000000:role/sender";
  const openQueue = async (services: Parameters<typeof openHttpApis>[0] = {}) => {
    const asked: { input: Record<string, unknown>; as: unknown }[] = [];
    const on = await openHttpApis({
      services: {
        "sts.AssumeRole": () => ({ Credentials: { AccessKeyId: "ASIA", Expiration: new Date(Date.now() + 3_600_000) }, AssumedRoleUser: { Arn: "arn:aws:sts::000000000000:assumed-role/sender/x", AssumedRoleId: "AROA:x" } }),
        "sqs.SendMessage": (input, { as }) => {
          asked.push({ input, as });
          return { MessageId: "m-1", MD5OfMessageBody: "0" };
        },
        ...services.services,
      },
    });
    const RequestParameters = { QueueUrl: "http://localhost/000000000000/q", MessageBody: "$request.body.message", DelaySeconds: "$request.querystring.delay", MessageAttributes: '{"a":{"DataType":"String","StringValue":"${request.header.x-a}"}}' };
    await on.save({ integrations: { main: { IntegrationType: "AWS_PROXY", IntegrationSubtype: "SQS-SendMessage", CredentialsArn: role, RequestParameters, PayloadFormatVersion: "1.0" } } });
    return { ...on, asked };
  };

  it("sends as its role what the mapping says, and answers what SQS answers", async () => {
    const on = await openQueue();
    const answer = await on.ask({ method: "POST", path: "/?delay=5", body: '{"message":{"n":1}}', headers: { "x-a": "b" } });
    expect([answer.status, answer.headers["content-type"]]).toEqual([200, "text/xml"]);
    expect(answer.text).toContain("<MessageId>m-1</MessageId>");
    expect(on.asked[0]).toEqual({ input: { QueueUrl: "http://localhost/000000000000/q", MessageBody: '{"n":1}', DelaySeconds: 5, MessageAttributes: { a: { DataType: "String", StringValue: "b" } } }, as: expect.objectContaining({ type: "role-session", roleArn: role }) });
  });

  it("puts an event as its role, and answers what EventBridge answers", async () => {
    const on = await openQueue({
      services: {
        "events.PutEvents": (input: unknown) => {
          put.push(input);
          return { FailedEntryCount: 0, Entries: [{ EventId: "e-1" }] };
        },
      },
    });
    const put: unknown[] = [];
    const RequestParameters = { Source: "shop", DetailType: "$request.header.x-kind", Detail: "$request.body", Resources: '["arn:a"]', Time: "2026-01-02T03:04:05Z", EventBusName: "orders" };
    await on.save({ integrations: { main: { IntegrationType: "AWS_PROXY", IntegrationSubtype: "EventBridge-PutEvents", CredentialsArn: role, RequestParameters, PayloadFormatVersion: "1.0" } } });
    const answer = await on.ask({ method: "POST", body: '{"n":1}', headers: { "x-kind": "order" } });
    expect([answer.status, JSON.parse(answer.text)]).toEqual([200, { FailedEntryCount: 0, Entries: [{ EventId: "e-1" }] }]);
    expect(put).toEqual([{ Entries: [{ Source: "shop", DetailType: "order", Detail: '{"n":1}', Resources: ["arn:a"], Time: new Date("2026-01-02T03:04:05Z"), EventBusName: "orders" }] }]);
  });

  it("is refused where its role cannot be assumed", async () => {
    const { ApiError } = await import("../../../src/kit/api-error.ts");
    const on = await openQueue({ services: { "sts.AssumeRole": () => Promise.reject(new ApiError("AccessDenied", "no trust", { status: 403 })) } });
    expect([(await on.ask()).status, on.asked.length]).toEqual([500, 0]);
    expect(on.entries.at(-1)!.summary).toMatch(/cannot assume .*no trust/);
  });
});
