import { SignatureV4 } from "@smithy/signature-v4";
import { Sha256 } from "../../support/sha256.ts";
import { describe, expect, it } from "vitest";
import { ACCOUNT } from "../../support/context.ts";
import { eventually } from "../../support/temporary.ts";
import { presign, queryOf, sha256, signHeaders } from "../../gateway/support.ts";
import { functionArn, REGION, type Behind } from "../http-api/ground.ts";
import { API, openSockets, STAGE } from "./ground.ts";

const ARN = `arn:aws:execute-api:${REGION}:${ACCOUNT}:${API}/${STAGE}/$connect`;
const policy = (Effect: string, Resource = ARN) => ({ Version: "2012-10-17", Statement: [{ Effect, Action: "execute-api:Invoke", Resource }] });
const ALLOW = { principalId: "mia", policyDocument: policy("Allow"), context: { plan: "gold", seats: 3, isNew: true, gone: null } };

const withAuthorizer = async (said: unknown, IdentitySource: string[] = ["route.request.header.Auth"]) => {
  const behind: Behind = (_event, { name }) => (name === "guard" ? (typeof said === "function" ? (said as () => unknown)() : said) : { statusCode: 200, body: "ok" });
  const on = await openSockets({ behind });
  await on.save({
    authorizers: { guard: { AuthorizerType: "REQUEST", AuthorizerUri: functionArn("guard"), IdentitySource, Name: "guard" } },
    routes: { $connect: { AuthorizationType: "CUSTOM", AuthorizerId: "guard" }, $default: {}, $disconnect: {} }, stages: { [STAGE]: { StageVariables: { colour: "red" } } }, answered: ["$default"],
  });
  return on;
};
const AUTH = { headers: { Auth: "t" } };

describe("a Lambda authorizer of $connect", () => {
  it("is asked with AWS's event, by its own door, and what it says goes with every event", async () => {
    const on = await withAuthorizer(ALLOW);
    const { socket, next, closed } = await on.dial("?a=1&a=2", AUTH);
    const { name, event, options } = on.invocations[0]!;
    expect([name, options.as]).toEqual(["guard", expect.objectContaining({ service: "apigateway.amazonaws.com", sourceArn: `arn:aws:execute-api:${REGION}:${ACCOUNT}:${API}/authorizers/guard` })]);
    const context = { routeKey: "$connect", eventType: "CONNECT", messageDirection: "IN", stage: STAGE, apiId: API, connectionId: expect.stringMatching(/=$/), connectedAt: expect.any(Number), identity: { sourceIp: "127.0.0.1", userAgent: "test" }, domainName: on.host() };
    expect(event).toEqual({
      type: "REQUEST", methodArn: ARN, headers: expect.objectContaining({ Auth: "t", Connection: "upgrade", Upgrade: "websocket", Host: on.host(), "X-Forwarded-Proto": "http" }), multiValueHeaders: expect.objectContaining({ Auth: ["t"] }),
      queryStringParameters: { a: "2" }, multiValueQueryStringParameters: { a: ["1", "2"] }, stageVariables: { colour: "red" }, requestContext: expect.objectContaining(context),
    });
    expect((event["requestContext"] as object)).not.toHaveProperty("authorizer");
    const authorizer = { principalId: "mia", plan: "gold", seats: "3", isNew: "true", integrationLatency: expect.any(Number) };
    expect(on.events("CONNECT").at(-1)!.requestContext["authorizer"]).toEqual(authorizer);
    socket.send("x");
    await next();
    expect(on.events("MESSAGE")[0]!.requestContext["authorizer"]).toEqual(authorizer);
    socket.close();
    await closed;
    await eventually("the end is told", () => on.events("DISCONNECT").length === 1);
    expect(on.events("DISCONNECT")[0]!.requestContext["authorizer"]).toEqual(authorizer);
    // Nothing is kept: the next connection asks again.
    await on.dial("", AUTH);
    expect(on.invocations.filter((one) => one.name === "guard")).toHaveLength(2);
  });

  it.each<[string, string[], string, Record<string, string>]>([
    ["a header", ["route.request.header.Auth"], "", {}],
    ["an empty header", ["route.request.header.Auth"], "", { Auth: "" }],
    ["a query parameter", ["route.request.querystring.token"], "?other=1", {}],
    ["a stage variable", ["stageVariables.none"], "", {}],
    ["one of several", ["route.request.header.Auth", "route.request.querystring.token"], "", { Auth: "t" }],
  ])("is not asked, and 401 is told, when %s is missing", async (_what, sources, query, headers) => {
    const on = await withAuthorizer(ALLOW, sources);
    const { status, body } = await on.refused(query, { headers });
    expect([status, body]).toEqual([401, { message: "Unauthorized", connectionId: expect.any(String), requestId: expect.any(String) }]);
    expect(on.invocations).toEqual([]);
  });

  it("finds its identity in the query, in stage variables and in the context", async () => {
    const on = await withAuthorizer(ALLOW, ["route.request.querystring.token", "stageVariables.colour", "context.identity.sourceIp"]);
    await on.dial("?token=x");
    expect(on.events("CONNECT").at(-1)!.requestContext["authorizer"]).toMatchObject({ principalId: "mia" });
  });

  it.each<[string, number, unknown]>([
    ["its policy denies", 403, { ...ALLOW, policyDocument: policy("Deny") }],
    ["its policy is for something else", 403, { ...ALLOW, policyDocument: policy("Allow", ARN.replace("$connect", "GET/pets")) }],
    ["a condition does not hold", 403, { ...ALLOW, policyDocument: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "execute-api:Invoke", Resource: "*", Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } } }] } }],
    ["it names nobody", 500, { policyDocument: policy("Allow") }],
    ["its context has a list", 500, { ...ALLOW, context: { a: [1] } }],
    ["its policy is none", 500, { ...ALLOW, policyDocument: "no" }],
    ["it returns nothing", 500, undefined],
    ["it says Unauthorized", 401, { answer: { StatusCode: 200, FunctionError: "Unhandled", Payload: Buffer.from('{"errorMessage":"Unauthorized"}') } }],
    ["it fails", 500, { answer: { StatusCode: 200, FunctionError: "Unhandled", Payload: Buffer.from('{"errorMessage":"boom"}') } }],
  ])("keeps a client out when %s: %i", async (_what, status, said) => {
    const on = await withAuthorizer(said);
    const refused = await on.refused("", AUTH);
    expect(refused.status).toBe(status);
    expect(on.events("CONNECT").filter((event) => event["type"] === undefined)).toEqual([]);
    // By the id that the client has, the ledger tells why.
    expect(on.entries.at(-1)).toMatchObject({ keys: expect.arrayContaining([refused.body.requestId]), summary: expect.stringMatching(/^\$connect of the WebSocket API a1b2c3d4e5 is refused: /) });
  });

  it("of a kind that is not built lets nobody in", async () => {
    const on = await openSockets();
    await on.save({ routes: { $connect: { AuthorizationType: "JWT" }, $default: {} } });
    expect((await on.refused()).status).toBe(500);
    await on.save({ routes: { $connect: { AuthorizationType: "CUSTOM", AuthorizerId: "gone" }, $default: {} } });
    expect((await on.refused()).status).toBe(500);
    expect(on.invocations).toEqual([]);
  });
});

describe("AWS_IAM at $connect", () => {
  const opened = async () => {
    const on = await openSockets({ behind: () => ({ statusCode: 200 }) });
    await on.save({ routes: { $connect: { AuthorizationType: "AWS_IAM" }, $default: {} } });
    return on;
  };

  it("lets in who signs in headers, and tells who it is", async () => {
    const on = await opened();
    const sign = (service: string, path = `/${STAGE}`) => signHeaders({ method: "GET", path, headers: { host: on.host() }, payload: sha256(""), service }).headers;
    expect((await on.refused()).status).toBe(403);
    expect((await on.refused("", { headers: sign("lambda") })).status).toBe(403);
    expect((await on.refused("", { headers: sign("execute-api", "/other") })).status).toBe(403);
    expect(on.invocations).toEqual([]);
    await on.dial("", { headers: sign("execute-api") });
    expect(on.events("CONNECT")[0]!.requestContext["identity"]).toEqual({ accessKey: "test", accountId: ACCOUNT, caller: ACCOUNT, user: ACCOUNT, userArn: `arn:aws:iam::${ACCOUNT}:root`, userAgent: "test", sourceIp: "127.0.0.1" });
  });

  it("lets in who presigns, as browsers must, until that is over", async () => {
    const on = await opened();
    const signer = new SignatureV4({ service: "execute-api", region: REGION, credentials: { accessKeyId: "test", secretAccessKey: "test" }, sha256: Sha256 });
    const presigned = async (over: { expiresIn?: number; signingDate?: Date } = {}) => {
      const { query = {} } = await signer.presign({ method: "GET", protocol: "wss:", hostname: on.host(), path: `/${STAGE}`, headers: { host: on.host() }, query: { mark: "x" } } as never, { expiresIn: 60, ...over });
      return `?${new URLSearchParams(query as Record<string, string>).toString()}`;
    };
    await on.dial(await presigned());
    expect(on.events("CONNECT")[0]!.requestContext["identity"]).toMatchObject({ accessKey: "test" });
    expect((await on.refused(`${await presigned()}&more=1`)).status).toBe(403);
    expect((await on.refused(await presigned({ signingDate: new Date(Date.now() - 120_000) }))).status).toBe(403);
  });

  it("lets in whose signed URL says no end, as libraries for browsers write it, for as long as a signature in a header holds", async () => {
    const on = await opened();
    const signed = (date = new Date()) => `?${queryOf(presign({ method: "GET", path: `/${STAGE}`, headers: { host: on.host() }, payload: sha256(""), service: "execute-api", date }))}`;
    await on.dial(signed());
    expect(on.events("CONNECT")[0]!.requestContext["identity"]).toMatchObject({ accessKey: "test" });
    expect((await on.refused(signed().replace(/.$/, (last) => (last === "0" ? "1" : "0")))).status).toBe(403);
    expect((await on.refused(signed(new Date(Date.now() - 16 * 60_000)))).status).toBe(403);
  });
});
