import { AttachRolePolicyCommand, IAMClient } from "@aws-sdk/client-iam";
import { CloudWatchClient, GetMetricStatisticsCommand } from "@aws-sdk/client-cloudwatch";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CreateEventSourceMappingCommand, GetEventSourceMappingCommand, UpdateEventSourceMappingCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageBatchCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { setTimeout as sleep } from "node:timers/promises";
import { startGenerator } from "./generator.ts";
import { GOALS } from "./goals.ts";
import { invokeRequest } from "./invoke-request.ts";
import { clientOf, createMaker } from "./maker.ts";
import { interpreterOf } from "./programs/runtimes.ts";
import { beginBlock, differenceOf, ratioOf, type Pair } from "./results.ts";
import { runAlone, type Bench } from "./run-alone.ts";
import { median, percentile } from "./statistics.ts";

const BATCH = 10;
const IN_FLIGHT = 5;
const DRAIN_BLOCKS = 5;
const MESSAGE = "m".repeat(100);
/** Longer than what a poller of this machine needs for all it does with one message: the next meets an idle queue. */
const PAUSE_MS = 20;
/** Each look costs the server something, too. */
const LOOK_MS = 50;
const HOUR_MS = 3_600_000;

/** Tells when it was given what: only for messages that ask for it, as log lines cost. */
const HANDLER = `
export const handler = async (event) => {
  const at = performance.timeOrigin + performance.now();
  for (const { body, messageId } of event.Records ?? []) if (body.startsWith("tell")) console.log("AT " + messageId + " " + at);
  return { id: event.id, isFirst: false, records: (event.Records ?? []).length };
};
`;

const connectionOf = (endpoint: string) => ({ endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } });

const settled = async (lambda: LambdaClient, UUID: string | undefined): Promise<void> => {
  while (!(await lambda.send(new GetEventSourceMappingCommand({ UUID }))).State!.endsWith("abled"));
};

const open = async (endpoint: string) => {
  const [lambda, sqs, logs, maker] = [clientOf(endpoint), new SQSClient(connectionOf(endpoint)), new CloudWatchLogsClient(connectionOf(endpoint)), await createMaker(endpoint)];
  await new IAMClient(connectionOf(endpoint)).send(new AttachRolePolicyCommand({ RoleName: "bench", PolicyArn: "arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole" }));
  const { runtime } = (await interpreterOf(endpoint, "nodejs24"))!;
  const name = await maker.make({ name: "consumer", runtime, handler: "app.handler", files: { "app.mjs": { content: HANDLER } } });
  const map = async (queue: string, Enabled: boolean) => {
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: queue, Attributes: { VisibilityTimeout: "300" } }));
    const { UUID } = await lambda.send(new CreateEventSourceMappingCommand({ FunctionName: name, EventSourceArn: `arn:aws:sqs:us-east-1:000000000000:${queue}`, BatchSize: BATCH, Enabled, MetricsConfig: { Metrics: ["EventCount"] } }));
    await settled(lambda, UUID);
    return { QueueUrl, UUID };
  };
  const left = async (QueueUrl: string | undefined) => {
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] }));
    return Number(Attributes!["ApproximateNumberOfMessages"]) + Number(Attributes!["ApproximateNumberOfMessagesNotVisible"]);
  };
  /** Throws unless each message was received, handled and deleted once. */
  const checkCounts = async (UUID: string | undefined, messages: number) => {
    const [cloudwatch, now] = [new CloudWatchClient(connectionOf(endpoint)), Date.now()];
    for (const MetricName of ["PolledEventCount", "InvokedEventCount", "DeletedEventCount"]) {
      const { Datapoints = [] } = await cloudwatch.send(
        new GetMetricStatisticsCommand({ Namespace: "AWS/Lambda", MetricName, Dimensions: [{ Name: "EventSourceMappingUUID", Value: UUID }], StartTime: new Date(now - HOUR_MS), EndTime: new Date(now + HOUR_MS), Period: 2 * HOUR_MS / 1_000, Statistics: ["Sum"] }),
      );
      const counted = Datapoints.reduce((sum, { Sum = 0 }) => sum + Sum, 0);
      if (counted !== messages) throw new Error(`${messages} messages were sent, and ${MetricName} is ${counted}`);
    }
  };
  return { lambda, sqs, logs, name, map, left, checkCounts };
};

/** Messages per second that a function takes out of a queue, over what it could be given by Invoke: as many invocations, ten messages each. */
export const measureQueueDrain: Bench = async (server, isolation, { isQuick }) => {
  const count = isQuick ? 2_000 : 20_000;
  const { lambda, sqs, name, map, left, checkCounts } = await open(server.endpoint);
  const { QueueUrl, UUID } = await map("drain", false);
  const generator = startGenerator();
  const Entries = Array.from({ length: BATCH }, (_, index) => ({ Id: String(index), MessageBody: MESSAGE }));
  const records = Array.from({ length: BATCH }, () => ({ messageId: "00000000-0000-0000-0000-000000000000", receiptHandle: MESSAGE, body: MESSAGE, attributes: {}, messageAttributes: {} }));
  const request = invokeRequest(server.endpoint, name, JSON.stringify({ id: "x", Records: records }));
  const expected = [Buffer.from(JSON.stringify({ id: "x", isFirst: false, records: BATCH }))];

  const drain = async (): Promise<number> => {
    for (let sent = 0; sent < count; sent += BATCH * 20) await Promise.all(Array.from({ length: 20 }, () => sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }))));
    await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: true }));
    while ((await left(QueueUrl)) === count) await sleep(1);
    const began = performance.now();
    const first = await left(QueueUrl);
    while ((await left(QueueUrl)) > 0) await sleep(LOOK_MS);
    const perSecond = (first / (performance.now() - began)) * 1_000;
    await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }));
    await settled(lambda, UUID);
    return perSecond;
  };
  const invoke = async (): Promise<number> => {
    const { latencies, elapsedMs } = await generator.run({ host: server.host, port: server.port, request, expected, connections: IN_FLIGHT, milliseconds: isQuick ? 300 : 2_000 });
    return ((latencies.length * BATCH) / elapsedMs) * 1_000;
  };

  const blocks: Pair[] = [];
  try {
    await invoke();
    await drain();
    for (let block = 0; block < DRAIN_BLOCKS; block++) {
      beginBlock(`queue to function, ${isolation}`, block, DRAIN_BLOCKS);
      blocks.push({ ours: await drain(), theirs: await invoke() });
    }
    await checkCounts(UUID, (DRAIN_BLOCKS + 1) * count);
  } finally {
    generator.stop();
  }
  return [ratioOf({ name: `queue to function, messages per second, ${BATCH} in a batch`, isolation, baseline: `messages given by Invoke, ${BATCH} in an event, ${IN_FLIGHT} in flight`, goal: GOALS.queueDrain }, blocks, { "lambdad per s": Math.round(median(blocks.map(({ ours }) => ours))), "Invoke per s": Math.round(median(blocks.map(({ theirs }) => theirs))) })];
};

/** From the answer to SendMessage to the first line of the handler, of a queue that has nothing else. */
export const measureQueueLatency: Bench = async (server, isolation, { isQuick }) => {
  const count = isQuick ? 50 : 400;
  const { sqs, logs, name, map } = await open(server.endpoint);
  const { QueueUrl } = await map("idle", true);
  const answered = new Map<string, number>();
  for (let index = 0; index < count; index++) {
    const { MessageId } = await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: `tell ${index}` }));
    answered.set(MessageId!, performance.timeOrigin + performance.now());
    await sleep(PAUSE_MS);
  }
  const given = new Map<string, number>();
  for (let nextToken: string | undefined, look = 0; given.size < count; look++) {
    if (look > 1_000) throw new Error(`${count} messages were sent, ${given.size} came`);
    const page = await logs.send(new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}`, filterPattern: "AT", ...(nextToken === undefined ? {} : { nextToken }) }));
    for (const { message } of page.events ?? []) {
      const [, id, at] = /AT (\S+) (\S+)/.exec(message!) ?? [];
      if (id !== undefined) given.set(id, Number(at));
    }
    nextToken = page.nextToken;
  }
  // The first ones had no environment, or a cold one.
  const latencies = [...answered].slice(count / 10).map(([id, at]) => given.get(id)! - at);
  const of = (part: number) => percentile(latencies, part);
  const about = { isolation, baseline: "the answer to SendMessage" };
  return [
    differenceOf({ ...about, name: "queue to function, handler's first line, p50", goal: GOALS.queueLatencyP50 }, "ms", [{ ours: of(0.5), theirs: 0 }], { messages: latencies.length }),
    differenceOf({ ...about, name: "queue to function, handler's first line, p99", goal: GOALS.queueLatencyP99 }, "ms", [{ ours: of(0.99), theirs: 0 }], { messages: latencies.length }),
  ];
};

export const queueToFunctionBenches = { "queue-drain": measureQueueDrain, "queue-latency": measureQueueLatency };

if (import.meta.main) await runAlone(queueToFunctionBenches);
