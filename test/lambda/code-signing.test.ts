import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand } from "@aws-sdk/client-iam";
import {
  CreateCodeSigningConfigCommand, CreateFunctionCommand, DeleteCodeSigningConfigCommand, DeleteFunctionCodeSigningConfigCommand, DeleteFunctionCommand, GetCodeSigningConfigCommand, GetFunctionCodeSigningConfigCommand, GetFunctionCommand,
  ListCodeSigningConfigsCommand, ListFunctionsByCodeSigningConfigCommand, ListTagsCommand, PublishLayerVersionCommand, PutFunctionCodeSigningConfigCommand, TagResourceCommand, UntagResourceCommand, UpdateCodeSigningConfigCommand,
  UpdateFunctionCodeCommand, UpdateFunctionConfigurationCommand, type CreateCodeSigningConfigCommandInput, type LambdaClient,
} from "@aws-sdk/client-lambda";
import { describe, expect, it } from "vitest";
import { clientsOf } from "../support/clients.ts";
import { ACCOUNT } from "../support/context.ts";
import { zipOf } from "../support/functions.ts";
import { arnOf, plain, refusal, useLambda } from "./support.ts";

const on = useLambda();

const PROFILE = `arn:aws:signer:us-east-1:${ACCOUNT}:/signing-profiles/mine/0123456789`;
const MISSING = `arn:aws:lambda:us-east-1:${ACCOUNT}:code-signing-config:csc-${"0".repeat(17)}`;
const AllowedPublishers = { SigningProfileVersionArns: [PROFILE] };

const create = async (over: Partial<CreateCodeSigningConfigCommandInput> = {}) => (await on.lambda.send(new CreateCodeSigningConfigCommand({ AllowedPublishers, ...over }))).CodeSigningConfig!;
const policy = (UntrustedArtifactOnDeployment: "Warn" | "Enforce") => ({ CodeSigningPolicies: { UntrustedArtifactOnDeployment } });
const get = async (CodeSigningConfigArn: string) => plain(await on.lambda.send(new GetCodeSigningConfigCommand({ CodeSigningConfigArn }))).CodeSigningConfig;
const remove = (CodeSigningConfigArn: string) => on.lambda.send(new DeleteCodeSigningConfigCommand({ CodeSigningConfigArn }));
const assign = (FunctionName: string, CodeSigningConfigArn: string) => on.lambda.send(new PutFunctionCodeSigningConfigCommand({ FunctionName, CodeSigningConfigArn }));
const assigned = async (FunctionName: string) => plain(await on.lambda.send(new GetFunctionCodeSigningConfigCommand({ FunctionName })));
const users = async (CodeSigningConfigArn: string, more: { MaxItems?: number; Marker?: string | undefined } = {}) => plain(await on.lambda.send(new ListFunctionsByCodeSigningConfigCommand({ CodeSigningConfigArn, ...more })));
const deploy = async (FunctionName: string, over: { DryRun?: boolean } = {}) => on.lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: await zipOf({ "index.mjs": "export const handler = async () => 2;" }), ...over }));

const notFound = (arn: string) => ({ name: "ResourceNotFoundException", message: `The Lambda code signing configuration ${arn} can not be found.`, status: 404, type: "User" });
const unsigned = (name: string) => ({
  name: "CodeVerificationFailedException", status: 400, type: "User",
  message: `Lambda cannot deploy the function. The function or layer might be signed using a signature that the client is not configured to accept. Check the provided signature for ${name}.`,
});

describe("a code signing configuration", () => {
  it("is created with AWS's defaults, read, changed member by member, listed and deleted", async () => {
    const answer = await on.lambda.send(new CreateCodeSigningConfigCommand({ AllowedPublishers }));
    expect(answer.$metadata.httpStatusCode).toBe(201);
    const created = answer.CodeSigningConfig!;
    const id = created.CodeSigningConfigId!;
    expect(created).toEqual({
      CodeSigningConfigId: expect.stringMatching(/^csc-[a-z0-9]{17}$/), CodeSigningConfigArn: `arn:aws:lambda:us-east-1:${ACCOUNT}:code-signing-config:${id}`, AllowedPublishers,
      CodeSigningPolicies: { UntrustedArtifactOnDeployment: "Warn" }, LastModified: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/),
    });
    const arn = created.CodeSigningConfigArn!;
    expect(await get(arn)).toEqual(created);
    const update = async (over: object) => (await on.lambda.send(new UpdateCodeSigningConfigCommand({ CodeSigningConfigArn: arn, ...over }))).CodeSigningConfig;
    expect(await update({ Description: "mine", ...policy("Enforce") })).toMatchObject({ Description: "mine", AllowedPublishers, ...policy("Enforce") });
    const two = { SigningProfileVersionArns: [PROFILE, `${PROFILE}1`] };
    expect(await update({ AllowedPublishers: two })).toMatchObject({ Description: "mine", AllowedPublishers: two, ...policy("Enforce") });
    expect(await get(arn)).toMatchObject({ Description: "mine", AllowedPublishers: two, ...policy("Enforce") });
    expect((await on.lambda.send(new ListCodeSigningConfigsCommand({}))).CodeSigningConfigs).toEqual([await get(arn)]);
    expect((await remove(arn)).$metadata.httpStatusCode).toBe(204);
    expect((await on.lambda.send(new ListCodeSigningConfigsCommand({}))).CodeSigningConfigs).toEqual([]);
    for (const act of [() => get(arn), () => update({}), () => remove(arn), () => users(arn)]) expect(await refusal(act())).toEqual(notFound(arn));
  });

  it("is listed in pages", async () => {
    const arns = [];
    for (let index = 0; index < 3; index++) arns.push((await create()).CodeSigningConfigArn!);
    const first = await on.lambda.send(new ListCodeSigningConfigsCommand({ MaxItems: 2 }));
    const second = await on.lambda.send(new ListCodeSigningConfigsCommand({ MaxItems: 2, Marker: first.NextMarker }));
    expect([...first.CodeSigningConfigs!, ...second.CodeSigningConfigs!].map(({ CodeSigningConfigArn }) => CodeSigningConfigArn)).toEqual(arns.toSorted());
    expect([first.CodeSigningConfigs!.length, second.NextMarker]).toEqual([2, undefined]);
    for (const arn of arns) await remove(arn);
  });

  it("is held to the model", async () => {
    const refused = (message: string) => ({ name: "ValidationException", status: 400, message: expect.stringContaining(message) });
    expect(await refusal(create({ AllowedPublishers: { SigningProfileVersionArns: [] } }))).toMatchObject(refused("at 'allowedPublishers.signingProfileVersionArns' failed to satisfy constraint: Member must have length greater than or equal to 1"));
    expect(await refusal(create({ AllowedPublishers: undefined! }))).toMatchObject(refused("Value null at 'allowedPublishers' failed to satisfy constraint: Member must not be null"));
    expect(await refusal(create(policy("Maybe" as "Warn")))).toMatchObject(refused("Member must satisfy enum value set: [Warn, Enforce]"));
    expect(await refusal(get("csc-1"))).toMatchObject(refused("Value 'csc-1' at 'codeSigningConfigArn' failed to satisfy constraint: Member must satisfy regular expression pattern"));
  });

  it("has tags", async () => {
    const { CodeSigningConfigArn: arn } = await create({ Tags: { a: "1" } });
    const tags = async () => (await on.lambda.send(new ListTagsCommand({ Resource: arn! }))).Tags;
    expect(await tags()).toEqual({ a: "1" });
    await on.lambda.send(new TagResourceCommand({ Resource: arn!, Tags: { b: "2" } }));
    await on.lambda.send(new UntagResourceCommand({ Resource: arn!, TagKeys: ["a"] }));
    expect(await tags()).toEqual({ b: "2" });
    await remove(arn!);
    expect(await refusal(tags())).toEqual(notFound(arn!));
  });
});

describe("a function that follows a code signing configuration", () => {
  it("is given it, tells it, and lets it go", async () => {
    const { CodeSigningConfigArn: arn } = await create();
    const name = await on.active();
    expect(await assigned(name)).toEqual({ FunctionName: name });
    expect(plain(await assign(arnOf(name), arn!))).toEqual({ CodeSigningConfigArn: arn, FunctionName: name });
    expect(await assigned(name)).toEqual({ CodeSigningConfigArn: arn, FunctionName: name });
    const made = await on.create({ CodeSigningConfigArn: arn! });
    expect(await assigned(made)).toEqual({ CodeSigningConfigArn: arn, FunctionName: made });
    const [one, two] = [name, made].toSorted();
    const first = await users(arn!, { MaxItems: 1 });
    expect(first).toEqual({ FunctionArns: [arnOf(one!)], NextMarker: expect.any(String) });
    expect(await users(arn!, { MaxItems: 1, Marker: first.NextMarker })).toEqual({ FunctionArns: [arnOf(two!)] });
    const refused = await refusal(remove(arn!));
    expect(refused).toMatchObject({ name: "ResourceConflictException", status: 409, type: "User", message: expect.stringContaining(`[${one}, ${two}]`) });
    expect((await on.lambda.send(new DeleteFunctionCodeSigningConfigCommand({ FunctionName: name }))).$metadata.httpStatusCode).toBe(204);
    expect(await assigned(name)).toEqual({ FunctionName: name });
    await on.lambda.send(new DeleteFunctionCommand({ FunctionName: made }));
    expect(await users(arn!)).toEqual({ FunctionArns: [] });
    await remove(arn!);
  });

  it("deploys what is not signed where it is only warned of", async () => {
    const name = await on.active({ CodeSigningConfigArn: (await create(policy("Warn"))).CodeSigningConfigArn! });
    const before = (await on.lambda.send(new GetFunctionCommand({ FunctionName: name }))).Configuration!.CodeSha256;
    expect((await deploy(name)).CodeSha256).not.toBe(before);
  });

  it("refuses what is not signed where it is enforced: at its creation, with new code, and with layers", async () => {
    const { CodeSigningConfigArn: arn } = await create(policy("Enforce"));
    const refused = `refused-${arn!.slice(-6)}`;
    expect(await refusal(on.lambda.send(new CreateFunctionCommand(await on.inputOf(refused, { CodeSigningConfigArn: arn! }))))).toEqual(unsigned(refused));
    expect(await refusal(on.lambda.send(new GetFunctionCommand({ FunctionName: refused })))).toMatchObject({ name: "ResourceNotFoundException" });

    const name = await on.active();
    await assign(name, arn!);
    const before = (await on.lambda.send(new GetFunctionCommand({ FunctionName: name }))).Configuration!;
    expect(await refusal(deploy(name))).toEqual(unsigned(name));
    expect(await refusal(deploy(name, { DryRun: true }))).toEqual(unsigned(name));
    const layer = await on.lambda.send(new PublishLayerVersionCommand({ LayerName: `layer-${name}`, Content: { ZipFile: await zipOf({ a: "b" }) } }));
    const configure = (over: object) => on.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: name, ...over }));
    expect(await refusal(configure({ Layers: [layer.LayerVersionArn!] }))).toEqual(unsigned(name));
    expect((await on.lambda.send(new GetFunctionCommand({ FunctionName: name }))).Configuration).toEqual(before);

    await configure({ Timeout: 4, Layers: [] });
    await on.isSettled(name);
    await on.lambda.send(new UpdateCodeSigningConfigCommand({ CodeSigningConfigArn: arn!, ...policy("Warn") }));
    await deploy(name);
    await on.isSettled(name);
    await on.lambda.send(new UpdateCodeSigningConfigCommand({ CodeSigningConfigArn: arn!, ...policy("Enforce") }));
    await on.lambda.send(new DeleteFunctionCodeSigningConfigCommand({ FunctionName: name }));
    await deploy(name);
  });

  it("needs a configuration and a function that are there", async () => {
    const gone = { name: "CodeSigningConfigNotFoundException", message: `The code signing configuration cannot be found. Check that the provided configuration is not deleted: ${MISSING}.`, status: 404, type: "User" };
    const name = await on.create();
    expect(await refusal(assign(name, MISSING))).toEqual(gone);
    expect(await refusal(on.lambda.send(new CreateFunctionCommand(await on.inputOf("refused", { CodeSigningConfigArn: MISSING }))))).toEqual(gone);
    const strange = MISSING.replace(/:\d{12}:/, ":111122223333:");
    const elsewhere = { name: "InvalidParameterValueException", message: `The code signing configuration must be in the same account as the Lambda function. Check the provided ARN: ${strange}.`, status: 400, type: "User" };
    expect(await refusal(on.lambda.send(new CreateFunctionCommand(await on.inputOf("refused", { CodeSigningConfigArn: strange }))))).toEqual(elsewhere);
    const { CodeSigningConfigArn: arn } = await create();
    const noFunction = { name: "ResourceNotFoundException", message: `Function not found: ${arnOf("nothing")}`, status: 404, type: "User" };
    for (const act of [() => assign("nothing", arn!), () => assigned("nothing"), () => on.lambda.send(new DeleteFunctionCodeSigningConfigCommand({ FunctionName: "nothing" }))]) expect(await refusal(act())).toEqual(noFunction);
    await remove(arn!);
  });

  it("is given one by who may use both", async () => {
    const { CodeSigningConfigArn: arn } = await create();
    const name = await on.create();
    const { iam } = on.ground.platform.clients;
    const may = async (...Resource: string[]): Promise<LambdaClient> => {
      const UserName = `user-${Resource.length}-${name}`;
      await iam.send(new CreateUserCommand({ UserName }));
      await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: "own", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "lambda:PutFunctionCodeSigningConfig", Resource }] }) }));
      const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
      return clientsOf(on.ground.platform.endpoint, { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! }).lambda;
    };
    const by = async (lambda: Promise<LambdaClient>) => (await lambda).send(new PutFunctionCodeSigningConfigCommand({ FunctionName: name, CodeSigningConfigArn: arn! }));
    expect(await refusal(by(may(arnOf(name))))).toMatchObject({ name: "AccessDeniedException", message: expect.stringContaining(`on resource: ${arn}`) });
    await by(may(arnOf(name), arn!));
    expect(await assigned(name)).toMatchObject({ CodeSigningConfigArn: arn });
  });
});
