import { CreateQueueCommand, GetQueueAttributesCommand, SetQueueAttributesCommand, type QueueAttributeName } from "@aws-sdk/client-sqs";
import { describe, expect, it } from "vitest";
import { usePlatform } from "../support/platform.ts";
import { advance } from "./wire.ts";

const platform = usePlatform();
type Attributes = Record<string, string>;
const arn = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;
let number = 0;
const create = async (Attributes?: Attributes, QueueName = `q${++number}${Attributes?.["FifoQueue"] === "true" ? ".fifo" : ""}`) => (await platform.clients.sqs.send(new CreateQueueCommand({ QueueName, Attributes: Attributes as never }))).QueueUrl!;
const set = (QueueUrl: string, Attributes: Attributes) => platform.clients.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: Attributes as never }));
const get = async (QueueUrl: string, ...names: string[]) => (await platform.clients.sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: names as QueueAttributeName[] }))).Attributes;
const nameOf = (url: string) => url.split("/").at(-1)!;
const redrive = (to: string, maxReceiveCount: unknown = 3) => JSON.stringify({ deadLetterTargetArn: arn(to), maxReceiveCount });

describe("numbers", () => {
  it.each([
    ["DelaySeconds", 0, 900],
    ["MaximumMessageSize", 1_024, 1_048_576],
    ["MessageRetentionPeriod", 60, 1_209_600],
    ["ReceiveMessageWaitTimeSeconds", 0, 20],
    ["VisibilityTimeout", 0, 43_200],
  ])("%s is from %i to %i", async (name, min, max) => {
    const url = await create();
    for (const value of [min, max]) {
      await set(url, { [name]: String(value) });
      expect(await get(url, name)).toEqual({ [name]: String(value) });
    }
    for (const value of [min - 1, max + 1, "", "1.5", " 7", "many"]) {
      const refused = { name: "InvalidAttributeValue", message: `Invalid value for the parameter ${name}.`, $metadata: { httpStatusCode: 400 } };
      await expect(set(url, { [name]: String(value) })).rejects.toMatchObject(refused);
      await expect(create({ [name]: String(value) })).rejects.toMatchObject(refused);
    }
    expect(await get(url, name)).toEqual({ [name]: String(max) });
  });
});

describe("names", () => {
  it("that are unknown are refused, to set and to get", async () => {
    const url = await create();
    const unknown = (name: string) => ({ name: "InvalidAttributeName", message: `Unknown Attribute ${name}.`, $metadata: { httpStatusCode: 400 } });
    for (const name of ["Nothing", "constructor", "QueueArn", "ApproximateNumberOfMessages", "FifoQueue", "ContentBasedDeduplication", "DeduplicationScope"]) {
      await expect(set(url, { [name]: "true" })).rejects.toMatchObject(unknown(name));
      if (name !== "FifoQueue") await expect(create({ [name]: "true" })).rejects.toMatchObject(unknown(name));
    }
    await expect(create({ FifoQueue: "false" })).rejects.toMatchObject(unknown("FifoQueue"));
    for (const name of ["Nothing", "FifoQueue"]) await expect(get(url, "VisibilityTimeout", name)).rejects.toMatchObject(unknown(name));
    await expect(set(url, {})).rejects.toMatchObject({ name: "MissingParameter" });
  });

  it("are answered one by one, and none where none is asked for", async () => {
    const url = await create({ DelaySeconds: "7" });
    expect(await get(url)).toBeUndefined();
    expect(await get(url, "DelaySeconds", "QueueArn", "Policy", "ApproximateNumberOfMessages")).toEqual({ DelaySeconds: "7", QueueArn: arn(nameOf(url)), ApproximateNumberOfMessages: "0" });
  });

  it("change together or not at all, with the moment of the change", async () => {
    const url = await create();
    const before = await get(url, "All");
    await expect(set(url, { DelaySeconds: "5", VisibilityTimeout: "x" })).rejects.toMatchObject({ name: "InvalidAttributeValue" });
    expect(await get(url, "All")).toEqual(before);
    await advance(platform, 5_000);
    await set(url, { DelaySeconds: "5", VisibilityTimeout: "6" });
    expect(await get(url, "All")).toMatchObject({ DelaySeconds: "5", VisibilityTimeout: "6", CreatedTimestamp: before!["CreatedTimestamp"], LastModifiedTimestamp: expect.not.stringMatching(before!["LastModifiedTimestamp"]!) });
  });
});

describe("the redrive policy", () => {
  it("names a queue that is there, and is taken away with an empty text", async () => {
    const dead = nameOf(await create());
    const url = await create({ RedrivePolicy: redrive(dead, "5") });
    expect(JSON.parse((await get(url, "RedrivePolicy"))!["RedrivePolicy"]!)).toEqual({ deadLetterTargetArn: arn(dead), maxReceiveCount: 5 });
    await set(url, { RedrivePolicy: redrive(dead, 1000) });
    await set(url, { RedrivePolicy: "" });
    expect(await get(url, "RedrivePolicy")).toBeUndefined();
  });

  it.each([
    ["not JSON", "Invalid value for the parameter RedrivePolicy. Reason: Redrive policy is not a valid JSON map."],
    ["[]", "Invalid value for the parameter RedrivePolicy. Reason: Redrive policy is not a valid JSON map."],
    ['{"maxReceiveCount":3}', 'Value {"maxReceiveCount":3} for parameter RedrivePolicy is invalid. Reason: Redrive policy does not contain mandatory attribute: deadLetterTargetArn.'],
    [`{"deadLetterTargetArn":"${arn("x")}"}`, `Value {"deadLetterTargetArn":"${arn("x")}"} for parameter RedrivePolicy is invalid. Reason: Redrive policy does not contain mandatory attribute: maxReceiveCount.`],
    [redrive("x", 0), `Value ${redrive("x", 0)} for parameter RedrivePolicy is invalid. Reason: Invalid value for maxReceiveCount: 0, valid values are from 1 to 1000 both inclusive.`],
    [redrive("x", 1001), `Value ${redrive("x", 1001)} for parameter RedrivePolicy is invalid. Reason: Invalid value for maxReceiveCount: 1001, valid values are from 1 to 1000 both inclusive.`],
    ['{"deadLetterTargetArn":"x","maxReceiveCount":3}', 'Value {"deadLetterTargetArn":"x","maxReceiveCount":3} for parameter RedrivePolicy is invalid. Reason: Dead-letter target ARN should be fully qualified ARN.'],
    [redrive("nowhere"), `Value ${redrive("nowhere")} for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist.`],
    [redrive("x").replace("000000000000", "111111111111"), `Value ${redrive("x").replace("000000000000", "111111111111")} for parameter RedrivePolicy is invalid. Reason: Dead-letter target owner should be same as the source.`],
    [redrive("x").replace("us-east-1", "eu-west-1"), `Value ${redrive("x").replace("us-east-1", "eu-west-1")} for parameter RedrivePolicy is invalid. Reason: Dead-letter target must be in same region as the source.`],
    [redrive("x").replace("us-east-1:000000000000", "eu-west-1:111111111111"), `Value ${redrive("x").replace("us-east-1:000000000000", "eu-west-1:111111111111")} for parameter RedrivePolicy is invalid. Reason: Dead-letter target must be in same region as the source.`],
  ])("is not %s", async (RedrivePolicy, message) => {
    const url = await create();
    const refused = { name: "InvalidParameterValue", message, $metadata: { httpStatusCode: 400 } };
    await expect(set(url, { RedrivePolicy })).rejects.toMatchObject(refused);
    await expect(create({ RedrivePolicy })).rejects.toMatchObject(refused);
  });

  it("names a queue of the same kind", async () => {
    const [standard, fifo] = [await create(), await create({ FifoQueue: "true" })];
    const message = expect.stringContaining("Dead-letter queue must be same type of queue as the source.");
    await expect(set(standard, { RedrivePolicy: redrive(nameOf(fifo)) })).rejects.toMatchObject({ name: "InvalidParameterValue", message });
    await expect(set(fifo, { RedrivePolicy: redrive(nameOf(standard)) })).rejects.toMatchObject({ name: "InvalidParameterValue", message });
    await set(fifo, { RedrivePolicy: redrive(nameOf(await create({ FifoQueue: "true" }))) });
  });

  it("is the same one in another order of its members", async () => {
    const dead = nameOf(await create());
    const url = await create({ RedrivePolicy: redrive(dead) });
    expect(await create({ RedrivePolicy: JSON.stringify({ maxReceiveCount: "3", deadLetterTargetArn: arn(dead) }) }, nameOf(url))).toBe(url);
    await expect(create({ RedrivePolicy: redrive(dead, 4) }, nameOf(url))).rejects.toMatchObject({ name: "QueueNameExists", message: expect.stringContaining("RedrivePolicy") });
  });
});

describe("the redrive allow policy", () => {
  const allow = (redrivePermission: string, sourceQueueArns?: unknown) => JSON.stringify({ redrivePermission, sourceQueueArns });

  it("decides which queues may use it", async () => {
    const dead = await create();
    const [a, b] = [await create(), await create()];
    const refused = { name: "InvalidParameterValue", message: expect.stringContaining("for parameter RedrivePolicy is invalid. Reason: ") };
    await set(dead, { RedriveAllowPolicy: allow("denyAll") });
    await expect(set(a, { RedrivePolicy: redrive(nameOf(dead)) })).rejects.toMatchObject(refused);
    await expect(create({ RedrivePolicy: redrive(nameOf(dead)) })).rejects.toMatchObject(refused);
    await set(dead, { RedriveAllowPolicy: allow("byQueue", [arn(nameOf(a))]) });
    await set(a, { RedrivePolicy: redrive(nameOf(dead)) });
    await expect(set(b, { RedrivePolicy: redrive(nameOf(dead)) })).rejects.toMatchObject(refused);
    await set(dead, { RedriveAllowPolicy: allow("allowAll") });
    await set(b, { RedrivePolicy: redrive(nameOf(dead)) });
    expect(await get(dead, "RedriveAllowPolicy")).toEqual({ RedriveAllowPolicy: '{"redrivePermission":"allowAll"}' });
    await set(dead, { RedriveAllowPolicy: "" });
    expect(await get(dead, "RedriveAllowPolicy")).toBeUndefined();
  });

  const UNSUPPORTED = "Invalid value for the parameter RedriveAllowPolicy. Reason: Amazon SQS can't create the redrive allow policy, as it’s in an unsupported format.";
  it.each([
    ["no", UNSUPPORTED],
    [allow("some"), UNSUPPORTED],
    [allow("byQueue", "x"), UNSUPPORTED],
    [allow("byQueue", ["x"]), UNSUPPORTED],
    ['{"redrivePermission":"allowAll","more":1}', UNSUPPORTED],
    [allow("byQueue"), `Value ${allow("byQueue")} for parameter RedriveAllowPolicy is invalid. Reason: Amazon SQS can't create the redrive allow policy. When you specify the byQueue permission type, you must also specify one or more sourceQueueArns values.`],
    [allow("denyAll", [arn("x")]), `Value ${allow("denyAll", [arn("x")])} for parameter RedriveAllowPolicy is invalid. Reason: Amazon SQS can't create the redrive allow policy. To specify one or more source queue ARNs, you must set redrivePermission to byQueue.`],
    [allow("byQueue", Array(11).fill(arn("x"))), `Value ${allow("byQueue", Array(11).fill(arn("x")))} for parameter RedriveAllowPolicy is invalid. Reason: Amazon SQS can't create the redrive allow policy. The maximum number of source queue ARNs you can specify is 10.`],
  ])("is not %s", async (RedriveAllowPolicy, message) => {
    await expect(create({ RedriveAllowPolicy })).rejects.toMatchObject({ name: "InvalidParameterValue", message });
  });
});

describe("encryption", () => {
  it("is SQS's own until it is turned off or the AWS-managed key is named; one replaces the other", async () => {
    const url = await create();
    const kinds = () => get(url, "SqsManagedSseEnabled", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds");
    expect(await kinds()).toEqual({ SqsManagedSseEnabled: "true" });
    await set(url, { SqsManagedSseEnabled: "false" });
    expect(await kinds()).toEqual({ SqsManagedSseEnabled: "false" });
    await set(url, { KmsMasterKeyId: "alias/aws/sqs" });
    expect(await kinds()).toEqual({ SqsManagedSseEnabled: "false", KmsMasterKeyId: "alias/aws/sqs", KmsDataKeyReusePeriodSeconds: "300" });
    await set(url, { KmsDataKeyReusePeriodSeconds: "60" });
    expect(await kinds()).toMatchObject({ KmsDataKeyReusePeriodSeconds: "60" });
    await set(url, { SqsManagedSseEnabled: "true" });
    expect(await kinds()).toEqual({ SqsManagedSseEnabled: "true" });
    await expect(set(url, { KmsMasterKeyId: "alias/aws/sqs", SqsManagedSseEnabled: "true" })).rejects.toMatchObject({ name: "InvalidAttributeValue", message: "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE." });
    await expect(set(url, { KmsDataKeyReusePeriodSeconds: "59" })).rejects.toMatchObject({ name: "InvalidAttributeValue" });
    await set(url, { KmsMasterKeyId: "alias/aws/sqs" });
    await set(url, { KmsMasterKeyId: "" });
    expect(await kinds()).not.toHaveProperty("KmsMasterKeyId");
  });

  it("with a key of one's own is refused by name, with what to use instead", async () => {
    await expect(create({ KmsMasterKeyId: "alias/mine" })).rejects.toMatchObject({ name: "NotImplemented", message: expect.stringMatching(/KmsMasterKeyId alias\/mine.*KmsMasterKeyId=alias\/aws\/sqs or SqsManagedSseEnabled=true/), $metadata: { httpStatusCode: 501 } });
  });
});

describe("a FIFO queue", () => {
  it("limits by group only where it deduplicates by group", async () => {
    const url = await create({ FifoQueue: "true" });
    const refused = { name: "InvalidAttributeValue", message: "Invalid value for the parameter FifoThroughputLimit. Reason: To set FifoThroughputLimit to perMessageGroupId, the DeduplicationScope must be messageGroup." };
    await expect(set(url, { FifoThroughputLimit: "perMessageGroupId" })).rejects.toMatchObject(refused);
    await expect(create({ FifoQueue: "true", FifoThroughputLimit: "perMessageGroupId" })).rejects.toMatchObject(refused);
    await set(url, { FifoThroughputLimit: "perMessageGroupId", DeduplicationScope: "messageGroup" });
    await expect(set(url, { DeduplicationScope: "queue" })).rejects.toMatchObject(refused);
    await set(url, { FifoThroughputLimit: "perQueue", DeduplicationScope: "queue" });
    expect(await get(url, "FifoThroughputLimit", "DeduplicationScope", "FifoQueue")).toEqual({ FifoThroughputLimit: "perQueue", DeduplicationScope: "queue", FifoQueue: "true" });
  });

  it("stays one", async () => {
    const url = await create({ FifoQueue: "true" });
    await set(url, { FifoQueue: "true", ContentBasedDeduplication: "true" });
    await expect(set(url, { FifoQueue: "false" })).rejects.toMatchObject({ name: "InvalidAttributeValue", message: "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported." });
    for (const [name, value] of [["ContentBasedDeduplication", "yes"], ["DeduplicationScope", "group"], ["FifoThroughputLimit", "none"]] as const) {
      await expect(set(url, { [name]: value })).rejects.toMatchObject({ name: "InvalidAttributeValue", message: `Invalid value for the parameter ${name}.` });
    }
  });
});
