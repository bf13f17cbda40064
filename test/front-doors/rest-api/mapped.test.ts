import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Integration, Method } from "@aws-sdk/client-api-gateway";
import { afterAll, expect, test } from "vitest";
import { openRestApis, uriOf } from "./ground.ts";

const ground = openRestApis();

const method = (integration: Integration, more: Partial<Method> = {}): Method => ({ authorizationType: "NONE", methodIntegration: integration, ...more });
const one = (integration: Integration, more: Partial<Method> = {}, api = {}) => ground.api({ api, paths: { "/pets/{id}": { ANY: method(integration, more) } } });
const json = (body: unknown, headers: (readonly [string, string])[] = []) => ({ method: "POST", path: "/prod/pets/7", body: typeof body === "string" ? body : JSON.stringify(body), headers: [["Content-Type", "application/json"] as const, ...headers] });

test("the mapped request is the function's event, and its answer is mapped back", async () => {
  const apiId = await one({
    type: "AWS", httpMethod: "POST", uri: uriOf(), requestTemplates: { "application/json": '{"id": "$input.params(\'id\')", "name": $input.json(\'$.name\')}' },
    integrationResponses: {
      "200": { statusCode: "200", responseTemplates: { "application/json": '{"got": $input.json(\'$.ok\')}' }, responseParameters: { "method.response.header.X-Ok": "integration.response.body.ok", "method.response.header.X-Static": "'s'", "method.response.header.X-Stage": "context.stage" } },
      "404": { statusCode: "404", selectionPattern: "Not found.*", responseTemplates: { "application/json": '{"why": "$input.path(\'$.errorMessage\')"}' } },
    },
  });
  ground.answerCalls(({ event }) => ({ ok: event["name"] }));
  expect(await ground.ask(apiId, json({ name: "Rex" }))).toMatchObject({ status: 200, json: { got: "Rex" }, headers: { "x-ok": "Rex", "x-static": "s", "x-stage": "prod", "content-type": "application/json" } });
  expect(ground.calls[0]!.event).toEqual({ id: "7", name: "Rex" });
  ground.answerCalls(() => ({ StatusCode: 200, FunctionError: "Unhandled", Payload: Buffer.from('{"errorMessage":"Not found: 7"}') }));
  expect(await ground.ask(apiId, json({}))).toMatchObject({ status: 404, json: { why: "Not found: 7" } });
  ground.answerCalls(() => ({ StatusCode: 200, FunctionError: "Unhandled", Payload: Buffer.from('{"errorMessage":"other"}') }));
  expect((await ground.ask(apiId, json({}))).status).toBe(200);
});

test("an error that no response is for, and no default, is the API's fault", async () => {
  const apiId = await one({ type: "AWS", httpMethod: "POST", uri: uriOf(), integrationResponses: { "400": { statusCode: "400", selectionPattern: "bad" } } });
  ground.answerCalls(() => ({ ok: true }));
  expect(await ground.ask(apiId, json({}))).toMatchObject({ status: 500, json: { message: "Internal server error" } });
});

test("an event is handed over and not waited for", async () => {
  const apiId = await one({ type: "AWS", httpMethod: "POST", uri: uriOf(), requestParameters: { "integration.request.header.X-Amz-Invocation-Type": "'Event'" }, integrationResponses: { "202": { statusCode: "202" } } });
  ground.answerCalls(() => ({ StatusCode: 202, Payload: undefined }));
  expect(await ground.ask(apiId, json({ a: 1 }))).toMatchObject({ status: 202, text: "" });
  expect(ground.calls[0]!.input["InvocationType"]).toBe("Event");
});

test.each([
  ["WHEN_NO_MATCH", { "application/json": "{}" }, 200],
  ["WHEN_NO_TEMPLATES", { "application/json": "{}" }, 415],
  ["WHEN_NO_TEMPLATES", {}, 200],
  ["NEVER", {}, 415],
])("%s with the templates %j answers a body of another type with %i", async (passthroughBehavior, requestTemplates, status) => {
  const apiId = await one({ type: "AWS", httpMethod: "POST", uri: uriOf(), passthroughBehavior, requestTemplates: requestTemplates as Record<string, string>, integrationResponses: { "200": { statusCode: "200" } } });
  ground.answerCalls(() => ({}));
  const answered = await ground.ask(apiId, { method: "POST", path: "/prod/pets/1", body: '{"raw":1}', headers: [["Content-Type", "text/plain"]] });
  expect(answered.status).toBe(status);
  if (status === 415) expect(answered.json).toEqual({ message: "Unsupported Media Type" });
  else expect(ground.calls[0]!.event).toEqual({ raw: 1 });
});

test("a mock answers what its template says, and its headers make CORS", async () => {
  const apiId = await one({
    type: "MOCK", requestTemplates: { "application/json": '#if($input.params("q") == "no"){"statusCode": 404}#else{"statusCode": 200}#end' },
    integrationResponses: {
      "200": { statusCode: "200", responseParameters: { "method.response.header.Access-Control-Allow-Origin": "'*'" }, responseTemplates: { "application/json": '#set($context.responseOverride.status = 201)#set($context.responseOverride.header.X-More = "yes"){"ok": true}' } },
      "404": { statusCode: "404", selectionPattern: "404", responseTemplates: { "application/json": '{"ok": false}' } },
    },
  });
  expect(await ground.ask(apiId, { method: "OPTIONS", path: "/prod/pets/1" })).toMatchObject({ status: 201, json: { ok: true }, headers: { "access-control-allow-origin": "*", "x-more": "yes" } });
  expect(await ground.ask(apiId, { path: "/prod/pets/1", query: "q=no" })).toMatchObject({ status: 404, json: { ok: false } });
});

test("a mock without a status is the API's fault", async () => {
  const apiId = await one({ type: "MOCK", requestTemplates: { "application/json": "{}" }, integrationResponses: { "200": { statusCode: "200" } } });
  expect((await ground.ask(apiId, { path: "/prod/pets/1" })).status).toBe(500);
});

test("contents are converted between bytes and Base64", async () => {
  const binary = { binaryMediaTypes: ["image/png"] };
  const apiId = await one({ type: "AWS", httpMethod: "POST", uri: uriOf(), contentHandling: "CONVERT_TO_TEXT", requestTemplates: { "image/png": '{"image": "$input.body"}' }, integrationResponses: { "200": { statusCode: "200", contentHandling: "CONVERT_TO_BINARY" } } }, {}, binary);
  ground.answerCalls(() => '"/wA="');
  const answered = await ground.ask(apiId, { method: "POST", path: "/prod/pets/1", body: Buffer.from([1, 2]), headers: [["Content-Type", "image/png"]] });
  expect(ground.calls[0]!.event).toEqual({ image: "AQI=" });
  expect(answered.body).toEqual(Buffer.from([0xff, 0]));
});

test("an endpoint is sent what is mapped; a proxied one all, and it answers all", async () => {
  const seen: { url: string; headers: Record<string, unknown>; body: string }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk)).on("end", () => {
      seen.push({ url: request.url!, headers: request.headers, body: Buffer.concat(chunks).toString() });
      response.writeHead(request.url!.includes("missing") ? 404 : 200, { "x-backend": "b", "set-cookie": ["a=1", "b=2"], server: "s" }).end('{"v":1}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  afterAll(() => server.close());
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const mapped = await one({
    type: "HTTP", httpMethod: "PUT", uri: `${base}/x/{key}`, requestParameters: { "integration.request.path.key": "method.request.path.id", "integration.request.querystring.q": "method.request.header.X-Q", "integration.request.header.X-S": "'s'" },
    integrationResponses: { "200": { statusCode: "200", responseTemplates: { "application/json": "$input.path('$.v')" } }, "4xx": { statusCode: "400", selectionPattern: "4\\d{2}" } },
  });
  expect(await ground.ask(mapped, { ...json({ a: 1 }, [["X-Q", "a b"]]) })).toMatchObject({ status: 200, text: "1" });
  expect(seen[0]).toMatchObject({ url: "/x/7?q=a+b", headers: { "x-s": "s" }, body: '{"a":1}' });
  expect((await ground.ask(mapped, { path: "/prod/pets/missing" })).status).toBe(400);

  const proxied = await one({ type: "HTTP_PROXY", httpMethod: "ANY", uri: `${base}/y/{id}`, requestParameters: { "integration.request.path.id": "method.request.path.id" } });
  const answered = await ground.ask(proxied, { ...json("{}", [["X-Own", "o"]]), query: "k=1&k=2" });
  expect(answered).toMatchObject({ status: 200, text: '{"v":1}', headers: { "x-backend": "b", "set-cookie": ["a=1", "b=2"], "x-amzn-remapped-server": "s" } });
  expect(seen.at(-1)).toMatchObject({ url: "/y/7?k=1&k=2", headers: { "x-own": "o", "x-forwarded-for": "203.0.113.7" } });
});

test("an endpoint that is not there is a failed integration; metadata services and VPCs are closed", async () => {
  expect(await ground.ask(await one({ type: "HTTP_PROXY", httpMethod: "GET", uri: "http://127.0.0.1:1/" }), { path: "/prod/pets/1" })).toMatchObject({ status: 504, json: { message: "Network error communicating with endpoint" } });
  expect((await ground.ask(await one({ type: "HTTP_PROXY", httpMethod: "GET", uri: "http://169.254.169.254/" }), { path: "/prod/pets/1" })).status).toBe(504);
  expect((await ground.ask(await one({ type: "HTTP_PROXY", httpMethod: "GET", uri: "http://127.0.0.1:1/", connectionType: "VPC_LINK" }), { path: "/prod/pets/1" })).status).toBe(500);
});

test.each(["..", "%2e%2E", "."])("the path parameter %s leads out of no endpoint's path", async (id) => {
  const apiId = await one({ type: "HTTP_PROXY", httpMethod: "GET", uri: "http://127.0.0.1:1/inside/{id}" });
  expect(await ground.ask(apiId, { path: `/prod/pets/${id}` })).toMatchObject({ status: 400, json: { message: "Bad Request" } });
});

test("an integration with a service needs a role", async () => {
  const apiId = await one({ type: "AWS", httpMethod: "POST", uri: "arn:aws:apigateway:us-east-1:sqs:path/000000000000/q", integrationResponses: { "200": { statusCode: "200" } } });
  expect((await ground.ask(apiId, json({}))).status).toBe(500);
  expect(ground.entries.at(-1)!.summary).toContain("needs the ARN of a role");
});
