import { expect, test } from "vitest";
import { ApiError } from "../../../src/kit/api-error.ts";
import { openRestApis, proxyTo, FUNCTION, REGION } from "./ground.ts";
import { ACCOUNT } from "../../support/context.ts";

const ground = openRestApis();

const pets = () => ground.api({ paths: { "/pets/{id}": { GET: proxyTo(), ANY: proxyTo() }, "/{proxy+}": { ANY: proxyTo() } }, stage: { variables: { color: "red" } } });

test("a function is given AWS's event, with nulls where AWS has nulls", async () => {
  const apiId = await pets();
  ground.answerCalls(() => ({ statusCode: 200, body: "x" }));
  const answered = await ground.ask(apiId, { method: "GET", path: "/prod/pets/a%20b/", query: "q=1&q=2&e=%C3%A9", headers: [["X-Custom", "one"], ["x-Twice", "1"], ["x-Twice", "2"], ["User-Agent", "curl/8"]] });
  const [{ event, input, options }] = ground.calls as [typeof ground.calls[0] & object];
  expect(input["FunctionName"]).toBe(FUNCTION);
  expect(options.as).toMatchObject({ type: "service", service: "apigateway.amazonaws.com", sourceArn: `arn:aws:execute-api:${REGION}:${ACCOUNT}:${apiId}/prod/GET/pets/{id}` });
  const { requestContext, headers, multiValueHeaders, ...rest } = event as { requestContext: Record<string, unknown>; headers: Record<string, string>; multiValueHeaders: Record<string, string[]> };
  expect(rest).toEqual({
    resource: "/pets/{id}", path: "/pets/a%20b/", httpMethod: "GET", queryStringParameters: { q: "2", e: "é" }, multiValueQueryStringParameters: { q: ["1", "2"], e: ["é"] },
    pathParameters: { id: "a%20b" }, stageVariables: { color: "red" }, body: null, isBase64Encoded: false,
  });
  expect(headers).toMatchObject({ Host: "api.example.com", "X-Custom": "one", "x-Twice": "2", "X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "http", "X-Amzn-Trace-Id": expect.stringMatching(/^Root=1-/) as string });
  expect(multiValueHeaders["x-Twice"]).toEqual(["1", "2"]);
  expect(requestContext).toEqual({
    resourceId: "res000", resourcePath: "/pets/{id}", httpMethod: "GET", extendedRequestId: expect.stringMatching(/^[\w-]{15}=$/) as string, requestTime: expect.stringMatching(/^\d\d\/\w{3}\/\d{4}:/) as string,
    path: "/prod/pets/a%20b/", accountId: ACCOUNT, protocol: "HTTP/1.1", stage: "prod", domainPrefix: apiId, requestTimeEpoch: expect.any(Number) as number, requestId: answered.headers["x-amzn-requestid"], domainName: `${apiId}.execute-api.localhost:4566`,
    deploymentId: "dep001", apiId,
    identity: {
      cognitoIdentityPoolId: null, accountId: null, cognitoIdentityId: null, caller: null, sourceIp: "203.0.113.7", principalOrgId: null, accessKey: null, cognitoAuthenticationType: null, cognitoAuthenticationProvider: null, userArn: null, userAgent: "curl/8", user: null,
    },
  });
});

test("without any of them, parameters and variables are null", async () => {
  const apiId = await ground.api({ paths: { "/": { GET: proxyTo() } } });
  ground.answerCalls(() => ({ statusCode: 200 }));
  await ground.ask(apiId, { path: "/prod" });
  expect(ground.calls[0]!.event).toMatchObject({ path: "/", queryStringParameters: null, multiValueQueryStringParameters: null, pathParameters: null, stageVariables: null, body: null });
});

test("a greedy parameter keeps slashes within, and the path all of them", async () => {
  const apiId = await pets();
  ground.answerCalls(() => ({ statusCode: 200 }));
  await ground.ask(apiId, { path: "/prod/a//b/" });
  expect(ground.calls[0]!.event).toMatchObject({ resource: "/{proxy+}", path: "/a//b/", pathParameters: { proxy: "a//b" } });
});

test("the answer's headers are merged, remapped and made texts", async () => {
  const apiId = await pets();
  ground.answerCalls(() => ({ statusCode: "201", headers: { A: true, Date: "today", "Set-Cookie": "c=3" }, multiValueHeaders: { "set-cookie": ["a=1", "b=2"], N: [1] }, body: "made" }));
  const answered = await ground.ask(apiId, { path: "/prod/pets/1" });
  expect(answered).toMatchObject({ status: 201, text: "made", headers: { a: "true", n: "1", "set-cookie": ["a=1", "b=2", "c=3"], "x-amzn-remapped-date": "today", "content-type": "application/json" } });
  expect(answered.headers["x-amzn-requestid"]).toMatch(/^[0-9a-f-]{36}$/);
  expect(answered.headers["x-amz-apigw-id"]).toMatch(/=$/);
});

test.each([
  ["an unknown member", { statusCode: 200, cookies: [] }],
  ["an empty object", {}],
  ["a list", []],
  ["a text", '"ok"'],
  ["nothing", ""],
  ["a body that is no text", { statusCode: 200, body: {} }],
  ["a status that is none", { statusCode: "fine" }],
  ["a header that cannot be sent", { headers: { a: "x\r\ny" } }],
])("%s is a malformed answer", async (_name, answer) => {
  const apiId = await pets();
  ground.answerCalls(() => answer);
  expect(await ground.ask(apiId, { path: "/prod/pets/1" })).toMatchObject({ status: 502, json: { message: "Internal server error" }, headers: { "x-amzn-errortype": "InternalServerErrorException" } });
});

test("a function that fails is a malformed answer; a door that is shut is the API's fault", async () => {
  const apiId = await pets();
  ground.answerCalls(() => ({ StatusCode: 200, FunctionError: "Unhandled", Payload: Buffer.from("{}") }));
  expect((await ground.ask(apiId, { path: "/prod/pets/1" })).status).toBe(502);
  ground.answerCalls(() => { throw new ApiError("AccessDeniedException", "no", { status: 403 }); });
  expect(await ground.ask(apiId, { path: "/prod/pets/1" })).toMatchObject({ status: 500, json: { message: "Internal server error" } });
});

test("an integration whose method is not POST never reaches the function", async () => {
  const apiId = await ground.api({ paths: { "/": { GET: proxyTo(FUNCTION, { httpMethod: "GET" }) } } });
  ground.answerCalls(() => ({ statusCode: 200 }));
  expect((await ground.ask(apiId, { path: "/prod/" })).status).toBe(500);
  expect(ground.calls).toHaveLength(0);
});

test("an integration that takes too long is answered for, and runs on", async () => {
  const apiId = await ground.api({ paths: { "/": { GET: proxyTo(FUNCTION, { timeoutInMillis: 50 }) } } });
  const running = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<unknown>();
  ground.answerCalls(() => { running.resolve(); return ended.promise; });
  const answer = ground.ask(apiId, { path: "/prod/" });
  await running.promise;
  await ground.wall.advance(50);
  expect(await answer).toMatchObject({ status: 504, json: { message: "Endpoint request timed out" } });
  ended.resolve({ statusCode: 200 });
});

test("bodies of binary types are Base64 both ways, others are not", async () => {
  const apiId = await ground.api({ api: { binaryMediaTypes: ["image/*"] }, paths: { "/": { POST: proxyTo() } } });
  ground.answerCalls(({ event }) => ({ statusCode: 200, headers: { "content-type": (event["headers"] as Record<string, string>)["X-Answer"] }, body: "/wA=", isBase64Encoded: true }));
  const send = (type: string, answer: string, accept?: string) =>
    ground.ask(apiId, { method: "POST", path: "/prod/", body: Buffer.from([0xff, 0]), headers: [["Content-Type", type], ["X-Answer", answer], ...(accept === undefined ? [] : [["Accept", accept] as const])] });
  expect((await send("image/png", "image/png")).body).toEqual(Buffer.from([0xff, 0]));
  expect(ground.calls.at(-1)!.event).toMatchObject({ body: "/wA=", isBase64Encoded: true });
  expect((await send("text/plain", "text/plain")).text).toBe("/wA=");
  expect(ground.calls.at(-1)!.event).toMatchObject({ isBase64Encoded: false });
  expect((await send("text/plain", "text/plain", "image/webp,*/*")).body).toEqual(Buffer.from([0xff, 0]));
});

test("stage variables name the function", async () => {
  const apiId = await ground.api({ paths: { "/": { GET: proxyTo(`arn:aws:lambda:${REGION}:${ACCOUNT}:function:\${stageVariables.fn}:live`) } }, stage: { variables: { fn: "blue" } } });
  ground.answerCalls(() => ({ statusCode: 200 }));
  await ground.ask(apiId, { path: "/prod/" });
  expect(ground.calls[0]!.input["FunctionName"]).toBe(`arn:aws:lambda:${REGION}:${ACCOUNT}:function:blue:live`);
});

test("who comes to no stage and to no method is refused in AWS's two ways", async () => {
  const apiId = await pets();
  expect(await ground.ask(apiId, { path: "/nowhere/pets" })).toMatchObject({ status: 403, json: { message: "Forbidden" }, headers: { "x-amzn-errortype": "ForbiddenException" } });
  expect(await ground.ask(apiId, { path: "/prod" })).toMatchObject({ status: 403, json: { message: "Missing Authentication Token" }, headers: { "x-amzn-errortype": "MissingAuthenticationTokenException" } });
});

test("an API without its default endpoint is reached by its own domain alone", async () => {
  const apiId = await ground.api({ api: { disableExecuteApiEndpoint: true }, paths: { "/": { GET: proxyTo() } } });
  expect(await ground.ask(apiId, { path: "/prod/" })).toMatchObject({ status: 403, json: { message: "Forbidden" } });
});

test("a body of more than ten megabytes is not read to its end", async () => {
  const apiId = await ground.api({ paths: { "/": { POST: proxyTo() } } });
  expect(await ground.ask(apiId, { method: "POST", path: "/prod/", body: Buffer.alloc(10 * 1024 * 1024 + 1) })).toMatchObject({ status: 413, json: { message: "Request Too Long" } });
});

test("by a custom domain, the path keeps the base path, and the mapping names the stage or the next segment does", async () => {
  const apiId = await pets();
  ground.answerCalls(() => ({ statusCode: 200 }));
  const mapping = { mappingId: "m", domainName: "api.example.com", basePath: "shop", apiId, stage: "prod" };
  await ground.ask(apiId, { path: "/shop/pets/1", domainName: "api.example.com", mapping });
  expect(ground.calls[0]!.event).toMatchObject({ resource: "/pets/{id}", path: "/shop/pets/1", pathParameters: { id: "1" }, requestContext: { path: "/shop/pets/1", stage: "prod", domainName: "api.example.com", domainPrefix: "api" } });
  await ground.ask(apiId, { path: "/shop/prod/pets/2", domainName: "api.example.com", mapping: { ...mapping, stage: "" } });
  expect(ground.calls[1]!.event).toMatchObject({ resource: "/pets/{id}", pathParameters: { id: "2" } });
});
