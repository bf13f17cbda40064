import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Authorizer } from "@aws-sdk/client-apigatewayv2";
import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from "jose";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { savePart } from "../../../src/plumber/apis/rows.ts";
import { ACCOUNT } from "../../support/context.ts";
import { sha256, signHeaders } from "../../gateway/support.ts";
import { functionArn, lambdaIntegration, openHttpApis, REGION, type Behind } from "./ground.ts";

const forbidden = [403, { message: "Forbidden" }];
const unauthorized = [401, { message: "Unauthorized" }];

const keys = {} as Awaited<ReturnType<typeof generateKeyPair>>;
beforeAll(async () => void Object.assign(keys, await generateKeyPair("RS256", { extractable: true })));

/** Its documents, and how often they were asked for. */
const openIssuer = async () => {
  const asked: string[] = [];
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: "k1", alg: "RS256", use: "sig" };
  const issuer = { url: "", asked, keys: [jwk] };
  const server = createServer((request, response) => {
    asked.push(request.url!);
    response.end(JSON.stringify(request.url === "/.well-known/openid-configuration" ? { issuer: issuer.url, jwks_uri: `${issuer.url}/keys` } : { keys: issuer.keys }));
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  onTestFinished(() => void server.close());
  issuer.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return issuer;
};

const SECONDS = () => Math.floor(Date.now() / 1_000);

const openJwt = async ({ scopes }: { scopes?: string[] } = {}) => {
  const issuer = await openIssuer();
  const on = await openHttpApis();
  await on.save({
    routes: { $default: { AuthorizationType: "JWT", AuthorizerId: "j", ...(scopes === undefined ? {} : { AuthorizationScopes: scopes }) } },
    authorizers: { j: { Name: "j", AuthorizerType: "JWT", IdentitySource: ["$request.header.Authorization"], JwtConfiguration: { Issuer: issuer.url, Audience: ["me", "others"] } } },
  });
  const token = (claims: JWTPayload = {}, header: { alg?: string; kid?: string } = {}) =>
    new SignJWT({ iss: issuer.url, aud: "me", exp: SECONDS() + 60, ...claims }).setProtectedHeader({ alg: "RS256", kid: "k1", ...header }).sign(keys.privateKey);
  const come = async (authorization?: string) => on.ask(authorization === undefined ? {} : { headers: { authorization } });
  return { ...on, issuer, token, come };
};

describe("a JWT authorizer", () => {
  it("lets in a token of its issuer, and hands its claims on as texts", async () => {
    const on = await openJwt();
    const token = await on.token({ sub: "u", groups: ["a", "b"], admin: true, aud: ["x", "me"] });
    expect([(await on.come(`Bearer ${token}`)).status, (await on.come(token)).status]).toEqual([200, 200]);
    const { claims, scopes } = (on.invocations[0]!.event as { requestContext: { authorizer: { jwt: { claims: Record<string, string>; scopes: unknown } } } }).requestContext.authorizer.jwt;
    expect(claims).toEqual({ iss: on.issuer.url, aud: "[x me]", exp: expect.stringMatching(/^\d+$/), sub: "u", groups: "[a b]", admin: "true" });
    expect(scopes).toBeNull();
    // Both documents were asked for once.
    expect(on.issuer.asked).toEqual(["/.well-known/openid-configuration", "/keys"]);
  });

  it("lets in a client_id where there is no aud", async () => {
    const on = await openJwt();
    expect((await on.come(await on.token({ aud: undefined as never, client_id: "others" }))).status).toBe(200);
  });

  it.each<[string, JWTPayload, string]>([
    ["another audience, whatever its client_id", { aud: "you", client_id: "me" }, "the token does not have a valid audience"],
    ["another issuer", { iss: "https://example.com" }, "the token does not have a valid issuer"],
    ["its end behind it", { exp: 1 }, "the token has expired"],
    ["its beginning before it", { nbf: 9e9 }, "the token is not valid yet"],
    ["its issue before it", { iat: 9e9 }, "the token was issued in the future"],
  ])("keeps out one with %s", async (_what, claims, description) => {
    const on = await openJwt();
    const answer = await on.come(await on.token(claims));
    expect([answer.status, answer.json]).toEqual(unauthorized);
    expect(answer.headers["www-authenticate"]).toBe(`Bearer scope="" error="invalid_token" error_description="${description}"`);
  });

  it("keeps out what is signed by somebody else, or not at all", async () => {
    const on = await openJwt();
    const stranger = await generateKeyPair("RS256");
    const claims = { iss: on.issuer.url, aud: "me", exp: SECONDS() + 60 };
    const forged = await new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid: "k1" }).sign(stranger.privateKey);
    const symmetric = await new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: "k1" }).sign(Buffer.from(JSON.stringify(on.issuer.keys[0])));
    const unsigned = `${Buffer.from('{"alg":"none","kid":"k1"}').toString("base64url")}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.`;
    for (const token of [forged, symmetric, unsigned, "nonsense", await on.token({}, { kid: "k2" })]) {
      const answer = await on.come(token);
      expect([answer.status, answer.json]).toEqual(unauthorized);
    }
    expect((await on.come()).headers["www-authenticate"]).toBe("Bearer");
    expect(on.invocations).toEqual([]);
  });

  it("learns of a new key of its issuer, not more often than twice a minute", async () => {
    const on = await openJwt();
    const token = await on.token({}, { kid: "k2" });
    expect((await on.come(token)).status).toBe(401);
    on.issuer.keys.push({ ...on.issuer.keys[0]!, kid: "k2" });
    expect((await on.come(token)).status).toBe(401);
    await on.wall.advance(31_000);
    expect((await on.come(token)).status).toBe(200);
    expect(on.issuer.asked).toHaveLength(4);
  });

  it("asks for one of the route's scopes", async () => {
    const on = await openJwt({ scopes: ["read", "write"] });
    const refused = await on.come(await on.token({ scope: "other" }));
    expect([refused.status, refused.json]).toEqual(forbidden);
    expect(refused.headers["www-authenticate"]).toMatch(/^Bearer scope="read write" error="insufficient_scope"/);
    expect((await on.come(await on.token({ scope: "other write" }))).status).toBe(200);
    expect(on.invocations[0]!.event).toMatchObject({ requestContext: { authorizer: { jwt: { scopes: ["write"] } } } });
  });

  it("lets nobody in while its issuer cannot be asked, and never asks where a cloud keeps its metadata", async () => {
    const on = await openJwt();
    for (const [Issuer, why] of [["http://127.0.0.1:1", /ECONNREFUSED/], ["http://169.254.169.254", /link-local/]] as const) {
      await on.store.run(() => savePart("a1b2c3d4e5", "authorizer", "j", { AuthorizerId: "j", AuthorizerType: "JWT", IdentitySource: ["$request.header.Authorization"], JwtConfiguration: { Issuer, Audience: ["me"] } }));
      const answer = await on.come(await on.token({ iss: Issuer }));
      expect([answer.status, answer.headers["www-authenticate"]]).toEqual([401, 'Bearer scope="" error="invalid_token" error_description="OIDC discovery endpoint communication error"']);
      expect(on.entries.at(-1)!.summary).toMatch(why);
    }
  });
});

const SOURCES = ["$request.header.X-Token", "$request.querystring.who"];
const asAuthorizer = (over: Partial<Authorizer>): Authorizer => ({ Name: "l", AuthorizerType: "REQUEST", AuthorizerUri: `arn:aws:apigateway:${REGION}:lambda:path/2015-03-31/functions/${functionArn("guard")}/invocations`, AuthorizerPayloadFormatVersion: "2.0", EnableSimpleResponses: true, IdentitySource: SOURCES, AuthorizerResultTtlInSeconds: 0, ...over });

const openLambda = async (guard: (event: Record<string, unknown>) => unknown, over: Partial<Authorizer> = {}, integration = lambdaIntegration()) => {
  const behind: Behind = (event, { name }) => (name === "guard" ? guard(event) : { passed: true });
  const on = await openHttpApis({ behind });
  const route = { AuthorizationType: "CUSTOM" as const, AuthorizerId: "l" };
  await on.save({ integrations: { main: integration }, routes: { "GET /pets/{id}": route, "GET /other": route }, authorizers: { l: asAuthorizer(over) }, stages: { dev: {} } });
  const come = (path = "/dev/pets/1?who=me", headers: Record<string, string> = { "x-token": "t" }) => on.ask({ path, headers });
  const guarded = () => on.invocations.filter(({ name }) => name === "guard");
  const passed = () => on.invocations.filter(({ name }) => name === "f");
  return { ...on, come, guarded, passed };
};

const policy = (Resource: string | string[], Effect = "Allow") => ({ principalId: "u", policyDocument: { Version: "2012-10-17", Statement: [{ Effect, Action: "execute-api:Invoke", Resource }] }, context: { team: "red" } });
const arnOf = (below: string) => `arn:aws:execute-api:${REGION}:${ACCOUNT}:a1b2c3d4e5/dev/${below}`;

describe("a Lambda authorizer", () => {
  it.each(["/dev/pets/secret", "/dev/pets/%73ecret", "/dev/p%65ts/s%65cret"])("whose policy denies a path denies it however it is written: %s", async (path) => {
    const statements = [{ Effect: "Allow", Action: "execute-api:Invoke", Resource: arnOf("*") }, { Effect: "Deny", Action: "execute-api:Invoke", Resource: arnOf("GET/pets/secret") }];
    const on = await openLambda(() => ({ principalId: "u", policyDocument: { Version: "2012-10-17", Statement: statements } }), { EnableSimpleResponses: false });
    expect((await on.come(`${path}?who=me`)).status).toBe(403);
    expect((await on.come()).status).toBe(200);
  });

  it("is given what is asked, and by its answer decides", async () => {
    const on = await openLambda(({ headers }) => ({ isAuthorized: (headers as Record<string, string>)["x-token"] === "t", context: { n: 1, s: "x" } }));
    expect((await on.come()).status).toBe(200);
    const { event, options } = on.guarded()[0]!;
    expect(event).toMatchObject({ version: "2.0", type: "REQUEST", routeArn: arnOf("GET/pets/1"), identitySource: ["t", "me"], routeKey: "GET /pets/{id}", rawPath: "/dev/pets/1", pathParameters: { id: "1" }, requestContext: { stage: "dev" } });
    expect(Object.keys(event)).not.toContain("isBase64Encoded");
    expect(options.as).toMatchObject({ service: "apigateway.amazonaws.com", sourceArn: `arn:aws:execute-api:${REGION}:${ACCOUNT}:a1b2c3d4e5/authorizers/l` });
    expect(on.passed()[0]!.event).toMatchObject({ requestContext: { authorizer: { lambda: { n: 1, s: "x" } } } });
    const refused = await on.come(undefined, { "x-token": "other" });
    expect([refused.status, refused.json]).toEqual(forbidden);
  });

  it("is not asked without all of its identity sources", async () => {
    const on = await openLambda(() => ({ isAuthorized: true }));
    for (const answer of [await on.come("/dev/pets/1"), await on.come(undefined, {}), await on.come("/dev/pets/1?who=")]) expect([answer.status, answer.json]).toEqual(unauthorized);
    expect(on.invocations).toEqual([]);
  });

  it("says yes or no by a policy, in the format 1.0 too", async () => {
    const on = await openLambda(() => policy(arnOf("GET/pets/*")), { AuthorizerPayloadFormatVersion: "1.0", EnableSimpleResponses: false }, lambdaIntegration({ PayloadFormatVersion: "1.0" }));
    await on.come();
    expect(on.guarded()[0]!.event).toMatchObject({ version: "1.0", type: "REQUEST", methodArn: arnOf("GET/pets/1"), identitySource: "t,me", authorizationToken: "t,me", resource: "/pets/{id}", path: "/dev/pets/1", httpMethod: "GET" });
    expect(on.passed()[0]!.event).toMatchObject({ requestContext: { authorizer: { team: "red", principalId: "u" } } });
    expect((await on.come("/dev/other?who=me")).status).toBe(403);
  });

  it("is asked once for each identity, and its policy decides about each request", async () => {
    const on = await openLambda(() => policy(arnOf("GET/pets/*")), { EnableSimpleResponses: false, AuthorizerResultTtlInSeconds: 60 });
    const statuses = [await on.come(), await on.come(), await on.come("/dev/other?who=me"), await on.come("/dev/pets/1?who=you")].map(({ status }) => status);
    expect(statuses).toEqual([200, 200, 403, 200]);
    expect(on.guarded()).toHaveLength(2);
    await on.clock.advance(60_000);
    await on.come();
    expect(on.guarded()).toHaveLength(3);
    // ResetAuthorizersCache changes the stage.
    await on.store.run(() => savePart("a1b2c3d4e5", "stage", "dev", { StageName: "dev", AutoDeploy: true, DeploymentId: "d", createdAt: 0, lastUpdatedAt: 1 }));
    await on.come();
    expect(on.guarded()).toHaveLength(4);
  });

  it("is asked for each route where the route is one of its sources", async () => {
    const on = await openLambda(() => ({ isAuthorized: true }), { IdentitySource: ["$request.header.x-token", "$context.routeKey"], AuthorizerResultTtlInSeconds: 60 });
    for (const path of ["/dev/pets/1", "/dev/pets/2", "/dev/other"]) expect((await on.come(path)).status).toBe(200);
    expect(on.guarded().map(({ event }) => event["identitySource"])).toEqual([["t", "GET /pets/{id}"], ["t", "GET /other"]]);
  });

  it.each([
    ["fails", () => ({ answer: { FunctionError: "Unhandled", Payload: Buffer.from("{}") } }), {}],
    ["says neither yes nor no", () => ({ isAuthorized: "true" }), {}],
    ["gives a policy where it may only say yes or no", () => policy("*"), {}],
    ["says yes where a policy is asked for", () => ({ isAuthorized: true }), { EnableSimpleResponses: false }],
    ["gives a policy that is none", () => ({ principalId: "u", policyDocument: { Statement: [{ Effect: "Allow" }] } }), { EnableSimpleResponses: false }],
  ])("that %s lets nobody in", async (_what, guard, over) => {
    const on = await openLambda(guard, over);
    const answer = await on.come();
    expect([answer.status, answer.json]).toEqual([500, { message: "Internal Server Error" }]);
    expect(on.passed()).toEqual([]);
  });
});

describe("AWS_IAM", () => {
  it("lets in who signs for execute-api and may, and tells the function who it is", async () => {
    const on = await openHttpApis();
    await on.save({ routes: { $default: { AuthorizationType: "AWS_IAM" } } });
    const sign = (service: string, body = "") => signHeaders({ method: "POST", path: "/x", headers: { host: on.host() }, payload: sha256(body), service }).headers;
    const unsigned = await on.ask({ method: "POST", path: "/x" });
    expect([unsigned.status, unsigned.json]).toEqual(forbidden);
    expect((await on.ask({ method: "POST", path: "/x", headers: sign("lambda") })).status).toBe(403);
    expect((await on.ask({ method: "POST", path: "/x", headers: sign("execute-api"), body: "changed" })).status).toBe(403);
    expect((await on.ask({ method: "POST", path: "/x", headers: sign("execute-api", "body"), body: "body" })).status).toBe(200);
    expect(on.invocations).toHaveLength(1);
    expect(on.invocations[0]!.event).toMatchObject({ body: expect.anything(), requestContext: { accountId: ACCOUNT, authorizer: { iam: { accessKey: "test", accountId: ACCOUNT, callerId: ACCOUNT, cognitoIdentity: null, userArn: `arn:aws:iam::${ACCOUNT}:root` } } } });
  });
});

describe("an integration that runs as its caller", () => {
  it("is invoked by who has signed, and by nobody where nobody signs", async () => {
    const on = await openHttpApis();
    await on.save({ integrations: { main: lambdaIntegration({ CredentialsArn: "arn:aws:iam::*:user/*" }) }, routes: { "GET /signed": { AuthorizationType: "AWS_IAM" }, "GET /open": {} } });
    const { headers } = signHeaders({ method: "GET", path: "/signed", headers: { host: on.host() }, payload: sha256(""), service: "execute-api" });
    expect((await on.ask({ path: "/signed", headers })).status).toBe(200);
    expect(on.invocations[0]!.options.as).toMatchObject({ type: "root", account: ACCOUNT });
    expect([(await on.ask({ path: "/open" })).status, on.invocations.length]).toEqual([500, 1]);
  });
});

describe("what is not known", () => {
  it.each([
    ["an authorization type", { AuthorizationType: "NEW" as never }],
    ["an authorizer", { AuthorizationType: "JWT" as const, AuthorizerId: "gone" }],
  ])("lets nobody in: %s", async (_what, route) => {
    const on = await openHttpApis();
    await on.save({ routes: { $default: route } });
    expect((await on.ask()).status).toBe(500);
    expect(on.invocations).toEqual([]);
  });
});
