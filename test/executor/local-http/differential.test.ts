import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countOf, keeping, latin1, open, startLocal, startNodes, statusesOf, type Seen } from "./ground.ts";
import { correctRequest } from "./requests.ts";

const HOST = "Host: x\r\n";
const get = (fields: string, target = "/", version = "1.1") => `GET ${target} HTTP/${version}\r\n${fields}\r\n`;
const chunked = (body: string) => `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${body}`;
const sized = (length: string, body = "a") => `POST / HTTP/1.1\r\n${HOST}Content-Length:${length}\r\n\r\n${body}`;

/** Both servers, and what each made of the same bytes. */
const startBoth = async () => {
  const seen: { ours: Seen[]; nodes: Seen[] } = { ours: [], nodes: [] };
  const ports = { ours: (await startLocal(keeping(seen.ours))).port, nodes: await startNodes(seen.nodes) };
  const ask = async (side: "ours" | "nodes", text: string, isEnough: (heard: string) => boolean) => {
    seen[side].length = 0;
    const client = await open(ports[side]);
    client.socket.write(latin1(text));
    const heard = await client.hears(isEnough);
    client.socket.destroy();
    return { heard, seen: [...seen[side]] };
  };
  return { ask };
};

describe("beside node:http", () => {
  it("understands the same of correct requests, one behind the other on one connection", async () => {
    const { ask } = await startBoth();
    await fc.assert(fc.asyncProperty(fc.array(correctRequest, { minLength: 1, maxLength: 4 }), async (requests) => {
      const [text, areAnswered] = [requests.join(""), (heard: string) => countOf(heard, "\r\n\r\nok") === requests.length];
      const [ours, nodes] = [await ask("ours", text, areAnswered), await ask("nodes", text, areAnswered)];
      expect(statusesOf(ours.heard)).toEqual(requests.map(() => 200));
      expect(ours.seen).toEqual(nodes.seen);
    }), { numRuns: 300 });
  });

  it.each([
    ["several fields of a name", get(`${HOST}A: 1\r\na: 2\r\nCookie: a\r\nCookie: b\r\nContent-Type: x\r\nContent-Type: y\r\nAuthorization: 1\r\nauthorization: 2\r\nEmpty:\r\n`)],
    ["a length with blanks around it", sized(" \t1 \t")],
    ["a coding in capitals", chunked("0\r\n\r\n").replace("chunked", "CHUNKED")],
    ["bytes beyond ASCII in a value", get(`${HOST}A: \xa0\xe9\xa0\r\n`)],
    ["an empty Host", get("Host:\r\n")],
    ["the server as a target", `OPTIONS * HTTP/1.1\r\n${HOST}\r\n`],
    ["a GET with a body", `GET / HTTP/1.1\r\n${HOST}Content-Length: 1\r\n\r\na`],
    ["a protocol that it could change to", get(`${HOST}Connection: upgrade\r\nUpgrade: x\r\n`)],
    ["HTTP/1.0 without a Host", get("", "/", "1.0")],
    ["HTTP/1.0 that is kept alive", get("Connection: keep-alive\r\n", "/", "1.0")],
    ["a connection that is to be closed", get(`${HOST}Connection: a, Close\r\n`)],
    ["a body that is asked for", `POST / HTTP/1.1\r\n${HOST}Expect: 100-Continue\r\nContent-Length: 1\r\n\r\na`],
  ])("understands the same: %s", async (_what, text) => {
    const { ask } = await startBoth();
    const isAnswered = (heard: string) => heard.endsWith("ok");
    const [ours, nodes] = [await ask("ours", text, isAnswered), await ask("nodes", text, isAnswered)];
    expect(ours.seen).toEqual(nodes.seen);
    expect([ours.seen.length, statusesOf(ours.heard)]).toEqual([1, statusesOf(nodes.heard)]);
  });

  it.each<[string, string, number]>([
    ["lines that end with LF alone", `GET / HTTP/1.1\n${HOST.trim()}\n\n`, 400],
    ["one line that ends with LF alone", get(`${HOST}A: b\nC: d\r\n`), 400],
    ["a line that is continued", get(`${HOST}A: b\r\n c\r\n`), 400],
    ["a CR within a line", get(`${HOST}A: b\rc\r\n`), 400],
    ["a CR before the end of a line", get(`${HOST}A: b\r\r\n`), 400],
    ["a NUL", get(`${HOST}A: \0\r\n`), 400],
    ["a control character", get(`${HOST}A: \x01\r\n`), 400],
    ["DEL", get(`${HOST}A: \x7f\r\n`), 400],
    ["a blank before a colon", get(`${HOST}A : b\r\n`), 400],
    ["a line without a colon", get(`${HOST}A\r\n`), 400],
    ["a field without a name", get(`${HOST}: b\r\n`), 400],
    ["a name that is none", get(`${HOST}A(: b\r\n`), 400],
    ["a missing Host", get(""), 400],
    ["a method in small letters", `get / HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["a method that there is not", `FOO / HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["a target that is neither path nor URL", get(HOST, "a"), 400],
    ["a tab in the target", get(HOST, "/\t"), 400],
    ["a byte beyond ASCII in the target", get(HOST, "/\xe9"), 400],
    ["DEL in the target", get(HOST, "/\x7f"), 400],
    ["a blank behind the version", get(HOST, "/", "1.1 "), 400],
    ["a version that there is not", get(HOST, "/", "1.2"), 400],
    ["another protocol", "\x16\x03\x01\x00\x05hello", 400],
    ["two lengths", sized(" 1\r\nContent-Length: 1"), 400],
    ["a list of lengths", sized(" 1, 1"), 400],
    ["no length", sized(""), 400],
    ["a length with a sign", sized(" +1"), 400],
    ["a length that is none", sized(" 1a"), 400],
    ["a length beyond all", sized(" 99999999999999999999999"), 400],
    ["a length and a coding", chunked("0\r\n\r\n").replace("\r\n\r\n", "\r\nContent-Length: 5\r\n\r\n"), 400],
    ["two codings", chunked("0\r\n\r\n").replace(HOST, `${HOST}Transfer-Encoding: chunked\r\n`), 400],
    ["a size with a blank", chunked("1 \r\na\r\n0\r\n\r\n"), 400],
    ["a size that ends with LF alone", chunked("1\na\r\n0\r\n\r\n"), 400],
    ["a chunk that is longer than its size", chunked("1\r\nab\r\n0\r\n\r\n"), 400],
    ["a chunk that ends with LF alone", chunked("1\r\na\n0\r\n\r\n"), 400],
    ["a size with 0x", chunked("0x1\r\na\r\n0\r\n\r\n"), 400],
    ["a size with a sign", chunked("-1\r\na\r\n0\r\n\r\n"), 400],
    ["a size beyond all", chunked("fffffffffffffffff\r\na\r\n0\r\n\r\n"), 400],
    ["no size", chunked("\r\n\r\n"), 400],
    ["a control character in an extension", chunked("1;\x01\r\na\r\n0\r\n\r\n"), 400],
    ["two words in an extension", chunked("1;a b\r\na\r\n0\r\n\r\n"), 400],
    ["an empty extension", chunked("1;\r\na\r\n0\r\n\r\n"), 400],
    ["a length behind the body", chunked("0\r\nContent-Length: 1\r\n\r\n"), 400],
    ["a coding behind the body", chunked("0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400],
    ["a trailer that is continued", chunked("0\r\nA: b\r\n c\r\n\r\n"), 400],
    ["a head without an end", get(`${HOST}A: ${"x".repeat(20_000)}\r\n`), 431],
    ["trailers without an end", chunked(`0\r\nA: ${"x".repeat(20_000)}\r\n\r\n`), 431],
    ["extensions without an end", chunked(`1;a=${"x".repeat(20_000)}\r\na\r\n0\r\n\r\n`), 413],
    ["what cannot be expected", `POST / HTTP/1.1\r\n${HOST}Expect: other\r\nContent-Length: 1\r\n\r\na`, 417],
  ])("refuses the same: %s", async (_what, text, status) => {
    const { ask } = await startBoth();
    const isRefused = (heard: string) => /^HTTP\/1\.1 4.*\r\n\r\n/s.test(heard);
    const [ours, nodes] = [await ask("ours", text, isRefused), await ask("nodes", text, isRefused)];
    expect([statusesOf(ours.heard), statusesOf(nodes.heard)]).toEqual([[status], [status]]);
    expect([ours.seen, nodes.seen]).toEqual([[], []]);
    expect(ours.heard).toContain("Connection: close\r\n");
  });

  /** What node:http takes, or refuses in another way, and why it is not so here. */
  it.each<[string, string, number, number]>([
    ["two hosts: which of them a proxy would have believed is not known", get(`${HOST}Host: y\r\n`), 400, 200],
    ["several blanks in the request line: two ways to read it", get(HOST, " /"), 400, 200],
    ["versions that are spoken in other ways", get(HOST, "/", "2.0"), 400, 200],
    ["HTTP/0.9 has no head", get(HOST, "/", "0.9"), 400, 200],
    ["a line without a version is HTTP/0.9", "GET /\r\n\r\n", 400, 200],
    ["a coding below the chunks, which nobody here would undo", chunked("0\r\n\r\n").replace("chunked", "gzip, chunked"), 501, 200],
    ["a coding that is not chunked, in its own words", chunked("").replace("chunked", "gzip"), 501, 400],
    ["a coding in HTTP/1.0, which has none: faulty by RFC 9112", chunked("0\r\n\r\n").replace("1.1", "1.0"), 400, 200],
    ["empty lines that end with LF alone", `\n\n${get(HOST)}`, 400, 200],
    ["text that continues a path which is none", `OPTIONS *a HTTP/1.1\r\n${HOST}\r\n`, 400, 200],
    ["URLs of other protocols", get(HOST, "ftp://a/b"), 400, 200],
    ["two hosts behind the body", chunked("0\r\nHost: a\r\nHost: b\r\n\r\n"), 400, 200],
  ])("is stricter: %s", async (_why, text, ours, nodes) => {
    const { ask } = await startBoth();
    const isAnswered = (heard: string) => heard.includes("\r\n\r\n");
    expect([statusesOf((await ask("ours", text, isAnswered)).heard), statusesOf((await ask("nodes", text, isAnswered)).heard)]).toEqual([[ours], [nodes]]);
  });

  it("answers CONNECT, which node:http only hangs up on", async () => {
    const { ask } = await startBoth();
    const text = `CONNECT a:1 HTTP/1.1\r\n${HOST}\r\n`;
    expect([statusesOf((await ask("ours", text, () => false)).heard), (await ask("nodes", text, () => false)).heard]).toEqual([[400], ""]);
  });

  it("sees a path where node:http sees a whole URL, and several cookies to set as one field", async () => {
    const { ask } = await startBoth();
    for (const [target, path] of [["http://x:1/a?b", "/a?b"], ["HTTP://x", "/"], ["http://x?a", "/?a"], ["https://x/", "/"]] as const) {
      const [ours, nodes] = [await ask("ours", get(HOST, target), (heard) => heard.endsWith("ok")), await ask("nodes", get(HOST, target), (heard) => heard.endsWith("ok"))];
      expect([ours.seen[0]!.url, nodes.seen[0]!.url]).toEqual([path, target]);
    }
    const text = get(`${HOST}Set-Cookie: a\r\nSet-Cookie: b\r\n`);
    expect((await ask("ours", text, (heard) => heard.endsWith("ok"))).seen[0]!.headers).toEqual({ host: "x", "set-cookie": "a, b" });
  });

  it("has a field of any name", async () => {
    const { ask } = await startBoth();
    const { seen } = await ask("ours", get(`${HOST}__proto__: 1\r\nconstructor: 2\r\n`), (heard) => heard.endsWith("ok"));
    expect(Object.entries(seen[0]!.headers)).toEqual([["host", "x"], ["__proto__", "1"], ["constructor", "2"]]);
  });
});
