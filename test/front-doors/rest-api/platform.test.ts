import { APIGatewayClient, CreateDeploymentCommand, CreateResourceCommand, CreateRestApiCommand, PutIntegrationCommand, PutIntegrationResponseCommand, PutMethodCommand, PutMethodResponseCommand, TestInvokeMethodCommand, type PutIntegrationCommandInput, type PutIntegrationResponseCommandInput } from "@aws-sdk/client-api-gateway";
import { CreateRoleCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { AddPermissionCommand, CreateFunctionCommand, RemovePermissionCommand } from "@aws-sdk/client-lambda";
import { CreateQueueCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { beforeAll, expect, it } from "vitest";
import { fetchStories } from "../../../src/cli/commands/why.ts";
import { storyLines } from "../../../src/cli/story.ts";
import { useLambda } from "../../lambda/support.ts";
import { ACCOUNT } from "../../support/context.ts";
import { uriOf } from "./ground.ts";

const on = useLambda();
const FunctionName = "behind-a-rest-api";
const HANDLER = `
export const handler = async (event) => event.httpMethod === undefined ? { got: event } : { statusCode: 200, headers: { "X-Path": event.path }, body: JSON.stringify(event.requestContext.resourcePath) };
`;
const FUNCTION_URI = uriOf(`arn:aws:lambda:us-east-1:${ACCOUNT}:function:${FunctionName}`);

let api: APIGatewayClient;
let restApiId = "";
const resources = new Map<string, string>();
const url = (path: string) => `${on.ground.platform.endpoint}/_aws/execute-api/${restApiId}${path}`;
const permit = (source: string) => on.lambda.send(new AddPermissionCommand({ FunctionName, StatementId: "api", Action: "lambda:InvokeFunction", Principal: "apigateway.amazonaws.com", SourceArn: `arn:aws:execute-api:us-east-1:${ACCOUNT}:${restApiId}${source}` }));
const shut = () => on.lambda.send(new RemovePermissionCommand({ FunctionName, StatementId: "api" }));
const why = async (key: string) => (await fetchStories({ endpoint: on.ground.platform.endpoint, region: "us-east-1", account: undefined }, key)).flatMap((story) => storyLines(story, (_style, line) => line)).join("\n");

type Given<T> = Omit<T, "restApiId" | "resourceId" | "httpMethod">;
const method = async (pathPart: string, httpMethod: string, integration: Given<PutIntegrationCommandInput>, response?: Partial<Given<PutIntegrationResponseCommandInput>>) => {
  const resourceId = resources.get(pathPart) ?? (await api.send(new CreateResourceCommand({ restApiId, parentId: resources.get("")!, pathPart }))).id!;
  resources.set(pathPart, resourceId);
  const at = { restApiId, resourceId, httpMethod };
  await api.send(new PutMethodCommand({ ...at, authorizationType: "NONE" }));
  await api.send(new PutIntegrationCommand({ ...at, ...integration }));
  if (response === undefined) return;
  await api.send(new PutMethodResponseCommand({ ...at, statusCode: "200" }));
  await api.send(new PutIntegrationResponseCommand({ ...at, statusCode: "200", ...response }));
};

beforeAll(async () => {
  await on.lambda.send(new CreateFunctionCommand(await on.inputOf(FunctionName, {}, { "index.mjs": HANDLER })));
  await on.isSettled(FunctionName);
  api = new APIGatewayClient({ endpoint: on.ground.platform.endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 });
  const made = await api.send(new CreateRestApiCommand({ name: "pets" }));
  restApiId = made.id!;
  resources.set("", made.rootResourceId!);

  const { iam, sqs } = on.ground.platform.clients;
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "behind" }));
  expect(QueueUrl).toContain("behind");
  const trust = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "apigateway.amazonaws.com" }, Action: "sts:AssumeRole" }] };
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName: "sender", AssumeRolePolicyDocument: JSON.stringify(trust) }));
  const toQueue = {
    type: "AWS" as const, integrationHttpMethod: "POST", uri: `arn:aws:apigateway:us-east-1:sqs:path/${ACCOUNT}/behind`, credentials: Role!.Arn!,
    requestParameters: { "integration.request.header.Content-Type": "'application/x-www-form-urlencoded'" }, requestTemplates: { "application/json": "Action=SendMessage&MessageBody=$util.urlEncode($input.body)" },
  };
  await method("queue", "POST", toQueue, { responseTemplates: { "application/json": '{"sent": true}' }, selectionPattern: "200" });
  await method("{proxy+}", "ANY", { type: "AWS_PROXY", integrationHttpMethod: "POST", uri: FUNCTION_URI });
  await method("mapped", "POST", { type: "AWS", integrationHttpMethod: "POST", uri: FUNCTION_URI, requestTemplates: { "application/json": '{"name": $input.json(\'$.name\')}' } }, { responseTemplates: { "application/json": "$input.json('$.got.name')" } });
  await api.send(new CreateDeploymentCommand({ restApiId, stageName: "prod" }));
});

it("lets the function's policy decide about each request, and tells why by the id that the client got", async () => {
  const refused = await fetch(url("/prod/a/b"));
  expect([refused.status, await refused.json(), refused.headers.get("x-amzn-errortype")]).toEqual([500, { message: "Internal server error" }, "InternalServerErrorException"]);
  const told = await why(refused.headers.get("x-amzn-requestid")!);
  expect(told).toMatch(/apigateway\.amazonaws\.com/);
  expect(told).toMatch(/add-permission/);

  await permit("/prod/GET/*");
  const answer = await fetch(url("/prod/a/b"));
  expect([answer.status, answer.headers.get("x-path"), await answer.json()]).toEqual([200, "/a/b", "/{proxy+}"]);
  expect(await why(answer.headers.get("x-amzn-requestid")!)).toContain(`GET /a/b of the REST API ${restApiId} is answered: 200`);
  expect((await fetch(url("/prod/a/b"), { method: "POST" })).status).toBe(500);
  await shut();
});

it("maps a request into the function's event and its answer back, and tests a method before it is deployed", async () => {
  await permit("/*/POST/mapped");
  const body = '{"name":"Rex"}';
  const answer = await fetch(url("/prod/mapped"), { method: "POST", headers: { "content-type": "application/json" }, body });
  expect([answer.status, await answer.json()]).toEqual([200, "Rex"]);
  const tested = await api.send(new TestInvokeMethodCommand({ restApiId, resourceId: resources.get("mapped")!, httpMethod: "POST", body }));
  expect([tested.status, tested.body]).toEqual([200, '"Rex"']);
  expect(tested.log).toMatch(/Method completed with status: 200/);
  await shut();
  await permit("/test-invoke-stage/GET/*");
  const any = await api.send(new TestInvokeMethodCommand({ restApiId, resourceId: resources.get("{proxy+}")!, httpMethod: "GET", pathWithQueryString: "/a/b" }));
  expect([any.status, any.body]).toEqual([200, '"/{proxy+}"']);
  await shut();
});

it("sends a message as the integration's role, where that may", async () => {
  const send = () => fetch(url("/prod/queue"), { method: "POST", headers: { "content-type": "application/json" }, body: '{"a":1}' });
  expect((await send()).status).toBe(500);
  const { iam, sqs } = on.ground.platform.clients;
  await iam.send(new PutRolePolicyCommand({ RoleName: "sender", PolicyName: "send", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "sqs:SendMessage", Resource: "*" }] }) }));
  const sent = await send();
  expect([sent.status, await sent.json()]).toEqual([200, { sent: true }]);
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: `${on.ground.platform.endpoint}/${ACCOUNT}/behind` }));
  expect(Messages?.map(({ Body }) => Body)).toEqual(['{"a":1}']);
});
