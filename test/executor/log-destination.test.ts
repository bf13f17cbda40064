import { paginateFilterLogEvents } from "@aws-sdk/client-cloudwatch-logs";
import { CreateRoleCommand } from "@aws-sdk/client-iam";
import { InvokeCommand, UpdateFunctionConfigurationCommand, waitUntilFunctionUpdatedV2 } from "@aws-sdk/client-lambda";
import { expect, it } from "vitest";
import { createLogDestination } from "../../src/executor/log-destination.ts";
import type { Call } from "../../src/kit/call.ts";
import { createClock } from "../../src/kit/clock.ts";
import { silentLog } from "../../src/kit/log.ts";
import { clientsOf } from "../support/clients.ts";
import { createFunction, createRole } from "../support/functions.ts";
import { startServer } from "../support/server.ts";
import { eventually } from "../support/temporary.ts";

it("function logs arrive whole, as their role may; what may not be written is told once; log levels are the function's", async () => {
  const server = await startServer();
  const clients = clientsOf(server.endpoint);
  const invoke = async (FunctionName: string) => (await clients.lambda.send(new InvokeCommand({ FunctionName }))).Payload!.transformToString();
  const messages = async (name: string) => {
    const found: string[] = [];
    try {
      for await (const { events } of paginateFilterLogEvents({ client: clients.logs }, { logGroupName: `/aws/lambda/${name}` })) found.push(...events!.map(({ message }) => message!));
    } catch (error) {
      if ((error as Error).name !== "ResourceNotFoundException") throw error;
    }
    return found;
  };
  const Role = await createRole(clients, "worker");

  // More bytes than one PutLogEvents takes, in few lines.
  await createFunction(clients, { FunctionName: "wide", Role, files: { "app.py": "def handler(event, context):\n  for i in range(12): print(str(i) + ' ' + 'x' * 200000)" } });
  await invoke("wide");
  const wide = await eventually("every line is there", async () => {
    const lines = (await messages("wide")).filter((line) => line.endsWith("xxx\n"));
    return lines.length === 12 && lines;
  });
  expect(wide.map((line) => line.split(" ")[0])).toEqual(Array.from({ length: 12 }, (_, i) => String(i)));

  const { Role: poor } = await clients.iam.send(
    new CreateRoleCommand({ RoleName: "poor", AssumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" }] }) }),
  );
  await createFunction(clients, { FunctionName: "silent", Role: poor!.Arn!, files: { "app.py": "def handler(event, context):\n  print('unheard')\n  return 1" } });
  expect([await invoke("silent"), await invoke("silent")]).toEqual(["1", "1"]);
  await eventually("it is told", () => server.said().includes("the log lines of silent are dropped"));
  expect(server.said().split("the log lines of silent are dropped")).toHaveLength(2);
  expect(await messages("silent")).toEqual([]);

  await createFunction(clients, { FunctionName: "json", Role, files: { "app.py": "import logging\ndef handler(event, context):\n  logging.info('info')\n  logging.error('error')" }, LoggingConfig: { LogFormat: "JSON", ApplicationLogLevel: "ERROR", SystemLogLevel: "WARN" } });
  await invoke("json");
  await eventually("the error is there", async () => (await messages("json")).length > 0);
  const update = await clients.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: "json", LoggingConfig: { SystemLogLevel: "DEBUG" } }));
  expect(update.LoggingConfig).toMatchObject({ LogFormat: "JSON", ApplicationLogLevel: "ERROR", SystemLogLevel: "DEBUG" });
  await waitUntilFunctionUpdatedV2({ client: clients.lambda, maxWaitTime: 20, minDelay: 0.02, maxDelay: 0.2 }, { FunctionName: "json" });
  await invoke("json");
  await eventually("the report is there", async () => (await messages("json")).some((line) => line.includes("platform.report")));
  const kinds = (await messages("json")).map((line) => JSON.parse(line) as { type?: string; message?: string }).map(({ type, message }) => type ?? message);
  expect(kinds).toEqual(["error", "platform.initStart", "platform.initRuntimeDone", "platform.initReport", "platform.start", "error", "platform.runtimeDone", "platform.report"]);
  expect(await server.stop()).toBe(0);
});

it("what was written when an environment ends is sent, and its stream is not remembered: another line would create it anew", async () => {
  const called: string[] = [];
  const call = (async (_service: string, operation: string) => void called.push(operation)) as unknown as Call;
  const logs = createLogDestination({ call, clock: createClock(), log: silentLog, ledger: { record() {}, find: async () => [], flush: async () => {} } });
  const about = { as: { type: "root", account: "000000000000", arn: "arn:aws:iam::000000000000:root", userId: "root" } as never, region: "us-east-1", group: "/aws/lambda/f", stream: "s", functionName: "f" };
  const write = () => logs.write({ ...about, lines: [{ timestamp: 0, message: "line" }] });
  write();
  await logs.flush();
  write();
  logs.forget(about);
  await logs.flush();
  expect(called).toEqual(["CreateLogStream", "PutLogEvents", "PutLogEvents"]);
  write();
  await logs.flush();
  logs.forget(about);
  write();
  await logs.flush();
  expect(called.slice(3)).toEqual(["CreateLogStream", "PutLogEvents", "CreateLogStream", "PutLogEvents"]);
});
