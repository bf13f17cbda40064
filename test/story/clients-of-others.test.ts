import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { awsCli, hasAwsCli } from "../support/aws-cli.ts";
import { zipOf } from "../support/functions.ts";
import { startServer } from "../support/server.ts";
import { eventually, temporaryDirectory } from "../support/temporary.ts";

const run = promisify(execFile);

const isThere = async (command: string, ...args: string[]): Promise<boolean> => run(command, args).then(() => true, () => false);
const hasBoto3 = await isThere("python3", "-c", "import boto3");

const TRUST = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }] });
const APP = `
import time
count = 0
def handler(event, context):
    global count
    if "raise" in event: raise ValueError(event["raise"])
    if "sleep" in event: time.sleep(event["sleep"])
    count += 1
    for record in event.get("Records", []): print("upload", count, record["s3"]["object"]["key"])
    return {"count": count}
`;

const start = async () => {
  const directory = temporaryDirectory();
  const server = await startServer({ dataDirectory: join(directory, "data"), flags: ["--prepared", "2"] });
  const env = { PATH: process.env["PATH"]!, HOME: directory, AWS_ENDPOINT_URL: server.endpoint, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_DEFAULT_REGION: "us-east-1", AWS_EC2_METADATA_DISABLED: "true", AWS_PAGER: "" };
  writeFileSync(join(directory, "app.zip"), await zipOf({ "app.py": APP }));
  writeFileSync(join(directory, "photo.jpg"), "a photo");
  return { directory, env };
};

it.skipIf(!hasAwsCli)("the AWS CLI plays the story (skipped where there is no `aws`)", async () => {
  const { directory, env } = await start();
  // Named in each call: releases before 2023 do not know AWS_ENDPOINT_URL, and would call AWS.
  const aws = async (...args: string[]) => (await awsCli(["--endpoint-url", env.AWS_ENDPOINT_URL, ...args], { env, cwd: directory })).stdout;
  const configuration = JSON.stringify({ LambdaFunctionConfigurations: [{ LambdaFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:thumbnails", Events: ["s3:ObjectCreated:*"] }] });
  const notify = () => aws("s3api", "put-bucket-notification-configuration", "--bucket", "uploads", "--notification-configuration", configuration);

  await aws("iam", "create-role", "--role-name", "worker", "--assume-role-policy-document", TRUST);
  await aws("iam", "attach-role-policy", "--role-name", "worker", "--policy-arn", "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole");
  await aws("lambda", "create-function", "--function-name", "thumbnails", "--runtime", "python3.11", "--handler", "app.handler", "--role", "arn:aws:iam::000000000000:role/worker", "--zip-file", "fileb://app.zip", "--timeout", "2");
  await aws("lambda", "wait", "function-active-v2", "--function-name", "thumbnails");
  await aws("s3", "mb", "s3://uploads");
  await expect(notify()).rejects.toMatchObject({ stderr: expect.stringContaining("Unable to validate the following destination configurations") });
  await aws("lambda", "add-permission", "--function-name", "thumbnails", "--statement-id", "s3", "--action", "lambda:InvokeFunction", "--principal", "s3.amazonaws.com", "--source-arn", "arn:aws:s3:::uploads");
  await notify();
  await aws("s3", "cp", "photo.jpg", "s3://uploads/in/photo.jpg");
  const logged = (text: string) => eventually(`${text} is in the log`, async () => {
    const said = await aws("logs", "filter-log-events", "--log-group-name", "/aws/lambda/thumbnails", "--query", "events[].message").catch(() => "");
    return said.includes(text) && said;
  });
  await logged("upload 1 in/photo.jpg");
  await aws("s3", "cp", "photo.jpg", "s3://uploads/in/second.jpg");
  expect((await logged("upload 2 in/second.jpg")).match(/INIT_START/g)).toHaveLength(1);

  await aws("lambda", "remove-permission", "--function-name", "thumbnails", "--statement-id", "s3");
  await aws("s3", "cp", "photo.jpg", "s3://uploads/in/third.jpg");
  const invoke = async (event: object) => {
    // From a file: what is given on the command line is base64 in version 2 of the AWS CLI, and text in version 1.
    writeFileSync(join(directory, "event.json"), JSON.stringify(event));
    const answer = JSON.parse(await aws("lambda", "invoke", "--function-name", "thumbnails", "--payload", "fileb://event.json", "out.json")) as { FunctionError?: string };
    return { error: answer.FunctionError, said: JSON.parse(readFileSync(join(directory, "out.json"), "utf8")) as unknown };
  };
  expect(await invoke({})).toEqual({ error: undefined, said: { count: 3 } });
  expect(await invoke({ raise: "no luck" })).toEqual({
    error: "Unhandled",
    said: { errorMessage: "no luck", errorType: "ValueError", requestId: expect.any(String), stackTrace: [expect.stringMatching(/^ {2}File ".*app\.py", line 6, in handler\n/)] },
  });
  expect(await invoke({ sleep: 30 })).toEqual({ error: "Unhandled", said: { errorType: "Sandbox.Timedout", errorMessage: expect.stringMatching(/^RequestId: \S+ Error: Task timed out after 2\.00 seconds$/) } });
  const why = await run(process.execPath, ["bin/lambdad.js", "why", "uploads/in/third.jpg"], { env });
  expect(why.stdout).toContain("aws lambda add-permission --function-name thumbnails");
  expect(why.stdout.trimEnd()).toMatch(/✗ refused: s3\.amazonaws\.com \(for arn:aws:s3:::uploads\) may not invoke the function thumbnails$/);
  expect(await aws("s3", "ls", "s3://uploads", "--recursive")).toContain("in/third.jpg");
  await aws("s3", "rb", "s3://uploads", "--force");
  expect(await aws("s3", "ls")).toBe("");
}, 120_000);

const BOTO3 = `
import boto3, json
lam, s3, iam, sts = (boto3.client(name) for name in ("lambda", "s3", "iam", "sts"))
assert sts.get_caller_identity()["Account"] == "000000000000"
role = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=open("trust.json").read())["Role"]
assert role["AssumeRolePolicyDocument"]["Version"] == "2012-10-17", role
lam.create_function(FunctionName="f", Runtime="python3.11", Handler="app.handler", Role=role["Arn"], Code={"ZipFile": open("app.zip", "rb").read()})
lam.get_waiter("function_active_v2").wait(FunctionName="f")
answer = lam.invoke(FunctionName="f", Payload=b"{}")
assert json.load(answer["Payload"]) == {"count": 1} and answer["StatusCode"] == 200, answer
s3.create_bucket(Bucket="things")
s3.put_object(Bucket="things", Key="a b/\\u00fc", Body=b"body", Metadata={"who": "me"})
got = s3.get_object(Bucket="things", Key="a b/\\u00fc")
assert got["Body"].read() == b"body" and got["Metadata"] == {"who": "me"}, got
try:
    lam.get_function(FunctionName="nobody")
    raise SystemExit("a function that is not there was found")
except lam.exceptions.ResourceNotFoundException as error:
    assert "Function not found: arn:aws:lambda:us-east-1:000000000000:function:nobody" in str(error), error
print("all well")
`;

it.skipIf(!hasBoto3)("boto3 finds what it expects (skipped where python3 has no boto3)", async () => {
  const { directory, env } = await start();
  writeFileSync(join(directory, "trust.json"), TRUST);
  const { stdout } = await run("python3", ["-c", BOTO3], { env, cwd: directory });
  expect(stdout.trim()).toBe("all well");
}, 60_000);
