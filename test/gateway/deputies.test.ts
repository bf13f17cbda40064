import { AddPermissionCommand, CreateFunctionCommand, InvokeCommand } from "@aws-sdk/client-lambda";
import { CreateBucketCommand, PutBucketNotificationConfigurationCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, it } from "vitest";
import { clientsOf, type Clients } from "../support/clients.ts";
import { createFunction, createRole, zipOf } from "../support/functions.ts";
import { openPlatform, type OpenPlatform } from "../support/platform.ts";
import { send, sha256, signHeaders } from "./support.ts";

const OWNER = "000000000000";
const OTHER = "111122223333";

let opened: OpenPlatform;
let other: Clients;
let role: string;
let functionArn: string;
beforeAll(async () => {
  opened = await openPlatform();
  other = clientsOf(opened.endpoint, { accessKeyId: OTHER, secretAccessKey: "test" });
  role = await createRole(opened.clients, "worker");
  functionArn = await createFunction(opened.clients, { FunctionName: "f", Role: role, files: { "app.py": "def handler(event, context): return 1" } });
  await opened.clients.s3.send(new CreateBucketCommand({ Bucket: "own" }));
  await other.s3.send(new CreateBucketCommand({ Bucket: "theirs" }));
  return opened.close;
});

const notify = (s3: S3Client, Bucket: string) =>
  s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration: { LambdaFunctionConfigurations: [{ LambdaFunctionArn: functionArn, Events: ["s3:ObjectCreated:*"] }] } }));
const SHUT = { name: "InvalidArgument", message: "Unable to validate the following destination configurations" };

describe("a service acts for whom it says", () => {
  it("a bucket meets the conditions of the function's policy: its name, and whose it is", async () => {
    await expect(notify(opened.clients.s3, "own")).rejects.toMatchObject(SHUT);
    const allow = (StatementId: string, over: object) => opened.clients.lambda.send(new AddPermissionCommand({ FunctionName: "f", StatementId, Action: "lambda:InvokeFunction", Principal: "s3.amazonaws.com", ...over }));
    await allow("another-bucket", { SourceArn: "arn:aws:s3:::another", SourceAccount: OWNER });
    await allow("another-owner", { SourceArn: "arn:aws:s3:::own", SourceAccount: OTHER });
    await expect(notify(opened.clients.s3, "own")).rejects.toMatchObject(SHUT);
    // Theirs has the right name, and is not the owner's.
    await allow("the-name-alone", { SourceArn: "arn:aws:s3:::theirs", SourceAccount: OWNER });
    await expect(notify(other.s3, "theirs")).rejects.toMatchObject(SHUT);
    await allow("own", { SourceArn: "arn:aws:s3:::own", SourceAccount: OWNER });
    await notify(opened.clients.s3, "own");
  });

  it("whatever a client says of a source is nothing", async () => {
    await opened.clients.lambda.send(new AddPermissionCommand({ FunctionName: "f", StatementId: "any-for-bucket", Action: "lambda:InvokeFunction", Principal: "*", SourceArn: "arn:aws:s3:::own", SourceAccount: OWNER }));
    const path = `/2015-03-31/functions/${encodeURIComponent(functionArn)}/invocations`;
    const said = {
      "x-amz-source-arn": "arn:aws:s3:::own", "x-amz-source-account": OWNER, "aws-source-arn": "arn:aws:s3:::own", "x-amz-invoked-by": "s3.amazonaws.com",
      "user-agent": "s3.amazonaws.com", "x-forwarded-for": "127.0.0.1",
    };
    for (const claims of [{}, said]) {
      const { headers } = signHeaders({ method: "POST", path: path.replaceAll("%", "%25"), headers: { host: opened.host, ...claims }, payload: sha256("{}"), service: "lambda", accessKeyId: OTHER });
      const answer = await send(opened.endpoint, { method: "POST", path, headers, body: "{}" });
      expect([answer.status, answer.headers["x-amzn-errortype"]]).toEqual([403, "AccessDeniedException"]);
    }
    await expect(other.lambda.send(new InvokeCommand({ FunctionName: functionArn }))).rejects.toMatchObject({ name: "AccessDeniedException" });
  });

  it("a package of S3 is read as the caller, and where the function is", async () => {
    const zip = await zipOf({ "app.py": "def handler(event, context): return 1" });
    const west = new S3Client({ endpoint: opened.endpoint, region: "eu-west-1", forcePathStyle: true, credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 });
    await west.send(new CreateBucketCommand({ Bucket: "west" }));
    await west.send(new PutObjectCommand({ Bucket: "west", Key: "app.zip", Body: zip }));
    await other.s3.send(new PutObjectCommand({ Bucket: "theirs", Key: "app.zip", Body: zip }));
    const create = (S3Bucket: string) => opened.clients.lambda.send(new CreateFunctionCommand({ FunctionName: "g", Role: role, Runtime: "python3.13", Handler: "app.handler", Code: { S3Bucket, S3Key: "app.zip" } }));
    await expect(create("west")).rejects.toMatchObject({
      name: "InvalidParameterValueException",
      message: "Error occurred while GetObject. S3 Error Code: PermanentRedirect. S3 Error Message: The bucket is in this region: eu-west-1. Please use this region to retry the request",
    });
    await expect(create("theirs")).rejects.toMatchObject({ message: "Your access has been denied by S3, please make sure your request credentials have permission to GetObject for theirs/app.zip. S3 Error Code: AccessDenied. S3 Error Message: Access Denied" });
    await expect(create("nobody-has-this")).rejects.toMatchObject({ message: "Error occurred while GetObject. S3 Error Code: NoSuchBucket. S3 Error Message: The specified bucket does not exist" });
  });
});
