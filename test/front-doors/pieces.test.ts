import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { frontDoorAddress } from "../../src/gateway/front-doors/address.ts";
import { answerV2 } from "../../src/gateway/front-doors/answer-v2.ts";
import { corsHeaders, isPreflight, preflightHeaders } from "../../src/gateway/front-doors/cors.ts";
import { splitPrelude } from "../../src/gateway/front-doors/prelude.ts";
import { readQuery } from "../../src/gateway/front-doors/query.ts";
import { bodyMembers } from "../../src/gateway/front-doors/request-body.ts";
import { requestTime } from "../../src/gateway/front-doors/request-time.ts";

describe("an address", () => {
  it.each([
    ["abc.lambda-url.us-east-1.localhost", "/p", { kind: "function-url", id: "abc", path: "/p", isByHost: true }],
    ["abc.lambda-url.localhost", "/", { kind: "function-url", id: "abc", path: "/", isByHost: true }],
    ["abc.execute-api.eu-west-1.amazonaws.com", "/dev/pets", { kind: "api", id: "abc", path: "/dev/pets", isByHost: true }],
    ["abc.execute-api.localhost.localstack.cloud", "/dev", { kind: "api", id: "abc", path: "/dev", isByHost: true }],
    ["localhost", "/_aws/lambda-url/abc", { kind: "function-url", id: "abc", path: "/", isByHost: false }],
    ["127.0.0.1", "/_aws/lambda-url/abc/a%20b/", { kind: "function-url", id: "abc", path: "/a%20b/", isByHost: false }],
    ["[::1]", "/_aws/execute-api/abc/dev/pets", { kind: "api", id: "abc", path: "/dev/pets", isByHost: false }],
    ["localhost", "/_aws/execute-api/ABC/dev", undefined],
    ["localhost", "/_aws/execute-api/", undefined],
    ["localhost", "/_aws/lambda-url/../x", undefined],
    ["abc.lambda-url", "/", undefined],
    ["lambda-url.localhost", "/", undefined],
    ["a.lambda-url.us-east-1.s3.localhost", "/", undefined],
    ["a.execute-api.us-east-1.s3.us-east-1.amazonaws.com", "/", undefined],
    ["lambda.us-east-1.amazonaws.com", "/2015-03-31/functions", undefined],
  ])("%s%s", (host, path, expected) => {
    expect(frontDoorAddress({ host, path })).toEqual(expected);
  });
});

describe("a query", () => {
  it.each([
    ["", []],
    ["a=1&a=2&b", [["a", ["1", "2"]], ["b", [""]]]],
    ["a=x+y%20z&%C3%A4=%F0%9F%98%80", [["a", ["x y z"]], ["ä", ["😀"]]]],
    ["a=%zz&b=%ff&&=c", [["a", ["%zz"]], ["b", ["%ff"]], ["", ["c"]]]],
    ["a=b=c", [["a", ["b=c"]]]],
  ])("%s", (query, expected) => {
    expect([...readQuery(query)]).toEqual(expected);
  });
});

describe("a body", () => {
  it.each([
    ["text/html; charset=utf-8", true], ["application/json", true], ["application/javascript", true], ["application/xml", true], ["application/problem+json", true], ["image/svg+xml", false],
    ["application/x-www-form-urlencoded", false], ["multipart/form-data; boundary=x", false], ["application/jsonx", false], [undefined, true],
  ])("of the type %s is text: %s", (type, isText) => {
    expect(bodyMembers(Buffer.from("a"), type)).toEqual(isText ? { body: "a", isBase64Encoded: false } : { body: "YQ==", isBase64Encoded: true });
  });

  it("comes back byte for byte, whatever it is", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), fc.constantFrom("text/plain", "application/json", "image/png"), (bytes, type) => {
        const { body, isBase64Encoded } = bodyMembers(Buffer.from(bytes), type);
        expect(Buffer.from(body!, isBase64Encoded ? "base64" : "utf8")).toEqual(Buffer.from(bytes));
      }),
    );
  });
});

describe("a prelude", () => {
  const END = Buffer.alloc(8);
  async function* pieces(bytes: Buffer, cuts: number[]): AsyncGenerator<Buffer> {
    let at = 0;
    for (const cut of [...cuts.map((one) => one % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]) {
      yield bytes.subarray(at, cut);
      at = cut;
    }
  }

  it("is told from the body however the bytes come", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 40 }), fc.array(fc.nat()), async (body, cuts) => {
        const split = await splitPrelude(pieces(Buffer.concat([Buffer.from('{"statusCode":201}'), END, body]), cuts));
        expect(split!.prelude).toEqual({ statusCode: 201 });
        const rest: Uint8Array[] = [];
        for await (const chunk of split!.body) rest.push(chunk);
        expect(Buffer.concat(rest)).toEqual(Buffer.from(body));
      }),
    );
  });

  it("that does not end is not gathered for ever, and its source is let go", async () => {
    let given = 0;
    let isLetGo = false;
    async function* endless(): AsyncGenerator<Buffer> {
      try {
        for (;;) yield (given++, Buffer.alloc(65_536, "a"));
      } finally {
        isLetGo = true;
      }
    }
    expect([await splitPrelude(endless()), isLetGo]).toEqual([undefined, true]);
    expect(given).toBeLessThan(8);
  });

  it.each(["", "{}", "{", `{\0\0\0\0\0\0\0\0`])("is none in %j", async (text) => {
    expect(await splitPrelude(pieces(Buffer.from(text), []))).toBeUndefined();
  });
});

describe("CORS", () => {
  const asked = (origin: string, more: Record<string, string> = {}) => ({ origin, "access-control-request-method": "PUT", "access-control-request-headers": "x-a,x-b", ...more });

  it.each([
    [["*"], "https://a.example", true], [["https://a.example"], "https://a.example", true], [["https://a.example"], "https://A.example", true], [["https://a.example"], "https://a.example.evil", false],
    [["https://*"], "https://a.example", true], [["https://*"], "http://a.example", false], [["https://*.example"], "https://a.example", true], [["https://*.example"], "https://aXexample", false], [[], "https://a.example", false],
  ])("of %j lets in %s: %s", (AllowOrigins, origin, isAllowed) => {
    expect("access-control-allow-origin" in corsHeaders({ AllowOrigins }, { origin })).toBe(isAllowed);
  });

  it("names the origin and what is asked for where credentials are sent, as a wildcard would be refused", () => {
    const rules = { AllowOrigins: ["*"], AllowMethods: ["*"], AllowHeaders: ["*"], AllowCredentials: true };
    expect(preflightHeaders(rules, asked("https://a.example"))).toEqual({ "access-control-allow-origin": "https://a.example", vary: "Origin", "access-control-allow-credentials": "true", "access-control-allow-methods": "PUT", "access-control-allow-headers": "x-a,x-b" });
    expect(preflightHeaders({ ...rules, AllowCredentials: false }, asked("https://a.example"))).toEqual({ "access-control-allow-origin": "*", "access-control-allow-methods": "*", "access-control-allow-headers": "*" });
  });

  it("has a preflight only where a browser asks", () => {
    expect(isPreflight("OPTIONS", asked("https://a.example"))).toBe(true);
    expect(isPreflight("OPTIONS", { origin: "https://a.example" })).toBe(false);
    expect(isPreflight("GET", asked("https://a.example"))).toBe(false);
  });
});

describe("an answer", () => {
  it("never throws, whatever the function gave", () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string(), fc.json().map((body) => `{"statusCode":200,"headers":${body},"cookies":${body},"body":${body}}`)), (text) => {
        const answer = answerV2(Buffer.from(text), { defaultContentType: "application/json" });
        expect(answer === undefined || (answer.status >= 200 && answer.status <= 599)).toBe(true);
      }),
    );
  });
});

it("writes times as access logs do", () => {
  expect(requestTime(Date.UTC(2020, 2, 12, 19, 3, 58))).toBe("12/Mar/2020:19:03:58 +0000");
});
