import { describe, expect, it } from "vitest";
import { python } from "./ground.ts";

const LOGGED = `
import logging, sys, subprocess
logger = logging.getLogger("mine")
logging.getLogger().setLevel("DEBUG")
def handler(event, context):
    print("loose", "parts"); print("two\\nlines"); print("ü日本😀"); print("progress 1\\rprogress 2")
    logger.info("two\\nlines %s", 5); logger.debug({"a": 1}, extra={"order": 7}); logging.critical("last")
    context.log("context\\nlog")
    try:
        1 / 0
    except ZeroDivisionError:
        logger.exception("failed")
    sys.stdout.buffer.write(b"\\xff\\xfe\\x00 \\x1b[31mred\\n"); sys.stdout.flush()
    subprocess.run(["echo", "from a child"])
    print("no end", end="")
`;
const messages = (log: string[]) => log.map((line) => line.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/, "TIME").replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, "ID"));

describe("P4 the text log of a Python handler", () => {
  it("has AWS's form: prints line by line, one event for each record", async () => {
    const { invoke, log } = await python(LOGGED);
    await invoke({});
    const seen = messages(log());
    expect(seen.slice(seen.indexOf("START RequestId: ID Version: $LATEST\n") + 1, seen.indexOf("END RequestId: ID\n"))).toEqual([
      "loose parts\n", "two\n", "lines\n", "ü日本😀\n", "progress 1\rprogress 2\n",
      "[INFO]\tTIME\tID\ttwo\nlines 5\n", "[DEBUG]\tTIME\tID\t{'a': 1}\n", "[CRITICAL]\tTIME\tID\tlast\n", "context\nlog\n",
      expect.stringMatching(/^\[ERROR\]\tTIME\tID\tfailed\nTraceback \(most recent call last\):\n {2}File ".*app\.py", line 10, in handler\n[^]*ZeroDivisionError: division by zero\n$/),
      "\ufffd\ufffd\x00 \x1b[31mred\n", "from a child\n", "no end\n",
    ]);
  });

  it("raises what cannot be printed", async () => {
    const { invoke } = await python("def handler(event, context): print('\\ud800')");
    expect((await invoke({})).json).toMatchObject({ errorType: "UnicodeEncodeError" });
  });
});

describe("G4 the JSON log of a Python handler", () => {
  const entries = (log: string[]) => log.flatMap((line) => (line.startsWith("{") ? [JSON.parse(line) as Record<string, unknown>] : [])).filter((entry) => !/^(platform|lambdad)\./.test(String(entry["type"])));

  it("has one object for each record, prints as they are", async () => {
    const { invoke, log } = await python(LOGGED.replace('logging.getLogger().setLevel("DEBUG")', ""), { logging: { group: "g", format: "JSON", applicationLevel: "DEBUG" } });
    await invoke({});
    const requestId = expect.stringMatching(/^[0-9a-f-]{36}$/);
    const timestamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(entries(log())).toEqual([
      { timestamp, level: "INFO", message: "two\nlines 5", logger: "mine", requestId },
      { timestamp, level: "DEBUG", message: { a: 1 }, logger: "mine", requestId, order: 7 },
      { timestamp, level: "CRITICAL", message: "last", logger: "root", requestId },
      { timestamp, level: "ERROR", message: "failed", logger: "mine", requestId, errorType: "ZeroDivisionError", errorMessage: "division by zero", stackTrace: [expect.stringContaining("line 10, in handler")], location: expect.stringMatching(/app\.py:handler:12$/) },
    ]);
    expect(log()).toContain("loose parts\n");
  });

  it("reports an error as one object", async () => {
    const { invoke, log } = await python("def handler(event, context): raise KeyError('k')", { logging: { group: "g", format: "JSON" } });
    await invoke({});
    expect(entries(log())).toEqual([{ timestamp: expect.any(String), level: "ERROR", errorMessage: "'k'", errorType: "KeyError", requestId: expect.any(String), stackTrace: [expect.stringContaining("in handler")] }]);
  });

  it.each([["TRACE", ["debug", "info", "warning", "error", "critical"]], ["INFO", ["info", "warning", "error", "critical"]], ["WARN", ["warning", "error", "critical"]], ["FATAL", ["critical"]]])("honours ApplicationLogLevel %s", async (applicationLevel, kept) => {
    const { invoke, log } = await python("import logging\ndef handler(event, context):\n  for name in ['debug', 'info', 'warning', 'error', 'critical']: getattr(logging, name)(name)", { logging: { group: "g", format: "JSON", applicationLevel } });
    await invoke({});
    expect(entries(log()).map(({ message }) => message)).toEqual(kept);
  });
});
