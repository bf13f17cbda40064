import { gunzipSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { deleteApi, saveItem, savePart } from "../../../src/plumber/apis/rows.ts";
import { openRestApis, proxyTo } from "./ground.ts";

const ground = openRestApis();
const mock = (status = 200, template = "") => ({
  authorizationType: "NONE", methodIntegration: { type: "MOCK" as const, requestTemplates: { "application/json": `{"statusCode": ${status}}` }, integrationResponses: { "200": { statusCode: String(status), responseTemplates: { "application/json": template } } } },
});

test("the gateway's own answers are the API's to word", async () => {
  const apiId = await ground.api({
    paths: { "/": { GET: mock() } },
    gatewayResponses: [
      { responseType: "MISSING_AUTHENTICATION_TOKEN", statusCode: "404", responseParameters: { "gatewayresponse.header.X-Why": "'none'", "gatewayresponse.header.X-Q": "method.request.querystring.q" }, responseTemplates: { "application/json": '{"why":$context.error.messageString,"type":"$context.error.responseType","of":"${context.apiId}"}' } },
      { responseType: "DEFAULT_5XX", responseParameters: { "gatewayresponse.header.X-Five": "'5'" }, responseTemplates: { "text/plain": "oh: $context.error.message" } },
    ],
  });
  expect(await ground.ask(apiId, { path: "/prod/none", query: "q=1" })).toMatchObject({ status: 404, json: { why: "Missing Authentication Token", type: "MISSING_AUTHENTICATION_TOKEN", of: apiId }, headers: { "x-why": "none", "x-q": "1" } });
  const broken = await ground.api({ paths: { "/": { GET: { authorizationType: "NONE", methodIntegration: { type: "MOCK" } } } }, gatewayResponses: [{ responseType: "DEFAULT_5XX", responseParameters: { "gatewayresponse.header.X-Five": "'5'" }, responseTemplates: { "text/plain": "oh: $context.error.message" } }] });
  expect(await ground.ask(broken, { path: "/prod/" })).toMatchObject({ status: 500, text: "oh: Internal server error", headers: { "x-five": "5", "content-type": "text/plain" } });
});

const NAMED = { id: "v", validateRequestBody: true, validateRequestParameters: true };
const PET = { name: "Pet", schema: JSON.stringify({ $schema: "http://json-schema.org/draft-04/schema#", type: "object", required: ["name", "age"], properties: { name: { type: "string", pattern: "^[A-Z]" }, age: { $ref: "https://apigateway.amazonaws.com/restapis/other/models/Age" } } }) };
const AGE = { name: "Age", schema: '{"type":"integer","minimum":0,"exclusiveMinimum":true}' };
const validated = () =>
  ground.api({
    paths: { "/": { POST: { ...mock(), requestValidatorId: "v", requestModels: { "application/json": "Pet" }, requestParameters: { "method.request.querystring.q": true, "method.request.header.X-Id": true, "method.request.header.X-May": false } } } },
    validators: [NAMED], models: [PET, AGE], gatewayResponses: [{ responseType: "BAD_REQUEST_BODY", responseTemplates: { "application/json": '{"message":$context.error.messageString,"why":"$context.error.validationErrorString"}' } }],
  });

test("parameters that a method needs are asked for first", async () => {
  expect(await ground.ask(await validated(), { method: "POST", path: "/prod/" })).toMatchObject({ status: 400, json: { message: "Missing required request parameters: [q, X-Id]" }, headers: { "x-amzn-errortype": "BadRequestException" } });
});

test.each([
  ['{"name":"Rex","age":3}', 200, ""],
  ['{"name":"Rex"}', 400, 'object has missing required properties (["age"])'],
  ['{"name":"Rex","age":0}', 400, "minimum"],
  ['{"name":"rex","age":"x"}', 400, "instance type (string) does not match any allowed primitive type"],
  ["{", 400, "JSON"],
  ["", 400, "Content is empty"],
])("the body %s is answered with %i", async (body, status, why) => {
  const answered = await ground.ask(await validated(), { method: "POST", path: "/prod/", query: "q=1", headers: [["X-Id", "1"]], body });
  expect(answered.status).toBe(status);
  if (status === 400) expect(answered.text).toContain("Invalid request body");
  expect(answered.text).toContain(why);
});

test("a body that a model takes too long for is not looked at to its end", async () => {
  const apiId = await ground.api({
    paths: { "/": { POST: { ...mock(), requestValidatorId: "v", requestModels: { "application/json": "List" } } } }, validators: [{ id: "v", validateRequestBody: true }],
    models: [{ name: "List", schema: '{"type":"array","uniqueItems":true}' }],
  });
  const ask = (length: number) => ground.ask(apiId, { method: "POST", path: "/prod/", body: JSON.stringify(Array.from({ length }, (_, id) => ({ id }))) });
  expect((await ask(10)).status).toBe(200);
  expect((await ask(50_000)).status).toBe(500);
});

test("answers are compressed from a size on, and requests taken so", async () => {
  const apiId = await ground.api({ api: { minimumCompressionSize: 10 }, paths: { "/": { POST: proxyTo() } } });
  ground.answerCalls(({ event }) => ({ statusCode: 200, body: event["body"] }));
  const ask = (body: string) => ground.ask(apiId, { method: "POST", path: "/prod/", body: gzipSync(body), headers: [["Content-Encoding", "gzip"], ["Accept-Encoding", "br, gzip"]] });
  const long = await ask("a".repeat(100));
  expect(long.headers["content-encoding"]).toBe("gzip");
  expect(gunzipSync(long.body).toString()).toBe("a".repeat(100));
  expect(await ask("short")).toMatchObject({ text: "short" });
  expect((await ground.ask(apiId, { method: "POST", path: "/prod/", body: gzipSync(Buffer.alloc(11 * 1024 * 1024)), headers: [["Content-Encoding", "gzip"]] })).status).toBe(413);
});

test("a canary has its share, its deployment and its variables", async () => {
  let drawn = 0;
  const own = openRestApis({ random: { ...ground.needs.random, below: () => drawn } });
  const page = (text: string) => ({ "/": { GET: mock(200, `${text} $stageVariables.v $context.isCanaryRequest`) } });
  const apiId = await own.api({ paths: page("old"), canary: page("new"), stage: { variables: { v: "1" }, canarySettings: { deploymentId: "dep002", percentTraffic: 10.5, stageVariableOverrides: { v: "2" } } } });
  drawn = 1_049;
  expect((await own.ask(apiId, { path: "/prod/" })).text).toBe("new 2 true");
  drawn = 1_050;
  expect((await own.ask(apiId, { path: "/prod/" })).text).toBe("old 1 false");
});

test("a change of another API costs this one a look at its number; its own is seen at once", async () => {
  const apiId = await ground.api({ paths: { "/": { GET: mock(200, "$stageVariables.v") } }, stage: { variables: { v: "1" } } });
  expect((await ground.ask(apiId, { path: "/prod/" })).text).toBe("1");
  const read: string[] = [];
  const { read: plain } = ground.store;
  ground.store.read = (operation) => plain(function* () {
    const steps = operation();
    let rows: never[] = [];
    for (;;) {
      const step = steps.next(rows);
      if (step.done === true) return step.value;
      read.push(step.value.sql);
      rows = (yield step.value) as never[];
    }
  });
  await ground.api({ paths: {} });
  expect((await ground.ask(apiId, { path: "/prod/" })).text).toBe("1");
  expect(read).toEqual(["select revision from api where api_id = ?"]);
  ground.store.read = plain;
  await ground.store.run(() => savePart(apiId, "stage", "prod", { stageName: "prod", deploymentId: "dep001", createdAt: 0, lastUpdatedAt: 0, variables: { v: "2" } }));
  expect((await ground.ask(apiId, { path: "/prod/" })).text).toBe("2");
  await ground.store.run(() => deleteApi(apiId));
  expect((await ground.ask(apiId, { path: "/prod/" })).status).toBe(403);
});

test("each request is counted, logged and found in the ledger", async () => {
  const apiId = await ground.api({
    paths: { "/": { GET: mock(200, "ok") } },
    stage: { methodSettings: { "*/*": { metricsEnabled: true, loggingLevel: "INFO", dataTraceEnabled: false } }, accessLogSettings: { destinationArn: "arn:aws:logs:us-east-1:000000000000:log-group:access", format: '{"id":"$context.requestId","agent":"$context.identity.userAgent","status":$context.status,"none":"$context.authorizer.x"}' } },
  });
  await ground.store.run(() => saveItem({ account: "000000000000", region: "us-east-1" }, "account", "account", { cloudwatchRoleArn: "arn:aws:iam::000000000000:role/logs" }));
  ground.answerCalls(() => ({ Credentials: { AccessKeyId: "A", SecretAccessKey: "S", SessionToken: "T", Expiration: new Date(Date.now() + 3_600_000) }, AssumedRoleUser: { Arn: "arn:aws:sts::000000000000:assumed-role/logs/x", AssumedRoleId: "AROA:x" } }));
  const answered = await ground.ask(apiId, { path: "/prod/", headers: [["User-Agent", 'a"},{"evil']] });
  await expect.poll(() => ground.logged.length).toBe(2);
  const [access, execution] = ground.logged;
  expect(JSON.parse(access!.lines[0]!.message)).toEqual({ id: answered.headers["x-amzn-requestid"], agent: 'a"},{"evil', status: 200, none: "-" });
  expect(access!.group).toBe("access");
  expect(execution!.group).toBe(`API-Gateway-Execution-Logs_${apiId}/prod`);
  expect(execution!.lines.at(-1)!.message).toBe(`(${String(answered.headers["x-amzn-requestid"])}) Method completed with status: 200`);
  expect(execution!.lines.some(({ message }) => message.includes("evil"))).toBe(false);
  expect(ground.series.get(`Count ${JSON.stringify({ ApiName: apiId, Stage: "prod", Resource: "/", Method: "GET" })}`)).toEqual([1]);
  expect(ground.series.get(`4XXError ${JSON.stringify({ ApiName: apiId })}`)).toEqual([0]);
  expect(ground.entries.at(-1)).toMatchObject({ keys: [answered.headers["x-amzn-requestid"], apiId], summary: expect.stringContaining("is answered: 200") as string });
});
