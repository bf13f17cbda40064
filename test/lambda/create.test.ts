import { createHash } from "node:crypto";
import { CreateFunctionCommand, GetFunctionCommand, GetFunctionConfigurationCommand, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { describe, expect, it } from "vitest";
import { zipOf } from "../support/functions.ts";
import { ACCOUNT } from "../support/context.ts";
import { UUID, arnOf, plain, refusal, useLambda } from "./support.ts";

const on = useLambda();

/** Each its own name, so that one that is taken after all does not make the next one fail, too. */
let names = 0;
const refusedWith = (over: object) => async () => refusal(on.lambda.send(new CreateFunctionCommand({ ...(await on.inputOf(`refused-${names++}`)), ...over })));

describe("CreateFunction answers", () => {
  it("with exactly AWS's members", async () => {
    const ZipFile = await zipOf({ "index.mjs": "export const handler = async () => 1;\n" });
    const name = await on.active({ FunctionName: "members", Code: { ZipFile } });
    const { headers, status, json } = await on.raw("GET", `/2015-03-31/functions/${name}/configuration`);
    expect(status).toBe(200);
    expect(headers.get("content-type")).toBe("application/json");
    const answer = plain(await on.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name })));
    expect(Object.keys(json).toSorted()).toEqual(Object.keys(answer).toSorted());
    const again = await refusal(on.lambda.send(new CreateFunctionCommand(await on.inputOf(name))));
    expect(again).toEqual({ name: "ResourceConflictException", message: "Function already exist: members", status: 409, type: "User" });
  });

  it("201, Pending, with defaults", async () => {
    const ZipFile = await zipOf({ "index.mjs": "export const handler = async () => 1;\n" });
    const answer = await on.lambda.send(new CreateFunctionCommand(await on.inputOf("defaults", { Code: { ZipFile } })));
    expect(answer.$metadata.httpStatusCode).toBe(201);
    expect(plain(answer)).toEqual({
      FunctionName: "defaults", FunctionArn: arnOf("defaults"), Runtime: "nodejs24.x", Role: on.ground.role, Handler: "index.handler",
      CodeSize: ZipFile.length, CodeSha256: createHash("sha256").update(ZipFile).digest("base64"), Description: "", Timeout: 3, MemorySize: 128,
      LastModified: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/), Version: "$LATEST", TracingConfig: { Mode: "PassThrough" }, RevisionId: expect.stringMatching(UUID),
      State: "Pending", StateReason: "The function is being created.", StateReasonCode: "Creating", PackageType: "Zip", Architectures: ["x86_64"], EphemeralStorage: { Size: 512 },
      SnapStart: { ApplyOn: "None", OptimizationStatus: "Off" }, RuntimeVersionConfig: { RuntimeVersionArn: expect.stringMatching(/^arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}$/) },
      LoggingConfig: { LogFormat: "Text", LogGroup: "/aws/lambda/defaults" },
    });
    await waitUntilFunctionActiveV2({ client: on.lambda, maxWaitTime: 20, minDelay: 0.02, maxDelay: 0.2 }, { FunctionName: "defaults" });
    const { Code, Configuration, Tags, Concurrency, ...rest } = plain(await on.lambda.send(new GetFunctionCommand({ FunctionName: "defaults" })));
    expect(rest).toEqual({});
    expect([Tags, Concurrency]).toEqual([undefined, undefined]);
    expect(Code).toEqual({ RepositoryType: "S3", Location: expect.stringMatching(/^http/) });
    expect(Configuration).toMatchObject({ State: "Active", LastUpdateStatus: "Successful" });
    expect(Object.keys(Configuration!)).not.toContain("StateReason");
    const zip = await fetch(Code!.Location!);
    expect(Buffer.from(await zip.arrayBuffer()).equals(ZipFile)).toBe(true);
  });

  it("with what was asked for", async () => {
    const name = await on.active({
      Description: "d", Timeout: 900, MemorySize: 10_240, EphemeralStorage: { Size: 10_240 }, Architectures: ["arm64"], Environment: { Variables: { AA: "1", BB: "" } }, Tags: { team: "x" },
      LoggingConfig: { LogFormat: "JSON", LogGroup: "/mine" }, Layers: [], VpcConfig: { SubnetIds: [], SecurityGroupIds: [] }, TracingConfig: { Mode: "PassThrough" }, PackageType: "Zip", Publish: false,
      DeadLetterConfig: { TargetArn: "" }, KMSKeyArn: "", SnapStart: { ApplyOn: "None" },
    });
    const { Configuration, Tags } = await on.lambda.send(new GetFunctionCommand({ FunctionName: name }));
    expect(Tags).toEqual({ team: "x" });
    expect(Configuration).toMatchObject({
      Description: "d", Timeout: 900, MemorySize: 10_240, EphemeralStorage: { Size: 10_240 }, Architectures: ["arm64"], Environment: { Variables: { AA: "1", BB: "" } },
      LoggingConfig: { LogFormat: "JSON", LogGroup: "/mine", ApplicationLogLevel: "INFO", SystemLogLevel: "INFO" },
    });
    for (const absent of ["Layers", "VpcConfig", "DeadLetterConfig", "KMSKeyArn", "FileSystemConfigs"]) expect(Configuration).not.toHaveProperty(absent);
  });
});

const validation = (what: string) => ({ name: "ValidationException", message: `1 validation error detected: ${what}`, status: 400 });
const invalid = (message: string) => ({ name: "InvalidParameterValueException", message, status: 400, type: "User" });

describe("CreateFunction refuses", () => {
  it.each([
    ["a role that Lambda may not assume", { Role: `arn:aws:iam::${ACCOUNT}:role/nobody` }, invalid("The role defined for the function cannot be assumed by Lambda.")],
    ["a role of another account", { Role: "arn:aws:iam::999999999999:role/x" }, { name: "AccessDeniedException", message: "Cross-account pass role is not allowed.", status: 403 }],
    ["a runtime that was", { Runtime: "python3.7" }, invalid("The runtime parameter of python3.7 is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions.")],
    ["a runtime that never was", { Runtime: "cobol85" }, { name: "InvalidParameterValueException", status: 400, message: expect.stringMatching(/^Value cobol85 at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: \[nodejs20\.x, .*\] or be a valid ARN$/) }],
    ["no runtime", { Runtime: undefined }, invalid("Runtime and Handler are mandatory parameters for functions created with deployment packages.")],
    ["snapshots of a runtime that has none", { SnapStart: { ApplyOn: "PublishedVersions" } }, invalid("nodejs24.x is not supported for SnapStart enabled functions.")],
    ["no handler", { Handler: undefined }, invalid("Runtime and Handler are mandatory parameters for functions created with deployment packages.")],
    ["a long handler", { Handler: "h".repeat(129) }, validation(`Value '${"h".repeat(129)}' at 'handler' failed to satisfy constraint: Member must have length less than or equal to 128`)],
    ["a handler with a blank", { Handler: "a b" }, validation("Value 'a b' at 'handler' failed to satisfy constraint: Member must satisfy regular expression pattern: [^\\s]+")],
    ["a long name", { FunctionName: "f".repeat(65) }, validation(`Value '${"f".repeat(65)}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 64`)],
    ["no seconds", { Timeout: 0 }, validation("Value '0' at 'timeout' failed to satisfy constraint: Member must have value greater than or equal to 1")],
    ["more than fifteen minutes", { Timeout: 901 }, validation("Value '901' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900")],
    ["too little memory", { MemorySize: 127 }, validation("Value '127' at 'memorySize' failed to satisfy constraint: Member must have value greater than or equal to 128")],
    ["too much memory", { MemorySize: 10_241 }, invalid("'MemorySize' value failed to satisfy constraint: Member must have value less than or equal to 10240")],
    ["too little storage", { EphemeralStorage: { Size: 511 } }, validation("Value '511' at 'ephemeralStorage.size' failed to satisfy constraint: Member must have value greater than or equal to 512")],
    ["too much storage", { EphemeralStorage: { Size: 10_241 } }, validation("Value '10241' at 'ephemeralStorage.size' failed to satisfy constraint: Member must have value less than or equal to 10240")],
    ["another architecture", { Architectures: ["sparc"] }, validation("Value '[sparc]' at 'architectures' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]")],
    ["two architectures", { Architectures: ["x86_64", "arm64"] }, validation("Value '[x86_64, arm64]' at 'architectures' failed to satisfy constraint: Member must have length less than or equal to 1")],
    ["reserved variables", { Environment: { Variables: { AWS_REGION: "x", FINE: "y", LAMBDA_TASK_ROOT: "z" } } }, invalid("Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: AWS_REGION, LAMBDA_TASK_ROOT")],
    ["a variable without a name", { Environment: { Variables: { "1": "x" } } }, validation("Value at 'environment.variables' failed to satisfy constraint: Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]")],
    ["more than 4 KB of variables", { Environment: { Variables: { BIG: "x".repeat(4096) } } }, invalid(`Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. Measured size: 4106 bytes`)],
    ["log levels of text", { LoggingConfig: { LogFormat: "Text", ApplicationLogLevel: "DEBUG" } }, invalid('LogLevel is not supported when LogFormat is set to "Text". Remove LogLevel from your request or change the LogFormat to "JSON" and try again.')],
    ["51 tags", { Tags: Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${index}`, "v"])) }, invalid("Number of tags exceeds resource tag limit.")],
    ["no code", { Code: {} }, invalid("Please provide a source for function code.")],
    ["a bucket without a key", { Code: { S3Bucket: "bucket" } }, invalid("S3 Bucket and Key are required for uploading with S3 parameters.")],
    ["code from two places", { Code: { ZipFile: Buffer.from("x"), S3Bucket: "bucket", S3Key: "key" } }, invalid("Please do not provide other FunctionCode parameters when providing a ZipFile.")],
    ["an image for a zip function", { Code: { ImageUri: "x.dkr.ecr.us-east-1.amazonaws.com/y:z" } }, invalid("Please provide a source for function code.")],
    ["what images are configured by", { ImageConfig: { Command: ["x"] } }, invalid("The ImageConfig parameter is not supported for functions created with deployment packages.")],
    ["a log group of AWS's own", { LoggingConfig: { LogGroup: "aws/mine" } }, invalid("Log groups starting with AWS/ are reserved for AWS. Update the LogGroup value and try again.")],
    ["what is no zip", { Code: { ZipFile: Buffer.from("not a zip") } }, invalid("Could not unzip uploaded file. Please check your file, then try to upload again.")],
    ["a bucket that is not there", { Code: { S3Bucket: "nowhere-at-all", S3Key: "k" } }, invalid("Error occurred while GetObject. S3 Error Code: NoSuchBucket. S3 Error Message: The specified bucket does not exist")],
  ])("%s", async (_what, over, expected) => {
    expect(await refusedWith(over)()).toMatchObject(expected);
  });

  it("several broken constraints in one answer", async () => {
    expect(await refusedWith({ Timeout: 901, EphemeralStorage: { Size: 10_241 } })()).toMatchObject({
      message: "2 validation errors detected: Value '901' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900; Value '10241' at 'ephemeralStorage.size' failed to satisfy constraint: Member must have value less than or equal to 10240",
    });
    expect(await refusedWith({ FunctionName: "not a name", Timeout: 0 })()).toMatchObject({ name: "ValidationException", message: expect.stringMatching(/^2 validation errors detected: Value 'not a name' at 'functionName' .*; Value '0' at 'timeout' /) });
  });

  it.each([
    ["PublishTo", { PublishTo: "LATEST_PUBLISHED" }], ["VpcConfig", { VpcConfig: { SubnetIds: ["subnet-1"], SecurityGroupIds: ["sg-1"] } }],
    ["FileSystemConfigs", { FileSystemConfigs: [{ Arn: "arn:aws:elasticfilesystem:us-east-1:000000000000:access-point/fsap-00000000000000000", LocalMountPath: "/mnt/x" }] }],
    ["KMSKeyArn", { KMSKeyArn: "arn:aws:kms:us-east-1:000000000000:key/1" }],
    ["SnapStart", { Runtime: "python3.13", SnapStart: { ApplyOn: "PublishedVersions" } }],
    ["DurableConfig", { DurableConfig: { ExecutionTimeout: 60 } }], ["PackageType Image", { PackageType: "Image" }], ["dotnet8", { Runtime: "dotnet8" }], ["dotnet10", { Runtime: "dotnet10" }], ["python3.15", { Runtime: "python3.15" }],
    ["S3ObjectStorageMode", { Code: { S3Bucket: "bucket", S3Key: "k", S3ObjectStorageMode: "REFERENCE" } }],
  ])("%s, which is not built, by its name", async (name, over) => {
    const { name: code, message, status } = await refusedWith(over)();
    expect({ code, status }).toEqual({ code: "NotImplemented", status: 501 });
    expect(message).toContain(name);
    expect(message).toContain("is not built in this version of lambdad");
  });
});
