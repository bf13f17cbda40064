import * as fc from "fast-check";
import { METHODS } from "node:http";

/** A correct request as bytes in Latin-1, and all that is generated for one. */
const TOKEN = fc.stringMatching(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,12}$/);
const VALUE = fc.oneof(fc.stringMatching(/^[\t -~\x80-\xff]{0,30}$/), fc.constant("chunked"), fc.constant("close"), fc.constant("keep-alive"));
const RESERVED = /^(host|content-length|transfer-encoding|connection|expect|trailer|upgrade|keep-alive|set-cookie|__proto__|te)$/i;
const FIELD = fc.tuple(TOKEN.filter((name) => !RESERVED.test(name)), VALUE, fc.constantFrom("", " ", " \t ")).map(([name, value, blanks]) => `${name}:${blanks}${value}${blanks}\r\n`);
const FIELDS = fc.array(FIELD, { maxLength: 6 }).map((fields) => fields.join(""));
const BODY = fc.oneof(fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 60 }), fc.constant("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), fc.constant("0\r\n\r\n"));
const EXTENSION = fc.constantFrom("", ";a", ";a=b", ';a="b; \\" c"', ";a=b;c");

const chunk = (body: string, extension: string, isUpper: boolean): string => {
  const size = body.length.toString(16);
  return `${isUpper ? size.toUpperCase() : size}${extension}\r\n${body}\r\n`;
};
const CHUNKED = fc
  .tuple(fc.array(fc.tuple(BODY.filter((body) => body !== ""), EXTENSION, fc.boolean()), { maxLength: 4 }), FIELDS)
  .map(([chunks, trailers]) => ({ field: "Transfer-Encoding: chunked\r\n", body: `${chunks.map((one) => chunk(...one)).join("")}0\r\n${trailers}\r\n` }));
const SIZED = BODY.map((body) => ({ field: `Content-Length: ${body.length}\r\n`, body }));
const NONE = fc.constant({ field: "", body: "" });

const METHOD = fc.constantFrom(...METHODS.filter((method) => method !== "CONNECT" && method !== "HEAD"));
const PATH = fc.stringMatching(/^\/[!-~]{0,20}$/);

/** Correct, and kept alive. */
export const correctRequest = fc
  .tuple(METHOD, PATH, FIELDS, fc.oneof(NONE, SIZED, CHUNKED), fc.constantFrom("", "\r\n"))
  .map(([method, path, fields, { field, body }, before]) => `${before}${method} ${path} HTTP/1.1\r\nHost: x\r\n${fields}${field}\r\n${body}`);

const HOSTILE = fc.constantFrom("\r", "\n", "\r\n", "\r\n\r\n", " ", "\t", ":", ";", ",", "0", "f", "\0", "\x7f", "\x80", "\xff", "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n", "Host: y\r\n", "HTTP/1.0");
const EDIT = fc.tuple(fc.nat(), fc.nat({ max: 3 }), fc.oneof(HOSTILE, fc.constant("")));

/** Bytes are dropped, replaced, put in between. */
const edited = (text: string, edits: readonly [number, number, string][]): string =>
  edits.reduce((so, [at, dropped, put]) => {
    const from = so.length === 0 ? 0 : at % so.length;
    return so.slice(0, from) + put + so.slice(from + dropped);
  }, text);

const NOISE = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)), maxLength: 200 });

/** Anything that may come by a connection: correct requests, damaged ones, noise. */
export const anyTraffic = fc
  .tuple(fc.array(fc.oneof({ weight: 8, arbitrary: correctRequest }, { weight: 1, arbitrary: NOISE }), { maxLength: 4 }), fc.array(EDIT, { maxLength: 3 }))
  .map(([requests, edits]) => edited(requests.join(""), edits));

/** Where bytes are cut; few or many pieces. */
export const cuts = fc.oneof(fc.array(fc.nat(), { maxLength: 6 }), fc.constant("each" as const));

export const cut = (bytes: Buffer, at: readonly number[] | "each"): Buffer[] => {
  const places = at === "each" ? bytes.length === 0 ? [] : Array.from({ length: bytes.length - 1 }, (_, i) => i + 1) : [...new Set(at.map((one) => one % (bytes.length + 1)))].toSorted((a, b) => a - b);
  // A piece of its own each: where one lies must make no difference.
  return [0, ...places].map((from, i) => Buffer.from(bytes.subarray(from, places[i] ?? bytes.length)));
};
