import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { PutRolePolicyCommand } from "@aws-sdk/client-iam";
import {
  CreateFunctionUrlConfigCommand, GetFunctionCommand, GetFunctionConfigurationCommand, InvokeAsyncCommand, InvokeCommand, InvokeWithResponseStreamCommand, ListFunctionsCommand, PublishVersionCommand, PutFunctionEventInvokeConfigCommand, PutProvisionedConcurrencyConfigCommand,
  UpdateFunctionConfigurationCommand, type InvokeCommandInput,
} from "@aws-sdk/client-lambda";
import { describe, expect, it } from "vitest";
import { callPlatform } from "../../src/cli/platform-client.ts";
import { createRole } from "../support/functions.ts";
import { hasPython, NO_PYTHON } from "../support/python.ts";
import { eventually } from "../support/temporary.ts";
import { arnOf, refusal, useLambda } from "./support.ts";

const on = useLambda();

const TenancyConfig = { TenantIsolationMode: "PER_TENANT" } as const;
const APP = `
let count = 0;
export const handler = async (event, { tenantId }) => {
  count += 1;
  console.log("for", tenantId, JSON.stringify(event));
  if (event.fail) throw new Error("as asked");
  return { count, tenantId: tenantId ?? null };
};
`;
const PYTHON = "import logging\ncount = 0\ndef handler(event, context):\n  global count\n  count += 1\n  logging.getLogger().warning('hello')\n  return {'count': count, 'tenantId': context.tenant_id}\n";

const isolated = (over = {}, files: Record<string, string> = { "index.mjs": APP }) => on.active({ TenancyConfig, ...over }, files);
const invoke = async (FunctionName: string, TenantId?: string, over: Partial<InvokeCommandInput> = {}) => {
  const { Payload } = await on.lambda.send(new InvokeCommand({ FunctionName, ...(TenantId === undefined ? {} : { TenantId }), ...over }));
  return JSON.parse(Payload!.transformToString()) as { count: number; tenantId: string | null };
};
const send = (FunctionName: string, TenantId: string, event: unknown) => on.lambda.send(new InvokeCommand({ FunctionName, TenantId, InvocationType: "Event", Payload: JSON.stringify(event) }));
const messages = async (name: string): Promise<string[]> => {
  const { events = [] } = await on.ground.platform.clients.logs.send(new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}` })).catch(() => ({ events: [] }));
  return events.map(({ message }) => message!);
};
const logged = (name: string, text: string) => eventually(`${text} is logged`, async () => (await messages(name)).find((message) => message.includes(text)));
const advance = (time: string) => callPlatform({ endpoint: on.ground.platform.endpoint, region: "us-east-1", account: undefined }, "POST", "clock", { advance: time });

const invalid = (message: string) => ({ name: "InvalidParameterValueException", status: 400, type: "User", message });
const needed = invalid("The invoked function is enabled with tenancy configuration. Add a valid tenant ID in your request and try again.");
const unwanted = invalid("The invoked function is not enabled with tenancy configuration. Remove the tenant ID from your request and try again.");

describe("a function with tenant isolation", () => {
  it("says so wherever it is described, and stays so", async () => {
    const name = await isolated();
    await on.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: name, Description: "changed" }));
    await on.isSettled(name);
    const { Version } = await on.lambda.send(new PublishVersionCommand({ FunctionName: name }));
    const listed = (await on.lambda.send(new ListFunctionsCommand({}))).Functions!.find(({ FunctionName }) => FunctionName === name);
    const described = [
      await on.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name })), (await on.lambda.send(new GetFunctionCommand({ FunctionName: name }))).Configuration,
      await on.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name, Qualifier: Version! })), listed,
    ];
    expect(described.map((one) => one!.TenancyConfig)).toEqual(described.map(() => TenancyConfig));
    expect(await on.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: await on.create() }))).not.toHaveProperty("TenancyConfig");
  });

  it("is invoked for a tenant, and no other function is", async () => {
    const [name, other] = [await isolated(), await on.active()];
    for (const InvocationType of ["RequestResponse", "Event", "DryRun"] as const) {
      expect(await refusal(invoke(name, undefined, { InvocationType }))).toEqual(needed);
      expect(await refusal(invoke(other, "blue", { InvocationType }))).toEqual(unwanted);
    }
    expect(await refusal(on.lambda.send(new InvokeAsyncCommand({ FunctionName: name, InvokeArgs: Buffer.from("{}") })))).toEqual(needed);
    expect((await on.raw("POST", `/2015-03-31/functions/${name}/invocations`, { body: "{}", headers: { "x-amz-tenant-id": "blue" } })).json).toEqual({ count: 1, tenantId: "blue" });
  });

  it.each([["a!b"], ["x".repeat(257)]])("takes no tenant of another form, %#", async (tenantId) => {
    expect(await refusal(invoke(await isolated(), tenantId))).toMatchObject({ name: "ValidationException", status: 400, message: expect.stringContaining("at 'tenantId' failed to satisfy constraint") });
  });

  it("runs each tenant in environments of its own, on demand and by version alike", async () => {
    const name = await isolated();
    await on.lambda.send(new PublishVersionCommand({ FunctionName: name }));
    await eventually("the version is active", async () => (await on.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name, Qualifier: "1" }))).State === "Active");
    const long = `${"a".repeat(245)} :/=+-@._x`;
    const runs = [];
    for (const [tenant, over] of [["blue", {}], ["green", {}], ["blue", {}], [long, {}], ["blue", { Qualifier: "1" }], ["green", {}]] as const) runs.push(await invoke(name, tenant, over));
    expect(runs).toEqual([
      { count: 1, tenantId: "blue" }, { count: 1, tenantId: "green" }, { count: 2, tenantId: "blue" }, { count: 1, tenantId: long }, { count: 1, tenantId: "blue" }, { count: 2, tenantId: "green" },
    ]);
  });

  it("streams its responses to a tenant, too", async () => {
    const name = await isolated();
    const stream = (TenantId?: string) => on.lambda.send(new InvokeWithResponseStreamCommand({ FunctionName: name, ...(TenantId === undefined ? {} : { TenantId }) }));
    expect(await refusal(stream())).toEqual(needed);
    let text = "";
    for await (const { PayloadChunk } of (await stream("blue")).EventStream!) text += Buffer.from(PayloadChunk?.Payload ?? []).toString();
    expect(JSON.parse(text)).toEqual({ count: 1, tenantId: "blue" });
    expect(await invoke(name, "blue")).toEqual({ count: 2, tenantId: "blue" });
  });

  it.skipIf(!hasPython)(`gives the tenant to Python's context, and to its JSON log${NO_PYTHON}`, async () => {
    const name = await isolated({ Runtime: "python3.13", Handler: "app.handler", LoggingConfig: { LogFormat: "JSON" } }, { "app.py": PYTHON });
    expect([await invoke(name, "blue"), await invoke(name, "green")]).toEqual([{ count: 1, tenantId: "blue" }, { count: 1, tenantId: "green" }]);
    expect(JSON.parse(await logged(name, '"hello"'))).toMatchObject({ message: "hello", tenantId: expect.stringMatching(/blue|green/) });
  });

  it("names the tenant in the JSON log: in the platform's records of an invocation, and in the handler's own", async () => {
    const name = await isolated({ LoggingConfig: { LogFormat: "JSON", SystemLogLevel: "DEBUG" } });
    await invoke(name, "blue");
    await logged(name, "platform.report");
    const records = (await messages(name)).map((line) => JSON.parse(line) as { type?: string; tenantId?: string; record?: { tenantId?: string } });
    const ofType = (type: string) => records.find((one) => one.type === `platform.${type}`)?.record?.tenantId;
    expect({ start: ofType("start"), runtimeDone: ofType("runtimeDone"), report: ofType("report"), initStart: ofType("initStart") }).toEqual({ start: "blue", runtimeDone: "blue", report: "blue", initStart: undefined });
    expect(records.filter(({ type }) => type === undefined).map(({ tenantId }) => tenantId)).toEqual(["blue"]);
  });

  it("keeps the tenant of an event in the queue, through its retries, and for a destination that isolates tenants too", async () => {
    const { clients } = on.ground.platform;
    const Role = await createRole(clients, "tenants");
    await clients.iam.send(new PutRolePolicyCommand({ RoleName: "tenants", PolicyName: "tell", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "lambda:InvokeFunction", Resource: "*" }] }) }));
    const [name, failing, teller, plain] = [await isolated({ Role }), await isolated({ Role }), await isolated(), await on.active({}, { "index.mjs": APP })];
    const tell = (FunctionName: string, to: { OnSuccess?: { Destination: string }; OnFailure?: { Destination: string } }) =>
      on.lambda.send(new PutFunctionEventInvokeConfigCommand({ FunctionName, MaximumRetryAttempts: 1, DestinationConfig: to }));
    await tell(name, { OnSuccess: { Destination: arnOf(teller) } });
    await tell(failing, { OnSuccess: { Destination: arnOf(teller) }, OnFailure: { Destination: arnOf(plain) } });

    await send(name, "blue", { first: true });
    expect(await logged(name, "for blue")).toContain('{"first":true}');
    expect(await logged(teller, "for blue")).toContain('"requestPayload":{"first":true}');

    await send(failing, "green", { fail: true });
    await logged(failing, "for green");
    await eventually("it is tried again", async () => {
      await advance("1m");
      return (await messages(failing)).filter((message) => message.includes("for green")).length >= 2;
    });
    expect(await logged(plain, "for undefined")).toContain('"condition":"RetriesExhausted"');
  });

  it("has no provisioned concurrency, and no URL", async () => {
    const name = await isolated();
    await on.lambda.send(new PublishVersionCommand({ FunctionName: name }));
    expect(await refusal(on.lambda.send(new PutProvisionedConcurrencyConfigCommand({ FunctionName: name, Qualifier: "1", ProvisionedConcurrentExecutions: 1 })))).toEqual(
      invalid("Provisioned concurrency is not supported for functions enabled with tenancy configuration."),
    );
    expect(await refusal(on.lambda.send(new CreateFunctionUrlConfigCommand({ FunctionName: name, AuthType: "NONE" })))).toEqual(
      invalid("Function URL is not supported for functions enabled with tenancy configuration."),
    );
  });
});
