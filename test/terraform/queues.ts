import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand } from "@aws-sdk/client-iam";
import { GetQueueAttributesCommand, ListDeadLetterSourceQueuesCommand, ListQueuesCommand, ListQueueTagsCommand } from "@aws-sdk/client-sqs";
import { describe, expect, it } from "vitest";
import type { Clients } from "../support/clients.ts";
import { hasTerraform, NO_TERRAFORM, useTerraform } from "../support/terraform.ts";

/** The provider looks at a queue six and fifteen times, with seconds in between, before it believes what it has set or deleted. */
const OPTIONS = { timeout: 400_000 };
const IMPORTED: Record<string, string> = {
  "aws_sqs_queue.ordered": "ordered.fifo",
  "aws_sqs_queue_policy.work": "work",
  "aws_sqs_queue_redrive_policy.work": "work",
  "aws_sqs_queue_redrive_allow_policy.dead": "dead",
};
const PERMISSIONS = ["CreateQueue", "DeleteQueue", "GetQueueAttributes", "GetQueueUrl", "ListQueues", "ListQueueTags", "SetQueueAttributes", "TagQueue", "UntagQueue"];

/** A user who may do what this configuration needs, and nothing else. */
const createUser = async ({ iam }: Clients): Promise<Record<string, string>> => {
  const policy = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: PERMISSIONS.map((action) => `sqs:${action}`), Resource: "arn:aws:sqs:us-east-1:000000000000:*" }] };
  await iam.send(new CreateUserCommand({ UserName: "deployer" }));
  await iam.send(new PutUserPolicyCommand({ UserName: "deployer", PolicyName: "deploy", PolicyDocument: JSON.stringify(policy) }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: "deployer" }));
  return { AWS_ACCESS_KEY_ID: AccessKey!.AccessKeyId!, AWS_SECRET_ACCESS_KEY: AccessKey!.SecretAccessKey! };
};

export const testQueues = (): void => void describe.skipIf(!hasTerraform).concurrent(`Terraform, as a user of IAM, with every resource of queues${NO_TERRAFORM}`, () => {
  const on = useTerraform(join(import.meta.dirname, "queues"), async ({ server, clients }) => {
    return { ...(await createUser(clients)), AWS_ENDPOINT_URL: server.endpoint, AWS_REGION: "us-east-1" };
  });
  const url = (name: string) => `${on.server.endpoint}/000000000000/${name}`;
  const arn = (name: string) => `arn:aws:sqs:us-east-1:000000000000:${name}`;
  const attributes = async (name: string) => {
    const { Attributes } = await on.clients.sqs.send(new GetQueueAttributesCommand({ QueueUrl: url(name), AttributeNames: ["All"] }));
    return Object.fromEntries(Object.entries(Attributes!).map(([key, value]) => [key, value!.startsWith("{") ? (JSON.parse(value!) as unknown) : value]));
  };

  it.sequential("applies, reads back, and has no change after it", OPTIONS, async () => {
    const applied = await on.terraform("apply", "-auto-approve");
    expect(applied.said).toMatch(/Apply complete! Resources: 8 added, 0 changed, 0 destroyed\./);
    expect(JSON.parse((await on.terraform("output", "-json", "read")).said)).toEqual({ arn: arn("work"), count: 5, tags: { project: "lambdad", purpose: "first" }, url: true });
    expect(await on.terraform("plan", "-detailed-exitcode")).toMatchObject({ code: 0 });
  });

  it.sequential("made what was written", async () => {
    expect(await attributes("work")).toMatchObject({
      DelaySeconds: "0", MaximumMessageSize: "2048", MessageRetentionPeriod: "86400", ReceiveMessageWaitTimeSeconds: "10", VisibilityTimeout: "60", SqsManagedSseEnabled: "true",
      RedrivePolicy: { deadLetterTargetArn: arn("dead"), maxReceiveCount: 5 },
      Policy: { Statement: [{ Sid: "Uploads", Principal: { Service: "s3.amazonaws.com" }, Condition: { ArnEquals: { "aws:SourceArn": "arn:aws:s3:::uploads" } } }] },
    });
    expect(await attributes("whole")).toMatchObject({ RedrivePolicy: { maxReceiveCount: 3 }, Policy: { Statement: [{ Principal: { AWS: "arn:aws:iam::111122223333:root" } }] } });
    expect(await attributes("dead")).toMatchObject({ RedriveAllowPolicy: { redrivePermission: "byQueue", sourceQueueArns: [arn("work"), arn("whole")] } });
    expect(await attributes("ordered.fifo")).toMatchObject({ FifoQueue: "true", ContentBasedDeduplication: "true", DeduplicationScope: "messageGroup", FifoThroughputLimit: "perMessageGroupId" });
    expect((await on.clients.sqs.send(new ListQueueTagsCommand({ QueueUrl: url("work") }))).Tags).toEqual({ project: "lambdad", purpose: "first" });
    expect((await on.clients.sqs.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: url("dead") }))).queueUrls).toEqual([url("whole"), url("work")]);
  });

  it.sequential("takes over what is there already, and changes in place what can be", OPTIONS, async () => {
    await on.terraform("state", "rm", ...Object.keys(IMPORTED));
    writeFileSync(join(on.folder, "imports.tf"), Object.entries(IMPORTED).map(([to, name]) => `import {\n  to = ${to}\n  id = "${url(name)}"\n}\n`).join(""));
    const changed = await on.terraform("apply", "-auto-approve", "-var", "generation=2");
    expect(changed.said).toMatch(/Apply complete! Resources: 4 imported, 0 added, 7 changed, 0 destroyed\./);
    expect(await on.terraform("plan", "-detailed-exitcode", "-var", "generation=2")).toMatchObject({ code: 0 });
    expect(await attributes("work")).toMatchObject({
      DelaySeconds: "5", MaximumMessageSize: "262144", VisibilityTimeout: "90", RedrivePolicy: { maxReceiveCount: 6 }, Policy: { Statement: [{ Action: expect.arrayContaining(["sqs:GetQueueAttributes"]) }] },
    });
    expect((await on.clients.sqs.send(new ListQueueTagsCommand({ QueueUrl: url("work") }))).Tags).toMatchObject({ purpose: "second" });
    expect(await attributes("ordered.fifo")).toMatchObject({ ContentBasedDeduplication: "false" });
  });

  it.sequential("destroys all of it", OPTIONS, async () => {
    const destroyed = await on.terraform("destroy", "-auto-approve", "-var", "generation=2");
    expect(destroyed.said).toContain("Destroy complete!");
    expect((await on.clients.sqs.send(new ListQueuesCommand())).QueueUrls).toBeUndefined();
  });
});
