import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CreateAliasCommand, GetFunctionConfigurationCommand, InvokeCommand, PublishVersionCommand } from "@aws-sdk/client-lambda";
import { expect, it, onTestFinished, vi } from "vitest";
import { createFunction, createRole } from "../support/functions.ts";
import { usePlatform } from "../support/platform.ts";
import { eventually } from "../support/temporary.ts";

/** The disk under the state, as its store sees it: while it is stuck, nothing that was written is known to be kept. Logs have a thread of their own. */
const disk = vi.hoisted(() => {
  const waiting: (() => void)[] = [];
  let isStuck = false;
  return {
    stick: () => void (isStuck = true),
    free() {
      isStuck = false;
      for (const sync of waiting.splice(0)) sync();
    },
    sync: (go: () => void) => void (isStuck ? waiting.push(go) : go()),
    get waiting() { return waiting.length; },
  };
});
vi.mock("node:fs", async (original) => {
  const fs = await original<typeof import("node:fs")>();
  return { ...fs, default: fs, fdatasync: (fd: number, done: (error: Error | null) => void) => disk.sync(() => fs.fdatasync(fd, done)) };
});

const platform = usePlatform();

it("a synchronous invocation waits for no write: it is answered while the disk keeps nothing, and its log lines arrive behind it", async () => {
  const { clients } = platform;
  const { lambda, logs } = clients;
  const Role = await createRole(clients, "worker");
  for (const FunctionName of ["warm", "cold"]) {
    await createFunction(clients, { FunctionName, Role, Runtime: "nodejs24.x", Handler: "index.handler", files: { "index.mjs": "export const handler = async ({ n }) => { console.log('number', n); return n; };\n" } });
  }
  await lambda.send(new CreateAliasCommand({ FunctionName: "cold", Name: "live", FunctionVersion: (await lambda.send(new PublishVersionCommand({ FunctionName: "cold" }))).Version! }));
  await eventually("the version is active", async () => (await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: "cold", Qualifier: "live" }))).State === "Active");
  const invoke = async (FunctionName: string, n: number, Qualifier?: string) => (await lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify({ n }), ...(Qualifier === undefined ? {} : { Qualifier }) }))).Payload!.transformToString();
  const lines = async (name: string) => (await logs.send(new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}`, filterPattern: "number" }))).events!.map(({ message }) => message!.trim().split("\t").at(-1));
  expect(await invoke("warm", 0)).toBe("0");
  await eventually("it has logged", async () => (await lines("warm").catch(() => [])).length === 1);

  disk.stick();
  onTestFinished(() => disk.free());
  let isAccepted = false;
  const event = lambda.send(new InvokeCommand({ FunctionName: "warm", InvocationType: "Event", Payload: '{"n":100}' })).then(() => (isAccepted = true));
  await eventually("the event waits for the disk", () => disk.waiting > 0);
  for (let n = 1; n <= 10; n++) expect(await invoke("warm", n)).toBe(String(n));
  expect([await invoke("cold", 1), await invoke("cold", 2, "live")]).toEqual(["1", "2"]);
  // An event is not accepted before it is kept.
  expect(isAccepted).toBe(false);
  expect(await invoke("warm", 11)).toBe("11");

  disk.free();
  await event;
  await eventually("all lines are there", async () => {
    const found = await lines("warm");
    return [...Array.from({ length: 12 }, (_, n) => n), 100].every((n) => found.includes(`number ${n}`));
  });
  await eventually("those of the other function, too", async () => (await lines("cold")).toSorted().join() === "number 1,number 2");
});
