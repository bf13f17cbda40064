import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { InvokeCommand, UpdateFunctionConfigurationCommand } from "@aws-sdk/client-lambda";
import { describe, expect, it } from "vitest";
import { eventually, temporaryDirectory } from "../support/temporary.ts";
import { refusal, useLambda } from "./support.ts";

const on = useLambda();

/** Answers each event with itself, and goes on working until the gate is open. */
const BOOTSTRAP = `#!/bin/bash
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
while true; do
  event=$(curl -sS -D "$TMPDIR/headers" "$api/invocation/next")
  id=$(grep ^Lambda-Runtime-Aws-Request-Id "$TMPDIR/headers" | tr -d '[:space:]' | cut -d: -f2)
  curl -sS -o /dev/null "$api/invocation/$id/response" --data-binary "$event"
  until [ -e "$GATE" ]; do sleep 0.05; done
done
`;
const files = { bootstrap: { content: BOOTSTRAP, mode: 0o755 } };

const create = async (isOpen: boolean) => {
  const gate = join(temporaryDirectory(), "gate");
  const open = () => writeFileSync(gate, "");
  if (isOpen) open();
  const name = await on.active({ Runtime: "provided.al2023", Handler: "anything", Timeout: 30, Environment: { Variables: { GATE: gate } } }, files);
  const invoke = (isTail = false) => on.lambda.send(new InvokeCommand({ FunctionName: name, Payload: '{"a":1}', ...(isTail ? { LogType: "Tail" } : {}) }));
  const events = async () => {
    const { events: found = [] } = await on.ground.platform.clients.logs.send(new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}` })).catch(() => ({ events: [] }));
    return found;
  };
  const log = async () => (await events()).map(({ message }) => message!).join("");
  return { name, gate, open, invoke, events, log };
};

describe("a function on an OS-only runtime", () => {
  it("is created, invoked, and moved to another runtime", async () => {
    const { name, invoke, log } = await create(true);
    expect((await invoke()).Payload!.transformToString()).toBe('{"a":1}');
    await on.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: name, Runtime: "provided.al2" }));
    await on.isSettled(name);
    expect((await invoke()).Payload!.transformToString()).toBe('{"a":1}');
    await eventually("both starts are logged", async () => /provided:al2023\.v\d+[^]*provided:al2\.v\d+/.test(await log()));
  });

  it("needs a handler, although nobody looks at it", async () => {
    expect(await refusal(on.create({ Runtime: "provided.al2023", Handler: undefined }, files))).toMatchObject({ name: "InvalidParameterValueException", message: "Runtime and Handler are mandatory parameters for functions created with deployment packages." });
  });

  it("E6 answers with the platform's error when there is no bootstrap", async () => {
    const name = await on.active({ Runtime: "provided.al2023" }, { "index.mjs": "" });
    const failed = await on.lambda.send(new InvokeCommand({ FunctionName: name }));
    expect([failed.StatusCode, failed.FunctionError]).toEqual([200, "Unhandled"]);
    expect(failed.Payload!.transformToString()).toMatch(/^\{"errorType":"Runtime\.InvalidEntrypoint","errorMessage":"RequestId: [0-9a-f-]{36} Error: Couldn't find valid bootstrap\(s\): \[\/var\/task\/bootstrap \/opt\/bootstrap\]"\}$/);
  });

  it("L5 answers before its runtime is ready again; the environment is busy until then, and the report comes last", async () => {
    const { open, invoke, events, log } = await create(false);
    expect((await invoke()).Payload!.transformToString()).toBe('{"a":1}');
    // It is busy, so another one takes the next.
    expect((await invoke()).Payload!.transformToString()).toBe('{"a":1}');
    const streams = async () => new Set((await events()).filter(({ message }) => message!.startsWith("START")).map(({ logStreamName }) => logStreamName)).size;
    await eventually("two environments work", async () => (await streams()) === 2);
    expect(await log()).not.toContain("REPORT");
    open();
    await eventually("both are reported", async () => (await log()).match(/^REPORT /gm)?.length === 2);
    expect((await invoke()).Payload!.transformToString()).toBe('{"a":1}');
    await eventually("a warm one took the third", async () => (await log()).match(/^REPORT /gm)?.length === 3);
    expect(await streams()).toBe(2);
  });

  it("G5 has the report in the log's tail, for which its caller waits", async () => {
    const { gate, open, invoke, log } = await create(false);
    const tail = invoke(true);
    await eventually("it runs", async () => (await log()).includes("START"));
    expect(existsSync(gate)).toBe(false);
    open();
    expect(Buffer.from((await tail).LogResult!, "base64").toString()).toMatch(/^START [^]*\nREPORT [^]*\n$/);
  });
});
