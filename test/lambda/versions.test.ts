import {
  CreateFunctionCommand, DeleteFunctionCommand, GetAccountSettingsCommand, GetFunctionCommand, GetFunctionConfigurationCommand, InvokeCommand, ListFunctionsCommand, ListVersionsByFunctionCommand,
  PublishVersionCommand, UpdateFunctionCodeCommand, UpdateFunctionConfigurationCommand, paginateListFunctions, paginateListVersionsByFunction, waitUntilFunctionActiveV2,
  type InvokeCommandInput, type PublishVersionCommandInput, type UpdateFunctionConfigurationCommandInput,
} from "@aws-sdk/client-lambda";
import { describe, expect, it } from "vitest";
import { zipOf } from "../support/functions.ts";
import { eventually } from "../support/temporary.ts";
import { openLambda, SETTLE_MS } from "./in-process.ts";
import { ACCOUNT } from "../support/context.ts";
import { UUID, arnOf, plain, refusal, useLambda } from "./support.ts";

const on = useLambda();

const ABOUT = `export const handler = async (event, context) => ({
  text: process.env.TEXT, version: process.env.AWS_LAMBDA_FUNCTION_VERSION, contextVersion: context.functionVersion, arn: context.invokedFunctionArn, stream: context.logStreamName,
});\n`;

const publish = (FunctionName: string, over: Partial<PublishVersionCommandInput> = {}) => on.lambda.send(new PublishVersionCommand({ FunctionName, ...over }));
const configuration = async (FunctionName: string, Qualifier?: string) => plain(await on.lambda.send(new GetFunctionConfigurationCommand({ FunctionName, Qualifier })));
const invoke = async (FunctionName: string, over: Partial<InvokeCommandInput> = {}) => {
  const { Payload, ExecutedVersion } = await on.lambda.send(new InvokeCommand({ FunctionName, ...over }));
  return { ExecutedVersion, ...(JSON.parse(Payload!.transformToString()) as { text?: string; stream?: string }) };
};
const change = async (FunctionName: string, over: Partial<UpdateFunctionConfigurationCommandInput>) => {
  await on.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, ...over }));
  await on.isSettled(FunctionName);
};
const published = async (FunctionName: string, over?: Partial<PublishVersionCommandInput>) => {
  const { Version } = await publish(FunctionName, over);
  await eventually(`version ${Version} is Active`, async () => (await configuration(FunctionName, Version)).State === "Active");
  return Version!;
};
const versions = async (FunctionName: string) => (await on.lambda.send(new ListVersionsByFunctionCommand({ FunctionName }))).Versions!.map(({ Version }) => Version);
const invalid = (message: string) => ({ name: "InvalidParameterValueException", message, status: 400, type: "User" });
const notFound = (message: string) => ({ name: "ResourceNotFoundException", message, status: 404, type: "User" });

describe("PublishVersion", () => {
  it("answers 201 and a copy of $LATEST, Pending, that is Active soon", async () => {
    const name = await on.active({ Description: "latest", Timeout: 9 });
    const { RevisionId, ...latest } = await configuration(name);
    const answer = await publish(name, { Description: "one" });
    expect(answer.$metadata.httpStatusCode).toBe(201);
    const { LastUpdateStatus: _status, ...copied } = latest;
    expect(plain(answer)).toEqual({
      ...copied, FunctionArn: `${arnOf(name)}:1`, Version: "1", Description: "one", LastModified: expect.any(String), RevisionId: expect.stringMatching(UUID),
      State: "Pending", StateReason: "The function is being created.", StateReasonCode: "Creating",
    });
    await waitUntilFunctionActiveV2({ client: on.lambda, maxWaitTime: 20, minDelay: 0.02, maxDelay: 0.2 }, { FunctionName: name, Qualifier: "1" });
    expect(await configuration(name, "1")).toMatchObject({ State: "Active", LastUpdateStatus: "Successful", Version: "1", FunctionArn: `${arnOf(name)}:1` });
    expect(await configuration(name)).toEqual({ ...latest, RevisionId });
  });

  it("describes a version as $LATEST is described when nothing else is said", async () => {
    const name = await on.active({ Description: "latest" });
    expect(await publish(name)).toMatchObject({ Description: "latest" });
  });

  it("answers the newest version again as long as neither code nor configuration changed", async () => {
    const name = await on.active({ Environment: { Variables: { AA: "1", BB: "2" } } });
    const version = await published(name, { Description: "one" });
    const first = await configuration(name, version);
    expect(plain(await publish(name, { Description: "another" }))).toEqual(first);
    await change(name, { Timeout: 7 });
    await change(name, { Timeout: 3, Environment: { Variables: { BB: "2", AA: "1" } } });
    expect(await publish(name)).toMatchObject({ Version: "1" });
    await change(name, { Timeout: 8 });
    expect(await published(name)).toBe("2");
    await change(name, { Timeout: 3 });
    expect(await published(name)).toBe("3");
    expect(await versions(name)).toEqual(["$LATEST", "1", "2", "3"]);
  });

  it("checks the code and the revision that it was told", async () => {
    const name = await on.active();
    const { CodeSha256, RevisionId } = await configuration(name);
    expect(await refusal(publish(name, { CodeSha256: "x" }))).toEqual(invalid(`CodeSHA256 (x) is different from current CodeSHA256 in $LATEST (${CodeSha256}). Please try again with the CodeSHA256 in $LATEST.`));
    expect(await refusal(publish(name, { RevisionId: "x" }))).toEqual({
      name: "PreconditionFailedException", status: 412, type: "User", message: "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
    });
    expect(await publish(name, { CodeSha256, RevisionId })).toMatchObject({ Version: "1" });
  });

  it("refuses what is not there, and what is not built by its name", async () => {
    const name = await on.active();
    expect(await refusal(publish("doesnotexist"))).toEqual(notFound(`Function not found: ${arnOf("doesnotexist")}`));
    expect(await refusal(publish(`${name}:1`))).toEqual(invalid("Current operation does not support versions other than $LATEST."));
    expect(await refusal(publish(name, { PublishTo: "LATEST_PUBLISHED" }))).toMatchObject({ name: "NotImplemented", message: expect.stringContaining("PublishTo") });
  });
});

describe("Publish", () => {
  it("of CreateFunction makes the first version with the function", async () => {
    const name = "born-with-one";
    const answer = await on.lambda.send(new CreateFunctionCommand(await on.inputOf(name, { Publish: true })));
    expect(answer).toMatchObject({ FunctionName: name, Version: "1", FunctionArn: arnOf(name), State: "Pending" });
    expect(await versions(name)).toEqual(["$LATEST", "1"]);
    await on.isSettled(name);
    await publish(name);
    expect(await versions(name)).toEqual(["$LATEST", "1"]);
  });

  it("of UpdateFunctionCode makes a version of the new code", async () => {
    const name = await on.active({}, { "index.mjs": ABOUT });
    const ZipFile = await zipOf({ "index.mjs": "export const handler = async () => ({ text: 'new' });\n" });
    const answer = await on.lambda.send(new UpdateFunctionCodeCommand({ FunctionName: name, ZipFile, Publish: true }));
    expect(answer).toMatchObject({ Version: "1", FunctionArn: `${arnOf(name)}:1`, State: "Pending" });
    await waitUntilFunctionActiveV2({ client: on.lambda, maxWaitTime: 20, minDelay: 0.02, maxDelay: 0.2 }, { FunctionName: name, Qualifier: "1" });
    expect(await invoke(name, { Qualifier: "1" })).toEqual({ ExecutedVersion: "1", text: "new" });
    expect((await configuration(name)).CodeSha256).toBe(answer.CodeSha256);
  });
});

describe("a version", () => {
  it("runs what was published whatever becomes of $LATEST, each in environments of its own", async () => {
    const name = await on.active({ Environment: { Variables: { TEXT: "one" } } }, { "index.mjs": ABOUT });
    await published(name);
    await change(name, { Environment: { Variables: { TEXT: "two" } } });
    await published(name);
    await change(name, { Environment: { Variables: { TEXT: "latest" } } });
    for (const [how, version, text, arn] of [
      [{ Qualifier: "1" }, "1", "one", `${arnOf(name)}:1`], [{ Qualifier: "2" }, "2", "two", `${arnOf(name)}:2`],
      [{}, "$LATEST", "latest", arnOf(name)], [{ Qualifier: "$LATEST" }, "$LATEST", "latest", `${arnOf(name)}:$LATEST`],
      [{ FunctionName: `${name}:1` }, "1", "one", `${arnOf(name)}:1`], [{ FunctionName: `${arnOf(name)}:2` }, "2", "two", `${arnOf(name)}:2`], [{ FunctionName: `${arnOf(name)}:2`, Qualifier: "2" }, "2", "two", `${arnOf(name)}:2`],
    ] as const) {
      const { stream, ...answer } = await invoke(name, how);
      expect(answer).toEqual({ ExecutedVersion: version, text, version, contextVersion: version, arn });
      expect(stream).toContain(`[${version}]`);
    }
    const { Configuration, Code } = await on.lambda.send(new GetFunctionCommand({ FunctionName: name, Qualifier: "1" }));
    expect(Configuration).toMatchObject({ Environment: { Variables: { TEXT: "one" } }, Version: "1" });
    const zip = await fetch(Code!.Location!);
    expect((await zip.bytes()).length).toBe(Configuration!.CodeSize);
  });

  it("that is not there is told by its ARN", async () => {
    const name = await on.active();
    for (const Qualifier of ["7", "01", "99999999999999999999", "$LATEST.PUBLISHED"]) {
      expect(await refusal(configuration(name, Qualifier))).toEqual(notFound(`Function not found: ${arnOf(name)}:${Qualifier}`));
      expect(await refusal(invoke(name, { Qualifier }))).toEqual(notFound(`Function not found: ${arnOf(name)}:${Qualifier}`));
    }
    expect(await refusal(invoke(`${name}:1`, { Qualifier: "2" }))).toEqual(invalid("The derived qualifier from the function name does not match the specified qualifier."));
  });

  it("cannot be changed", async () => {
    const name = await on.active();
    await published(name);
    expect(await refusal(change(`${name}:1`, { Timeout: 5 }))).toEqual(invalid("Current operation does not support versions other than $LATEST."));
  });

  it("is deleted alone; its number is not given again, not even to a function of that name", async () => {
    const name = await on.active();
    await published(name);
    await change(name, { Timeout: 5 });
    await published(name);
    const answer = await on.lambda.send(new DeleteFunctionCommand({ FunctionName: name, Qualifier: "2" }));
    expect(answer.$metadata.httpStatusCode).toBe(204);
    expect(await versions(name)).toEqual(["$LATEST", "1"]);
    expect(await refusal(configuration(name, "2"))).toMatchObject({ name: "ResourceNotFoundException" });
    await on.lambda.send(new DeleteFunctionCommand({ FunctionName: name, Qualifier: "2" }));
    expect(await published(name)).toBe("3");
    await on.lambda.send(new DeleteFunctionCommand({ FunctionName: name }));
    expect(await refusal(configuration(name, "1"))).toMatchObject({ name: "ResourceNotFoundException" });
    await on.active({ FunctionName: name });
    expect(await versions(name)).toEqual(["$LATEST"]);
    expect(await published(name)).toBe("4");
  });
});

describe("lists", () => {
  it("show versions page by page, $LATEST first, of one function or of all", async () => {
    const name = await on.active({ FunctionName: "listed" });
    const other = await on.active({ FunctionName: "listed-too" });
    await published(other);
    for (const Timeout of [4, 5, 6]) {
      await published(name);
      await change(name, { Timeout });
    }
    const pages: (string | undefined)[][] = [];
    for await (const { Versions } of paginateListVersionsByFunction({ client: on.lambda, pageSize: 1 }, { FunctionName: name })) pages.push(Versions!.map(({ FunctionArn }) => FunctionArn));
    expect(pages).toEqual(["$LATEST", "1", "2", "3"].map((version) => [`${arnOf(name)}:${version}`]));
    const all: (string | undefined)[] = [];
    for await (const { Functions } of paginateListFunctions({ client: on.lambda, pageSize: 2 }, { FunctionVersion: "ALL" })) all.push(...Functions!.map(({ FunctionArn }) => FunctionArn));
    const expected = [...["$LATEST", "1", "2", "3"].map((version) => `${arnOf(name)}:${version}`), `${arnOf(other)}:$LATEST`, `${arnOf(other)}:1`];
    expect(all.filter((arn) => arn!.includes("listed"))).toEqual(expected);
    const { Functions } = await on.lambda.send(new ListFunctionsCommand({}));
    expect(Functions!.filter(({ FunctionName }) => FunctionName === name)).toHaveLength(1);
    expect(await refusal(versions("doesnotexist"))).toEqual(notFound(`Function not found: ${arnOf("doesnotexist")}`));
  });

  it("and the account's storage count every version", async () => {
    const bytes = async () => (await on.lambda.send(new GetAccountSettingsCommand({}))).AccountUsage!.TotalCodeSize!;
    const name = await on.active();
    const before = await bytes();
    await published(name);
    expect(await bytes()).toBe(before + (await configuration(name)).CodeSize!);
  });
});

describe("on the virtual clock", () => {
  const AT = { account: ACCOUNT, region: "us-east-1" };
  const UPDATING = { code: "ResourceConflictException", message: `The operation cannot be performed at this time. An update is in progress for resource: ${arnOf("f")}` };
  const PENDING = { code: "ResourceConflictException", message: "The operation cannot be performed at this time. The function is currently in the following state: Pending" };

  it("nothing is published while a creation or an update is under way", async () => {
    const { create, lambda, context, settle, update } = openLambda();
    await create("f");
    await expect(lambda.PublishVersion({ FunctionName: "f" }, context())).rejects.toMatchObject(PENDING);
    await settle();
    await update("f", "2");
    await expect(lambda.PublishVersion({ FunctionName: "f" }, context())).rejects.toMatchObject(UPDATING);
    await settle();
    expect(await lambda.PublishVersion({ FunctionName: "f" }, context())).toMatchObject({ Version: "1" });
  });

  it("a version is not invoked before it is Active, with another revision then; $LATEST is", async () => {
    const { create, lambda, context, settle, clock } = openLambda();
    await create("f");
    await settle();
    const { RevisionId } = await lambda.PublishVersion({ FunctionName: "f" }, context());
    await clock.advance(SETTLE_MS / 2);
    const state = () => lambda.GetFunctionConfiguration({ FunctionName: "f", Qualifier: "1" }, context());
    expect(await state()).toMatchObject({ State: "Pending", StateReasonCode: "Creating", RevisionId });
    await expect(lambda.Invoke({ FunctionName: "f:1" }, context())).rejects.toMatchObject(PENDING);
    await lambda.Invoke({ FunctionName: "f" }, context());
    await clock.advance(SETTLE_MS);
    expect(await state()).toMatchObject({ State: "Active", LastUpdateStatus: "Successful" });
    expect((await state()).RevisionId).not.toBe(RevisionId);
    await lambda.Invoke({ FunctionName: "f:1" }, context());
  });

  it("an update of $LATEST retires its own environments, and keeps the code that a version still has", async () => {
    const { create, lambda, context, settle, update, resolve, retired, blobFiles } = openLambda();
    const old = (await create("f", "old")).CodeSha256;
    await settle();
    await lambda.PublishVersion({ FunctionName: "f" }, context());
    await settle();
    await update("f", "new");
    await settle();
    expect(retired).toEqual([[arnOf("f"), { version: "$LATEST", keep: (await resolve(AT, "f")).revisionId }]]);
    expect(await resolve(AT, "f", "1")).toMatchObject({ version: "1", functionArn: arnOf("f"), code: { sha256Base64: old } });
    expect((await resolve(AT, "f", "1")).revisionId).not.toBe((await resolve(AT, "f")).revisionId);
    expect(blobFiles()).toHaveLength(2);
    await lambda.DeleteFunction({ FunctionName: "f", Qualifier: "1" }, context());
    expect(retired.at(-1)).toEqual([arnOf("f"), { version: "1" }]);
    expect(blobFiles()).toHaveLength(1);
  });

  it("a function takes its versions with it, across a restart, too", async () => {
    const first = openLambda();
    await first.create("f", "old");
    await first.settle();
    await first.lambda.PublishVersion({ FunctionName: "f" }, first.context());
    await first.update("f", "new");
    await first.settle();
    await first.close();
    const { lambda, context, resolve, retired, blobFiles } = openLambda({ directory: first.directory });
    await resolve(AT, "f", "1");
    await lambda.DeleteFunction({ FunctionName: "f" }, context());
    await expect(resolve(AT, "f", "1")).rejects.toMatchObject({ code: "ResourceNotFoundException" });
    expect(retired).toEqual([[arnOf("f"), undefined]]);
    expect(blobFiles()).toEqual([]);
  });
});
