import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import {
  DeleteFunctionCommand, GetFunctionCommand, GetFunctionConfigurationCommand, InvokeCommand, UpdateFunctionCodeCommand, UpdateFunctionConfigurationCommand, waitUntilFunctionUpdatedV2,
  type UpdateFunctionCodeCommandInput, type UpdateFunctionConfigurationCommandInput,
} from "@aws-sdk/client-lambda";
import { describe, expect, it } from "vitest";
import { zipOf } from "../support/functions.ts";
import { UUID, arnOf, plain, refusal, useLambda } from "./support.ts";

const on = useLambda();

const configuration = async (FunctionName: string) => plain(await on.lambda.send(new GetFunctionConfigurationCommand({ FunctionName })));
const updateCode = (input: UpdateFunctionCodeCommandInput) => on.lambda.send(new UpdateFunctionCodeCommand(input));
const updateConfiguration = (input: UpdateFunctionConfigurationCommandInput) => on.lambda.send(new UpdateFunctionConfigurationCommand(input));
const other = () => zipOf({ "index.mjs": "export const handler = async () => 'other';\n" });

const IN_PROGRESS = { State: "Active", LastUpdateStatus: "InProgress", LastUpdateStatusReason: "The function is being created.", LastUpdateStatusReasonCode: "Creating" };
const invalid = (message: string) => ({ name: "InvalidParameterValueException", message, status: 400, type: "User" });

describe("UpdateFunctionCode", () => {
  it("answers the new configuration, InProgress, and the new code runs once it is Successful", async () => {
    const name = await on.active();
    const before = await configuration(name);
    const ZipFile = await other();
    const answer = plain(await updateCode({ FunctionName: name, ZipFile, Architectures: ["x86_64"] }));
    expect(answer).toEqual({ ...before, ...IN_PROGRESS, CodeSha256: expect.not.stringMatching(before.CodeSha256!), CodeSize: ZipFile.length, LastModified: expect.any(String), RevisionId: expect.stringMatching(UUID) });
    await waitUntilFunctionUpdatedV2({ client: on.lambda, maxWaitTime: 20, minDelay: 0.02, maxDelay: 0.2 }, { FunctionName: name });
    const after = await configuration(name);
    expect(after).toMatchObject({ State: "Active", LastUpdateStatus: "Successful", CodeSha256: answer.CodeSha256 });
    expect(after).not.toHaveProperty("LastUpdateStatusReason");
    expect(new Set([before.RevisionId, answer.RevisionId, after.RevisionId]).size).toBe(3);
    const { Payload } = await on.lambda.send(new InvokeCommand({ FunctionName: name }));
    expect(Payload!.transformToString()).toBe('"other"');
  });

  it("as a dry run says what would be, and changes nothing", async () => {
    const name = await on.active();
    const before = await configuration(name);
    const ZipFile = await other();
    const answer = plain(await updateCode({ FunctionName: name, ZipFile, DryRun: true }));
    expect(answer).toMatchObject({ CodeSize: ZipFile.length, LastUpdateStatus: "Successful" });
    expect(await configuration(name)).toEqual(before);
    expect(await refusal(updateCode({ FunctionName: name, ZipFile: Buffer.from("no zip"), DryRun: true }))).toMatchObject({ name: "InvalidParameterValueException" });
  });

  it("takes a package from S3, and tells what S3 said", async () => {
    const name = await on.active();
    await on.ground.platform.clients.s3.send(new CreateBucketCommand({ Bucket: "packages" }));
    await on.ground.platform.clients.s3.send(new PutObjectCommand({ Bucket: "packages", Key: "a b.zip", Body: await other() }));
    expect(await refusal(updateCode({ FunctionName: name, S3Bucket: "packages", S3Key: "missing.zip" }))).toEqual(
      invalid("Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist."),
    );
    expect(await refusal(updateCode({ FunctionName: name, S3Bucket: "packages" }))).toMatchObject({ name: "InvalidParameterValueException" });
    await updateCode({ FunctionName: name, S3Bucket: "packages", S3Key: "a b.zip" });
    await on.isSettled(name);
    expect((await on.lambda.send(new InvokeCommand({ FunctionName: name }))).Payload!.transformToString()).toBe('"other"');
  });

  it.each<[string, Partial<UpdateFunctionCodeCommandInput>, object]>([
    ["no source", {}, invalid("Please provide a source for function code.")],
    ["a zip and a bucket", { ZipFile: Buffer.from("x"), S3Bucket: "bucket", S3Key: "k" }, invalid("Please do not provide other FunctionCode parameters when providing a ZipFile.")],
    ["an image", { ImageUri: "image" }, invalid("Please don't provide ImageUri when updating a function with packageType Zip.")],
    ["another revision", { ZipFile: Buffer.from("x"), RevisionId: "00000000-0000-0000-0000-000000000000" }, {
      name: "PreconditionFailedException", status: 412, message: "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
    }],
    ["PublishTo", { ZipFile: Buffer.from("x"), PublishTo: "LATEST_PUBLISHED" }, { name: "NotImplemented", message: expect.stringContaining("PublishTo ") }],
    ["SourceKMSKeyArn", { ZipFile: Buffer.from("x"), SourceKMSKeyArn: "arn:aws:kms:us-east-1:000000000000:key/1" }, { name: "NotImplemented", message: expect.stringContaining("SourceKMSKeyArn ") }],
    ["two architectures", { ZipFile: Buffer.from("x"), Architectures: ["x86_64", "arm64"] }, { name: "ValidationException" }],
  ])("refuses %s", async (_what, input, expected) => {
    const name = await on.active();
    expect(await refusal(updateCode({ FunctionName: name, ...input }))).toMatchObject(expected);
  });

  it("takes the revision that it was told", async () => {
    const name = await on.active();
    const { RevisionId } = await configuration(name);
    await updateCode({ FunctionName: name, ZipFile: await other(), RevisionId });
  });
});

describe("UpdateFunctionConfiguration", () => {
  it("changes what it is given and nothing else", async () => {
    const name = await on.active({ Description: "before", Environment: { Variables: { KEEP: "1" } } });
    const before = await configuration(name);
    const answer = plain(await updateConfiguration({ FunctionName: name, Timeout: 10, LoggingConfig: { LogFormat: "JSON", ApplicationLogLevel: "WARN" } }));
    const logging = { LogFormat: "JSON", LogGroup: `/aws/lambda/${name}`, ApplicationLogLevel: "WARN", SystemLogLevel: "INFO" };
    expect(answer).toEqual({ ...before, ...IN_PROGRESS, Timeout: 10, LoggingConfig: logging, LastModified: expect.any(String), RevisionId: expect.stringMatching(UUID) });
    await on.isSettled(name);
    await updateConfiguration({ FunctionName: name, Environment: { Variables: {} }, Description: "", LoggingConfig: { LogFormat: "Text" } });
    const after = await configuration(name);
    expect(after).toMatchObject({ Description: "", Timeout: 10, LoggingConfig: { LogFormat: "Text", LogGroup: `/aws/lambda/${name}` } });
    expect(after.LoggingConfig).not.toHaveProperty("ApplicationLogLevel");
    expect(after).not.toHaveProperty("Environment");
  });

  it.each<[string, Partial<UpdateFunctionConfigurationCommandInput>, object]>([
    ["a role that is not there", { Role: "arn:aws:iam::000000000000:role/nobody" }, invalid("The role defined for the function cannot be assumed by Lambda.")],
    ["what is no role", { Role: "r1" }, { name: "ValidationException", message: expect.stringMatching(/^1 validation error detected: Value 'r1' at 'role' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:/) }],
    ["another runtime", { Runtime: "cobol" as "nodejs24.x" }, { name: "InvalidParameterValueException", message: expect.stringMatching(/^Value cobol at 'runtime'/) }],
    ["an old runtime", { Runtime: "nodejs18.x" }, { name: "InvalidParameterValueException", message: expect.stringMatching(/^The runtime parameter of nodejs18\.x is no longer supported/) }],
    ["levels for text", { LoggingConfig: { ApplicationLogLevel: "DEBUG" } }, { name: "InvalidParameterValueException", message: expect.stringMatching(/^LogLevel is not supported/) }],
    ["reserved variables", { Environment: { Variables: { AWS_SESSION_TOKEN: "x" } } }, { name: "InvalidParameterValueException", message: expect.stringMatching(/Reserved keys used in this request: AWS_SESSION_TOKEN$/) }],
    ["too long", { Timeout: 901 }, { name: "ValidationException", message: "1 validation error detected: Value '901' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900" }],
    ["another revision", { RevisionId: "no" }, { name: "PreconditionFailedException", status: 412 }],
    ["Layers that are not there", { Layers: ["arn:aws:lambda:us-east-1:000000000000:layer:l:1"] }, { name: "InvalidParameterValueException", message: "Layer version arn:aws:lambda:us-east-1:000000000000:layer:l:1 does not exist." }],
    ["snapshots of a runtime that has none", { SnapStart: { ApplyOn: "PublishedVersions" } }, { name: "InvalidParameterValueException", message: "nodejs24.x is not supported for SnapStart enabled functions." }],
    ["a topic for dead letters", { DeadLetterConfig: { TargetArn: "arn:aws:sns:us-east-1:000000000000:t" } }, { name: "InvalidParameterValueException", message: "The provided execution role does not have permissions to call Publish on SNS" }],
  ])("refuses %s and leaves all as it was", async (_what, input, expected) => {
    const name = await on.active();
    const before = await configuration(name);
    expect(await refusal(updateConfiguration({ FunctionName: name, Description: "changed", ...input }))).toMatchObject(expected);
    expect(await configuration(name)).toEqual(before);
  });
});

describe("DeleteFunction", () => {
  it("answers 204, and the function is gone", async () => {
    const name = await on.create();
    const answer = await on.raw("DELETE", `/2015-03-31/functions/${name}`);
    expect([answer.status, answer.text]).toEqual([204, ""]);
    const gone = { name: "ResourceNotFoundException", message: `Function not found: ${arnOf(name)}`, status: 404, type: "User" };
    expect(await refusal(on.lambda.send(new GetFunctionCommand({ FunctionName: name })))).toEqual(gone);
    expect(await refusal(on.lambda.send(new DeleteFunctionCommand({ FunctionName: name })))).toEqual(gone);
  });

  it.each([
    ["$LATEST", invalid("$LATEST version cannot be deleted without deleting the function.")],
    ["live", invalid("Deletion of aliases is not currently supported.")],
  ])("refuses the qualifier %s", async (Qualifier, expected) => {
    const name = await on.create();
    expect(await refusal(on.lambda.send(new DeleteFunctionCommand({ FunctionName: name, Qualifier })))).toEqual(expected);
    await configuration(name);
  });

  it("of a version that is not there leaves the function", async () => {
    const name = await on.create();
    await on.lambda.send(new DeleteFunctionCommand({ FunctionName: name, Qualifier: "7" }));
    await configuration(name);
  });
});
