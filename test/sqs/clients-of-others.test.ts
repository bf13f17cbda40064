import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { awsCli, hasAwsCli } from "../support/aws-cli.ts";
import { usePlatform } from "../support/platform.ts";
import { temporaryDirectory } from "../support/temporary.ts";

const run = promisify(execFile);
const isThere = async (command: string, ...args: string[]): Promise<boolean> => run(command, args).then(() => true, () => false);
const hasBoto3 = await isThere("python3", "-c", "import boto3");
const platform = usePlatform();
const environment = () => ({
  PATH: process.env["PATH"]!, HOME: temporaryDirectory(), AWS_ENDPOINT_URL: platform.endpoint, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_DEFAULT_REGION: "us-east-1", AWS_EC2_METADATA_DISABLED: "true", AWS_PAGER: "",
  ...(process.env["PYENV_ROOT"] === undefined ? {} : { PYENV_ROOT: process.env["PYENV_ROOT"] }),
});

it.skipIf(!hasAwsCli)("the AWS CLI makes queues, and redrives from one to the other (skipped where there is no `aws`)", async () => {
  const env = environment();
  const aws = async (...args: string[]) => {
    const { stdout } = await awsCli(["--endpoint-url", platform.endpoint, "--output", "json", "sqs", ...args], { env });
    return (stdout.trim() === "" ? {} : JSON.parse(stdout)) as Record<string, never>;
  };
  const { QueueUrl: dead } = await aws("create-queue", "--queue-name", "cli-dead");
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: "arn:aws:sqs:us-east-1:000000000000:cli-dead", maxReceiveCount: 1 });
  const { QueueUrl: url } = await aws("create-queue", "--queue-name", "cli", "--attributes", JSON.stringify({ VisibilityTimeout: "0", RedrivePolicy }), "--tags", "team=red");
  expect(await aws("get-queue-url", "--queue-name", "cli")).toEqual({ QueueUrl: url });
  expect(await aws("list-dead-letter-source-queues", "--queue-url", dead!)).toEqual({ queueUrls: [url] });
  expect(await aws("list-queue-tags", "--queue-url", url!)).toEqual({ Tags: { team: "red" } });
  await aws("send-message", "--queue-url", url!, "--message-body", "hello");
  expect(await aws("receive-message", "--queue-url", url!)).toMatchObject({ Messages: [{ Body: "hello" }] });
  expect(await aws("receive-message", "--queue-url", url!)).toEqual({});
  expect(await aws("get-queue-attributes", "--queue-url", dead!, "--attribute-names", "ApproximateNumberOfMessages")).toEqual({ Attributes: { ApproximateNumberOfMessages: "1" } });
  await aws("start-message-move-task", "--source-arn", "arn:aws:sqs:us-east-1:000000000000:cli-dead");
  expect(await aws("receive-message", "--queue-url", url!, "--wait-time-seconds", "10")).toMatchObject({ Messages: [{ Body: "hello" }] });
  await aws("purge-queue", "--queue-url", url!);
  await expect(aws("purge-queue", "--queue-url", url!)).rejects.toMatchObject({ stderr: expect.stringContaining("(AWS.SimpleQueueService.PurgeQueueInProgress) when calling the PurgeQueue operation: Only one PurgeQueue operation on cli is allowed every 60 seconds.") });
  await aws("delete-queue", "--queue-url", url!);
  await expect(aws("get-queue-attributes", "--queue-url", url!)).rejects.toMatchObject({ stderr: expect.stringContaining("(AWS.SimpleQueueService.NonExistentQueue)") });
}, 120_000);

const BOTO3 = `
import boto3, json
from botocore.exceptions import ClientError
sqs = boto3.client("sqs")
url = sqs.create_queue(QueueName="boto.fifo", Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true"})["QueueUrl"]
sqs.tag_queue(QueueUrl=url, Tags={"team": "red"})
assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"team": "red"}
sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "0", "VisibilityTimeout": "5"})
told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
assert told["VisibilityTimeout"] == "5" and told["FifoQueue"] == "true", told
sqs.add_permission(QueueUrl=url, Label="l", AWSAccountIds=["111122223333"], Actions=["SendMessage"])
policy = json.loads(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"])
assert policy["Statement"][0]["Sid"] == "l", policy
stranger = boto3.client("sqs", aws_access_key_id="111122223333", aws_secret_access_key="test")
sent = stranger.send_message(QueueUrl=url, MessageBody="hello", MessageGroupId="g")
queue = boto3.resource("sqs").get_queue_by_name(QueueName="boto.fifo")
[message] = queue.receive_messages(AttributeNames=["All"])
assert message.body == "hello" and message.message_id == sent["MessageId"], message
message.delete()
sqs.remove_permission(QueueUrl=url, Label="l")
def refused(work):
    try:
        work()
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    raise SystemExit("it was not refused")
assert refused(lambda: stranger.send_message(QueueUrl=url, MessageBody="hello", MessageGroupId="g")) == ("AccessDenied", 403)
try:
    sqs.get_queue_url(QueueName="nowhere")
    raise SystemExit("a queue that is not there was found")
except sqs.exceptions.QueueDoesNotExist as error:
    assert error.response["Error"]["Code"] == "AWS.SimpleQueueService.NonExistentQueue", error.response
assert refused(lambda: sqs.create_queue(QueueName="boto.fifo", Attributes={"FifoQueue": "true", "VisibilityTimeout": "6"})) == ("QueueAlreadyExists", 400)
assert refused(lambda: sqs.get_queue_attributes(QueueUrl="nowhere")) == ("InvalidAddress", 404)
pages = sqs.get_paginator("list_queues").paginate(QueueNamePrefix="boto", PaginationConfig={"PageSize": 1})
assert [one for page in pages for one in page.get("QueueUrls", [])] == [url]
sqs.delete_queue(QueueUrl=url)
print("all well")
`;

it.skipIf(!hasBoto3)("boto3 finds what it expects (skipped where python3 has no boto3)", async () => {
  const { stdout } = await run("python3", ["-c", BOTO3], { env: environment() });
  expect(stdout.trim()).toBe("all well");
}, 60_000);
