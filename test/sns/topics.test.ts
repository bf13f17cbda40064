import { paginateListTopics, SNSClient } from "@aws-sdk/client-sns";
import { CreateUserCommand, CreateAccessKeyCommand, PutUserPolicyCommand } from "@aws-sdk/client-iam";
import { describe, expect, it } from "vitest";
import { ACCOUNT } from "../support/context.ts";
import { createTopic, invalid, OTHER, refusal, topicArn, useSns } from "./support.ts";

const on = useSns();
const attributesOf = async (TopicArn: string) => (await on.sns.getTopicAttributes({ TopicArn })).Attributes!;
const set = (TopicArn: string, AttributeName: string, AttributeValue: string) => on.sns.setTopicAttributes({ TopicArn, AttributeName, AttributeValue });

const defaultPolicy = (arn: string) => ({
  Version: "2008-10-17", Id: "__default_policy_ID",
  Statement: [{
    Sid: "__default_statement_ID", Effect: "Allow", Principal: { AWS: "*" }, Resource: arn,
    Action: ["SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:AddPermission", "SNS:RemovePermission", "SNS:DeleteTopic", "SNS:Subscribe", "SNS:ListSubscriptionsByTopic", "SNS:Publish"],
    Condition: { StringEquals: { "AWS:SourceOwner": ACCOUNT } },
  }],
});

describe("a topic", () => {
  it("is made, told of, and gone", async () => {
    const arn = await createTopic(on, "plain");
    expect(arn).toBe(topicArn("plain"));
    const { Policy, EffectiveDeliveryPolicy, ...others } = await attributesOf(arn);
    expect(JSON.parse(Policy!)).toEqual(defaultPolicy(arn));
    expect(JSON.parse(EffectiveDeliveryPolicy!)).toEqual({
      http: {
        defaultHealthyRetryPolicy: { minDelayTarget: 20, maxDelayTarget: 20, numRetries: 3, numMaxDelayRetries: 0, numNoDelayRetries: 0, numMinDelayRetries: 0, backoffFunction: "linear" },
        disableSubscriptionOverrides: false,
        defaultRequestPolicy: { headerContentType: "text/plain; charset=UTF-8" },
      },
    });
    expect(others).toEqual({ TopicArn: arn, Owner: ACCOUNT, DisplayName: "", SubscriptionsConfirmed: "0", SubscriptionsPending: "0", SubscriptionsDeleted: "0" });
    await on.sns.deleteTopic({ TopicArn: arn });
    await on.sns.deleteTopic({ TopicArn: arn });
    expect(await refusal(attributesOf(arn))).toEqual({ name: "NotFoundException", message: "Topic does not exist", status: 404 });
  });

  it("is the same one when it is made again as it is", async () => {
    const make = (Attributes: Record<string, string>, tags: Record<string, string> = {}) => on.sns.createTopic({ Name: "again", Attributes, Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) });
    await make({ DisplayName: "one" }, { a: "1" });
    expect((await make({ DisplayName: "one" }, { a: "1" })).TopicArn).toBe(topicArn("again"));
    expect((await make({ TracingConfig: "PassThrough", SignatureVersion: "1" })).TopicArn).toBe(topicArn("again"));
    expect(await refusal(make({ DisplayName: "two" }))).toEqual(invalid("Attributes Reason: Topic already exists with different attributes"));
    expect(await refusal(make({}, { a: "2" }))).toEqual(invalid("Tags Reason: Topic already exists with different tags"));
  });

  it.each([
    ["has blanks", {}], ["x".repeat(257), {}], ["a.fifo", {}], ["", {}], ["plain", { FifoTopic: "true" }],
  ])("%s %j is no name", async (Name, Attributes) => {
    const fifo = "Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase ASCII letters, numbers, underscores, and hyphens, and must be between 1 and 256 characters long.";
    expect(await refusal(on.sns.createTopic({ Name, Attributes }))).toEqual(invalid("FifoTopic" in Attributes ? fifo : "Topic Name"));
  });

  it("that is FIFO says so", async () => {
    const arn = await createTopic(on, "ordered.fifo", { ContentBasedDeduplication: "true" });
    await set(arn, "FifoThroughputScope", "MessageGroup");
    expect(await attributesOf(arn)).toMatchObject({ FifoTopic: "true", ContentBasedDeduplication: "true", FifoThroughputScope: "MessageGroup" });
    expect((await on.sns.createTopic({ Name: "ordered.fifo", Attributes: { FifoTopic: "true" } })).TopicArn).toBe(arn);
  });

  it("is listed in pages", async () => {
    await Promise.all(Array.from({ length: 101 }, (_, n) => on.other.createTopic({ Name: `listed-${n}` })));
    const client = new SNSClient({ endpoint: on.platform.endpoint, region: "us-east-1", credentials: { accessKeyId: OTHER, secretAccessKey: "test" } });
    const pages: number[] = [];
    for await (const { Topics } of paginateListTopics({ client }, {})) pages.push(Topics!.length);
    expect(pages).toEqual([100, 1]);
    expect(await refusal(on.sns.listTopics({ NextToken: "nonsense" }))).toEqual(invalid("NextToken"));
    client.destroy();
  });

  it("has an ARN that is one, of the region that is asked", async () => {
    expect(await refusal(attributesOf("nonsense"))).toEqual(invalid("TopicArn Reason: An ARN must have at least 6 elements, not 1"));
    expect(await refusal(attributesOf(`arn:aws:sqs:us-east-1:${ACCOUNT}:queue`))).toEqual(invalid("TopicArn"));
    expect(await refusal(attributesOf(`arn:aws:sns:eu-west-1:${ACCOUNT}:plain`))).toEqual(invalid("TopicArn"));
  });
});

describe("a topic's attributes", () => {
  it("are set one by one, and taken away by an empty text", async () => {
    const arn = await createTopic(on, "set");
    await set(arn, "DisplayName", "Said");
    await set(arn, "KmsMasterKeyId", "alias/aws/sns");
    await set(arn, "SignatureVersion", "2");
    await set(arn, "TracingConfig", "Active");
    expect(await attributesOf(arn)).toMatchObject({ DisplayName: "Said", KmsMasterKeyId: "alias/aws/sns", SignatureVersion: "2", TracingConfig: "Active" });
    for (const name of ["DisplayName", "KmsMasterKeyId", "SignatureVersion", "TracingConfig"]) await set(arn, name, "");
    expect(Object.keys(await attributesOf(arn))).not.toContain("KmsMasterKeyId");
  });

  it.each([
    ["Nonsense", "1", invalid("AttributeName")],
    ["ContentBasedDeduplication", "true", invalid("AttributeName")],
    ["SignatureVersion", "3", invalid("SignatureVersion: Invalid value. Must be 1 or 2.")],
    ["Policy", "{", invalid("Policy Error: null")],
    ["Policy", '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"*"}]}', invalid("Policy statement action out of service scope!")],
    ["DeliveryPolicy", "{", invalid("DeliveryPolicy: failed to parse JSON.")],
    ["DeliveryPolicy", '{"http":{"defaultHealthyRetryPolicy":{"numRetries":1,"minDelayTarget":0,"maxDelayTarget":1}}}', invalid("DeliveryPolicy: http.defaultHealthyRetryPolicy.minDelayTarget must be greater than or equal to 1")],
    ["ArchivePolicy", "{}", { name: "NotImplemented", status: 501 }],
    ["DataProtectionPolicy", "{}", { name: "NotImplemented", status: 501 }],
    ["KmsMasterKeyId", "alias/mine", { name: "NotImplemented", status: 501 }],
    ["MaximumMessageSize", "1048576", { name: "NotImplemented", status: 501 }],
    ["MaximumMessageSize", "1023", invalid("MaximumMessageSize: Invalid value [1023]. Must be an integer between 1024 and 1048576.")],
  ])("%s is not %s", async (name, value, refused) => {
    expect(await refusal(set(await createTopic(on, "refusing"), name, value))).toMatchObject(refused);
  });

  it("say of a new topic which of them is wrong", async () => {
    expect(await refusal(createTopic(on, "new", { Nonsense: "1" }))).toEqual(invalid("Attributes Reason: Unknown attribute Nonsense"));
    expect(await refusal(createTopic(on, "new", { TracingConfig: "Full" }))).toMatchObject(invalid("Attributes Reason: Invalid tracing config value: Full"));
    expect(await refusal(createTopic(on, "new", { ContentBasedDeduplication: "true" }))).toMatchObject(invalid("Attributes Reason: Unknown attribute ContentBasedDeduplication"));
    expect(await refusal(createTopic(on, "new", { SignatureVersion: "0" }))).toMatchObject(invalid("Attributes Reason: SignatureVersion: Invalid value. Must be 1 or 2."));
  });
});

describe("tags of a topic", () => {
  it("are set, listed and taken away", async () => {
    const ResourceArn = await createTopic(on, "tagged");
    await on.sns.tagResource({ ResourceArn, Tags: [{ Key: "a", Value: "1" }, { Key: "b", Value: "2" }] });
    await on.sns.untagResource({ ResourceArn, TagKeys: ["a"] });
    expect((await on.sns.listTagsForResource({ ResourceArn })).Tags).toEqual([{ Key: "b", Value: "2" }]);
    expect(await refusal(on.sns.tagResource({ ResourceArn, Tags: [{ Key: "a", Value: "1" }, { Key: "a", Value: "2" }] }))).toEqual(invalid("Duplicated keys are not allowed."));
    expect(await refusal(on.sns.tagResource({ ResourceArn, Tags: Array.from({ length: 50 }, (_, n) => ({ Key: `k${n}`, Value: "" })) }))).toMatchObject({ name: "TagLimitExceededException", status: 400 });
    expect(await refusal(on.sns.listTagsForResource({ ResourceArn: topicArn("nowhere") }))).toEqual({ name: "ResourceNotFoundException", message: "Resource does not exist", status: 404 });
  });
});

describe("a topic's door", () => {
  const publish = (client: { publish: typeof on.sns.publish }, TopicArn: string) => client.publish({ TopicArn, Message: "m" });
  const userWith = async (UserName: string, Statement?: object) => {
    const { iam } = on.platform.clients;
    await iam.send(new CreateUserCommand({ UserName }));
    if (Statement !== undefined) await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: "p", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement }) }));
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
    const { SNS } = await import("@aws-sdk/client-sns");
    return new SNS({ endpoint: on.platform.endpoint, region: "us-east-1", credentials: { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! }, maxAttempts: 1 });
  };

  it("is shut to another account until a permission opens it, and no longer than that", async () => {
    const arn = await createTopic(on, "door");
    const shut = { name: "AuthorizationErrorException", status: 403, message: `User: arn:aws:iam::${OTHER}:root is not authorized to perform: SNS:Publish on resource: ${arn} because no resource-based policy allows the SNS:Publish action` };
    expect(await refusal(publish(on.other, arn))).toEqual(shut);
    await on.sns.addPermission({ TopicArn: arn, Label: "them", AWSAccountId: [OTHER], ActionName: ["Publish", "Subscribe"] });
    const { Statement } = JSON.parse((await attributesOf(arn))["Policy"]!) as { Statement: object[] };
    expect(Statement).toEqual([...defaultPolicy(arn).Statement, { Sid: "them", Effect: "Allow", Principal: { AWS: `arn:aws:iam::${OTHER}:root` }, Action: ["SNS:Publish", "SNS:Subscribe"], Resource: arn }]);
    expect((await publish(on.other, arn)).MessageId).toMatch(/^[0-9a-f-]{36}$/);
    expect(await refusal(on.sns.addPermission({ TopicArn: arn, Label: "them", AWSAccountId: [OTHER], ActionName: ["Publish"] }))).toEqual(invalid("Statement already exists"));
    expect(await refusal(on.sns.addPermission({ TopicArn: arn, Label: "x", AWSAccountId: [OTHER], ActionName: ["SetSubscriptionAttributes"] }))).toEqual(invalid("Policy statement action out of service scope!"));
    await on.sns.removePermission({ TopicArn: arn, Label: "them" });
    expect(await refusal(publish(on.other, arn))).toEqual(shut);
  });

  it("is shut to a user without a policy, and open to one with", async () => {
    const arn = await createTopic(on, "users");
    const [nobody, somebody] = [await userWith("nobody"), await userWith("somebody", { Effect: "Allow", Action: ["sns:Publish", "sns:Subscribe"], Resource: arn, Condition: { StringEqualsIfExists: { "sns:Protocol": "sqs" } } })];
    expect(await refusal(publish(nobody, arn))).toMatchObject({ name: "AuthorizationErrorException", message: `User: arn:aws:iam::${ACCOUNT}:user/nobody is not authorized to perform: SNS:Publish on resource: ${arn} because no identity-based policy allows the SNS:Publish action` });
    expect((await publish(somebody, arn)).MessageId).toBeDefined();
    expect((await somebody.publishBatch({ TopicArn: arn, PublishBatchRequestEntries: [{ Id: "1", Message: "m" }] })).Successful).toHaveLength(1);
    expect((await somebody.subscribe({ TopicArn: arn, Protocol: "sqs", Endpoint: `arn:aws:sqs:us-east-1:${ACCOUNT}:q` })).SubscriptionArn).toMatch(`${arn}:`);
    expect(await refusal(somebody.subscribe({ TopicArn: arn, Protocol: "http", Endpoint: "http://example.com" }))).toMatchObject({ name: "AuthorizationErrorException" });
    for (const client of [nobody, somebody]) client.destroy();
  });

  it("may be opened to everybody, signed or not", async () => {
    const arn = await createTopic(on, "open");
    const url = `${on.platform.endpoint}/?Action=Publish&Message=m&TopicArn=${arn}`;
    expect((await fetch(url)).status).toBe(403);
    await set(arn, "Policy", JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: "*", Action: "sns:Publish", Resource: arn }] }));
    const answer = await fetch(url);
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining("<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">")]);
    expect((await fetch(`${on.platform.endpoint}/?Action=Subscribe&Protocol=email&Endpoint=a@b.c&TopicArn=${arn}`)).status).toBe(403);
  });
});
