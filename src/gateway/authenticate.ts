import type { KeyObject } from "node:crypto";
import type { Identities } from "../iam/document.ts";
import { ApiError } from "../kit/api-error.ts";
import { anonymous, type Caller } from "../kit/caller.ts";
import type { Clock } from "../kit/clock.ts";
import { expiredUrl, malformedSignature, noSignature, otherDate, otherRegion, skewed, wrongSignature, type AuthFamily } from "./auth-errors.ts";
import { createAuthenticateV2 } from "./authenticate-v2.ts";
import { createCredentials } from "./credentials.ts";
import { canonicalRequest, createSigningKeys, EMPTY_SHA256, isSameSignature, parseTime, readSignature, sha256Hex, sign, SIGNATURE_WINDOW_MS, stringToSign, type SignedRequest } from "./sigv4.ts";
import { isVersion2 } from "./sigv2.ts";

export interface Authenticated {
  caller: Caller;
  /** The service that the signature is for; undefined when there is none. */
  service: string | undefined;
  /** What the signature says of the body; the body is held to it when it is read. */
  payload: PayloadClaim;
}

export type PayloadClaim =
  | { kind: "none" }
  | { kind: "sha256"; sha256: string }
  | { kind: "signed-chunks"; key: KeyObject; signed: SignedRequest; hasTrailer: boolean }
  | { kind: "chunks" };

interface Needs {
  identities: Identities;
  wall: Clock;
  sessionKey: Buffer;
  anyCredentials: boolean;
}

export interface AuthRequest {
  method: string;
  path: string;
  query: string;
  headers: Readonly<Record<string, string>>;
  /** The endpoint's region, where the host names one. */
  region?: string | undefined;
  /** The path with the bucket in front that the host may have named; version 2 signs it so. */
  resource?: string;
  /** Whether the service lets in who has not signed, when a policy of its resource does. */
  isOpen?: boolean;
  /** Services but S3 sign the hash of the body. */
  buffer(): Promise<Buffer>;
}

/** Who sent it, proved by SigV4. Signatures live on the wall clock. Throws AWS's refusals, in the words of the service's kind. */
export const createAuthenticate = ({ identities, wall, sessionKey, anyCredentials }: Needs) => {
  const signingKey = createSigningKeys();
  const credentials = createCredentials({ identities, wall, sessionKey, anyCredentials });
  const authenticateV2 = createAuthenticateV2({ wall, credentials });

  const checkTime = (family: AuthFamily, signed: SignedRequest) => {
    const signedAt = parseTime(signed.timestamp);
    if (Number.isNaN(signedAt) || !signed.timestamp.startsWith(signed.date)) throw otherDate(family, signed);
    const now = wall.now();
    if (signed.expires === undefined) {
      if (Math.abs(now - signedAt) > SIGNATURE_WINDOW_MS) throw skewed(family, signedAt, now, SIGNATURE_WINDOW_MS);
    } else if (now > signedAt + signed.expires * 1000) throw expiredUrl(signedAt + signed.expires * 1000, signed.expires, now);
    else if (signedAt > now + SIGNATURE_WINDOW_MS) throw new ApiError("AccessDenied", "Request is not yet valid", { status: 403 });
  };

  const checkSignedHeaders = (family: AuthFamily, signed: SignedRequest, headers: AuthRequest["headers"]) => {
    if (!signed.signedHeaders.includes("host") && !signed.signedHeaders.includes(":authority")) throw malformedSignature(family, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
    if (family !== "s3") return;
    const names = new Set(signed.signedHeaders);
    const unsigned = Object.keys(headers).filter((name) => name.startsWith("x-amz-") && !names.has(name) && !(signed.expires !== undefined && name === "x-amz-content-sha256"));
    if (unsigned.length > 0) throw new ApiError("AccessDenied", "There were headers present in the request which were not signed", { status: 403, members: { HeadersNotSigned: unsigned.join(", ") } });
  };

  return async (family: AuthFamily, request: AuthRequest): Promise<Authenticated> => {
    if (family === "s3" && isVersion2(request.headers, request.query)) return authenticateV2(request);
    const signed = readSignature(request.headers, request.query);
    if ("problem" in signed) {
      if (signed.problem === "missing" && request.isOpen === true) return { caller: anonymous, service: undefined, payload: { kind: "none" } };
      throw noSignature(family, signed, request.headers["authorization"]);
    }
    const anybody = await credentials.anybody(signed.accessKeyId);
    if (anybody !== undefined) {
      const isChunked = request.headers["x-amz-content-sha256"]?.startsWith("STREAMING-") === true;
      return { caller: anybody, service: signed.service, payload: { kind: isChunked ? "chunks" : "none" } };
    }
    if (request.region !== undefined && signed.region !== request.region) throw otherRegion(family, signed, request.region);
    const { secret, caller } = await credentials.find(family, signed);
    checkTime(family, signed);
    checkSignedHeaders(family, signed, request.headers);
    const said = request.headers["x-amz-content-sha256"] ?? (signed.expires === undefined ? undefined : new URLSearchParams(request.query).get("X-Amz-Content-Sha256") ?? undefined);
    if (family === "s3" && said === undefined && signed.expires === undefined) throw new ApiError("InvalidRequest", "Missing required header for this request: x-amz-content-sha256", { status: 400 });
    const payloadHash = family === "s3" ? (said ?? "UNSIGNED-PAYLOAD") : said !== undefined && said.startsWith("UNSIGNED") ? said : await hashOf(request);
    const key = signingKey(secret, signed);
    const canonical = canonicalRequest({ ...request, signedHeaders: signed.signedHeaders, payloadHash, isS3: family === "s3" });
    const toSign = stringToSign(signed, canonical);
    if (!isSameSignature(sign(key, toSign), signed.signature)) throw wrongSignature(family, { canonical, toSign, accessKeyId: signed.accessKeyId, signature: signed.signature });
    credentials.noteUse(caller, signed);
    return { caller, service: signed.service, payload: family === "s3" ? payloadClaim(payloadHash, key, signed) : { kind: "none" } };
  };
};

const hashOf = async (request: AuthRequest): Promise<string> => {
  const body = await request.buffer();
  return body.length === 0 ? EMPTY_SHA256 : sha256Hex(body);
};

const payloadClaim = (said: string, key: KeyObject, signed: SignedRequest): PayloadClaim => {
  if (/^[0-9a-f]{64}$/i.test(said)) return { kind: "sha256", sha256: said.toLowerCase() };
  if (said === "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" || said === "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER") {
    return { kind: "signed-chunks", key, signed, hasTrailer: said.endsWith("TRAILER") };
  }
  if (said === "STREAMING-UNSIGNED-PAYLOAD-TRAILER") return { kind: "chunks" };
  if (said === "UNSIGNED-PAYLOAD") return { kind: "none" };
  throw new ApiError("InvalidArgument", "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.", {
    status: 400, members: { ArgumentName: "x-amz-content-sha256", ArgumentValue: said },
  });
};
