import { CreateAccessKeyCommand, CreateRoleCommand, CreateUserCommand, DeleteRolePolicyCommand, PutRolePolicyCommand, PutUserPolicyCommand } from "@aws-sdk/client-iam";
import {
  CreatePipeCommand, DeletePipeCommand, DescribePipeCommand, ListPipesCommand, ListTagsForResourceCommand, PipesClient, StartPipeCommand, StopPipeCommand, TagResourceCommand, UntagResourceCommand, UpdatePipeCommand,
  type CreatePipeCommandInput,
} from "@aws-sdk/client-pipes";
import { CreateApiDestinationCommand, CreateConnectionCommand, EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { GetMetricStatisticsCommand } from "@aws-sdk/client-cloudwatch";
import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fetchStories } from "../../src/cli/commands/why.ts";
import { callPlatform } from "../../src/cli/platform-client.ts";
import { createFunction, createRole as createFunctionRole } from "../support/functions.ts";
import { usePlatform } from "../support/platform.ts";
import { eventually } from "../support/temporary.ts";

const ACCOUNT = "000000000000";
const queueArn = (name: string) => `arn:aws:sqs:us-east-1:${ACCOUNT}:${name}`;
const functionArn = (name: string) => `arn:aws:lambda:us-east-1:${ACCOUNT}:function:${name}`;
const pipeArn = (name: string) => `arn:aws:pipes:us-east-1:${ACCOUNT}:pipe/${name}`;
const READ = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];

const on = usePlatform();
const sqs = () => on.clients.sqs;
const iam = () => on.clients.iam;
let pipes: PipesClient;
beforeAll(() => void (pipes = new PipesClient({ endpoint: on.endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 })));
afterAll(() => pipes.destroy());

const statement = (Action: string[], Resource: string | string[] = "*") => JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource }] });
const allow = (RoleName: string, actions: string[], resource?: string | string[]) => iam().send(new PutRolePolicyCommand({ RoleName, PolicyName: "p", PolicyDocument: statement(actions, resource) }));
let roles = 0;
/** A role that EventBridge Pipes may take on, for one pipe alone where that is said. */
const createRole = async (actions: string[], condition: object = {}, name = `pipe-${++roles}`): Promise<string> => {
  const trust = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "pipes.amazonaws.com" }, Action: "sts:AssumeRole", ...condition }] };
  const { Role } = await iam().send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: JSON.stringify(trust) }));
  if (actions.length > 0) await allow(name, actions);
  return Role!.Arn!;
};
const createQueue = async (QueueName: string, Attributes: Record<string, string> = {}) => (await sqs().send(new CreateQueueCommand({ QueueName, Attributes: { ...Attributes, ...(QueueName.endsWith(".fifo") ? { FifoQueue: "true" } : {}) } }))).QueueUrl!;
const describePipe = (Name: string) => pipes.send(new DescribePipeCommand({ Name }));
const client = () => ({ endpoint: on.endpoint, region: "us-east-1", account: undefined });
const advance = (time: string) => callPlatform(client(), "POST", "clock", { advance: time });
const settled = async (name: string) => {
  await advance("1s");
  return describePipe(name);
};
let role: string;
beforeAll(async () => {
  await createQueue("from");
  await createQueue("to");
  role = await createRole([...READ, "sqs:SendMessage"]);
});
const make = (input: Partial<CreatePipeCommandInput> & { Name: string }) => pipes.send(new CreatePipeCommand({ Source: queueArn("from"), Target: queueArn("to"), RoleArn: role, ...input }));
const invalid = (Name: string, Message: string | RegExp) => ({ name: "ValidationException", message: expect.stringContaining(`{"ValidationErrorFields":[{"Name":"${Name}","Message":"${typeof Message === "string" ? `${Message}"` : ""}`), $metadata: expect.objectContaining({ httpStatusCode: 400 }) });

describe("a pipe", () => {
  it("is CREATING, then RUNNING, and told with AWS's defaults; is stopped, started, changed and deleted", async () => {
    const made = await make({ Name: "life", Description: "d", Tags: { team: "a" }, TargetParameters: { InputTemplate: "<$.body>" } });
    expect(made).toMatchObject({ Arn: pipeArn("life"), Name: "life", DesiredState: "RUNNING", CurrentState: "CREATING", CreationTime: expect.any(Date) as Date, LastModifiedTime: expect.any(Date) as Date });
    await expect(make({ Name: "life" })).rejects.toMatchObject({ name: "ConflictException", message: "Pipe life already exists.", resourceId: "life", resourceType: "pipe" });
    const { $metadata: _m, CreationTime: _c, LastModifiedTime: _l, ...running } = await settled("life");
    expect(running).toEqual({
      Arn: pipeArn("life"), Name: "life", Description: "d", DesiredState: "RUNNING", CurrentState: "RUNNING", Source: queueArn("from"), Target: queueArn("to"), RoleArn: role, Tags: { team: "a" },
      StateReason: "User initiated", SourceParameters: { SqsQueueParameters: { BatchSize: 10 } }, EnrichmentParameters: {}, TargetParameters: { InputTemplate: "<$.body>" },
    });
    expect((await pipes.send(new StopPipeCommand({ Name: "life" }))).CurrentState).toBe("STOPPING");
    expect(await settled("life")).toMatchObject({ CurrentState: "STOPPED", DesiredState: "STOPPED" });
    expect((await pipes.send(new StartPipeCommand({ Name: "life" }))).CurrentState).toBe("STARTING");
    expect(await settled("life")).toMatchObject({ CurrentState: "RUNNING", DesiredState: "RUNNING" });
    expect((await pipes.send(new DeletePipeCommand({ Name: "life" })))).toMatchObject({ CurrentState: "DELETING", DesiredState: "DELETED" });
    await advance("1s");
    const gone = { name: "NotFoundException", message: "Pipe life does not exist.", $metadata: expect.objectContaining({ httpStatusCode: 404 }) };
    for (const command of [new DescribePipeCommand({ Name: "life" }), new StartPipeCommand({ Name: "life" }), new StopPipeCommand({ Name: "life" }), new DeletePipeCommand({ Name: "life" }), new UpdatePipeCommand({ Name: "life", RoleArn: role })]) {
      await expect(pipes.send(command as DescribePipeCommand)).rejects.toMatchObject(gone);
    }
    expect((await make({ Name: "life", DesiredState: "STOPPED" })).CurrentState).toBe("CREATING");
    expect((await settled("life")).CurrentState).toBe("STOPPED");
  });

  it("keeps what a change does not speak of, and has AWS's defaults where it speaks of the rest", async () => {
    const Filters = [{ Pattern: '{"body":{"a":[1]}}' }];
    await make({ Name: "change", DesiredState: "STOPPED", Description: "d", SourceParameters: { FilterCriteria: { Filters }, SqsQueueParameters: { BatchSize: 5, MaximumBatchingWindowInSeconds: 3 } }, TargetParameters: { InputTemplate: "<$.body>", SqsQueueParameters: { MessageGroupId: "g" } } });
    await settled("change");
    const change = async (input: object) => {
      await pipes.send(new UpdatePipeCommand({ Name: "change", RoleArn: role, ...input }));
      return settled("change");
    };
    expect(await change({ SourceParameters: { SqsQueueParameters: { BatchSize: 7 } }, Enrichment: functionArn("e") })).toMatchObject({
      Description: "d", Enrichment: functionArn("e"), SourceParameters: { FilterCriteria: { Filters }, SqsQueueParameters: { BatchSize: 7 } }, TargetParameters: { InputTemplate: "<$.body>", SqsQueueParameters: { MessageGroupId: "g" } }, CurrentState: "STOPPED",
    });
    const after = await change({ Description: "", Enrichment: "", SourceParameters: { FilterCriteria: { Filters: [] } }, Target: functionArn("f"), TargetParameters: { InputTemplate: "" }, DesiredState: "RUNNING" });
    expect([after.Description, after.Enrichment, after.SourceParameters, after.Target, after.TargetParameters, after.CurrentState]).toEqual([undefined, undefined, { SqsQueueParameters: { BatchSize: 7 } }, functionArn("f"), {}, "RUNNING"]);
    await pipes.send(new DeletePipeCommand({ Name: "change" }));
  });

  it("has tags, and is listed by what it is called, reads and sends to, in pages", async () => {
    for (const [index, Target] of [queueArn("to"), queueArn("to"), functionArn("f")].entries()) await make({ Name: `list-${index}`, DesiredState: "STOPPED", Target });
    const list = async (input: object) => (await pipes.send(new ListPipesCommand(input))).Pipes!.map(({ Name }) => Name);
    expect(await list({ NamePrefix: "list-" })).toEqual(["list-0", "list-1", "list-2"]);
    expect(await list({ NamePrefix: "list-", TargetPrefix: "arn:aws:lambda" })).toEqual(["list-2"]);
    expect([await list({ SourcePrefix: "arn:aws:kinesis" }), await list({ NamePrefix: "list-", DesiredState: "RUNNING" })]).toEqual([[], []]);
    await settled("list-2");
    expect(await list({ NamePrefix: "list-2", CurrentState: "STOPPED" })).toEqual(["list-2"]);
    const first = await pipes.send(new ListPipesCommand({ NamePrefix: "list-", Limit: 2 }));
    expect([first.Pipes!.length, await list({ NamePrefix: "list-", Limit: 2, NextToken: first.NextToken })]).toEqual([2, ["list-2"]]);
    const resourceArn = pipeArn("list-0");
    await pipes.send(new TagResourceCommand({ resourceArn, tags: { a: "1", b: "2" } }));
    await pipes.send(new UntagResourceCommand({ resourceArn, tagKeys: ["a"] }));
    expect((await pipes.send(new ListTagsForResourceCommand({ resourceArn }))).tags).toEqual({ b: "2" });
    await expect(pipes.send(new TagResourceCommand({ resourceArn, tags: { "aws:x": "1" } }))).rejects.toMatchObject({ name: "ValidationException" });
    await expect(pipes.send(new ListTagsForResourceCommand({ resourceArn: pipeArn("none") }))).rejects.toMatchObject({ name: "NotFoundException" });
  });
});

describe("a pipe that comes to nothing", () => {
  const BECAUSE = "Input parameter is invalid from the request due to : ";
  it("has a role that may not read its queue, or one that nobody lets EventBridge Pipes take on, or no queue", async () => {
    const may = await createRole(["sqs:SendMessage"], {}, "may-not-read");
    await make({ Name: "no-read", RoleArn: may });
    expect(await settled("no-read")).toMatchObject({ CurrentState: "CREATE_FAILED", DesiredState: "RUNNING", StateReason: `${BECAUSE}The provided customer role does not have permissions to call ReceiveMessage on SQS` });
    await make({ Name: "no-trust", RoleArn: await createFunctionRole(on.clients, "of-lambda") });
    expect((await settled("no-trust")).StateReason).toMatch(/^Input parameter is invalid from the request due to : The provided customer role cannot be assumed/);
    await make({ Name: "no-queue", Source: queueArn("no-such-queue") });
    expect((await settled("no-queue")).StateReason).toMatch(/NonExistentQueue/);
    // What was wrong is put right.
    await allow("may-not-read", [...READ, "sqs:SendMessage"]);
    await pipes.send(new StartPipeCommand({ Name: "no-read" }));
    expect(await settled("no-read")).toMatchObject({ CurrentState: "RUNNING" });
    // A change that fails leaves it as it was.
    await pipes.send(new UpdatePipeCommand({ Name: "no-read", RoleArn: `arn:aws:iam::${ACCOUNT}:role/nobody`, Description: "other" }));
    const failed = await settled("no-read");
    expect([failed.CurrentState, failed.RoleArn, failed.Description]).toEqual(["UPDATE_FAILED", may, undefined]);
    for (const Name of ["no-read", "no-trust", "no-queue"]) await pipes.send(new DeletePipeCommand({ Name }));
  });

  it.each<[string, object, string, string | RegExp]>([
    ["a source of another region", { Source: "arn:aws:sqs:eu-west-1:000000000000:q" }, "Source", "Creating cross-region pipe is not permitted."],
    ["a source that is none", { Source: "arn:aws:s3:us-east-1:000000000000:b" }, "Source", "The source is not supported."],
    ["a target that is none", { Target: "arn:aws:iam::000000000000:role/x" }, "Target", "The target is not supported."],
    ["a target that is no function", { Target: "arn:aws:lambda:us-east-1:000000000000:layer:x" }, "Target", "The target is not supported."],
    ["a bus of another account", { Target: "arn:aws:events:us-east-1:111111111111:event-bus/b" }, "Target", /./],
    ["a bus of another region", { Target: "arn:aws:events:eu-west-1:000000000000:event-bus/b" }, "Target", "Creating cross-region pipe is not permitted."],
    ["a target of another region", { Target: "arn:aws:sqs:eu-west-1:000000000000:q" }, "Target", "Creating cross-region pipe is not permitted."],
    ["a target of no account", { Target: "arn:aws:sqs:us-east-1::q" }, "Target", "The target is not supported."],
    ["a FIFO topic", { Target: "arn:aws:sns:us-east-1:000000000000:t.fifo" }, "Target", "SNS FIFO topics are not supported as a pipe target."],
    ["a FIFO queue without a group", { Target: queueArn("t.fifo") }, "TargetParameters.SqsQueueParameters.MessageGroupId", "Missing required parameter."],
    ["parameters of another source", { SourceParameters: { KinesisStreamParameters: { StartingPosition: "LATEST" } } }, "SourceParameters.KinesisStreamParameters", "Invalid source parameter provided for source."],
    ["parameters of another target", { TargetParameters: { LambdaFunctionParameters: { InvocationType: "REQUEST_RESPONSE" } } }, "TargetParameters.LambdaFunctionParameters", "Invalid target parameter provided for target."],
    ["a pattern that is none", { SourceParameters: { FilterCriteria: { Filters: [{ Pattern: '{"body":"x"}' }] } } }, "SourceParameters.FilterCriteria.Filters[0].Pattern", /^Invalid Event Pattern\. Reason: "body" must be an object or an array/],
    ["a batch without a window", { Target: functionArn("f"), SourceParameters: { SqsQueueParameters: { BatchSize: 11 } } }, "SourceParameters.SqsQueueParameters.MaximumBatchingWindowInSeconds", /./],
    ["a batch that the target does not take", { SourceParameters: { SqsQueueParameters: { BatchSize: 11, MaximumBatchingWindowInSeconds: 1 } } }, "SourceParameters.SqsQueueParameters.BatchSize", /./],
    ["a template's variable that is none", { TargetParameters: { InputTemplate: "<$.body> <aws.pipes.pipe-name> <aws.pipes.bogus>" } }, "TargetParameters.InputTemplate", "Invalid json path reference or predefined variable for placeholder aws.pipes.bogus"],
    ["an enrichment's", { Enrichment: functionArn("e"), EnrichmentParameters: { InputTemplate: "<aws.events.rule-name>" } }, "EnrichmentParameters.InputTemplate", /^Invalid json path reference/],
    ["a role of another account", { RoleArn: "arn:aws:iam::111111111111:role/x" }, "RoleArn", /./],
    ["an enrichment that is none", { Enrichment: queueArn("to") }, "Enrichment", "Invalid pipe enrichment."],
    ["an enrichment that is no function", { Enrichment: "arn:aws:lambda:us-east-1:000000000000:layer:x" }, "Enrichment", "Invalid pipe enrichment."],
    ["a level without a destination", { LogConfiguration: { Level: "INFO" } }, "LogConfiguration", "Must provide at least 1 log destination in LogConfiguration"],
  ])("is refused: %s", async (_what, input, name, message) => {
    await expect(make({ Name: "wrong", ...input })).rejects.toMatchObject(invalid(name, message));
  });

  it.each<[string, object, RegExp]>([
    ["Kinesis", { Source: "arn:aws:kinesis:us-east-1:000000000000:stream/s" }, /A pipe from a Kinesis stream/],
    ["DynamoDB", { Source: "arn:aws:dynamodb:us-east-1:000000000000:table/t/stream/x" }, /a DynamoDB stream/],
    ["Kafka", { Source: "smk://broker.example:9092" }, /self-managed Apache Kafka/],
    ["Step Functions", { Target: "arn:aws:states:us-east-1:000000000000:stateMachine:s" }, /A pipe to a Step Functions state machine/],
    ["Step Functions as enrichment", { Enrichment: "arn:aws:states:us-east-1:000000000000:stateMachine:s" }, /An enrichment by a Step Functions state machine/],
    ["a key", { KmsKeyIdentifier: "alias/k" }, /KmsKeyIdentifier/],
    ["logs in S3", { LogConfiguration: { Level: "INFO", S3LogDestination: { BucketName: "bucket", BucketOwner: ACCOUNT } } }, /LogConfiguration\.S3LogDestination/],
    ["logs in another account", { LogConfiguration: { Level: "INFO", CloudwatchLogsLogDestination: { LogGroupArn: "arn:aws:logs:us-east-1:111111111111:log-group:/g" } } }, /A log group of another account/],
    ["a global endpoint", { Target: `arn:aws:events:us-east-1:${ACCOUNT}:event-bus/b`, TargetParameters: { EventBridgeEventBusParameters: { EndpointId: "abc.123" } } }, /EndpointId/],
  ])("is refused by its name: %s", async (_what, input, message) => {
    await expect(make({ Name: "not-built", ...input })).rejects.toMatchObject({ name: "NotImplemented", message: expect.stringMatching(message) as string, $metadata: expect.objectContaining({ httpStatusCode: 501 }) as object });
  });
});

it("who makes a pipe must be allowed to, and to hand its role over", async () => {
  await iam().send(new CreateUserCommand({ UserName: "maker" }));
  const { AccessKey } = await iam().send(new CreateAccessKeyCommand({ UserName: "maker" }));
  const maker = new PipesClient({ endpoint: on.endpoint, region: "us-east-1", credentials: { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! }, maxAttempts: 1 });
  const create = () => maker.send(new CreatePipeCommand({ Name: "by-maker", Source: queueArn("from"), Target: queueArn("to"), RoleArn: role, DesiredState: "STOPPED", Tags: { team: "a" } }));
  const grant = (...Statement: object[]) => iam().send(new PutUserPolicyCommand({ UserName: "maker", PolicyName: "p", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement }) }));
  const onPipe = { Effect: "Allow", Action: ["pipes:CreatePipe", "pipes:TagResource"], Resource: pipeArn("by-*"), Condition: { StringEquals: { "aws:RequestTag/team": "a" } } };
  const pass = (to: string) => ({ Effect: "Allow", Action: "iam:PassRole", Resource: role, Condition: { StringEquals: { "iam:PassedToService": to } } });
  await expect(create()).rejects.toMatchObject({ name: "AccessDeniedException", message: expect.stringContaining("pipes:CreatePipe") as string });
  await grant(onPipe, pass("lambda.amazonaws.com"));
  await expect(create()).rejects.toMatchObject({ name: "AccessDeniedException", message: expect.stringContaining("iam:PassRole") as string });
  await grant(onPipe, pass("pipes.amazonaws.com"));
  expect((await create()).CurrentState).toBe("CREATING");
  maker.destroy();
});

const PYTHON = `
def handler(event, context):
    return [{"name": e["name"].upper(), "id": e["id"]} for e in event]
`;

it("a message goes through filter, enrichment and target as the pipe's role, whose policies decide; why, log and metrics tell it", async () => {
  const source = await createQueue("source", { VisibilityTimeout: "2" });
  const target = await createQueue("target");
  const Role = await createFunctionRole(on.clients, "of-enrichment");
  await createFunction(on.clients, { FunctionName: "enrich", Role, Runtime: "python3.11", files: { "app.py": PYTHON } });
  const RoleArn = await createRole([...READ, "lambda:InvokeFunction"], { Condition: { ArnEquals: { "aws:SourceArn": pipeArn("whole") } } }, "whole");
  await make({
    Name: "whole", RoleArn, Source: queueArn("source"), Target: queueArn("target"), Enrichment: functionArn("enrich"), EnrichmentParameters: { InputTemplate: '{"name":<$.body.name>,"id":<$.messageId>}' },
    SourceParameters: { FilterCriteria: { Filters: [{ Pattern: '{"body":{"kind":["good"]}}' }] } }, TargetParameters: { InputTemplate: "<aws.pipes.pipe-name>: <$.name>" },
    LogConfiguration: { Level: "TRACE", IncludeExecutionData: ["ALL"], CloudwatchLogsLogDestination: { LogGroupArn: `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:/aws/vendedlogs/pipes/whole` } },
  });
  expect((await settled("whole")).CurrentState).toBe("RUNNING");
  const { MessageId } = await sqs().send(new SendMessageCommand({ QueueUrl: source, MessageBody: '{"kind":"good","name":"ann"}' }));
  // It may not send yet: the pipe is held, and says so.
  const held = await eventually("it is refused", async () => {
    const { StateReason, CurrentState } = await describePipe("whole");
    return StateReason === "User initiated" ? undefined : { StateReason, CurrentState };
  });
  expect(held).toEqual({ CurrentState: "RUNNING", StateReason: expect.stringMatching(/^PROBLEM: Target invocation failed with error from SQS\. Not allowed to invoke arn:aws:sqs:us-east-1:000000000000:target\. .*sqs:sendmessage/) as string });
  const story = async () => (await fetchStories(client(), MessageId!)).flatMap(({ entries }) => entries.map(({ summary }) => summary));
  expect(await story()).toEqual(expect.arrayContaining([expect.stringMatching(/received for the pipe whole/), expect.stringMatching(/the pipe whole has not taken .*Back in source after the visibility timeout/)]));
  await iam().send(new DeleteRolePolicyCommand({ RoleName: "whole", PolicyName: "p" }));
  await allow("whole", [...READ, "lambda:InvokeFunction", "sqs:SendMessage"]);
  const Messages = await eventually("it is sent", async () => {
    await advance("2s");
    return (await sqs().send(new ReceiveMessageCommand({ QueueUrl: target }))).Messages;
  });
  expect(Messages.map(({ Body }) => Body)).toEqual(["whole: ANN"]);
  await eventually("it is well again", async () => (await describePipe("whole")).StateReason === "User initiated");
  await callPlatform(client(), "POST", "drain", { timeout: "10s" });
  expect(await story()).toEqual(expect.arrayContaining([expect.stringMatching(/enrich ran in/), expect.stringMatching(/^the pipe whole has taken the message .*: deleted from source$/)]));
  const { events } = await on.clients.logs.send(new FilterLogEventsCommand({ logGroupName: "/aws/vendedlogs/pipes/whole" }));
  const records = events!.map(({ message }) => JSON.parse(message!) as Record<string, unknown>);
  const last = records.slice(records.findLastIndex(({ messageType }) => messageType === "ExecutionStarted"));
  expect(last.map(({ messageType }) => messageType)).toEqual([
    "ExecutionStarted", "EnrichmentStageEntered", "EnrichmentTransformationStarted", "EnrichmentTransformationSucceeded", "EnrichmentInvocationStarted", "EnrichmentInvocationSucceeded", "EnrichmentStageSucceeded",
    "TargetStageEntered", "TargetTransformationStarted", "TargetTransformationSucceeded", "TargetInvocationStarted", "TargetInvocationSucceeded", "TargetStageSucceeded", "ExecutionSucceeded",
  ]);
  expect(last.find(({ messageType }) => messageType === "EnrichmentStageSucceeded")!["payload"]).toBe(`[{"name":"ANN","id":"${MessageId}"}]`);
  const now = Date.now();
  const { Datapoints } = await on.clients.cloudwatch.send(new GetMetricStatisticsCommand({
    Namespace: "AWS/EventBridge/Pipes", MetricName: "Invocations", Dimensions: [{ Name: "PipeName", Value: "whole" }], StartTime: new Date(now - 3_600_000), EndTime: new Date(now + 3_600_000), Period: 7_200, Statistics: ["Sum"],
  }));
  expect(Datapoints!.reduce((sum, { Sum = 0 }) => sum + Sum, 0)).toBeGreaterThanOrEqual(2);
});

it("one message goes through an API destination, as enrichment and as target, if the role may invoke it", async () => {
  const asked: { path: string; headers: Record<string, unknown>; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text)).on("end", () => {
      asked.push({ path: request.url!, headers: request.headers, body });
      if (request.url!.startsWith("/enrich")) response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync('{"who":"Ann"}'));
      else response.writeHead(asked.length < 4 ? 500 : 200).end();
    });
  });
  await new Promise<void>((ready) => void server.listen(0, "127.0.0.1", ready));
  const events = new EventBridgeClient({ endpoint: on.endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 });
  const { ConnectionArn } = await events.send(new CreateConnectionCommand({ Name: "c", AuthorizationType: "API_KEY", AuthParameters: { ApiKeyAuthParameters: { ApiKeyName: "x-key", ApiKeyValue: "secret" } } }));
  const destination = async (Name: string, path: string) => (await events.send(new CreateApiDestinationCommand({ Name, ConnectionArn, HttpMethod: "POST", InvocationEndpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/${path}` }))).ApiDestinationArn!;
  const [Enrichment, Target] = [await destination("enrich", "enrich/*"), await destination("target", "target")];
  const QueueUrl = await createQueue("to-http", { VisibilityTimeout: "1" });
  const RoleArn = await createRole(READ, {}, "to-http");
  const parts = {
    Name: "to-http", RoleArn, Source: queueArn("to-http"), Target, Enrichment, EnrichmentParameters: { HttpParameters: { PathParameterValues: ["$.body.id"] } },
    TargetParameters: { InputTemplate: '{"hello":<$.who>}', HttpParameters: { QueryStringParameters: { who: "$.who" }, HeaderParameters: { "x-static": "1", "x-path": "$.who" } } },
  };
  await expect(make({ ...parts, SourceParameters: { SqsQueueParameters: { BatchSize: 2 } } })).rejects.toMatchObject(invalid("SourceParameters.SqsQueueParameters.BatchSize", /./));
  await make(parts);
  expect((await settled("to-http")).SourceParameters).toEqual({ SqsQueueParameters: { BatchSize: 1 } });
  await sqs().send(new SendMessageCommand({ QueueUrl, MessageBody: '{"id":"a b"}' }));
  await eventually("it is refused", async () => (await describePipe("to-http")).StateReason !== "User initiated");
  expect((await describePipe("to-http")).StateReason).toMatch(/^PROBLEM: Enrichment invocation failed with error from ApiDestinations\. Not allowed to invoke .*events:InvokeApiDestination/);
  expect(asked).toEqual([]);
  await allow("to-http", [...READ, "events:InvokeApiDestination"]);
  await eventually("the endpoint has taken it, at its second try", async () => {
    await advance("2s");
    return asked.length === 4;
  });
  expect(asked[0]).toMatchObject({ path: "/enrich/a%20b", headers: { "x-key": "secret" } });
  expect(JSON.parse(asked[0]!.body)).toMatchObject({ body: '{"id":"a b"}', eventSource: "aws:sqs" });
  expect(asked[3]).toMatchObject({ path: "/target?who=Ann", headers: { "x-key": "secret", "x-static": "1", "x-path": "$.who" }, body: '{"hello":"Ann"}' });
  await eventually("it is deleted", async () => {
    const { Attributes } = await sqs().send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }));
    return Attributes!["ApproximateNumberOfMessages"] === "0" && Attributes!["ApproximateNumberOfMessagesNotVisible"] === "0";
  });
  events.destroy();
  server.closeAllConnections();
  server.close();
});
