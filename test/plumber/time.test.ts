import { PutRolePolicyCommand, CreateRoleCommand } from "@aws-sdk/client-iam";
import { AddPermissionCommand, CreateEventSourceMappingCommand, GetEventSourceMappingCommand } from "@aws-sdk/client-lambda";
import { CreateLogGroupCommand, FilterLogEventsCommand, PutSubscriptionFilterCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CreatePipeCommand, DescribePipeCommand, PipesClient } from "@aws-sdk/client-pipes";
import { CreateScheduleCommand, DeleteScheduleCommand, SchedulerClient } from "@aws-sdk/client-scheduler";
import { CloudWatchClient, PutMetricAlarmCommand, PutMetricDataCommand } from "@aws-sdk/client-cloudwatch";
import { CreateTopicCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageBatchCommand, SendMessageCommand, SetQueueAttributesCommand, StartMessageMoveTaskCommand } from "@aws-sdk/client-sqs";
import { beforeAll, describe, expect, it } from "vitest";
import { join } from "node:path";
import { callPlatform } from "../../src/cli/platform-client.ts";
import { createClock } from "../../src/kit/clock.ts";
import { createPlatformTime } from "../../src/platform-time.ts";
import { stateMigrations } from "../../src/store/migrations/index.ts";
import { createSqliteStore } from "../../src/store/sqlite.ts";
import { createFunction, createRole } from "../support/functions.ts";
import { openPlatform, usePlatform } from "../support/platform.ts";
import { eventually, temporaryDirectory } from "../support/temporary.ts";

const platform = usePlatform();
const ACCOUNT = "000000000000";
const MINUTE_MS = 60_000;

const common = () => ({ endpoint: platform.endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 });
const ask = (method: "GET" | "POST", path: string, body?: object, expected: readonly number[] = []) => callPlatform({ endpoint: platform.endpoint, region: "us-east-1", account: undefined }, method, path, body as never, expected as never);
const advance = async (duration: string) => (await ask("POST", "clock", { advance: duration })).body as { now: string; fired: { name: string; at: number }[] };
const drain = async (timeout = "20s") => (await ask("POST", "drain", { timeout }, [408])).body as { isQuiet: boolean; left: Record<string, number> };
const now = async () => Date.parse(((await ask("GET", "clock")).body as { now: string }).now);

const roleOf = async (RoleName: string, service: string, Action: string[]) => {
  const { iam } = platform.clients;
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" }] }) }));
  await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: "p", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource: "*" }] }) }));
  return Role!.Arn!;
};
const queueOf = async (QueueName: string, Attributes: Record<string, string> = {}) => {
  const { QueueUrl } = await platform.clients.sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
  return { url: QueueUrl!, arn: `arn:aws:sqs:us-east-1:${ACCOUNT}:${QueueName}` };
};
const PRINT = "import json\ndef handler(event, context):\n  for r in event['Records']:\n    print('GOT', json.dumps([r['body'], r['attributes']]), flush=True)\n";

interface Got {
  body: string;
  sent: number;
  received: number;
  count: number;
}
const gotBy = async (name: string): Promise<Got[]> => {
  const { events = [] } = await platform.clients.logs.send(new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}`, filterPattern: "GOT", limit: 10_000 })).catch(() => ({ events: [] }));
  return events.map(({ message }) => {
    const [body, attributes] = JSON.parse(message!.slice(message!.indexOf("["))) as [string, Record<string, string>];
    return { body, sent: Number(attributes["SentTimestamp"]), received: Number(attributes["ApproximateFirstReceiveTimestamp"]), count: Number(attributes["ApproximateReceiveCount"]) };
  });
};
/** A queue, and a function of the same name that prints what is in it. */
const mapped = async (name: string, { files = { "app.py": PRINT }, attributes = {}, ...mapping }: { files?: Record<string, string>; attributes?: Record<string, string> } & Partial<ConstructorParameters<typeof CreateEventSourceMappingCommand>[0]> = {}) => {
  const { iam, lambda } = platform.clients;
  const queue = await queueOf(attributes["FifoQueue"] === "true" ? `${name}.fifo` : name, attributes);
  const Role = await createRole(platform.clients, name);
  await iam.send(new PutRolePolicyCommand({ RoleName: name, PolicyName: "p", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "sqs:*", Resource: "*" }] }) }));
  await createFunction(platform.clients, { FunctionName: name, Role, files });
  const { UUID } = await lambda.send(new CreateEventSourceMappingCommand({ FunctionName: name, EventSourceArn: queue.arn, ...mapping }));
  await eventually("it is enabled", async () => (await lambda.send(new GetEventSourceMappingCommand({ UUID }))).State === "Enabled");
  return queue;
};

let scheduler: SchedulerClient;
let sender: string;
beforeAll(async () => {
  scheduler = new SchedulerClient(common());
  sender = await roleOf("sender", "scheduler.amazonaws.com", ["sqs:SendMessage"]);
});
const everyMinute = (Name: string, Arn: string) =>
  scheduler.send(new CreateScheduleCommand({ Name, ScheduleExpression: "rate(1 minute)", FlexibleTimeWindow: { Mode: "OFF" }, Target: { Arn, RoleArn: sender, Input: "<aws.scheduler.scheduled-time>" } }));

describe("an advance of the clock", () => {
  it("waits for a mapping: what a schedule sends each minute has been received, and its function run, in that minute", async () => {
    const { arn } = await mapped("each-minute");
    const from = await now();
    await everyMinute("each-minute", arn);
    await advance("61m");
    await scheduler.send(new DeleteScheduleCommand({ Name: "each-minute" }));
    expect(await drain()).toMatchObject({ isQuiet: true });
    const got = await gotBy("each-minute");
    for (const { body, received } of got) expect(received - Date.parse(body)).toBeLessThan(MINUTE_MS);
    expect(new Set(got.map(({ received }) => Math.floor((received - from) / MINUTE_MS))).size).toBeGreaterThanOrEqual(61);
    expect(got.every(({ count }) => count === 1)).toBe(true);
  }, 60_000);

  it("waits for a batch when a message's delay ends, and its visibility timeout", async () => {
    const { url } = await mapped("delayed", { attributes: { VisibilityTimeout: "120" }, files: { "app.py": `${PRINT}  if int(r['attributes']['ApproximateReceiveCount']) < 3: raise Exception('not yet')\n` } });
    const sent = await now();
    await platform.clients.sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: "later", DelaySeconds: 600 }));
    await advance("20m");
    await drain();
    const got = await gotBy("delayed");
    expect(got.map(({ count }) => count)).toEqual([1, 2, 3]);
    expect(got[0]!.received - sent).toBeGreaterThanOrEqual(10 * MINUTE_MS);
    expect(got[0]!.received - sent).toBeLessThan(11 * MINUTE_MS);
  });

  it("waits for a pipe, its enrichment that takes its time, and the mapping behind it", async () => {
    const target = await mapped("behind-pipe");
    const source = await queueOf("pipe-source");
    const pipes = new PipesClient(common());
    const RoleArn = await roleOf("piper", "pipes.amazonaws.com", ["sqs:*", "lambda:InvokeFunction"]);
    const Enrichment = await createFunction(platform.clients, { FunctionName: "slow", Role: await createRole(platform.clients, "slow"), files: { "app.py": "import time\ndef handler(event, context):\n  time.sleep(0.1)\n  return event\n" } });
    await pipes.send(new CreatePipeCommand({ Name: "minutes", Source: source.arn, Target: target.arn, Enrichment, RoleArn }));
    await eventually("it runs", async () => (await pipes.send(new DescribePipeCommand({ Name: "minutes" }))).CurrentState === "RUNNING");
    await everyMinute("piped", source.arn);
    await advance("10m");
    await scheduler.send(new DeleteScheduleCommand({ Name: "piped" }));
    await drain();
    const got = await gotBy("behind-pipe");
    expect(got.length).toBeGreaterThanOrEqual(10);
    for (const { body, received } of got) expect(received - Date.parse((JSON.parse(body) as { body: string }).body)).toBeLessThan(MINUTE_MS);
  });

  it("waits for the lines that a function prints, and for who subscribes to them", async () => {
    const { clients } = platform;
    const { arn } = await mapped("printer");
    const reader = await createFunction(clients, { FunctionName: "reader", Role: await createRole(clients, "reader"), files: { "app.py": "import base64,gzip,json\ndef handler(event, context):\n  for e in json.loads(gzip.decompress(base64.b64decode(event['awslogs']['data'])))['logEvents']:\n    print('READ', e['message'])\n" } });
    await clients.logs.send(new CreateLogGroupCommand({ logGroupName: "/aws/lambda/printer" }));
    await clients.lambda.send(new AddPermissionCommand({ FunctionName: "reader", StatementId: "logs", Action: "lambda:InvokeFunction", Principal: "logs.amazonaws.com" }));
    await clients.logs.send(new PutSubscriptionFilterCommand({ logGroupName: "/aws/lambda/printer", filterName: "f", filterPattern: "GOT", destinationArn: reader }));
    await everyMinute("printed", arn);
    await advance("5m");
    await scheduler.send(new DeleteScheduleCommand({ Name: "printed" }));
    await drain();
    // In one minute after the other: else several lines would have come in one event.
    const { events = [] } = await clients.logs.send(new FilterLogEventsCommand({ logGroupName: "/aws/lambda/reader", filterPattern: "START" }));
    expect(events.length).toBeGreaterThanOrEqual(5);
  });

  it("waits for alarms, and for what they tell", async () => {
    const { sqs } = platform.clients;
    const sns = new SNSClient(common());
    const { arn, url } = await mapped("alarmed");
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { Policy: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "sns.amazonaws.com" }, Action: "sqs:SendMessage", Resource: arn }] }) } }));
    const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: "alarmed" }));
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: arn, Attributes: { RawMessageDelivery: "true" } }));
    const watch = new CloudWatchClient(common());
    await watch.send(new PutMetricAlarmCommand({
      AlarmName: "a", Namespace: "own", MetricName: "m", Statistic: "Sum", Period: 60, EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: "GreaterThanOrEqualToThreshold", TreatMissingData: "notBreaching",
      AlarmActions: [TopicArn!], OKActions: [TopicArn!],
    }));
    await watch.send(new PutMetricDataCommand({ Namespace: "own", MetricData: [{ MetricName: "m", Value: 1, Timestamp: new Date(await now()) }] }));
    await advance("5m");
    await drain();
    const told = (await gotBy("alarmed")).map(({ body, received }) => ({ ...(JSON.parse(body) as { NewStateValue: string; StateChangeTime: string }), received }));
    expect(told.map(({ NewStateValue }) => NewStateValue)).toEqual(["ALARM", "OK"]);
    for (const { StateChangeTime, received } of told) expect(received - Date.parse(StateChangeTime)).toBeLessThan(MINUTE_MS);
  });

  it("ends where it is when the server is closed, which it does not hold up", async () => {
    const opened = await openPlatform();
    const client = new SchedulerClient({ ...common(), endpoint: opened.endpoint });
    const { Role } = await opened.clients.iam.send(new CreateRoleCommand({ RoleName: "r", AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "scheduler.amazonaws.com" }, Action: "sts:AssumeRole" }] }) }));
    await client.send(new CreateScheduleCommand({ Name: "s", ScheduleExpression: "rate(1 minute)", FlexibleTimeWindow: { Mode: "OFF" }, Target: { Arn: `arn:aws:sqs:us-east-1:${ACCOUNT}:none`, RoleArn: Role!.Arn } }));
    const at = { endpoint: opened.endpoint, region: "us-east-1", account: undefined };
    const place = async () => Date.parse(((await callPlatform(at, "GET", "clock")).body as { now: string }).now);
    const from = await place();
    const moving = callPlatform(at, "POST", "clock", { advance: "3660d" }).then(() => "it came to its end", (error: Error) => error.message);
    await eventually("it moves", async () => (await place()) > from + 5 * MINUTE_MS);
    await opened.close();
    expect(await moving).not.toBe("it came to its end");
  });

  it("is not held up by a batch that waits for the clock itself", async () => {
    const { url } = await mapped("windowed", { MaximumBatchingWindowInSeconds: 300, BatchSize: 100 });
    await platform.clients.sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: "alone" }));
    await eventually("it is being gathered", async () => (await drain("100ms")).left["batches"] === 1);
    const began = performance.now();
    await advance("6m");
    expect(performance.now() - began).toBeLessThan(4_000);
    expect(await drain()).toMatchObject({ isQuiet: true, left: { batches: 0 } });
    expect(await gotBy("windowed")).toMatchObject([{ body: "alone" }]);
  });

  it("several at once move it one after the other", async () => {
    const before = await now();
    const moved = await Promise.all([advance("1h"), advance("2h"), advance("3h")]);
    expect(moved.map((one) => Math.floor((Date.parse(one.now) - before) / (60 * MINUTE_MS)))).toEqual([1, 3, 6]);
    expect((await ask("POST", "clock", { advance: "0s" })).status).toBe(200);
  });

  it("keeps whole milliseconds", async () => {
    await advance("1.5ms");
    await advance("1.005s");
    const { url } = await queueOf("whole");
    await platform.clients.sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody: "x" }));
    const { Messages } = await platform.clients.sqs.send(new ReceiveMessageCommand({ QueueUrl: url, MessageSystemAttributeNames: ["SentTimestamp"] }));
    expect(Messages![0]!.Attributes!["SentTimestamp"]).toMatch(/^\d+$/);
  });
});

describe("a drain", () => {
  it("is not over while a batch is gathered, or messages are moved, and says so", async () => {
    const { sqs } = platform.clients;
    const dead = await queueOf("moved-dead");
    await queueOf("moved-source", { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 1 }) });
    const target = await queueOf("moved-target");
    for (let n = 0; n < 3; n++) await sqs.send(new SendMessageBatchCommand({ QueueUrl: dead.url, Entries: Array.from({ length: 10 }, (_, i) => ({ Id: String(i), MessageBody: String(i) })) }));
    await sqs.send(new StartMessageMoveTaskCommand({ SourceArn: dead.arn, DestinationArn: target.arn, MaxNumberOfMessagesPerSecond: 1 }));
    expect(await drain("50ms")).toMatchObject({ isQuiet: false, left: { due: 1 } });
    await advance("1m");
    expect(await drain()).toMatchObject({ isQuiet: true, left: { due: 0 } });
    expect((await sqs.send(new GetQueueAttributesCommand({ QueueUrl: target.url, AttributeNames: ["ApproximateNumberOfMessages"] }))).Attributes).toMatchObject({ ApproximateNumberOfMessages: "30" });
  });

  it("counts no message that no mapping can take: one that stands in a FIFO queue behind what has failed", async () => {
    const { url } = await mapped("in-order", { attributes: { FifoQueue: "true", ContentBasedDeduplication: "true", VisibilityTimeout: "3600" }, BatchSize: 1, files: { "app.py": `${PRINT}  raise Exception('no')\n` } });
    for (const MessageBody of ["first", "behind"]) await platform.clients.sqs.send(new SendMessageCommand({ QueueUrl: url, MessageBody, MessageGroupId: "g" }));
    await eventually("it has failed", async () => (await gotBy("in-order")).length === 1);
    expect(await drain()).toMatchObject({ isQuiet: true, left: { messages: 0 } });
    expect((await platform.clients.sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["ApproximateNumberOfMessages"] }))).Attributes).toMatchObject({ ApproximateNumberOfMessages: "1" });
  });
});

describe("the clock's place", () => {
  const at = (endpoint: string) => ({
    ask: async (method: "GET" | "POST", path: string, body?: object) => (await callPlatform({ endpoint, region: "us-east-1", account: undefined }, method, path, body as never)).body as { now: string; aheadMs: number; clock: { aheadMs: number } },
  });

  it("outlives a restart, and is given back by a reset and another one", async () => {
    const directory = temporaryDirectory();
    const first = await openPlatform({ directory });
    expect((await at(first.endpoint).ask("GET", "health")).clock.aheadMs).toBe(0);
    const { now: moved } = await at(first.endpoint).ask("POST", "clock", { advance: "6h" });
    await first.close();

    const second = await openPlatform({ directory });
    const there = await at(second.endpoint).ask("GET", "clock");
    expect(Date.parse(there.now)).toBeGreaterThanOrEqual(Date.parse(moved));
    expect(there.aheadMs).toBeGreaterThan(5.9 * 60 * MINUTE_MS);
    expect((await at(second.endpoint).ask("GET", "health")).clock.aheadMs).toBe(there.aheadMs);
    // What runs never sees time go back.
    expect((await at(second.endpoint).ask("POST", "clock", { reset: true })).aheadMs).toBe(there.aheadMs);
    await second.close();

    const third = await openPlatform({ directory });
    expect((await at(third.endpoint).ask("GET", "clock")).aheadMs).toBe(0);
    await third.close();
  });

  it("has an end: years have four digits", async () => {
    const store = createSqliteStore({ path: join(temporaryDirectory(), "state.db"), migrations: stateMigrations, onSyncFailure: (error) => { throw error; } });
    const time = createPlatformTime({ store, clock: createClock(Date.UTC(9999, 11, 31)), workers: [] });
    await time.advance(12 * 60 * MINUTE_MS);
    await expect(time.advance(12 * 60 * MINUTE_MS)).rejects.toThrow("beyond the year 9999");
    await store.close();
  });
});
