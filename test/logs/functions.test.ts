import { GetMetricStatisticsCommand } from "@aws-sdk/client-cloudwatch";
import { CreateLogGroupCommand, CreateLogStreamCommand, DeleteSubscriptionFilterCommand, FilterLogEventsCommand, PutLogEventsCommand, PutSubscriptionFilterCommand } from "@aws-sdk/client-cloudwatch-logs";
import { AddPermissionCommand, CreateAliasCommand, InvokeCommand, PublishVersionCommand, RemovePermissionCommand, waitUntilPublishedVersionActive } from "@aws-sdk/client-lambda";
import { beforeAll, describe, expect, it } from "vitest";
import { fetchStories } from "../../src/cli/commands/why.ts";
import { callPlatform } from "../../src/cli/platform-client.ts";
import { storyLines } from "../../src/cli/story.ts";
import { arnOf, useLambda } from "../lambda/support.ts";
import { createFunction } from "../support/functions.ts";

const on = useLambda();
/** Tells what it was told of log events; prints what it is asked to. */
const MAIN = `import { gunzipSync } from "node:zlib";
export const handler = async ({ awslogs, say }) => {
  if (say !== undefined) return console.log(say);
  const { logGroup, logEvents } = JSON.parse(gunzipSync(Buffer.from(awslogs.data, "base64")));
  console.log("told of", logGroup, logEvents.map(({ message }) => message.trim()).join("|"));
};
`;
const GROUP = "app";
const OWN = "/aws/lambda/reader";
const SHUT = "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function.";
const client = () => ({ endpoint: on.ground.platform.endpoint, region: "us-east-1", account: undefined });
const logs = () => on.ground.platform.clients.logs;
const sourceArn = (group: string, rest = ":*") => `arn:aws:logs:us-east-1:000000000000:log-group:${group}${rest}`;
const letIn = (StatementId: string, SourceArn: string, over: { Principal?: string; Qualifier?: string } = {}) =>
  on.lambda.send(new AddPermissionCommand({ FunctionName: "reader", StatementId, Action: "lambda:InvokeFunction", Principal: "logs.amazonaws.com", SourceArn, ...over }));
const subscribe = (over: Partial<ConstructorParameters<typeof PutSubscriptionFilterCommand>[0]> = {}) =>
  logs().send(new PutSubscriptionFilterCommand({ logGroupName: GROUP, filterName: "f", filterPattern: "ERROR", destinationArn: arnOf("reader"), ...over }));
const write = (...messages: string[]) => logs().send(new PutLogEventsCommand({ logGroupName: GROUP, logStreamName: "s", logEvents: messages.map((message) => ({ timestamp: Date.now(), message })) }));
const drained = () => callPlatform(client(), "POST", "drain", { timeout: "30s" });
const printed = async (filterPattern: string) => {
  await drained();
  return (await logs().send(new FilterLogEventsCommand({ logGroupName: OWN, filterPattern }))).events!.map(({ message }) => message!.replace(/^.*INFO\s/, "").trim());
};
const sum = async (Namespace: string, MetricName: string, dimensions: Record<string, string>) => {
  const [StartTime, EndTime] = [new Date(Date.now() - 3_600_000), new Date(Date.now() + 60_000)];
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  const { Datapoints } = await on.ground.platform.clients.cloudwatch.send(new GetMetricStatisticsCommand({ Namespace, MetricName, Dimensions, StartTime, EndTime, Period: 7_200, Statistics: ["Sum"] }));
  return Datapoints!.reduce((total, { Sum }) => total + Sum!, 0);
};

beforeAll(async () => {
  await createFunction(on.ground.platform.clients, { FunctionName: "reader", Role: on.ground.role, Runtime: "nodejs24.x", Handler: "index.handler", files: { "index.mjs": MAIN } });
  const { Version } = await on.lambda.send(new PublishVersionCommand({ FunctionName: "reader" }));
  await waitUntilPublishedVersionActive({ client: on.lambda, maxWaitTime: 20, minDelay: 0.02, maxDelay: 0.2 }, { FunctionName: "reader", Qualifier: Version });
  await on.lambda.send(new CreateAliasCommand({ FunctionName: "reader", Name: "live", FunctionVersion: Version }));
  await logs().send(new CreateLogGroupCommand({ logGroupName: GROUP }));
  await logs().send(new CreateLogStreamCommand({ logGroupName: GROUP, logStreamName: "s" }));
});

describe("a function that subscribes to a log group", () => {
  it("is told of what matches, once its policy lets the group in, for as long as it does", async () => {
    await expect(subscribe()).rejects.toMatchObject({ name: "InvalidParameterException", message: SHUT });
    await letIn("other", sourceArn("other"));
    await letIn("bare", sourceArn(GROUP, ""));
    await expect(subscribe()).rejects.toMatchObject({ message: SHUT });
    await letIn("right", sourceArn(GROUP), { Principal: "logs.us-east-1.amazonaws.com" });
    await subscribe();
    await write("ERROR one", "fine", "ERROR two");
    expect(await printed("told")).toEqual(["told of app ERROR one|ERROR two"]);
    await on.lambda.send(new RemovePermissionCommand({ FunctionName: "reader", StatementId: "right" }));
    await write("ERROR three");
    expect(await printed("told")).toHaveLength(1);
    const story = (await fetchStories(client(), GROUP)).flatMap((one) => storyLines(one, (_style, text) => text)).join("\n");
    expect(story).toContain(`the event is not delivered to ${arnOf("reader")}: its policy does not let the source in`);
    expect(await sum("AWS/Logs", "DeliveryErrors", { LogGroupName: GROUP, DestinationType: "Lambda", FilterName: "f" })).toBe(1);
    await logs().send(new DeleteSubscriptionFilterCommand({ logGroupName: GROUP, filterName: "f" }));
  });

  it("may be an alias, whose own policy decides", async () => {
    const destinationArn = `${arnOf("reader")}:live`;
    await letIn("unqualified", sourceArn(GROUP));
    await expect(subscribe({ destinationArn })).rejects.toMatchObject({ message: SHUT });
    await letIn("alias", sourceArn(GROUP), { Qualifier: "live" });
    await subscribe({ destinationArn });
    await write("ERROR four");
    expect(await printed("four")).toEqual(["told of app ERROR four"]);
    await logs().send(new DeleteSubscriptionFilterCommand({ logGroupName: GROUP, filterName: "f" }));
  });

  it("is stopped when it goes round in its own log", async () => {
    await letIn("own", sourceArn(OWN));
    await logs().send(new CreateLogGroupCommand({ logGroupName: OWN })).catch(() => undefined);
    await subscribe({ logGroupName: OWN, filterName: "own", filterPattern: "again" });
    const before = await sum("AWS/Lambda", "Invocations", { FunctionName: "reader" });
    await on.lambda.send(new InvokeCommand({ FunctionName: "reader", Payload: Buffer.from('{"say":"again"}') }));
    await drained();
    const rounds = (await sum("AWS/Lambda", "Invocations", { FunctionName: "reader" })) - before;
    expect(rounds).toBeGreaterThanOrEqual(16);
    expect(rounds).toBeLessThan(40);
    expect(await sum("AWS/Lambda", "RecursiveInvocationsDropped", { FunctionName: "reader" })).toBeGreaterThanOrEqual(1);
    expect(await sum("AWS/Lambda", "AsyncEventsDropped", { FunctionName: "reader" })).toBeGreaterThanOrEqual(1);
    await logs().send(new DeleteSubscriptionFilterCommand({ logGroupName: OWN, filterName: "own" }));
  });
});

describe("a function's metrics", () => {
  it("are counted out of what it prints in the embedded metric format, and of itself", async () => {
    const line = { _aws: { Timestamp: Date.now(), CloudWatchMetrics: [{ Namespace: "shop", Dimensions: [["service"]], Metrics: [{ Name: "orders", Unit: "Count" }] }] }, service: "api", orders: 3 };
    const before = await sum("AWS/Lambda", "Errors", { FunctionName: "reader", Resource: "reader" });
    await on.lambda.send(new InvokeCommand({ FunctionName: "reader", Payload: Buffer.from(JSON.stringify({ say: JSON.stringify(line) })) }));
    await on.lambda.send(new InvokeCommand({ FunctionName: "reader", Payload: Buffer.from("{}") }));
    await drained();
    expect(await sum("AWS/Lambda", "Errors", { FunctionName: "reader", Resource: "reader" })).toBe(before + 1);
    expect(await sum("shop", "orders", { service: "api" })).toBe(3);
  });
});
