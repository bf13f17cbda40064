import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { generateKeyPair, SignJWT, type JWK, exportJWK } from "jose";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import type { Authorizer } from "@aws-sdk/client-api-gateway";
import { createCognitoAuthorizer } from "../../../src/gateway/front-doors/rest-api/authorizers/cognito.ts";
import { ApiError } from "../../../src/kit/api-error.ts";
import { IssuerUnreachable } from "../../../src/gateway/front-doors/issuer-keys.ts";
import type { Exchange } from "../../../src/gateway/front-doors/rest-api/exchange.ts";
import { ACCOUNT } from "../../support/context.ts";
import { signHeaders, sha256 } from "../../gateway/support.ts";
import { FUNCTION, openRestApis, proxyTo, REGION, uriOf, type Called } from "./ground.ts";

const ground = openRestApis();
const AUTHORIZER = `${FUNCTION}-authorizer`;

const policy = (effect: "Allow" | "Deny", resource: string) => ({ Version: "2012-10-17", Statement: [{ Effect: effect, Action: "execute-api:Invoke", Resource: resource }] });
const allowing = (resource = "*", more = {}) => ({ principalId: "me", policyDocument: policy("Allow", resource), ...more });

const api = (authorizer: Partial<Authorizer>, { policy: document, ...stage }: { policy?: object; authorizersCache?: number } = {}) =>
  ground.api({
    api: document === undefined ? {} : { policy: JSON.stringify(document) },
    authorizers: [{ id: "aut001", name: "a", type: "TOKEN", authorizerUri: uriOf(AUTHORIZER), ...authorizer }],
    paths: { "/a": { GET: proxyTo(FUNCTION, {}, { authorizationType: "CUSTOM", authorizerId: "aut001" }) }, "/b": { GET: proxyTo(FUNCTION, {}, { authorizationType: "CUSTOM", authorizerId: "aut001" }) } }, stage,
  });

let said: (called: Called) => unknown = () => allowing();
let asked = 0;
beforeEach(() => {
  asked = 0;
  ground.answerCalls((called) => {
    if (called.input["FunctionName"] !== AUTHORIZER) return { statusCode: 200, body: JSON.stringify((called.event["requestContext"] as { authorizer?: unknown }).authorizer ?? null) };
    asked++;
    return said(called);
  });
});

const ask = (apiId: string, path: string, token?: string, query = "") => ground.ask(apiId, { path: `/prod${path}`, query, headers: token === undefined ? [] : [["Authorization", token]] });

test("a token is asked about once, and its policy decides about each method", async () => {
  const apiId = await api({});
  said = () => allowing("arn:aws:execute-api:*:*:*/prod/GET/a", { context: { n: 1, b: true, s: "x" } });
  expect(await ask(apiId, "/a", "t")).toMatchObject({ status: 200, json: { principalId: "me", n: "1", b: "true", s: "x" } });
  expect(await ask(apiId, "/b", "t")).toMatchObject({ status: 403, json: { Message: "User is not authorized to access this resource" }, headers: { "x-amzn-errortype": "AccessDeniedException" } });
  expect(asked).toBe(1);
  expect(ground.calls[0]).toMatchObject({
    event: { type: "TOKEN", authorizationToken: "t", methodArn: `arn:aws:execute-api:${REGION}:${ACCOUNT}:${apiId}/prod/GET/a` },
    options: { as: { service: "apigateway.amazonaws.com", sourceArn: `arn:aws:execute-api:${REGION}:${ACCOUNT}:${apiId}/authorizers/aut001` } },
  });
  await ask(apiId, "/a", "other");
  expect(asked).toBe(2);
  await ground.clock.advance(300_001);
  await ask(apiId, "/a", "t");
  expect(asked).toBe(3);
});

test("a time to live of nothing keeps nothing", async () => {
  const apiId = await api({ authorizerResultTtlInSeconds: 0 });
  said = () => allowing();
  await ask(apiId, "/a", "t");
  await ask(apiId, "/a", "t");
  expect(asked).toBe(2);
});

test("without a token, or with one that does not fit, nobody is asked", async () => {
  const apiId = await api({ identityValidationExpression: "^x-[a-z]+" });
  expect(await ask(apiId, "/a")).toMatchObject({ status: 401, json: { message: "Unauthorized" }, headers: { "x-amzn-errortype": "UnauthorizedException" } });
  expect((await ask(apiId, "/a", "nope")).status).toBe(401);
  expect(asked).toBe(0);
  expect((await ask(apiId, "/a", "x-abc")).status).toBe(200);
});

test("a REQUEST authorizer is told the whole request, and asked again for another identity", async () => {
  const apiId = await api({ type: "REQUEST", identitySource: "method.request.header.Authorization, method.request.querystring.q" });
  said = () => allowing();
  expect((await ask(apiId, "/a", "t")).status).toBe(401);
  await ask(apiId, "/a", "t", "q=1");
  expect(ground.calls[0]!.event).toMatchObject({ type: "REQUEST", resource: "/a", path: "/a", httpMethod: "GET", headers: { Authorization: "t" }, queryStringParameters: { q: "1" }, pathParameters: {}, stageVariables: {}, requestContext: { stage: "prod", resourcePath: "/a" } });
  await ask(apiId, "/b", "t", "q=1");
  await ask(apiId, "/a", "t", "q=2");
  expect(asked).toBe(2);
});

test.each([
  ["says no", () => { throw new ApiError("AccessDeniedException", "no", { status: 403 }); }, 500, { message: null }, "AuthorizerConfigurationException"],
  ["throws Unauthorized", () => ({ StatusCode: 200, FunctionError: "Unhandled", Payload: Buffer.from('{"errorMessage":"Unauthorized"}') }), 401, { message: "Unauthorized" }, "UnauthorizedException"],
  ["throws", () => ({ StatusCode: 200, FunctionError: "Unhandled", Payload: Buffer.from('{"errorMessage":"x"}') }), 500, { message: null }, "AuthorizerFailureException"],
  ["gives no policy", () => ({ principalId: "x" }), 500, { message: null }, "AuthorizerConfigurationException"],
  ["gives an object within its context", () => allowing("*", { context: { a: {} } }), 500, { message: null }, "AuthorizerConfigurationException"],
  ["denies", () => ({ principalId: "x", policyDocument: policy("Deny", "*") }), 403, { Message: "User is not authorized to access this resource with an explicit deny in an identity-based policy" }, "AccessDeniedException"],
])("a function that %s lets nobody in", async (_name, saying, status, body, code) => {
  said = saying;
  expect(await ask(await api({}), "/a", "t")).toMatchObject({ status, json: body, headers: { "x-amzn-errortype": code } });
});

test("the API's policy refuses before and beside an authorizer, and lets in beside it", async () => {
  const ofApi = (effect: string, more = {}) => ({ Version: "2012-10-17", Statement: [{ Effect: effect, Principal: "*", Action: "execute-api:Invoke", Resource: "execute-api:/*", ...more }] });
  said = () => allowing();
  const denied = await api({}, { policy: ofApi("Deny", { Condition: { IpAddress: { "aws:SourceIp": "203.0.113.0/24" } } }) });
  expect((await ask(denied, "/a", "t")).status).toBe(403);
  expect(asked).toBe(0);
  said = () => allowing("arn:aws:execute-api:*:*:*/none/*");
  expect((await ask(await api({}, { policy: ofApi("Allow") }), "/a", "t")).status).toBe(200);
});

test.each(["/a", "/%61", "/a/"])("a Deny of a path is one of %s, too", async (path) => {
  said = () => ({ principalId: "me", policyDocument: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "execute-api:Invoke", Resource: "*" }, { Effect: "Deny", Action: "execute-api:Invoke", Resource: "arn:aws:execute-api:*:*:*/prod/GET/a" }] } });
  expect((await ask(await api({}), path, "t")).status).toBe(403);
});

test("an authorizer that is not there, or of a type that is not built, lets nobody in", async () => {
  expect((await ask(await api({ id: "other" }), "/a", "t")).status).toBe(500);
  expect((await ask(await api({ type: "NEW" as never }), "/a", "t")).status).toBe(500);
  expect(ground.calls).toHaveLength(0);
});

const open = (over: object) => ground.api({ api: { policy: JSON.stringify(over) }, paths: { "/a": { GET: proxyTo() } } });

test("where nobody signs, the API's policy decides by address", async () => {
  const apiId = await open({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: "*", Action: "execute-api:Invoke", Resource: "execute-api:/prod/GET/a", Condition: { IpAddress: { "aws:SourceIp": "203.0.113.7" } } }] });
  expect((await ground.ask(apiId, { path: "/prod/a" })).status).toBe(200);
  expect(await ground.ask(apiId, { path: "/prod/a", ip: "198.51.100.1" })).toMatchObject({ status: 403, json: { Message: `User: anonymous is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:${REGION}:********0000:${apiId}/prod/GET/a` } });
});

test("AWS_IAM knows who signed, and refuses who did not", async () => {
  const apiId = await ground.api({ paths: { "/a": { GET: proxyTo(FUNCTION, {}, { authorizationType: "AWS_IAM" }) } } });
  expect(await ground.ask(apiId, { path: "/prod/a" })).toMatchObject({ status: 403, json: { message: "Missing Authentication Token" } });
  const { headers } = signHeaders({ method: "GET", path: "/prod/a", headers: { host: "api.example.com" }, payload: sha256(""), service: "execute-api", accessKeyId: "test" });
  expect((await ground.ask(apiId, { path: "/prod/a", headers: Object.entries(headers).filter(([name]) => name !== "host") })).status).toBe(200);
  expect((ground.calls[0]!.event["requestContext"] as { identity: object }).identity).toMatchObject({ userArn: `arn:aws:iam::${ACCOUNT}:root`, accountId: ACCOUNT, accessKey: "test" });
  const wrong = await ground.ask(apiId, { path: "/prod/a", headers: Object.entries({ ...headers, authorization: headers["authorization"]!.replace(/.$/, "0").replace(/Signature=./, "Signature=f") }).filter(([name]) => name !== "host") });
  expect(wrong.status).toBe(403);
});

const POOL = "us-east-1_abc";
const ISSUER = `https://cognito-idp.us-east-1.amazonaws.com/${POOL}`;

test("a JWT of the pool tells who came; another's, an old one, one without the scope do not", async () => {
  const { privateKey, publicKey } = await generateKeyPair("RS256");
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid: "k" };
  const authorize = createCognitoAuthorizer({ wall: ground.wall, settings: {}, keyOf: async (issuer, kid) => (issuer === ISSUER && kid === "k" ? jwk : undefined) });
  const token = (claims: object, { issuer = ISSUER, until = "1h", kid = "k" } = {}) => new SignJWT({ token_use: "id", ...claims }).setProtectedHeader({ alg: "RS256", kid }).setIssuer(issuer).setExpirationTime(until).sign(privateKey);
  const authorizer: Authorizer = { id: "c", type: "COGNITO_USER_POOLS", providerARNs: [`arn:aws:cognito-idp:us-east-1:${ACCOUNT}:userpool/${POOL}`], identitySource: "method.request.header.Authorization" };
  const come = async (jwt: string, scopes: string[] = []) => authorize(authorizer, { headers: { single: { authorization: jwt }, multi: { Authorization: [jwt] } }, method: { authorizationScopes: scopes } } as unknown as Exchange);
  expect(await come(`Bearer ${await token({ email: "a@b", groups: ["x", "y"], n: 1 })}`)).toMatchObject({ claims: { email: "a@b", groups: "x,y", n: "1", iss: ISSUER } });
  expect((await come(await token({ token_use: "access", scope: "a b" }), ["b"])).claims).toMatchObject({ scope: "a b" });
  for (const [jwt, scopes] of [[await token({}, { issuer: `${ISSUER}x` }), []], [await token({}, { until: "-1m" }), []], [await token({}, { kid: "z" }), []], [await token({ token_use: "access", scope: "a" }), ["b"]], [await token({ token_use: "access" }), []], ["no.jwt.atall", []], [`${await token({})}x`, []]] as [string, string[]][]) {
    await expect(come(jwt, scopes)).rejects.toMatchObject({ type: "UNAUTHORIZED" });
  }
});

test("a pool of what stands in for Cognito is believed by its own keys alone, whichever address its tokens name", async () => {
  const [own, other] = [await generateKeyPair("RS256"), await generateKeyPair("RS256")];
  const jwk: JWK = { ...(await exportJWK(own.publicKey)), kid: "k", alg: "RS256" };
  const asked: string[] = [];
  const pools = createServer((request, response) => {
    asked.push(request.url!);
    response.setHeader("content-type", "application/json").end(JSON.stringify(request.url!.endsWith("openid-configuration") ? { jwks_uri: `${endpoint}/${POOL}/.well-known/jwks.json` } : { keys: [jwk] }));
  });
  await new Promise<void>((resolve) => pools.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void pools.close());
  const endpoint = `http://127.0.0.1:${(pools.address() as AddressInfo).port}`;
  const authorize = createCognitoAuthorizer({ wall: ground.wall, settings: { cognitoEndpoint: endpoint } });
  const token = (issuer: string, key = own.privateKey) => new SignJWT({ token_use: "id", email: "a@b" }).setProtectedHeader({ alg: "RS256", kid: "k" }).setIssuer(issuer).setExpirationTime("1h").sign(key);
  const come = async (jwt: string) => authorize({ id: "c", type: "COGNITO_USER_POOLS", providerARNs: [`arn:aws:cognito-idp:us-east-1:${ACCOUNT}:userpool/${POOL}`] }, { headers: { single: { authorization: jwt }, multi: { Authorization: [jwt] } }, method: {} } as unknown as Exchange);
  for (const issuer of [ISSUER, `${endpoint}/${POOL}`]) expect((await come(await token(issuer))).claims).toMatchObject({ email: "a@b", iss: issuer });
  await expect(come(await token(ISSUER, other.privateKey))).rejects.toMatchObject({ type: "UNAUTHORIZED" });
  await expect(come(await token(`${endpoint}/us-east-1_other`))).rejects.toMatchObject({ type: "UNAUTHORIZED" });
  expect(asked).toEqual([`/${POOL}/.well-known/openid-configuration`, `/${POOL}/.well-known/jwks.json`]);
});

test("a pool whose keys cannot be had lets nobody in, and is named", async () => {
  const { privateKey } = await generateKeyPair("RS256");
  const jwt = await new SignJWT({ token_use: "id" }).setProtectedHeader({ alg: "RS256", kid: "k" }).setIssuer(ISSUER).setExpirationTime("1h").sign(privateKey);
  const authorize = createCognitoAuthorizer({ wall: ground.wall, settings: {}, keyOf: () => Promise.reject(new IssuerUnreachable("JWKS communication error")) });
  await expect(authorize({ id: "c", type: "COGNITO_USER_POOLS", providerARNs: [`arn:aws:cognito-idp:us-east-1:${ACCOUNT}:userpool/${POOL}`] }, { headers: { multi: { Authorization: [jwt] } }, method: {} } as unknown as Exchange)).rejects.toMatchObject({ type: "AUTHORIZER_FAILURE", message: expect.stringContaining(ISSUER) as string });
});
