import type { WireResponse } from "../../protocol/http.ts";
import { answerHeaders } from "./answer-headers.ts";
import { isRecord, parseJson } from "./parse-json.ts";

/** What a function says of its HTTP answer. */
export interface HttpAnswer {
  status: number;
  headers: Record<string, string | readonly string[]>;
}

/** 100 to 599, as a number or as digits; undefined when it is neither. */
const readStatus = (value: unknown): number | undefined => {
  const status = typeof value === "string" && /^\d{3}$/.test(value) ? Number(value) : value;
  return typeof status === "number" && Number.isInteger(status) && status >= 200 && status <= 599 ? status : undefined;
};

/** `{ statusCode, headers, cookies }`, of an answer or of the prelude of a streamed one; undefined when HTTP has no such answer. */
export const httpAnswerOf = (value: Readonly<Record<string, unknown>>, defaultContentType: string): HttpAnswer | undefined => {
  const { statusCode = 200, headers: given = {}, cookies = [] } = value;
  const status = readStatus(statusCode);
  if (status === undefined || !Array.isArray(cookies) || (given !== null && !isRecord(given))) return undefined;
  const headers = answerHeaders(given ?? {});
  if (headers === undefined) return undefined;
  headers["content-type"] ??= defaultContentType;
  if (cookies.length === 0) return { status, headers };
  const withCookies = answerHeaders({ "set-cookie": [...[headers["set-cookie"] ?? []].flat(), ...cookies] });
  return withCookies === undefined ? undefined : { status, headers: { ...headers, ...withCookies } };
};

/**
 * An answer of the payload format 2.0: with a `statusCode` it says itself what it is, without one it is the body of a 200. Undefined when it is malformed.
 * Source: "Lambda function response for format 2.0"; "Response payload format" of function URLs.
 */
export const answerV2 = (payload: Buffer, { defaultContentType }: { defaultContentType: string }): WireResponse | undefined => {
  const value = parseJson(payload.toString("utf8"));
  if (value === undefined) return undefined;
  if (!isRecord(value) || value["statusCode"] === undefined) return { status: 200, headers: { "content-type": "application/json" }, body: payload };
  const { body = "", isBase64Encoded = false } = value;
  const answer = httpAnswerOf(value, defaultContentType);
  if (answer === undefined || (body !== null && typeof body !== "string")) return undefined;
  return { ...answer, body: isBase64Encoded === true ? Buffer.from(body ?? "", "base64") : (body ?? "") };
};
