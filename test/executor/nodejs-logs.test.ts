import { describe, expect, it } from "vitest";
import { node } from "./ground.ts";

const LINES = `
  console.log("plain %s", "text", { a: [1] });
  console.warn("two\\nlines"); console.error(new RangeError("bad")); console.debug(5); console.trace("trace"); console.fatal?.("fatal"); console.info();
  console.table([{ a: 1 }]); console.count("n"); console.log("10%\\r20%"); console.log("\\x1e\\x1f");
  process.stdout.write("raw\\r\\nprogress 1\\rprogress 2\\n"); process.stdout.write("begun "); console.log("between"); process.stdout.write("ended\\n");
  process.stderr.write("to stderr\\n"); console.dir({ a: 1 }); process.stdout.write("no end");
`;
const messages = (log: string[]) => log.map((line) => line.replace(/^\S+Z\t/, "").replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, "ID"));

describe("the text log of a Node.js handler", () => {
  it("has AWS's form, one event for each message", async () => {
    const { invoke, log } = await node(`console.log("loaded"); export const handler = async () => { ${LINES} }`);
    const { logTail } = await invoke({});
    const seen = messages(log());
    expect(seen).toContain("-\tINFO\tloaded\n");
    const own = seen.slice(seen.indexOf("START RequestId: ID Version: $LATEST\n") + 1, seen.indexOf("END RequestId: ID\n")).filter((line) => line !== "to stderr\n");
    expect(own.slice(0, 2)).toEqual(["ID\tINFO\tplain text { a: [ 1 ] }\n", "ID\tWARN\ttwo\nlines\n"]);
    expect(own[2]).toMatch(/^ID\tERROR\tRangeError: bad\n {4}at /);
    expect(own.slice(3)).toEqual([
      "ID\tDEBUG\t5\n", "ID\tTRACE\ttrace\n", "ID\tFATAL\tfatal\n", "ID\tINFO\tundefined\n", expect.stringMatching(/^ID\tINFO\t┌─+┬.*\n│ .*\n/), "ID\tINFO\tn: 1\n", "ID\tINFO\t10%\r20%\n", "ID\tINFO\t\x1e\x1f\n",
      "raw\r\n", "progress 1\rprogress 2\n", "begun \n", "ID\tINFO\tbetween\n", "ended\n", "{ a: 1 }\n", "no end\n",
    ]);
    expect(seen).toContain("to stderr\n");
    expect(logTail.toString()).toContain("no end\nEND ");
  });

  it("holds messages longer than the pipe, whole and in order", async () => {
    const { invoke, log } = await node(`export const handler = async () => { for (let i = 0; i < 5; i++) console.log(i + "x".repeat(150_000) + "\\n" + i); }`);
    await invoke({});
    const long = log().filter((line) => line.includes("xxx"));
    expect(long.map((line) => line.length)).toEqual(Array(5).fill(long[0]!.length));
    expect(long.map((line) => line.at(-2))).toEqual(["0", "1", "2", "3", "4"]);
  });

  it("says `undefined` for the request id before the first invocation on nodejs22.x", async () => {
    const { invoke, log } = await node("console.log('loaded'); export const handler = async () => 1", { runtime: "nodejs22.x" });
    await invoke({});
    expect(messages(log())).toContain("undefined\tINFO\tloaded\n");
  });
});

describe("G4 the JSON log of a Node.js handler", () => {
  const json = (applicationLevel: string, source = `export const handler = async () => { ${LINES} }`) =>
    node(source, { logging: { group: "g", format: "JSON", applicationLevel } });
  const entries = (log: string[]) => log.flatMap((line) => (line.startsWith("{") && line.includes('"timestamp"') ? [JSON.parse(line) as Record<string, unknown>] : []));

  it("has one object for each message", async () => {
    const { invoke, log } = await json("TRACE");
    await invoke({});
    const [first, second, third, ...others] = entries(log());
    expect(first).toEqual({ timestamp: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/), level: "INFO", requestId: expect.stringMatching(/^[0-9a-f-]{36}$/), message: "plain text { a: [ 1 ] }" });
    expect(second).toMatchObject({ level: "WARN", message: "two\nlines" });
    expect(third).toMatchObject({ level: "ERROR", message: { errorType: "RangeError", errorMessage: "bad", stackTrace: expect.arrayContaining(["RangeError: bad"]) } });
    expect(others.slice(0, 3)).toMatchObject([{ level: "DEBUG", message: 5 }, { level: "TRACE", message: "trace" }, { level: "FATAL", message: "fatal" }]);
    expect(Object.keys(others[3]!)).toEqual(["timestamp", "level", "requestId"]);
  });

  it("takes an error beside other parts apart, and prints what is no JSON", async () => {
    const { invoke, log } = await json("INFO", "export const handler = async () => { console.error('failed:', new TypeError('no')); const a = {}; a.a = a; console.log(a); console.log({ big: 1n }); throw new RangeError('end'); }");
    await invoke({});
    expect(entries(log())).toMatchObject([
      { level: "ERROR", message: expect.stringMatching(/^failed: TypeError: no\n/), errorType: "TypeError", errorMessage: "no", stackTrace: expect.any(Array) },
      { level: "INFO", message: "<ref *1> { a: [Circular *1] }" },
      { level: "INFO", message: "{ big: 1n }" },
      { level: "ERROR", message: { errorType: "RangeError", errorMessage: "end", stackTrace: expect.any(Array) } },
    ]);
  });

  it.each([["TRACE", 6], ["DEBUG", 5], ["INFO", 4], ["WARN", 3], ["ERROR", 2], ["FATAL", 1]])("honours ApplicationLogLevel %s", async (level, count) => {
    const { invoke, log } = await json(level, `export const handler = async () => { for (const one of ["trace", "debug", "info", "warn", "error", "fatal"]) console[one](one); }`);
    await invoke({});
    expect(entries(log()).map(({ message }) => message)).toEqual(["trace", "debug", "info", "warn", "error", "fatal"].slice(-count));
  });

  it("filters JSON that a handler prints itself by its level; other lines stay", async () => {
    const { invoke, log } = await json("WARN", `export const handler = async () => { for (const level of ["debug", "warn", undefined]) process.stdout.write(JSON.stringify({ level, mine: level ?? "none" }) + "\\n"); process.stdout.write("plain\\n"); }`);
    await invoke({});
    const own = log().filter((line) => !line.includes("platform."));
    expect(own).toEqual(['{"level":"warn","mine":"warn"}\n', "plain\n"]);
  });
});
