import { expect, test } from "vitest";
import type { RestApiSnapshot } from "../../../src/plumber/apis/rest-api.ts";
import { createTestInvoke } from "../../../src/gateway/front-doors/rest-api/test-invoke.ts";
import { ACCOUNT, requestContext } from "../../support/context.ts";
import { FUNCTION, openRestApis, proxyTo, REGION, uriOf } from "./ground.ts";

const ground = openRestApis();
const tests = createTestInvoke(ground.needs);
const resource = { id: "res001", path: "/pets/{id}", resourceMethods: { GET: proxyTo(FUNCTION, {}, { authorizationType: "CUSTOM", authorizerId: "a", apiKeyRequired: true }) } };
const snapshot: RestApiSnapshot = { api: { name: "n" }, resources: [resource], authorizers: [], models: [], validators: [], gatewayResponses: [] };
const api = { apiId: "a1b2c3d4e5", account: ACCOUNT, region: REGION, kind: "REST" as const, revision: 1, createdAt: 0, body: snapshot.api };

test("a method is run as it is, without its authorizer and key, and its log told in AWS's words", async () => {
  ground.answerCalls(() => ({ statusCode: 201, headers: { "X-A": "1" }, body: "made" }));
  const told = await tests.method({ api, snapshot, resource }, { restApiId: api.apiId, resourceId: "res001", httpMethod: "GET", pathWithQueryString: "/pets/7?q=1", headers: { "X-H": "h" }, stageVariables: { v: "1" } }, requestContext());
  expect(told).toMatchObject({ status: 201, body: "made", headers: { "x-a": "1", "Content-Type": "application/json" }, multiValueHeaders: { "x-a": ["1"] }, latency: expect.any(Number) as number });
  const lines = told.log!.split("\n");
  expect(lines[0]).toMatch(/^Execution log for request [0-9a-f-]{36}$/);
  expect(lines[1]).toMatch(/^\w{3} \w{3} \d\d \d\d:\d\d:\d\d UTC \d{4} : Starting execution for request: /);
  expect(told.log).toContain(" : HTTP Method: GET, Resource Path: /pets/{id}\n");
  expect(told.log).toContain(" : Method request query string: {q=1}\n");
  expect(told.log).toMatch(/ : Successfully completed execution\n.* : Method completed with status: 201\n$/);
  expect(ground.calls[0]).toMatchObject({
    event: { pathParameters: { id: "7" }, queryStringParameters: { q: "1" }, stageVariables: { v: "1" }, requestContext: { stage: "test-invoke-stage", identity: { apiKey: "test-invoke-api-key", sourceIp: "test-invoke-source-ip" } } },
    options: { as: { sourceArn: `arn:aws:execute-api:${REGION}:${ACCOUNT}:${api.apiId}/test-invoke-stage/GET/pets/{id}` } },
  });
  ground.answerCalls(() => "nothing");
  expect(await tests.method({ api, snapshot, resource }, { restApiId: api.apiId, resourceId: "res001", httpMethod: "GET" }, requestContext())).toMatchObject({ status: 502, log: expect.stringContaining("Malformed Lambda proxy response") as string });
});

test("an authorizer tells its policy, or why there is none", async () => {
  const authorizer = { id: "aut001", type: "TOKEN" as const, authorizerUri: uriOf(), identitySource: "method.request.header.Auth" };
  const policyDocument = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "execute-api:Invoke", Resource: "*" }] };
  ground.answerCalls(() => ({ principalId: "me", policyDocument, context: { n: 1 } }));
  expect(await tests.authorizer({ api, snapshot, authorizer }, { restApiId: api.apiId, authorizerId: "aut001", headers: { Auth: "t" } }, requestContext())).toMatchObject({ clientStatus: 200, principalId: "me", policy: JSON.stringify(policyDocument), authorization: { n: ["1"] } });
  expect(await tests.authorizer({ api, snapshot, authorizer }, { restApiId: api.apiId, authorizerId: "aut001" }, requestContext())).toMatchObject({ clientStatus: 401, log: expect.stringContaining("Unauthorized") as string });
});
