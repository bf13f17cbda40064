import { describe, expect, it, onTestFinished } from "vitest";
import { ApiError } from "../../../src/kit/api-error.ts";
import { savePart } from "../../../src/plumber/apis/rows.ts";
import { ACCOUNT } from "../../support/context.ts";
import { ask } from "../ask.ts";
import { functionArn, lambdaIntegration, openHttpApis, REGION } from "./ground.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const TRACE = /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};/;
const REQUEST_ID = /^[\w-]{15}=$/;
const TIME = /^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/;

describe("an event of the format 2.0", () => {
  it("is AWS's, whole", async () => {
    const on = await openHttpApis();
    await on.save({ routes: { "POST /pets/{id}/{rest+}": {} }, stages: { dev: { StageVariables: { one: "1" } } } });
    const answer = await on.ask({
      method: "POST", path: "/dev/pets/a%2Fb/c%20d/e?a=1&a=2&b=x%20y", body: "Hello",
      headers: { "content-type": "text/plain", cookie: "one=1; two=2", "X-Twice": ["x", "y"], "user-agent": "agent" },
    });
    const { event } = on.invocations[0]!;
    const requestId = answer.headers["apigw-requestid"];
    expect(requestId).toMatch(REQUEST_ID);
    const { requestContext: { timeEpoch } } = event as { requestContext: { timeEpoch: number } };
    expect(event).toEqual({
      version: "2.0", routeKey: "POST /pets/{id}/{rest+}", rawPath: "/dev/pets/a/b/c d/e", rawQueryString: "a=1&a=2&b=x%20y", cookies: ["one=1", "two=2"],
      headers: {
        host: on.host(), "content-type": "text/plain", "content-length": "5", "x-twice": "x,y", "user-agent": "agent", "x-amzn-trace-id": expect.stringMatching(TRACE),
        "x-forwarded-for": "127.0.0.1", "x-forwarded-port": on.host().split(":")[1], "x-forwarded-proto": "http",
      },
      queryStringParameters: { a: "1,2", b: "x y" },
      requestContext: {
        accountId: ACCOUNT, apiId: "a1b2c3d4e5", domainName: on.host(), domainPrefix: "a1b2c3d4e5", requestId, routeKey: "POST /pets/{id}/{rest+}", stage: "dev", time: expect.stringMatching(TIME), timeEpoch,
        http: { method: "POST", path: "/dev/pets/a/b/c d/e", protocol: "HTTP/1.1", sourceIp: "127.0.0.1", userAgent: "agent" },
      },
      body: "Hello", pathParameters: { id: "a/b", rest: "c d/e" }, isBase64Encoded: false, stageVariables: { one: "1" },
    });
    expect(on.invocations[0]!.options).toMatchObject({
      region: REGION, account: ACCOUNT, requestId: expect.stringMatching(UUID),
      as: { type: "service", service: "apigateway.amazonaws.com", sourceArn: `arn:aws:execute-api:${REGION}:${ACCOUNT}:a1b2c3d4e5/dev/POST/pets/{id}/{rest+}`, sourceAccount: ACCOUNT },
    });
  });

  it("has no body that was not sent, and one that is no text in Base64", async () => {
    const on = await openHttpApis();
    await on.save({});
    expect(Object.keys(await on.event())).toEqual(["version", "routeKey", "rawPath", "rawQueryString", "headers", "requestContext", "isBase64Encoded"]);
    expect(await on.event({ method: "POST", headers: { "content-type": "image/png" }, body: Buffer.from([1, 255]) })).toMatchObject({ body: "Af8=", isBase64Encoded: true });
    expect(on.invocations[0]!.options.as).toMatchObject({ sourceArn: `arn:aws:execute-api:${REGION}:${ACCOUNT}:a1b2c3d4e5/$default/$default` });
  });
});

describe("an event of the format 1.0", () => {
  it("is AWS's, whole, with nulls where nothing is", async () => {
    const on = await openHttpApis();
    await on.save({ integrations: { main: lambdaIntegration({ PayloadFormatVersion: "1.0" }) }, routes: { "GET /pets": {} }, stages: { dev: {} } });
    const answer = await on.ask({ path: "/dev/pets", headers: { "X-Twice": ["x", "y"] } });
    const requestId = answer.headers["apigw-requestid"];
    const { event } = on.invocations[0]!;
    const headers = { host: on.host(), "x-twice": "y", "x-amzn-trace-id": expect.stringMatching(TRACE), "x-forwarded-for": "127.0.0.1", "x-forwarded-port": on.host().split(":")[1], "x-forwarded-proto": "http" };
    const nobody = { accessKey: null, accountId: null, caller: null, cognitoAuthenticationProvider: null, cognitoAuthenticationType: null, cognitoIdentityId: null, cognitoIdentityPoolId: null, principalOrgId: null, user: null, userAgent: null, userArn: null };
    expect(event).toEqual({
      version: "1.0", resource: "/pets", path: "/dev/pets", httpMethod: "GET", headers: expect.objectContaining(headers), multiValueHeaders: expect.objectContaining({ "x-twice": ["x", "y"], "x-forwarded-proto": ["http"] }),
      queryStringParameters: null, multiValueQueryStringParameters: null, pathParameters: null, stageVariables: null, body: null, isBase64Encoded: false,
      requestContext: {
        accountId: ACCOUNT, apiId: "a1b2c3d4e5", domainName: on.host(), domainPrefix: "a1b2c3d4e5", extendedRequestId: requestId, httpMethod: "GET", identity: { ...nobody, sourceIp: "127.0.0.1" }, path: "/dev/pets", protocol: "HTTP/1.1",
        requestId, requestTime: expect.stringMatching(TIME), requestTimeEpoch: expect.any(Number), resourceId: null, resourcePath: "/pets", stage: "dev",
      },
    });
  });

  it("has all values of a query beside the last ones", async () => {
    const on = await openHttpApis();
    await on.save({ integrations: { main: lambdaIntegration({ PayloadFormatVersion: "1.0" }) } });
    expect(await on.event({ path: "/?a=1&a=2&b=" })).toMatchObject({ queryStringParameters: { a: "2", b: "" }, multiValueQueryStringParameters: { a: ["1", "2"], b: [""] } });
  });
});

describe("stages and domains", () => {
  it("are found by the first segment, and otherwise it is $default", async () => {
    const on = await openHttpApis();
    await on.save({ routes: { "GET /dev": {}, "GET /": {} }, stages: { $default: {}, dev: {} } });
    const stages = async (path: string) => {
      const { routeKey, rawPath, requestContext: { stage } } = await on.event({ path });
      return [stage, routeKey, rawPath];
    };
    expect(await stages("/dev")).toEqual(["dev", "GET /", "/dev"]);
    expect(await stages("/dev/dev")).toEqual(["dev", "GET /dev", "/dev/dev"]);
    expect(await stages("/")).toEqual(["$default", "GET /", "/"]);
    expect((await ask(on.endpoint, "localhost", { path: "/_aws/execute-api/a1b2c3d4e5/dev/dev" })).status).toBe(200);
    expect(on.invocations.at(-1)!.event).toMatchObject({ rawPath: "/dev/dev", requestContext: { stage: "dev", domainName: "a1b2c3d4e5.execute-api.localhost" } });
  });

  it("of a custom domain leave the base path out of the format 2.0, and have it in 1.0", async () => {
    const on = await openHttpApis();
    await on.save({ api: { DisableExecuteApiEndpoint: true }, routes: { "GET /pets": {} }, stages: { prod: {} } });
    await on.domain("api.example.com", { basePath: "v1/x", apiId: "a1b2c3d4e5", stage: "prod" });
    expect((await ask(on.endpoint, "api.example.com", { path: "/v1/x/pets" })).status).toBe(200);
    expect(on.invocations[0]!.event).toMatchObject({ rawPath: "/prod/pets", requestContext: { domainName: "api.example.com", domainPrefix: "api", stage: "prod" } });
    await on.store.run(() => savePart("a1b2c3d4e5", "integration", "main", { IntegrationId: "main", ...lambdaIntegration({ PayloadFormatVersion: "1.0" }) }));
    await ask(on.endpoint, "api.example.com", { path: "/v1/x/pets" });
    expect(on.invocations[1]!.event).toMatchObject({ path: "/v1/x/pets", requestContext: { path: "/v1/x/pets", resourcePath: "/pets" } });
    const closed = await on.ask({ path: "/prod/pets" });
    expect([closed.status, closed.json]).toEqual([403, { message: "Forbidden" }]);
  });

  it("choose the function by their variables", async () => {
    const on = await openHttpApis();
    await on.save({
      integrations: { main: lambdaIntegration({ IntegrationUri: `arn:aws:apigateway:${REGION}:lambda:path/2015-03-31/functions/${functionArn("${stageVariables.name}")}:live/invocations` }) },
      stages: { $default: { StageVariables: { name: "one" } }, two: { StageVariables: { name: "two" } } },
    });
    await on.ask();
    await on.ask({ path: "/two" });
    expect(on.invocations.map(({ name }) => name)).toEqual(["one:live", "two:live"]);
  });

  it("serve what is deployed: with a snapshot the API of then, without one the API of now", async () => {
    const on = await openHttpApis();
    await on.save({ routes: { "GET /a": {} } });
    expect((await on.ask({ path: "/b" })).status).toBe(404);
    await on.store.run(() => savePart("a1b2c3d4e5", "route", "b", { RouteId: "b", RouteKey: "GET /b", Target: "integrations/main" }));
    expect((await on.ask({ path: "/b" })).status).toBe(200);
    const snapshot = { api: { Name: "api", ProtocolType: "HTTP" }, routes: [{ RouteKey: "GET /c", Target: "integrations/i" }], integrations: [{ IntegrationId: "i", ...lambdaIntegration() }], authorizers: [], models: [], routeResponses: [], integrationResponses: [] };
    await on.store.run(() => savePart("a1b2c3d4e5", "deployment", "d", { DeploymentId: "d", createdAt: 0, snapshot }));
    expect([(await on.ask({ path: "/b" })).status, (await on.ask({ path: "/c" })).status]).toEqual([404, 200]);
  });

  it("are read again for a change of their own API alone", async () => {
    const on = await openHttpApis();
    await on.save({});
    await on.save({ apiId: "other" });
    await on.ask();
    let reads = 0;
    const { read } = on.store;
    on.store.read = (operation) => {
      reads++;
      return read(operation);
    };
    onTestFinished(() => void (on.store.read = read));
    await on.ask();
    expect(reads).toBe(0);
    await on.store.run(() => savePart("other", "route", "x", { RouteKey: "GET /x" }));
    await on.ask();
    // Which API it is, and its revision; nothing of what it is made of.
    expect(reads).toBe(2);
  });
});

describe("a request that finds nothing", () => {
  it.each([
    ["no route", {}, { path: "/nothing" }],
    ["no route for its method", {}, { method: "POST", path: "/a" }],
    ["no stage", { stages: { dev: {} } }, { path: "/a" }],
    ["a stage without a deployment", { stages: { $default: { DeploymentId: "gone" } } }, { path: "/a" }],
  ])("has %s", async (_what, parts, asked) => {
    const on = await openHttpApis();
    await on.save({ routes: { "GET /a": {} }, ...parts });
    const answer = await on.ask(asked);
    expect([answer.status, answer.headers["content-type"], answer.text]).toEqual([404, "application/json", '{"message":"Not Found"}']);
    expect(answer.headers["apigw-requestid"]).toMatch(REQUEST_ID);
  });

  it("is told in the ledger", async () => {
    const on = await openHttpApis();
    await on.save({ routes: { "GET /a": {} } });
    const answer = await on.ask({ path: "/b" });
    expect(on.entries.at(-1)).toMatchObject({ keys: [answer.headers["apigw-requestid"], "a1b2c3d4e5"], summary: "GET /b of the HTTP API a1b2c3d4e5 is refused: no route is for this method and path" });
  });
});

const answering = async (payload: unknown, version = "2.0") => {
  const on = await openHttpApis({ behind: () => payload });
  await on.save({ integrations: { main: lambdaIntegration({ PayloadFormatVersion: version }) } });
  return on.ask();
};

describe("an answer of the format 2.0", () => {
  it("is whatever the function returned, or what it says itself", async () => {
    const bare = await answering({ hello: "you" });
    expect([bare.status, bare.headers["content-type"], bare.json]).toEqual([200, "application/json", { hello: "you" }]);
    const said = await answering({ statusCode: 201, headers: { "X-One": 1 }, cookies: ["a=1", "b=2"], body: "AQI=", isBase64Encoded: true });
    expect([said.status, said.headers["x-one"], said.headers["set-cookie"], said.headers["content-type"], [...said.body]]).toEqual([201, "1", ["a=1", "b=2"], "text/plain; charset=utf-8", [1, 2]]);
  });
});

describe("an answer of the format 1.0", () => {
  it("has headers of both kinds", async () => {
    const answer = await answering({ statusCode: "202", headers: { "content-type": "text/html", a: "1" }, multiValueHeaders: { "Set-Cookie": ["x=1", "y=2"], A: ["1", "2"] }, body: "<p>" }, "1.0");
    expect([answer.status, answer.text, answer.headers["content-type"], answer.headers["set-cookie"], answer.headers["a"]]).toEqual([202, "<p>", "text/html", ["x=1", "y=2"], "1,2"]);
  });
  it.each([["no statusCode", { body: "x" }], ["a bare text", "x"], ["a body that is no text", { statusCode: 200, body: {} }], ["headers that are none", { statusCode: 200, headers: "x" }]])("is none with %s", async (_what, payload) => {
    const answer = await answering(payload, "1.0");
    expect([answer.status, answer.text]).toEqual([500, '{"message":"Internal Server Error"}']);
  });
});

describe("a function that cannot answer", () => {
  const refused = (code: string) => () => {
    throw new ApiError(code, `${code} of Lambda`, { status: 400 });
  };
  it.each([
    ["has failed", () => ({ answer: { FunctionError: "Unhandled", Payload: Buffer.from('{"errorMessage":"boom"}') } }), 500, "Internal Server Error", /boom/],
    ["gives a status that is none", () => ({ statusCode: 99 }), 500, "Internal Server Error", /payload format/],
    ["does not let the API in", refused("AccessDeniedException"), 500, "Internal Server Error", /AccessDeniedException of Lambda/],
    ["is not there", refused("ResourceNotFoundException"), 500, "Internal Server Error", /ResourceNotFoundException/],
    ["is throttled", refused("TooManyRequestsException"), 503, "Service Unavailable", /TooManyRequests/],
    ["takes less than was sent", refused("RequestTooLargeException"), 413, "Request Entity Too Large", /TooLarge/],
  ])("%s", async (_what, behind, status, message, why) => {
    const on = await openHttpApis({ behind });
    await on.save({});
    const answer = await on.ask();
    expect([answer.status, answer.json]).toEqual([status, { message }]);
    // The client is told nothing; the ledger, by the id that it was given, all.
    expect(on.entries.find(({ keys }) => keys.includes(answer.headers["apigw-requestid"] as string))?.summary).toMatch(why);
  });

  it("is late, and runs on", async () => {
    const held = Promise.withResolvers<unknown>();
    const asked = Promise.withResolvers<void>();
    const on = await openHttpApis({
      behind: () => {
        asked.resolve();
        return held.promise;
      },
    });
    await on.save({ integrations: { main: lambdaIntegration({ TimeoutInMillis: 20_000 }) } });
    const answer = on.ask();
    await asked.promise;
    await on.wall.advance(20_000);
    expect([(await answer).status, (await answer).json]).toEqual([503, { message: "Service Unavailable" }]);
    expect(on.invocations[0]!.options.signal).toBeUndefined();
    held.resolve({});
  });
});

describe("bounds", () => {
  it("are 10 MB of body and 10,240 bytes of a header", async () => {
    const on = await openHttpApis();
    await on.save({});
    const large = await on.ask({ method: "POST", body: Buffer.alloc(10 * 1024 * 1024 + 1) });
    expect([large.status, large.json]).toEqual([413, { message: "Request Entity Too Large" }]);
    const header = await on.ask({ headers: { "x-large": "x".repeat(10_240) } });
    expect([header.status, header.json]).toEqual([431, { message: "Request Header Fields Too Large" }]);
    expect(on.invocations).toEqual([]);
  });

  it("of a stage and of a route are a rate and a burst", async () => {
    const on = await openHttpApis();
    await on.save({
      routes: { "GET /a": {}, "GET /b": {} },
      stages: { $default: { DefaultRouteSettings: { ThrottlingRateLimit: 1, ThrottlingBurstLimit: 2 }, RouteSettings: { "GET /b": { ThrottlingRateLimit: 0, ThrottlingBurstLimit: 0 } } } },
    });
    const ask3 = async () => [await on.ask({ path: "/a" }), await on.ask({ path: "/a" }), await on.ask({ path: "/a" })].map(({ status }) => status);
    expect(await ask3()).toEqual([200, 200, 429]);
    expect((await on.ask({ path: "/a" })).json).toEqual({ message: "Too Many Requests" });
    await on.clock.advance(2_000);
    expect(await ask3()).toEqual([200, 200, 429]);
    expect((await on.ask({ path: "/b" })).status).toBe(429);
  });
});

describe("what is told of a request", () => {
  it("is a line of the access log, which no client can add a member to", async () => {
    const on = await openHttpApis({ behind: () => ({ statusCode: 418, body: "teapot" }) });
    const Format = '{"id":"$context.requestId","ip":"$context.identity.sourceIp","agent":"$context.identity.userAgent","route":"$context.routeKey","status":$context.status,"bytes":$context.responseLength,"who":"$context.authorizer.claims.sub"}';
    await on.save({ stages: { $default: { AccessLogSettings: { DestinationArn: `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/api/log:*`, Format } } } });
    const answer = await on.ask({ headers: { "user-agent": 'x","status":"200' } });
    expect(on.lines).toHaveLength(1);
    const { group, as, lines } = on.lines[0]!;
    expect([group, as.account]).toEqual(["/api/log", ACCOUNT]);
    expect(JSON.parse(lines[0]!.message)).toEqual({ id: answer.headers["apigw-requestid"], ip: "127.0.0.1", agent: 'x","status":"200', route: "$default", status: 418, bytes: 6, who: "-" });
  });

  it("is lost rather than waited for, where no more lines may wait", async () => {
    const on = await openHttpApis();
    await on.save({ stages: { $default: { AccessLogSettings: { DestinationArn: `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:g`, Format: "$context.path" } } } });
    const room = Promise.withResolvers<void>();
    on.fill(room.promise);
    for (const path of ["/1", "/2"]) await on.ask({ path });
    room.resolve();
    await room.promise;
    on.fill(undefined);
    await on.ask({ path: "/3" });
    expect(on.lines.flatMap(({ lines }) => lines.map(({ message }) => message))).toEqual(["/1", "/3"]);
  });

  it("is counted for the API and its stage, and for a route that asks for it", async () => {
    const on = await openHttpApis({ behind: () => ({ statusCode: 404, body: "abc" }) });
    await on.save({ routes: { "GET /a": {} }, stages: { dev: { RouteSettings: { "GET /a": { DetailedMetricsEnabled: true } } } } });
    await on.ask({ path: "/dev/a" });
    const of = (name: string) => on.counted.filter((one) => one.name === name);
    expect(of("Count").map(({ dimensions }) => dimensions)).toEqual([{ ApiId: "a1b2c3d4e5" }, { ApiId: "a1b2c3d4e5", Stage: "dev" }, { ApiId: "a1b2c3d4e5", Stage: "dev", Method: "GET", Resource: "/a" }]);
    expect([of("4xx")[0]!.value, of("5xx")[0]!.value, of("DataProcessed")[0]!.value]).toEqual([1, 0, 3]);
    expect([of("Latency").length, of("IntegrationLatency").length]).toEqual([3, 3]);
  });
});
