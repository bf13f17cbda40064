import { DescribeLogStreamsCommand, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { GetFunctionConfigurationCommand, InvokeCommand, UpdateFunctionConfigurationCommand, type LoggingConfig } from "@aws-sdk/client-lambda";
import { expect, it } from "vitest";
import { eventually } from "../support/temporary.ts";
import { refusal, useLambda } from "./support.ts";

const on = useLambda();

const TALKER = { "index.mjs": "export const handler = async () => { console.debug('a detail'); console.info('a fact'); console.error('a fault'); };" };

const configure = async (FunctionName: string, LoggingConfig: LoggingConfig) => {
  const answer = await on.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, LoggingConfig }));
  await on.isSettled(FunctionName);
  return answer.LoggingConfig;
};
const eventsOf = async (logGroupName: string, isWhole: (text: string) => boolean) => {
  return eventually(`${logGroupName} is written`, async () => {
    const { events = [] } = await on.ground.platform.clients.logs.send(new FilterLogEventsCommand({ logGroupName })).catch(() => ({ events: [] }));
    return isWhole(events.map(({ message }) => message).join("")) && events;
  });
};
const invoke = (FunctionName: string) => on.lambda.send(new InvokeCommand({ FunctionName }));

it("follows the log group: a stream in a group of one's own says whose it is", async () => {
  const name = await on.active({}, TALKER);
  const [own, shared] = [`/aws/lambda/${name}`, `/shared/${name}`];
  await invoke(name);
  const before = await eventsOf(own, (text) => text.includes("REPORT"));
  expect(before[0]!.logStreamName).toMatch(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/);
  expect(await configure(name, { LogGroup: shared })).toEqual({ LogFormat: "Text", LogGroup: shared });
  await invoke(name);
  const after = await eventsOf(shared, (text) => text.includes("REPORT"));
  const { logStreams } = await on.ground.platform.clients.logs.send(new DescribeLogStreamsCommand({ logGroupName: shared }));
  expect(logStreams!.map(({ logStreamName }) => logStreamName)).toEqual([expect.stringMatching(new RegExp(`^\\d{4}/\\d\\d/\\d\\d/${name}\\[\\$LATEST\\][0-9a-f]{32}$`))]);
  expect(after.map(({ message }) => message).join("")).toContain("a fact");
  expect((await eventsOf(own, () => true)).length).toBe(before.length);
});

it("is JSON with two levels, each held to, and text again without them", async () => {
  const name = await on.active({ LoggingConfig: { LogFormat: "JSON" } }, TALKER);
  const group = `/aws/lambda/${name}`;
  const told = async () => (await on.lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name }))).LoggingConfig;
  expect(await told()).toEqual({ LogFormat: "JSON", LogGroup: group, ApplicationLogLevel: "INFO", SystemLogLevel: "INFO" });
  expect(await configure(name, { ApplicationLogLevel: "ERROR", SystemLogLevel: "WARN" })).toEqual({ LogFormat: "JSON", LogGroup: group, ApplicationLogLevel: "ERROR", SystemLogLevel: "WARN" });
  await invoke(name);
  const quiet = await eventsOf(group, (text) => text.includes("a fault"));
  expect(quiet.map(({ message }) => (JSON.parse(message!) as { message: string }).message)).toEqual(["a fault"]);
  expect(await configure(name, { ApplicationLogLevel: "DEBUG", SystemLogLevel: "INFO" })).toMatchObject({ ApplicationLogLevel: "DEBUG", SystemLogLevel: "INFO" });
  await invoke(name);
  const loud = (await eventsOf(group, (text) => text.includes("platform.report"))).map(({ message }) => message).join("");
  for (const part of ["a detail", "a fact", "platform.start"]) expect(loud).toContain(part);
  expect(await refusal(configure(name, { LogFormat: "Text", SystemLogLevel: "WARN" }))).toMatchObject({ name: "InvalidParameterValueException", message: expect.stringContaining('LogLevel is not supported when LogFormat is set to "Text"') });
  expect(await configure(name, { LogFormat: "Text" })).toEqual({ LogFormat: "Text", LogGroup: group });
  expect(await told()).toEqual({ LogFormat: "Text", LogGroup: group });
});
