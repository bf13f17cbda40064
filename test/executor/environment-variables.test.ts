import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isolations } from "../support/isolation.ts";
import { createGround, node, python } from "./ground.ts";

/** What AWS gives every function, as seen there, and what lambdad adds: where the SDK finds it, and where /tmp is without a mount. */
const EVERYWHERE = [
  "AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE",
  "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_METADATA_API", "AWS_LAMBDA_METADATA_TOKEN", "AWS_LAMBDA_RUNTIME_API", "AWS_REGION", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_XRAY_CONTEXT_MISSING", "AWS_XRAY_DAEMON_ADDRESS",
  "LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT", "LANG", "LD_LIBRARY_PATH", "PATH", "PWD", "SHLVL", "TZ", "_AWS_XRAY_DAEMON_ADDRESS", "_AWS_XRAY_DAEMON_PORT", "_HANDLER", "_X_AMZN_TRACE_ID",
];
const OURS = ["AWS_ENDPOINT_URL", ...(isolations[0] === "bubblewrap" ? [] : ["TMPDIR"])];

const PYTHON = "import os\ndef handler(event, context): return dict(os.environ)";
const NODE = "export const handler = async () => process.env";
const seen = async (start: Promise<{ invoke(event: unknown): Promise<{ json: unknown }> }>) => (await (await start).invoke({})).json as Record<string, string>;

describe("V1 the environment variables of a function", () => {
  it.each([
    ["Python", () => python(PYTHON), ["LC_CTYPE", "PYTHONPATH"], "AWS_Lambda_python3.13"],
    ["Node.js", () => node(NODE), ["NODE_PATH"], "AWS_Lambda_nodejs24.x"],
  ])("are AWS's for %s, and nothing of the server's", async (_name, start, more, execution) => {
    const variables = await seen(start());
    expect(Object.keys(variables).toSorted()).toEqual([...EVERYWHERE, ...OURS, ...more].toSorted());
    expect(variables).toMatchObject({
      AWS_EXECUTION_ENV: execution, AWS_LAMBDA_FUNCTION_NAME: "f", AWS_LAMBDA_FUNCTION_VERSION: "$LATEST", AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "256", AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
      AWS_LAMBDA_LOG_GROUP_NAME: "/aws/lambda/f", AWS_REGION: "us-east-1", AWS_DEFAULT_REGION: "us-east-1", AWS_XRAY_CONTEXT_MISSING: "LOG_ERROR", LANG: "en_US.UTF-8", TZ: ":UTC", SHLVL: "0", _HANDLER: "app.handler",
      PWD: variables["LAMBDA_TASK_ROOT"],
    });
    expect(variables["AWS_LAMBDA_RUNTIME_API"]).toMatch(/^[\d.]+:\d+$/);
    expect(variables["PATH"]).toMatch(/^\/var\/lang\/bin:\/usr\/local\/bin:\/usr\/bin\/:\/bin:.*opt\/bin$/);
  });

  it("have the log format and level only with JSON", async () => {
    expect(await seen(python(PYTHON, { logging: { group: "g", format: "JSON", applicationLevel: "WARN" } }))).toMatchObject({ AWS_LAMBDA_LOG_FORMAT: "JSON", AWS_LAMBDA_LOG_LEVEL: "WARN" });
  });

  it("V2 are the function's own over those that are not reserved, never over those that are", async () => {
    const environment = { TZ: "Europe/Berlin", PATH: "/mine:/usr/bin:/bin", LANG: "C", AWS_XRAY_CONTEXT_MISSING: "IGNORE_ERROR", AWS_ENDPOINT_URL: "http://example.test", GREETING: "hallo", AWS_REGION: "nowhere", _HANDLER: "other", NODE_PATH: "/mine" };
    expect(await seen(node(NODE, { environment }))).toMatchObject({ ...environment, AWS_REGION: "us-east-1", _HANDLER: "app.handler" });
  });

  it("change for the rest of the environment's life when a handler changes them", async () => {
    const { invoke } = await python("import os\ndef handler(event, context):\n  before = os.environ.get('MINE')\n  os.environ['MINE'] = 'set'\n  return before");
    expect([(await invoke({})).json, (await invoke({})).json]).toEqual([null, "set"]);
  });
});

it("a Python handler finds the prepared boto3 before one of the machine", async () => {
  const { executor, target, invocation, dataDirectory } = createGround();
  const folder = join(dataDirectory, "sdk/python/boto3");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "__init__.py"), "prepared = True\n");
  const environment = await executor.createEnvironment(await target({ "app.py": "import boto3\ndef handler(event, context): return boto3.prepared" }));
  expect((await environment.invoke(invocation({}))).outcome.payload.toString()).toBe("true");
});

it("G5 the tail is the last 4 KiB, to the REPORT line", async () => {
  const { invoke } = await python("def handler(event, context):\n  for i in range(200): print(i, 'ü' * 50)");
  const { logTail } = await invoke({});
  expect(logTail).toHaveLength(4_096);
  expect(logTail.toString()).toMatch(/199 ü{50}\nEND [^]*REPORT .*\t\n$/);
});
