import {
  AddPermissionCommand, DeleteFunctionCommand, InvokeCommand, PutFunctionConcurrencyCommand, PutFunctionEventInvokeConfigCommand, PutFunctionRecursionConfigCommand, type PutFunctionEventInvokeConfigCommandInput,
} from "@aws-sdk/client-lambda";
import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { DeleteRolePolicyCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { CreateBucketCommand, DeleteBucketCommand, GetObjectCommand, ListObjectsV2Command, PutBucketNotificationConfigurationCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, it } from "vitest";
import { fetchStories } from "../../src/cli/commands/why.ts";
import { callPlatform } from "../../src/cli/platform-client.ts";
import { storyLines } from "../../src/cli/story.ts";
import { createRole } from "../support/functions.ts";
import { eventually } from "../support/temporary.ts";
import { arnOf, useLambda, UUID } from "./support.ts";

const on = useLambda();

const MAIN = `export const handler = async (event) => {
  if (event.fail) throw new TypeError(event.fail);
  return event;
};
`;
const client = () => ({ endpoint: on.ground.platform.endpoint, region: "us-east-1", account: undefined });
const advance = (time: string) => callPlatform(client(), "POST", "clock", { advance: time });
const drained = () => callPlatform(client(), "POST", "drain", { timeout: "30s" });
const send = async (FunctionName: string, event: unknown, Qualifier?: string): Promise<string> =>
  (await on.lambda.send(new InvokeCommand({ FunctionName, InvocationType: "Event", Payload: Buffer.from(typeof event === "string" ? event : JSON.stringify(event)), Qualifier }))).$metadata.requestId!;
const configure = (FunctionName: string, config: Omit<PutFunctionEventInvokeConfigCommandInput, "FunctionName">) => on.lambda.send(new PutFunctionEventInvokeConfigCommand({ FunctionName, ...config }));
const onFailure = (Destination: string) => ({ DestinationConfig: { OnFailure: { Destination } } });
const onSuccess = (Destination: string) => ({ DestinationConfig: { OnSuccess: { Destination } } });
/** What `lambdad why` says of it. */
const story = async (key: string): Promise<string> => (await fetchStories(client(), key)).flatMap((one) => storyLines(one, (_style, text) => text)).join("\n");

const BUCKET = "failures";
const objects = async (Bucket: string) => (await on.ground.platform.clients.s3.send(new ListObjectsV2Command({ Bucket }))).Contents ?? [];
/** The one record about this function, once it is there: its key and its text. */
const recordOf = async (name: string): Promise<{ key: string; text: string }> => {
  const { Key } = await eventually(`a record about ${name}`, async () => (await objects(BUCKET)).find((object) => object.Key!.includes(`/${name}/`)));
  return { key: Key!, text: await (await on.ground.platform.clients.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }))).Body!.transformToString() };
};
const policy = (...Action: string[]) => JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource: "*" }] });

let role = "";
beforeAll(async () => {
  const { iam, s3 } = on.ground.platform.clients;
  role = await createRole(on.ground.platform.clients, "teller");
  await iam.send(new PutRolePolicyCommand({ RoleName: "teller", PolicyName: "tell", PolicyDocument: policy("lambda:InvokeFunction", "s3:PutObject") }));
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
});

const teller = (files: Record<string, string> = { "index.mjs": MAIN }) => on.active({ Role: role }, files);

describe("a bucket, on failure", () => {
  it("gets AWS's record of the event, byte for byte in its parts, after the last retry", async () => {
    const name = await teller();
    await configure(name, { MaximumRetryAttempts: 1, ...onFailure(`arn:aws:s3:::${BUCKET}`) });
    const requestId = await send(name, '{"fail": "no",  "n": 1.0000000000000000001}');
    await eventually("it waits for its retry", async () => (await story(requestId)).includes("is tried again in 60 s"));
    expect(await objects(BUCKET)).toEqual([]);
    await advance("1m");
    const { key, text } = await recordOf(name);
    expect(key).toMatch(new RegExp(`^aws/lambda/async/${name}/(\\d{4})/(\\d{2})/(\\d{2})/\\1-\\2-\\3T\\d{2}\\.\\d{2}\\.\\d{2}-[0-9a-f-]{36}$`));
    expect(key.slice(-36)).toMatch(UUID);
    expect(text).toContain('"requestPayload":{"fail": "no",  "n": 1.0000000000000000001},');
    expect(JSON.parse(text)).toEqual({
      version: "1.0",
      timestamp: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/),
      requestContext: { requestId, functionArn: `${arnOf(name)}:$LATEST`, condition: "RetriesExhausted", approximateInvokeCount: 2 },
      requestPayload: { fail: "no", n: 1 },
      responseContext: { statusCode: 200, executedVersion: "$LATEST", functionError: "Unhandled" },
      responsePayload: expect.objectContaining({ errorType: "TypeError", errorMessage: "no" }),
    });
    const told = await story(requestId);
    expect(told).toContain("the event is given up: RetriesExhausted");
    expect(told).toContain(`what became of it goes to the destination arn:aws:s3:::${BUCKET}`);
    expect(told).toContain(`the record is written to arn:aws:s3:::${BUCKET}/${key}`);
  });

  it("hears at once of an event that would be too old for its next try", async () => {
    const name = await teller();
    await configure(name, { MaximumEventAgeInSeconds: 60, ...onFailure(`arn:aws:s3:::${BUCKET}`) });
    await send(name, { fail: "late" });
    expect(JSON.parse((await recordOf(name)).text)).toMatchObject({ requestContext: { condition: "EventAgeExceeded", approximateInvokeCount: 1 }, responseContext: { functionError: "Unhandled" } });
  });

  it("hears at once of an event for a function with nothing reserved, and there is no response", async () => {
    const name = await teller();
    await configure(name, onFailure(`arn:aws:s3:::${BUCKET}`));
    await on.lambda.send(new PutFunctionConcurrencyCommand({ FunctionName: name, ReservedConcurrentExecutions: 0 }));
    const requestId = await send(name, { a: 1 });
    expect(JSON.parse((await recordOf(name)).text)).toEqual({
      version: "1.0", timestamp: expect.any(String), requestPayload: { a: 1 },
      requestContext: { requestId, functionArn: `${arnOf(name)}:$LATEST`, condition: "ZeroReservedConcurrency", approximateInvokeCount: 0 },
    });
    expect(await story(requestId)).toContain("the function's reserved concurrency is 0");
  });

  it("hears nothing when the role may no longer write there, and why says so", async () => {
    const { iam } = on.ground.platform.clients;
    const Role = await createRole(on.ground.platform.clients, "demoted");
    await iam.send(new PutRolePolicyCommand({ RoleName: "demoted", PolicyName: "write", PolicyDocument: policy("s3:PutObject") }));
    const name = await on.active({ Role }, { "index.mjs": MAIN });
    await configure(name, { MaximumRetryAttempts: 0, ...onFailure(`arn:aws:s3:::${BUCKET}`) });
    await iam.send(new DeleteRolePolicyCommand({ RoleName: "demoted", PolicyName: "write" }));
    const requestId = await send(name, { fail: "no" });
    const told = await eventually("it is given up", async () => {
      const text = await story(requestId);
      return text.includes("is not delivered") ? text : undefined;
    });
    expect(told).toContain(`the event is not delivered to arn:aws:s3:::${BUCKET}: the role ${Role} of ${name} may not do it`);
    expect(told).toContain("s3:PutObject");
  });
});

it("a bucket that is gone by then is not written to, and why says so", async () => {
  const { s3 } = on.ground.platform.clients;
  await s3.send(new CreateBucketCommand({ Bucket: "short-lived" }));
  const name = await teller();
  await configure(name, { MaximumRetryAttempts: 0, ...onFailure("arn:aws:s3:::short-lived") });
  await s3.send(new DeleteBucketCommand({ Bucket: "short-lived" }));
  const requestId = await send(name, { fail: "no" });
  await eventually("it is given up", async () => (await story(requestId)).includes("the event is not delivered to arn:aws:s3:::short-lived: there is no such bucket"));
});

describe("a function", () => {
  it("is invoked with the record, as the role, in the same chain", async () => {
    const target = await teller({ "index.mjs": "export const handler = async (event) => console.log(JSON.stringify({ got: event, trace: process.env._X_AMZN_TRACE_ID }));\n" });
    await configure(target, onFailure(`arn:aws:s3:::${BUCKET}`));
    const name = await teller();
    await configure(name, onSuccess(arnOf(target)));
    const requestId = await send(name, { a: [1, 2] }, "$LATEST");
    const told = await eventually("the destination ran", async () => {
      const text = await story(requestId);
      return text.includes(`${target} ran in a new environment and returned`) ? text : undefined;
    });
    expect(told).toContain(`its result goes to the destination ${arnOf(target)}`);
    const line = await eventually("it is logged", async () => (await on.ground.platform.clients.logs.send(new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${target}` }))).events?.find(({ message }) => message!.includes('"got"'))?.message);
    const { got, trace } = JSON.parse(/\{"got".*\}/.exec(line)![0]) as { got: unknown; trace: string };
    expect(got).toEqual({
      version: "1.0", timestamp: expect.any(String),
      requestContext: { requestId, functionArn: `${arnOf(name)}:$LATEST`, condition: "Success", approximateInvokeCount: 1 },
      requestPayload: { a: [1, 2] }, responseContext: { statusCode: 200, executedVersion: "$LATEST" }, responsePayload: { a: [1, 2] },
    });
    expect(trace).toMatch(/;Lineage=1:[0-9a-f]{8}:0\|[0-9a-f]{8}:0$/);
  });

  it("that hears of a failure does not make a success of it", async () => {
    const target = await on.active();
    const name = await teller();
    await configure(name, { MaximumRetryAttempts: 0, ...onFailure(arnOf(target)) });
    const requestId = await send(name, { fail: "no" });
    const told = await eventually("the destination ran", async () => {
      const text = await story(requestId);
      return text.includes(`${target} ran in`) ? text : undefined;
    });
    expect(told.trimEnd().split("\n").at(-1)).toBe("  ✗ the event is given up: RetriesExhausted (the function failed every time that it was tried); its destination was told");
  });

  it("that is gone by then is not told, and why says so", async () => {
    const target = await on.active();
    const name = await teller();
    await configure(name, onSuccess(arnOf(target)));
    await on.lambda.send(new DeleteFunctionCommand({ FunctionName: target }));
    const requestId = await send(name, {});
    await eventually("it is given up", async () => (await story(requestId)).includes(`the event is not delivered to ${arnOf(target)}: there is no such function`));
  });
});

describe("a loop", () => {
  it("of two functions that are each other's destination ends after sixteen rounds, and the on-failure destination hears of it", async () => {
    // Small answers: each record holds the one before.
    const files = { "index.mjs": "export const handler = async () => 1;\n" };
    const [first, second] = [await teller(files), await teller(files)];
    await configure(first, { DestinationConfig: { OnSuccess: { Destination: arnOf(second) }, OnFailure: { Destination: `arn:aws:s3:::${BUCKET}` } } });
    await configure(second, onSuccess(arnOf(first)));
    const requestId = await send(first, {});
    const { requestContext, ...record } = JSON.parse((await recordOf(first)).text) as { requestContext: unknown };
    expect(requestContext).toMatchObject({ condition: "RecursiveInvocationException", approximateInvokeCount: 0 });
    expect(record).not.toHaveProperty("responseContext");
    const told = await story(requestId);
    const runsOf = (name: string) => told.split("\n").filter((line) => line.includes(`${name} ran in`)).length;
    expect([runsOf(first), runsOf(second)]).toEqual([16, 16]);
    expect(told).toContain("Lambda takes that for a loop");
  });

  it("through a bucket ends as well, and goes on where it is allowed", async () => {
    const { s3 } = on.ground.platform.clients;
    await s3.send(new CreateBucketCommand({ Bucket: "loop" }));
    const name = await teller({
      "index.mjs": `import { createHash, createHmac } from "node:crypto";
const hmac = (key, text) => createHmac("sha256", key).update(text).digest();
const sha = (text) => createHash("sha256").update(text).digest("hex");
/** PutObject by hand, with the trace as the SDKs send it: the host may have no SDK for functions. */
export const handler = async ({ Records: [{ s3 }] }) => {
  const { AWS_ENDPOINT_URL: base, AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token, AWS_REGION: region, _X_AMZN_TRACE_ID: trace } = process.env;
  const url = new URL("/loop/in/" + (Number(s3.object.key.split("/")[1]) + 1), base);
  const time = new Date().toISOString().replace(/[-:]|\\.\\d{3}/g, "");
  const scope = time.slice(0, 8) + "/" + region + "/s3/aws4_request";
  const headers = { host: url.host, "x-amz-content-sha256": sha(""), "x-amz-date": time, "x-amz-security-token": token };
  const names = Object.keys(headers).join(";");
  const canonical = ["PUT", url.pathname, "", ...Object.entries(headers).map(([name, value]) => name + ":" + value), "", names, sha("")].join("\\n");
  const key = [time.slice(0, 8), region, "s3", "aws4_request"].reduce(hmac, "AWS4" + secret);
  const signature = hmac(key, ["AWS4-HMAC-SHA256", time, scope, sha(canonical)].join("\\n")).toString("hex");
  const { host, ...sent } = headers;
  const answer = await fetch(url, { method: "PUT", headers: { ...sent, "x-amzn-trace-id": trace, authorization: "AWS4-HMAC-SHA256 Credential=" + id + "/" + scope + ", SignedHeaders=" + names + ", Signature=" + signature } });
  if (!answer.ok) throw new Error(await answer.text());
};
`,
    });
    await on.lambda.send(new AddPermissionCommand({ FunctionName: name, StatementId: "s3", Action: "lambda:InvokeFunction", Principal: "s3.amazonaws.com", SourceArn: "arn:aws:s3:::loop" }));
    await s3.send(new PutBucketNotificationConfigurationCommand({ Bucket: "loop", NotificationConfiguration: { LambdaFunctionConfigurations: [{ LambdaFunctionArn: arnOf(name), Events: ["s3:ObjectCreated:*"] }] } }));
    await configure(name, { MaximumRetryAttempts: 0, ...onFailure(`arn:aws:s3:::${BUCKET}`) });
    await s3.send(new PutObjectCommand({ Bucket: "loop", Key: "in/0", Body: "x" }));
    expect(JSON.parse((await recordOf(name)).text)).toMatchObject({ requestContext: { condition: "RecursiveInvocationException" }, requestPayload: { Records: [{ s3: { object: { key: "in/16" } } }] } });
    expect(await objects("loop")).toHaveLength(17);
    await on.lambda.send(new PutFunctionRecursionConfigCommand({ FunctionName: name, RecursiveLoop: "Allow" }));
    await s3.send(new PutObjectCommand({ Bucket: "loop", Key: "in/100", Body: "x" }));
    await eventually("it goes on", async () => (await objects("loop")).some(({ Key }) => Key === "in/120"));
    await on.lambda.send(new DeleteFunctionCommand({ FunctionName: name }));
    await drained();
  });
});
