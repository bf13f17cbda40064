import { Readable } from "node:stream";
import { AttachRolePolicyCommand } from "@aws-sdk/client-iam";
import { CreateFunctionCommand, InvokeCommand, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { CreateBucketCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { expect, it } from "vitest";
import { clientsOf, type Clients } from "../support/clients.ts";
import { createFunction, createRole, zipOf } from "../support/functions.ts";
import { isolations } from "../support/isolation.ts";
import { pathsWithBoto3 } from "../support/python.ts";
import { startServer } from "../support/server.ts";

const NODE = `
import { S3Client, GetObjectCommand } from "@aws-sdk/client-s3";
import { STSClient, GetCallerIdentityCommand } from "@aws-sdk/client-sts";
const s3 = new S3Client({ forcePathStyle: true });
export const handler = async () => {
  const { Arn } = await new STSClient({}).send(new GetCallerIdentityCommand({}));
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: "private", Key: "secret" }));
    return { Arn, body: await Body.transformToString() };
  } catch (error) {
    return { Arn, refused: error.name };
  }
};`;
const PYTHON = `
import boto3
s3 = boto3.client("s3")
def handler(event, context):
    arn = boto3.client("sts").get_caller_identity()["Arn"]
    try:
        return {"Arn": arn, "body": s3.get_object(Bucket="private", Key="secret")["Body"].read().decode()}
    except Exception as error:
        return {"Arn": arn, "refused": error.response["Error"]["Code"]}
`;

const invoke = async ({ lambda }: Clients, FunctionName: string): Promise<unknown> => JSON.parse((await lambda.send(new InvokeCommand({ FunctionName }))).Payload!.transformToString());

const withBoto3 = await pathsWithBoto3("python3.11");

const HANDLERS = [
  { name: "node", Runtime: "nodejs24.x", files: { "app.mjs": NODE }, paths: {} },
  { name: "python", Runtime: "python3.11", files: { "app.py": PYTHON }, paths: withBoto3 },
] as const;

it.for(isolations.flatMap((isolation) => HANDLERS.map((handler) => ({ isolation, ...handler }))))("a handler's own calls reach lambdad by themselves, as its role, and may do what the role may: $name under $isolation", async ({ isolation, name, Runtime, files, paths }, { skip }) => {
  if (paths === undefined) return skip("no Python here has boto3");
  const named = Object.entries(paths).flatMap(([runtime, path]) => ["--runtime", `${runtime}=${path}`]);
  const { endpoint } = await startServer({ flags: ["--isolation", isolation, "--prepared", "2", ...named] });
  const clients = clientsOf(endpoint);
  await clients.s3.send(new CreateBucketCommand({ Bucket: "private" }));
  await clients.s3.send(new PutObjectCommand({ Bucket: "private", Key: "secret", Body: "the secret" }));
  const Role = await createRole(clients, `role-of-${name}`);
  await createFunction(clients, { FunctionName: name, Role, Runtime, Timeout: 20, MemorySize: 512, files });
  const Arn = `arn:aws:sts::000000000000:assumed-role/role-of-${name}/${name}`;
  expect(await invoke(clients, name)).toEqual({ Arn, refused: "AccessDenied" });
  await clients.iam.send(new AttachRolePolicyCommand({ RoleName: `role-of-${name}`, PolicyArn: "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess" }));
  expect(await invoke(clients, name)).toEqual({ Arn, body: "the secret" });
});

it("a package comes from S3 too, uploaded as a stream with its checksum in the trailer", async () => {
  const { endpoint } = await startServer({ flags: ["--isolation", "process"] });
  const clients = clientsOf(endpoint);
  const zip = await zipOf({ "app.mjs": "export const handler = async () => 'from S3';" });
  await clients.s3.send(new CreateBucketCommand({ Bucket: "packages" }));
  await clients.s3.send(new PutObjectCommand({ Bucket: "packages", Key: "app.zip", Body: Readable.from([zip]), ContentLength: zip.length, ChecksumAlgorithm: "CRC32" }));
  const head = await clients.s3.send(new HeadObjectCommand({ Bucket: "packages", Key: "app.zip", ChecksumMode: "ENABLED" }));
  expect(head).toMatchObject({ ContentLength: zip.length, ChecksumCRC32: expect.stringMatching(/^[A-Za-z0-9+/]{6}==$/) });
  const { Body, ContentRange } = await clients.s3.send(new GetObjectCommand({ Bucket: "packages", Key: "app.zip", Range: "bytes=0-1" }));
  expect([await Body!.transformToString(), ContentRange]).toEqual(["PK", `bytes 0-1/${zip.length}`]);
  const Role = await createRole(clients, "worker");
  const create = (key: string) => clients.lambda.send(new CreateFunctionCommand({ FunctionName: "f", Role, Runtime: "nodejs24.x", Handler: "app.handler", Code: { S3Bucket: "packages", S3Key: key } }));
  await expect(create("nothing.zip")).rejects.toMatchObject({ name: "InvalidParameterValueException", message: expect.stringContaining("S3 Error Code: NoSuchKey") });
  await create("app.zip");
  await waitUntilFunctionActiveV2({ client: clients.lambda, maxWaitTime: 20, minDelay: 0.02, maxDelay: 0.2 }, { FunctionName: "f" });
  expect(await invoke(clients, "f")).toBe("from S3");
});
