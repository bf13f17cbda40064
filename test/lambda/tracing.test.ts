import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { GetFunctionConfigurationCommand, InvokeCommand, PublishVersionCommand, UpdateFunctionConfigurationCommand } from "@aws-sdk/client-lambda";
import { expect, it } from "vitest";
import { eventually } from "../support/temporary.ts";
import { refusal, useLambda } from "./support.ts";

const on = useLambda();

const TELLER = { "index.mjs": "export const handler = async () => process.env._X_AMZN_TRACE_ID;" };
const ROOT = "1-67891234-0123456789abcdef01234567";

/** What the handler saw, and the end of its log. */
const run = async (FunctionName: string) => {
  const { Payload, LogResult } = await on.lambda.send(new InvokeCommand({ FunctionName, LogType: "Tail" }));
  return { header: JSON.parse(Buffer.from(Payload!).toString()) as string, log: Buffer.from(LogResult!, "base64").toString() };
};
/** Called in a chain that somebody began. */
const traced = async (name: string, header: string) => {
  const answer = await on.raw("POST", `/2015-03-31/functions/${name}/invocations`, { body: "{}", headers: { "x-amzn-trace-id": header } });
  return { seen: JSON.parse(answer.text) as string, told: answer.headers.get("x-amzn-trace-id")! };
};
const modeOf = async (FunctionName: string) => (await on.lambda.send(new GetFunctionConfigurationCommand({ FunctionName }))).TracingConfig;

it("Active marks each invocation as sampled, and says in the log that nobody keeps what is sent to X-Ray", async () => {
  const name = await on.active({ TracingConfig: { Mode: "Active" } }, TELLER);
  expect(await modeOf(name)).toEqual({ Mode: "Active" });
  const { header, log } = await run(name);
  const [, root, parent] = /^Root=(1-[0-9a-f]{8}-[0-9a-f]{24});Parent=([0-9a-f]{16});Sampled=1;Lineage=/.exec(header)!;
  expect(log).toContain(`\nXRAY TraceId: ${root}\tSegmentId: ${parent}\tSampled: true\t\n`);
  await run(name);
  const notices = await eventually("the notice is in the log", async () => {
    const { events = [] } = await on.ground.platform.clients.logs.send(new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}`, filterPattern: '"tracing is Active"' }));
    return events.length > 0 && events;
  });
  expect(notices.map(({ message }) => message)).toEqual([expect.stringContaining("X-Ray is not built in this version of lambdad")]);
});

it("PassThrough takes over what the caller decided", async () => {
  const name = await on.active({}, TELLER);
  const { header, log } = await run(name);
  expect(header).toContain(";Sampled=0;");
  expect(log).not.toContain("XRAY");
  expect(await traced(name, `Root=${ROOT};Sampled=0`)).toEqual({ seen: expect.stringContaining(";Sampled=0;"), told: `Root=${ROOT};Sampled=0` });
  expect(await traced(name, `Root=${ROOT};Parent=0123456789abcdef;Sampled=1`)).toEqual({ seen: expect.stringMatching(new RegExp(`^Root=${ROOT};Parent=[0-9a-f]{16};Sampled=1;`)), told: `Root=${ROOT};Sampled=1` });
});

it("is changed by an update, is part of a version, and takes AWS's modes alone", async () => {
  const name = await on.active({}, TELLER);
  const configure = async (over: object) => {
    const answer = await on.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: name, ...over }));
    await on.isSettled(name);
    return answer.TracingConfig;
  };
  expect(await configure({ TracingConfig: { Mode: "Active" } })).toEqual({ Mode: "Active" });
  const { Version } = await on.lambda.send(new PublishVersionCommand({ FunctionName: name }));
  expect(await configure({ Timeout: 5, TracingConfig: {} })).toEqual({ Mode: "Active" });
  expect(await configure({ TracingConfig: { Mode: "PassThrough" } })).toEqual({ Mode: "PassThrough" });
  expect(await modeOf(`${name}:${Version}`)).toEqual({ Mode: "Active" });
  expect((await run(name)).header).toContain(";Sampled=0;");
  expect(await refusal(configure({ TracingConfig: { Mode: "Some" } }))).toMatchObject({ name: "ValidationException", message: expect.stringContaining("Member must satisfy enum value set: [Active, PassThrough]") });
});

it("stands in the JSON log as a span", async () => {
  const name = await on.active({ TracingConfig: { Mode: "Active" }, LoggingConfig: { LogFormat: "JSON", SystemLogLevel: "DEBUG" } }, TELLER);
  const { header, log } = await run(name);
  const lines = log.split("\n").flatMap((line) => (line.startsWith("{") ? [JSON.parse(line) as { type: string; record: { tracing?: unknown } }] : []));
  const tracing = { spanId: /Parent=([0-9a-f]+)/.exec(header)![1], type: "X-Amzn-Trace-Id", value: header };
  for (const type of ["start", "runtimeDone", "report"]) expect(lines.find((line) => line.type === `platform.${type}`)?.record.tracing).toEqual(tracing);
});
