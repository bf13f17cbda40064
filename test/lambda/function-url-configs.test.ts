import { CreatePolicyCommand, CreateUserCommand, CreateAccessKeyCommand, AttachUserPolicyCommand } from "@aws-sdk/client-iam";
import {
  AddPermissionCommand, CreateAliasCommand, CreateFunctionUrlConfigCommand, DeleteAliasCommand, DeleteFunctionCommand, DeleteFunctionUrlConfigCommand, GetFunctionUrlConfigCommand, ListFunctionUrlConfigsCommand, UpdateFunctionUrlConfigCommand,
  type Cors, type CreateFunctionUrlConfigCommandInput, type UpdateFunctionUrlConfigCommandInput,
} from "@aws-sdk/client-lambda";
import { describe, expect, it } from "vitest";
import { functionUrl, functionUrlId } from "../../src/services/lambda/urls/function-url-address.ts";
import { clientsOf } from "../support/clients.ts";
import { ACCOUNT } from "../support/context.ts";
import { arnOf, plain, refusal, useLambda } from "./support.ts";

const on = useLambda();

const create = (FunctionName: string, over: Partial<CreateFunctionUrlConfigCommandInput> = {}) => on.lambda.send(new CreateFunctionUrlConfigCommand({ FunctionName, AuthType: "NONE", ...over }));
const get = async (FunctionName: string, Qualifier?: string) => plain(await on.lambda.send(new GetFunctionUrlConfigCommand({ FunctionName, Qualifier })));
const update = (FunctionName: string, over: Partial<UpdateFunctionUrlConfigCommandInput>) => on.lambda.send(new UpdateFunctionUrlConfigCommand({ FunctionName, ...over }));
const remove = (FunctionName: string, Qualifier?: string) => on.lambda.send(new DeleteFunctionUrlConfigCommand({ FunctionName, Qualifier }));
const list = async (FunctionName: string, more: { Marker?: string; MaxItems?: number } = {}) => plain(await on.lambda.send(new ListFunctionUrlConfigsCommand({ FunctionName, ...more })));
const alias = (FunctionName: string, Name: string) => on.lambda.send(new CreateAliasCommand({ FunctionName, Name, FunctionVersion: "$LATEST" }));

const notFound = (message: string) => ({ name: "ResourceNotFoundException", message, status: 404, type: "User" });
const NO_CONFIG = notFound("The resource you requested does not exist.");
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

const CORS = { AllowCredentials: true, AllowHeaders: ["date"], AllowMethods: ["GET", "POST"], AllowOrigins: ["https://example.com", "https://www.example.com"], ExposeHeaders: ["x-own"], MaxAge: 86_400 };

describe("a function URL's configuration", () => {
  it("is created with AWS's defaults, and read back", async () => {
    const name = await on.create();
    const created = await create(name);
    expect(created.$metadata.httpStatusCode).toBe(201);
    const { port } = new URL(on.ground.platform.endpoint);
    expect(plain(created)).toEqual({
      FunctionUrl: expect.stringMatching(new RegExp(`^http://[a-z0-9]{32}\\.lambda-url\\.us-east-1\\.localhost:${port}/$`)),
      FunctionArn: arnOf(name), AuthType: "NONE", CreationTime: expect.stringMatching(TIME), InvokeMode: "BUFFERED",
    });
    const read = await get(name);
    expect(read).toEqual({ ...plain(created), LastModifiedTime: created.CreationTime });
    expect(await list(name)).toEqual({ FunctionUrlConfigs: [read] });
    expect(await get(arnOf(name))).toEqual(read);
  });

  it("is changed member by member: what is not named stays, Cors is replaced as a whole and an empty one taken away", async () => {
    const name = await on.create();
    await create(name, { AuthType: "AWS_IAM", Cors: CORS, InvokeMode: "RESPONSE_STREAM" });
    const first = await get(name);
    expect(first).toMatchObject({ AuthType: "AWS_IAM", Cors: CORS, InvokeMode: "RESPONSE_STREAM" });
    const second = plain(await update(name, { AuthType: "NONE" }));
    expect(second).toMatchObject({ AuthType: "NONE", Cors: CORS, InvokeMode: "RESPONSE_STREAM", FunctionUrl: first.FunctionUrl, CreationTime: first.CreationTime });
    expect(plain(await update(name, { Cors: { MaxAge: 5 }, InvokeMode: "BUFFERED" }))).toMatchObject({ Cors: { MaxAge: 5 }, InvokeMode: "BUFFERED", AuthType: "NONE" });
    expect((await get(name)).Cors).toEqual({ MaxAge: 5 });
    expect(plain(await update(name, { Cors: {} }))).not.toHaveProperty("Cors");
    expect(await get(name)).not.toHaveProperty("Cors");
  });

  it("belongs to the function or to an alias, each with an address of its own", async () => {
    const name = await on.create();
    await alias(name, "live");
    const own = await create(name);
    const ofAlias = await create(name, { Qualifier: "live" });
    expect(ofAlias.FunctionArn).toBe(`${arnOf(name)}:live`);
    expect(ofAlias.FunctionUrl).not.toBe(own.FunctionUrl);
    expect(await get(`${arnOf(name)}:live`)).toMatchObject({ FunctionUrl: ofAlias.FunctionUrl });
    expect((await list(name)).FunctionUrlConfigs!.map(({ FunctionUrl }) => FunctionUrl)).toEqual([own.FunctionUrl, ofAlias.FunctionUrl]);
    await remove(name);
    expect(await refusal(get(name))).toEqual(NO_CONFIG);
    expect(await get(name, "live")).toMatchObject({ FunctionUrl: ofAlias.FunctionUrl });
    await on.lambda.send(new DeleteAliasCommand({ FunctionName: name, Name: "live" }));
    expect(await refusal(get(name, "live"))).toEqual(NO_CONFIG);
    expect(await list(name)).toEqual({ FunctionUrlConfigs: [] });
  });

  it("goes with its function, and a function that is made again has the same address", async () => {
    const name = await on.create();
    const { FunctionUrl } = await create(name);
    await on.lambda.send(new DeleteFunctionCommand({ FunctionName: name }));
    expect(await refusal(get(name))).toEqual(NO_CONFIG);
    await on.create({ FunctionName: name });
    expect(await refusal(get(name))).toEqual(NO_CONFIG);
    expect((await create(name)).FunctionUrl).toBe(FunctionUrl);
  });

  it("is listed in pages", async () => {
    const name = await on.create();
    for (const one of ["a", "b", "c"]) {
      await alias(name, one);
      await create(name, { Qualifier: one });
    }
    const first = await list(name, { MaxItems: 2 });
    expect(first.FunctionUrlConfigs!.map(({ FunctionArn }) => FunctionArn)).toEqual([`${arnOf(name)}:a`, `${arnOf(name)}:b`]);
    const second = await list(name, { MaxItems: 2, Marker: first.NextMarker! });
    expect(second.FunctionUrlConfigs!.map(({ FunctionArn }) => FunctionArn)).toEqual([`${arnOf(name)}:c`]);
    expect(second.NextMarker).toBeUndefined();
  });

  it("is there once for each qualifier", async () => {
    const name = await on.create();
    await create(name);
    expect(await refusal(create(name))).toEqual({
      name: "ResourceConflictException", status: 409, type: "User",
      message: `Failed to create function url config for [functionArn = ${arnOf(name)}]. Error message:  FunctionUrlConfig exists for this Lambda function`,
    });
  });

  it("needs a function or an alias that is there", async () => {
    const name = await on.create();
    expect(await refusal(create("nothing"))).toEqual(notFound("Function does not exist"));
    expect(await refusal(create(name, { Qualifier: "nothing" }))).toEqual(notFound("Function does not exist"));
    expect(await refusal(list("nothing"))).toEqual(notFound(`Function not found: ${arnOf("nothing")}`));
    for (const missing of [() => get("nothing"), () => get(name), () => update(name, { AuthType: "NONE" }), () => remove(name), () => remove("nothing")]) expect(await refusal(missing())).toEqual(NO_CONFIG);
  });

  it.each<[string, Partial<CreateFunctionUrlConfigCommandInput>, string]>([
    ["a version", { Qualifier: "1" }, "Value '1' at 'qualifier' failed to satisfy constraint: Member must satisfy regular expression pattern: ((?!^\\d+$)^[0-9a-zA-Z-_]+$)"],
    ["$LATEST", { Qualifier: "$LATEST" }, "Value '$LATEST' at 'qualifier' failed to satisfy constraint: Member must satisfy regular expression pattern: ((?!^\\d+$)^[0-9a-zA-Z-_]+$)"],
    ["another kind of authentication", { AuthType: "SOME" as "NONE" }, "Value 'SOME' at 'authType' failed to satisfy constraint: Member must satisfy enum value set: [NONE, AWS_IAM]"],
    ["no authentication", { AuthType: undefined! }, "Value null at 'authType' failed to satisfy constraint: Member must not be null"],
    ["another mode", { InvokeMode: "SOME" as "BUFFERED" }, "Value 'SOME' at 'invokeMode' failed to satisfy constraint: Member must satisfy enum value set: [BUFFERED, RESPONSE_STREAM]"],
    ["more than a day", { Cors: { MaxAge: 86_401 } }, "Value '86401' at 'cors.maxAge' failed to satisfy constraint: Member must have value less than or equal to 86400"],
    ["a long method", { Cors: { AllowMethods: ["OPTIONS"] } }, "Value '[OPTIONS]' at 'cors.allowMethods' failed to satisfy constraint: Member must satisfy constraint: [Member must have length less than or equal to 6"],
    ["too many methods", { Cors: { AllowMethods: Array.from({ length: 7 }, () => "GET") } }, "Value '[GET, GET, GET, GET, GET, GET, GET]' at 'cors.allowMethods' failed to satisfy constraint: Member must have length less than or equal to 6"],
  ])("is held to the model: %s", async (_what, over, message) => {
    const name = await on.create();
    expect(await refusal(create(name, over))).toMatchObject({ name: "ValidationException", status: 400, message: expect.stringContaining(`1 validation error detected: ${message}`) });
    expect(await refusal(get(name))).toEqual(NO_CONFIG);
  });

  it("takes the methods that a browser may be told of, and no others", async () => {
    const name = await on.create();
    const refused = { name: "InvalidParameterValueException", message: expect.stringContaining("'FETCH'"), status: 400, type: "User" };
    expect(await refusal(create(name, { Cors: { AllowMethods: ["GET", "FETCH"] } }))).toEqual(refused);
    await create(name);
    expect(await refusal(update(name, { Cors: { AllowMethods: ["FETCH"] } }))).toEqual(refused);
  });

  it.each<[string, Cors]>([["AllowMethods", { AllowMethods: ["*", "GET"] }], ["AllowOrigins", { AllowOrigins: ["https://a.example", "*"] }]])("takes a wildcard alone: %s", async (what, Cors) => {
    const name = await on.create();
    const refused = { name: "InvalidParameterValueException", message: `You can't specify additional fields for ${what} because you already specified the wildcard character (*).`, status: 400, type: "User" };
    expect(await refusal(create(name, { Cors }))).toEqual(refused);
    await create(name);
    expect(await refusal(update(name, { Cors }))).toEqual(refused);
  });
});

describe("who may configure a URL", () => {
  it("is decided with the kind of its authentication", async () => {
    const { iam } = on.ground.platform.clients;
    const name = await on.create();
    const UserName = `url-maker-${name}`;
    await iam.send(new CreateUserCommand({ UserName }));
    const Statement = [{ Effect: "Allow", Action: ["lambda:CreateFunctionUrlConfig", "lambda:UpdateFunctionUrlConfig", "lambda:AddPermission"], Resource: arnOf(name), Condition: { StringEquals: { "lambda:FunctionUrlAuthType": "AWS_IAM" } } }];
    const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: UserName, PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement }) }));
    await iam.send(new AttachUserPolicyCommand({ UserName, PolicyArn: Policy!.Arn! }));
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
    const { lambda } = clientsOf(on.ground.platform.endpoint, { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! });
    const denied = { name: "AccessDeniedException", status: 403 };
    expect(await refusal(lambda.send(new CreateFunctionUrlConfigCommand({ FunctionName: name, AuthType: "NONE" })))).toMatchObject(denied);
    await lambda.send(new CreateFunctionUrlConfigCommand({ FunctionName: name, AuthType: "AWS_IAM" }));
    expect(await refusal(lambda.send(new UpdateFunctionUrlConfigCommand({ FunctionName: name, AuthType: "NONE" })))).toMatchObject(denied);
    const permission = { FunctionName: name, StatementId: "u", Action: "lambda:InvokeFunctionUrl", Principal: "*" };
    expect(await refusal(lambda.send(new AddPermissionCommand({ ...permission, FunctionUrlAuthType: "NONE" })))).toMatchObject(denied);
    await lambda.send(new AddPermissionCommand({ ...permission, FunctionUrlAuthType: "AWS_IAM" }));
  });
});

describe("the address of a URL", () => {
  const at = { account: ACCOUNT, region: "eu-west-1", name: "f", qualifier: "$LATEST" };

  it("follows from what it stands for", () => {
    const ids = [at, { ...at, qualifier: "live" }, { ...at, name: "g" }, { ...at, region: "us-east-1" }, { ...at, account: "1".repeat(12) }].map(functionUrlId);
    for (const id of ids) expect(id).toMatch(/^[a-z0-9]{32}$/);
    expect(new Set(ids).size).toBe(ids.length);
    expect(functionUrlId({ ...at })).toBe(ids[0]);
  });

  it.each([
    ["http://127.0.0.1:4566", "localhost:4566"],
    ["http://[::1]:4566", "localhost:4566"],
    ["http://localhost", "localhost"],
    ["http://lambda.eu-west-1.localhost:4566", "localhost:4566"],
    ["http://localhost.localstack.cloud:4566", "localhost.localstack.cloud:4566"],
    ["http://lambda.eu-west-1.amazonaws.com", "on.aws"],
    ["http://lambda.eu-west-1.lambdad.test:80", "lambdad.test"],
    ["http://lambdad.test:8080", "lambdad.test:8080"],
  ])("is below the name that the client called us by: %s", (endpoint, base) => {
    expect(functionUrl({ urlId: "i".repeat(32), region: "eu-west-1" }, endpoint)).toBe(`http://${"i".repeat(32)}.lambda-url.eu-west-1.${base}/`);
  });
});
