import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { InvokeCommand, InvokeWithResponseStreamCommand, PutFunctionConcurrencyCommand, type InvokeWithResponseStreamCommandInput, type InvokeWithResponseStreamResponseEvent } from "@aws-sdk/client-lambda";
import { AttachRolePolicyCommand } from "@aws-sdk/client-iam";
import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../support/temporary.ts";
import { refusal, useLambda } from "./support.ts";

const run = promisify(execFile);
const hasBoto3 = await run("python3", ["-c", "import boto3"]).then(() => true, () => false);

const on = useLambda();

/** Says "first", and goes on when there is an object of the event's name. */
const STREAMING = `
import { S3Client, HeadObjectCommand } from "@aws-sdk/client-s3";
const s3 = new S3Client({ forcePathStyle: true });
export const handler = awslambda.streamifyResponse(async (event, stream) => {
  if (event.throw) throw new TypeError(event.throw);
  stream.write("first ");
  if (event.late) { await new Promise(setImmediate); throw new TypeError(event.late); }
  while (event.until && !(await s3.send(new HeadObjectCommand({ Bucket: "gate", Key: event.until })).catch(() => false))) await new Promise((resolve) => setTimeout(resolve, 20));
  console.log("all is written");
  stream.end("last");
});
`;

type Complete = NonNullable<InvokeWithResponseStreamResponseEvent["InvokeComplete"]>;

const stream = async (input: Omit<InvokeWithResponseStreamCommandInput, "Payload"> & { event?: unknown }) => {
  const { event = {}, ...rest } = input;
  return on.lambda.send(new InvokeWithResponseStreamCommand({ ...rest, Payload: Buffer.from(JSON.stringify(event)) }));
};
const collect = async (events: AsyncIterable<InvokeWithResponseStreamResponseEvent>) => {
  let text = "";
  let complete: Complete | undefined;
  for await (const { PayloadChunk, InvokeComplete } of events) {
    text += Buffer.from(PayloadChunk?.Payload ?? []).toString();
    complete = InvokeComplete ?? complete;
  }
  return { text, complete };
};
const whole = async (input: Parameters<typeof stream>[0]) => collect((await stream(input)).EventStream!);

describe("InvokeWithResponseStream", () => {
  let name: string;
  beforeAll(async () => {
    const { iam, s3 } = on.ground.platform.clients;
    await iam.send(new AttachRolePolicyCommand({ RoleName: "worker", PolicyArn: "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess" }));
    await s3.send(new CreateBucketCommand({ Bucket: "gate" }));
    name = "streaming";
    const { CreateFunctionCommand } = await import("@aws-sdk/client-lambda");
    await on.lambda.send(new CreateFunctionCommand(await on.inputOf(name, { Timeout: 20, MemorySize: 512 }, { "index.mjs": STREAMING })));
    await on.isSettled(name);
  });

  it("gives the first byte before the handler ends", async () => {
    const { StatusCode, ExecutedVersion, ResponseStreamContentType, EventStream, $metadata } = await stream({ FunctionName: name, event: { until: "one" } });
    expect([StatusCode, ExecutedVersion, ResponseStreamContentType]).toEqual([200, "$LATEST", "application/vnd.amazon.eventstream"]);
    expect($metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
    const events = EventStream![Symbol.asyncIterator]();
    const first = (await events.next()).value as InvokeWithResponseStreamResponseEvent;
    expect(Buffer.from(first.PayloadChunk!.Payload!).toString()).toBe("first ");
    await on.ground.platform.clients.s3.send(new PutObjectCommand({ Bucket: "gate", Key: "one", Body: "go on" }));
    expect(await collect({ [Symbol.asyncIterator]: () => events })).toEqual({ text: "last", complete: {} });
  });

  it("tells at its end what went wrong, before the first byte and behind it, and the log's tail when asked", async () => {
    const early = await whole({ FunctionName: name, event: { throw: "no" } });
    expect([early.text, early.complete?.ErrorCode, early.complete?.LogResult]).toEqual(["", "Unhandled", undefined]);
    expect(JSON.parse(early.complete!.ErrorDetails!)).toEqual({ errorType: "TypeError", errorMessage: "no", trace: expect.any(Array) });
    const late = await whole({ FunctionName: name, event: { late: "no more" }, LogType: "Tail" });
    expect([late.text, late.complete?.ErrorCode]).toEqual(["first ", "Unhandled"]);
    expect(JSON.parse(late.complete!.ErrorDetails!)).toMatchObject({ errorMessage: "no more" });
    expect(Buffer.from(late.complete!.LogResult!, "base64").toString()).toMatch(/^START RequestId[^]*Invoke Error[^]*REPORT /);
  });

  it("streams what does not stream as one piece; Invoke collects what streams", async () => {
    const plain = await on.active({}, { "index.mjs": "export const handler = async (event) => ({ event });" });
    expect(await whole({ FunctionName: plain, event: 1 })).toEqual({ text: '{"event":1}', complete: {} });
    const { Payload, FunctionError } = await on.lambda.send(new InvokeCommand({ FunctionName: name, Payload: "{}" }));
    expect([Buffer.from(Payload!).toString(), FunctionError]).toEqual(["first last", undefined]);
  });

  it("is refused as Invoke is", async () => {
    expect(await refusal(whole({ FunctionName: "nowhere" }))).toMatchObject({ name: "ResourceNotFoundException", message: "Function not found: arn:aws:lambda:us-east-1:000000000000:function:nowhere", status: 404 });
    expect((await stream({ FunctionName: name, InvocationType: "DryRun" })).StatusCode).toBe(204);
    expect(await refusal(stream({ FunctionName: name, InvocationType: "Event" as never }))).toMatchObject({ status: 400 });
    expect(await refusal(on.lambda.send(new InvokeWithResponseStreamCommand({ FunctionName: name, Payload: "{" })))).toMatchObject({ name: "InvalidRequestContentException" });
    const closed = await on.active();
    await on.lambda.send(new PutFunctionConcurrencyCommand({ FunctionName: closed, ReservedConcurrentExecutions: 0 }));
    expect(await refusal(whole({ FunctionName: closed }))).toMatchObject({ name: "TooManyRequestsException", status: 429 });
  });

  it("lets the function run to its end when the client has gone away", async () => {
    const abort = new AbortController();
    const { EventStream, $metadata } = await on.lambda.send(new InvokeWithResponseStreamCommand({ FunctionName: name, Payload: '{"until":"two"}' }), { abortSignal: abort.signal });
    await EventStream![Symbol.asyncIterator]().next();
    abort.abort();
    await on.ground.platform.clients.s3.send(new PutObjectCommand({ Bucket: "gate", Key: "two", Body: "go on" }));
    const { FilterLogEventsCommand } = await import("@aws-sdk/client-cloudwatch-logs");
    const report = await eventually("its report is in the log", async () => {
      const { events } = await on.ground.platform.clients.logs.send(new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}`, filterPattern: `"REPORT RequestId: ${$metadata.requestId}"` }));
      return events?.[0]?.message;
    });
    expect(report).not.toContain("Status:");
  });

  it.skipIf(!hasBoto3)("answers boto3 (skipped where there is none)", async () => {
    const script = `
import boto3, json
answer = boto3.client("lambda").invoke_with_response_stream(FunctionName="streaming", Payload=b"{}")
print(json.dumps([answer["StatusCode"], [{k: {n: v.decode() if isinstance(v, bytes) else v for n, v in e.items()} for k, e in event.items()} for event in answer["EventStream"]]]))
`;
    const env = { PATH: process.env["PATH"]!, AWS_ENDPOINT_URL: on.ground.platform.endpoint, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_DEFAULT_REGION: "us-east-1" };
    const [status, events] = JSON.parse((await run("python3", ["-c", script], { env })).stdout) as [number, { PayloadChunk?: { Payload: string }; InvokeComplete?: object }[]];
    expect([status, events.map(({ PayloadChunk }) => PayloadChunk?.Payload ?? "").join(""), events.at(-1)]).toEqual([200, "first last", { InvokeComplete: {} }]);
  });
});
