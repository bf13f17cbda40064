import { PutRolePolicyCommand, CreateRoleCommand } from "@aws-sdk/client-iam";
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { AddPermissionCommand, CreateFunctionCommand, type CreateFunctionCommandInput, GetFunctionCommand, InvokeAsyncCommand, InvokeCommand, RemovePermissionCommand } from "@aws-sdk/client-lambda";
import { AssumeRoleCommand } from "@aws-sdk/client-sts";
import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { beforeAll, describe, expect, it } from "vitest";
import { clientsOf, type Clients } from "../support/clients.ts";
import { zipOf } from "../support/functions.ts";
import { eventually } from "../support/temporary.ts";
import { ACCOUNT } from "../support/context.ts";
import { arnOf, refusal, useLambda } from "./support.ts";

const on = useLambda();

/** A session of a role that may do nothing, and a way to let it do more. */
let guest: Clients;
const ROLE = `arn:aws:iam::${ACCOUNT}:role/guest`;
const allow = (Action: string | string[], Resource: string) =>
  on.ground.platform.clients.iam.send(new PutRolePolicyCommand({ RoleName: "guest", PolicyName: "p", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource }] }) }));

beforeAll(async () => {
  const { iam, sts } = on.ground.platform.clients;
  await iam.send(new CreateRoleCommand({ RoleName: "guest", AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: "sts:AssumeRole" }] }) }));
  const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: "me" }));
  guest = clientsOf(on.ground.platform.endpoint, { accessKeyId: Credentials!.AccessKeyId!, secretAccessKey: Credentials!.SecretAccessKey!, sessionToken: Credentials!.SessionToken! });
});

const dryRun = (FunctionName: string, Qualifier?: string) => guest.lambda.send(new InvokeCommand({ FunctionName, InvocationType: "DryRun", Qualifier }));
const denied = (action: string, resource: string) => ({
  name: "AccessDeniedException", status: 403,
  message: `User: arn:aws:sts::${ACCOUNT}:assumed-role/guest/me is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`,
});

describe("who may invoke a function", () => {
  it("is found out by a dry run, which runs nothing", async () => {
    const name = await on.active();
    expect(await refusal(dryRun(name))).toMatchObject(denied("lambda:InvokeFunction", arnOf(name)));
    await allow("lambda:InvokeFunction", arnOf(name));
    expect((await dryRun(name)).StatusCode).toBe(204);
    expect(await refusal(dryRun(name, "$LATEST"))).toMatchObject(denied("lambda:InvokeFunction", `${arnOf(name)}:$LATEST`));
    expect(await refusal(guest.lambda.send(new GetFunctionCommand({ FunctionName: name })))).toMatchObject(denied("lambda:GetFunction", arnOf(name)));
  });

  it("is who the function's policy names, for as long as it does", async () => {
    const name = await on.active();
    await on.lambda.send(new AddPermissionCommand({ FunctionName: name, StatementId: "guest", Action: "lambda:InvokeFunction", Principal: ROLE }));
    expect((await dryRun(name)).StatusCode).toBe(204);
    await on.lambda.send(new RemovePermissionCommand({ FunctionName: name, StatementId: "guest" }));
    expect(await refusal(dryRun(name))).toMatchObject({ name: "AccessDeniedException" });
  });

  it("is not told which functions there are", async () => {
    expect(await refusal(dryRun("doesnotexist"))).toMatchObject({ name: "AccessDeniedException" });
  });
});

describe("who creates a function", () => {
  const create = async (over: Partial<CreateFunctionCommandInput> = {}) => guest.lambda.send(new CreateFunctionCommand(await on.inputOf("theirs", over)));

  it("must be allowed to pass its role on", async () => {
    await allow("lambda:CreateFunction", "*");
    expect(await refusal(create())).toMatchObject(denied("iam:PassRole", on.ground.role));
    await allow(["lambda:CreateFunction", "iam:PassRole"], "*");
    expect((await create({ FunctionName: "passed" })).State).toBe("Pending");
  });

  it("must be allowed to read its package in S3", async () => {
    const { s3 } = on.ground.platform.clients;
    await s3.send(new CreateBucketCommand({ Bucket: "shelf" }));
    await s3.send(new PutObjectCommand({ Bucket: "shelf", Key: "a/code.zip", Body: await zipOf({ "index.mjs": "1" }) }));
    const Code = { S3Bucket: "shelf", S3Key: "a/code.zip" };
    await allow(["lambda:CreateFunction", "iam:PassRole"], "*");
    expect(await refusal(create({ Code }))).toEqual({
      name: "AccessDeniedException", status: 403, type: "User",
      message: "Your access has been denied by S3, please make sure your request credentials have permission to GetObject for shelf/a/code.zip. S3 Error Code: AccessDenied. S3 Error Message: Access Denied",
    });
    await allow(["lambda:CreateFunction", "iam:PassRole", "s3:GetObject"], "*");
    const ofVersion = () => create({ Code: { ...Code, S3ObjectVersion: "v" } });
    expect(await refusal(ofVersion())).toMatchObject({ name: "AccessDeniedException" });
    await allow(["lambda:CreateFunction", "iam:PassRole", "s3:GetObject", "s3:GetObjectVersion"], "*");
    expect(await refusal(ofVersion())).toMatchObject({ name: "InvalidParameterValueException", message: expect.stringMatching(/^Error occurred while GetObject\. S3 Error Code: \w+\. S3 Error Message: ./) });
    expect((await create({ FunctionName: "read", Code })).State).toBe("Pending");
  });
});

describe("InvokeAsync", () => {
  it("accepts an event as Invoke does", async () => {
    const name = await on.active({}, { "index.mjs": "export const handler = async (event) => console.log(event.say);" });
    const answer = await on.lambda.send(new InvokeAsyncCommand({ FunctionName: name, InvokeArgs: Buffer.from('{"say": "as long ago"}') }));
    expect([answer.Status, answer.$metadata.httpStatusCode]).toEqual([202, 202]);
    await eventually("it is run", async () => {
      const { events = [] } = await on.ground.platform.clients.logs.send(new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}`, filterPattern: '"as long ago"' })).catch(() => ({ events: [] }));
      return events.length > 0;
    });
    expect(await refusal(on.lambda.send(new InvokeAsyncCommand({ FunctionName: name, InvokeArgs: Buffer.from("{") })))).toMatchObject({ name: "InvalidRequestContentException", status: 400 });
    expect(await refusal(on.lambda.send(new InvokeAsyncCommand({ FunctionName: "doesnotexist", InvokeArgs: Buffer.from("{}") })))).toMatchObject({ name: "ResourceNotFoundException", status: 404 });
  });
});
