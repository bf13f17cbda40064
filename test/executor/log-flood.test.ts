import { readFileSync } from "node:fs";
import { GetLogEventsCommand, DescribeLogStreamsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { InvokeCommand } from "@aws-sdk/client-lambda";
import { expect, it } from "vitest";
import { clientsOf, type Clients } from "../support/clients.ts";
import { createFunction, createRole } from "../support/functions.ts";
import { startServer } from "../support/server.ts";
import { eventually } from "../support/temporary.ts";
import { python } from "./ground.ts";

const MARK = "[lambdad: the output of this invocation is truncated here]\n";
const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

it("H6 a million lines are cut at 100,000, told once, and the next invocation logs again", async () => {
  const { invoke, log } = await python(`
import os
def handler(event, context):
    for _ in range(event["times"]): os.write(1, b"line\\n" * 10000)
    print("last")
`);
  await invoke({ times: 100 });
  expect(log().filter((line) => line === "line\n")).toHaveLength(100_000);
  expect(log().filter((line) => line === MARK)).toHaveLength(1);
  expect(log()).not.toContain("last\n");
  expect(log().at(-1)).toMatch(/^REPORT /);
  expect((await invoke({ times: 0 })).logTail.toString()).toMatch(/^START .*\nlast\nEND /);
});

it("H6 a line without end is several events, and is cut too; bytes that are no text are shown as such", async () => {
  const { invoke, log } = await python(`
import os
def handler(event, context):
    for _ in range(event["times"]): os.write(1, b"\\xff" + b"x" * (1 << 20))
    os.write(1, b"\\n")
`);
  await invoke({ times: 2 });
  const events = log().filter((line) => /^[\ufffdx]+\n$/.test(line));
  expect(events.map((event) => event.length).every((length) => length <= 256 * 1024 + 1)).toBe(true);
  expect(events.map((event) => event.slice(0, -1)).join("") === `\ufffd${"x".repeat(MIB)}`.repeat(2)).toBe(true);
  await invoke({ times: 100 });
  expect(log().filter((line) => line === MARK)).toHaveLength(1);
});

const memoryOf = (pid: number, name: "VmRSS" | "VmHWM"): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) * 1024;

const FLOOD = `
import os
def handler(event, context):
    line = b"y" * 99 + b"\\n"
    for _ in range(event["bytes"] // (100 * 10000)): os.write(1, line * 10000)
    return "done"
`;

/** All that a stream of the function holds. */
const messagesOf = async ({ logs }: Clients, name: string): Promise<string[]> => {
  const logGroupName = `/aws/lambda/${name}`;
  const { logStreams } = await logs.send(new DescribeLogStreamsCommand({ logGroupName })).catch(() => ({ logStreams: [] }));
  const messages: string[] = [];
  for (const { logStreamName } of logStreams ?? []) {
    let nextToken: string | undefined;
    for (;;) {
      const page = await logs.send(new GetLogEventsCommand({ logGroupName, logStreamName, startFromHead: true, ...(nextToken === undefined ? {} : { nextToken }) }));
      messages.push(...page.events!.map(({ message }) => message!));
      if (page.nextForwardToken === nextToken) break;
      nextToken = page.nextForwardToken;
    }
  }
  return messages;
};

it.skipIf(process.platform !== "linux")("H6 a gigabyte of output costs the server little, and delays no other function's log", async () => {
  const server = await startServer();
  const clients = clientsOf(server.endpoint);
  const Role = await createRole(clients, "worker");
  await createFunction(clients, { FunctionName: "flood", Role, Timeout: 120, MemorySize: 1769, files: { "app.py": FLOOD } });
  await createFunction(clients, { FunctionName: "other", Role, files: { "app.py": "def handler(event, context): print('other said', event)" } });
  const flood = (bytes: number) => clients.lambda.send(new InvokeCommand({ FunctionName: "flood", Payload: JSON.stringify({ bytes }) }));
  const other = (event: string) => clients.lambda.send(new InvokeCommand({ FunctionName: "other", Payload: JSON.stringify(event) }));
  // As much as is kept of one invocation: what the server needs for that, it has after this.
  await flood(64 * MIB);
  await other("warm");
  await eventually("it is written", async () => (await messagesOf(clients, "flood")).some((message) => message.startsWith("REPORT")));
  const before = memoryOf(server.process.pid!, "VmHWM");
  const flooding = flood(GIB);
  let isOver = false;
  void flooding.then(() => (isOver = true));
  await other("meanwhile");
  await eventually("the other function's line is there", async () => (await messagesOf(clients, "other")).includes("other said meanwhile\n"));
  expect(isOver).toBe(false);
  expect((await flooding).Payload!.transformToString()).toBe('"done"');
  const grown = memoryOf(server.process.pid!, "VmHWM") - before;
  await eventually("both floods are cut", async () => (await messagesOf(clients, "flood")).filter((message) => message === MARK).length === 2);
  // Mostly buffers that wait for the garbage collector; it does not grow with the flood.
  expect(grown).toBeLessThan(128 * MIB);
  expect(await server.stop()).toBe(0);
}, 120_000);
