import { connect, constants } from "node:http2";
import { text } from "node:stream/consumers";
import { ApiGatewayV2Client, CreateApiCommand, CreateIntegrationCommand, CreateRouteCommand, CreateStageCommand } from "@aws-sdk/client-apigatewayv2";
import { CreateLogGroupCommand, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CreateRoleCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { AddPermissionCommand, CreateFunctionCommand, RemovePermissionCommand } from "@aws-sdk/client-lambda";
import { CreateQueueCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { beforeAll, describe, expect, it } from "vitest";
import { fetchStories } from "../../../src/cli/commands/why.ts";
import { storyLines } from "../../../src/cli/story.ts";
import { useLambda, UUID } from "../../lambda/support.ts";
import { ACCOUNT } from "../../support/context.ts";
import { eventually } from "../../support/temporary.ts";

const on = useLambda();
const FunctionName = "behind-an-api";
const HANDLER = `
export const handler = async (event, context) => ({ event, requestId: context.awsRequestId });
`;

let api: ApiGatewayV2Client;
let ApiId = "";
/** The form that needs no resolver for its name. */
const url = (path = "/") => `${on.ground.platform.endpoint}/_aws/execute-api/${ApiId}${path}`;
const arn = () => `arn:aws:lambda:us-east-1:${ACCOUNT}:function:${FunctionName}`;
const permit = (source: string) => on.lambda.send(new AddPermissionCommand({ FunctionName, StatementId: "api", Action: "lambda:InvokeFunction", Principal: "apigateway.amazonaws.com", SourceArn: `arn:aws:execute-api:us-east-1:${ACCOUNT}:${ApiId}${source}` }));
const shut = () => on.lambda.send(new RemovePermissionCommand({ FunctionName, StatementId: "api" }));
const why = async (key: string) => (await fetchStories({ endpoint: on.ground.platform.endpoint, region: "us-east-1", account: undefined }, key)).flatMap((story) => storyLines(story, (_style, line) => line)).join("\n");
const integrate = async (routeKey: string, input: Omit<ConstructorParameters<typeof CreateIntegrationCommand>[0], "ApiId">) => {
  const { IntegrationId } = await api.send(new CreateIntegrationCommand({ ApiId, ...input }));
  await api.send(new CreateRouteCommand({ ApiId, RouteKey: routeKey, Target: `integrations/${IntegrationId}` }));
};

beforeAll(async () => {
  await on.lambda.send(new CreateFunctionCommand(await on.inputOf(FunctionName, {}, { "index.mjs": HANDLER })));
  await on.isSettled(FunctionName);
  api = new ApiGatewayV2Client({ endpoint: on.ground.platform.endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 });
  ApiId = (await api.send(new CreateApiCommand({ Name: "pets", ProtocolType: "HTTP", Target: arn() }))).ApiId!;
});

describe("the function's door", () => {
  it("decides about each request, and why it does is told by the id that the client got", async () => {
    const refused = await fetch(url("/a"));
    expect([refused.status, await refused.json()]).toEqual([500, { message: "Internal Server Error" }]);
    const told = await why(refused.headers.get("apigw-requestid")!);
    expect(told).toMatch(/apigateway\.amazonaws\.com/);
    expect(told).toMatch(/add-permission/);

    await permit("/*/*");
    const answer = await fetch(url("/a?b=c"));
    expect(answer.status).toBe(200);
    const { event, requestId } = (await answer.json()) as { event: Record<string, unknown>; requestId: string };
    expect(requestId).toMatch(UUID);
    expect(event).toMatchObject({ version: "2.0", routeKey: "$default", rawPath: "/a", requestContext: { requestId: answer.headers.get("apigw-requestid"), stage: "$default" } });
    expect(await why(answer.headers.get("apigw-requestid")!)).toMatch(new RegExp(`GET /a of the HTTP API ${ApiId} is answered: 200`));

    await shut();
    await permit("/other/*");
    expect((await fetch(url())).status).toBe(500);
    await shut();
  });
});

describe("a request", () => {
  it("comes by HTTP/2 too", async () => {
    await permit("/*/*");
    const session = connect(on.ground.platform.endpoint);
    const stream = session.request({ ":path": `/_aws/execute-api/${ApiId}/h2`, ":method": "POST", [constants.HTTP2_HEADER_CONTENT_TYPE]: "text/plain" });
    stream.end("body");
    const body = JSON.parse(await text(stream)) as { event: Record<string, unknown> };
    session.close();
    await shut();
    expect(body.event).toMatchObject({ rawPath: "/h2", body: "body", headers: { "content-type": "text/plain" } });
  });

  it("leaves a line in the stage's log group", async () => {
    await permit("/*/*");
    const { logs } = on.ground.platform.clients;
    await logs.send(new CreateLogGroupCommand({ logGroupName: "/api/access" }));
    await api.send(new CreateStageCommand({ ApiId, StageName: "logged", AutoDeploy: true, AccessLogSettings: { DestinationArn: `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:/api/access`, Format: "$context.requestId $context.status" } }));
    const id = (await fetch(url("/logged"))).headers.get("apigw-requestid");
    await shut();
    await eventually("the line is there", async () => {
      const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName: "/api/access" }));
      return events.some(({ message }) => message === `${id} 200`);
    });
  });

  it("sends a message as the integration's role, where that may", async () => {
    const { iam, sqs } = on.ground.platform.clients;
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "inbox" }));
    const trust = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "apigateway.amazonaws.com" }, Action: "sts:AssumeRole" }] });
    const { Role } = await iam.send(new CreateRoleCommand({ RoleName: "sender", AssumeRolePolicyDocument: trust }));
    await integrate("POST /inbox", { IntegrationType: "AWS_PROXY", IntegrationSubtype: "SQS-SendMessage", PayloadFormatVersion: "1.0", CredentialsArn: Role!.Arn, RequestParameters: { QueueUrl: QueueUrl!, MessageBody: "$request.body" } });
    const send = () => fetch(url("/inbox"), { method: "POST", body: "hello" });
    const refused = await send();
    expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining("AccessDenied")]);
    await iam.send(new PutRolePolicyCommand({ RoleName: "sender", PolicyName: "send", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "sqs:SendMessage", Resource: "*" }] }) }));
    const sent = await send();
    expect([sent.status, await sent.text()]).toEqual([200, expect.stringMatching(/<MessageId>/)]);
    expect((await sqs.send(new ReceiveMessageCommand({ QueueUrl }))).Messages?.[0]?.Body).toBe("hello");
  });
});

describe("an integration with a service that is not built", () => {
  it("is refused by its name when it is made", async () => {
    await expect(integrate("GET /events", { IntegrationType: "AWS_PROXY", IntegrationSubtype: "EventBridge-PutEvents", PayloadFormatVersion: "1.0", CredentialsArn: "arn:aws:iam::000000000000:role/r" })).rejects.toThrow(/EventBridge-PutEvents/);
    await expect(integrate("GET /inbox", { IntegrationType: "AWS_PROXY", IntegrationSubtype: "SQS-SendMessage", PayloadFormatVersion: "1.0", CredentialsArn: "arn:aws:iam::000000000000:role/r", RequestParameters: { QueueUrl: "q" } })).rejects.toThrow(/MessageBody/);
  });
});
