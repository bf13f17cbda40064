import {
  DeleteFunctionCommand, DeleteFunctionConcurrencyCommand, GetAccountSettingsCommand, GetFunctionCommand, GetFunctionConcurrencyCommand, GetFunctionRecursionConfigCommand, InvokeCommand,
  PutFunctionConcurrencyCommand, PutFunctionRecursionConfigCommand,
} from "@aws-sdk/client-lambda";
import { describe, expect, it } from "vitest";
import { createFunctionLimits } from "../../src/scheduler/function-limits.ts";
import { loadFunctionLimits } from "../../src/services/lambda/concurrency/limits.ts";
import { eventually } from "../support/temporary.ts";
import { openLambda } from "./in-process.ts";
import { ACCOUNT } from "../support/context.ts";
import { arnOf, plain, refusal, useLambda } from "./support.ts";

const on = useLambda();

const reserve = (FunctionName: string, ReservedConcurrentExecutions: number) => on.lambda.send(new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions }));
const reservedBy = async (FunctionName: string) => plain(await on.lambda.send(new GetFunctionConcurrencyCommand({ FunctionName })));
const release = (FunctionName: string) => on.lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName }));
const unreserved = async () => (await on.lambda.send(new GetAccountSettingsCommand({}))).AccountLimit!.UnreservedConcurrentExecutions;
const invoke = (FunctionName: string, payload = "{}") => on.lambda.send(new InvokeCommand({ FunctionName, Payload: Buffer.from(payload) }));
const throttle = { name: "TooManyRequestsException", status: 429, type: "User", message: "Rate Exceeded." };

describe("reserved concurrency", () => {
  it("is put, told by three operations, and taken away", async () => {
    const name = await on.create();
    expect(await reservedBy(name)).toEqual({});
    expect(await on.lambda.send(new GetFunctionCommand({ FunctionName: name }))).not.toHaveProperty("Concurrency");
    const put = await reserve(name, 250);
    expect([put.$metadata.httpStatusCode, plain(put)]).toEqual([200, { ReservedConcurrentExecutions: 250 }]);
    expect(await reservedBy(arnOf(name))).toEqual({ ReservedConcurrentExecutions: 250 });
    expect((await on.lambda.send(new GetFunctionCommand({ FunctionName: name }))).Concurrency).toEqual({ ReservedConcurrentExecutions: 250 });
    expect(await unreserved()).toBe(750);
    await reserve(name, 300);
    expect(await unreserved()).toBe(700);
    expect((await release(name)).$metadata.httpStatusCode).toBe(204);
    await release(name);
    expect([await reservedBy(name), await unreserved()]).toEqual([{}, 1_000]);
  });

  it("leaves 100 to the others, and ends with its function", async () => {
    const [first, second] = [await on.create(), await on.create()];
    const refused = { name: "InvalidParameterValueException", status: 400, type: "User", message: "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [100]." };
    expect(await refusal(reserve(first, 901))).toEqual(refused);
    await reserve(first, 900);
    await reserve(first, 899);
    expect(await refusal(reserve(second, 2))).toEqual(refused);
    await reserve(second, 1);
    await on.lambda.send(new DeleteFunctionCommand({ FunctionName: first }));
    expect(await unreserved()).toBe(999);
  });

  it("of zero throttles every invocation", async () => {
    const name = await on.active();
    await reserve(name, 0);
    expect(await reservedBy(name)).toEqual({ ReservedConcurrentExecutions: 0 });
    expect(await refusal(invoke(name))).toEqual(throttle);
    const raw = await on.raw("POST", `/2015-03-31/functions/${name}/invocations`, { body: "{}" });
    expect([raw.status, raw.headers.get("retry-after"), raw.json]).toEqual([429, "1", { Reason: "ReservedFunctionConcurrentInvocationLimitExceeded", Type: "User", message: "Rate Exceeded." }]);
    await release(name);
    expect((await invoke(name)).StatusCode).toBe(200);
  });

  it("is the most that runs at once", async () => {
    const name = await on.active({ Timeout: 30 }, { "index.mjs": "export const handler = ({ hold }) => hold ? new Promise((resolve) => setTimeout(resolve, 20_000)) : 1;\n" });
    await reserve(name, 1);
    const held = invoke(name, '{"hold": true}').catch(() => undefined);
    await eventually("it is throttled", async () => (await refusal(invoke(name).then((answer) => Promise.reject(new Error(String(answer.StatusCode))))).catch(() => undefined))?.name === "TooManyRequestsException");
    await reserve(name, 2);
    expect((await invoke(name)).StatusCode).toBe(200);
    await on.lambda.send(new DeleteFunctionCommand({ FunctionName: name }));
    void held;
  });

  it("I5 is ten synchronous requests a second for each execution; events are not counted", async () => {
    const name = await on.active();
    await reserve(name, 1);
    const event = () => on.lambda.send(new InvokeCommand({ FunctionName: name, InvocationType: "Event" }));
    for (let count = 0; count < 20; count++) expect((await event()).StatusCode).toBe(202);
    const path = `/2015-03-31/functions/${name}/invocations`;
    const refused = await eventually("it is too often", async () => {
      const one = await on.raw("POST", path, { body: "{}" });
      return one.json["Reason"] === "ReservedFunctionInvocationRateLimitExceeded" && one;
    });
    expect([refused.status, refused.headers.get("retry-after"), refused.json["message"]]).toEqual([429, "1", "Rate Exceeded."]);
    await eventually("and soon it is not", async () => (await on.raw("POST", path, { body: "{}" })).status === 200);
  });

  it.each([["$LATEST"], ["1"], ["live"]])("is a function's, not that of its qualifier %s", async (qualifier) => {
    const name = `${arnOf(await on.create())}:${qualifier}`;
    const refused = { name: "InvalidParameterValueException", status: 400, type: "User", message: "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. Please specify either a function name or an unqualified function ARN." };
    expect(await Promise.all([refusal(reserve(name, 1)), refusal(reservedBy(name)), refusal(release(name))])).toEqual([refused, refused, refused]);
  });

  it("of what is not there is not found", async () => {
    const refused = { name: "ResourceNotFoundException", status: 404, type: "User", message: `Function not found: ${arnOf("nothing")}` };
    expect(await Promise.all([refusal(reserve("nothing", 1)), refusal(reservedBy("nothing")), refusal(release("nothing"))])).toEqual([refused, refused, refused]);
  });

  it("needs a number that is none below zero", async () => {
    const name = await on.create();
    expect((await on.raw("PUT", `/2017-10-31/functions/${name}/concurrency`, { body: "{}" })).json["message"]).toBe("1 validation error detected: Value null at 'reservedConcurrentExecutions' failed to satisfy constraint: Member must not be null");
    expect(await refusal(reserve(name, -1))).toMatchObject({ name: "ValidationException", message: "1 validation error detected: Value '-1' at 'reservedConcurrentExecutions' failed to satisfy constraint: Member must have value greater than or equal to 0" });
  });

  it("is what the scheduler keeps to, after the next start too", async () => {
    const { lambda, context, create, store, limits, settle } = openLambda();
    await create("f");
    await settle();
    await lambda.PutFunctionConcurrency({ FunctionName: "f", ReservedConcurrentExecutions: 5 }, context());
    await lambda.PutFunctionRecursionConfig({ FunctionName: "f", RecursiveLoop: "Allow" }, context());
    const place = { account: ACCOUNT, region: "us-east-1", name: "f" };
    expect(limits.of(place)).toEqual({ reservedConcurrency: 5, recursiveLoop: "Allow" });
    const next = createFunctionLimits();
    await loadFunctionLimits({ store, limits: next });
    expect(next.of(place)).toEqual({ reservedConcurrency: 5, recursiveLoop: "Allow" });
    await lambda.DeleteFunction({ FunctionName: "f" }, context());
    expect(limits.of(place)).toEqual({});
  });
});

describe("recursion", () => {
  const put = (FunctionName: string, RecursiveLoop: "Allow" | "Terminate") => on.lambda.send(new PutFunctionRecursionConfigCommand({ FunctionName, RecursiveLoop }));
  const get = async (FunctionName: string) => plain(await on.lambda.send(new GetFunctionRecursionConfigCommand({ FunctionName })));
  const lineage = (name: string, Payload = "{}") => on.raw("POST", `/2015-03-31/functions/${name}/invocations`, { body: Payload, headers: { "x-amzn-trace-id": trace } });
  let trace = "Root=1-11111111-222222222222222222222222";

  it("is terminated unless it is allowed", async () => {
    const name = await on.create();
    expect(await get(name)).toEqual({ RecursiveLoop: "Terminate" });
    expect(plain(await put(name, "Allow"))).toEqual({ RecursiveLoop: "Allow" });
    expect(await get(arnOf(name))).toEqual({ RecursiveLoop: "Allow" });
    await put(name, "Terminate");
    expect(await get(name)).toEqual({ RecursiveLoop: "Terminate" });
    expect(await refusal(put(name, "Sometimes" as "Allow"))).toMatchObject({ name: "ValidationException" });
    expect(await refusal(put("nothing", "Allow"))).toMatchObject({ name: "ResourceNotFoundException", message: `Function not found: ${arnOf("nothing")}` });
  });

  it("is seen in the lineage of the trace, that each invocation adds to", async () => {
    const name = await on.active({}, { "index.mjs": "export const handler = async () => process.env._X_AMZN_TRACE_ID;\n" });
    for (let count = 0; count < 16; count++) {
      const { status, text } = await lineage(name);
      expect([status, text]).toEqual([200, expect.stringContaining(`:${count}"`)]);
      trace = JSON.parse(text) as string;
    }
    const stopped = await lineage(name);
    expect([stopped.status, stopped.headers.get("x-amzn-errortype"), stopped.json["Type"]]).toEqual([400, "RecursiveInvocationException", "User"]);
    await put(name, "Allow");
    expect((await lineage(name)).status).toBe(200);
  });
});
