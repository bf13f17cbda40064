import { describe, expect, it } from "vitest";
import { CliError } from "../../src/cli/cli-error.ts";
import { explainFailure } from "../../src/cli/explain-failure.ts";
import { createOutput, exitCodeOf, tableLines, wantsColor } from "../../src/cli/output.ts";
import { storyLines } from "../../src/cli/story.ts";

const capture = (isJson: boolean, isColor = false) => {
  const said = { stdout: "", stderr: "" };
  const sink = (name: "stdout" | "stderr") => ({ write: (text: string) => (said[name] += text) });
  return { said, out: createOutput({ command: "clock advance", isJson, isColor, stdout: sink("stdout"), stderr: sink("stderr") }) };
};

const failure = new CliError("NO_BREAD", "there is no bread", { why: "the oven is cold", actions: ["light it", "buy some"], isRetryable: true });

describe("the envelope", () => {
  it("is one line of JSON on stdout", () => {
    const { said, out } = capture(true);
    out.warn("mind the gap");
    out.succeed({ now: 1 });
    expect(said.stdout.endsWith("\n")).toBe(true);
    expect(JSON.parse(said.stdout)).toEqual({ schemaVersion: 1, command: "clock advance", status: "ok", data: { now: 1 }, warnings: ["mind the gap"], error: null });
  });

  it("holds the error with its code, category and actions", () => {
    const { said, out } = capture(true);
    out.fail(failure);
    expect(JSON.parse(said.stdout)).toEqual({
      schemaVersion: 1,
      command: "clock advance",
      status: "error",
      data: null,
      warnings: [],
      error: { code: "NO_BREAD", category: "failed", message: "there is no bread: the oven is cold", retryable: true, actions: ["light it", "buy some"] },
    });
    expect(said.stderr).toBe("");
  });

  it("is not printed for people: data on stdout, what went wrong on stderr", () => {
    const { said, out } = capture(false);
    out.line("data");
    out.succeed({ hidden: true });
    out.fail(failure);
    expect(said.stdout).toBe("data\n");
    expect(said.stderr).toBe("✗ there is no bread\n  why:  the oven is cold\n  fix:  light it\n    or  buy some\n  code: NO_BREAD\n");
  });
});

describe("failures", () => {
  it("of the network mean that no server runs: exit code 3 and how to start it", () => {
    const refused = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
    for (const error of [refused, new Error("wrapped", { cause: refused }), new Error("twice", { cause: new AggregateError([refused]) })]) {
      const explained = explainFailure(error);
      expect(exitCodeOf(explained)).toBe(3);
      expect(explained).toMatchObject({ code: "NOT_RUNNING", actions: [expect.stringContaining("npm start"), expect.stringContaining("--endpoint")] });
    }
  });

  it("of a service keep AWS's code and name the story", () => {
    const denied = Object.assign(new Error("User: … is not authorized"), { name: "AccessDeniedException", $fault: "client", $metadata: { requestId: "r-1", httpStatusCode: 403 } });
    expect(explainFailure(denied)).toMatchObject({ code: "AccessDeniedException", isRetryable: false, actions: ["see which permission is missing: lambdad why r-1"] });
  });

  it("of ours are called ours", () => expect(explainFailure(new RangeError("off by one"))).toMatchObject({ code: "INTERNAL", message: "off by one" }));
});

describe("colour", () => {
  const terminal = [{ write: () => 0, isTTY: true }];
  it.each([
    [true, {}, true],
    [true, { NO_COLOR: "1" }, false],
    [true, { NO_COLOR: "" }, true],
    [true, { CI: "true" }, false],
    [true, { TERM: "dumb" }, false],
    [false, {}, false],
  ])("%s %j", (isAllowed, environment, expected) => expect(wantsColor(isAllowed, environment, terminal)).toBe(expected));

  it("is not for pipes", () => expect(wantsColor(true, {}, [{ write: () => 0, isTTY: false }])).toBe(false));

  it("paints only where it is wanted", () => {
    expect(capture(false, true).out.paint("red", "x")).toBe("\u001b[31mx\u001b[39m");
    expect(capture(false).out.paint("red", "x")).toBe("x");
  });
});

describe("a terminal", () => {
  it("is coloured by what a function wrote, and not steered", () => {
    let said = "";
    const sink = { write: (text: string) => (said += text), isTTY: true };
    const out = createOutput({ command: "logs", isJson: false, isColor: true, stdout: sink, stderr: sink });
    out.line("\u001b[31mred\u001b[39m \u001b]52;c;eA==\u0007\ttab");
    expect(said).toBe("\u001b[31mred\u001b[39m \ufffd]52;c;eA==\ufffd\ttab\n");
  });
});

describe("text", () => {
  it("aligns tables", () => expect(tableLines([["A", "B", ""], ["long", "x", "note"]])).toEqual(["A     B", "long  x  note"]));

  it("tells a refusal with the condition that failed and both ways to open the door", () => {
    const at = Date.UTC(2026, 10, 24, 12);
    const entry = { traceId: "1-a-b", account: "000000000000", region: "us-east-1", keys: [] };
    const lines = storyLines(
      {
        traceId: "1-a-b",
        entries: [
          { ...entry, at, kind: "request", summary: "s3 PutObject uploads/in/a.jpg", detail: {} },
          {
            ...entry,
            at: at + 5,
            kind: "decision",
            summary: "s3.amazonaws.com may not invoke hello",
            detail: {
              decision: { isAllowed: false },
              explanation: {
                message: "no statement allows it",
                failedConditions: [{ operator: "ArnLike", key: "AWS:SourceArn", expected: ["arn:aws:s3:::other"], actual: ["arn:aws:s3:::uploads"] }, { operator: "StringEquals", key: "x", expected: "y" }],
                fix: { terraform: 'resource "aws_lambda_permission" "uploads" {\n}', cli: "aws lambda add-permission" },
              },
            },
          },
        ],
      },
      (_style, text) => text,
    );
    const text = lines.join("\n");
    expect(lines[0]).toBe("1-a-b  2026-11-24T12:00:00.000Z");
    expect(lines[1]).toBe("  12:00:00.000  request   s3 PutObject uploads/in/a.jpg");
    expect(lines[2]).toBe("  12:00:00.005  decision  ✗ s3.amazonaws.com may not invoke hello");
    for (const part of ["condition ArnLike AWS:SourceArn does not hold", "expected  arn:aws:s3:::other", "actual    arn:aws:s3:::uploads", "(the request has no such key)", 'resource "aws_lambda_permission" "uploads" {', "aws lambda add-permission"]) {
      expect(text).toContain(part);
    }
  });
});
