import { describe, expect, it } from "vitest";
import { pathsWithBoto3 } from "../support/python.ts";
import { python, startFunction } from "./ground.ts";

const withBoto3 = await pathsWithBoto3("python3.11");

/** What a handler returns, and what its caller gets, byte for byte. */
const returned = async (expression: string, runtime = "python3.13") => {
  const { invoke } = await python(
    `
import datetime, decimal, enum, collections
Point = collections.namedtuple("Point", "x y")
class Color(enum.IntEnum):
    RED = 1
loop = []
loop.append(loop)
def handler(event, context): return ${expression}
`,
    { runtime },
  );
  return (await invoke({}, { isRaw: true })).outcome.payload.toString("utf8");
};

describe("P3 the result of a Python handler", () => {
  it.each([
    ["nothing", "None", "null"],
    ["a text", '"ü日本😀"', '"ü日本😀"'],
    ["a tuple", "(1, True, None)", "[1, true, null]"],
    ["keys that are no text", "{7: 'a', None: 'b', True: 'c', 2.5: 'd'}", '{"7": "a", "null": "b", "true": "c", "2.5": "d"}'],
    ["a Decimal", '{"price": decimal.Decimal("1.10"), "all": [decimal.Decimal(3)]}', '{"price": 1.10, "all": [3]}'],
    ["bytes within", '{"a": b"text", b"k": 1}', '{"a": "text", "k": 1}'],
    ["bytes as a whole", 'b"not json"', "not json"],
    ["a named tuple", '{"point": Point(1, 2)}', '{"point": {"x": 1, "y": 2}}'],
    ["not a number", '[float("nan"), float("inf"), decimal.Decimal("NaN")]', "[NaN, Infinity, NaN]"],
    ["an IntEnum", "[Color.RED]", "[1]"],
  ])("%s", async (_name, expression, text) => {
    expect(await returned(expression)).toBe(text);
  });

  it.each([
    ["a set", "{1, 2}", "Object of type set is not JSON serializable"],
    ["a date beside a Decimal", "[decimal.Decimal(1), datetime.datetime.now()]", "Object of type datetime is not JSON serializable"],
    ["a key that is a tuple", "{(1, 2): 1}", "keys must be str, int, float, bool or None, not tuple"],
    ["a circle", "loop", "Circular reference detected"],
    ["a circle with a Decimal", "[decimal.Decimal(1), loop]", "Circular reference detected"],
  ])("cannot be %s", async (_name, expression, text) => {
    expect(JSON.parse(await returned(expression))).toMatchObject({ errorType: "Runtime.MarshalError", errorMessage: `Unable to marshal response: ${text}`, stackTrace: [], requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  });

  it("is ASCII before python3.12", async () => {
    expect(await returned('"ü😀"', "python3.11")).toBe('"\\u00fc\\ud83d\\ude00"');
    expect(await returned("'\\ud800'", "python3.11")).toBe('"\\ud800"');
  });

  it("cannot hold half a character from python3.12 on: the runtime ends, as on AWS", async () => {
    expect(JSON.parse(await returned("'\\ud800'"))).toMatchObject({ errorType: "Runtime.ExitError", errorMessage: expect.stringContaining("exit status 1") });
  });

  it("is an error of any name and text", async () => {
    const { invoke } = await python(`class Über(Exception): pass\ndef handler(event, context): raise Über("kaputt 日本")`);
    const { json, outcome } = await invoke({});
    expect(json).toMatchObject({ errorType: "Über", errorMessage: "kaputt 日本" });
    expect(outcome).toMatchObject({ kind: "error" });
  });
});

describe("V7 the context of a Python handler", () => {
  it("has AWS's classes", async () => {
    const { invoke } = await python(`
from awslambdaric.lambda_context import LambdaContext
def handler(event, context):
    client = context.client_context
    return {
        "is": isinstance(context, LambdaContext), "names": [type(context).__name__, type(client).__name__, type(client.client).__name__, type(context.identity).__name__],
        "custom": client.custom, "env": client.env, "client": [client.client.app_title, client.client.installation_id], "tenant": context.tenant_id,
        "identity": [context.identity.cognito_identity_id, context.identity.cognito_identity_pool_id], "memory": context.memory_limit_in_mb, "repr": repr(context), "w3c": context.w3c(),
    }
`);
    const clientContext = JSON.stringify({ custom: { a: "日本" }, env: { locale: "de" }, client: { app_title: "title" }, w3c: { traceparent: "00-1", other: "x" } });
    const { json } = await invoke({}, { clientContext });
    expect(json).toMatchObject({
      is: true, names: ["LambdaContext", "ClientContext", "Client", "CognitoIdentity"], custom: { a: "日本" }, env: { locale: "de" }, client: ["title", null], tenant: null,
      identity: [null, null], memory: "1769", w3c: { traceparent: "00-1" },
      repr: expect.stringMatching(/^LambdaContext\(\[aws_request_id=[0-9a-f-]{36},log_group_name=\/aws\/lambda\/f,.*client_context=ClientContext\(\[custom=.*identity=CognitoIdentity\(\[cognito_identity_id=None,cognito_identity_pool_id=None\]\),tenant_id=None\]\)$/),
    });
  });

  it("has none where none was sent; the time that remains is never negative", async () => {
    const { invoke } = await python(`
import time
real = time.time
def handler(event, context):
    time.time = lambda: real() + 3600
    left = context.get_remaining_time_in_millis()
    time.time = real
    return [context.client_context, left]
`);
    expect((await invoke({})).json).toEqual([null, 0]);
  });

  // A Python without boto3 gets it from `lambdad runtimes prepare`; here it is the machine's.
  it.skipIf(withBoto3 === undefined)("finds boto3, and its client needs no settings (skipped where no Python has boto3)", async () => {
    const app = "import boto3\ndef handler(event, context):\n  s3 = boto3.client('s3')\n  return [s3.meta.region_name, s3.meta.endpoint_url.startswith('http://127.0.0.1:')]";
    const { invoke } = await startFunction({ "app.py": app }, { runtime: "python3.11", timeoutSeconds: 30 }, { runtimePaths: withBoto3! });
    expect((await invoke({})).json).toEqual(["us-east-1", true]);
  });
});
