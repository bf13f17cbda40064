import { gunzipSync } from "node:zlib";
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { ApiError } from "../../src/kit/api-error.ts";
import { ASYNC_PAYLOAD_BYTES_MAX } from "../../src/kit/limits/lambda.ts";
import { LOG_FORWARD_BYTES_MAX, LOG_FORWARD_GATHER_MS, LOG_FORWARDS_AT_ONCE_MAX } from "../../src/kit/limits/logs.ts";
import { createClock } from "../../src/kit/clock.ts";
import { silentLog } from "../../src/kit/log.ts";
import { noMetrics } from "../../src/kit/metrics.ts";
import { systemRandom } from "../../src/kit/random.ts";
import { createLogForwarding } from "../../src/plumber/logs/forwarding.ts";
import { readPoints } from "../../src/plumber/metrics/points.ts";
import { passThrough } from "../../src/scheduler/lineage.ts";
import { eventually } from "../support/temporary.ts";
import { ACCOUNT } from "../support/context.ts";
import { context, GROUP, NOW, startLogs, type Asked } from "./support.ts";

const arn = (name = "reader") => `arn:aws:lambda:us-east-1:${ACCOUNT}:function:${name}`;
const wire = { isInternal: false };
const filter = (over: object = {}) => ({ logGroupName: GROUP, filterName: "f", filterPattern: "", destinationArn: arn(), ...over });
const denied = () => new ApiError("AccessDeniedException", "no", { status: 403 });
const shut = "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function.";

const bodyOf = ({ Payload }: Asked) => {
  const { awslogs } = JSON.parse(Payload!.toString()) as { awslogs: { data: string } };
  return JSON.parse(gunzipSync(Buffer.from(awslogs.data, "base64")).toString()) as { logEvents: { id: string; timestamp: number; message: string }[]; subscriptionFilters: string[] } & Record<string, unknown>;
};

const opened = async (options: Parameters<typeof startLogs>[0] = {}) => {
  const logs = startLogs(options);
  await logs.call("CreateLogGroup", { logGroupName: GROUP });
  await logs.call("CreateLogStream", { logGroupName: GROUP, logStreamName: "s" });
  const events = () => logs.asked.filter(({ InvocationType }) => InvocationType === "Event");
  return {
    ...logs,
    events,
    put: (messages: readonly string[], where = wire) => logs.call("PutLogEvents", { logGroupName: GROUP, logStreamName: "s", logEvents: messages.map((message, i) => ({ timestamp: NOW + i, message })) }, where),
    arrived: (count: number) => eventually(`${count} deliveries arrive`, () => events().length === count && events()),
    async counted(name: string, dimensions: Record<string, string>) {
      await logs.metrics.flush();
      const points = await logs.store.run(() => readPoints({ account: ACCOUNT, region: "us-east-1", namespace: "AWS/Logs", name, dimensions }, { unit: undefined, from: 0, to: Number.MAX_SAFE_INTEGER }));
      return points.reduce((sum, { datum }) => sum + datum.sum, 0);
    },
  };
};

describe("a subscription filter", () => {
  it("is made, changed, told and deleted", async () => {
    const { call } = await opened();
    await call("PutSubscriptionFilter", filter());
    await call("PutSubscriptionFilter", filter({ filterName: "a", filterPattern: "ERROR", destinationArn: arn("reader:live"), distribution: "Random" }));
    await call("PutSubscriptionFilter", filter({ filterPattern: "WARN" }));
    const { subscriptionFilters } = await call("DescribeSubscriptionFilters", { logGroupName: GROUP });
    const common = { logGroupName: GROUP, applyOnTransformedLogs: false, creationTime: expect.any(Number) };
    expect(subscriptionFilters).toEqual([
      { ...common, filterName: "a", filterPattern: "ERROR", destinationArn: arn("reader:live"), distribution: "Random" },
      { ...common, filterName: "f", filterPattern: "WARN", destinationArn: arn(), distribution: "ByLogStream" },
    ]);
    const page = await call("DescribeSubscriptionFilters", { logGroupName: GROUP, limit: 1 });
    expect((await call("DescribeSubscriptionFilters", { logGroupName: GROUP, limit: 1, nextToken: page.nextToken })).subscriptionFilters).toMatchObject([{ filterName: "f" }]);
    expect((await call("DescribeSubscriptionFilters", { logGroupName: GROUP, filterNamePrefix: "f" })).subscriptionFilters).toHaveLength(1);
    await expect(call("PutSubscriptionFilter", filter({ filterName: "third" }))).rejects.toMatchObject({ code: "LimitExceededException", message: "Resource limit exceeded." });
    await call("DeleteSubscriptionFilter", { logGroupName: GROUP, filterName: "a" });
    await expect(call("DeleteSubscriptionFilter", { logGroupName: GROUP, filterName: "a" })).rejects.toMatchObject({ code: "ResourceNotFoundException", message: "The specified subscription filter does not exist." });
    await call("DeleteLogGroup", { logGroupName: GROUP });
    await call("CreateLogGroup", { logGroupName: GROUP });
    expect((await call("DescribeSubscriptionFilters", { logGroupName: GROUP })).subscriptionFilters).toEqual([]);
  });

  it("is made only where the function lets the group in", async () => {
    let isOpen = false;
    const { call, asked } = await opened({ invoke: () => { if (!isOpen) throw denied(); } });
    await expect(call("PutSubscriptionFilter", filter())).rejects.toMatchObject({ code: "InvalidParameterException", message: shut });
    isOpen = true;
    await call("PutSubscriptionFilter", filter());
    expect(asked[1]).toMatchObject({ FunctionName: arn(), InvocationType: "DryRun", options: { as: { type: "service", service: "logs.amazonaws.com", sourceArn: `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:${GROUP}:*`, sourceAccount: ACCOUNT } } });
  });

  it.each<[object, string, string]>([
    [{ logGroupName: "none" }, "ResourceNotFoundException", "The specified log group does not exist."],
    [{ filterPattern: "{ $.a = " }, "InvalidParameterException", "If a filter pattern starts with '{' it must end with '}'"],
    [{ destinationArn: "arn:aws:kinesis:us-east-1:000000000000:stream/s" }, "NotImplemented", "Kinesis"],
    [{ destinationArn: "arn:aws:firehose:us-east-1:000000000000:deliverystream/s" }, "NotImplemented", "Firehose"],
    [{ destinationArn: "arn:aws:logs:us-east-1:000000000000:destination:d" }, "NotImplemented", "destinations"],
    [{ destinationArn: "arn:aws:sns:us-east-1:000000000000:t" }, "InvalidParameterException", "PutSubscriptionFilter operation cannot work with destinationArn for vendor sns"],
    [{ destinationArn: "reader" }, "InvalidParameterException", "destinationArn"],
    [{ destinationArn: "arn:aws:lambda:eu-west-1:000000000000:function:f" }, "InvalidParameterException", "region"],
    [{ roleArn: "arn:aws:iam::000000000000:role/r" }, "InvalidParameterException", "destinationArn for vendor lambda cannot be used with roleArn"],
    [{ applyOnTransformedLogs: true }, "NotImplemented", "applyOnTransformedLogs"],
    [{ fieldSelectionCriteria: "x" }, "NotImplemented", "fieldSelectionCriteria"],
    [{ emitSystemFields: ["@aws.account"] }, "NotImplemented", "emitSystemFields"],
  ])("is refused with %j: %s", async (over, code, text) => {
    const { call } = await opened();
    await expect(call("PutSubscriptionFilter", filter(over))).rejects.toMatchObject({ code, message: expect.stringContaining(text) });
  });
});

describe("what a subscription gets", () => {
  it("is the events that match, gzipped and in base64, from CloudWatch Logs", async () => {
    const { call, put, arrived, told, counted } = await opened();
    await call("PutSubscriptionFilter", filter({ filterPattern: "?ERROR ?WARN" }));
    await put(["ERROR 1", "fine", "WARN ü"]);
    await put(["fine"]);
    const [one] = await arrived(1);
    expect(one).toMatchObject({ FunctionName: arn(), options: { as: { service: "logs.amazonaws.com", sourceArn: `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:${GROUP}:*`, sourceAccount: ACCOUNT } } });
    const body = bodyOf(one!);
    expect(body).toEqual({
      messageType: "DATA_MESSAGE", owner: ACCOUNT, logGroup: GROUP, logStream: "s", subscriptionFilters: ["f"],
      logEvents: [{ id: expect.stringMatching(/^\d{56}$/), timestamp: NOW, message: "ERROR 1" }, { id: expect.stringMatching(/^\d{56}$/), timestamp: NOW + 2, message: "WARN ü" }],
    });
    const read = await call("FilterLogEvents", { logGroupName: GROUP });
    expect(body.logEvents.map(({ id }) => id)).toEqual([read.events![0]!.eventId, read.events![3]!.eventId]);
    expect(told.find(({ kind }) => kind === "event")?.summary).toContain("2 log events");
    const dimensions = { LogGroupName: GROUP, DestinationType: "Lambda", FilterName: "f" };
    await eventually("it is counted", async () => (await counted("ForwardedLogEvents", dimensions)) === 2);
    expect(await counted("ForwardedBytes", dimensions)).toBeGreaterThan(50);
    expect([await counted("IncomingLogEvents", { LogGroupName: GROUP }), await counted("IncomingLogEvents", {}), await counted("IncomingBytes", { LogGroupName: GROUP })]).toEqual([4, 4, 7 + 4 + 7 + 4 + 4 * 26]);
  });

  it("is on its way when a client is answered, and comes again until it is taken", async () => {
    let failures = 2;
    const { call, put, outbox, arrived, clock, counted } = await opened({ invoke({ InvocationType }) { if (InvocationType === "Event" && failures-- > 0) throw new ApiError("TooManyRequestsException", "slow", { status: 429 }); } });
    await call("PutSubscriptionFilter", filter());
    await put(["x"]);
    expect(await outbox.pending()).toBe(1);
    await arrived(1);
    await clock.advance(60_000);
    await arrived(3);
    await eventually("it is taken", async () => (await outbox.pending()) === 0);
    expect(await counted("DeliveryThrottling", { LogGroupName: GROUP, DestinationType: "Lambda", FilterName: "f" })).toBe(2);
  });

  it("is told of as dropped where the door was shut meanwhile", async () => {
    const { call, put, outbox, told, counted } = await opened({ invoke({ InvocationType }) { if (InvocationType === "Event") throw denied(); } });
    await call("PutSubscriptionFilter", filter());
    await put(["x", "y"]);
    await eventually("it is given up", async () => (await outbox.pending()) === 0);
    expect(told.find(({ kind }) => kind === "drop")).toMatchObject({ summary: expect.stringContaining("its policy does not let the source in"), keys: expect.arrayContaining([GROUP, arn()]) });
    expect(await counted("DeliveryErrors", { LogGroupName: GROUP, DestinationType: "Lambda", FilterName: "f" })).toBe(2);
  });

  it("comes in pieces that a function may be given", async () => {
    const { call, put, arrived, told } = await opened();
    await call("PutSubscriptionFilter", filter());
    const noise = () => randomBytes(150_000).toString("base64");
    await put([noise(), noise(), noise(), noise(), noise()]);
    const pieces = await arrived(3);
    expect(pieces.flatMap((piece) => bodyOf(piece).logEvents)).toHaveLength(5);
    for (const { Payload } of pieces) expect(Payload!.length).toBeLessThanOrEqual(ASYNC_PAYLOAD_BYTES_MAX);
    const alphabet = String.fromCharCode(...Array.from({ length: 94 }, (_, i) => 33 + i));
    await put([Array.from(randomBytes(1_040_000), (byte) => alphabet[byte % 94]).join("")]);
    expect(told.find(({ kind }) => kind === "drop")?.summary).toContain("too large");
  });

  it("is told without a filter that is gone, and not of events that are not accepted", async () => {
    const { call, put, events, outbox } = await opened();
    await call("PutSubscriptionFilter", filter());
    await call("PutLogEvents", { logGroupName: GROUP, logStreamName: "s", logEvents: [{ timestamp: NOW - 15 * 86_400_000, message: "old" }] }, wire);
    await call("DeleteSubscriptionFilter", { logGroupName: GROUP, filterName: "f" });
    await put(["x"]);
    expect([await outbox.pending(), events().length]).toEqual([0, 0]);
  });
});

describe("functions' own lines", () => {
  const inside = { isInternal: true };

  it("wait a moment for each other", async () => {
    const { call, put, arrived, clock, forwarding } = await opened();
    await call("PutSubscriptionFilter", filter());
    await put(["START"], inside);
    await put(["hello", "END"], inside);
    expect(forwarding.pending()).toBe(1);
    await clock.advance(LOG_FORWARD_GATHER_MS);
    expect(bodyOf((await arrived(1))[0]!).logEvents.map(({ message }) => message)).toEqual(["START", "hello", "END"]);
    expect(forwarding.pending()).toBe(0);
  });

  it("carry the chain of events that they come from, the longest of those that are told together", async () => {
    const { call, arrived, forwarding } = await opened();
    await call("PutSubscriptionFilter", filter());
    const once = passThrough({ id: "1-0-0" }, arn());
    const often = passThrough(passThrough(once, arn()), arn());
    for (const trace of [once, often, { id: "1-0-1" }]) {
      await call("PutLogEvents", { logGroupName: GROUP, logStreamName: "s", logEvents: [{ timestamp: NOW, message: "x" }] }, context({ trace }));
    }
    await forwarding.flush();
    expect((await arrived(1))[0]!.options.trace?.lineage).toBe(often.lineage);
  });
});

describe("a resource policy", () => {
  const policyDocument = (Service: string, Resource = "*") => JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service }, Action: ["logs:CreateLogStream", "logs:PutLogEvents"], Resource }] });

  it("is put, told and deleted, of the account and of a group", async () => {
    const { call, service } = await opened();
    const { resourcePolicy, revisionId } = await call("PutResourcePolicy", { policyName: "p", policyDocument: policyDocument("events.amazonaws.com") });
    expect(resourcePolicy).toEqual({ policyName: "p", policyDocument: policyDocument("events.amazonaws.com"), lastUpdatedTime: expect.any(Number), policyScope: "ACCOUNT", revisionId });
    await call("PutResourcePolicy", { resourceArn: `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:${GROUP}`, policyDocument: policyDocument("delivery.logs.amazonaws.com") });
    expect((await call("DescribeResourcePolicies", {})).resourcePolicies).toMatchObject([{ policyName: "p" }]);
    const ofGroup = { resourceArn: `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:${GROUP}:*`, policyScope: "RESOURCE" as const };
    expect((await call("DescribeResourcePolicies", ofGroup)).resourcePolicies).toMatchObject([{ policyScope: "RESOURCE", resourceArn: `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:${GROUP}` }]);
    const statements = async (resource: string) => (await service.resourcePolicy!({ action: "logs:PutLogEvents", resource }, context()))?.document.Statement;
    expect(await statements(`arn:aws:logs:us-east-1:${ACCOUNT}:log-group:${GROUP}:log-stream:s`)).toHaveLength(2);
    expect(await statements(`arn:aws:logs:us-east-1:${ACCOUNT}:log-group:other:log-stream:s`)).toHaveLength(1);
    await expect(call("PutResourcePolicy", { policyName: "p", policyDocument: policyDocument("a.amazonaws.com"), expectedRevisionId: "no" })).rejects.toMatchObject({ code: "OperationAbortedException" });
    await call("DeleteResourcePolicy", { policyName: "p" });
    await expect(call("DeleteResourcePolicy", { policyName: "p" })).rejects.toMatchObject({ code: "ResourceNotFoundException" });
    expect(await statements("arn:aws:logs:us-east-1:000000000000:log-group:other:log-stream:s")).toBeUndefined();
  });

  it("is one of ten at most, and a policy", async () => {
    const { call } = startLogs();
    for (let i = 0; i < 10; i++) await call("PutResourcePolicy", { policyName: `p${i}`, policyDocument: policyDocument("events.amazonaws.com") });
    await call("PutResourcePolicy", { policyName: "p9", policyDocument: policyDocument("es.amazonaws.com") });
    await expect(call("PutResourcePolicy", { policyName: "p10", policyDocument: policyDocument("events.amazonaws.com") })).rejects.toMatchObject({ code: "LimitExceededException", message: "Resource limit exceeded." });
    await expect(call("PutResourcePolicy", { policyName: "p1", policyDocument: "{}" })).rejects.toMatchObject({
      code: "InvalidParameterException", message: "Error occurred while parsing accessPolicy. Please check if the accessPolicy has been constructed correctly using IAM grammar.",
    });
    await expect(call("PutResourcePolicy", { policyName: "p1", policyDocument: policyDocument("x.amazonaws.com", "y".repeat(5_120)) })).rejects.toMatchObject({ code: "LimitExceededException" });
    const first = await call("DescribeResourcePolicies", { limit: 6 });
    expect((await call("DescribeResourcePolicies", { nextToken: first.nextToken })).resourcePolicies).toHaveLength(4);
  });
});

it("a flood of a function's lines waits while much is compressed and written", async () => {
  const held: (() => void)[] = [];
  const store = { run: () => new Promise<void>((resolve) => held.push(resolve)) } as never;
  const outbox = { poke() {} } as never;
  const forwarding = createLogForwarding({ store, outbox, clock: createClock(), random: systemRandom, ledger: { record() {}, find: async () => [], flush: async () => {} }, metrics: noMetrics, log: silentLog });
  const batch = (stream: number) =>
    forwarding.gather({ account: "000000000000", region: "us-east-1", group: "g", stream: String(stream), filter: "f", destinationArn: "arn:aws:lambda:us-east-1:000000000000:function:f", trace: { id: "1-0-0" }, events: [{ id: "0", timestamp: 0, message: "x".repeat(LOG_FORWARD_BYTES_MAX) }] });
  for (let stream = 1; stream < LOG_FORWARDS_AT_ONCE_MAX; stream++) expect(batch(stream)).toBeUndefined();
  const room = batch(LOG_FORWARDS_AT_ONCE_MAX);
  expect(room).toBeInstanceOf(Promise);
  await eventually("they are compressed", () => held.length === LOG_FORWARDS_AT_ONCE_MAX);
  held.shift()!();
  await room;
  expect(batch(0), "the next takes that place").toBeInstanceOf(Promise);
  await eventually("all are on their way", async () => {
    for (const resolve of held.splice(0)) resolve();
    return forwarding.pending() === 0;
  });
});
