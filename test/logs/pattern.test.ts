import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileGlob } from "../../src/services/logs/pattern/compare.ts";
import { compilePattern, readPattern } from "../../src/services/logs/pattern/pattern.ts";
import { compileRegex } from "../../src/services/logs/pattern/regex.ts";
import { startLogs } from "./support.ts";

const matches = (pattern: string, message: string) => compilePattern(pattern).matches(message);

describe("terms", () => {
  it.each([
    ["", "anything", true],
    ["ERROR", "[ERROR 400] BAD REQUEST", true],
    ["ERROR", "[error 400]", false],
    ["ERROR ARGUMENTS", "ERROR: wrong ARGUMENTS", true],
    ["ERROR ARGUMENTS", "ERROR", false],
    ["?ERROR ?ARGUMENTS", "ARGUMENTS", true],
    ["?ERROR ?ARGUMENTS", "fine", false],
    ["?ERROR REQUEST", "REQUEST", true],
    ["?ERROR REQUEST", "ERROR", false],
    ["ERROR -ARGUMENTS", "ERROR one", true],
    ["ERROR -ARGUMENTS", "ERROR ARGUMENTS", false],
    ['"INTERNAL SERVER ERROR"', "an INTERNAL SERVER ERROR here", true],
    ['"INTERNAL SERVER ERROR"', "INTERNAL ERROR", false],
    ['-"not this"', "but that", true],
    ['"say \\"hi\\""', 'say "hi"', true],
    ["%4[0-9]{2}%", "status 404", true],
    ["%^START|END%", "x END", true],
    ["%^START%", "x START", false],
    ["ERROR -%40[13]%", "ERROR 500", true],
    ["ERROR -%40[13]%", "ERROR 403", false],
  ])("%s on %s", (pattern, message, expected) => expect(matches(pattern, message)).toBe(expected));

  it.each([
    ["a.b", "Invalid character(s) in term 'a.b'"],
    ['"open', "Invalid filter pattern"],
    ["{ $.a = 1", "If a filter pattern starts with '{' it must end with '}'"],
    ["%(a)%", "Invalid character(s) in term '%(a)%'"],
    ["{ $.a }", "Invalid filter pattern"],
    ["{ a = 1 }", "Invalid filter pattern"],
    ["{ $.a > x }", "Invalid filter pattern"],
    ["[a, ..., b, ...]", "Invalid filter pattern"],
    ["[status = 4* && bytes > 1]", "Invalid filter pattern"],
    ["{ $.a EXISTS }", "Invalid filter pattern"],
    ["%a{,}%", "Invalid filter pattern"],
    ["%something!%", "Invalid character(s) in term '%something!%'"],
    ["{ $.a[*].b[*] = 1 }", "Invalid filter pattern: a property selector can have no more than one wildcard"],
    ["{ $.a[*] = 1 || $.b[*] = 1 || $.c[*] = 1 || $.* = 1 }", "Invalid filter pattern: there can be no more than 3 wildcards in its property selectors"],
    ["[a = %1%, b = %2%, c = %3%]", "Invalid filter pattern: it has 3 regular expressions, and there can be no more than 2"],
  ])("%s is refused", (pattern, message) => {
    expect(() => readPattern(pattern)).toThrow(expect.objectContaining({ code: "InvalidParameterException", message }));
  });
});

const EVENT = JSON.stringify({
  eventType: "UpdateTrail",
  sourceIPAddress: "111.111.111.111",
  arrayKey: ["value", "another value"],
  objectList: [{ name: "a", id: 1 }, { name: "b", id: 2 }],
  SomeObject: null,
  ThisFlag: true,
  latency: 50,
  small: 1e-3,
  "with space": "x",
  quoted: "7",
});

describe("JSON", () => {
  it.each([
    ['{ $.eventType = "UpdateTrail" }', true],
    ["{ $.eventType = UpdateTrail }", true],
    ['{ $.eventType = "Update*" }', true],
    ['{ $.eventType != "Update*" }', false],
    ["{ $.sourceIPAddress != 123.123.* }", true],
    ["{ $.sourceIPAddress = 111.111.* }", true],
    ["{ $.sourceIPAddress = %^111\\.1.*1$% }", true],
    ['{ $.arrayKey[0] = "value" }', true],
    ['{ $.arrayKey[5] = "value" }', false],
    ["{ $.objectList[1].id = 2 }", true],
    ["{ $.objectList[*].id = 2 }", true],
    ["{ $.objectList[*].id = 3 }", false],
    ["{ $['with space'] = x }", true],
    ["{ $.SomeObject IS NULL }", true],
    ["{ $.latency IS NULL }", false],
    ["{ $.SomeOtherObject NOT EXISTS }", true],
    ["{ $.SomeObject NOT EXISTS }", false],
    ["{ $.ThisFlag IS TRUE }", true],
    ["{ $.ThisFlag IS FALSE }", false],
    ["{ $.latency = 50 }", true],
    ["{ $.latency = 5.0e1 }", true],
    ["{ $.latency != 50 }", false],
    ["{ $.latency >= 50 && $.latency < 50.5 }", true],
    ["{ $.latency > 50 }", false],
    ["{ $.small = 1e-3 }", true],
    ["{ $.missing != 1 }", false],
    ["{ ($.latency > 60) || ($.eventType = UpdateTrail) }", true],
    ["{ $.eventType = UpdateTrail || $.latency > 1 && $.latency > 100 }", true],
    ["{ ($.eventType = UpdateTrail || $.latency > 1) && $.latency > 100 }", false],
    ['{ $.quoted = "7" }', true],
    ["{ $.quoted < 8 }", true],
    ["{ $.constructor NOT EXISTS }", true],
    ["{ $.* = %1{,2}\\.111% }", true],
    ["{ $.* = 51 }", false],
    ["{ $.objectList[0].* = a }", true],
  ])("%s", (pattern, expected) => expect(matches(pattern, EVENT)).toBe(expected));

  it("does not match what is not a JSON object", () => {
    for (const message of ["", "plain text", "{ broken", "3", "null", '"x"']) expect(matches("{ $.a NOT EXISTS }", message)).toBe(false);
    expect(matches("{ $.a NOT EXISTS }", "{}\n")).toBe(true);
  });
});

const ACCESS = '127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534';

describe("space-delimited", () => {
  it.each([
    ["[ip, user, username, timestamp, request, status_code, bytes]", true],
    ["[ip, user, username, timestamp, request =*.html*, status_code = 4*, bytes]", true],
    ["[ip, user, username, timestamp, request, status_code = 5*, bytes]", false],
    ["[..., status_code = 404, bytes > 1000]", true],
    ["[..., status_code = 404, bytes > 2000]", false],
    ["[ip, ..., bytes]", true],
    ["[ip = 127.0.0.1, ...]", true],
    ["[ip = 127.0.0.1, rest]", true],
    ["[ip = 127.0.0.1]", false],
    ["[ip, user, username, timestamp, request, status_code, bytes, more]", false],
    ["[ip, user, username, timestamp, request = *404*]", true],
    ["[ip != 10.*, ...]", true],
    ["[..., status = 500 || status = 404, bytes]", true],
    ["[..., status >= 400 && status < 500, bytes]", true],
    ["[ip = %127\\.0%, ...]", true],
    ["[,, username = frank, ...]", true],
  ])("%s", (pattern, expected) => expect(matches(pattern, ACCESS)).toBe(expected));

  it("extracts the fields by name", () => {
    expect(compilePattern("[ip, ..., bytes]").extract(ACCESS)).toEqual({
      $ip: "127.0.0.1", $2: "Prod", $3: "frank", $4: "10/Oct/2000:13:25:15 -0700", $5: "GET /index.html HTTP/1.0", $6: "404", $bytes: "1534",
    });
    expect(compilePattern('[timestamp=*Z, request_id="*-*", event]').extract('2026-11-24T12:00:00.000Z\t8f-1\tINFO\t{"a": 1}\n')).toEqual({ $timestamp: "2026-11-24T12:00:00.000Z", $request_id: "8f-1", $event: 'INFO\t{"a": 1}' });
  });
});

describe("whatever is asked", () => {
  it("answers or refuses with InvalidParameterException, never anything else", () => {
    const alphabet = fc.constantFrom(..."{}[]()$.=!<>&|*%\\\"'?-+,^ abIS NOTEX019");
    fc.assert(
      fc.property(fc.string({ unit: alphabet, maxLength: 40 }), fc.string({ unit: alphabet, maxLength: 40 }), (pattern, message) => {
        try {
          expect(typeof matches(pattern, message)).toBe("boolean");
        } catch (error) {
          expect(error).toMatchObject({ code: "InvalidParameterException" });
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it("agrees with JavaScript's expressions where both can say it", () => {
    const atom = fc.constantFrom("a", "b", "ab", ".", "[ab]", "[^a]", "\\d", "\\w", "1");
    const step = fc.tuple(atom.filter((text) => text !== "ab"), fc.constantFrom("", "?", "*", "+", "{2}", "{1,2}")).map((parts) => parts.join(""));
    const row = fc.array(step, { maxLength: 5 }).map((steps) => steps.join(""));
    const anchored = fc.tuple(fc.constantFrom("", "^"), row, fc.constantFrom("", "$")).map((parts) => parts.join(""));
    const source = fc.array(anchored, { minLength: 1, maxLength: 3 }).map((rows) => rows.join("|"));
    fc.assert(
      fc.property(source, fc.string({ unit: fc.constantFrom("a", "b", "c", "1", " "), maxLength: 8 }), (regex, text) => {
        expect(compileRegex(regex).test(text)).toBe(new RegExp(regex).test(text));
      }),
      { numRuns: 3_000 },
    );
  });

  it("globs as a regular expression of .* would", () => {
    const unit = fc.constantFrom("a", "b", "*");
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 8 }), fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 8 }), (pattern, text) => {
        expect(compileGlob(pattern)(text)).toBe(new RegExp(`^${pattern.replaceAll("*", ".*")}$`).test(text));
      }),
      { numRuns: 2_000 },
    );
  });

  it("walks once over a text that would hold a backtracking engine", () => {
    const text = "a".repeat(200_000);
    expect(compileRegex(".*.*.*.*.*.*x$").test(text)).toBe(false);
    expect(compilePattern("[..., a, b]").matches("[ ".repeat(100_000))).toBe(true);
  });
});

describe("TestMetricFilter", () => {
  it("numbers the messages that match and shows what the pattern names", async () => {
    const { call } = startLogs();
    const { matches: found } = await call("TestMetricFilter", { filterPattern: "{ $.n > 1 }", logEventMessages: ['{"n":1}', '{"n":2}'] });
    expect(found).toEqual([{ eventNumber: 2, eventMessage: '{"n":2}', extractedValues: { "$.n": "2" } }]);
  });
});
