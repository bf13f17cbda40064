import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compileJava, exactJavas, whyNoJava } from "../support/java.ts";
import { hasRuby, NO_RUBY, rubyWithGems } from "../support/ruby.ts";
import { EVERYWHERE, OURS } from "../support/variables.ts";
import { createGround, custom, node, python, startFunction } from "./ground.ts";

const PYTHON = "import os\ndef handler(event, context): return dict(os.environ)";
const WHY_NO_JAVA = await whyNoJava();
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
      AWS_EXECUTION_ENV: execution, AWS_LAMBDA_FUNCTION_NAME: "f", AWS_LAMBDA_FUNCTION_VERSION: "$LATEST", AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "1769", AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
      AWS_LAMBDA_LOG_GROUP_NAME: "/aws/lambda/f", AWS_REGION: "us-east-1", AWS_DEFAULT_REGION: "us-east-1", AWS_XRAY_CONTEXT_MISSING: "LOG_ERROR", LANG: "en_US.UTF-8", TZ: ":UTC", SHLVL: "0", _HANDLER: "app.handler",
      PWD: variables["LAMBDA_TASK_ROOT"],
    });
    expect(variables["AWS_LAMBDA_RUNTIME_API"]).toMatch(/^[\d.]+:\d+$/);
    expect(variables["PATH"]).toMatch(/^\/var\/lang\/bin:\/usr\/local\/bin:\/usr\/bin\/:\/bin:.*opt\/bin$/);
  });

  /** The trace nobody sets but the runtime client, for Java as a system property; the pipe for logs is there for AWS's own clients. */
  const OF_OTHERS = [...EVERYWHERE, ...OURS, "_LAMBDA_TELEMETRY_LOG_FD"].filter((name) => name !== "_X_AMZN_TRACE_ID");

  it("are AWS's for OS-only runtimes, with no AWS_EXECUTION_ENV", async () => {
    const bootstrap = `#!/bin/sh\nnames=$(env -0 | tr '\\n' ' ' | tr '\\0' '\\n' | cut -d= -f1 | grep -v '^_$' | sort | tr '\\n' ' ')\napi="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"\nwhile true; do\n  id=$(curl -sS -D - -o /dev/null "$api/invocation/next" | tr -d '\\r' | sed -n 's/^Lambda-Runtime-Aws-Request-Id: //p')\n  curl -sS -o /dev/null "$api/invocation/$id/response" --data-binary "$names"\ndone\n`;
    const names = (await (await custom(bootstrap)).invoke({}, { isRaw: true })).outcome.payload.toString().trim().split(" ");
    expect(names.toSorted()).toEqual(OF_OTHERS.filter((name) => name !== "AWS_EXECUTION_ENV").toSorted());
  });

  it.skipIf(!hasRuby)(`are AWS's for Ruby${NO_RUBY}`, async () => {
    const variables = await seen(startFunction({ "app.rb": "def handler(event:, context:) = ENV.to_h" }, { runtime: "ruby3.2" }, { runtimePaths: { "ruby3.2": rubyWithGems("3.1.3") } }));
    // GEM_HOME is what leads this test's Ruby to its gems.
    expect(Object.keys(variables).filter((name) => name !== "GEM_HOME").toSorted()).toEqual([...OF_OTHERS, "GEM_PATH", "RUBYLIB"].toSorted());
    expect(variables).toMatchObject({ AWS_EXECUTION_ENV: "AWS_Lambda_ruby3.2", AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "1769" });
  });

  it.skipIf(WHY_NO_JAVA !== undefined)(`are AWS's for Java${WHY_NO_JAVA === undefined ? "" : ` (skipped: ${WHY_NO_JAVA})`}`, { timeout: 60_000 }, async () => {
    const runtime = exactJavas[0]!;
    const classes = await compileJava(runtime, { "App.java": "public class App { public java.util.Map<String, String> go(Object event) { return System.getenv(); } }" });
    const variables = await seen(startFunction(classes, { runtime, handler: "App::go", memoryMb: 512 }));
    expect(Object.keys(variables).toSorted()).toEqual(OF_OTHERS.toSorted());
    expect(variables).toMatchObject({ AWS_EXECUTION_ENV: `AWS_Lambda_${runtime}`, AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "512", _HANDLER: "App::go" });
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
