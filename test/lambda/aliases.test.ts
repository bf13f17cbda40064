import {
  CreateAliasCommand, DeleteAliasCommand, DeleteFunctionCommand, GetAliasCommand, GetFunctionConfigurationCommand, InvokeCommand, PublishVersionCommand, UpdateAliasCommand, UpdateFunctionConfigurationCommand,
  paginateListAliases, ListAliasesCommand, type CreateAliasCommandInput, type UpdateAliasCommandInput,
} from "@aws-sdk/client-lambda";
import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { describe, expect, it } from "vitest";
import { fetchStories } from "../../src/cli/commands/why.ts";
import { callPlatform } from "../../src/cli/platform-client.ts";
import { storyLines } from "../../src/cli/story.ts";
import { createRole } from "../support/functions.ts";
import { eventually } from "../support/temporary.ts";
import { openLambda } from "./in-process.ts";
import { ACCOUNT } from "../support/context.ts";
import { UUID, arnOf, plain, refusal, useLambda } from "./support.ts";

const on = useLambda();

const ABOUT = `export const handler = async (event, context) => {
  if (event?.failIn === context.functionVersion) throw new Error("no luck in version " + context.functionVersion);
  console.log("marker", event?.marker, "runs", context.functionVersion, "as", context.invokedFunctionArn);
  return { version: context.functionVersion, arn: context.invokedFunctionArn };
};\n`;

/** A function with versions 1 to `count`, all Active. */
const withVersions = async (count: number) => {
  const name = await on.active({}, { "index.mjs": ABOUT });
  for (let version = 1; version <= count; version++) {
    await on.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: name, Timeout: 2 + version }));
    await on.isSettled(name);
    await on.lambda.send(new PublishVersionCommand({ FunctionName: name }));
  }
  const isActive = async () => (await on.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name, Qualifier: String(count) }))).State === "Active";
  await eventually("the last version is Active", isActive);
  return name;
};
const create = (FunctionName: string, over: Partial<CreateAliasCommandInput> = {}) => on.lambda.send(new CreateAliasCommand({ FunctionName, Name: "live", FunctionVersion: "1", ...over }));
const update = (FunctionName: string, over: Partial<UpdateAliasCommandInput> = {}) => on.lambda.send(new UpdateAliasCommand({ FunctionName, Name: "live", ...over }));
const get = async (FunctionName: string, Name = "live") => plain(await on.lambda.send(new GetAliasCommand({ FunctionName, Name })));
const remove = (FunctionName: string, Name = "live") => on.lambda.send(new DeleteAliasCommand({ FunctionName, Name }));
const invoke = async (FunctionName: string, Qualifier = "live") => {
  const { Payload, ExecutedVersion } = await on.lambda.send(new InvokeCommand({ FunctionName, Qualifier }));
  return { ExecutedVersion, ...(JSON.parse(Payload!.transformToString()) as { version: string; arn: string }) };
};
/** What the ledger has of a request. */
const tell = async (requestId: string) => {
  const [story] = await fetchStories({ endpoint: on.ground.platform.endpoint, region: "us-east-1", account: undefined }, requestId);
  return story === undefined ? "" : storyLines(story, (_style, text) => text).join("\n");
};
const weights = (AdditionalVersionWeights: Record<string, number>) => ({ RoutingConfig: { AdditionalVersionWeights } });
const invalid = (message: string) => ({ name: "InvalidParameterValueException", message, status: 400, type: "User" });
const notFound = (message: string) => ({ name: "ResourceNotFoundException", message, status: 404, type: "User" });
const conflict = (message: string) => ({ name: "ResourceConflictException", message, status: 409, type: "User" });

describe("CreateAlias", () => {
  it("answers 201 and the alias, which GetAlias answers too", async () => {
    const name = await withVersions(1);
    const answer = await create(name, { Description: "what users call" });
    expect(answer.$metadata.httpStatusCode).toBe(201);
    expect(plain(answer)).toEqual({ AliasArn: `${arnOf(name)}:live`, Name: "live", FunctionVersion: "1", Description: "what users call", RevisionId: expect.stringMatching(UUID) });
    expect(await get(name)).toEqual(plain(answer));
    expect(await get(arnOf(name))).toEqual(plain(answer));
    expect(plain(await create(name, { Name: "bare", FunctionVersion: "$LATEST" }))).toEqual({ AliasArn: `${arnOf(name)}:bare`, Name: "bare", FunctionVersion: "$LATEST", Description: "", RevisionId: expect.stringMatching(UUID) });
  });

  it("takes a second version with its weight", async () => {
    const name = await withVersions(2);
    expect(await create(name, weights({ 2: 0.25 }))).toMatchObject({ FunctionVersion: "1", ...weights({ 2: 0.25 }) });
    expect(await get(name)).toMatchObject(weights({ 2: 0.25 }));
  });

  it("refuses what is there, and what is not", async () => {
    const name = await withVersions(1);
    await create(name);
    expect(await refusal(create(name))).toEqual(conflict(`Alias already exists: ${arnOf(name)}:live`));
    expect(await refusal(create(name, { Name: "next", FunctionVersion: "7" }))).toEqual(notFound(`Function not found: ${arnOf(name)}:7`));
    expect(await refusal(create(name, { Name: "next", ...weights({ 7: 0.5 }) }))).toEqual(notFound(`Function not found: ${arnOf(name)}:7`));
    expect(await refusal(create("doesnotexist"))).toEqual(notFound(`Function not found: ${arnOf("doesnotexist")}`));
    expect(await refusal(get(name, "next"))).toEqual(notFound(`Cannot find alias arn: ${arnOf(name)}:next`));
  });

  it.each<[string, Partial<CreateAliasCommandInput>, object]>([
    ["a name of digits alone", { Name: "12" }, { name: "ValidationException", message: "1 validation error detected: Value '12' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)" }],
    ["a name with a blank", { Name: "a b" }, { name: "ValidationException" }],
    ["a name of 129 characters", { Name: "n".repeat(129) }, { name: "ValidationException" }],
    ["an alias as version", { FunctionVersion: "live" }, { name: "ValidationException", message: "1 validation error detected: Value 'live' at 'functionVersion' failed to satisfy constraint: Member must satisfy regular expression pattern: (\\$LATEST(\\.PUBLISHED)?|[0-9]+)" }],
    ["more than one more version", weights({ 2: 0.1, 3: 0.1 }), invalid("Number of items in AdditionalVersionWeights cannot be greater than 1")],
    ["the same version twice", weights({ 1: 0.1 }), invalid("Invalid function version 1. Function version 1 is already included in routing configuration.")],
    ["$LATEST with another", { FunctionVersion: "$LATEST", ...weights({ 1: 0.1 }) }, invalid("$LATEST is not supported for an alias pointing to more than 1 version")],
    ["$LATEST as the other", weights({ $LATEST: 0.1 }), { name: "ValidationException", message: "1 validation error detected: Value '{$LATEST=0.1}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+]" }],
    ["a weight above 1", weights({ 2: 1.1 }), { name: "ValidationException", message: "1 validation error detected: Value '{2=1.1}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]" }],
    ["a weight below 0", weights({ 2: -0.1 }), { name: "ValidationException", message: expect.stringContaining("Value '{2=-0.1}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map value must") }],
  ])("refuses %s", async (_what, over, expected) => {
    const name = await withVersions(1);
    expect(await refusal(create(name, over))).toMatchObject(expected);
    expect((await on.lambda.send(new ListAliasesCommand({ FunctionName: name }))).Aliases).toEqual([]);
  });
});

describe("two versions of one alias", () => {
  it("run as the same role", async () => {
    const name = await withVersions(1);
    const Role = await createRole(on.ground.platform.clients, "another-worker");
    await on.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: name, Role }));
    await on.isSettled(name);
    await on.lambda.send(new PublishVersionCommand({ FunctionName: name }));
    expect(await refusal(create(name, weights({ 2: 0.5 })))).toEqual(invalid("Specified versions must be associated with the same execution role"));
    await create(name);
    expect(await refusal(update(name, weights({ 2: 0.5 })))).toEqual(invalid("Specified versions must be associated with the same execution role"));
    expect(await update(name, { FunctionVersion: "2" })).toMatchObject({ FunctionVersion: "2" });
  });
});

describe("UpdateAlias", () => {
  it("changes what it names, and nothing else; each change is another revision", async () => {
    const name = await withVersions(2);
    const created = plain(await create(name, { Description: "first" }));
    const moved = plain(await update(name, { FunctionVersion: "2" }));
    expect(moved).toEqual({ ...created, FunctionVersion: "2", RevisionId: expect.not.stringMatching(created.RevisionId!) });
    const weighted = plain(await update(name, weights({ 1: 0.1 })));
    expect(weighted).toEqual({ ...moved, ...weights({ 1: 0.1 }), RevisionId: expect.stringMatching(UUID) });
    expect(await update(name, { Description: "second" })).toMatchObject({ Description: "second", FunctionVersion: "2", ...weights({ 1: 0.1 }) });
    expect(await refusal(update(name, { FunctionVersion: "1" }))).toEqual(invalid("Invalid function version 1. Function version 1 is already included in routing configuration."));
    expect(plain(await update(name, { FunctionVersion: "1", ...weights({}) }))).toEqual({ ...created, Description: "second", RevisionId: expect.stringMatching(UUID) });
  });

  it("changes nothing of another revision, and no alias that is not there", async () => {
    const name = await withVersions(1);
    const { RevisionId } = await create(name);
    expect(await refusal(update(name, { RevisionId: "x" }))).toEqual({
      name: "PreconditionFailedException", status: 412, type: "User", message: "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
    });
    await update(name, { RevisionId, Description: "taken" });
    expect(await refusal(update(name, { Name: "next" }))).toEqual(notFound(`Alias not found: ${arnOf(name)}:next`));
    expect(await refusal(update(name, { FunctionVersion: "7" }))).toEqual(notFound(`Function not found: ${arnOf(name)}:7`));
  });
});

describe("DeleteAlias", () => {
  it("answers 204, whether it was there or not", async () => {
    const name = await withVersions(1);
    await create(name);
    for (let time = 0; time < 2; time++) expect((await remove(name)).$metadata.httpStatusCode).toBe(204);
    expect(await refusal(invoke(name))).toEqual(notFound(`Function not found: ${arnOf(name)}:live`));
    expect(await refusal(remove("doesnotexist"))).toEqual(notFound(`Function not found: ${arnOf("doesnotexist")}`));
  });

  it("is not what DeleteFunction does; and a version stays as long as an alias points to it", async () => {
    const name = await withVersions(2);
    const deleteQualified = (Qualifier: string) => on.lambda.send(new DeleteFunctionCommand({ FunctionName: name, Qualifier }));
    await create(name, { Name: "blue", ...weights({ 2: 0.5 }) });
    await create(name, { Name: "red" });
    expect(await refusal(deleteQualified("1"))).toEqual(conflict("Unable to delete version because the following aliases reference it: [blue, red]"));
    expect(await refusal(deleteQualified("2"))).toEqual(conflict("Unable to delete version because the following aliases reference it: [blue]"));
    await remove(name, "blue");
    await deleteQualified("2");
    expect(await invoke(name, "red")).toMatchObject({ ExecutedVersion: "1" });
    await on.lambda.send(new DeleteFunctionCommand({ FunctionName: name }));
    await on.active({ FunctionName: name });
    expect((await on.lambda.send(new ListAliasesCommand({ FunctionName: name }))).Aliases).toEqual([]);
  });
});

describe("ListAliases", () => {
  it("goes page by page, and tells those of one version", async () => {
    const name = await withVersions(2);
    for (const [Name, over] of [["cc", {}], ["aa", { FunctionVersion: "2" }], ["bb", weights({ 2: 0.1 })]] as const) await create(name, { Name, ...over });
    const pages: (string | undefined)[][] = [];
    for await (const { Aliases } of paginateListAliases({ client: on.lambda, pageSize: 2 }, { FunctionName: name })) pages.push(Aliases!.map((one) => one.Name));
    expect(pages).toEqual([["aa", "bb"], ["cc"]]);
    const { Aliases } = await on.lambda.send(new ListAliasesCommand({ FunctionName: name, FunctionVersion: "2" }));
    expect(Aliases!.map((one) => one.Name)).toEqual(["aa", "bb"]);
    expect(Aliases![0]).toEqual(await get(name, "aa"));
    expect(await refusal(on.lambda.send(new ListAliasesCommand({ FunctionName: "doesnotexist" })))).toEqual(notFound(`Function not found: ${arnOf("doesnotexist")}`));
  });
});

describe("an invocation by an alias", () => {
  it("runs the version that it points to at the moment, under the name that it was called by", async () => {
    const name = await withVersions(2);
    await create(name);
    expect(await invoke(name)).toEqual({ ExecutedVersion: "1", version: "1", arn: `${arnOf(name)}:live` });
    expect(await on.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: `${name}:live` }))).toMatchObject({ Version: "1", FunctionArn: `${arnOf(name)}:live`, Timeout: 3 });
    await update(name, { FunctionVersion: "2" });
    expect(await invoke(name)).toEqual({ ExecutedVersion: "2", version: "2", arn: `${arnOf(name)}:live` });
    expect(await on.lambda.send(new InvokeCommand({ FunctionName: `${arnOf(name)}:live` }))).toMatchObject({ ExecutedVersion: "2" });
    await update(name, { FunctionVersion: "$LATEST" });
    expect(await invoke(name)).toEqual({ ExecutedVersion: "$LATEST", version: "$LATEST", arn: `${arnOf(name)}:live` });
  });

  it("asynchronously keeps its name to the handler", async () => {
    const name = await withVersions(1);
    await create(name);
    await on.lambda.send(new InvokeCommand({ FunctionName: name, Qualifier: "live", InvocationType: "Event", Payload: '{"marker": "by-name"}' }));
    await eventually("it is logged", async () => {
      const { events = [] } = await on.ground.platform.clients.logs.send(new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}`, filterPattern: '"by-name"' })).catch(() => ({ events: [] }));
      return events.some(({ message, logStreamName }) => message!.includes(`runs 1 as ${arnOf(name)}:live`) && logStreamName!.includes("[1]"));
    });
  });

  it("tried again later runs the version that it points to then", async () => {
    const name = await withVersions(2);
    await create(name);
    const isLogged = (text: string) =>
      eventually(`"${text}" is logged`, async () => {
        const { events = [] } = await on.ground.platform.clients.logs.send(new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}`, filterPattern: `"${text}"` })).catch(() => ({ events: [] }));
        return events.length > 0;
      });
    const { $metadata } = await on.lambda.send(new InvokeCommand({ FunctionName: name, Qualifier: "live", InvocationType: "Event", Payload: '{"failIn": "1", "marker": "again"}' }));
    await isLogged("no luck in version 1");
    await eventually("it waits", async () => (await tell($metadata.requestId!)).includes(`${name} is tried again in 60 s`));
    await update(name, { FunctionVersion: "2" });
    await callPlatform({ endpoint: on.ground.platform.endpoint, region: "us-east-1", account: undefined }, "POST", "clock", { advance: "1m" });
    await isLogged("marker again runs 2");
  });

  it("with weights 0 and 1 runs one version alone", async () => {
    const name = await withVersions(2);
    await create(name, weights({ 2: 0 }));
    for (let time = 0; time < 5; time++) expect((await invoke(name)).ExecutedVersion).toBe("1");
    await update(name, weights({ 2: 1 }));
    for (let time = 0; time < 5; time++) expect((await invoke(name)).ExecutedVersion).toBe("2");
  });
});

describe("weights, many invocations", () => {
  /** Publishes version 1 and 2, and an alias with this weight for the second. */
  const opened = async (weight: number, below?: (below: number) => number) => {
    const ground = openLambda(below === undefined ? {} : { below });
    const { create: createFunction, settle, lambda, context, update: updateCode } = ground;
    await createFunction("f", "one");
    await settle();
    await lambda.PublishVersion({ FunctionName: "f" }, context());
    await updateCode("f", "two");
    await settle();
    await lambda.PublishVersion({ FunctionName: "f" }, context());
    await settle();
    await lambda.CreateAlias({ FunctionName: "f", Name: "live", FunctionVersion: "1", ...weights({ 2: weight }) }, context());
    return ground;
  };

  it("send each version its part, as far as chance lets them", async () => {
    const { lambda, context, targets } = await opened(0.3);
    for (let time = 0; time < 1_000; time++) await lambda.Invoke({ FunctionName: "f:live" }, context());
    const second = targets.filter(({ version }) => version === "2").length;
    // Eight standard deviations around 300.
    expect(second).toBeGreaterThan(184);
    expect(second).toBeLessThan(416);
    expect(targets).toHaveLength(1_000);
  });

  it("draw anew for each one, an asynchronous one when it runs", async () => {
    const draws = [0.299_999, 0.3, 0, 0.999_999];
    const { lambda, context, resolve } = await opened(0.3, (below) => Math.round(draws.shift()! * below));
    const at = { account: ACCOUNT, region: "us-east-1" };
    const answers: (string | undefined)[] = [];
    for (let time = 0; time < 2; time++) answers.push((await lambda.Invoke({ FunctionName: "f:live" }, context())).ExecutedVersion);
    for (let time = 0; time < 2; time++) answers.push((await resolve(at, "f", "live")).version);
    expect(answers).toEqual(["2", "1", "2", "1"]);
    await lambda.UpdateAlias({ FunctionName: "f", Name: "live", FunctionVersion: "2", ...weights({}) }, context());
    expect((await resolve(at, "f", "live")).version).toBe("2");
  });
});
