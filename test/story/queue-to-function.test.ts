import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { AttachRolePolicyCommand, DetachRolePolicyCommand } from "@aws-sdk/client-iam";
import { CreateEventSourceMappingCommand, DeleteEventSourceMappingCommand, GetEventSourceMappingCommand, UpdateEventSourceMappingCommand, type CreateEventSourceMappingCommandInput } from "@aws-sdk/client-lambda";
import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageBatchCommand, SendMessageCommand } from "@aws-sdk/client-sqs";
import { expect, it } from "vitest";
import { fetchStories } from "../../src/cli/commands/why.ts";
import { callPlatform } from "../../src/cli/platform-client.ts";
import { clientsOf, type Clients } from "../support/clients.ts";
import { createFunction, createRole } from "../support/functions.ts";
import { startServer, type RunningServer } from "../support/server.ts";
import { eventually } from "../support/temporary.ts";

interface SqsRecord {
  messageId: string;
  body: string;
  attributes: Record<string, string>;
}

const ACCOUNT = "000000000000";
const QUEUE_ROLE = "arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole";
const arnOf = (queue: string) => `arn:aws:sqs:us-east-1:${ACCOUNT}:${queue}`;

const PYTHON = `
import json
def handler(event, context):
    print("GOT " + json.dumps(event))
    failed = [r["messageId"] for r in event["Records"] if "fail" in r["body"]]
    return {"batchItemFailures": [{"itemIdentifier": id} for id in failed]}
`;
const NODE = `
export const handler = async (event) => {
  console.log("GOT " + JSON.stringify(event));
  if (event.Records.some(({ body }) => body.includes("throw"))) throw new Error("as it was told");
};
`;

const withRole = async (clients: Clients): Promise<string> => {
  const Role = await createRole(clients, "consumer");
  await clients.iam.send(new AttachRolePolicyCommand({ RoleName: "consumer", PolicyArn: QUEUE_ROLE }));
  return Role;
};
const createQueue = async ({ sqs }: Clients, QueueName: string, Attributes: Record<string, string> = {}): Promise<string> => (await sqs.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl!;
const map = async ({ lambda }: Clients, input: Omit<CreateEventSourceMappingCommandInput, "EventSourceArn"> & { queue: string }): Promise<string> => {
  const { queue, ...rest } = input;
  const { UUID } = await lambda.send(new CreateEventSourceMappingCommand({ EventSourceArn: arnOf(queue), ...rest }));
  await eventually("the mapping is enabled", async () => (await lambda.send(new GetEventSourceMappingCommand({ UUID }))).State === "Enabled");
  return UUID!;
};
/** The records that a function was given, oldest first. */
const given = async ({ logs }: Clients, name: string): Promise<SqsRecord[][]> => {
  const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}`, filterPattern: "GOT" })).catch(() => ({ events: [] }));
  return events.map(({ message }) => (JSON.parse(message!.slice(message!.indexOf("GOT ") + 4)) as { Records: SqsRecord[] }).Records);
};
const client = ({ endpoint }: RunningServer) => ({ endpoint, region: "us-east-1", account: undefined });
const lambdad = (server: RunningServer, path: string, body: object) => callPlatform(client(server), "POST", path, body);

it("a message goes to a Python function, its failures come back until the dead-letter queue, and the ledger tells of each hop", async () => {
  const server = await startServer();
  const clients = clientsOf(server.endpoint);
  const Role = await withRole(clients);
  await createFunction(clients, { FunctionName: "worker", Role, Runtime: "python3.11", files: { "app.py": PYTHON } });
  const dead = await createQueue(clients, "dead");
  const jobs = await createQueue(clients, "jobs", { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arnOf("dead"), maxReceiveCount: 2 }) });
  await map(clients, { queue: "jobs", FunctionName: "worker", FunctionResponseTypes: ["ReportBatchItemFailures"], FilterCriteria: { Filters: [{ Pattern: JSON.stringify({ body: [{ "anything-but": "noise" }] }) }] } });

  const { Successful } = await clients.sqs.send(new SendMessageBatchCommand({
    QueueUrl: jobs,
    Entries: [
      { Id: "a", MessageBody: "fine", MessageAttributes: { colour: { DataType: "String", StringValue: "blue" }, raw: { DataType: "Binary", BinaryValue: Buffer.from("abc") } } },
      { Id: "b", MessageBody: "fail" }, { Id: "c", MessageBody: "noise" },
    ],
  }));
  const idOf = (id: string) => Successful!.find(({ Id }) => Id === id)!.MessageId!;
  const first = await eventually("the function is given the batch", async () => {
    const records = (await given(clients, "worker")).flat();
    return records.length >= 2 ? records : undefined;
  });
  expect(first.map(({ body }) => body).toSorted()).toEqual(["fail", "fine"]);
  const record = first.find(({ body }) => body === "fine")!;
  expect(record).toEqual({
    messageId: idOf("a"), receiptHandle: expect.any(String), body: "fine",
    attributes: { ApproximateReceiveCount: "1", SentTimestamp: expect.stringMatching(/^\d{13}$/), SenderId: ACCOUNT, ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/) },
    messageAttributes: {
      colour: { stringValue: "blue", stringListValues: [], binaryListValues: [], dataType: "String" },
      raw: { binaryValue: "YWJj", stringListValues: [], binaryListValues: [], dataType: "Binary" },
    },
    md5OfMessageAttributes: expect.stringMatching(/^[0-9a-f]{32}$/), md5OfBody: expect.stringMatching(/^[0-9a-f]{32}$/),
    eventSource: "aws:sqs", eventSourceARN: arnOf("jobs"), awsRegion: "us-east-1",
  });
  await eventually("all but the failure are deleted", async () => {
    const { Attributes } = await clients.sqs.send(new GetQueueAttributesCommand({ QueueUrl: jobs, AttributeNames: ["All"] }));
    return Attributes!["ApproximateNumberOfMessages"] === "0" && Attributes!["ApproximateNumberOfMessagesNotVisible"] === "1";
  });

  await lambdad(server, "clock", { advance: "31s" });
  await eventually("the failure is given again", async () => (await given(clients, "worker")).flat().some(({ body, attributes }) => body === "fail" && attributes.ApproximateReceiveCount === "2"));
  await lambdad(server, "drain", { timeout: "10s" });
  await lambdad(server, "clock", { advance: "31s" });
  const { Messages = [] } = await clients.sqs.send(new ReceiveMessageCommand({ QueueUrl: dead, WaitTimeSeconds: 10 }));
  expect(Messages.map(({ Body, MessageId }) => [Body, MessageId])).toEqual([["fail", idOf("b")]]);

  const story = async (id: string) => (await fetchStories(client(server), id)).flatMap(({ entries }) => entries.map(({ summary }) => summary));
  expect(await story(idOf("a"))).toEqual(expect.arrayContaining([expect.stringMatching(/received for worker/), expect.stringMatching(/worker ran in/), expect.stringMatching(/worker has taken .*: deleted from jobs/)]));
  expect(await story(idOf("b"))).toEqual(expect.arrayContaining([expect.stringMatching(/worker has not taken .*Back in jobs after the visibility timeout/)]));
  expect(await story(idOf("c"))).toEqual(expect.arrayContaining([expect.stringMatching(/no filter of the mapping matches .*not for worker, and to be deleted/)]));
});

const LOOP = `
import { SQSClient, SendMessageCommand } from "@aws-sdk/client-sqs";
const sqs = new SQSClient({});
export const handler = async (event) => {
  for (const { body } of event.Records) {
    console.log("GOT " + JSON.stringify(event));
    await sqs.send(new SendMessageCommand({ QueueUrl: process.env.QUEUE_URL, MessageBody: String(Number(body) + 1) }));
  }
};
`;

it("a function that sends to its own queue is stopped in its seventeenth round", async () => {
  const server = await startServer();
  const clients = clientsOf(server.endpoint);
  const Role = await withRole(clients);
  await clients.iam.send(new AttachRolePolicyCommand({ RoleName: "consumer", PolicyArn: "arn:aws:iam::aws:policy/AmazonSQSFullAccess" }));
  const queue = await createQueue(clients, "loop");
  await createFunction(clients, { FunctionName: "loop", Role, Runtime: "nodejs24.x", Handler: "index.handler", Timeout: 20, MemorySize: 512, Environment: { Variables: { QUEUE_URL: queue } }, files: { "index.mjs": LOOP } });
  await map(clients, { queue: "loop", FunctionName: "loop" });
  const { MessageId } = await clients.sqs.send(new SendMessageCommand({ QueueUrl: queue, MessageBody: "1" }));
  await eventually("sixteen rounds", async () => (await given(clients, "loop")).length >= 16);
  await lambdad(server, "drain", { timeout: "20s" });
  expect((await given(clients, "loop")).flat().map(({ body }) => Number(body))).toEqual(Array.from({ length: 16 }, (_, index) => index + 1));
  const { Attributes } = await clients.sqs.send(new GetQueueAttributesCommand({ QueueUrl: queue, AttributeNames: ["All"] }));
  expect(Attributes).toMatchObject({ ApproximateNumberOfMessages: "0", ApproximateNumberOfMessagesNotVisible: "1" });
  const stories = await fetchStories(client(server), MessageId!);
  expect(stories.flatMap(({ entries }) => entries.map(({ summary }) => summary))).toContainEqual(expect.stringMatching(/loop has not taken .*it could not be run \(RecursiveInvocationException\)/));
});

it("a FIFO queue's groups go to a Node.js function in their order; the mapping is there again after a kill -9, and follows its role, its settings and its end", async () => {
  const server = await startServer();
  const clients = clientsOf(server.endpoint);
  const Role = await withRole(clients);
  await createFunction(clients, { FunctionName: "ordered", Role, Runtime: "nodejs24.x", Handler: "index.handler", files: { "index.mjs": NODE } });
  const queue = await createQueue(clients, "steps.fifo", { FifoQueue: "true", ContentBasedDeduplication: "true" });
  const UUID = await map(clients, { queue: "steps.fifo", FunctionName: "ordered", BatchSize: 3 });
  const send = (MessageBody: string, to = clients) => to.sqs.send(new SendMessageCommand({ QueueUrl: queue.replace(server.endpoint, "http://ignored"), MessageBody, MessageGroupId: "g" }));
  for (let step = 1; step <= 7; step++) await send(`step ${step}`);
  const bodies = async (of = clients) => (await given(of, "ordered")).flat().map(({ body }) => body);
  await eventually("all steps", async () => (await bodies()).length >= 7);
  expect(await bodies()).toEqual([1, 2, 3, 4, 5, 6, 7].map((step) => `step ${step}`));
  expect((await given(clients, "ordered"))[0]![0]!.attributes).toMatchObject({ MessageGroupId: "g", SequenceNumber: expect.stringMatching(/^\d{20}$/), MessageDeduplicationId: expect.any(String) });

  await server.kill();
  const again = await startServer({ dataDirectory: server.dataDirectory });
  const after = clientsOf(again.endpoint);
  await send("after the crash", after);
  await eventually("it goes on", async () => (await bodies(after)).includes("after the crash"));
  const left = async () => (await after.sqs.send(new GetQueueAttributesCommand({ QueueUrl: queue.replace(server.endpoint, "http://ignored"), AttributeNames: ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] }))).Attributes!;
  // Else it is the deletion that the role may no more.
  await eventually("the message is deleted", async () => Object.values(await left()).every((count) => count === "0"));

  await after.iam.send(new DetachRolePolicyCommand({ RoleName: "consumer", PolicyArn: QUEUE_ROLE }));
  await after.lambda.send(new UpdateEventSourceMappingCommand({ UUID, BatchSize: 2 }));
  await eventually("the role may no more", async () => (await after.lambda.send(new GetEventSourceMappingCommand({ UUID }))).LastProcessingResult?.startsWith("PROBLEM: The function's execution role does not have permissions to call ReceiveMessage on SQS"));
  await send("held back", after);
  await after.iam.send(new AttachRolePolicyCommand({ RoleName: "consumer", PolicyArn: QUEUE_ROLE }));
  await eventually("the role may again", async () => {
    await lambdad(again, "clock", { advance: "1m" });
    return (await bodies(after)).includes("held back");
  });
  expect((await after.lambda.send(new GetEventSourceMappingCommand({ UUID }))).LastProcessingResult).toBeUndefined();

  await after.lambda.send(new DeleteEventSourceMappingCommand({ UUID }));
  await eventually("it is gone", async () => (await after.lambda.send(new GetEventSourceMappingCommand({ UUID })).catch((error: Error) => error.name)) === "ResourceNotFoundException");
  await send("too late", after);
  expect((await after.sqs.send(new ReceiveMessageCommand({ QueueUrl: queue.replace(server.endpoint, "http://ignored"), WaitTimeSeconds: 5 }))).Messages?.map(({ Body }) => Body)).toEqual(["too late"]);
});
