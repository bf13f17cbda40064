import type { WireResponse } from "../../../protocol/http.ts";
import { isSendable } from "../answer-headers.ts";
import { isRecord, parseJson } from "../parse-json.ts";
import { malformed } from "./gateway-failure.ts";
import type { MediaTypes } from "./media-types.ts";

const MEMBERS: ReadonlySet<string> = new Set(["statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"]);

/** Told under another name, as they are the gateway's own. Source: "Amazon API Gateway important notes for REST APIs". */
const REMAPPED: ReadonlySet<string> = new Set([
  "authorization", "connection", "content-length", "content-md5", "date", "expect", "host", "max-forwards", "proxy-authenticate", "server", "te", "trailer", "upgrade", "user-agent", "www-authenticate",
]);
const DROPPED: ReadonlySet<string> = new Set(["transfer-encoding", "keep-alive", "proxy-connection"]);

type Headers = Record<string, string | string[]>;

/** Several of one name stay several; names that differ in their case are one. */
const add = (headers: Headers, rawName: string, values: readonly string[]): void => {
  const lower = rawName.toLowerCase();
  if (DROPPED.has(lower) || values.length === 0) return;
  const name = REMAPPED.has(lower) ? `x-amzn-remapped-${lower}` : lower;
  if (!values.every((value) => isSendable(name, value))) throw malformed(`the header ${rawName} cannot be sent`);
  headers[name] = values.length === 1 ? values[0]! : [...values];
};

const text = (value: unknown): string => {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return String(value);
  throw malformed("a header's value is no text");
};

/** `multiValueHeaders` come first; a name that stands in both has all its values. Source: "Output format of a Lambda function for proxy integration". */
export const proxyHeaders = (single: unknown, multi: unknown): Headers => {
  const headers: Headers = {};
  const all = new Map<string, string[]>();
  const note = (name: string, values: readonly string[]) => {
    const key = name.toLowerCase();
    const known = all.get(key) ?? [];
    all.set(key, [...known, ...values.filter((value) => !known.includes(value))]);
  };
  if (multi !== undefined && multi !== null) {
    if (!isRecord(multi)) throw malformed("multiValueHeaders is no object");
    for (const [name, values] of Object.entries(multi)) {
      if (values === null) continue;
      if (!Array.isArray(values)) throw malformed(`multiValueHeaders.${name} is no list`);
      note(name, values.map(text));
    }
  }
  if (single !== undefined && single !== null) {
    if (!isRecord(single)) throw malformed("headers is no object");
    for (const [name, value] of Object.entries(single)) if (value !== null) note(name, [text(value)]);
  }
  for (const [name, values] of all) add(headers, name, values);
  return headers;
};

export const statusOf = (value: unknown = 200): number => {
  const status = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof status !== "number" || !Number.isInteger(status) || status < 100 || status > 599) throw malformed("statusCode is no status of HTTP");
  return status < 200 ? 200 : status;
};

/**
 * A proxy integration's answer, whose members are these five and no others. Base64 is decoded only for a client that accepts one of the API's binary types,
 * or where the answer's own type is one.
 */
export const proxyAnswer = (payload: Buffer, { accept, binaryTypes }: { accept: string | undefined; binaryTypes: MediaTypes }): WireResponse => {
  const value = parseJson(payload.toString("utf8"));
  if (!isRecord(value) || Object.keys(value).length === 0) throw malformed("Malformed Lambda proxy response: it is no object, or an empty one");
  const foreign = Object.keys(value).find((name) => !MEMBERS.has(name));
  if (foreign !== undefined) throw malformed(`Malformed Lambda proxy response: it has the member ${foreign}`);
  const { body = null, isBase64Encoded = false } = value;
  if (body !== null && typeof body !== "string") throw malformed("Malformed Lambda proxy response: its body is no text");
  const headers = proxyHeaders(value["headers"], value["multiValueHeaders"]);
  headers["content-type"] ??= "application/json";
  const isBinary = isBase64Encoded === true && (binaryTypes.isAccepted(accept) || binaryTypes.has([headers["content-type"]].flat()[0]));
  return { status: statusOf(value["statusCode"]), headers, body: isBinary ? Buffer.from(body ?? "", "base64") : (body ?? "") };
};
