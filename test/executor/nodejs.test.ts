import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createGround, node } from "./ground.ts";

/** The runtimes of AWS's two runtime clients: 3.x with callbacks, 4.x without. */
const RUNTIMES = ["nodejs22.x", "nodejs24.x"];

type Files = Record<string, string>;

describe.each(RUNTIMES)("a handler on %s", (runtime) => {
  it.each<[string, Files, string, unknown]>([
    ["N2 a file without extension", { app: "exports.handler = async () => 'bare'", "app.js": "exports.handler = async () => 'js'" }, "app.handler", "bare"],
    ["N2 CommonJS .js", { "app.js": "exports.handler = async () => 'cjs'" }, "app.handler", "cjs"],
    ["N2 .js in a module package", { "package.json": '{"type":"module"}', "app.js": "export const handler = async () => 'esm'" }, "app.handler", "esm"],
    ["N2 .js below a module package", { "package.json": '{"type":"module"}', "src/app.js": "export const handler = async () => 'esm'" }, "src/app.handler", "esm"],
    ["N2 .js with a nearer package.json", { "package.json": '{"type":"module"}', "src/package.json": "{}", "src/app.js": "exports.handler = async () => 'cjs'" }, "src/app.handler", "cjs"],
    ["N2 ES module .mjs with top-level await", { "app.mjs": "const x = await Promise.resolve('mjs'); export const handler = async () => x" }, "app.handler", "mjs"],
    ["N2 .cjs", { "app.cjs": "exports.handler = async () => 'cjs'" }, "app.handler", "cjs"],
    ["N2 .js before .mjs", { "app.js": "exports.handler = async () => 'js'", "app.mjs": "export const handler = async () => 'mjs'" }, "app.handler", "js"],
    ["N2 .mjs before .cjs", { "app.mjs": "export const handler = async () => 'mjs'", "app.cjs": "exports.handler = async () => 'cjs'" }, "app.handler", "mjs"],
    ["N2 as require resolves it", { "node_modules/dep/index.js": "exports.handler = async () => 'dep'" }, "dep.handler", "dep"],
    ["N1 a folder", { "src/lib/app.js": "exports.handler = async () => 'src'" }, "src/lib/app.handler", "src"],
    ["N1 a nested export", { "app.js": "exports.a = { b: async () => 'nested' }" }, "app.a.b", "nested"],
    ["a package of its own", { "app.js": "exports.handler = async () => require('dep')", "node_modules/dep/index.js": "module.exports = 'dep'" }, "app.handler", "dep"],
    ["nothing returned", { "app.mjs": "export const handler = async () => {}" }, "app.handler", null],
  ])("is found: %s", async (_name, files, handler, result) => {
    const { invoke } = await node(files, { handler, runtime });
    expect((await invoke({})).json).toEqual(result);
  });

  it.each<[string, string, string, string]>([
    ["Runtime.ImportModuleError", "Error: Cannot find module 'nowhere'\nRequire stack:\n- ", "require('nowhere')", "app.handler"],
    ["Runtime.ImportModuleError", "Error: Cannot find module 'other'\nRequire stack:\n- ", "", "other.handler"],
    ["Runtime.UserCodeSyntaxError", "SyntaxError: ", "const = 1", "app.handler"],
    ["Runtime.HandlerNotFound", "app.missing is undefined or not exported", "exports.a = 1", "app.missing"],
    ["Runtime.HandlerNotFound", "app.a.b is undefined or not exported", "exports.a = 1", "app.a.b"],
    ["Runtime.HandlerNotFound", "app.a is not a function", "exports.a = 1", "app.a"],
    ["Runtime.MalformedHandlerName", "Bad handler", "", "app"],
    ["Runtime.MalformedHandlerName", "'../app.handler' is not a valid handler name. Use absolute paths when specifying root directories in handler names.", "", "../app.handler"],
    ["TypeError", "at load", "throw new TypeError('at load')", "app.handler"],
  ])("N1, N3 cannot be loaded: %s %s", async (errorType, message, source, handler) => {
    const { invoke, log } = await node({ "app.js": source }, { handler, runtime });
    const failed = await invoke({});
    expect(failed.json).toMatchObject({ errorType, errorMessage: expect.stringContaining(message), trace: expect.any(Array) });
    const kept = errorType.startsWith("Runtime.") ? errorType : "Runtime.Unknown";
    expect(log().join("")).toContain(`Phase: init\tStatus: error\tError Type: ${kept}\n`);
    expect(failed.logTail.toString()).toMatch(new RegExp(`Phase: invoke\tStatus: error\tError Type: ${kept}\nEND [^]*Status: error\tError Type: ${kept}\n$`));
  });

  it("N3 that imports what is not there keeps the error of Node.js", async () => {
    const { invoke } = await node("import 'nowhere'; export const handler = () => 1", { runtime });
    expect((await invoke({})).json).toMatchObject({ errorType: "Error", errorMessage: expect.stringContaining("Cannot find package 'nowhere'") });
  });

  it("N2 is not TypeScript: that is to be compiled first", async () => {
    const { invoke } = await node({ "app.ts": "export const handler = async (): Promise<number> => 1" }, { runtime });
    expect((await invoke({})).json).toMatchObject({ errorType: "Runtime.ImportModuleError", errorMessage: expect.stringContaining("Cannot find module 'app'") });
  });

  it("N5 that rejects gives AWS's payload and log line", async () => {
    const { invoke, log } = await node(
      `class Odd extends Error { constructor() { super("odd"); this.code = 7; this.inner = new TypeError("inner"); } }
      export const handler = async ({ what }) => { if (what === "error") throw new RangeError("too far"); if (what === "odd") throw new Odd(); throw what; }`,
      { runtime },
    );
    const failed = await invoke({ what: "error" });
    expect(failed.json).toMatchObject({ errorType: "RangeError", errorMessage: "too far", trace: expect.arrayContaining(["RangeError: too far", expect.stringContaining("app.mjs")]) });
    expect(log().find((line) => line.includes("Invoke Error"))).toMatch(/^\d{4}-[\d:.TZ-]+\t[0-9a-f-]{36}\tERROR\tInvoke Error \t\{"errorType":"RangeError","errorMessage":"too far","stack":\["RangeError: too far"/);
    expect(failed.logTail.toString()).toMatch(/REPORT [^]*\t\n$/);
    await invoke({ what: "odd" });
    expect(log().join("")).toMatch(/\{"errorType":"Error","errorMessage":"odd","code":7,"inner":\{"errorType":"TypeError","errorMessage":"inner","stack":\[.*\]\},"stack":\["Error: odd"/);
    expect((await invoke({ what: "text" })).json).toEqual({ errorType: "string", errorMessage: "text", trace: [] });
    expect(log().at(-3)).toMatch(/Invoke Error \t\{"errorType":"Error","errorMessage":"text","stack":/);
    expect((await invoke({ what: { a: 1 } })).json).toEqual({ errorType: "object", errorMessage: "[object Object]", trace: [] });
  });

  it("whose result is no JSON is told so", async () => {
    const { invoke } = await node("export const handler = async ({ what }) => { const a = {}; a.a = a; return what === 'big' ? 10n : a; }", { runtime });
    const told = { errorType: runtime === "nodejs24.x" ? "Runtime.JSONStringifyError" : "Error", errorMessage: "Unable to stringify response body" };
    expect((await invoke({ what: "big" })).json).toMatchObject(told);
    expect((await invoke({ what: "circle" })).json).toMatchObject(told);
  });

  it("N8, V8 has AWS's context and module path", async () => {
    const { invoke, environment } = await node(
      "export const handler = async (event, context) => ({ ...context, left: context.getRemainingTimeInMillis(), path: process.env.NODE_PATH.split(':'), trace: process.env._X_AMZN_TRACE_ID })",
      { runtime },
    );
    const { json } = await invoke({}, { clientContext: '{"custom":{"a":"日本"}}' });
    const seen = json as Record<string, unknown> & { left: number; path: string[]; trace: string };
    expect(seen).toMatchObject({
      functionName: "f", functionVersion: "$LATEST", memoryLimitInMB: "1769", logGroupName: "/aws/lambda/f", logStreamName: environment.logStream, awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:f", clientContext: { custom: { a: "日本" } },
    });
    expect(seen.left).toBeGreaterThan(5_000);
    expect(seen.trace).toMatch(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0/);
    expect(seen.path.slice(0, 2)).toEqual([`/opt/nodejs/node${runtime.slice(6, 8)}/node_modules`, "/opt/nodejs/node_modules"]);
    expect("callbackWaitsForEmptyEventLoop" in seen).toBe(runtime === "nodejs22.x");
  });

  it("finds the SDK without packaging it, by import and by require, and its client needs no settings", async () => {
    const { invoke } = await node(
      `import { S3Client } from "@aws-sdk/client-s3"; import { createRequire } from "node:module"; import * as smithy from "@smithy/core";
        const { LambdaClient } = createRequire(import.meta.url)("@aws-sdk/client-lambda");
        export const handler = async () => { const s3 = new S3Client({}); return [await s3.config.region(), (await s3.config.credentials()).accessKeyId, LambdaClient.name, typeof smithy]; };`,
      { runtime },
    );
    expect((await invoke({})).json).toEqual(["us-east-1", "ASIATEST", "LambdaClient", "object"]);
  });

  it("finds no node_modules above its code, as there is none on AWS", async () => {
    const { executor, target, invocation, dataDirectory } = createGround();
    for (const place of ["node_modules/above", "node_modules/@scope/above"]) {
      mkdirSync(join(dataDirectory, place), { recursive: true });
      writeFileSync(join(dataDirectory, place, "index.js"), "module.exports = 'above'");
    }
    const source = `const look = async (how, name) => { try { return (await how(name), 'found'); } catch (error) { return [error.code, error.message.split('\\n')[0]]; } };
      exports.handler = async () => [await look(require, 'above'), await look((name) => import(name), '@scope/above'), require('own'), typeof require('@aws-sdk/client-sts').STSClient];`;
    const environment = await executor.createEnvironment(await target({ "app.js": source, "node_modules/own/index.js": "module.exports = require('deep')", "node_modules/deep/index.js": "module.exports = 'own'" }, { runtime }));
    const { outcome } = await environment.invoke(invocation({}));
    expect(JSON.parse(outcome.payload.toString())).toEqual([
      ["MODULE_NOT_FOUND", "Cannot find module 'above'"], ["ERR_MODULE_NOT_FOUND", expect.stringMatching(/^Cannot find package '@scope\/above' imported from .*app\.js$/)], "own", "function",
    ]);
  });

  it("finds nothing else of lambdad's packages", async () => {
    const { invoke } = await node("export const handler = async () => { const found = []; for (const name of ['commander', 'yauzl', 'pino']) await import(name).then(() => found.push(name), () => {}); return found; }", { runtime });
    expect((await invoke({})).json).toEqual([]);
  });

  it("has `gc`, as AWS starts Node.js with --expose-gc", async () => {
    const source = "export const handler = async () => { let held = { a: 1 }; const weak = new WeakRef(held); held = undefined; await new Promise((resolve) => setTimeout(resolve)); gc(); return [typeof globalThis.gc, global.gc === gc, Object.keys(globalThis).includes('gc'), weak.deref() === undefined]; }";
    expect((await (await node(source, { runtime })).invoke({})).json).toEqual(["function", true, false, true]);
  });

  it("N7 has `awslambda`, unless it asks for none", async () => {
    const source = "export const handler = async () => typeof globalThis.awslambda?.streamifyResponse";
    expect((await (await node(source, { runtime })).invoke({})).json).toBe("function");
    for (const value of ["1", "true"]) expect((await (await node(source, { runtime, environment: { AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA: value } })).invoke({})).json).toBe("undefined");
  });

  it("L6 is frozen after its answer: timers run on in the next invocation", async () => {
    const { invoke } = await node("let fired = false; export const handler = async ({ set }) => { if (set) setTimeout(() => (fired = true), 50); else await new Promise((r) => setTimeout(r, 100)); return fired; }", { runtime });
    expect((await invoke({ set: true })).json).toBe(false);
    expect((await invoke({})).json).toBe(true);
  });
});

describe("a handler on nodejs24.x", () => {
  it.each<[string, string, string]>([
    ["a rejection that nobody handles", "Promise.reject(new Error('lost')); return 'done';", "exit status 1"],
    ["an exception in a callback", "setImmediate(() => { throw new TypeError('later'); }); await new Promise((r) => setTimeout(r, 1000));", "exit status 1"],
    ["a promise that is never settled", "await new Promise(() => {});", "Runtime exited without providing a reason"],
  ])("N4 is ended by %s, as Node.js does, and replaced", async (_name, body, text) => {
    const { invoke } = await node(`export const handler = async ({ bad }) => { if (bad) { ${body} } return "fine"; }`);
    expect((await invoke({ bad: true })).json).toEqual({ errorType: "Runtime.ExitError", errorMessage: expect.stringMatching(new RegExp(`^RequestId: [0-9a-f-]{36} Error: .*${text}$`)) });
    expect((await invoke({ bad: false })).json).toBe("fine");
  });

  it("N6 may not be a callback handler", async () => {
    const { invoke, log } = await node("export const handler = (event, context, callback) => callback(null, 1)");
    expect((await invoke({})).json).toMatchObject({
      errorType: "Runtime.CallbackHandlerDeprecated",
      errorMessage: expect.stringMatching(/^ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24\. /),
    });
    expect(log().find((line) => line.includes("Init Error"))).toMatch(/^\S+\t-\tERROR\tInit Error \t\{"errorType":"Runtime\.CallbackHandlerDeprecated"/);
  });

  it("may be synchronous, and a default export", async () => {
    expect((await (await node("export const handler = () => 42")).invoke({})).json).toBe(42);
    expect((await (await node("export default { handler: () => 'default' }")).invoke({})).json).toBe("default");
  });

  it("N7 has the store of its invocation", async () => {
    const { invoke } = await node(`export const handler = async (event, { awsRequestId }) => {
      const { InvokeStore } = awslambda; await null; InvokeStore.set("a", 1);
      let refused; try { InvokeStore.set(Symbol.for("_AWS_LAMBDA_REQUEST_ID"), "x"); } catch (error) { refused = error.message; }
      return { same: InvokeStore.getRequestId() === awsRequestId, a: InvokeStore.get("a"), refused };
    }`);
    expect((await invoke({})).json).toEqual({ same: true, a: 1, refused: "Cannot modify protected Lambda context field: Symbol(_AWS_LAMBDA_REQUEST_ID)" });
  });

  it("E4 that answers too much is refused, at 6 MiB and 101 bytes", async () => {
    const { invoke } = await node(`export const handler = async ({ size }) => "x".repeat(size - 2)`);
    expect((await invoke({ size: 6_291_556 })).outcome.kind).toBe("response");
    expect((await invoke({ size: 6_291_557 })).json).toEqual({ errorType: "Function.ResponseSizeTooLarge", errorMessage: "Response payload size exceeded maximum allowed payload size (6291556 bytes)." });
    expect((await invoke({ size: 3 })).json).toBe("x");
  });

  it("has a heap of its function's memory", async () => {
    const { invoke } = await node("import v8 from 'node:v8'; export const handler = async () => [v8.getHeapStatistics().heap_size_limit / 1048576, typeof gc]", { memoryMb: 512 });
    const [limit, gc] = (await invoke({})).json as [number, string];
    expect(limit).toBeGreaterThan(400);
    expect(limit).toBeLessThan(560);
    expect(gc).toBe("function");
  });
});

describe("a handler on nodejs20.x", () => {
  it("finds the SDK by import, whatever way its Node.js has for that", async () => {
    const { invoke } = await node('import { S3Client } from "@aws-sdk/client-s3"; export const handler = async () => [S3Client.name, process.env.AWS_EXECUTION_ENV]', { runtime: "nodejs20.x" });
    expect((await invoke({})).json).toEqual(["S3Client", "AWS_Lambda_nodejs20.x"]);
  });
});

describe("a handler on nodejs22.x", () => {
  it("has no default export, and does not require ES modules", async () => {
    const found = await node("export default { handler: async () => 1 }", { runtime: "nodejs22.x" });
    expect((await found.invoke({})).json).toMatchObject({ errorType: "Runtime.HandlerNotFound" });
    const files = { "app.js": "exports.handler = async () => require('./x.mjs').x", "x.mjs": "export const x = 1" };
    expect((await (await node(files, { runtime: "nodejs22.x" })).invoke({})).json).toMatchObject({ errorType: "Error", errorMessage: expect.stringContaining("require() of ES Module") });
    expect((await (await node(files, { runtime: "nodejs22.x", environment: { NODE_OPTIONS: "--experimental-require-module" } })).invoke({})).json).toBe(1);
    expect((await (await node(files, { runtime: "nodejs24.x" })).invoke({})).json).toBe(1);
  });
});
