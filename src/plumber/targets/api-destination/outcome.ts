import { constants, unzipSync } from "node:zlib";
import { API_DESTINATION_ANSWER_BYTES_MAX } from "../../../kit/limits/events.ts";
import { TargetError } from "../../delivery.ts";

/** As EventBridge words it in its dead letters. */
const unable = (what: string): string => `Unable to invoke ApiDestination endpoint: ${what}`;

export const unreachable = (): TargetError => new TargetError("failed", "SDK_CLIENT_ERROR", unable("API destination endpoint cannot be reached."));

export const timedOut = (): TargetError => new TargetError("failed", "UNKNOWN", unable("Timeout calling endpoint for API Destination: socket closed."));

export const notAuthorized = (why: string): TargetError => new TargetError("failed", "SDK_CLIENT_ERROR", unable(`The connection is not authorized: ${why}.`));

/** There is no sending it, however often. */
export const notSendable = (why: string): TargetError => new TargetError("refused", "SDK_CLIENT_ERROR", unable(`${why}.`));

/** What an endpoint answers becomes an attribute of a dead letter, which takes no other characters than XML does. */
const inXml = (text: string): string => text.replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, "\uFFFD");

/** The beginning of an answer as text, whatever it is packed in. */
export const textOf = (bytes: Buffer, encoding: string | undefined): string => {
  if (encoding === undefined || !/gzip|deflate/i.test(encoding)) return bytes.toString();
  try {
    return unzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, API_DESTINATION_ANSWER_BYTES_MAX).toString();
  } catch {
    return "";
  }
};

/** "Retries events associated with error codes 401, 407, 409, 429, and 5xx" ("API destinations as targets in Amazon EventBridge"). */
const isWorthAnotherTry = (status: number): boolean => [401, 407, 409, 429].includes(status) || status >= 500;

/** Milliseconds that `Retry-After` asks for; negative ones are no time but the wish not to be asked again. @param now Real time. */
export const retryAfterMs = (value: string | undefined, now: number): number | undefined => {
  if (value === undefined) return undefined;
  if (/^-?\d{1,9}$/.test(value.trim())) return Number(value) * 1_000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(at - now, 0);
};

/** What a status means, where it is no success. */
export const failureOf = (status: number, text: string, afterMs: number | undefined): TargetError => {
  const message = unable(`API destination returned HTTP status ${status} with payload: ${inXml(text)}`);
  const code = status === 429 ? "THROTTLING" : "SDK_CLIENT_ERROR";
  if (!isWorthAnotherTry(status) || (afterMs !== undefined && afterMs < 0)) return new TargetError("refused", code, message);
  return new TargetError("failed", code, message, afterMs);
};
