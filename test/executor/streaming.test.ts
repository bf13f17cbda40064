import { describe, expect, it } from "vitest";
import type { ResponseReceiver } from "../../src/executor/executor.ts";
import { eventually } from "../support/temporary.ts";
import { node, python } from "./ground.ts";
import { RUNTIME_CLIENT } from "./runtime-client.ts";

/** Keeps what it is given; takes it at once, or when it is told to. */
const createReceiver = (isSlow = false) => {
  const chunks: Buffer[] = [];
  const taken = { type: "", bytes: 0 };
  let release: (() => void) | undefined;
  const receiver: ResponseReceiver = {
    begin: (type) => void (taken.type = type),
    write(chunk) {
      taken.bytes += chunk.length;
      if (taken.bytes <= 1_000_000) chunks.push(chunk);
      return isSlow ? new Promise((resolve) => (release = resolve)) : undefined;
    },
  };
  return {
    receiver, taken,
    text: () => Buffer.concat(chunks).toString(),
    /** Whether a piece waits. */
    get isFull() { return release !== undefined; },
    goOn() {
      isSlow = false;
      release?.();
    },
  };
};

const STREAMING = (body: string) => `export const handler = awslambda.streamifyResponse(async (event, stream, context) => { ${body} });`;

describe.each(["nodejs22.x", "nodejs24.x"])("a streaming handler of %s", (runtime) => {
  it("is heard while it runs, whatever becomes of it", async () => {
    const { invoke, wall } = await node(STREAMING('stream.write("first"); await new Promise((resolve) => setTimeout(resolve, 60_000));'), { runtime, timeoutSeconds: 30 });
    const { receiver, text, taken } = createReceiver();
    const invoked = invoke({}, { receiver });
    await eventually("the first byte is there", () => text() === "first");
    expect(taken.type).toBe("application/octet-stream");
    await wall.advance(31_000);
    const { outcome } = await invoked;
    expect([outcome.kind, outcome.payload.toString()]).toEqual(["error", expect.stringContaining("Task timed out after 30.00 seconds")]);
  });

  it("writes texts, bytes, and JSON of the rest; a prelude stands ahead, with its own type", async () => {
    const source = STREAMING(`
      if (event.prelude) stream = awslambda.HttpResponseStream.from(stream, event.prelude); else if (event.type) stream.setContentType(event.type);
      stream.write("a"); stream.write(Buffer.from("b")); stream.write({ c: 1 });
      let late = "";
      try { stream.setContentType("text/plain"); } catch (error) { late = error.name + ": " + error.message; }
      stream.end(late);`);
    const { invoke } = await node(source, { runtime });
    const late = "Runtime.InvalidStreamingOperation: Cannot set content-type, too late.";
    const plain = createReceiver();
    const report = await invoke({ type: "text/html" }, { receiver: plain.receiver });
    expect([plain.taken.type, plain.text()]).toEqual(["text/html", `ab{"c":1}${late}`]);
    expect(report.outcome).toEqual({ kind: "response", payload: Buffer.alloc(0), streamedBytes: plain.taken.bytes });
    const withPrelude = createReceiver();
    await invoke({ prelude: { statusCode: 201 } }, { receiver: withPrelude.receiver });
    expect([withPrelude.taken.type, withPrelude.text()]).toEqual(["application/vnd.awslambda.http-integration-response", `{"statusCode":201}${"\0".repeat(8)}ab{"c":1}${late}`]);
  });

  it("is collected to its end where nobody takes a stream", async () => {
    const { invoke } = await node(STREAMING('for (const part of event) stream.write(part); stream.end();'), { runtime });
    for (const parts of [["one ", "two"], []]) expect((await invoke(parts, { isRaw: true })).outcome).toEqual({ kind: "response", payload: Buffer.from(parts.join("")) });
  });

  it("tells of an error before its first byte, behind it, and in the middle of a pipe; and runs on", async () => {
    const source = `
      import { pipeline } from "node:stream/promises";
      import { Readable } from "node:stream";
      ${STREAMING(`
      if (event.do === "early") throw new TypeError("early");
      if (event.do === "ended") { stream.end("all"); throw new TypeError("after the end"); }
      if (event.do === "piped") return pipeline(Readable.from((async function* () { yield "begun"; throw new TypeError("in the pipe"); })()), stream);
      stream.write("begun");
      if (event.do === "late") throw new TypeError("late");
      stream.end();`)}`;
    const { invoke } = await node(source, { runtime });
    const tried = async (what: string) => {
      const { receiver, text } = createReceiver();
      const { outcome, logTail } = await invoke({ do: what }, { receiver });
      return { text: text(), outcome, log: logTail.toString(), json: outcome.payload.length === 0 ? undefined : (JSON.parse(outcome.payload.toString()) as unknown) };
    };
    for (const [what, text, errorMessage] of [["early", /^$/, "early"], ["late", /^begun$/, "late"], ["piped", /^(begun)?$/, "in the pipe"]] as const) {
      const failed = await tried(what);
      expect([what, failed.text, failed.json]).toEqual([what, expect.stringMatching(text), { errorType: "TypeError", errorMessage, trace: expect.any(Array) }]);
      expect(failed.log).toContain("Invoke Error");
    }
    const ended = await tried("ended");
    expect([ended.text, ended.outcome.kind]).toEqual(["all", "response"]);
    expect(ended.log).toContain("after the end");
    expect((await tried("well")).outcome).toMatchObject({ kind: "response", streamedBytes: 5 });
  });

  it("may not answer at once, and is told when it returns something", async () => {
    const sync = await node("export const handler = awslambda.streamifyResponse((event, stream) => { stream.write(event.text); });", { runtime });
    expect((await sync.invoke({ text: "x" })).json).toMatchObject({ errorMessage: "Streaming does not support non-async handlers." });
    const returning = await node(STREAMING('stream.end("x"); return 1;'), { runtime });
    const { outcome, logTail } = await returning.invoke({}, { isRaw: true });
    expect([outcome.kind, outcome.payload.toString()]).toEqual(["response", "x"]);
    expect(logTail.toString()).toContain("Streaming handlers ignore return values.");
    const other = await node('export const handler = async () => {}; handler[Symbol.for("aws.lambda.runtime.handler.streaming")] = "request";', { runtime });
    expect((await other.invoke({})).json).toMatchObject({ errorType: "Runtime.MalformedStreamingHandler", errorMessage: "Only response streaming is supported." });
  });

  it("goes no faster than its response is taken", async () => {
    const source = STREAMING(`
      const { pipeline } = await import("node:stream/promises");
      let made = 0;
      await pipeline(async function* () { for (; made < 500; made++) yield Buffer.alloc(100_000); }, stream);
      console.log("made", made);`);
    const { invoke, log } = await node(source, { runtime });
    const slow = createReceiver(true);
    const invoked = invoke({}, { receiver: slow.receiver });
    await eventually("a piece waits to be taken", () => slow.isFull);
    expect(log().join("")).not.toContain("made");
    slow.goOn();
    expect((await invoked).outcome).toMatchObject({ kind: "response", streamedBytes: 50_000_000 });
    expect(slow.taken.bytes).toBe(50_000_000);
  });
});

describe("what a handler does behind its stream", () => {
  const source = 'let n = 0; export const handler = awslambda.streamifyResponse(async (event, stream, context) => { context.callbackWaitsForEmptyEventLoop = event.waits; setTimeout(() => n++, 100); stream.end(String(n)); });';
  it("N6 is waited for before the next invocation in nodejs22.x, unless it says otherwise", async () => {
    const { invoke } = await node(source, { runtime: "nodejs22.x" });
    const counted = async (waits: boolean) => {
      const { receiver, text } = createReceiver();
      await invoke({ waits }, { receiver });
      return text();
    };
    expect([await counted(true), await counted(true), await counted(false), await counted(true)]).toEqual(["0", "1", "2", "2"]);
  });
});

/** Begins a streamed response on a connection of its own. */
const STREAMS = `
def begin(id):
    host, port = ADDRESS.split(":")
    connection = socket.create_connection((host, int(port)))
    connection.sendall(("POST %s/invocation/%s/response HTTP/1.1\\r\\nHost: x\\r\\nLambda-Runtime-Function-Response-Mode: streaming\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n" % (BASE, id)).encode())
    return connection
def write(connection, piece): connection.sendall(b"%x\\r\\n%s\\r\\n" % (len(piece), piece))
`;

describe("a runtime that streams", () => {
  const runtime = (body: string) => python(`${RUNTIME_CLIENT}\n${STREAMS}\n${body}`);

  it("may ask for the next invocation before the last byte is taken", async () => {
    const { invoke } = await runtime(`
while True:
    id, headers, event = take()
    connection = begin(id)
    write(connection, b"x" * event)
    connection.sendall(b"0\\r\\n\\r\\n")
`);
    const slow = createReceiver(true);
    const invoked = invoke(10, { receiver: slow.receiver });
    await eventually("a piece waits to be taken", () => slow.isFull);
    slow.goOn();
    expect((await invoked).outcome).toMatchObject({ kind: "response", streamedBytes: 10 });
    const again = createReceiver();
    expect((await invoke(5, { receiver: again.receiver })).outcome).toMatchObject({ streamedBytes: 5 });
  });

  it("has one request for the next invocation at a time, behind a stream too", async () => {
    const { invoke, log } = await runtime(`
import select
def ask():
    host, port = ADDRESS.split(":")
    connection = socket.create_connection((host, int(port)))
    connection.sendall(("GET %s/invocation/next HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n" % BASE).encode())
    return connection
id, headers, event = take()
connection = begin(id)
write(connection, b"x" * event)
connection.sendall(b"0\\r\\n\\r\\n")
one, two = ask(), ask()
refused = select.select([one, two], [], [], 20)[0]
print("asked", len(refused), refused[0].recv(1000).split()[1].decode(), flush=True)
time.sleep(1000)
`);
    const slow = createReceiver(true);
    const invoked = invoke(10, { receiver: slow.receiver });
    await eventually("a piece waits to be taken", () => slow.isFull);
    await eventually("one is refused", () => log().join("").includes("asked 1 403"));
    slow.goOn();
    expect((await invoked).outcome).toMatchObject({ kind: "response", streamedBytes: 10 });
  });

  it("E5 has not answered when it breaks off: it may tell why, go on, or end", async () => {
    const { invoke } = await runtime(`
while True:
    id, headers, event = take()
    connection = begin(id)
    write(connection, b"begun")
    connection.close()
    if event == "tell": call("POST", "/invocation/%s/error" % id, '{"errorType":"Mine"}', {"Lambda-Runtime-Function-Error-Type": "Mine"})
    if event == "exit": os._exit(3)
`);
    const outcomeOf = async (event: string) => {
      const { receiver, text } = createReceiver();
      const { outcome } = await invoke(event, { receiver });
      return [text(), outcome.kind === "error" ? outcome.errorType : outcome.kind];
    };
    expect(await outcomeOf("tell")).toEqual(["begun", "Mine"]);
    expect(await outcomeOf("go on")).toEqual(["begun", "Runtime.TruncatedResponse"]);
    expect(await outcomeOf("exit")).toEqual(["begun", "Runtime.ExitError"]);
  });

  it("is cut at 200 MiB, and only one of two answers is taken", async () => {
    const { invoke } = await runtime(`
while True:
    id, headers, event = take()
    connection = begin(id)
    if event == "two":
        write(connection, b"streamed ")
        print(call("POST", "/invocation/%s/response" % id, "whole")[0])
        write(connection, b"on")
        connection.sendall(b"0\\r\\n\\r\\n")
        print(connection.recv(1000).split(b"\\r\\n")[0].decode())
        continue
    for _ in range(201): write(connection, b"x" * 1048576)
    connection.sendall(b"0\\r\\n\\r\\n")
    connection.recv(1000)
`);
    const two = createReceiver();
    const both = await invoke("two", { receiver: two.receiver });
    expect([both.outcome.kind, both.outcome.payload.toString()]).toEqual(["response", "whole"]);
    expect(both.logTail.toString()).toMatch(/202\n/);
    const large = createReceiver();
    const cut = await invoke("large", { receiver: large.receiver });
    expect(JSON.parse(cut.outcome.payload.toString())).toEqual({ errorType: "Function.ResponseSizeTooLarge", errorMessage: "Response payload size exceeded maximum allowed payload size (209715200 bytes)." });
    expect(large.taken.bytes).toBeLessThanOrEqual(209_715_200);
  });
});
