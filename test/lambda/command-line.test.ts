import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { awsCli, hasAwsCli } from "../support/aws-cli.ts";
import { arnOf, useLambda } from "./support.ts";

const run = promisify(execFile);
const on = useLambda();

const knows = async (...args: string[]): Promise<boolean> => run("aws", [...args, "help"], { env: { ...process.env, AWS_PAGER: "", PAGER: "cat" } }).then(() => true, () => false);
const hasResourcePolicies = hasAwsCli && (await knows("lambda", "put-resource-policy"));

const aws = async (...args: string[]) => {
  const env = { PATH: process.env["PATH"]!, HOME: on.ground.platform.dataDirectory, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_DEFAULT_REGION: "us-east-1", AWS_EC2_METADATA_DISABLED: "true", AWS_PAGER: "" };
  const { stdout } = await awsCli(["--endpoint-url", on.ground.platform.endpoint, "--output", "json", "lambda", ...args], { env, cwd: join(on.ground.platform.dataDirectory) });
  return (stdout === "" ? {} : JSON.parse(stdout)) as Record<string, unknown>;
};
const failure = async (...args: string[]): Promise<string> => aws(...args).then(() => expect.unreachable("it was not refused"), (error: { stderr: string }) => error.stderr.trim().split("\n").at(-1)!);

it.skipIf(!hasAwsCli)("the AWS CLI configures a function URL (skipped where there is no `aws`)", async () => {
  const name = await on.active();
  const cors = { AllowCredentials: true, AllowMethods: ["GET"], AllowOrigins: ["*"], MaxAge: 60 };
  const created = await aws("create-function-url-config", "--function-name", name, "--auth-type", "AWS_IAM", "--cors", JSON.stringify(cors), "--invoke-mode", "RESPONSE_STREAM");
  expect(created).toMatchObject({ FunctionArn: arnOf(name), AuthType: "AWS_IAM", Cors: cors, InvokeMode: "RESPONSE_STREAM" });
  expect(await aws("list-function-url-configs", "--function-name", name)).toEqual({ FunctionUrlConfigs: [await aws("get-function-url-config", "--function-name", name)] });
  expect(await aws("update-function-url-config", "--function-name", name, "--auth-type", "NONE")).toMatchObject({ AuthType: "NONE", Cors: cors, FunctionUrl: created["FunctionUrl"] });
  const { Statement } = await aws("add-permission", "--function-name", name, "--statement-id", "url", "--action", "lambda:InvokeFunctionUrl", "--principal", "*", "--function-url-auth-type", "NONE");
  expect(JSON.parse(Statement as string)).toMatchObject({ Principal: "*", Condition: { StringEquals: { "lambda:FunctionUrlAuthType": "NONE" } } });
  expect(await failure("create-function-url-config", "--function-name", name, "--auth-type", "NONE")).toContain("(ResourceConflictException) when calling the CreateFunctionUrlConfig operation: Failed to create function url config");
  expect(await aws("delete-function-url-config", "--function-name", name)).toEqual({});
  expect(await failure("get-function-url-config", "--function-name", name)).toContain("(ResourceNotFoundException)");
}, 60_000);

it.skipIf(!hasAwsCli)("the AWS CLI signs code, pins runtimes and reads the rest back (skipped where there is no `aws`)", async () => {
  const name = await on.active();
  const { CodeSigningConfig } = (await aws("create-code-signing-config", "--allowed-publishers", "SigningProfileVersionArns=arn:aws:signer:us-east-1:000000000000:/signing-profiles/mine/0123456789", "--code-signing-policies", "UntrustedArtifactOnDeployment=Enforce", "--tags", "a=1")) as { CodeSigningConfig: { CodeSigningConfigArn: string } };
  const arn = CodeSigningConfig.CodeSigningConfigArn;
  onTestFinished(async () => void (await aws("delete-code-signing-config", "--code-signing-config-arn", arn)));
  await aws("put-function-code-signing-config", "--function-name", name, "--code-signing-config-arn", arn);
  onTestFinished(async () => void (await aws("delete-function-code-signing-config", "--function-name", name)));
  expect(await aws("list-functions-by-code-signing-config", "--code-signing-config-arn", arn)).toEqual({ FunctionArns: [arnOf(name)] });
  expect(await aws("list-tags", "--resource", arn)).toEqual({ Tags: { a: "1" } });
  const { RuntimeVersionConfig } = (await aws("get-function-configuration", "--function-name", name)) as { RuntimeVersionConfig: { RuntimeVersionArn: string } };
  const pinned = { UpdateRuntimeOn: "Manual", FunctionArn: arnOf(name), RuntimeVersionArn: RuntimeVersionConfig.RuntimeVersionArn };
  expect(await aws("put-runtime-management-config", "--function-name", name, "--update-runtime-on", "Manual", "--runtime-version-arn", pinned.RuntimeVersionArn)).toEqual(pinned);
  expect(await aws("get-runtime-management-config", "--function-name", name)).toEqual(pinned);
}, 60_000);

it.skipIf(!hasResourcePolicies)("the AWS CLI writes a whole policy (skipped where `aws` is older than August 2026, or not there)", async () => {
  const name = await on.active();
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [{ Sid: "D", Effect: "Deny", Principal: { AWS: "111122223333" }, Action: "lambda:*", Resource: arnOf(name) }] });
  const written = await aws("put-resource-policy", "--resource-arn", arnOf(name), "--policy", Policy);
  expect(written["Policy"]).toBe(Policy);
  expect(await aws("get-resource-policy", "--resource-arn", arnOf(name))).toEqual(written);
  await aws("delete-resource-policy", "--resource-arn", arnOf(name), "--revision-id", written["RevisionId"] as string);
  expect(await failure("get-resource-policy", "--resource-arn", arnOf(name))).toContain("(ResourceNotFoundException)");
}, 60_000);
