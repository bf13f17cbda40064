import { PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import { PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { GetFunctionConfigurationCommand, InvokeCommand, PutFunctionEventInvokeConfigCommand, UpdateFunctionConfigurationCommand } from "@aws-sdk/client-lambda";
import { CreateBucketCommand, DeleteObjectCommand, GetBucketNotificationConfigurationCommand, PutBucketNotificationConfigurationCommand, PutObjectCommand, type NotificationConfiguration } from "@aws-sdk/client-s3";
import { CreateTopicCommand, SetTopicAttributesCommand, SubscribeCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand, type Message } from "@aws-sdk/client-sqs";
import { beforeAll, describe, expect, it } from "vitest";
import { createFunction, createRole } from "../support/functions.ts";
import { usePlatform } from "../support/platform.ts";
import { pushClientsOf, type PushClients } from "../support/push-clients.ts";
import { eventually } from "../support/temporary.ts";

const on = usePlatform();
const ACCOUNT = "000000000000";
const arn = (service: string, resource: string) => `arn:aws:${service}:us-east-1:${ACCOUNT}:${resource}`;
const BUS = arn("events", "event-bus/default");
let push: PushClients;

const letIn = (resource: string, action: string, service: string) => JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: action, Resource: resource }] });
const queue = async (QueueName: string, service: string) => (await on.clients.sqs.send(new CreateQueueCommand({ QueueName, Attributes: { Policy: letIn(arn("sqs", QueueName), "sqs:SendMessage", service) } }))).QueueUrl!;
/** The next message, which is taken from the queue. */
const next = async (QueueUrl: string): Promise<Message> => {
  const { Messages } = await on.clients.sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20, MessageAttributeNames: ["All"] }));
  await on.clients.sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: Messages![0]!.ReceiptHandle }));
  return Messages![0]!;
};
const nextJson = async (url: string) => JSON.parse((await next(url)).Body!) as Record<string, unknown>;
/** What a rule of the default bus matches, in a queue. */
const ruled = async (name: string, pattern: object) => {
  const url = await queue(name, "events.amazonaws.com");
  await push.events.send(new PutRuleCommand({ Name: name, EventPattern: JSON.stringify(pattern) }));
  await push.events.send(new PutTargetsCommand({ Rule: name, Targets: [{ Id: "queue", Arn: arn("sqs", name) }] }));
  return url;
};
/** What a topic sends, in a queue. */
const topical = async (name: string, Policy?: string) => {
  const url = await queue(name, "sns.amazonaws.com");
  const { TopicArn } = await push.sns.send(new CreateTopicCommand({ Name: name }));
  if (Policy !== undefined) await push.sns.send(new SetTopicAttributesCommand({ TopicArn, AttributeName: "Policy", AttributeValue: Policy }));
  await push.sns.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: arn("sqs", name) }));
  return { url, topic: TopicArn! };
};

beforeAll(() => void (push = pushClientsOf(on.endpoint)));

describe("a bucket", () => {
  const configure = (Bucket: string, NotificationConfiguration: NotificationConfiguration) => on.clients.s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }));

  it("tells EventBridge of everything, in its words, without being let in", async () => {
    await on.clients.s3.send(new CreateBucketCommand({ Bucket: "told" }));
    const url = await ruled("told", { source: ["aws.s3"], detail: { bucket: { name: ["told"] } } });
    await configure("told", { EventBridgeConfiguration: {} });
    expect(await on.clients.s3.send(new GetBucketNotificationConfigurationCommand({ Bucket: "told" }))).toMatchObject({ EventBridgeConfiguration: {} });
    const { ETag } = await on.clients.s3.send(new PutObjectCommand({ Bucket: "told", Key: "in/ä b", Body: "xy" }));
    const put = await nextJson(url);
    expect(put).toEqual({
      version: "0", id: expect.stringMatching(/^[0-9a-f-]{36}$/), "detail-type": "Object Created", source: "aws.s3", account: ACCOUNT, time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/), region: "us-east-1", resources: ["arn:aws:s3:::told"],
      detail: {
        version: "0", bucket: { name: "told" }, object: { key: "in/ä b", size: 2, etag: ETag!.replaceAll('"', ""), sequencer: expect.stringMatching(/^[0-9A-F]{16,}$/) },
        "request-id": expect.stringMatching(/^[0-9A-Z]{16}$/), requester: ACCOUNT, "source-ip-address": "127.0.0.1", reason: "PutObject",
      },
    });
    await on.clients.s3.send(new DeleteObjectCommand({ Bucket: "told", Key: "in/ä b" }));
    expect(await nextJson(url)).toMatchObject({ "detail-type": "Object Deleted", detail: { object: { key: "in/ä b" }, reason: "DeleteObject", "deletion-type": "Permanently Deleted" } });
  });

  it("tells a topic that lets it in, at once and then of each event", async () => {
    await on.clients.s3.send(new CreateBucketCommand({ Bucket: "heard" }));
    const shut = await topical("shut");
    const to = (TopicArn: string): NotificationConfiguration => ({ TopicConfigurations: [{ Id: "mine", TopicArn, Events: ["s3:ObjectCreated:*"] }] });
    const refusal = async (TopicArn: string) => configure("heard", to(TopicArn)).then(() => undefined, (error: Record<string, unknown>) => error["ArgumentValue1"]);
    expect(await refusal(shut.topic)).toBe("Permissions on the destination topic do not allow S3 to publish notifications from this bucket");
    expect(await refusal(arn("sns", "nothing"))).toBe("The destination topic does not exist");
    const { url, topic } = await topical("heard", letIn(arn("sns", "heard"), "sns:Publish", "s3.amazonaws.com"));
    await configure("heard", to(topic));
    expect((await on.clients.s3.send(new GetBucketNotificationConfigurationCommand({ Bucket: "heard" }))).TopicConfigurations).toEqual([{ Id: "mine", TopicArn: topic, Events: ["s3:ObjectCreated:*"] }]);
    const first = await nextJson(url);
    expect([first["Subject"], JSON.parse(first["Message"] as string)]).toEqual(["Amazon S3 Notification", expect.objectContaining({ Event: "s3:TestEvent", Bucket: "heard" })]);
    await on.clients.s3.send(new PutObjectCommand({ Bucket: "heard", Key: "a", Body: "x" }));
    const { Message } = await nextJson(url);
    expect(JSON.parse(Message as string)).toMatchObject({ Records: [{ eventName: "ObjectCreated:Put", s3: { configurationId: "mine", object: { key: "a" } } }] });
  });
});

describe("a function", () => {
  it("tells topics and buses how its events ended, if its role may", async () => {
    const Role = await createRole(on.clients, "teller");
    await createFunction(on.clients, { FunctionName: "teller", Role, Runtime: "nodejs24.x", Handler: "index.handler", files: { "index.mjs": 'export const handler = async ({ fail }) => { if (fail) throw new Error("no luck"); return "well"; };' } });
    const configure = (OnSuccess: string, OnFailure: string) =>
      on.clients.lambda.send(new PutFunctionEventInvokeConfigCommand({ FunctionName: "teller", MaximumRetryAttempts: 0, DestinationConfig: { OnSuccess: { Destination: OnSuccess }, OnFailure: { Destination: OnFailure } } }));
    const deadLetters = (TargetArn: string) => on.clients.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: "teller", DeadLetterConfig: { TargetArn } }));
    const [ended, dead] = [await topical("ended"), await topical("dead")];
    await expect(configure(BUS, ended.topic)).rejects.toMatchObject({ message: `The function execution role does not have permissions to call Publish on ${ended.topic}` });
    await expect(configure(BUS, arn("events", "event-bus/nothing"))).rejects.toMatchObject({ message: expect.stringContaining("is invalid") });
    await expect(deadLetters(dead.topic)).rejects.toMatchObject({ message: "The provided execution role does not have permissions to call Publish on SNS" });
    await on.clients.iam.send(new PutRolePolicyCommand({ RoleName: "teller", PolicyName: "tell", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: ["sns:Publish", "events:PutEvents"], Resource: "*" }] }) }));
    await configure(BUS, ended.topic);
    await deadLetters(dead.topic);
    await eventually("the update has settled", async () => (await on.clients.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: "teller" }))).LastUpdateStatus === "Successful");

    const well = await ruled("well", { source: ["lambda"] });
    const invoke = (event: object) => on.clients.lambda.send(new InvokeCommand({ FunctionName: "teller", InvocationType: "Event", Payload: JSON.stringify(event) }));
    await invoke({});
    expect(await nextJson(well)).toMatchObject({
      source: "lambda", "detail-type": "Lambda Function Invocation Result - Success", account: ACCOUNT, resources: [BUS, arn("lambda", "function:teller:$LATEST")], detail: { requestContext: { condition: "Success" }, responsePayload: "well" },
    });
    await invoke({ fail: true });
    expect(JSON.parse((await nextJson(ended.url))["Message"] as string)).toMatchObject({ requestContext: { condition: "RetriesExhausted", approximateInvokeCount: 1 }, requestPayload: { fail: true }, responsePayload: { errorMessage: "no luck" } });
    const { Message, MessageAttributes } = await nextJson(dead.url);
    expect([Message, MessageAttributes]).toEqual(['{"fail":true}', { RequestID: { Type: "String", Value: expect.stringMatching(/^[0-9a-f-]{36}$/) }, ErrorCode: { Type: "Number", Value: "200" }, ErrorMessage: { Type: "String", Value: "no luck" } }]);
  });
});
