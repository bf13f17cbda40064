import { timingSafeEqual } from "node:crypto";
import type { LocalRequest } from "./local-http/request.ts";
import type { LocalResponse } from "./local-http/response.ts";

interface Needs {
  /** Of this environment alone. */
  token: string;
  region: string;
}

const BASE = "/2026-01-15/metadata";
const EXECUTION_ENVIRONMENT = `${BASE}/execution-environment`;
/** It never changes while the environment lives: twelve hours, as AWS says it. */
const CACHE_CONTROL = "private, max-age=43200, immutable";

const DIRECTIONS: Readonly<Record<string, string>> = { northeast: "ne", northwest: "nw", southeast: "se", southwest: "sw" };

/** Zone ids shorten the name of their region: us-east-1 has use1-az1, ap-northeast-3 apne3-az1, us-gov-west-1 usgw1-az1. One machine is one zone. */
export const zoneIdOf = (region: string): string => {
  const [area, ...rest] = region.split("-");
  return `${area}${rest.map((word) => DIRECTIONS[word] ?? word[0] ?? "").join("")}-az1`;
};

const isToken = (given: string | undefined, token: string): boolean => {
  const [sent, own] = [Buffer.from(given ?? ""), Buffer.from(`Bearer ${token}`)];
  return sent.length === own.length && timingSafeEqual(sent, own);
};

const reply = (response: LocalResponse, status: number, value: unknown, headers: Record<string, string> = {}): void => {
  const body = JSON.stringify(value);
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body), ...headers }).end(body);
};

/**
 * The metadata endpoint of one environment, on the same address as its Runtime API ("Using the Lambda metadata endpoint"). Its statuses are AWS's; the
 * words of its errors are not documented.
 */
export const createMetadataApi = ({ token, region }: Needs) => ({
  /** What leads the environment's programs to it: at the address of the Runtime API. */
  variables: (address: string): Record<string, string> => ({ AWS_LAMBDA_METADATA_API: address, AWS_LAMBDA_METADATA_TOKEN: token }),
  /** Whether the request is its to answer, and has been answered. */
  serve({ method, url, headers }: LocalRequest, response: LocalResponse): boolean {
    const path = url.split("?")[0]!;
    if (path !== BASE && !path.startsWith(`${BASE}/`)) return false;
    if (method !== "GET") reply(response, 405, { errorType: "MethodNotAllowed", errorMessage: `${method} is not allowed: metadata is read with GET` }, { Allow: "GET" });
    else if (!isToken(headers.authorization, token)) {
      reply(response, 401, { errorType: "Unauthorized", errorMessage: "The Authorization header is missing or contains an invalid token: send Bearer and the value of AWS_LAMBDA_METADATA_TOKEN" });
    } else if (path !== EXECUTION_ENVIRONMENT) reply(response, 404, { errorType: "NotFound", errorMessage: `There is no metadata at ${path}: it is at ${EXECUTION_ENVIRONMENT}` });
    else reply(response, 200, { AvailabilityZoneID: zoneIdOf(region) }, { "Cache-Control": CACHE_CONTROL });
    return true;
  },
});

export type MetadataApi = ReturnType<typeof createMetadataApi>;
