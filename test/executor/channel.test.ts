import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { createFrameReader, HEAD_BYTES, NEXT, RESPONSE, writeHead } from "../../src/executor/frames.ts";
import { RESPONSE_BYTES_MAX } from "../../src/kit/limits/runtime.ts";
import { eventually } from "../support/temporary.ts";
import { startFunction, type GroundOptions } from "./ground.ts";

const CHANNEL: GroundOptions = { isolation: "process" };
const HTTP: GroundOptions = { isHttp: true };
const node = (code: string, ground = CHANNEL, runtime = "nodejs24.x") => startFunction({ "app.mjs": code }, { runtime, memoryMb: 512 }, ground);
const python = (code: string, ground = CHANNEL) => startFunction({ "app.py": code }, { runtime: "python3.13", memoryMb: 512 }, ground);

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const frame = (kind: number, body: Buffer): Buffer => {
  const head = Buffer.alloc(HEAD_BYTES);
  writeHead(head, kind, body.length);
  return Buffer.concat([head, body]);
};

describe("frames", () => {
  const sent = Buffer.concat([frame(RESPONSE, Buffer.from("first")), frame(NEXT, Buffer.alloc(0)), frame(RESPONSE, Buffer.from("longer than it may be")), frame(RESPONSE, Buffer.from("third"))]);
  const read = (pieces: readonly Buffer[]) => {
    const taken: unknown[] = [];
    const reader = createFrameReader({ bytesMax: (kind) => (kind === RESPONSE ? 10 : kind === NEXT ? 0 : undefined), take: (kind, body) => taken.push([kind, body?.toString()]) });
    return { taken, isRead: pieces.every((piece) => reader(piece)) };
  };

  it("are the same however they come, and one that is too long is not kept", () => {
    const expected = { isRead: true, taken: [[RESPONSE, "first"], [NEXT, ""], [RESPONSE, undefined], [RESPONSE, "third"]] };
    for (let bytes = 1; bytes <= sent.length; bytes++) {
      const pieces = Array.from({ length: Math.ceil(sent.length / bytes) }, (_, at) => Buffer.from(sent.subarray(at * bytes, (at + 1) * bytes)));
      expect(read(pieces)).toEqual(expected);
    }
  });

  it("of no kind are not read, nor what is behind", () => {
    expect(read([frame(RESPONSE, Buffer.from("first")), frame(99, Buffer.from("x")), frame(NEXT, Buffer.alloc(0))])).toEqual({ isRead: false, taken: [[RESPONSE, "first"]] });
  });
});

describe.each([["the channel", CHANNEL], ["HTTP", HTTP]])("a runtime client over %s", (_name, ground) => {
  it.each([
    ["Node.js", () => node("export const handler = async (event, context) => [event.length, context.clientContext, context.tenantId === undefined, process.env._LAMBDAD_CHANNEL === undefined];", ground)],
    ["callbacks of Node.js", () => node("export const handler = (event, context, callback) => callback(null, [event.length, context.clientContext, context.tenantId === undefined, process.env._LAMBDAD_CHANNEL === undefined]);", ground, "nodejs22.x")],
    ["Python", () => python("import os\ndef handler(event, context):\n    return [len(event), {'custom': context.client_context.custom}, context.tenant_id is None, '_LAMBDAD_CHANNEL' not in os.environ]", ground)],
  ])("is given whole events and contexts, of any size, and answers: %s", async (_language, start) => {
    const { invoke } = await start();
    for (const length of [1, 70_000, 6 * 2 ** 20 - 100, 2]) expect((await invoke("x".repeat(length), { clientContext: '{"custom":"ü"}' })).json).toEqual([length, { custom: "ü" }, true, true]);
  });

  it.each([
    ["Node.js", () => node("export const handler = async (bytes) => 'x'.repeat(bytes - 2);", ground)],
    ["Python", () => python("handler = lambda event, context: 'x' * (event - 2)", ground)],
  ])("may answer with so many bytes and no more, and goes on: %s", async (_language, start) => {
    const { invoke } = await start();
    const lengthOf = async (bytes: number) => (await invoke(bytes, { isRaw: true })).outcome;
    expect((await lengthOf(RESPONSE_BYTES_MAX)).payload.length).toBe(RESPONSE_BYTES_MAX);
    expect(await lengthOf(RESPONSE_BYTES_MAX + 1)).toMatchObject({ kind: "error", errorType: "Function.ResponseSizeTooLarge" });
    expect((await lengthOf(10)).payload.toString()).toBe('"xxxxxxxx"');
  });

  it.each([
    ["Node.js", () => node("export const handler = async (bytes) => { throw new Error('x'.repeat(bytes)); };", ground)],
    ["Python", () => python("def handler(event, context):\n    raise Exception('x' * event)", ground)],
  ])("tells of errors: %s", async (_language, start) => {
    const { invoke } = await start();
    expect((await invoke(3)).json).toMatchObject({ errorMessage: "xxx", errorType: expect.stringMatching(/^(Error|Exception)$/) });
    expect((await invoke(RESPONSE_BYTES_MAX, { isRaw: true })).outcome).toMatchObject({ kind: "error", errorType: "Function.ResponseSizeTooLarge" });
    expect((await invoke(1)).json).toMatchObject({ errorMessage: "x" });
  });
});

describe("a handler beside its channel", () => {
  const ASK = "const ask = async (method, path) => { const r = await fetch(`http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/${path}`, { method, body: method === 'POST' ? '\"posted\"' : undefined }); return [r.status, await r.json()]; };";

  it("is refused the next invocation, and may answer its own over HTTP, once", async () => {
    const { invoke } = await node(`${ASK}
let told = [];
export const handler = async (event, context) => {
  if (event === "told") return told;
  if (event === "ask") return ask("GET", "invocation/next");
  told = [await ask("POST", \`invocation/\${context.awsRequestId}/response\`), await ask("POST", \`invocation/\${context.awsRequestId}/response\`)];
  return "mine";
};`);
    const refusal = (from: string, to: string) => [403, { errorType: "InvalidStateTransition", errorMessage: `State transition from ${from} to ${to} failed for runtime. Error: State transition is not allowed` }];
    expect((await invoke("ask")).json).toEqual(refusal("Running", "Ready"));
    expect((await invoke("post")).json).toBe("posted");
    expect((await invoke("told")).json).toEqual([[202, { status: "OK" }], refusal("Ready", "InvocationResponse")]);
  });

  it("does not take its client's place between invocations", async () => {
    const { invoke } = await node(`${ASK}
let later;
export const handler = async (event) => {
  if (event === "later") return later;
  setTimeout(async () => (later = await ask("GET", "invocation/next")), 1);
};`);
    await invoke("begin");
    await eventually("it was refused", async () => ((await invoke("later")).json as unknown[] | null)?.[0] === 403);
  });

  it.each([
    ["Node.js", () => node('import { spawnSync } from "node:child_process"; export const handler = async () => spawnSync("/bin/sh", ["-c", "ls /proc/$$/fd; echo x >&4"], { encoding: "utf8" }).stdout.includes("4");')],
    ["Python", () => python("import os\ndef handler(event, context):\n    pid = os.posix_spawn('/bin/sh', ['sh', '-c', '[ -e /proc/$$/fd/4 ] && exit 3; exit 0'], os.environ)\n    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 3")],
  ])("starts programs that do not have it: %s", async (_language, start) => {
    const { invoke } = await start();
    expect([(await invoke({})).json, (await invoke({})).json]).toEqual([false, false]);
  });

  const WRITER = (bytes: string) => `import os, time
def handler(event, context):
    if event == "bad":
        data = memoryview(${bytes})
        while data: data = data[os.write(4, data):]
        print("written")
        time.sleep(60)
    return event`;

  it("that writes what are no frames into it ends its own runtime, and no more", async () => {
    const { invoke } = await python(WRITER("b'garbage' * 1000"));
    expect((await invoke("good")).json).toBe("good");
    expect((await invoke("bad")).outcome).toMatchObject({ kind: "error", errorType: expect.stringMatching(/Runtime.ExitError|Sandbox.Timedout/) });
    expect((await invoke("good")).json).toBe("good");
  });

  it("that writes a frame of four gigabytes into it fills nobody's memory", async () => {
    const { invoke, log, environment } = await python(WRITER("b'\\xff\\xff\\xff\\xff\\x04' + b'x' * 40_000_000"));
    expect((await invoke("good")).json).toBe("good");
    collectGarbage();
    const before = process.memoryUsage().arrayBuffers;
    const over = invoke("bad").catch(() => {});
    await eventually("it has written", () => log().join("").includes("written"));
    await eventually("nothing of it is kept", () => {
      collectGarbage();
      return process.memoryUsage().arrayBuffers - before < 10_000_000;
    });
    await environment.stop();
    await over;
  });

  it("that asks and answers out of turn in it is not heard", async () => {
    const { invoke } = await python("import os\nNEXT = b'\\0\\0\\0\\0\\x03'\nos.write(4, b'\\0\\0\\0\\2\\x04no')\ndef handler(event, context):\n    os.write(4, NEXT * 3)\n    os.write(4, b'\\0\\0\\0\\4\\x04mine' + b'\\0\\0\\0\\5\\x04again')\n    return event");
    expect((await invoke("one", { isRaw: true })).outcome.payload.toString()).toBe("mine");
    expect((await invoke("two", { isRaw: true })).outcome.payload.toString()).toBe("mine");
  });

  it("that answers and ends at once has answered", async () => {
    const { invoke, log } = await python("import os, threading\ndef handler(event, context):\n    if event == 'end':\n        body = b'\"answered\"'\n        os.write(4, len(body).to_bytes(4, 'big') + b'\\x04' + body)\n        os._exit(3)\n    return event");
    expect((await invoke("end")).json).toBe("answered");
    expect(log().join("")).toContain("Error Type: Runtime.ExitError");
    expect((await invoke("again")).json).toBe("again");
  });
});
