import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { awsCli, hasAwsCli } from "../support/aws-cli.ts";
import { usePlatform } from "../support/platform.ts";
import { temporaryDirectory } from "../support/temporary.ts";

const run = promisify(execFile);
const hasBoto3 = await run("python3", ["-c", "import boto3"]).then(() => true, () => false);
const platform = usePlatform();
const environment = () => ({
  PATH: process.env["PATH"]!, HOME: temporaryDirectory(), AWS_ENDPOINT_URL: platform.endpoint, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_DEFAULT_REGION: "us-east-1", AWS_EC2_METADATA_DISABLED: "true", AWS_PAGER: "",
  ...(process.env["PYENV_ROOT"] === undefined ? {} : { PYENV_ROOT: process.env["PYENV_ROOT"] }),
});

it.skipIf(!hasAwsCli)("the AWS CLI subscribes by mail, which `lambdad mail` shows (skipped where there is no `aws`)", async () => {
  const env = environment();
  const aws = async (...args: string[]) => {
    const { stdout } = await awsCli(["--endpoint-url", platform.endpoint, "--output", "json", "sns", ...args], { env });
    return (stdout.trim() === "" ? {} : JSON.parse(stdout)) as Record<string, never>;
  };
  const lambdad = async (...args: string[]) => (await run(process.execPath, [join(resolve(import.meta.dirname, "../.."), "bin/lambdad.js"), ...args], { env })).stdout;
  const { TopicArn } = await aws("create-topic", "--name", "cli", "--attributes", "DisplayName=Shop", "--tags", "Key=team,Value=red");
  expect(await aws("list-tags-for-resource", "--resource-arn", TopicArn!)).toEqual({ Tags: [{ Key: "team", Value: "red" }] });
  expect(await aws("subscribe", "--topic-arn", TopicArn!, "--protocol", "email", "--notification-endpoint", "a@example.com")).toEqual({ SubscriptionArn: "pending confirmation" });
  const [, token] = /^From: Shop <no-reply@sns\.amazonaws\.com>\nTo: a@example\.com\nDate: .*\nSubject: AWS Notification - Subscription Confirmation\n\n[^]*Token=([0-9a-f]+)/.exec(await lambdad("mail", "1"))!;
  expect(await aws("confirm-subscription", "--topic-arn", TopicArn!, "--token", token!)).toEqual({ SubscriptionArn: expect.stringContaining(TopicArn!) });
  await aws("publish", "--topic-arn", TopicArn!, "--subject", "Hi", "--message", "There is news.", "--message-attributes", '{"n":{"DataType":"Number","StringValue":"1"}}');
  expect(await lambdad("mail")).toMatch(/^ID .*\n2 .* a@example\.com +Hi\n1 .* a@example\.com +AWS Notification - Subscription Confirmation\n$/);
  await expect(aws("get-topic-attributes", "--topic-arn", `${TopicArn}x`)).rejects.toMatchObject({ stderr: expect.stringContaining("An error occurred (NotFound) when calling the GetTopicAttributes operation: Topic does not exist") });
}, 120_000);

const BOTO3 = `
import boto3, json
sns, sqs = boto3.client("sns"), boto3.client("sqs")
topic = boto3.resource("sns").create_topic(Name="boto")
queue = "arn:aws:sqs:us-east-1:000000000000:boto"
statement = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": queue, "Condition": {"ArnEquals": {"aws:SourceArn": topic.arn}}}
url = sqs.create_queue(QueueName="boto", Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [statement]})})["QueueUrl"]
subscription = topic.subscribe(Protocol="sqs", Endpoint=queue, Attributes={"FilterPolicy": json.dumps({"kind": ["a"]})}, ReturnSubscriptionArn=True)
topic.publish(Message="no")
topic.publish(Message="yes", MessageAttributes={"kind": {"DataType": "String", "StringValue": "a"}, "bytes": {"DataType": "Binary", "BinaryValue": b"\\x01"}})
[message] = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"]
told = json.loads(message["Body"])
assert told["Message"] == "yes" and told["MessageAttributes"]["bytes"] == {"Type": "Binary", "Value": "AQ=="}, told
assert [one.arn for one in topic.subscriptions.all()] == [subscription.arn]
assert subscription.attributes["FilterPolicyScope"] == "MessageAttributes", subscription.attributes
try:
    topic.publish(Message="")
    raise SystemExit("an empty message is taken")
except sns.exceptions.InvalidParameterException as refused:
    assert refused.response["Error"] == {"Type": "Sender", "Code": "InvalidParameter", "Message": "Invalid parameter: Empty message"}, refused.response
batch = sns.publish_batch(TopicArn=topic.arn, PublishBatchRequestEntries=[{"Id": "1", "Message": "a"}, {"Id": "2", "Message": "b"}])
assert [one["Id"] for one in batch["Successful"]] == ["1", "2"] and batch["Failed"] == [], batch
subscription.delete()
topic.delete()
print("done")
`;

it.skipIf(!hasBoto3)("boto3's resources publish to queues (skipped where there is no boto3)", async () => {
  expect((await run("python3", ["-c", BOTO3], { env: environment() })).stdout).toBe("done\n");
}, 60_000);
