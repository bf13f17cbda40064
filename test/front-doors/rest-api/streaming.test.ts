import { expect, test } from "vitest";
import { PRELUDE_TYPE } from "../../../src/gateway/front-doors/prelude.ts";
import { FUNCTION, openRestApis, proxyTo } from "./ground.ts";

const ground = openRestApis();
const streamed = () => ground.api({ paths: { "/": { GET: proxyTo(FUNCTION, { responseTransferMode: "STREAM", uri: `arn:aws:apigateway:us-east-1:lambda:path/2021-11-15/functions/${FUNCTION}/response-streaming-invocations` }) } } });

const events = async function* (chunks: readonly (string | Buffer)[], error?: string) {
  for (const chunk of chunks) yield { PayloadChunk: { Payload: Buffer.from(chunk as string) } };
  yield { InvokeComplete: error === undefined ? {} : { ErrorCode: error, ErrorDetails: "x" } };
};
const prelude = (value: object): Buffer => Buffer.concat([Buffer.from(JSON.stringify(value)), Buffer.alloc(8)]);

test("status and headers stand before what is streamed", async () => {
  const apiId = await streamed();
  ground.answerCalls(() => ({ ResponseStreamContentType: PRELUDE_TYPE, EventStream: events([prelude({ statusCode: 201, headers: { "Content-Type": "text/event-stream", Date: "x" }, multiValueHeaders: { "Set-Cookie": ["a=1"] }, cookies: ["b=2"] }), "data: 1\n\n", "data: 2\n\n"]) }));
  const answered = await ground.ask(apiId, { path: "/prod/" });
  expect(answered).toMatchObject({ status: 201, text: "data: 1\n\ndata: 2\n\n", headers: { "content-type": "text/event-stream", "x-amzn-remapped-date": "x", "set-cookie": ["a=1", "b=2"] } });
  expect(ground.calls[0]).toMatchObject({ operation: "InvokeWithResponseStream", input: { FunctionName: FUNCTION }, event: { httpMethod: "GET" } });
  expect(ground.series.get(`Count ${JSON.stringify({ ApiName: apiId, Stage: "prod" })}`)).toEqual([1]);
});

test("without them, what is streamed is the body", async () => {
  ground.answerCalls(() => ({ ResponseStreamContentType: "text/plain", EventStream: events(["a", "b"]) }));
  expect(await ground.ask(await streamed(), { path: "/prod/" })).toMatchObject({ status: 200, text: "ab", headers: { "content-type": "text/plain" } });
});

test.each([
  ["fails before it has written", events([], "Unhandled")],
  ["begins with no prelude", events(["not JSON"])],
])("a function that %s is a malformed answer", async (_name, EventStream) => {
  ground.answerCalls(() => ({ ResponseStreamContentType: PRELUDE_TYPE, EventStream }));
  expect(await ground.ask(await streamed(), { path: "/prod/" })).toMatchObject({ status: 502, json: { message: "Internal server error" } });
});

test("a stream that breaks off does not end as if it were whole", async () => {
  ground.answerCalls(() => ({ ResponseStreamContentType: "text/plain", EventStream: events(["a"], "Runtime.ExitError") }));
  await expect(ground.ask(await streamed(), { path: "/prod/" })).rejects.toThrow();
});
