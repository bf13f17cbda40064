import { InvokeCommand, UpdateFunctionConfigurationCommand, type InvokeCommandInput } from "@aws-sdk/client-lambda";
import { beforeAll, describe, expect, it } from "vitest";
import { jsonComplaint, utf8Complaint } from "../../src/services/lambda/invocation/json-complaint.ts";
import { eventually } from "../support/temporary.ts";
import { arnOf, refusal, useLambda } from "./support.ts";

const on = useLambda();

/** Answers what it was given: the event, or what the event asks for. */
const ECHO = `
let count = 0;
export const handler = async (event, context) => {
  count++;
  if (event?.throw) throw new TypeError(event.throw);
  if (event?.exit !== undefined) process.exit(event.exit);
  if (event?.sleep) await new Promise((resolve) => setTimeout(resolve, event.sleep));
  if (event?.bytes) return "x".repeat(event.bytes);
  if (event?.nothing) return undefined;
  if (event?.say) console.log(event.say);
  if (event?.about) return { arn: context.invokedFunctionArn, requestId: context.awsRequestId, client: context.clientContext, trace: process.env._X_AMZN_TRACE_ID, count };
  return event;
};
`;

const invocations = (name: string) => `/2015-03-31/functions/${name}/invocations`;
const invoke = (name: string, body?: string | Uint8Array, headers: Record<string, string> = {}, query: Record<string, string> = {}) =>
  on.raw("POST", invocations(name), { headers, query, ...(body === undefined ? {} : { body }) });
const send = (input: InvokeCommandInput) => on.lambda.send(new InvokeCommand(input));
const base64 = (value: unknown) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64");

const MIB = 1024 * 1024;

describe("Invoke", () => {
  let name: string;
  beforeAll(async () => {
    name = "echo";
    await on.lambda.send(new (await import("@aws-sdk/client-lambda")).CreateFunctionCommand(await on.inputOf(name, { Timeout: 10, MemorySize: 512 }, { "index.mjs": ECHO })));
    await on.isSettled(name);
  });

  it("answers with the function's JSON and AWS's headers", async () => {
    const { status, headers, text } = await invoke(name, '{"a": 1}');
    expect([status, text]).toEqual([200, '{"a":1}']);
    expect(Object.fromEntries([...headers].filter(([key]) => /^(x-amz|content-type)/.test(key)))).toEqual({
      "content-type": "application/json", "x-amz-executed-version": "$LATEST", "x-amzn-remapped-content-length": "0",
      "x-amzn-requestid": expect.stringMatching(/^[0-9a-f-]{36}$/), "x-amzn-trace-id": expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Sampled=0$/),
    });
  });

  it("gives the function the request id of the answer, its ARN as it was invoked, and the trace", async () => {
    const plain = await invoke(name, '{"about": 1}');
    expect(plain.json).toMatchObject({ arn: arnOf(name), requestId: plain.headers.get("x-amzn-requestid") });
    expect(plain.json["trace"]).toContain(/^(Root=[^;]+)/.exec(plain.headers.get("x-amzn-trace-id")!)![1]!);
    expect((await invoke(name, '{"about": 1}', {}, { Qualifier: "$LATEST" })).json["arn"]).toBe(`${arnOf(name)}:$LATEST`);
    const traced = await invoke(name, '{"about": 1}', { "x-amzn-trace-id": "Root=1-11111111-222222222222222222222222;Lineage=a:1" });
    expect(traced.headers.get("x-amzn-trace-id")).toBe("Root=1-11111111-222222222222222222222222;Sampled=0;Lineage=a:1");
    expect(traced.json["trace"]).toContain("Root=1-11111111-222222222222222222222222");
  });

  it.each([["nothing", undefined, "{}"], ["an empty body", "", "{}"], ["null", "null", "null"], ["a text", '"t"', '"t"'], ["a number", "1", "1"], ["a list", "[1, 2]", "[1,2]"], ["blanks around", " \n {} \t", "{}"]])("takes %s for an event", async (_what, body, expected) => {
    expect(await invoke(name, body)).toMatchObject({ status: 200, text: expected });
  });

  it("answers null for a function that returns nothing", async () => {
    expect(await invoke(name, '{"nothing": true}')).toMatchObject({ status: 200, text: "null" });
  });

  it.each([
    ["not JSON", "not json", "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')", "line: 1, column: 5"],
    ["one word", "test", "Unrecognized token 'test': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')", "line: 1, column: 5"],
    ["an open object", "{", 'Unexpected end-of-input: expected close marker for Object (start marker at [Source: (byte[])"{"; line: 1, column: 1])', "line: 1, column: 2"],
    ["an open list", "[1,", 'Unexpected end-of-input: expected close marker for Array (start marker at [Source: (byte[])"[1,"; line: 1, column: 1])', "line: 1, column: 4"],
    ["a bare key", "{a: 1}", "Unexpected character ('a' (code 97)): was expecting double-quote to start field name", "line: 1, column: 3"],
    ["single quotes", "'x'", "Unexpected character (''' (code 39)): expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')", "line: 1, column: 2"],
    ["a comma too many", '{"a": 1,}', "Unexpected character ('}' (code 125)): was expecting double-quote to start field name", "line: 1, column: 10"],
    ["a missing comma", '["a"\n "b"]', `Unexpected character ('"' (code 34)): was expecting comma to separate Array entries`, "line: 2, column: 3"],
    ["a missing value", '{"a":}', "Unexpected character ('}' (code 125)): expected a value", "line: 1, column: 7"],
    ["a missing colon", '{"a" 1}', "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value", "line: 1, column: 7"],
    ["a line in a text", '"a\nb"', "Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using backslash to be included in string value", "column:"],
  ])("refuses %s in the words of AWS's parser", async (_what, body, complaint, place) => {
    for (const type of ["RequestResponse", "Event"]) {
      const { status, headers, json } = await invoke(name, body, { "x-amz-invocation-type": type });
      expect([status, headers.get("x-amzn-errortype"), json["Type"]]).toEqual([400, "InvalidRequestContentException", "User"]);
      expect(json["message"]).toContain(`Could not parse request body into json: Could not parse payload into json: ${complaint}\n at [Source: (byte[])"`);
      expect(json["message"]).toContain(place);
    }
  });

  it("refuses bytes that are no UTF-8", async () => {
    expect(await invoke(name, Uint8Array.of(0x22, 0xff, 0x22))).toMatchObject({ status: 400, json: { message: expect.stringMatching(/^Could not parse request body into json: Could not parse payload into json: Invalid UTF-8 start byte 0xff\n/) } });
  });

  it("takes 6 MiB and not a byte more; of an event 1 MiB", async () => {
    const text = (bytes: number) => `"${"x".repeat(bytes - 2)}"`;
    const type = (name: string) => ({ "x-amz-invocation-type": name });
    // The whole of it does not come back: the answer has a limit of its own, a hundred bytes more.
    expect((await invoke(name, text(6 * MIB))).text).toHaveLength(6 * MIB);
    expect(await invoke(name, text(6 * MIB + 1))).toMatchObject({
      status: 413, json: { Type: "User", message: "6291457 byte payload is too large for the RequestResponse invocation type (limit 6291456 bytes)" },
    });
    expect(await invoke(name, text(MIB), type("Event"))).toMatchObject({ status: 202, text: "" });
    const over = await invoke(name, text(MIB + 1), type("Event"));
    expect(over).toMatchObject({ status: 413, json: { message: "1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)" } });
    expect(over.headers.get("x-amzn-errortype")).toBe("RequestTooLargeException");
  });

  it("says when an answer is too large", async () => {
    const { status, headers, json } = await invoke(name, JSON.stringify({ bytes: 6 * MIB + 100 }));
    expect([status, headers.get("x-amz-function-error")]).toEqual([200, "Unhandled"]);
    expect(json).toEqual({ errorType: "Function.ResponseSizeTooLarge", errorMessage: "Response payload size exceeded maximum allowed payload size (6291556 bytes)." });
  });

  it("tells an error of the function as a result", async () => {
    const { status, headers, json } = await invoke(name, '{"throw": "no luck"}');
    expect([status, headers.get("x-amz-function-error"), headers.get("x-amz-executed-version")]).toEqual([200, "Unhandled", "$LATEST"]);
    expect(json).toMatchObject({ errorType: "TypeError", errorMessage: "no luck", trace: expect.arrayContaining([expect.stringContaining("TypeError: no luck")]) });
  });

  it("tells an exit and a timeout, and the next invocation is served", async () => {
    const short = await on.active({ Timeout: 1 }, { "index.mjs": ECHO });
    const exited = await invoke(short, '{"exit": 3}');
    expect(exited.headers.get("x-amz-function-error")).toBe("Unhandled");
    expect(exited.json).toEqual({ errorType: "Runtime.ExitError", errorMessage: `RequestId: ${exited.headers.get("x-amzn-requestid")} Error: Runtime exited with error: exit status 3` });
    const late = await invoke(short, '{"sleep": 30000}');
    expect(late.headers.get("x-amz-function-error")).toBe("Unhandled");
    expect(late.json).toEqual({ errorType: "Sandbox.Timedout", errorMessage: `RequestId: ${late.headers.get("x-amzn-requestid")} Error: Task timed out after 1.00 seconds` });
    expect(await invoke(short, "1")).toMatchObject({ status: 200, text: "1" });
  });

  it("with LogType Tail gives the last 4 KiB of this invocation's log", async () => {
    await invoke(name, '{"say": "another invocation"}');
    const { headers } = await invoke(name, '{"say": "here I am"}', { "x-amz-log-type": "Tail" });
    const log = Buffer.from(headers.get("x-amz-log-result")!, "base64").toString();
    expect(log).toMatch(new RegExp(`^START RequestId: ${headers.get("x-amzn-requestid")} Version: \\$LATEST\n[^]*here I am[^]*\nREPORT RequestId: .*\n?$`));
    expect(log).not.toContain("another invocation");
    const long = await invoke(name, JSON.stringify({ say: "y".repeat(10_000) }), { "x-amz-log-type": "Tail" });
    expect(Buffer.from(long.headers.get("x-amz-log-result")!, "base64")).toHaveLength(4_096);
    for (const [, type] of [["none asked", undefined], ["None", "None"]]) expect((await invoke(name, "1", type === undefined ? {} : { "x-amz-log-type": type })).headers.get("x-amz-log-result")).toBeNull();
  });

  it("hands over the client context as it came", async () => {
    const context = { client: { installation_id: "i", app_title: "ü" }, custom: { a: 1e3 }, env: {} };
    const { json } = await invoke(name, '{"about": 1}', { "x-amz-client-context": base64(context) });
    expect(json["client"]).toMatchObject({ custom: { a: 1_000 } });
  });

  it.each([
    ["no base64", "%%%", "Client context must be a valid Base64-encoded JSON object."], ["no JSON", base64("no json"), "Client context must be a valid Base64-encoded JSON object."],
    ["no object", base64(1), "Client context must be a valid Base64-encoded JSON object."], ["too long", base64({ custom: { a: "x".repeat(3_000) } }), "Client context must not be longer than 3583 bytes."],
  ])("refuses a client context that is %s", async (_what, header, message) => {
    expect(await invoke(name, "1", { "x-amz-client-context": header })).toMatchObject({ status: 400, json: { message } });
  });

  it("as an event is accepted with 202 and nothing else, and is run", async () => {
    const marker = `event-${Math.trunc(performance.now())}`;
    const { status, text, headers } = await invoke(name, JSON.stringify({ say: marker }), { "x-amz-invocation-type": "Event", "x-amz-client-context": base64({}), "x-amz-log-type": "Tail" });
    expect([status, text, headers.get("x-amz-log-result"), headers.get("x-amz-function-error")]).toEqual([202, "", null, null]);
    const { FilterLogEventsCommand } = await import("@aws-sdk/client-cloudwatch-logs");
    await eventually("it is logged", async () => {
      const { events = [] } = await on.ground.platform.clients.logs.send(new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}`, filterPattern: `"${marker}"` })).catch(() => ({ events: [] }));
      return events.length > 0;
    });
  });

  it("as a dry run answers 204 and runs nothing", async () => {
    const before = (await invoke(name, '{"about": 1}')).json["count"] as number;
    expect(await invoke(name, '{"about": 1}', { "x-amz-invocation-type": "DryRun" })).toMatchObject({ status: 204, text: "" });
    expect(await refusal(send({ FunctionName: "doesnotexist", InvocationType: "DryRun" }))).toMatchObject({ name: "ResourceNotFoundException" });
    expect((await invoke(name, '{"about": 1}')).json["count"]).toBe(before + 1);
  });

  it.each([
    ["InvocationType", { "x-amz-invocation-type": "Later" }, "Value 'Later' at 'invocationType' failed to satisfy constraint: Member must satisfy enum value set: [Event, RequestResponse, DryRun]"],
    ["LogType", { "x-amz-log-type": "Head" }, "Value 'Head' at 'logType' failed to satisfy constraint: Member must satisfy enum value set: [None, Tail]"],
  ])("refuses another %s", async (_what, headers, message) => {
    expect(await invoke(name, "1", headers)).toMatchObject({ status: 400, json: { message: `1 validation error detected: ${message}` } });
  });

  it.each([["DurableExecutionName", { DurableExecutionName: "d" }]])("refuses %s, which is not built, by its name", async (what, input) => {
    expect(await refusal(send({ FunctionName: name, ...input }))).toMatchObject({ name: "NotImplemented", status: 501, message: expect.stringContaining(what) });
  });

  it("sees a new configuration in a new environment once the update has settled", async () => {
    const changing = await on.active({ Environment: { Variables: { WHO: "before" } } }, { "index.mjs": "let n = 0; export const handler = async () => [process.env.WHO, ++n];" });
    expect((await invoke(changing)).text).toBe('["before",1]');
    await on.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: changing, Environment: { Variables: { WHO: "after" } } }));
    await on.isSettled(changing);
    expect((await invoke(changing)).text).toBe('["after",1]');
  });
});

describe("the words about a payload that is no JSON", () => {
  it.each([
    ["a deep one", "[".repeat(1_000_000), /^Document nesting depth \(1001\) exceeds the maximum allowed \(1000, /],
    ["a long word", "x".repeat(1_000_000), /^Unrecognized token 'x{256}\.\.\.': was expecting /],
    ["a long one", `["${"x".repeat(1_000_000)}"`, /^Unexpected end-of-input: expected close marker for Array \(start marker at \[Source: \(byte\[\]\)"\["x{498}"\[truncated 999503 bytes\]; line: 1, column: 1\]\)/],
    ["a leading zero", "01", /^Invalid numeric value: Leading zeroes not allowed\n/],
    ["a form", "------WebKitForm", /^Unexpected character \('-' \(code 45\)\) in numeric value: expected digit \(0-9\) to follow minus sign, for valid numeric value\n at \[Source: \(byte\[\]\)"------WebKitForm"; line: 1, column: 3\]$/],
    ["a point too many", "[1.x]", /^Unexpected character \('x' \(code 120\)\) in numeric value: Decimal point not followed by a digit\n/],
    ["half a number", "-", /^Unexpected end-of-input within\/between NUMBER entries\n/],
    ["an escape", '"\\x"', /^Unrecognized character escape 'x' \(code 120\)\n/],
    ["an open text", '"abc', /^Unexpected end-of-input: was expecting closing quote for a string value\n/],
    ["blanks alone", "  \n ", /^No content to map due to end-of-input\n at \[Source: \(byte\[\]\)"  \n "; line: 2, column: 2\]$/],
    ["more after it", "{} x", /^Trailing token /],
  ])("stay short and name the place: %s", (_what, text, message) => {
    expect(() => JSON.parse(text)).toThrow();
    const complaint = jsonComplaint(text);
    expect(complaint).toMatch(message);
    expect(complaint.length).toBeLessThan(2_000);
  });

  it.each<[string, number[], string]>([
    ["no start", [0x22, 0xa7], 'Invalid UTF-8 start byte 0xa7\n at [Source: (byte[])""\ufffd"; line: 1, column: 3]'],
    ["no middle", [0x22, 0xc3, 0x28], "Invalid UTF-8 middle byte 0x28\n"],
    ["an end too early", [0x22, 0xc3], "Unexpected end-of-input in the middle of a character\n"],
    ["one after a replacement character", [0xef, 0xbf, 0xbd, 0x61, 0xff], 'Invalid UTF-8 start byte 0xff\n at [Source: (byte[])"\ufffda\ufffd"; line: 1, column: 4]'],
    ["an overlong one", [0xc0, 0x80], "Invalid UTF-8 start byte 0xc0\n"],
  ])("name the byte that is no UTF-8: %s", (_what, bytes, expected) => {
    expect(utf8Complaint(Buffer.from(bytes))).toContain(expected);
  });
});
