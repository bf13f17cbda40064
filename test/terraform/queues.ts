import { join } from "node:path";
import { GetQueueAttributesCommand, ListDeadLetterSourceQueuesCommand, ListQueuesCommand, ListQueueTagsCommand } from "@aws-sdk/client-sqs";
import { expect, it } from "vitest";
import { NOTHING } from "./outcome.ts";
import type { Module, Suite } from "./suite.ts";

const IMPORTED: Record<string, string> = {
  "aws_sqs_queue.ordered": "ordered.fifo",
  "aws_sqs_queue_policy.work": "work",
  "aws_sqs_queue_redrive_policy.work": "work",
  "aws_sqs_queue_redrive_allow_policy.dead": "dead",
};
const PERMISSIONS = ["CreateQueue", "DeleteQueue", "GetQueueAttributes", "GetQueueUrl", "ListQueues", "ListQueueTags", "SetQueueAttributes", "TagQueue", "UntagQueue"];

const url = (on: Module, name: string) => `${on.server.endpoint}/000000000000/${name}`;
const arn = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;
const attributes = async (on: Module, name: string) => {
  const { Attributes } = await on.clients.sqs.send(new GetQueueAttributesCommand({ QueueUrl: url(on, name), AttributeNames: ["All"] }));
  return Object.fromEntries(Object.entries(Attributes!).map(([key, value]) => [key, value!.startsWith("{") ? (JSON.parse(value!) as unknown) : value]));
};

export const queues: Suite = {
  title: "with every resource of queues",
  name: "queues",
  folder: join(import.meta.dirname, "queues"),
  policy: { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: PERMISSIONS.map((action) => `sqs:${action}`), Resource: "arn:aws:sqs:us-east-1:000000000000:*" }] },
  given: () => "generation = var.generation",
  imported: (on) => Object.fromEntries(Object.entries(IMPORTED).map(([address, name]) => [address, url(on, name)])),

  applied(on) {
    it("applies, reads back, and has no change after it", () => {
      expect(on.did("first")).toEqual({ ...NOTHING, added: 8 });
      expect(on.did("applied")).toEqual(NOTHING);
      expect(on.outputs("applied")["read"]).toEqual({ arn: arn("work"), count: 5, tags: { project: "lambdad", stage: "test", purpose: "first" }, url: true });
      expect(on.left("applied")).toEqual([]);
    });

    it("made what was written", async () => {
      expect(await attributes(on, "work")).toMatchObject({
        DelaySeconds: "0", MaximumMessageSize: "2048", MessageRetentionPeriod: "86400", ReceiveMessageWaitTimeSeconds: "10", VisibilityTimeout: "60", SqsManagedSseEnabled: "true",
        RedrivePolicy: { deadLetterTargetArn: arn("dead"), maxReceiveCount: 5 },
        Policy: { Statement: [{ Sid: "Uploads", Principal: { Service: "s3.amazonaws.com" }, Condition: { ArnEquals: { "aws:SourceArn": "arn:aws:s3:::uploads" } } }] },
      });
      expect(await attributes(on, "whole")).toMatchObject({ RedrivePolicy: { maxReceiveCount: 3 }, Policy: { Statement: [{ Principal: { AWS: "arn:aws:iam::111122223333:root" } }] } });
      expect(await attributes(on, "dead")).toMatchObject({ RedriveAllowPolicy: { redrivePermission: "byQueue", sourceQueueArns: [arn("work"), arn("whole")] } });
      expect(await attributes(on, "ordered.fifo")).toMatchObject({ FifoQueue: "true", ContentBasedDeduplication: "true", DeduplicationScope: "messageGroup", FifoThroughputLimit: "perMessageGroupId" });
      expect((await on.clients.sqs.send(new ListQueueTagsCommand({ QueueUrl: url(on, "work") }))).Tags).toEqual({ project: "lambdad", stage: "test", purpose: "first" });
      expect((await on.clients.sqs.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: url(on, "dead") }))).queueUrls).toEqual([url(on, "whole"), url(on, "work")]);
    });
  },

  changed(on) {
    it("takes over what is there already, and changes in place what can be", async () => {
      expect(on.did("changed")).toEqual({ ...NOTHING, imported: 4, changed: 7 });
      expect(on.left("changed")).toEqual([]);
      expect(await attributes(on, "work")).toMatchObject({
        DelaySeconds: "5", MaximumMessageSize: "262144", VisibilityTimeout: "90", RedrivePolicy: { maxReceiveCount: 6 }, Policy: { Statement: [{ Action: expect.arrayContaining(["sqs:GetQueueAttributes"]) }] },
      });
      expect((await on.clients.sqs.send(new ListQueueTagsCommand({ QueueUrl: url(on, "work") }))).Tags).toMatchObject({ purpose: "second" });
      expect(await attributes(on, "ordered.fifo")).toMatchObject({ ContentBasedDeduplication: "false" });
    });
  },

  destroyed(on) {
    it("destroys all of it", async () => {
      expect(on.did("destroyed")).toEqual({ ...NOTHING, destroyed: 8 });
      expect((await on.clients.sqs.send(new ListQueuesCommand())).QueueUrls).toBeUndefined();
    });
  },
};
