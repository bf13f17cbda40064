import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { zipOf } from "../support/functions.ts";
import { startServer } from "../support/server.ts";
import { eventually, temporaryDirectory } from "../support/temporary.ts";

const run = promisify(execFile);

const isThere = async (command: string, ...args: string[]): Promise<boolean> => run(command, args).then(() => true, () => false);
const hasCli = await isThere("aws", "--version");
const hasBoto3 = await isThere("python3", "-c", "import boto3");

const TRUST = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }] });
const APP = `
count = 0
def handler(event, context):
    global count
    count += 1
    for record in event.get("Records", []): print("upload", count, record["s3"]["object"]["key"])
    return {"count": count}
`;

const start = async () => {
  const directory = temporaryDirectory();
  const server = await startServer({ dataDirectory: join(directory, "data") });
  const env = { PATH: process.env["PATH"]!, HOME: directory, AWS_ENDPOINT_URL: server.endpoint, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_DEFAULT_REGION: "us-east-1", AWS_EC2_METADATA_DISABLED: "true", AWS_PAGER: "" };
  writeFileSync(join(directory, "app.zip"), await zipOf({ "app.py": APP }));
  writeFileSync(join(directory, "photo.jpg"), "a photo");
  return { directory, env };
};

it.skipIf(!hasCli)("the AWS CLI plays the story (skipped where there is no `aws`)", async () => {
  const { directory, env } = await start();
  const aws = async (...args: string[]) => (await run("aws", args, { env, cwd: directory })).stdout;
  const configuration = JSON.stringify({ LambdaFunctionConfigurations: [{ LambdaFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:thumbnails", Events: ["s3:ObjectCreated:*"] }] });
  const notify = () => aws("s3api", "put-bucket-notification-configuration", "--bucket", "uploads", "--notification-configuration", configuration);

  await aws("iam", "create-role", "--role-name", "worker", "--assume-role-policy-document", TRUST);
  await aws("iam", "attach-role-policy", "--role-name", "worker", "--policy-arn", "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole");
  await aws("lambda", "create-function", "--function-name", "thumbnails", "--runtime", "python3.11", "--handler", "app.handler", "--role", "arn:aws:iam::000000000000:role/worker", "--zip-file", "fileb://app.zip");
  await aws("lambda", "wait", "function-active-v2", "--function-name", "thumbnails");
  await aws("s3", "mb", "s3://uploads");
  await expect(notify()).rejects.toMatchObject({ stderr: expect.stringContaining("Unable to validate the following destination configurations") });
  await aws("lambda", "add-permission", "--function-name", "thumbnails", "--statement-id", "s3", "--action", "lambda:InvokeFunction", "--principal", "s3.amazonaws.com", "--source-arn", "arn:aws:s3:::uploads");
  await notify();
  await aws("s3", "cp", "photo.jpg", "s3://uploads/in/photo.jpg");
  await eventually("the upload is in the log", async () => (await aws("logs", "filter-log-events", "--log-group-name", "/aws/lambda/thumbnails").catch(() => "")).includes("upload 1 in/photo.jpg"));
  await aws("lambda", "invoke", "--function-name", "thumbnails", "out.json");
  expect((await run("cat", ["out.json"], { cwd: directory })).stdout).toBe('{"count": 2}');
  expect(await aws("s3", "ls", "s3://uploads", "--recursive")).toContain("in/photo.jpg");
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
