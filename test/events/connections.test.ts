import { gzipSync } from "node:zlib";
import type { CreateConnectionAuthRequestParameters, CreateConnectionCommandInput, HttpParameters } from "@aws-sdk/client-eventbridge";
import { beforeEach, describe, expect, it } from "vitest";
import { sql } from "../../src/store/store.ts";
import { requestContext } from "../support/context.ts";
import { refusal } from "../support/refusal.ts";
import { eventually } from "../support/temporary.ts";
import { DEAD, openEvents, type EventsGround, type Sent } from "./data-ground.ts";
import { useEndpoint, type Asked } from "./endpoint.ts";

const endpoint = useEndpoint();
beforeEach(() => {
  endpoint.asked.length = 0;
  endpoint.answer = () => undefined;
});

const context = requestContext();
const ROLE = "arn:aws:iam::000000000000:role/r";

/** EventBridge over a real store; roles may all that they are asked for. */
const open = (options: Parameters<typeof openEvents>[0] = {}): EventsGround => {
  const ground: EventsGround = openEvents({
    ...options,
    behave: ({ service, operation, input }: Sent) => {
      if (operation === "DescribeApiDestination") return ground.handlers.DescribeApiDestination(input as never, context);
      if (service === "sts") return { Credentials: { AccessKeyId: "A", SecretAccessKey: "s", SessionToken: "t", Expiration: new Date(Date.now() + 3_600_000) }, AssumedRoleUser: { Arn: `${ROLE}/x`, AssumedRoleId: "A:x" } };
      return undefined;
    },
  });
  return ground;
};

const BASIC: CreateConnectionAuthRequestParameters = { BasicAuthParameters: { Username: "me", Password: "pass-word" } };
const refused = (asked: unknown) => refusal(Promise.resolve(asked));
const connect = (ground: EventsGround, input: Partial<CreateConnectionCommandInput> = {}) => ground.handlers.CreateConnection({ Name: "c", AuthorizationType: "BASIC", AuthParameters: BASIC, ...input }, context);
const oauth = (more: object = {}): CreateConnectionAuthRequestParameters => ({
  OAuthParameters: { ClientParameters: { ClientID: "id", ClientSecret: "client-secret" }, AuthorizationEndpoint: `${endpoint.url}/token`, HttpMethod: "POST", ...more },
});
const stateOf = async (ground: EventsGround) => (await ground.handlers.DescribeConnection({ Name: "c" }, context)).ConnectionState;

describe("connections", () => {
  it("keep their secrets, sealed, and tell the rest", async () => {
    const ground = open();
    const made = await connect(ground, {
      Description: "d", AuthorizationType: "API_KEY",
      AuthParameters: {
        ApiKeyAuthParameters: { ApiKeyName: "x-key", ApiKeyValue: "key-value" },
        InvocationHttpParameters: { HeaderParameters: [{ Key: "a", Value: "open" }, { Key: "b", Value: "hidden-value", IsValueSecret: true }] },
      },
    });
    expect(made).toMatchObject({ ConnectionArn: expect.stringMatching(/^arn:aws:events:us-east-1:000000000000:connection\/c\/[0-9a-f-]{36}$/), ConnectionState: "AUTHORIZED" });
    expect(await ground.handlers.DescribeConnection({ Name: "c" }, context)).toMatchObject({
      ...made, Description: "d", AuthorizationType: "API_KEY", SecretArn: expect.stringMatching(/^arn:aws:secretsmanager:us-east-1:000000000000:secret:events!connection\/c\/.{36}-\w{6}$/),
      AuthParameters: { ApiKeyAuthParameters: { ApiKeyName: "x-key" }, InvocationHttpParameters: { HeaderParameters: [{ Key: "a", Value: "open" }, { Key: "b", IsValueSecret: true }] } },
    });
    const rows = JSON.stringify(await ground.store.read(() => sql("select * from event_item")));
    expect(rows).not.toMatch(/key-value|hidden-value|x-key/);
    expect(JSON.stringify(await ground.handlers.DescribeConnection({ Name: "c" }, context))).not.toMatch(/key-value|hidden-value/);
  });

  it("are changed member by member, lose their parameters, and are given others", async () => {
    const ground = open();
    await connect(ground);
    await ground.handlers.UpdateConnection({ Name: "c", AuthParameters: { BasicAuthParameters: { Username: "you" } } }, context);
    expect((await ground.handlers.DescribeConnection({ Name: "c" }, context)).AuthParameters?.BasicAuthParameters).toEqual({ Username: "you" });
    expect(await refused(ground.handlers.UpdateConnection({ Name: "c", AuthorizationType: "API_KEY" }, context))).toBe("ValidationException: Parameter ApiKeyAuthParameters is not valid. Reason: Missing required field(s).");
    expect((await ground.handlers.DeauthorizeConnection({ Name: "c" }, context)).ConnectionState).toBe("DEAUTHORIZED");
    const without = await ground.handlers.DescribeConnection({ Name: "c" }, context);
    expect([without.AuthParameters, without.SecretArn]).toEqual([undefined, undefined]);
    expect(await refused(ground.handlers.UpdateConnection({ Name: "c", AuthParameters: { BasicAuthParameters: { Username: "you" } } }, context))).toMatch(/Missing required field/);
    expect((await ground.handlers.UpdateConnection({ Name: "c", AuthorizationType: "API_KEY", AuthParameters: { ApiKeyAuthParameters: { ApiKeyName: "k", ApiKeyValue: "v" } } }, context)).ConnectionState).toBe("AUTHORIZED");
    expect((await ground.handlers.ListConnections({ ConnectionState: "AUTHORIZED" }, context)).Connections).toMatchObject([{ Name: "c", AuthorizationType: "API_KEY" }]);
    expect((await ground.handlers.ListConnections({ ConnectionState: "DEAUTHORIZED" }, context)).Connections).toEqual([]);
    expect((await ground.handlers.DeleteConnection({ Name: "c" }, context)).ConnectionState).toBe("DELETING");
    expect(await refused(ground.handlers.DescribeConnection({ Name: "c" }, context))).toBe("ResourceNotFoundException: Failed to describe the connection(s). Connection 'c' does not exist.");
  });

  it("prove themselves with OAuth first, and say why where they cannot", async () => {
    const ground = open();
    endpoint.answer = () => ({ body: '{"access_token":"t-1"}' });
    expect((await connect(ground, { AuthorizationType: "OAUTH_CLIENT_CREDENTIALS", AuthParameters: oauth() })).ConnectionState).toBe("AUTHORIZING");
    await eventually("it is authorized", async () => (await stateOf(ground)) === "AUTHORIZED");
    endpoint.answer = () => ({ status: 400, body: "{}" });
    expect((await ground.handlers.UpdateConnection({ Name: "c", AuthParameters: { OAuthParameters: { ClientParameters: { ClientID: "other" } } } }, context)).ConnectionState).toBe("AUTHORIZING");
    await eventually("it is refused", async () => (await stateOf(ground)) === "DEAUTHORIZED");
    expect((await ground.handlers.DescribeConnection({ Name: "c" }, context)).StateReason).toBe(`Authorization failed: the authorization endpoint ${endpoint.url}/token answered 400`);
    expect(endpoint.asked.map(({ body }) => new URLSearchParams(body).get("client_id"))).toEqual(["id", "other"]);
  });

  it("that an earlier process left while they proved themselves are taken up", async () => {
    const ground = open();
    endpoint.answer = () => "nothing";
    await connect(ground, { AuthorizationType: "OAUTH_CLIENT_CREDENTIALS", AuthParameters: oauth() });
    const next = open({ path: ground.path, sessionKey: ground.sessionKey });
    endpoint.answer = () => ({ body: '{"access_token":"t-1"}' });
    await eventually("it is authorized", async () => (await stateOf(next)) === "AUTHORIZED");
  });

  it.each<[string, Partial<CreateConnectionCommandInput>, string | RegExp]>([
    ["nothing for its type", { AuthorizationType: "API_KEY", AuthParameters: {} }, "ValidationException: Parameter ApiKeyAuthParameters is not valid. Reason: Missing required field(s)."],
    ["what belongs to another type", { AuthorizationType: "API_KEY" as const }, "ValidationException: Parameter ApiKeyAuthParameters is not valid. Reason: Missing required field(s)."],
    ["what belongs to another", { AuthParameters: { ...BASIC, ApiKeyAuthParameters: { ApiKeyName: "a", ApiKeyValue: "b" } } }, /^ValidationException: Parameter ApiKeyAuthParameters is not valid/],
    ["an endpoint in the clear", { AuthorizationType: "OAUTH_CLIENT_CREDENTIALS", AuthParameters: { OAuthParameters: { ClientParameters: { ClientID: "i", ClientSecret: "s" }, AuthorizationEndpoint: "http://example.com/token", HttpMethod: "POST" } } }, /^ValidationException: Parameter AuthorizationEndpoint is not valid/],
    ["a key of one's own", { KmsKeyIdentifier: "alias/k" }, /^NotImplemented: KmsKeyIdentifier/],
    ["a private API", { InvocationConnectivityParameters: { ResourceParameters: { ResourceConfigurationArn: "arn" } } }, /^NotImplemented: a connection to a private API/],
  ])("are refused with %s", async (_what, input, message) => {
    expect(await refused(connect(open(), input))).toEqual(typeof message === "string" ? message : expect.stringMatching(message));
  });
});

const destination = async (ground: EventsGround, input: object = {}) => {
  const { ConnectionArn } = await ground.handlers.DescribeConnection({ Name: "c" }, context);
  return ground.handlers.CreateApiDestination({ Name: "d", ConnectionArn, InvocationEndpoint: `${endpoint.url}/hook`, HttpMethod: "POST", ...input }, context);
};

describe("API destinations", () => {
  it("are made, told, changed, listed and deleted; they are as their connection is", async () => {
    const ground = open();
    const { ConnectionArn } = await connect(ground);
    const made = await destination(ground);
    expect(made).toMatchObject({ ApiDestinationArn: expect.stringMatching(/^arn:aws:events:us-east-1:000000000000:api-destination\/d\/[0-9a-f-]{36}$/), ApiDestinationState: "ACTIVE" });
    expect(await ground.handlers.DescribeApiDestination({ Name: "d" }, context)).toMatchObject({ ...made, Name: "d", ConnectionArn, HttpMethod: "POST", InvocationRateLimitPerSecond: 300, InvocationEndpoint: `${endpoint.url}/hook` });
    await ground.handlers.UpdateApiDestination({ Name: "d", Description: "x", InvocationRateLimitPerSecond: 5, HttpMethod: "PUT" }, context);
    expect(await ground.handlers.DescribeApiDestination({ Name: "d" }, context)).toMatchObject({ Description: "x", HttpMethod: "PUT", InvocationRateLimitPerSecond: 5, InvocationEndpoint: `${endpoint.url}/hook` });
    await ground.handlers.DeauthorizeConnection({ Name: "c" }, context);
    expect((await ground.handlers.ListApiDestinations({ ConnectionArn }, context)).ApiDestinations).toMatchObject([{ Name: "d", ApiDestinationState: "INACTIVE" }]);
    expect((await ground.handlers.ListApiDestinations({ ConnectionArn: "arn:aws:events:us-east-1:000000000000:connection/o/0" }, context)).ApiDestinations).toEqual([]);
    expect(await refusal(destination(ground))).toBe("ResourceAlreadyExistsException: An api-destination 'd' already exists.");
    await ground.handlers.DeleteApiDestination({ Name: "d" }, context);
    expect(await refused(ground.handlers.DescribeApiDestination({ Name: "d" }, context))).toBe("ResourceNotFoundException: Failed to describe the api-destination(s). An api-destination 'd' does not exist.");
  });

  it.each([
    ["over HTTP to elsewhere", { InvocationEndpoint: "http://example.com/a" }, "ValidationException: Parameter InvocationEndpoint is not valid. Reason: Endpoint 'http://example.com/a' is not valid."],
    ["with a host that a target would choose", { InvocationEndpoint: "https://*.example.com/a" }, "ValidationException: Parameter InvocationEndpoint is not valid. Reason: Endpoint 'https://*.example.com/a' is not valid."],
    ["without a connection", { ConnectionArn: "arn:aws:events:us-east-1:000000000000:connection/none/0" }, "ResourceNotFoundException: Connection 'none' does not exist."],
    ["with another region's connection", { ConnectionArn: "arn:aws:events:eu-west-1:000000000000:connection/c/0" }, "ValidationException: Invalid ARN: 'arn:aws:events:eu-west-1:000000000000:connection/c/0'."],
  ])("are refused %s", async (_what, input, message) => {
    const ground = open();
    await connect(ground);
    expect(await refusal(destination(ground, input))).toBe(message);
  });
});

/** A rule whose events go to an API destination. */
const route = async (ground: EventsGround, { http, made = {}, retry }: { http?: HttpParameters; made?: object; retry?: { MaximumRetryAttempts?: number; MaximumEventAgeInSeconds?: number } } = {}) => {
  const { ApiDestinationArn } = await destination(ground, made);
  await ground.rule("r", {
    eventPattern: '{"source":["shop"]}',
    targets: [{ Id: "1", Arn: ApiDestinationArn!, RoleArn: ROLE, DeadLetterConfig: { Arn: DEAD }, ...(http === undefined ? {} : { HttpParameters: http }), ...(retry === undefined ? {} : { RetryPolicy: retry }) }],
  });
  return ApiDestinationArn!;
};
const codes = (ground: EventsGround) =>
  ground.sent.filter(({ operation }) => operation === "SendMessage").map(({ input }) => Object.fromEntries(Object.entries(input["MessageAttributes"] as Record<string, { StringValue: string }>).map(([name, { StringValue }]) => [name, StringValue])));
const tokensAsked = () => endpoint.asked.filter(({ path }) => path.startsWith("/token"));
const posted = (): Asked[] => endpoint.asked.filter(({ path }) => !path.startsWith("/token"));

describe("an event on its way to an API destination", () => {
  it("has the path, query, headers and members that target and connection give, the connection's in the place of the target's, and EventBridge's own", async () => {
    const ground = open();
    await connect(ground, {
      AuthParameters: {
        ...BASIC,
        InvocationHttpParameters: { HeaderParameters: [{ Key: "X-Both", Value: "connection" }, { Key: "Host", Value: "evil" }], QueryStringParameters: [{ Key: "q", Value: "c d" }], BodyParameters: [{ Key: "secret", Value: "s", IsValueSecret: true }] },
      },
    });
    await route(ground, {
      made: { InvocationEndpoint: `${endpoint.url}/shops/*/orders/*?fixed=1&q=0`, HttpMethod: "PUT" },
      http: { PathParameterValues: ["$.detail.shop", "a/b"], HeaderParameters: { "x-both": "target", "x-own": "$.detail.n", "User-Agent": "curl", Range: "none" }, QueryStringParameters: { q: "t", more: "1" } },
    });
    await ground.put({ Detail: '{"shop":"s 1","n":12345678901234567890,"secret":0}' });
    await ground.settled();
    const [{ method, path, headers, body }] = posted() as [Asked];
    expect([method, path]).toEqual(["PUT", "/shops/s%201/orders/a%2Fb?fixed=1&q=c+d&more=1"]);
    expect(headers).toMatchObject({
      authorization: `Basic ${Buffer.from("me:pass-word").toString("base64")}`, "x-both": "connection", "x-own": "12345678901234567890", "user-agent": "Amazon/EventBridge/ApiDestinations", range: "bytes=0-1048575",
      "content-type": "application/json; charset=utf-8", "accept-encoding": "gzip,deflate", connection: "close", host: new URL(endpoint.url).host,
    });
    expect(body).toContain('"n":12345678901234567890');
    expect(JSON.parse(body)).toMatchObject({ source: "shop", detail: { shop: "s 1" }, secret: "s" });
    const asked = ground.sent.find(({ operation }) => operation === "DescribeApiDestination")!;
    expect(asked.options).toMatchObject({ isInvocation: true, as: { type: "role-session", roleArn: ROLE } });
    expect(await ground.deliveries()).toEqual([]);
  });

  it("has the key of its connection, and takes it by the name that it is under now", async () => {
    const ground = open();
    await connect(ground, { AuthorizationType: "API_KEY", AuthParameters: { ApiKeyAuthParameters: { ApiKeyName: "X-Api-Key", ApiKeyValue: "one" } } });
    await route(ground);
    await ground.put();
    await ground.settled();
    await ground.handlers.UpdateConnection({ Name: "c", AuthParameters: { ApiKeyAuthParameters: { ApiKeyValue: "two" } } }, context);
    await ground.put();
    await ground.settled();
    expect(posted().map(({ headers }) => headers["x-api-key"])).toEqual(["one", "two"]);
  });

  it("has an OAuth token, which is kept until it ends, and fetched anew when it is refused", async () => {
    const ground = open();
    let [issued, refused] = [0, "none"];
    endpoint.answer = ({ path, headers }) => (path.startsWith("/token") ? { body: JSON.stringify({ access_token: `t-${++issued}`, expires_in: 3600, token_type: "bearer" }) } : { status: headers.authorization === `Bearer ${refused}` ? 401 : 200 });
    const http = { HeaderParameters: [{ Key: "x-tenant", Value: "a" }], QueryStringParameters: [{ Key: "v", Value: "2" }], BodyParameters: [{ Key: "audience", Value: "shop" }] };
    await connect(ground, { AuthorizationType: "OAUTH_CLIENT_CREDENTIALS", AuthParameters: oauth({ OAuthHttpParameters: http }) });
    await eventually("it is authorized", async () => (await stateOf(ground)) === "AUTHORIZED");
    await route(ground);
    for (let count = 0; count < 3; count++) await ground.put();
    await ground.settled();
    expect(posted().map(({ headers }) => headers.authorization)).toEqual(["Bearer t-2", "Bearer t-2", "Bearer t-2"]);
    expect(tokensAsked()).toHaveLength(2);
    const [{ path, headers, body }] = tokensAsked() as [Asked];
    expect([path, headers["x-tenant"], headers["content-type"]]).toEqual(["/token?v=2", "a", "application/x-www-form-urlencoded"]);
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({ grant_type: "client_credentials", client_id: "id", client_secret: "client-secret", audience: "shop" });
    refused = "t-2";
    await ground.put();
    await ground.settled();
    await ground.clock.advance(2_000);
    await ground.settled();
    expect(posted().slice(3).map(({ headers }) => headers.authorization)).toEqual(["Bearer t-2", "Bearer t-3"]);
    await ground.wall.advance(3_541_000);
    await ground.put();
    await ground.settled();
    expect(posted().at(-1)!.headers.authorization).toBe("Bearer t-4");
    expect(await ground.deliveries()).toEqual([]);
  });

  it("is taken with 2xx, tried again after 401, 407, 409, 429 and 5xx, and after nothing else", async () => {
    const ground = open();
    await connect(ground);
    const arn = await route(ground, { retry: { MaximumRetryAttempts: 1 } });
    const [taken, final, again] = [[200, 204], [302, 400, 403, 404, 408, 410], [401, 407, 409, 429, 500, 503]];
    const statusIn = (body: string) => (JSON.parse(body) as { detail: { status: number } }).detail.status;
    endpoint.answer = ({ body }) => ({ status: statusIn(body), ...(statusIn(body) === 204 ? {} : { body: "why" }), ...(statusIn(body) === 302 ? { headers: { location: "/elsewhere" } } : {}) });
    for (const status of [...taken, ...final, ...again]) await ground.put({ Detail: JSON.stringify({ status }) });
    await ground.settled();
    await ground.clock.advance(5_000);
    await ground.settled();
    await eventually("all others are dead letters", () => codes(ground).length === final.length + again.length);
    const asked = Object.groupBy(posted(), ({ body }) => statusIn(body));
    expect(Object.fromEntries(Object.entries(asked).map(([status, all]) => [status, all!.length]))).toEqual(Object.fromEntries([...[...taken, ...final].map((status) => [status, 1]), ...again.map((status) => [status, 2])]));
    const told = codes(ground).toSorted((one, other) => one["ERROR_MESSAGE"]!.localeCompare(other["ERROR_MESSAGE"]!));
    expect(told).toEqual(
      [...final, ...again].toSorted().map((status) => ({
        RULE_ARN: expect.stringContaining("rule/r"), TARGET_ARN: arn, ERROR_CODE: status === 429 ? "THROTTLING" : "SDK_CLIENT_ERROR", ERROR_MESSAGE: `Unable to invoke ApiDestination endpoint: API destination returned HTTP status ${status} with payload: why`,
        RETRY_ATTEMPTS: again.includes(status) ? "1" : "0", ...(again.includes(status) ? { EXHAUSTED_RETRY_CONDITION: "MaximumRetryAttempts" } : {}),
      })),
    );
  });

  it("cannot smuggle a header in, and what is answered can be told", async () => {
    const ground = open();
    await connect(ground);
    await route(ground, { made: { InvocationEndpoint: `${endpoint.url}/*` }, http: { PathParameterValues: ["$.detail.path"], HeaderParameters: { "x-own": "$.detail.header" } } });
    endpoint.answer = ({ path }) => (path.startsWith("/packed") ? { status: 400, headers: { "content-encoding": "gzip" }, body: gzipSync("packed text") } : { status: 400, body: "bell\u0007\u0000 ü" });
    for (const detail of [{ header: "a\r\nx-evil: 1", path: "lines" }, { header: "für", path: "packed" }, { header: "b", path: "\ud800?q=1#../.." }, { header: "c", path: ".." }]) await ground.put({ Detail: JSON.stringify(detail) });
    await ground.settled();
    await eventually("all are dead letters", () => codes(ground).length === 4);
    expect(codes(ground).map(({ ERROR_MESSAGE }) => ERROR_MESSAGE).toSorted()).toEqual([
      "Unable to invoke ApiDestination endpoint: API destination returned HTTP status 400 with payload: bell\uFFFD\uFFFD ü",
      "Unable to invoke ApiDestination endpoint: API destination returned HTTP status 400 with payload: packed text",
      "Unable to invoke ApiDestination endpoint: a value of its path is . or .., which leads to another path than the API destination's.",
      "Unable to invoke ApiDestination endpoint: the value of the header x-own has characters that no header may have.",
    ]);
    expect(posted().map(({ path, headers }) => [path, Buffer.from(headers["x-own"] as string, "latin1").toString(), headers["x-evil"]]).toSorted()).toEqual([["/%EF%BF%BD%3Fq%3D1%23..%2F..", "b", undefined], ["/packed", "für", undefined]]);
  });

  it("comes again when the endpoint asks it to, and never where it asks for that", async () => {
    const ground = open();
    await connect(ground);
    await route(ground);
    endpoint.answer = () => ({ status: 503, headers: { "retry-after": "120" } });
    await ground.put();
    await ground.settled();
    await ground.clock.advance(100_000);
    await ground.settled();
    expect(posted()).toHaveLength(1);
    endpoint.answer = () => ({ status: 503, headers: { "retry-after": "-1" } });
    await ground.clock.advance(20_000);
    await ground.settled();
    expect(posted()).toHaveLength(2);
    await eventually("it is a dead letter", () => codes(ground).length === 1);
    await ground.settled();
    expect(await ground.deliveries()).toEqual([]);
  });

  it("is told of in a dead letter where nobody answers, or where the connection has lost its parameters", async () => {
    const ground = open();
    await connect(ground);
    await route(ground, { made: { InvocationEndpoint: "http://127.0.0.1:1/hook" }, retry: { MaximumRetryAttempts: 0 } });
    await ground.put();
    await ground.settled();
    await eventually("it is a dead letter", () => codes(ground).length === 1);
    await ground.handlers.DeauthorizeConnection({ Name: "c" }, context);
    await ground.put();
    await ground.settled();
    await eventually("so is the second", () => codes(ground).length === 2);
    expect(codes(ground).map(({ ERROR_CODE, ERROR_MESSAGE }) => [ERROR_CODE, ERROR_MESSAGE])).toEqual([
      ["SDK_CLIENT_ERROR", "Unable to invoke ApiDestination endpoint: API destination endpoint cannot be reached."],
      ["SDK_CLIENT_ERROR", "Unable to invoke ApiDestination endpoint: The connection is not authorized: it was deauthorized."],
    ]);
  });

  it("waits for its turn, second by second of the platform's clock, and none is lost or counted as a try", async () => {
    const ground = open();
    await connect(ground);
    await route(ground, { made: { InvocationRateLimitPerSecond: 3 }, retry: { MaximumRetryAttempts: 0 } });
    const [start, arrivals] = [ground.clock.now(), [] as number[]];
    endpoint.answer = () => void arrivals.push(ground.clock.now() - start);
    for (let count = 0; count < 10; count++) await ground.put({ Detail: JSON.stringify({ count }) });
    await ground.settled();
    for (let second = 0; second < 3; second++) {
      await ground.clock.advance(1_000);
      await ground.settled();
    }
    expect(arrivals.map((at, index) => at >= Math.floor(index / 3) * 1_000)).toEqual(Array.from({ length: 10 }, () => true));
    expect(new Set(posted().map(({ body }) => (JSON.parse(body) as { detail: { count: number } }).detail.count)).size).toBe(10);
    expect(codes(ground)).toEqual([]);
    expect(ground.counted.get("InvocationAttempts r")).toBe(10);
  });

  it("whose turn comes too late is a dead letter", async () => {
    const ground = open();
    await connect(ground);
    await route(ground, { made: { InvocationRateLimitPerSecond: 1 }, retry: { MaximumEventAgeInSeconds: 60 } });
    const entry = { Source: "shop", DetailType: "order", Detail: "{}" };
    for (let batch = 0; batch < 15; batch++) await ground.putAll({ Entries: Array.from({ length: 10 }, () => entry) });
    await ground.settled();
    await ground.clock.advance(80_000);
    await ground.settled();
    await eventually("each is taken or a dead letter", () => posted().length + codes(ground).length === 150);
    expect(codes(ground).length).toBeGreaterThanOrEqual(10);
    expect(posted().length).toBeGreaterThanOrEqual(50);
    expect(codes(ground)[0]).toMatchObject({ ERROR_CODE: "THROTTLING", EXHAUSTED_RETRY_CONDITION: "MaximumEventAgeInSeconds", RETRY_ATTEMPTS: "0" });
    // What was given up took nobody's turn: the endpoint has nothing to do by now.
    const before = posted().length;
    await ground.put();
    await ground.settled();
    await eventually("the next is taken at once", () => posted().length === before + 1);
  });
});
