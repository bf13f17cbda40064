import { ApiError, isApiError } from "../kit/api-error.ts";
import type { FiredTimer } from "../kit/clock.ts";
import type { LedgerStory } from "../kit/ledger.ts";
import type { WireResponse } from "../protocol/http.ts";
import { createAuthenticate } from "./authenticate.ts";
import { createBody, type BodyLimits } from "./body.ts";
import type { GatewayRequest } from "./dispatch.ts";
import type { GatewayNeeds } from "./needs.ts";

/** Where platform time stands: ISO 8601, and how far it is ahead of the wall's. */
export interface PlatformMoment {
  now: string;
  aheadMs: number;
}

/** What stands behind `/_lambdad/…`. */
export interface PlatformApi {
  health(): Promise<{ services: Record<string, string>; version: string }>;
  clock(): PlatformMoment;
  /** Milliseconds of platform time. */
  advance(ms: number): Promise<PlatformMoment & { fired: FiredTimer[] }>;
  /** The next start begins with the wall's time. */
  resetClock(): Promise<PlatformMoment>;
  drain(timeoutMs: number): Promise<{ isQuiet: boolean; left: unknown }>;
  runtimes(): Promise<unknown>;
  environments(): unknown;
  story(key: string): Promise<LedgerStory[]>;
  /** A function's package, for a token of GetFunction; undefined when it was not made here or is too old. */
  openCode(token: string): Promise<{ size: number; body: AsyncIterable<Uint8Array> } | undefined>;
  /** Mail of an account's topics, newest first, without bodies; it is kept here, and sent to nobody. */
  mails(account: string): Promise<unknown>;
  mail(account: string, id: number): Promise<unknown>;
  /** PEM: what the signatures of SNS's messages are checked by. */
  signingCertificate(path: string): Promise<string | undefined>;
}

const LIMITS: BodyLimits = {
  buffered: 64 * 1024,
  streamed: 64 * 1024,
  refuse: (limit) => new ApiError("RequestEntityTooLargeException", `a request to lambdad's own API has at most ${limit} bytes`, { status: 413 }),
};
/** The signing name. */
const SERVICE = "lambdad";
const DRAIN_TIMEOUT = "30s";
const UNIT_MS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Ours. Time that is moved does not come back: one slip of the finger, and there would be no date to tell any more. */
const DURATION_MS_MAX = 3_660 * UNIT_MS["d"]!;

/** `90s`, `2m`, `1h30m`, `500ms` in milliseconds. */
const parseDuration = (text: unknown): number => {
  const parts = typeof text === "string" ? [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)] : [];
  if (parts.length === 0 || parts.map(([all]) => all).join("") !== text) {
    throw new ApiError("ValidationException", `${JSON.stringify(text)} is not a duration: write it like 90s, 2m or 1h30m`, { status: 400 });
  }
  const ms = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * UNIT_MS[unit!]!, 0);
  if (ms > DURATION_MS_MAX) throw new ApiError("ValidationException", `${JSON.stringify(text)} is too long: it may be at most ${DURATION_MS_MAX / UNIT_MS["d"]!}d`, { status: 400 });
  return Math.round(ms);
};

const MAIL_PATH = /^\/_lambdad\/mail\/(\d{1,15})$/;
/** As messages of SNS name it. */
const isCertificatePath = (path: string): boolean => /^\/SimpleNotificationService-[0-9a-f]{32}\.pem$/.test(path);

const certificate = (pem: string | undefined): WireResponse =>
  pem === undefined ? json(404, { code: "ResourceNotFoundException", message: "there is no such certificate" }) : { status: 200, headers: { "content-type": "application/x-pem-file" }, body: pem };

const json = (status: number, value: unknown): WireResponse => ({ status, headers: { "content-type": "application/json" }, body: `${JSON.stringify(value)}\n` });

/** lambdad's own API: signed like any other (service name `lambdad`), for the root of an account; health and downloads are open. */
export const createPlatformRoutes = (needs: GatewayNeeds, platform: PlatformApi) => {
  const authenticate = createAuthenticate({ ...needs, anyCredentials: needs.settings.anyCredentials });

  const open = async (request: GatewayRequest): Promise<WireResponse | undefined> => {
    if (request.method !== "GET" && request.method !== "HEAD") return undefined;
    if (request.path === "/_lambdad/health") return json(200, await platform.health());
    if (request.path === "/_localstack/health") {
      const { services, version } = await platform.health();
      return json(200, { services, edition: "community", version });
    }
    if (isCertificatePath(request.path)) return certificate(await platform.signingCertificate(request.path));
    if (!request.path.startsWith("/_lambdad/code/")) return undefined;
    const code = await platform.openCode(request.path.slice("/_lambdad/code/".length));
    if (code === undefined) return json(403, { code: "AccessDenied", message: "the link is not valid or has expired: ask GetFunction for a new one" });
    return { status: 200, headers: { "content-type": "application/zip", "content-length": String(code.size) }, body: code.body };
  };

  const signed = async (request: GatewayRequest): Promise<WireResponse> => {
    const body = createBody(request.body, request.headers, LIMITS);
    const { caller, service } = await authenticate("json", { ...request, buffer: body.buffer });
    if (service !== SERVICE) throw new ApiError("InvalidSignatureException", `Credential should be scoped to correct service: '${SERVICE}'.`, { status: 403 });
    if (caller.type !== "root") throw new ApiError("AccessDeniedException", `${caller.arn} may not use lambdad's own API: only the root of an account may`, { status: 403 });
    const text = (await body.buffer()).toString("utf8");
    const input = parseBody(text);
    switch (`${request.method} ${request.path}`) {
      case "GET /_lambdad/runtimes":
        return json(200, { runtimes: await platform.runtimes() });
      case "GET /_lambdad/environments":
        return json(200, { environments: platform.environments() });
      case "GET /_lambdad/mail":
        return json(200, { mails: await platform.mails(caller.account) });
      case "GET /_lambdad/clock":
        return json(200, platform.clock());
      case "POST /_lambdad/clock":
        return json(200, await (input["reset"] === true ? platform.resetClock() : platform.advance(parseDuration(input["advance"]))));
      case "POST /_lambdad/drain": {
        const { isQuiet, left } = await platform.drain(parseDuration(input["timeout"] ?? DRAIN_TIMEOUT));
        return json(isQuiet ? 200 : 408, { isQuiet, left });
      }
    }
    if (request.method === "GET" && request.path.startsWith("/_lambdad/events/")) {
      const key = decodeURIComponent(request.path.slice("/_lambdad/events/".length));
      const stories = await platform.story(key);
      if (stories.length === 0) throw new ApiError("ResourceNotFoundException", `nothing is known of ${key}: it is no trace id, request id, bucket/key or function that an event passed by`, { status: 404 });
      return json(200, { key, stories });
    }
    const mailId = request.method === "GET" ? MAIL_PATH.exec(request.path)?.[1] : undefined;
    if (mailId !== undefined) {
      const mail = await platform.mail(caller.account, Number(mailId));
      if (mail === undefined) throw new ApiError("ResourceNotFoundException", `there is no mail ${mailId} in account ${caller.account}`, { status: 404 });
      return json(200, mail);
    }
    throw new ApiError("ResourceNotFoundException", `lambdad has no ${request.method} ${request.path}`, { status: 404 });
  };

  return async (request: GatewayRequest): Promise<WireResponse> => {
    try {
      return (await open(request)) ?? (await signed(request));
    } catch (error) {
      if (isApiError(error)) return json(error.status ?? 400, { code: error.code, message: error.message });
      if (error instanceof URIError) return json(400, { code: "ValidationException", message: "the path is not percent-encoded" });
      needs.log.error("a request failed inside lambdad", { path: request.path, error: error instanceof Error ? error.stack : String(error) });
      return json(500, { code: "InternalFailure", message: "lambdad failed; its log says why" });
    }
  };
};

const parseBody = (text: string): Record<string, unknown> => {
  if (text === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new ApiError("SerializationException", "the body is not a JSON object", { status: 400 });
};

export const isPlatformPath = (path: string): boolean => path.startsWith("/_lambdad/") || path === "/_localstack/health" || isCertificatePath(path);
