import { describe, expect, it } from "vitest";
import { node } from "./ground.ts";

const old = (source: string, options: Parameters<typeof node>[1] = {}) => node({ "app.js": source }, { runtime: "nodejs22.x", ...options });

describe("N6 a callback handler on nodejs22.x", () => {
  it.each<[string, string, unknown]>([
    ["answers with its callback", "callback(null, { a: 1 })", { a: 1 }],
    ["answers after the event loop is empty", "setTimeout(() => (state.late = true), 20); callback(null, state)", { late: true }],
    ["answers at once if it says so", "context.callbackWaitsForEmptyEventLoop = false; setTimeout(() => (state.late = true), 20); callback(null, state)", {}],
    ["answers with succeed, at once", "setTimeout(() => (state.late = true), 20); context.succeed(state)", {}],
    ["answers with done", "context.done(null, 'done')", "done"],
    ["answers with the first of several", "callback(null, 1); callback(null, 2); context.succeed(3)", 1],
    ["answers null when it never calls", "setTimeout(() => {}, 10)", null],
    ["answers null for what it returns", "return 5", null],
    ["answers null for a promise that is never settled", "return new Promise(() => {})", null],
    ["answers with its promise", "return Promise.resolve('promise')", "promise"],
    ["answers null for undefined", "callback(null, undefined)", null],
  ])("%s", async (_name, body, result) => {
    const { invoke } = await old(`exports.handler = (event, context, callback) => { const state = {}; ${body} }`);
    expect((await invoke({})).json).toEqual(result);
    expect((await invoke({})).isColdStart).toBe(false);
  });

  it.each<[string, string, object]>([
    ["an error", "callback(new RangeError('no'))", { errorType: "RangeError", errorMessage: "no" }],
    ["a text", "callback('no')", { errorType: "string", errorMessage: "no", trace: [] }],
    ["fail", "context.fail(new Error('no'))", { errorType: "Error", errorMessage: "no" }],
    ["fail without an error", "context.fail()", { errorType: "string", errorMessage: "handled", trace: [] }],
    ["done with an error", "context.done(new Error('no'))", { errorType: "Error", errorMessage: "no" }],
    ["throwing", "throw new Error('no')", { errorType: "Error", errorMessage: "no" }],
    ["an error of an unknown kind", "callback({ name: 'Mine', message: 'no', stack: 'Mine: no' })", { errorType: "Mine", errorMessage: "no", trace: ["Mine: no"] }],
  ])("fails by %s, and goes on", async (_name, body, told) => {
    const { invoke } = await old(`exports.handler = (event, context, callback) => { if (event.ok) return callback(null, "ok"); ${body} }`);
    expect((await invoke({})).json).toMatchObject(told);
    const next = await invoke({ ok: true });
    expect([next.json, next.initMs]).toEqual(["ok", undefined]);
  });

  it("is warned that callbacks end, unless it asked not to be", async () => {
    const source = "exports.handler = (event, context, callback) => callback(null, 1)";
    const warned = await old(source);
    await warned.invoke({});
    expect(warned.log().join("")).toMatch(/\tundefined\tWARN\tAWS Lambda plans to remove support for callback-based function handlers starting with Node\.js 24\./);
    const asked = await old(source, { environment: { AWS_LAMBDA_NODEJS_DISABLE_CALLBACK_WARNING: "1" } });
    await asked.invoke({});
    expect(asked.log().join("")).not.toContain("callback-based");
  });
});

describe("N4 on nodejs22.x", () => {
  it.each<[string, string, string, string, string]>([
    ["a rejection that nobody handles", "Promise.reject(new Error('lost')); await new Promise((r) => setTimeout(r, 1000));", "Runtime.UnhandledPromiseRejection", "Error: lost", "Unhandled Promise Rejection"],
    ["an exception in a callback", "setImmediate(() => { throw new TypeError('later'); }); await new Promise((r) => setTimeout(r, 1000));", "TypeError", "later", "Uncaught Exception"],
  ])("%s is reported, and ends the process", async (_name, body, errorType, errorMessage, title) => {
    const { invoke, log } = await old(`let loads = 0; exports.handler = async ({ bad }) => { loads++; if (bad) { ${body} } return loads; }`);
    expect((await invoke({ bad: true })).json).toMatchObject({ errorType, errorMessage });
    expect(log().join("")).toMatch(new RegExp(`\\t[0-9a-f-]{36}\\tERROR\\t${title} \\t\\{"errorType":"${errorType}","errorMessage":"${errorMessage}"`));
    expect((await invoke({ bad: false })).json).toBe(1);
  });

  it("an async handler that leaves the event loop empty is told so, and goes on", async () => {
    const { invoke } = await old("let loads = 0; exports.handler = async ({ bad }) => { loads++; if (bad) await new Promise(() => {}); return loads; }");
    expect((await invoke({ bad: true })).json).toMatchObject({
      errorType: "Runtime.NodeJsExit",
      errorMessage: "The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a Promise that was never settled. For more information, see https://nodejs.org/docs/latest/api/process.html#exit-codes",
    });
    expect((await invoke({})).json).toBe(2);
  });

  it("a rejection after the answer ends the process, and the answer stands", async () => {
    const { invoke } = await old("let loads = 0; const lose = async () => { throw new Error('lost'); }; exports.handler = async ({ bad }) => { loads++; if (bad) lose(); return loads; }");
    expect((await invoke({ bad: true })).outcome.kind).toBe("response");
    expect((await invoke({})).json).toBe(1);
  });
});
