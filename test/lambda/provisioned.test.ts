import { GetLogEventsCommand, DescribeLogStreamsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  CreateAliasCommand, DeleteAliasCommand, DeleteFunctionCommand, DeleteFunctionConcurrencyCommand, DeleteProvisionedConcurrencyConfigCommand, GetAccountSettingsCommand, GetFunctionConfigurationCommand, GetProvisionedConcurrencyConfigCommand, InvokeCommand,
  ListProvisionedConcurrencyConfigsCommand, PublishVersionCommand, PutFunctionConcurrencyCommand, PutProvisionedConcurrencyConfigCommand, PutRuntimeManagementConfigCommand, UpdateAliasCommand, UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { describe, expect, it } from "vitest";
import { callPlatform } from "../../src/cli/platform-client.ts";
import { createFunctionLimits } from "../../src/scheduler/function-limits.ts";
import { loadFunctionLimits } from "../../src/services/lambda/concurrency/limits.ts";
import { ACCOUNT } from "../support/context.ts";
import { clientsOf, type Clients } from "../support/clients.ts";
import { createFunction, createRole } from "../support/functions.ts";
import { startServer } from "../support/server.ts";
import { eventually } from "../support/temporary.ts";
import { openLambda } from "./in-process.ts";
import { arnOf, plain, refusal, useLambda } from "./support.ts";

const on = useLambda();

const APP = { "index.mjs": "const id = Math.random();\nlet count = 0;\nexport const handler = async ({ hold }) => { if (hold) await new Promise((resolve) => setTimeout(resolve, 20_000)); return { id, count: ++count, type: process.env.AWS_LAMBDA_INITIALIZATION_TYPE }; };\n" };
const put = (FunctionName: string, Qualifier: string, ProvisionedConcurrentExecutions = 1) => on.lambda.send(new PutProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier, ProvisionedConcurrentExecutions }));
const get = async (FunctionName: string, Qualifier: string) => plain(await on.lambda.send(new GetProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier })));
const remove = (FunctionName: string, Qualifier: string) => on.lambda.send(new DeleteProvisionedConcurrencyConfigCommand({ FunctionName, Qualifier }));
const list = async (FunctionName: string, over: { MaxItems?: number; Marker?: string } = {}) => plain(await on.lambda.send(new ListProvisionedConcurrencyConfigsCommand({ FunctionName, ...over })));
const settled = (FunctionName: string, Qualifier: string) =>
  eventually("it is settled", async () => {
    const config = await get(FunctionName, Qualifier);
    return config.Status !== "IN_PROGRESS" && config;
  });
const publish = async (FunctionName: string) => {
  const { Version } = await on.lambda.send(new PublishVersionCommand({ FunctionName }));
  await eventually("the version is active", async () => (await on.lambda.send(new GetFunctionConfigurationCommand({ FunctionName, Qualifier: Version! }))).State === "Active");
  return Version!;
};
const alias = (FunctionName: string, Name: string, FunctionVersion: string) => on.lambda.send(new CreateAliasCommand({ FunctionName, Name, FunctionVersion }));
const invoke = async (FunctionName: string, Qualifier?: string) => {
  const { Payload, LogResult } = await on.lambda.send(new InvokeCommand({ FunctionName, LogType: "Tail", ...(Qualifier === undefined ? {} : { Qualifier }) }));
  return { ...(JSON.parse(Payload!.transformToString()) as { id: number; count: number; type: string }), log: Buffer.from(LogResult!, "base64").toString() };
};
const unreserved = async () => (await on.lambda.send(new GetAccountSettingsCommand({}))).AccountLimit!.UnreservedConcurrentExecutions;
/** A function with version 1 and the alias `live` on it. */
const published = async (over = {}, files = APP) => {
  const name = await on.active(over, files);
  const version = await publish(name);
  await alias(name, "live", version);
  return name;
};
/** Another version. */
const change = async (name: string, Description: string) => {
  await on.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: name, Description }));
  await on.isSettled(name);
  return publish(name);
};
const platform = (method: "GET" | "POST", path: string, input?: object) => callPlatform({ endpoint: on.ground.platform.endpoint, region: "us-east-1", account: undefined }, method, path, input);
const invalid = (message: string) => ({ name: "InvalidParameterValueException", status: 400, type: "User", message });
const conflict = (message: string) => ({ name: "ResourceConflictException", status: 409, type: "User", message });
const notFound = (message: string) => ({ name: "ResourceNotFoundException", status: 404, type: "User", message });
const notConfigured = { name: "ProvisionedConcurrencyConfigNotFoundException", status: 404, type: "User", message: "No Provisioned Concurrency Config found for this function" };

describe("provisioned concurrency", () => {
  it("is allocated in the background: warm before the first invocation, which tells of no INIT", async () => {
    const name = await published();
    const asked = await put(name, "live", 2);
    expect(asked.$metadata.httpStatusCode).toBe(202);
    expect(plain(asked)).toEqual({
      RequestedProvisionedConcurrentExecutions: 2, AllocatedProvisionedConcurrentExecutions: 0, AvailableProvisionedConcurrentExecutions: 0, Status: "IN_PROGRESS", LastModified: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$/),
    });
    const ready = await settled(name, "live");
    expect(ready).toEqual({ RequestedProvisionedConcurrentExecutions: 2, AllocatedProvisionedConcurrentExecutions: 2, AvailableProvisionedConcurrentExecutions: 2, Status: "READY", LastModified: asked.LastModified });

    const { logs } = clientsOf(on.ground.platform.endpoint);
    const logGroupName = `/aws/lambda/${name}`;
    const streams = await eventually("both have logged", async () => {
      const { logStreams = [] } = await logs.send(new DescribeLogStreamsCommand({ logGroupName })).catch(() => ({ logStreams: [] }));
      return logStreams.length === 2 && logStreams;
    });
    for (const { logStreamName } of streams) {
      expect(logStreamName).toContain("[1]");
      const events = await eventually("INIT is reported", async () => {
        const { events: found = [] } = await logs.send(new GetLogEventsCommand({ logGroupName, logStreamName: logStreamName!, startFromHead: true }));
        return found.length > 1 && found;
      });
      expect(events.map(({ message }) => message!.trim())).toEqual([expect.stringMatching(/^INIT_START /), expect.stringMatching(/^INIT_REPORT Init Duration: \d+\.\d\d ms$/)]);
    }

    const first = await invoke(name, "live");
    expect(first).toMatchObject({ count: 1, type: "provisioned-concurrency" });
    expect(first.log).toMatch(/REPORT RequestId: /);
    expect(first.log).not.toContain("Init Duration");
    expect(await invoke(name, "live")).toMatchObject({ id: first.id, count: 2 });
    expect(await invoke(name)).toMatchObject({ count: 1, type: "on-demand" });
    expect(await invoke(name, "1")).toMatchObject({ count: 1, type: "on-demand" });
  });

  it("of a version serves its aliases, too", async () => {
    const name = await published();
    await put(name, "1");
    await settled(name, "1");
    const { id } = await invoke(name, "1");
    expect(await invoke(name, "live")).toMatchObject({ id, count: 2, type: "provisioned-concurrency" });
  });

  it("takes events, too", async () => {
    const name = await published();
    await put(name, "live");
    await settled(name, "live");
    await on.lambda.send(new InvokeCommand({ FunctionName: name, Qualifier: "live", InvocationType: "Event" }));
    await platform("POST", "drain", { timeout: "30s" });
    expect(await invoke(name, "live")).toMatchObject({ count: 2, type: "provisioned-concurrency" });
  });

  it("whose INIT fails is FAILED, and says so in AWS's word", async () => {
    const name = await published({}, { "index.mjs": "throw new Error('no');\n" });
    await put(name, "live");
    expect(await settled(name, "live")).toMatchObject({ Status: "FAILED", StatusReason: "FUNCTION_ERROR_INIT_FAILURE", AllocatedProvisionedConcurrentExecutions: 0, AvailableProvisionedConcurrentExecutions: 0 });
    expect((await list(name)).ProvisionedConcurrencyConfigs![0]).toMatchObject({ FunctionArn: `${arnOf(name)}:live`, Status: "FAILED" });
  });

  it("spills over to environments on demand when all are busy, unless the reservation refuses it", async () => {
    const name = await published({ Timeout: 30 });
    await put(name, "live");
    await settled(name, "live");
    const held = on.lambda.send(new InvokeCommand({ FunctionName: name, Qualifier: "live", Payload: '{"hold":true}' })).catch(() => undefined);
    const environments = async () => (await platform("GET", "environments")).body as { environments: { functionArn: string; state: string }[] };
    await eventually("it is busy", async () => (await environments()).environments.some(({ functionArn, state }) => functionArn === arnOf(name) && state === "busy"));
    expect(await invoke(name, "live")).toMatchObject({ count: 1, type: "on-demand" });
    await on.lambda.send(new PutFunctionConcurrencyCommand({ FunctionName: name, ReservedConcurrentExecutions: 1 }));
    expect(await refusal(invoke(name, "live"))).toMatchObject({ name: "TooManyRequestsException", status: 429 });
    const raw = await on.raw("POST", `/2015-03-31/functions/${name}/invocations`, { body: "{}" });
    expect(raw.json["Reason"]).toBe("ReservedFunctionConcurrentInvocationLimitExceeded");
    await on.lambda.send(new DeleteFunctionCommand({ FunctionName: name }));
    void held;
  });

  it("C5 is for versions and aliases, of which each version is provisioned once", async () => {
    const name = await published();
    const unpublished = invalid("Provisioned Concurrency Configs cannot be applied to unpublished function versions.");
    const noVersion = invalid("The function resource provided must be an alias or a published version.");
    await alias(name, "edge", "$LATEST");
    expect(await Promise.all([refusal(put(name, "$LATEST")), refusal(put(name, "edge"))])).toEqual([unpublished, unpublished]);
    expect(await Promise.all([refusal(get(name, "$LATEST")), refusal(remove(name, "$LATEST"))])).toEqual([noVersion, noVersion]);
    expect(await refusal(put(name, "7"))).toEqual(notFound(`Function not found: ${arnOf(name)}:7`));
    expect(await refusal(put(name, "nothing"))).toEqual(notFound(`Cannot find alias arn: ${arnOf(name)}:nothing`));
    expect(await refusal(put("nothing", "1"))).toEqual(notFound(`Function not found: ${arnOf("nothing")}:1`));
    expect(await Promise.all([refusal(get(name, "1")), refusal(get(name, "live"))])).toEqual([notConfigured, notConfigured]);
    await put(name, "live");
    expect(await refusal(put(name, "1"))).toEqual(conflict("Version is pointed by a Provisioned Concurrency alias"));
    await remove(name, "live");
    await put(name, "1");
    expect(await refusal(put(name, "live"))).toEqual(conflict("Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"));
    expect((await on.raw("PUT", `/2019-09-30/functions/${name}/provisioned-concurrency`, { query: { Qualifier: "1" }, body: '{"ProvisionedConcurrentExecutions":0}' })).json["message"]).toBe(
      "1 validation error detected: Value '0' at 'provisionedConcurrentExecutions' failed to satisfy constraint: Member must have value greater than or equal to 1",
    );
  });

  it("C5 is a part of what is reserved, or of what the account has left", async () => {
    const name = await published();
    const before = await unreserved();
    const reserve = (ReservedConcurrentExecutions: number) => on.lambda.send(new PutFunctionConcurrencyCommand({ FunctionName: name, ReservedConcurrentExecutions }));
    await put(name, "live", 2);
    expect(await unreserved()).toBe(before! - 2);
    expect(await refusal(reserve(1))).toEqual(invalid(" ReservedConcurrentExecutions  1 should not be lower than function's total provisioned concurrency [2]."));
    await reserve(3);
    expect(await unreserved()).toBe(before! - 3);
    expect(await refusal(put(name, "live", 4))).toEqual(invalid("Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function"));
    await put(name, "live", 3);
    await on.lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName: name }));
    expect(await unreserved()).toBe(before! - 3);
    expect(await refusal(put(name, "live", 901))).toEqual(invalid("Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100]."));
    expect(await refusal(put(name, "live", 1_001))).toEqual(invalid(`Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [${before}].`));
    await remove(name, "live");
    expect(await unreserved()).toBe(before);
  });

  it("moves with its alias, to two versions if that has weights", async () => {
    const name = await published();
    await put(name, "live", 2);
    await settled(name, "live");
    const second = await change(name, "second");
    const point = (FunctionVersion: string, weights: Record<string, number> = {}) => on.lambda.send(new UpdateAliasCommand({ FunctionName: name, Name: "live", FunctionVersion, RoutingConfig: { AdditionalVersionWeights: weights } }));
    await point(second);
    expect(await settled(name, "live")).toMatchObject({ Status: "READY", AllocatedProvisionedConcurrentExecutions: 2 });
    expect(await invoke(name, "live")).toMatchObject({ count: 1, type: "provisioned-concurrency" });
    await put(name, "1");
    expect(await refusal(point("1"))).toEqual(conflict("Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"));
    expect(await refusal(point("$LATEST"))).toEqual(invalid("Provisioned Concurrency Configs cannot be applied to unpublished function versions."));
    await remove(name, "1");
    await point(second, { 1: 0.5 });
    expect(await settled(name, "live")).toMatchObject({ Status: "READY", AllocatedProvisionedConcurrentExecutions: 2 });
    const types = await Promise.all(Array.from({ length: 2 }, async () => (await invoke(name, "live")).type));
    expect(types).toContain("provisioned-concurrency");
  });

  it("follows its version to another version of the runtime", async () => {
    const name = await published();
    await put(name, "live");
    await settled(name, "live");
    const { id } = await invoke(name, "live");
    await on.lambda.send(new PutRuntimeManagementConfigCommand({ FunctionName: name, Qualifier: "1", UpdateRuntimeOn: "FunctionUpdate" }));
    expect(await settled(name, "live")).toMatchObject({ Status: "READY" });
    const next = await invoke(name, "live");
    expect(next).toMatchObject({ count: 1, type: "provisioned-concurrency" });
    expect(next.id).not.toBe(id);
  });

  it("is listed in pages, and goes with what it is for", async () => {
    const name = await published();
    await alias(name, "other", await change(name, "second"));
    const third = await change(name, "third");
    for (const qualifier of ["live", "other", third]) await put(name, qualifier);
    expect((await list(name)).ProvisionedConcurrencyConfigs!.map(({ FunctionArn }) => FunctionArn)).toEqual([third, "live", "other"].map((qualifier) => `${arnOf(name)}:${qualifier}`));
    const first = await list(name, { MaxItems: 2 });
    expect([first.ProvisionedConcurrencyConfigs!.length, (await list(name, { MaxItems: 2, Marker: first.NextMarker! })).ProvisionedConcurrencyConfigs!.length]).toEqual([2, 1]);
    expect((await remove(name, "other")).$metadata.httpStatusCode).toBe(204);
    await remove(name, "other");
    await on.lambda.send(new DeleteAliasCommand({ FunctionName: name, Name: "live" }));
    await on.lambda.send(new DeleteFunctionCommand({ FunctionName: name, Qualifier: third }));
    expect(await list(name)).toEqual({ ProvisionedConcurrencyConfigs: [] });
    await put(name, "1");
    await on.lambda.send(new DeleteFunctionCommand({ FunctionName: name }));
    expect(await refusal(list(name))).toEqual(notFound(`Function not found: ${arnOf(name)}`));
    await on.create({ FunctionName: name });
    expect(await list(name)).toEqual({ ProvisionedConcurrencyConfigs: [] });
  });
});

describe("what the scheduler is asked for", () => {
  it("is split over the versions of an alias by its weights, and is nothing once all is gone", async () => {
    const { lambda, context, create, settle, update, provisioned, limits, store } = openLambda();
    await create("f");
    await settle();
    await lambda.PublishVersion({ FunctionName: "f" }, context());
    await update("f", "2");
    await settle();
    await lambda.PublishVersion({ FunctionName: "f" }, context());
    await lambda.CreateAlias({ FunctionName: "f", Name: "live", FunctionVersion: "1", RoutingConfig: { AdditionalVersionWeights: { 2: 0.3 } } }, context());
    await lambda.PutProvisionedConcurrencyConfig({ FunctionName: "f", Qualifier: "live", ProvisionedConcurrentExecutions: 10 }, context());
    const shares = () => [...(provisioned.get(arnOf("f")) ?? [])].map(([arn, parts]) => [arn, parts.map(({ target, count }) => `${target.version}: ${count}`)]);
    expect(shares()).toEqual([[`${arnOf("f")}:live`, ["1: 7", "2: 3"]]]);
    const place = { account: ACCOUNT, region: "us-east-1", name: "f" };
    expect(limits.of(place)).toEqual({ provisionedConcurrency: 10 });
    const afterStart = createFunctionLimits();
    await loadFunctionLimits({ store, limits: afterStart });
    expect(afterStart.of(place)).toEqual({ provisionedConcurrency: 10 });
    await lambda.UpdateAlias({ FunctionName: "f", Name: "live", FunctionVersion: "2", RoutingConfig: {} }, context());
    expect(shares()).toEqual([[`${arnOf("f")}:live`, ["2: 10"]]]);
    await lambda.DeleteFunction({ FunctionName: "f" }, context());
    expect([shares(), limits.of(place)]).toEqual([[], {}]);
  });
});

it("provisioned environments are warm again after kill -9, without having been asked for", async () => {
  const flags = ["--isolation", "process"];
  const first = await startServer({ flags });
  const ready = async ({ lambda }: Clients) =>
    eventually("it is ready", async () => (await lambda.send(new GetProvisionedConcurrencyConfigCommand({ FunctionName: "f", Qualifier: "1" }))).Status === "READY");
  const clients = clientsOf(first.endpoint);
  await createFunction(clients, { FunctionName: "f", Role: await createRole(clients, "worker"), Runtime: "nodejs24.x", Handler: "index.handler", Publish: true, files: APP });
  await clients.lambda.send(new PutProvisionedConcurrencyConfigCommand({ FunctionName: "f", Qualifier: "1", ProvisionedConcurrentExecutions: 2 }));
  await ready(clients);
  await first.kill();
  const second = await startServer({ dataDirectory: first.dataDirectory, flags });
  const again = clientsOf(second.endpoint);
  await ready(again);
  const { Payload } = await again.lambda.send(new InvokeCommand({ FunctionName: "f", Qualifier: "1" }));
  expect(JSON.parse(Payload!.transformToString())).toMatchObject({ count: 1, type: "provisioned-concurrency" });
  expect((await again.lambda.send(new GetAccountSettingsCommand({}))).AccountLimit!.UnreservedConcurrentExecutions).toBe(998);
  expect(await second.stop()).toBe(0);
}, 60_000);
