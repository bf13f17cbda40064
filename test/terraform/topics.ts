import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { SNS } from "@aws-sdk/client-sns";
import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { expect, it } from "vitest";
import { zipOf } from "../support/functions.ts";
import { eventually } from "../support/temporary.ts";
import { NOTHING } from "./outcome.ts";
import type { Module, Suite } from "./suite.ts";

const APP = `
def handler(event, context):
    for record in event["Records"]: print("GOT", record["Sns"]["Message"])
`;
const arn = (name: string) => `arn:aws:sns:us-east-1:000000000000:${name}`;
const of = (service: string, ...names: string[]) => names.map((name) => `${service}:${name}`);

const POLICY = {
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Action: of("iam", "AttachRolePolicy", "CreateRole", "DeleteRole", "DetachRolePolicy", "GetRole", "ListAttachedRolePolicies", "ListInstanceProfilesForRole", "ListRolePolicies", "PassRole", "TagRole"),
      Resource: "arn:aws:iam::000000000000:role/news-reader",
    },
    {
      Effect: "Allow",
      Action: of("lambda", "AddPermission", "CreateFunction", "DeleteFunction", "GetFunction", "GetFunctionCodeSigningConfig", "GetPolicy", "ListTags", "ListVersionsByFunction", "RemovePermission", "TagResource"),
      Resource: "arn:aws:lambda:us-east-1:000000000000:function:news-reader",
    },
    { Effect: "Allow", Action: of("sqs", "CreateQueue", "DeleteQueue", "GetQueueAttributes", "ListQueueTags", "SetQueueAttributes", "TagQueue"), Resource: "arn:aws:sqs:us-east-1:000000000000:news-*" },
    { Effect: "Allow", Action: of("sns", "CreateTopic", "DeleteTopic", "GetTopicAttributes", "ListTagsForResource", "SetTopicAttributes", "Subscribe", "TagResource", "UntagResource"), Resource: [arn("news"), arn("ordered.fifo")] },
    { Effect: "Allow", Action: of("sns", "GetSubscriptionAttributes", "ListTopics", "SetSubscriptionAttributes", "Unsubscribe"), Resource: "*" },
  ],
};

const sns = (on: Module) => new SNS({ endpoint: on.server.endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 });
const topic = async (on: Module, name: string) => (await sns(on).getTopicAttributes({ TopicArn: arn(name) })).Attributes!;
const subscription = async (on: Module) => {
  const { Subscriptions } = await sns(on).listSubscriptionsByTopic({ TopicArn: arn("news") });
  return (await sns(on).getSubscriptionAttributes({ SubscriptionArn: Subscriptions!.find(({ Protocol }) => Protocol === "sqs")!.SubscriptionArn! })).Attributes!;
};
const archived = async (on: Module) => (await on.clients.sqs.send(new ReceiveMessageCommand({ QueueUrl: `${on.server.endpoint}/000000000000/news-archive`, WaitTimeSeconds: 20, MaxNumberOfMessages: 10 }))).Messages!.map(({ Body }) => Body);

export const topics: Suite = {
  title: "with topics",
  name: "topics",
  folder: join(import.meta.dirname, "topics"),
  policy: POLICY,
  given: () => "generation = var.generation",
  prepare: async (folder) => writeFileSync(join(folder, "app.zip"), await zipOf({ "app.py": APP })),
  imported: async (on) => ({ "aws_sns_topic.news": arn("news"), "aws_sns_topic_policy.news": arn("news"), "aws_sns_topic_subscription.archive": (await subscription(on))["SubscriptionArn"]! }),

  applied(on) {
    it("applies, and has no change after it", async () => {
      expect(on.did("first")).toEqual({ ...NOTHING, added: 13 });
      expect(on.did("applied")).toEqual(NOTHING);
      expect(on.left("applied")).toEqual([]);
      expect(on.outputs("applied")["read"]).toEqual({ arn: arn("news"), owner: "000000000000", subscription: (await subscription(on))["SubscriptionArn"], confirmed: true });
    });

    it("made what was written, and it tells function and queue", async () => {
      expect(await topic(on, "news")).toMatchObject({ DisplayName: "News", SignatureVersion: "2", SubscriptionsConfirmed: "2", Policy: expect.stringContaining("Uploads") });
      expect(await topic(on, "ordered.fifo")).toMatchObject({ FifoTopic: "true", ContentBasedDeduplication: "true", FifoThroughputScope: "MessageGroup" });
      expect(await subscription(on)).toMatchObject({ RawMessageDelivery: "true", FilterPolicyScope: "MessageAttributes", RedrivePolicy: expect.stringContaining("news-dead") });
      await sns(on).publish({ TopicArn: arn("news"), Message: "plain" });
      await sns(on).publish({ TopicArn: arn("news"), Message: "a report", MessageAttributes: { kind: { DataType: "String", StringValue: "report" } } });
      expect(await archived(on)).toEqual(["a report"]);
      await eventually("the function is told of both", async () => {
        const { events = [] } = await on.clients.logs.send(new FilterLogEventsCommand({ logGroupName: "/aws/lambda/news-reader", filterPattern: "GOT" })).catch(() => ({ events: [] }));
        return events.length === 2;
      });
    });
  },

  changed(on) {
    it("takes over what is there already, and changes in place what can be", async () => {
      expect(on.did("changed")).toEqual({ ...NOTHING, imported: 3, changed: 4 });
      expect(on.left("changed")).toEqual([]);
      expect(await topic(on, "news")).toMatchObject({ DisplayName: "More news", DeliveryPolicy: expect.stringContaining('"numRetries":4'), Policy: expect.stringContaining("GetTopicAttributes") });
      expect(await topic(on, "ordered.fifo")).toMatchObject({ ContentBasedDeduplication: "false" });
      expect(await subscription(on)).toMatchObject({ RawMessageDelivery: "false", FilterPolicyScope: "MessageBody" });
    });
  },

  destroyed(on) {
    it("destroys all of it", async () => {
      expect(on.did("destroyed")).toEqual({ ...NOTHING, destroyed: 13 });
      expect((await sns(on).listTopics()).Topics).toEqual([]);
    });
  },
};
