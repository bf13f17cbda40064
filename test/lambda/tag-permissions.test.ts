import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand } from "@aws-sdk/client-iam";
import {
  CreateCodeSigningConfigCommand, CreateFunctionCommand, DeleteCodeSigningConfigCommand, DeleteFunctionCodeSigningConfigCommand, DeleteFunctionCommand, GetCodeSigningConfigCommand, GetFunctionCommand, InvokeCommand, ListTagsCommand, PublishVersionCommand,
  PutFunctionCodeSigningConfigCommand, PutFunctionConcurrencyCommand, TagResourceCommand, UntagResourceCommand, type LambdaClient,
} from "@aws-sdk/client-lambda";
import { beforeAll, describe, expect, it } from "vitest";
import { clientsOf } from "../support/clients.ts";
import { ACCOUNT } from "../support/context.ts";
import { arnOf, refusal, useLambda } from "./support.ts";

const on = useLambda();
let user: LambdaClient;

interface Rule {
  Action: string | string[];
  Resource?: string;
  Condition?: object;
}
const allow = (...rules: Rule[]) =>
  on.ground.platform.clients.iam.send(new PutUserPolicyCommand({ UserName: "guest", PolicyName: "own", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: rules.map((rule) => ({ Effect: "Allow", Resource: "*", ...rule })) }) }));

beforeAll(async () => {
  const { iam } = on.ground.platform.clients;
  await iam.send(new CreateUserCommand({ UserName: "guest" }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: "guest" }));
  user = clientsOf(on.ground.platform.endpoint, { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! }).lambda;
});

const mayInvoke = (FunctionName: string) => user.send(new InvokeCommand({ FunctionName, InvocationType: "DryRun" })).then(() => true, (error: Error) => (expect(error.name).toBe("AccessDeniedException"), false));

describe("a function's tags", () => {
  it("decide who may use it, by every name that it has, and no longer than it has them", async () => {
    const [mine, theirs] = [await on.active({ Tags: { team: "mine" } }), await on.active({ Tags: { team: "theirs" } })];
    await on.lambda.send(new PublishVersionCommand({ FunctionName: mine }));
    await allow({ Action: "lambda:InvokeFunction", Condition: { StringEquals: { "aws:ResourceTag/team": "mine" } } });
    expect(await Promise.all([mine, arnOf(mine), `${mine}:1`, `${mine}:$LATEST`, theirs, "nothing"].map(mayInvoke))).toEqual([true, true, true, true, false, false]);
    await on.lambda.send(new UntagResourceCommand({ Resource: arnOf(mine), TagKeys: ["team"] }));
    expect(await mayInvoke(mine)).toBe(false);
  });

  it("that a request brings decide whether it is let in", async () => {
    const arn = arnOf(await on.create());
    await allow({ Action: ["lambda:TagResource", "lambda:UntagResource"], Condition: { "ForAllValues:StringEquals": { "aws:TagKeys": ["team", "stage"] }, StringNotEquals: { "aws:RequestTag/team": "root" } } });
    await user.send(new TagResourceCommand({ Resource: arn, Tags: { team: "mine" } }));
    const denied = { name: "AccessDeniedException", status: 403 };
    expect(await refusal(user.send(new TagResourceCommand({ Resource: arn, Tags: { team: "root" } })))).toMatchObject(denied);
    expect(await refusal(user.send(new TagResourceCommand({ Resource: arn, Tags: { other: "x" } })))).toMatchObject(denied);
    expect(await refusal(user.send(new UntagResourceCommand({ Resource: arn, TagKeys: ["team", "other"] })))).toMatchObject(denied);
    await user.send(new UntagResourceCommand({ Resource: arn, TagKeys: ["team"] }));
  });

  it("are given to a new function by who may tag it", async () => {
    const create = async (FunctionName: string, Tags?: Record<string, string>) => user.send(new CreateFunctionCommand(await on.inputOf(FunctionName, Tags === undefined ? {} : { Tags })));
    await allow({ Action: ["lambda:CreateFunction", "iam:PassRole"] });
    await create("without");
    expect(await refusal(create("with", { team: "mine" }))).toMatchObject({ name: "AccessDeniedException", message: expect.stringContaining(`is not authorized to perform: lambda:TagResource on resource: ${arnOf("with")}`) });
    await allow({ Action: ["lambda:CreateFunction", "lambda:TagResource", "iam:PassRole"] });
    await create("with", { team: "mine" });
    for (const FunctionName of ["with", "without"]) await on.lambda.send(new DeleteFunctionCommand({ FunctionName }));
  });

  it("are told by GetFunction to who may list them, and else why not", async () => {
    const FunctionName = await on.active({ Tags: { team: "mine" } });
    const get = () => user.send(new GetFunctionCommand({ FunctionName }));
    await allow({ Action: "lambda:GetFunction" });
    const refused = await get();
    expect(refused).not.toHaveProperty("Tags");
    expect(refused.TagsError).toEqual({ ErrorCode: "AccessDeniedException", Message: `User: arn:aws:iam::${ACCOUNT}:user/guest is not authorized to perform: lambda:ListTags on resource: ${arnOf(FunctionName)} because no identity-based policy allows the lambda:ListTags action` });
    await allow({ Action: "lambda:GetFunction" }, { Action: "lambda:ListTags", Condition: { StringEquals: { "aws:ResourceTag/team": "mine" } } });
    const told = await get();
    expect(told.Tags).toEqual({ team: "mine" });
    expect(told).not.toHaveProperty("TagsError");
  });
});

it("a code signing configuration's tags decide who may use it", async () => {
  const create = async (team: string) => {
    const { CodeSigningConfig } = await on.lambda.send(new CreateCodeSigningConfigCommand({ AllowedPublishers: { SigningProfileVersionArns: [`arn:aws:signer:us-east-1:${ACCOUNT}:/signing-profiles/team/0123456789`] }, Tags: { team } }));
    return CodeSigningConfig!.CodeSigningConfigArn!;
  };
  const [mine, theirs] = [await create("mine"), await create("theirs")];
  await allow({ Action: ["lambda:GetCodeSigningConfig", "lambda:ListTags"], Condition: { StringEquals: { "aws:ResourceTag/team": "mine" } } });
  await user.send(new GetCodeSigningConfigCommand({ CodeSigningConfigArn: mine }));
  await user.send(new ListTagsCommand({ Resource: mine }));
  expect(await refusal(user.send(new GetCodeSigningConfigCommand({ CodeSigningConfigArn: theirs })))).toMatchObject({ name: "AccessDeniedException" });
  expect(await refusal(user.send(new ListTagsCommand({ Resource: theirs })))).toMatchObject({ name: "AccessDeniedException" });
  const FunctionName = await on.active();
  await allow({ Action: "lambda:PutFunctionCodeSigningConfig", Resource: arnOf(FunctionName) }, { Action: "lambda:PutFunctionCodeSigningConfig", Condition: { StringEquals: { "aws:ResourceTag/team": "mine" } } });
  const give = (CodeSigningConfigArn: string) => user.send(new PutFunctionCodeSigningConfigCommand({ FunctionName, CodeSigningConfigArn }));
  await give(mine);
  expect(await refusal(give(theirs))).toMatchObject({ name: "AccessDeniedException", message: expect.stringContaining(theirs) });
  await on.lambda.send(new DeleteFunctionCodeSigningConfigCommand({ FunctionName }));
  for (const CodeSigningConfigArn of [mine, theirs]) await on.lambda.send(new DeleteCodeSigningConfigCommand({ CodeSigningConfigArn }));
});

it("GetFunction tells what is reserved for the whole function, and not by a qualifier", async () => {
  const FunctionName = await on.active();
  await on.lambda.send(new PublishVersionCommand({ FunctionName }));
  await on.lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 2 }));
  const concurrency = async (Qualifier?: string) => (await on.lambda.send(new GetFunctionCommand({ FunctionName, Qualifier }))).Concurrency;
  expect([await concurrency(), await concurrency("$LATEST"), await concurrency("1")]).toEqual([{ ReservedConcurrentExecutions: 2 }, undefined, undefined]);
});
