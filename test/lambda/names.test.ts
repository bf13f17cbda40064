import {
  AddPermissionCommand, CreateFunctionCommand, DeleteFunctionCommand, GetFunctionCommand, GetFunctionConfigurationCommand, GetPolicyCommand, InvokeCommand, ListAliasesCommand, ListVersionsByFunctionCommand, RemovePermissionCommand,
  UpdateFunctionCodeCommand, UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { describe, expect, it } from "vitest";
import { ACCOUNT } from "../support/context.ts";
import { arnOf, refusal, useLambda } from "./support.ts";

const on = useLambda();

const get = (FunctionName: string, Qualifier?: string) => on.lambda.send(new GetFunctionCommand({ FunctionName, Qualifier }));
const permission = { StatementId: "s", Action: "lambda:InvokeFunction", Principal: "s3.amazonaws.com" };
const notFound = (arn: string) => ({ name: "ResourceNotFoundException", message: `Function not found: ${arn}`, status: 404, type: "User" });

/** Every operation on one function. */
const OPERATIONS: [string, (FunctionName: string) => Promise<unknown>][] = [
  ["GetFunction", (FunctionName) => get(FunctionName)],
  ["GetFunctionConfiguration", (FunctionName) => on.lambda.send(new GetFunctionConfigurationCommand({ FunctionName }))],
  ["UpdateFunctionCode", (FunctionName) => on.lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: Buffer.from("x") }))],
  ["UpdateFunctionConfiguration", (FunctionName) => on.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout: 3 }))],
  ["DeleteFunction", (FunctionName) => on.lambda.send(new DeleteFunctionCommand({ FunctionName }))],
  ["Invoke", (FunctionName) => on.lambda.send(new InvokeCommand({ FunctionName }))],
  ["AddPermission", (FunctionName) => on.lambda.send(new AddPermissionCommand({ FunctionName, ...permission }))],
  ["GetPolicy", (FunctionName) => on.lambda.send(new GetPolicyCommand({ FunctionName }))],
  ["ListVersionsByFunction", (FunctionName) => on.lambda.send(new ListVersionsByFunctionCommand({ FunctionName }))],
  ["ListAliases", (FunctionName) => on.lambda.send(new ListAliasesCommand({ FunctionName }))],
];

describe("a function is named", () => {
  it.each([
    ["by its name", (name: string) => name],
    ["by its ARN", arnOf],
    ["by a partial ARN", (name: string) => `${ACCOUNT}:function:${name}`],
    ["by account and name", (name: string) => `${ACCOUNT}:${name}`],
    ["by kind and name", (name: string) => `function:${name}`],
  ])("%s", async (_how, form) => {
    const name = await on.create();
    expect((await get(form(name))).Configuration).toMatchObject({ FunctionName: name, FunctionArn: arnOf(name), Version: "$LATEST" });
    const answers = await Promise.all([get(`${form(name)}:$LATEST`), get(form(name), "$LATEST"), get(`${form(name)}:$LATEST`, "$LATEST")]);
    for (const { Configuration } of answers) expect(Configuration!.FunctionArn).toBe(`${arnOf(name)}:$LATEST`);
  });

  it.each([
    ["GET", "/2016-08-19/account-settings/"], ["GET", "/2017-03-31/tags/ARN"], ["PUT", "/2017-10-31/functions/NAME/concurrency"], ["GET", "/2018-10-31/layers"], ["GET", "/2019-09-25/functions/NAME/event-invoke-config"],
    ["GET", "/2019-09-30/functions/NAME/provisioned-concurrency?List=ALL"], ["GET", "/2020-06-30/functions/NAME/code-signing-config"], ["GET", "/2021-07-20/functions/NAME/runtime-management-config"], ["GET", "/2021-10-31/functions/NAME/url"],
    ["GET", "/2024-08-31/functions/NAME/recursion-config"], ["GET", "/2025-12-01/durable-executions/x"], ["POST", "/2021-11-15/functions/NAME/response-streaming-invocations"], ["POST", "/2014-11-13/functions/NAME/invoke-async/"],
  ])("under each version of the API: %s %s is known", async (method, template) => {
    const name = await on.create();
    const [path, query] = template.replace("NAME", name).replace("ARN", encodeURIComponent(arnOf(name))).split("?");
    const { headers } = await on.raw(method, path!, query === undefined ? {} : { query: Object.fromEntries(new URLSearchParams(query)) });
    expect(headers.get("x-amzn-errortype") ?? "").not.toContain("UnknownOperation");
  });

  it.each([["by ARN", arnOf], ["by a partial ARN", (name: string) => `${ACCOUNT}:function:${name}`]])("already when it is created, %s", async (_how, form) => {
    const created = await on.lambda.send(new CreateFunctionCommand(await on.inputOf(form(`made-${form("").length}`))));
    expect(created).toMatchObject({ FunctionName: `made-${form("").length}`, FunctionArn: arnOf(`made-${form("").length}`) });
    expect(await refusal(on.lambda.send(new CreateFunctionCommand(await on.inputOf(form("x").replace(ACCOUNT, "999999999999")))))).toMatchObject({ name: "AccessDeniedException", status: 403 });
  });

  it("with an alias, which is not read as a function", async () => {
    const name = await on.create();
    const live = await on.create({ FunctionName: "live" });
    expect(await refusal(get(`${arnOf(name)}:${live}`))).toEqual(notFound(`${arnOf(name)}:live`));
    expect(await refusal(get(name, "live"))).toEqual(notFound(`${arnOf(name)}:live`));
    expect(await refusal(get(name, "7"))).toEqual(notFound(`${arnOf(name)}:7`));
    expect(await refusal(on.lambda.send(new InvokeCommand({ FunctionName: `${name}:live` })))).toEqual(notFound(`${arnOf(name)}:live`));
  });
});

describe("a name that leads nowhere", () => {
  it.each(OPERATIONS)("is told by %s", async (_operation, call) => {
    for (const name of ["doesnotexist", arnOf("doesnotexist"), `${ACCOUNT}:function:doesnotexist`]) expect(await refusal(call(name))).toEqual(notFound(arnOf("doesnotexist")));
  });

  it("has no policy, says RemovePermission", async () => {
    expect(await refusal(on.lambda.send(new RemovePermissionCommand({ FunctionName: "doesnotexist", StatementId: "s" })))).toEqual({
      name: "ResourceNotFoundException", message: `No policy found for: ${arnOf("doesnotexist")}`, status: 404, type: "User",
    });
  });

  it.each(OPERATIONS)("of another region is told by %s", async (_operation, call) => {
    expect(await refusal(call(arnOf("f").replace("us-east-1", "eu-west-1")))).toEqual({
      name: "ResourceNotFoundException", message: "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')", status: 404, type: "User",
    });
  });

  it.each(OPERATIONS)("of another account is no business of the caller, says %s", async (_operation, call) => {
    const refused = await refusal(call(arnOf("f").replace(ACCOUNT, "999999999999")));
    expect(refused).toMatchObject({ name: "AccessDeniedException", status: 403 });
    expect(refused.message).not.toContain("not found");
  });

  it("is longer than 64 characters, and still a name to ask for", async () => {
    expect(await refusal(get("f".repeat(65)))).toEqual(notFound(arnOf("f".repeat(65))));
  });
});

describe("what is no name", () => {
  it.each([
    ["a blank", "a b"], ["a slash", "a/b"], ["another kind of ARN", "arn:aws:s3:::bucket"], ["an ARN without a name", "arn:aws:lambda:us-east-1:"], ["a short account", "arn:aws:lambda:us-east-1:123:function:x"],
    ["letters of others", "fünktion"], ["too many parts", `${arnOf("f")}:a:b`],
  ])("is refused: %s", async (_what, text) => {
    const refused = await refusal(get(text));
    expect(refused).toMatchObject({ name: "ValidationException", status: 400 });
    expect(refused.message).toBe(
      `1 validation error detected: Value '${text}' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: ` +
        "(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_\\.]+)(:(\\$LATEST(\\.PUBLISHED)?|[a-zA-Z0-9-_]+))?",
    );
  });

  it("is refused with its length", async () => {
    expect((await refusal(get("f".repeat(257)))).message).toBe(`1 validation error detected: Value '${"f".repeat(257)}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 256`);
  });

  it("as a qualifier is refused, too", async () => {
    const name = await on.create();
    expect(await refusal(get(name, "a!"))).toMatchObject({ name: "ValidationException", message: expect.stringMatching(/^1 validation error detected: Value 'a!' at 'qualifier' failed to satisfy constraint: Member must satisfy regular expression pattern: /) });
    expect(await refusal(get(name, "q".repeat(129)))).toMatchObject({ message: `1 validation error detected: Value '${"q".repeat(129)}' at 'qualifier' failed to satisfy constraint: Member must have length less than or equal to 128` });
  });

  it("with a qualifier that says another thing than the parameter is refused", async () => {
    expect(await refusal(get(`${arnOf("f")}:1`, "2"))).toEqual({
      name: "InvalidParameterValueException", message: "The derived qualifier from the function name does not match the specified qualifier.", status: 400, type: "User",
    });
  });
});
