import { CreateBucketCommand, GetBucketNotificationConfigurationCommand, PutBucketNotificationConfigurationCommand, PutObjectCommand, type NotificationConfiguration } from "@aws-sdk/client-s3";
import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand, SetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { describe, expect, it } from "vitest";
import { fetchStories } from "../../src/cli/commands/why.ts";
import { storyLines } from "../../src/cli/story.ts";
import { usePlatform } from "../support/platform.ts";
import { eventually } from "../support/temporary.ts";

const on = usePlatform();
const arnOf = (queue: string) => `arn:aws:sqs:us-east-1:000000000000:${queue}`;
const letIn = (queue: string, bucket: string) =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "s3.amazonaws.com" }, Action: "sqs:SendMessage", Resource: arnOf(queue), Condition: { ArnEquals: { "aws:SourceArn": `arn:aws:s3:::${bucket}` } } }] });

const createQueue = async (QueueName: string, Attributes: Record<string, string> = {}) => (await on.clients.sqs.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl!;
const createBucket = (Bucket: string) => on.clients.s3.send(new CreateBucketCommand({ Bucket }));
const configure = (Bucket: string, NotificationConfiguration: NotificationConfiguration, SkipDestinationValidation?: boolean) =>
  on.clients.s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration, SkipDestinationValidation }));
const to = (queue: string, over = {}): NotificationConfiguration => ({ QueueConfigurations: [{ QueueArn: arnOf(queue), Events: ["s3:ObjectCreated:*"], ...over }] });
/** The next message, which is taken from the queue. */
const next = async (QueueUrl: string) => {
  const { Messages } = await on.clients.sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
  await on.clients.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: Messages![0]!.ReceiptHandle }));
  return JSON.parse(Messages![0]!.Body!) as Record<string, unknown>;
};
const refusal = async (outcome: Promise<unknown>) => {
  const error = (await outcome.then(() => undefined, (thrown: unknown) => thrown)) as Record<string, unknown> | undefined;
  return error && { name: error["name"], message: error["message"], why: error["ArgumentValue1"] ?? error["ArgumentValue"] };
};

describe("a bucket that notifies a queue", () => {
  it("tells it at once that it will, then of each event that it is to hear of", async () => {
    await createBucket("photos");
    const url = await createQueue("heard", { Policy: letIn("heard", "photos") });
    await configure("photos", to("heard", { Id: "mine", Filter: { Key: { FilterRules: [{ Name: "prefix", Value: "in/" }] } } }));
    expect(await next(url)).toEqual({ Service: "Amazon S3", Event: "s3:TestEvent", Time: expect.stringMatching(/^\d{4}-.*Z$/), Bucket: "photos", RequestId: expect.stringMatching(/^[0-9A-Z]{16}$/), HostId: expect.any(String) });
    await on.clients.s3.send(new PutObjectCommand({ Bucket: "photos", Key: "out/a", Body: "x" }));
    await on.clients.s3.send(new PutObjectCommand({ Bucket: "photos", Key: "in/ä b", Body: "xy" }));
    expect(await next(url)).toMatchObject({ Records: [{ eventName: "ObjectCreated:Put", s3: { configurationId: "mine", bucket: { name: "photos" }, object: { key: "in/%C3%A4+b", size: 2 } } }] });
    const { QueueConfigurations, LambdaFunctionConfigurations } = await on.clients.s3.send(new GetBucketNotificationConfigurationCommand({ Bucket: "photos" }));
    expect(QueueConfigurations).toEqual([{ Id: "mine", QueueArn: arnOf("heard"), Events: ["s3:ObjectCreated:*"], Filter: { Key: { FilterRules: [{ Name: "Prefix", Value: "in/" }] } } }]);
    expect(LambdaFunctionConfigurations).toBeUndefined();
  });

  it("must be let in by the queue's policy", async () => {
    await createBucket("strange");
    await createQueue("shut");
    await createQueue("others", { Policy: letIn("others", "another") });
    await createQueue("ordered.fifo", { FifoQueue: "true" });
    const refused = (why: string) => ({ name: "InvalidArgument", message: "Unable to validate the following destination configurations", why });
    const denied = refused("Permissions on the destination queue do not allow S3 to publish notifications from this bucket");
    expect(await refusal(configure("strange", to("shut")))).toMatchObject(denied);
    expect(await refusal(configure("strange", to("others")))).toMatchObject(denied);
    expect(await refusal(configure("strange", to("nothing")))).toMatchObject(refused("The destination queue does not exist"));
    expect(await refusal(configure("strange", to("ordered.fifo")))).toMatchObject({ name: "InvalidArgument", message: "FIFO SQS queues are not supported." });
    const topic = { TopicConfigurations: [{ TopicArn: arnOf("ordered.fifo").replace("sqs", "sns"), Events: ["s3:ObjectCreated:*" as const] }] };
    expect(await refusal(configure("strange", topic))).toMatchObject({
      name: "InvalidArgument", message: String.raw`The ARN failed to satisfy constraint: Member must satisfy regular expression pattern: ^arn:aws[\p{Alpha}\-]*:sns:[\p{Alnum}\-]+:[\p{Digit}]{12}:[\p{Alnum}\-_]{1,256}$`,
    });
    expect(await refusal(configure("strange", to("no queue's name")))).toMatchObject({ name: "InvalidArgument", message: "The ARN could not be parsed" });
    expect((await on.clients.s3.send(new GetBucketNotificationConfigurationCommand({ Bucket: "strange" }))).QueueConfigurations).toBeUndefined();
  });

  it("is not heard where the door is shut, and why says so; once it is open, it is", async () => {
    await createBucket("late");
    const url = await createQueue("opened");
    await configure("late", to("opened"), true);
    await on.clients.s3.send(new PutObjectCommand({ Bucket: "late", Key: "first", Body: "x" }));
    const story = async () => (await fetchStories({ endpoint: on.endpoint, region: "us-east-1", account: undefined }, "late/first")).flatMap((one) => storyLines(one, (_style, text) => text)).join("\n");
    await eventually("it is given up", async () => (await story()).includes(`the event is not delivered to ${arnOf("opened")}: its policy does not let the source in`));
    await on.clients.sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { Policy: letIn("opened", "late") } }));
    await on.clients.s3.send(new PutObjectCommand({ Bucket: "late", Key: "second", Body: "x" }));
    expect(await next(url)).toMatchObject({ Records: [{ s3: { object: { key: "second" } } }] });
  });
});
