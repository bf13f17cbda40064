import { DeleteLogGroupCommand } from "@aws-sdk/client-cloudwatch-logs";
import { AttachRolePolicyCommand, CreateRoleCommand, DeleteRoleCommand, DeleteRolePolicyCommand, DetachRolePolicyCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { CreateFunctionCommand, DeleteFunctionCommand, waitUntilFunctionActiveV2 } from "@aws-sdk/client-lambda";
import { DeleteBucketCommand, DeleteObjectsCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import type { DemoClients } from "../clients.ts";
import type { DemoApp } from "./app.ts";
import { zipOf } from "./zip.ts";

/** Everything the demo makes carries a name of its own, so that it may run beside another one and never touches the user's. */
export interface Names {
  role: string;
  function: string;
  bucket: string;
}

export const namesFor = (suffix: string): Names => ({ role: `lambdad-demo-${suffix}`, function: `lambdad-demo-${suffix}`, bucket: `lambdad-demo-${suffix}` });

const BASIC_POLICY = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";
const READ_POLICY = "read-uploads";
export const TIMEOUT_SECONDS = 2;

const document = (statement: Record<string, unknown>) => JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", ...statement }] });

export const createRole = async ({ iam }: DemoClients, { role, bucket }: Names): Promise<string> => {
  const trust = document({ Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" });
  const created = await iam.send(new CreateRoleCommand({ RoleName: role, AssumeRolePolicyDocument: trust }));
  await iam.send(new AttachRolePolicyCommand({ RoleName: role, PolicyArn: BASIC_POLICY }));
  const reading = document({ Action: "s3:GetObject", Resource: `arn:aws:s3:::${bucket}/*` });
  await iam.send(new PutRolePolicyCommand({ RoleName: role, PolicyName: READ_POLICY, PolicyDocument: reading }));
  return created.Role!.Arn!;
};

export const createFunction = async ({ lambda }: DemoClients, names: Names, app: DemoApp, roleArn: string): Promise<string> => {
  const created = await lambda.send(
    new CreateFunctionCommand({
      FunctionName: names.function,
      Runtime: app.runtime,
      Handler: "app.handler",
      Role: roleArn,
      Timeout: TIMEOUT_SECONDS,
      Code: { ZipFile: await zipOf(app.file, app.text) },
    }),
  );
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 30, minDelay: 1, maxDelay: 1 }, { FunctionName: names.function });
  return created.FunctionArn!;
};

/** Takes away what was made, as far as it was made; gives the names of what would not go. */
export const removeAll = async ({ lambda, s3, iam, logs }: DemoClients, names: Names): Promise<string[]> => {
  const left: string[] = [];
  const remove = async (what: string, take: () => Promise<unknown>) => {
    try {
      await take();
    } catch (error) {
      if (!/NoSuch|NotFound/.test((error as Error).name)) left.push(`${what}: ${(error as Error).message}`);
    }
  };
  await remove(`objects of ${names.bucket}`, () => emptyBucket(s3, names.bucket));
  await remove(`bucket ${names.bucket}`, () => s3.send(new DeleteBucketCommand({ Bucket: names.bucket })));
  await remove(`function ${names.function}`, () => lambda.send(new DeleteFunctionCommand({ FunctionName: names.function })));
  await remove(`log group of ${names.function}`, () => logs.send(new DeleteLogGroupCommand({ logGroupName: `/aws/lambda/${names.function}` })));
  await remove(`policy of ${names.role}`, () => iam.send(new DetachRolePolicyCommand({ RoleName: names.role, PolicyArn: BASIC_POLICY })));
  await remove(`policy of ${names.role}`, () => iam.send(new DeleteRolePolicyCommand({ RoleName: names.role, PolicyName: READ_POLICY })));
  await remove(`role ${names.role}`, () => iam.send(new DeleteRoleCommand({ RoleName: names.role })));
  return left;
};

const emptyBucket = async (s3: DemoClients["s3"], bucket: string): Promise<void> => {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
  if (Contents.length > 0) await s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: Contents.map(({ Key }) => ({ Key })) } }));
};
