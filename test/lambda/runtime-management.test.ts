import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  CreateAliasCommand, GetFunctionCommand, GetFunctionConfigurationCommand, GetRuntimeManagementConfigCommand, InvokeCommand, PublishVersionCommand, PutRuntimeManagementConfigCommand, UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand, type PutRuntimeManagementConfigCommandInput,
} from "@aws-sdk/client-lambda";
import { describe, expect, it } from "vitest";
import { zipOf } from "../support/functions.ts";
import { eventually } from "../support/temporary.ts";
import { openLambda } from "./in-process.ts";
import { arnOf, plain, refusal, useLambda } from "./support.ts";

const on = useLambda();

const COUNTER = { "index.mjs": "let count = 0; export const handler = async () => ++count;" };
const put = (FunctionName: string, over: Partial<PutRuntimeManagementConfigCommandInput> = {}) => on.lambda.send(new PutRuntimeManagementConfigCommand({ FunctionName, UpdateRuntimeOn: "Auto", ...over }));
const get = async (FunctionName: string, Qualifier?: string) => plain(await on.lambda.send(new GetRuntimeManagementConfigCommand({ FunctionName, Qualifier })));
const configuration = (FunctionName: string, Qualifier?: string) => on.lambda.send(new GetFunctionConfigurationCommand({ FunctionName, Qualifier }));
const arnOfRuntime = async (FunctionName: string, Qualifier?: string) => (await configuration(FunctionName, Qualifier)).RuntimeVersionConfig!.RuntimeVersionArn!;
const count = async (FunctionName: string) => Number(Buffer.from((await on.lambda.send(new InvokeCommand({ FunctionName }))).Payload!).toString());
const initStarts = async (name: string): Promise<string[]> => {
  const { events = [] } = await on.ground.platform.clients.logs.send(new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}`, filterPattern: "INIT_START" }));
  return events.map(({ message }) => /Runtime Version ARN: (\S+)/.exec(message!)![1]!);
};
const invalid = (message: unknown) => ({ name: "InvalidParameterValueException", message, status: 400, type: "User" });
const OTHER = "arn:aws:lambda:us-east-1::runtime:0000000000000000000000000000000000000000000000000000000000000000";

describe("the version of a runtime", () => {
  it("is told by every answer about a function, as INIT_START logs it", async () => {
    const name = await on.active({}, COUNTER);
    await count(name);
    const [logged] = await eventually("INIT_START is in the log", async () => {
      const found = await initStarts(name).catch(() => []);
      return found.length > 0 && found;
    });
    expect(await arnOfRuntime(name)).toBe(logged);
    expect((await on.lambda.send(new GetFunctionCommand({ FunctionName: name }))).Configuration!.RuntimeVersionConfig).toEqual({ RuntimeVersionArn: logged });
    const published = await on.lambda.send(new PublishVersionCommand({ FunctionName: name }));
    expect(published.RuntimeVersionConfig).toEqual({ RuntimeVersionArn: logged });
  });

  it("is another one of another runtime", async () => {
    const [node, custom] = [await on.create(), await on.create({ Runtime: "provided.al2023", Handler: "x" })];
    expect(await arnOfRuntime(custom)).not.toBe(await arnOfRuntime(node));
  });
});

describe("when a function gets another version of its runtime", () => {
  it("is Auto from the start, and configured for each version", async () => {
    const name = await on.active({}, COUNTER);
    expect(await get(name)).toEqual({ UpdateRuntimeOn: "Auto", FunctionArn: arnOf(name) });
    const arn = await arnOfRuntime(name);
    const manual = { UpdateRuntimeOn: "Manual", FunctionArn: arnOf(name), RuntimeVersionArn: arn };
    expect(plain(await put(name, { UpdateRuntimeOn: "Manual", RuntimeVersionArn: arn }))).toEqual(manual);
    expect(await get(arnOf(name))).toEqual(manual);
    await on.lambda.send(new PublishVersionCommand({ FunctionName: name }));
    await eventually("version 1 is Active", async () => (await configuration(name, "1")).State === "Active");
    expect(await get(name, "1")).toEqual({ ...manual, FunctionArn: `${arnOf(name)}:1` });
    expect(plain(await put(name, { UpdateRuntimeOn: "FunctionUpdate" }))).toEqual({ UpdateRuntimeOn: "FunctionUpdate", FunctionArn: arnOf(name) });
    expect(plain(await put(name, { Qualifier: "1" }))).toEqual({ UpdateRuntimeOn: "Auto", FunctionArn: `${arnOf(name)}:1` });
    expect([(await get(name)).UpdateRuntimeOn, (await get(name, "$LATEST")).UpdateRuntimeOn, (await get(name, "1")).UpdateRuntimeOn]).toEqual(["FunctionUpdate", "FunctionUpdate", "Auto"]);
    expect(await configuration(name)).not.toHaveProperty("RuntimeManagement");
    expect([await count(name), await count(`${name}:1`)]).toEqual([1, 1]);
  });

  it("ends the environments that run the version of before", async () => {
    const name = await on.active({}, COUNTER);
    expect([await count(name), await count(name)]).toEqual([1, 2]);
    await put(name, { UpdateRuntimeOn: "Manual", RuntimeVersionArn: await arnOfRuntime(name) });
    expect([await count(name), await count(name)]).toEqual([1, 2]);
  });

  it("survives an update of the function, which is refused another runtime or architecture while a version is pinned", async () => {
    const name = await on.active({}, COUNTER);
    const arn = await arnOfRuntime(name);
    await put(name, { UpdateRuntimeOn: "Manual", RuntimeVersionArn: arn });
    const configure = (over: object) => on.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: name, ...over }));
    expect(await refusal(configure({ Runtime: "nodejs22.x" }))).toEqual(invalid(expect.stringMatching(/^The runtime of a function cannot be changed while its runtime update mode is Manual\./)));
    const deploy = async (over: object) => on.lambda.send(new UpdateFunctionCodeCommand({ FunctionName: name, ZipFile: await zipOf(COUNTER), ...over }));
    expect(await refusal(deploy({ Architectures: ["arm64"] }))).toEqual(invalid(expect.stringMatching(/^The architecture of a function cannot be changed while its runtime update mode is Manual\./)));
    await configure({ Runtime: "nodejs24.x", Timeout: 5 });
    await on.isSettled(name);
    await deploy({ Architectures: ["x86_64"] });
    await on.isSettled(name);
    expect(await get(name)).toMatchObject({ UpdateRuntimeOn: "Manual", RuntimeVersionArn: arn });
    await put(name);
    await configure({ Runtime: "nodejs22.x" });
  });

  it("follows the runtime that an update gives", async () => {
    const name = await on.active({ Runtime: "provided.al2023", Handler: "index.handler" }, COUNTER);
    await put(name, { UpdateRuntimeOn: "FunctionUpdate" });
    const before = await arnOfRuntime(name);
    await on.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: name, Runtime: "nodejs24.x" }));
    await on.isSettled(name);
    expect(await arnOfRuntime(name)).not.toBe(before);
    expect(await count(name)).toBe(1);
    expect(await get(name)).toEqual({ UpdateRuntimeOn: "FunctionUpdate", FunctionArn: arnOf(name) });
  });

  it.each<[string, Partial<PutRuntimeManagementConfigCommandInput>, object]>([
    ["a version that this machine does not have", { UpdateRuntimeOn: "Manual", RuntimeVersionArn: OTHER }, invalid(`Invalid runtime version ARN (${OTHER}). Check the runtime version ARN and retry the request.`)],
    ["Manual without a version", { UpdateRuntimeOn: "Manual" }, invalid("Missing runtime version ARN. A runtime version ARN is required when UpdateRuntimeVersionOn=Manual. Provide a valid runtime version ARN and retry the request.")],
    ["a version without Manual", { RuntimeVersionArn: OTHER }, invalid("Unexpected runtime version ARN when UpdateRuntimeVersionOn=Auto. Remove the runtime version ARN and retry the request.")],
    ["an alias", { Qualifier: "live" }, invalid(expect.stringContaining("not to an alias"))],
    ["a version of the function that is not there", { Qualifier: "7" }, { name: "ResourceNotFoundException", message: expect.stringMatching(/^Function not found: .*:7$/), status: 404 }],
    ["another mode", { UpdateRuntimeOn: "Never" as "Auto" }, { name: "ValidationException", message: expect.stringContaining("Value 'Never' at 'updateRuntimeOn' failed to satisfy constraint: Member must satisfy enum value set: [Auto, Manual, FunctionUpdate]") }],
    ["what is no version's ARN", { UpdateRuntimeOn: "Manual", RuntimeVersionArn: "arn:aws:lambda:us-east-1:runtime" }, { name: "ValidationException", message: expect.stringContaining("at 'runtimeVersionArn' failed to satisfy constraint") }],
  ])("is refused for %s", async (_what, over, expected) => {
    const name = await on.active();
    await on.lambda.send(new CreateAliasCommand({ FunctionName: name, Name: "live", FunctionVersion: "$LATEST" }));
    expect(await refusal(put(name, over))).toMatchObject(expected);
    expect(await get(name)).toEqual({ UpdateRuntimeOn: "Auto", FunctionArn: arnOf(name) });
  });

  it("is refused while the function is made, and of one that is not there", async () => {
    const { lambda, context, create, settle } = openLambda();
    await create("f");
    const change = () => lambda.PutRuntimeManagementConfig({ FunctionName: "f", UpdateRuntimeOn: "FunctionUpdate" }, context());
    await expect(change()).rejects.toMatchObject({ code: "ResourceConflictException", message: "The operation cannot be performed at this time. The function is currently in the following state: Pending" });
    await settle();
    await change();
    const missing = { name: "ResourceNotFoundException", message: `Function not found: ${arnOf("nothing")}`, status: 404, type: "User" };
    expect([await refusal(put("nothing")), await refusal(get("nothing"))]).toEqual([missing, missing]);
  });
});
