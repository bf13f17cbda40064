import {
  CreateQueueCommand, DeleteQueueCommand, GetQueueAttributesCommand, GetQueueUrlCommand, ListDeadLetterSourceQueuesCommand, ListQueuesCommand, PurgeQueueCommand, type QueueAttributeName,
} from "@aws-sdk/client-sqs";
import { describe, expect, it } from "vitest";
import { clientsOf } from "../support/clients.ts";
import { usePlatform } from "../support/platform.ts";
import { advance } from "./wire.ts";

const platform = usePlatform();
const sqs = () => platform.clients.sqs;
type Attributes = Partial<Record<QueueAttributeName, string>>;
const create = (QueueName: string, Attributes?: Attributes) => sqs().send(new CreateQueueCommand({ QueueName, Attributes }));
const urlOf = async (name: string, attributes?: Attributes) => (await create(name, attributes)).QueueUrl!;
const attributes = async (QueueUrl: string) => (await sqs().send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["All"] }))).Attributes!;
const exists = (QueueName: string) => sqs().send(new GetQueueUrlCommand({ QueueName })).then(() => true, () => false);

describe("a queue that is created", () => {
  it("has a URL on the address that the client knows, an ARN and AWS's defaults", async () => {
    const url = await urlOf("plain");
    expect(url).toBe(`${platform.endpoint}/000000000000/plain`);
    const { CreatedTimestamp, LastModifiedTimestamp, ...others } = await attributes(url);
    expect(others).toEqual({
      QueueArn: "arn:aws:sqs:us-east-1:000000000000:plain", ApproximateNumberOfMessages: "0", ApproximateNumberOfMessagesNotVisible: "0", ApproximateNumberOfMessagesDelayed: "0",
      VisibilityTimeout: "30", MaximumMessageSize: "1048576", MessageRetentionPeriod: "345600", DelaySeconds: "0", ReceiveMessageWaitTimeSeconds: "0", SqsManagedSseEnabled: "true",
    });
    expect([CreatedTimestamp, LastModifiedTimestamp]).toEqual([expect.stringMatching(/^\d{10}$/), CreatedTimestamp]);
  });

  it("of kind FIFO has those of its kind beside them", async () => {
    expect(await attributes(await urlOf("ordered.fifo", { FifoQueue: "true", ContentBasedDeduplication: "true" }))).toMatchObject({
      FifoQueue: "true", ContentBasedDeduplication: "true", DeduplicationScope: "queue", FifoThroughputLimit: "perQueue",
    });
  });

  it("is the same one when it is created again with what it is", async () => {
    const url = await urlOf("again", { VisibilityTimeout: "60", DelaySeconds: "5" });
    expect(await urlOf("again", { VisibilityTimeout: "60" })).toBe(url);
    expect(await urlOf("again")).toBe(url);
    expect(await urlOf("again", { MaximumMessageSize: "1048576" })).toBe(url);
    await expect(create("again", { VisibilityTimeout: "61", DelaySeconds: "5" })).rejects.toMatchObject({
      name: "QueueNameExists", message: "A queue already exists with the same name and a different value for attribute VisibilityTimeout", $metadata: { httpStatusCode: 400 },
    });
    await expect(create("again", { ReceiveMessageWaitTimeSeconds: "3" })).rejects.toMatchObject({ name: "QueueNameExists" });
    expect((await attributes(url))["VisibilityTimeout"]).toBe("60");
  });

  it.each([
    ["no spaces", undefined, "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"],
    ["", undefined, "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"],
    ["x".repeat(81), undefined, "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"],
    ["a.fifo", undefined, "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"],
    ["a", { FifoQueue: "true" }, "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length"],
    [`${"x".repeat(76)}.fifo`, { FifoQueue: "true" }, "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length"],
  ])("is not called %j", async (name, given, message) => {
    await expect(create(name, given)).rejects.toMatchObject({ name: "InvalidParameterValue", message, $metadata: { httpStatusCode: 400 } });
  });

  it("may be called all that AWS allows", async () => {
    expect(await urlOf("x".repeat(80))).toContain("x".repeat(80));
    expect(await urlOf(`${"x".repeat(75)}.fifo`, { FifoQueue: "true" })).toContain(".fifo");
  });
});

describe("a queue that is deleted", () => {
  it("is gone at once, and its name is held for a minute", async () => {
    const url = await urlOf("gone");
    await sqs().send(new DeleteQueueCommand({ QueueUrl: url }));
    await expect(attributes(url)).rejects.toMatchObject({ name: "QueueDoesNotExist", message: "The specified queue does not exist.", $metadata: { httpStatusCode: 400 } });
    await expect(sqs().send(new DeleteQueueCommand({ QueueUrl: url }))).rejects.toMatchObject({ name: "QueueDoesNotExist" });
    const held = { name: "QueueDeletedRecently", message: "You must wait 60 seconds after deleting a queue before you can create another with the same name." };
    await expect(create("gone")).rejects.toMatchObject(held);
    await advance(platform, 50_000);
    await expect(create("gone")).rejects.toMatchObject(held);
    await advance(platform, 11_000);
    expect(await urlOf("gone")).toBe(url);
  });
});

describe("queues are found", () => {
  it("by name, in another account by its owner", async () => {
    const url = await urlOf("found");
    expect(await sqs().send(new GetQueueUrlCommand({ QueueName: "found" }))).toMatchObject({ QueueUrl: url });
    expect(await sqs().send(new GetQueueUrlCommand({ QueueName: "found", QueueOwnerAWSAccountId: "000000000000" }))).toMatchObject({ QueueUrl: url });
    await expect(sqs().send(new GetQueueUrlCommand({ QueueName: "nowhere" }))).rejects.toMatchObject({ name: "QueueDoesNotExist" });
    expect(await exists("found")).toBe(true);
  });

  it("by prefix, page by page", async () => {
    const { sqs: lister } = clientsOf(platform.endpoint, { accessKeyId: "222222222222", secretAccessKey: "test" });
    expect((await lister.send(new ListQueuesCommand())).QueueUrls).toBeUndefined();
    for (const name of ["b-1", "a-2", "a-10", "a-1", "A-1", "a_1"]) await lister.send(new CreateQueueCommand({ QueueName: name }));
    const names = (urls: string[] | undefined) => urls?.map((url) => url.split("/").at(-1));
    expect(names((await lister.send(new ListQueuesCommand())).QueueUrls)).toEqual(["A-1", "a-1", "a-10", "a-2", "a_1", "b-1"]);
    expect(names((await lister.send(new ListQueuesCommand({ QueueNamePrefix: "a-" }))).QueueUrls)).toEqual(["a-1", "a-10", "a-2"]);
    const first = await lister.send(new ListQueuesCommand({ QueueNamePrefix: "a", MaxResults: 3 }));
    expect([names(first.QueueUrls), first.NextToken]).toEqual([["a-1", "a-10", "a-2"], expect.any(String)]);
    const second = await lister.send(new ListQueuesCommand({ QueueNamePrefix: "a", MaxResults: 3, NextToken: first.NextToken }));
    expect([names(second.QueueUrls), second.NextToken]).toEqual([["a_1"], undefined]);
    await expect(lister.send(new ListQueuesCommand({ MaxResults: 1001 }))).rejects.toMatchObject({ name: "InvalidParameterValue", message: "Value 1001 for parameter MaxResults is invalid. Reason: Must be between 1 and 1000, if provided." });
    await expect(lister.send(new ListQueuesCommand({ NextToken: "bm8" }))).rejects.toMatchObject({ name: "InvalidParameterValue" });
  });

  it("as the sources of a dead-letter queue", async () => {
    const dead = await urlOf("dead");
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: "arn:aws:sqs:us-east-1:000000000000:dead", maxReceiveCount: 3 });
    for (const name of ["source-b", "source-a", "source-c"]) await create(name, { RedrivePolicy });
    const list = (more: object = {}) => sqs().send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: dead, ...more }));
    expect((await list()).queueUrls!.map((url) => url.split("/").at(-1))).toEqual(["source-a", "source-b", "source-c"]);
    const first = await list({ MaxResults: 2 });
    expect(first.queueUrls).toHaveLength(2);
    expect((await list({ MaxResults: 2, NextToken: first.NextToken })).queueUrls!.map((url) => url.split("/").at(-1))).toEqual(["source-c"]);
    expect((await sqs().send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: await urlOf("source-a") }))).queueUrls).toEqual([]);
  });
});

it("a purge is allowed once a minute", async () => {
  const QueueUrl = await urlOf("purged");
  const before = await attributes(QueueUrl);
  await sqs().send(new PurgeQueueCommand({ QueueUrl }));
  await expect(sqs().send(new PurgeQueueCommand({ QueueUrl }))).rejects.toMatchObject({
    name: "PurgeQueueInProgress", message: "Only one PurgeQueue operation on purged is allowed every 60 seconds.", $metadata: { httpStatusCode: 403 },
  });
  expect(await attributes(QueueUrl)).toEqual(before);
  await advance(platform, 60_000);
  await sqs().send(new PurgeQueueCommand({ QueueUrl }));
  await expect(sqs().send(new PurgeQueueCommand({ QueueUrl: `${platform.endpoint}/000000000000/nowhere` }))).rejects.toMatchObject({ name: "QueueDoesNotExist" });
});
