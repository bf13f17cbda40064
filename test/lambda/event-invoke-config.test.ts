import {
  CreateFunctionCommand, DeleteFunctionCommand, DeleteFunctionEventInvokeConfigCommand, GetFunctionEventInvokeConfigCommand, ListFunctionEventInvokeConfigsCommand, PutFunctionEventInvokeConfigCommand,
  UpdateFunctionEventInvokeConfigCommand, type DestinationConfig, type PutFunctionEventInvokeConfigCommandInput,
} from "@aws-sdk/client-lambda";
import { CreateBucketCommand, ListMultipartUploadsCommand } from "@aws-sdk/client-s3";
import { PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { describe, expect, it } from "vitest";
import { createRole } from "../support/functions.ts";
import { arnOf, plain, refusal, useLambda } from "./support.ts";

const on = useLambda();

type Config = Omit<PutFunctionEventInvokeConfigCommandInput, "FunctionName">;

const put = (FunctionName: string, config: Config) => on.lambda.send(new PutFunctionEventInvokeConfigCommand({ FunctionName, ...config }));
const update = (FunctionName: string, config: Config) => on.lambda.send(new UpdateFunctionEventInvokeConfigCommand({ FunctionName, ...config }));
const get = (FunctionName: string, Qualifier?: string) => on.lambda.send(new GetFunctionEventInvokeConfigCommand({ FunctionName, Qualifier }));
const remove = (FunctionName: string, Qualifier?: string) => on.lambda.send(new DeleteFunctionEventInvokeConfigCommand({ FunctionName, Qualifier }));
const list = (FunctionName: string) => on.lambda.send(new ListFunctionEventInvokeConfigsCommand({ FunctionName }));

const invalid = (message: string) => ({ name: "InvalidParameterValueException", status: 400, type: "User", message });
const missing = (message: string) => ({ name: "ResourceNotFoundException", status: 404, type: "User", message });
const notConfigured = (name: string) => missing(`The function ${arnOf(name)}:$LATEST doesn't have an EventInvokeConfig`);
const NOBODY = { OnSuccess: {}, OnFailure: {} };

/** A role of its own, which may do what is said. */
const roleWith = async (name: string, Action: string, Resource: string): Promise<string> => {
  const role = await createRole(on.ground.platform.clients, name);
  const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource }] });
  await on.ground.platform.clients.iam.send(new PutRolePolicyCommand({ RoleName: name, PolicyName: "destination", PolicyDocument }));
  return role;
};

describe("the settings of asynchronous invocation", () => {
  it("are put, read, listed and deleted", async () => {
    const name = await on.create();
    const before = Date.now();
    const answer = await put(name, { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 });
    expect([answer.$metadata.httpStatusCode, plain(answer)]).toEqual([200, { LastModified: expect.any(Date), FunctionArn: `${arnOf(name)}:$LATEST`, MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60, DestinationConfig: NOBODY }]);
    expect(answer.LastModified!.getTime()).toBeGreaterThanOrEqual(before - 1_000);
    expect(plain(await get(name))).toEqual(plain(answer));
    expect(plain(await get(arnOf(name), "$LATEST"))).toEqual(plain(answer));
    expect(plain(await list(name))).toEqual({ FunctionEventInvokeConfigs: [plain(answer)] });
    expect((await remove(name)).$metadata.httpStatusCode).toBe(204);
    expect(await refusal(get(name))).toEqual(notConfigured(name));
    expect(plain(await list(name))).toEqual({ FunctionEventInvokeConfigs: [] });
  });

  it("tell the time in seconds, with their fraction", async () => {
    const name = await on.create();
    await put(name, { MaximumRetryAttempts: 1 });
    const { json, text } = await on.raw("GET", `/2019-09-25/functions/${name}/event-invoke-config`);
    expect(json).toEqual({ LastModified: expect.any(Number), FunctionArn: `${arnOf(name)}:$LATEST`, MaximumRetryAttempts: 1, DestinationConfig: NOBODY });
    expect(text).toMatch(/"LastModified":1\d{9}(\.\d+)?[,}]/);
  });

  it("are all replaced by Put, and one by one by Update", async () => {
    const name = await on.create();
    expect(await refusal(update(name, { MaximumRetryAttempts: 1 }))).toEqual(notConfigured(name));
    await put(name, { MaximumRetryAttempts: 1, MaximumEventAgeInSeconds: 100 });
    expect(plain(await update(name, { MaximumEventAgeInSeconds: 21_600 }))).toMatchObject({ MaximumRetryAttempts: 1, MaximumEventAgeInSeconds: 21_600 });
    expect(plain(await put(name, { MaximumRetryAttempts: 2 }))).toEqual({ LastModified: expect.any(Date), FunctionArn: `${arnOf(name)}:$LATEST`, MaximumRetryAttempts: 2, DestinationConfig: NOBODY });
  });

  it("must be something", async () => {
    const name = await on.create();
    const refused = invalid("You must specify at least one of error handling or destination setting.");
    expect(await Promise.all([refusal(put(name, {})), refusal(update(name, {}))])).toEqual([refused, refused]);
  });

  it.each([
    [{ MaximumRetryAttempts: 3 }, "Value '3' at 'maximumRetryAttempts' failed to satisfy constraint: Member must have value less than or equal to 2"],
    [{ MaximumRetryAttempts: -1 }, "Value '-1' at 'maximumRetryAttempts' failed to satisfy constraint: Member must have value greater than or equal to 0"],
    [{ MaximumEventAgeInSeconds: 59 }, "Value '59' at 'maximumEventAgeInSeconds' failed to satisfy constraint: Member must have value greater than or equal to 60"],
    [{ MaximumEventAgeInSeconds: 21_601 }, "Value '21601' at 'maximumEventAgeInSeconds' failed to satisfy constraint: Member must have value less than or equal to 21600"],
  ])("are held to their ranges: %j", async (config, message) => {
    expect(await refusal(put(await on.create(), config))).toMatchObject({ name: "ValidationException", message: `1 validation error detected: ${message}` });
  });

  it("of what is not there are refused", async () => {
    expect(await refusal(put("nothing", { MaximumRetryAttempts: 1 }))).toEqual(missing("The function doesn't exist."));
    expect(await refusal(update("nothing", { MaximumRetryAttempts: 1 }))).toEqual(missing("The function doesn't exist."));
    expect(await refusal(list("nothing"))).toEqual(missing("The function doesn't exist."));
    expect(await refusal(get("nothing"))).toEqual(notConfigured("nothing"));
    expect(await refusal(remove("nothing"))).toEqual(notConfigured("nothing"));
    const name = await on.create();
    expect(await refusal(remove(name))).toEqual(notConfigured(name));
    expect(await refusal(put(name, { Qualifier: "nothing", MaximumRetryAttempts: 1 }))).toEqual(missing("The function doesn't exist."));
  });

  it("end with the function", async () => {
    const name = await on.create();
    await put(name, { MaximumRetryAttempts: 1 });
    await on.lambda.send(new DeleteFunctionCommand({ FunctionName: name }));
    await on.lambda.send(new CreateFunctionCommand(await on.inputOf(name)));
    expect(await refusal(get(name))).toEqual(notConfigured(name));
  });
});

describe("destinations", () => {
  const to = (OnFailure?: string, OnSuccess?: string): { DestinationConfig: DestinationConfig } => ({
    DestinationConfig: { ...(OnFailure === undefined ? {} : { OnFailure: { Destination: OnFailure } }), ...(OnSuccess === undefined ? {} : { OnSuccess: { Destination: OnSuccess } }) },
  });

  it("are functions that the role may invoke", async () => {
    const target = arnOf(await on.create());
    const Role = await roleWith("invokes", "lambda:InvokeFunction", target);
    const name = await on.create({ Role });
    expect((await put(name, to(target, target))).DestinationConfig).toEqual({ OnSuccess: { Destination: target }, OnFailure: { Destination: target } });
    expect((await update(name, { MaximumRetryAttempts: 0 })).DestinationConfig).toEqual({ OnSuccess: { Destination: target }, OnFailure: { Destination: target } });
    expect((await update(name, to(undefined, target))).DestinationConfig).toEqual({ OnSuccess: { Destination: target }, OnFailure: {} });
    expect((await put(name, to("", ""))).DestinationConfig).toEqual(NOBODY);
    const stranger = await on.create();
    expect(await refusal(put(stranger, to(target)))).toEqual(invalid(`The function execution role does not have permissions to call InvokeFunction on ${target}`));
    expect(await refusal(get(stranger))).toEqual(notConfigured(stranger));
  });

  it("are, on failure, buckets that the role may write to; the look leaves nothing there", async () => {
    const { s3 } = on.ground.platform.clients;
    await s3.send(new CreateBucketCommand({ Bucket: "failures" }));
    const Role = await roleWith("writes", "s3:PutObject", "arn:aws:s3:::*/*");
    const name = await on.create({ Role });
    expect((await put(name, to("arn:aws:s3:::failures"))).DestinationConfig).toEqual({ OnSuccess: {}, OnFailure: { Destination: "arn:aws:s3:::failures" } });
    expect((await s3.send(new ListMultipartUploadsCommand({ Bucket: "failures" }))).Uploads).toBeUndefined();
    expect(await refusal(put(name, to(undefined, "arn:aws:s3:::failures")))).toEqual(invalid("The provided destination config DestinationConfig(onSuccess=OnSuccess(destination=arn:aws:s3:::failures), onFailure=null) is invalid."));
    expect(await refusal(put(name, to("arn:aws:s3:::no-such-bucket")))).toEqual(invalid("The destination ARN arn:aws:s3:::no-such-bucket is invalid."));
    expect(await refusal(put(await on.create(), to("arn:aws:s3:::failures")))).toEqual(invalid("The function execution role does not have permissions to call PutObject on arn:aws:s3:::failures"));
  });

  it("are refused when they are none", async () => {
    const Role = await roleWith("may-all", "*", "*");
    const name = await on.create({ Role });
    expect(await refusal(put(name, to(arnOf(name))))).toEqual(invalid("You can't specify the function as a destination for itself."));
    expect(await refusal(put(name, to(arnOf("nothing"))))).toEqual(invalid(`The destination ARN ${arnOf("nothing")} is invalid.`));
    const table = "arn:aws:dynamodb:us-east-1:000000000000:table/t";
    expect(await refusal(put(name, to(table)))).toEqual(invalid(`The provided destination config DestinationConfig(onSuccess=null, onFailure=OnFailure(destination=${table})) is invalid.`));
    expect(await refusal(put(name, to(table, "")))).toEqual(invalid(`The provided destination config DestinationConfig(onSuccess=OnSuccess(destination=), onFailure=OnFailure(destination=${table})) is invalid.`));
    expect(await refusal(put(name, to("nonsense")))).toMatchObject({ name: "ValidationException", message: expect.stringMatching(/^1 validation error detected: Value 'nonsense' at 'destinationConfig\.onFailure\.destination' failed to satisfy constraint: Member must satisfy regular expression pattern: /) });
  });

  it.each(["arn:aws:sns:us-east-1:000000000000:t", "arn:aws:events:us-east-1:000000000000:event-bus/b"])("that are not there are refused: %s", async (arn) => {
    const name = await on.create();
    expect(await refusal(put(name, to(arn)))).toEqual(invalid(`The destination ARN ${arn} is invalid.`));
    expect(await refusal(get(name))).toEqual(notConfigured(name));
  });
});
