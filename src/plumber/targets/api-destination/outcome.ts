import { TargetError } from "../../delivery.ts";

/** As EventBridge words it in its dead letters. */
const unable = (what: string): string => `Unable to invoke ApiDestination endpoint: ${what}`;

export const unreachable = (): TargetError => new TargetError("failed", "SDK_CLIENT_ERROR", unable("API destination endpoint cannot be reached."));

export const timedOut = (): TargetError => new TargetError("failed", "UNKNOWN", unable("Timeout calling endpoint for API Destination: socket closed."));

export const notAuthorized = (why: string): TargetError => new TargetError("failed", "SDK_CLIENT_ERROR", unable(`The connection is not authorized: ${why}.`));

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
  const message = unable(`API destination returned HTTP status ${status} with payload: ${text}`);
  const code = status === 429 ? "THROTTLING" : "SDK_CLIENT_ERROR";
  if (!isWorthAnotherTry(status) || (afterMs !== undefined && afterMs < 0)) return new TargetError("refused", code, message);
  return new TargetError("failed", code, message, afterMs);
};
