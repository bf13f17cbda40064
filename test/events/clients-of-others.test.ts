import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { usePlatform } from "../support/platform.ts";
import { temporaryDirectory } from "../support/temporary.ts";

const run = promisify(execFile);
const isThere = async (command: string, ...args: string[]): Promise<boolean> => run(command, args).then(() => true, () => false);
const hasCli = await isThere("aws", "--version");
const hasBoto3 = await isThere("python3", "-c", "import boto3");
const platform = usePlatform();
const environment = () => ({
  PATH: process.env["PATH"]!, HOME: temporaryDirectory(), AWS_ENDPOINT_URL: platform.endpoint, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_DEFAULT_REGION: "us-east-1", AWS_EC2_METADATA_DISABLED: "true", AWS_PAGER: "",
  ...(process.env["PYENV_ROOT"] === undefined ? {} : { PYENV_ROOT: process.env["PYENV_ROOT"] }),
});

it.skipIf(!hasCli)("the AWS CLI is told what is wrong with a rule (skipped where there is no `aws`)", async () => {
  const env = environment();
  const aws = (...args: string[]) => run("aws", ["--endpoint-url", platform.endpoint, "events", ...args], { env });
  await expect(aws("put-rule", "--name", "cli", "--schedule-expression", "rate(1 minutes)")).rejects.toMatchObject({ stderr: expect.stringContaining("An error occurred (ValidationException) when calling the PutRule operation: Parameter ScheduleExpression is not valid.") });
}, 120_000);

const BOTO3 = `
import boto3, json
from botocore.exceptions import ClientError
events = boto3.client("events")
bus = events.create_event_bus(Name="boto", Tags=[{"Key": "team", "Value": "red"}])["EventBusArn"]
assert events.list_tags_for_resource(ResourceARN=bus)["Tags"] == [{"Key": "team", "Value": "red"}]
events.put_permission(EventBusName="boto", Action="events:PutEvents", Principal="111122223333", StatementId="s")
stranger = boto3.client("events", aws_access_key_id="111122223333", aws_secret_access_key="test")
assert stranger.put_events(Entries=[{"EventBusName": bus, "Source": "s", "DetailType": "t", "Detail": "{}"}])["FailedEntryCount"] == 0
events.put_rule(Name="r", EventBusName="boto", EventPattern=json.dumps({"source": ["s"]}))
events.put_targets(Rule="r", EventBusName="boto", Targets=[{"Id": "1", "Arn": "arn:aws:sqs:us-east-1:000000000000:q.fifo", "SqsParameters": {"MessageGroupId": "g"}}])
[names] = [page["Rules"] for page in events.get_paginator("list_rules").paginate(EventBusName="boto")]
assert names[0]["EventBusName"] == "boto" and names[0]["State"] == "ENABLED", names
try:
    events.delete_event_bus(Name="boto")
    assert False
except ClientError as error:
    assert error.response["Error"] == {"Code": "ValidationException", "Message": "EventBus can't be deleted since it has rules."}, error.response
made = events.create_connection(Name="c", AuthorizationType="BASIC", AuthParameters={"BasicAuthParameters": {"Username": "u", "Password": "p"}})
assert made["ConnectionState"] == "AUTHORIZED", made
destination = events.create_api_destination(Name="d", ConnectionArn=made["ConnectionArn"], InvocationEndpoint="https://example.com/*", HttpMethod="POST")
assert destination["ApiDestinationState"] == "ACTIVE", destination
assert events.describe_connection(Name="c")["AuthParameters"] == {"BasicAuthParameters": {"Username": "u"}}
print("done")
`;

it.skipIf(!hasBoto3)("boto3 makes what EventBridge has (skipped where there is no boto3)", async () => {
  expect((await run("python3", ["-c", BOTO3], { env: environment() })).stdout).toBe("done\n");
}, 120_000);
