import { describe, expect, it } from "vitest";
import { startFunction } from "./ground.ts";

const node = (files: string | Record<string, string>, options: Parameters<typeof startFunction>[1] = {}) =>
  startFunction(typeof files === "string" ? { "app.mjs": files } : files, { runtime: "nodejs24.x", ...options });

describe("a Node.js handler", () => {
  it("is loaded once; globals live on; console lines carry the request id", async () => {
    const { invoke, log } = await node(`
      console.log("loaded");
      let count = 0;
      export const handler = async (event, context) => { console.warn("two\\nlines", { a: 1 }); return { count: ++count, left: context.getRemainingTimeInMillis() > 0, id: context.awsRequestId, name: context.functionName }; };`);
    const first = await invoke({});
    expect(first.json).toMatchObject({ count: 1, left: true, name: "f" });
    expect((await invoke({})).json).toMatchObject({ count: 2 });
    const { id } = first.json as { id: string };
    expect(log().find((line) => line.includes("loaded"))).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z\tundefined\tINFO\tloaded\n$/);
    expect(log().find((line) => line.includes(id) && line.includes("WARN"))).toMatch(new RegExp(`^\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z\\t${id}\\tWARN\\ttwo\\nlines \\{ a: 1 \\}\\n$`));
  });

  it.each<[string, Record<string, string>, string, unknown]>([
    ["CommonJS .js", { "app.js": "exports.handler = async () => 'cjs'" }, "app.handler", "cjs"],
    ["ES module .mjs with top-level await", { "app.mjs": "const x = await Promise.resolve('mjs'); export const handler = async () => x" }, "app.handler", "mjs"],
    [".cjs", { "app.cjs": "exports.handler = async () => 'cjs'" }, "app.handler", "cjs"],
    [".js in a module package", { "package.json": '{"type":"module"}', "app.js": "export const handler = async () => 'esm'" }, "app.handler", "esm"],
    [".js before .mjs", { "app.js": "exports.handler = async () => 'js'", "app.mjs": "export const handler = async () => 'mjs'" }, "app.handler", "js"],
    [".mjs before .cjs", { "app.mjs": "export const handler = async () => 'mjs'", "app.cjs": "exports.handler = async () => 'cjs'" }, "app.handler", "mjs"],
    ["a folder", { "src/app.js": "exports.handler = async () => 'src'" }, "src/app.handler", "src"],
    ["a nested export", { "app.js": "exports.a = { b: async () => 'nested' }" }, "app.a.b", "nested"],
    ["a default export", { "app.mjs": "export default { handler: async () => 'default' }" }, "app.handler", "default"],
    ["a package of its own", { "app.js": "exports.handler = async () => require('dep')", "node_modules/dep/index.js": "module.exports = 'dep'" }, "app.handler", "dep"],
    ["a synchronous return", { "app.mjs": "export const handler = () => 42" }, "app.handler", 42],
    ["nothing returned", { "app.mjs": "export const handler = async () => {}" }, "app.handler", null],
  ])("is found: %s", async (_name, files, handler, result) => {
    const { invoke } = await node(files, { handler });
    expect((await invoke({})).json).toEqual(result);
  });

  it.each<[string, string, string, string]>([
    ["Runtime.ImportModuleError", "Error: Cannot find module 'nowhere'\nRequire stack:", "require('nowhere')", "app.handler"],
    ["Runtime.ImportModuleError", "Error: Cannot find module 'other'", "", "other.handler"],
    ["Runtime.UserCodeSyntaxError", "SyntaxError: ", "const = 1", "app.handler"],
    ["Runtime.HandlerNotFound", "app.missing is undefined or not exported", "exports.a = 1", "app.missing"],
    ["Runtime.HandlerNotFound", "app.a is not a function", "exports.a = 1", "app.a"],
    ["Runtime.MalformedHandlerName", "Bad handler", "", "app"],
    ["Runtime.MalformedHandlerName", "'../app.handler' is not a valid handler name. Use absolute paths when specifying root directories in handler names.", "", "../app.handler"],
    ["Runtime.CallbackHandlerDeprecated", "AWS Lambda has removed support for callback-based function handlers starting with Node.js 24", "exports.handler = (event, context, callback) => callback()", "app.handler"],
    ["TypeError", "at load", "throw new TypeError('at load')", "app.handler"],
  ])("cannot be loaded: %s %s", async (errorType, message, source, handler) => {
    const { invoke } = await node({ "app.js": source }, { handler });
    expect((await invoke({})).json).toMatchObject({ errorType, errorMessage: expect.stringContaining(message), trace: expect.any(Array) });
  });

  it("that throws gives AWS's payload and log line", async () => {
    const { invoke, log } = await node(`export const handler = async ({ what }) => { if (what === "error") throw new RangeError("too far"); throw "a text"; }`);
    const failed = await invoke({ what: "error" });
    expect(failed.json).toMatchObject({ errorType: "RangeError", errorMessage: "too far", trace: expect.arrayContaining(["RangeError: too far", expect.stringContaining("app.mjs")]) });
    expect(log().find((line) => line.includes("Invoke Error"))).toMatch(/^\d{4}-[\d:.TZ-]+\t[0-9a-f-]{36}\tERROR\tInvoke Error \t\{"errorType":"RangeError","errorMessage":"too far","stack":\["RangeError: too far"/);
    expect((await invoke({ what: "text" })).json).toEqual({ errorType: "string", errorMessage: "a text", trace: [] });
  });

  it.each([
    ["a rejection that nobody handles", "Promise.reject(new Error('lost')); await new Promise((r) => setTimeout(r, 1000));", "Runtime.UnhandledPromiseRejection", "Error: lost"],
    ["an exception in a callback", "setImmediate(() => { throw new TypeError('later'); }); await new Promise((r) => setTimeout(r, 1000));", "TypeError", "later"],
    ["a promise that is never settled", "await new Promise(() => {});", "Runtime.NodeJsExit", "The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a Promise that was never settled."],
  ])("is ended by %s, and replaced", async (_name, body, errorType, message) => {
    const { invoke } = await node(`export const handler = async ({ bad }) => { if (bad) { ${body} } return "fine"; }`);
    expect((await invoke({ bad: true })).json).toMatchObject({ errorType, errorMessage: expect.stringContaining(message) });
    expect((await invoke({ bad: false })).json).toBe("fine");
  });

  it("may use callbacks before nodejs24.x", async () => {
    const { invoke } = await node(
      {
        "app.js": `exports.handler = (event, context, callback) => {
          if (event.what === "later") { setTimeout(() => console.log("still here"), 20); return callback(null, "now"); }
          if (event.what === "fail") return callback(new Error("no"));
          if (event.what === "succeed") return context.succeed("old");
          if (event.what === "twice") { callback(null, 1); callback(null, 2); }
        };`,
      },
      { runtime: "nodejs22.x" },
    );
    expect((await invoke({ what: "later" })).json).toBe("now");
    expect((await invoke({ what: "fail" })).json).toMatchObject({ errorType: "Error", errorMessage: "no" });
    expect((await invoke({ what: "succeed" })).json).toBe("old");
    expect((await invoke({ what: "twice" })).json).toBe(1);
    expect((await invoke({ what: "nothing" })).json).toBe(null);
  });

  it("finds the SDK without packaging it, by import and by require", async () => {
    const { invoke } = await node({
      "app.mjs": `import { S3Client } from "@aws-sdk/client-s3"; import { createRequire } from "node:module";
        const { LambdaClient } = createRequire(import.meta.url)("@aws-sdk/client-lambda");
        export const handler = async () => [S3Client.name, LambdaClient.name];`,
    });
    expect((await invoke({})).json).toEqual(["S3Client", "LambdaClient"]);
  });

  it("that answers too much is refused", async () => {
    const { invoke } = await node(`export const handler = async ({ size }) => "x".repeat(size)`);
    expect((await invoke({ size: 6 * 1024 * 1024 })).outcome.kind).toBe("response");
    expect((await invoke({ size: 6_291_556 })).json).toEqual({ errorType: "Function.ResponseSizeTooLarge", errorMessage: "Response payload size exceeded maximum allowed payload size (6291556 bytes)." });
    expect((await invoke({ size: 1 })).json).toBe("x");
  });
});
