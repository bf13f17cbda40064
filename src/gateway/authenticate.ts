import type { KeyObject } from "node:crypto";
import type { Identities } from "../iam/document.ts";
import { openSession, sessionCaller } from "../iam/session.ts";
import { ApiError } from "../kit/api-error.ts";
import { anonymous, root, type Caller } from "../kit/caller.ts";
import type { Clock } from "../kit/clock.ts";
import { expiredToken, expiredUrl, invalidToken, malformedSignature, noDate, noSignature, noSignatureV2, otherDate, otherRegion, skewed, unknownKey, wrongSignature, type AuthFamily } from "./auth-errors.ts";
import { isVersion2, readVersion2, signV2, stringToSignV2, takesVersion2 } from "./sigv2.ts";
import { canonicalRequest, createSigningKeys, EMPTY_SHA256, isSameSignature, readSignature, sha256Hex, sign, stringToSign, type SignedRequest } from "./sigv4.ts";

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

interface Request {
  method: string;
  path: string;
  query: string;
  headers: Readonly<Record<string, string>>;
  /** The endpoint's region, where the host names one. */
  region?: string | undefined;
  /** The path with the bucket in front that the host may have named; version 2 signs it so. */
  resource?: string;
  /** Services but S3 sign the hash of the body. */
  buffer(): Promise<Buffer>;
}

const WINDOW_MS = 15 * 60 * 1000;
const DEFAULT_ACCOUNT = "000000000000";
const COMPACT_TIME = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/** With --any-credentials. */
const anyRoot = (accessKeyId: string): Caller => root(/^\d{12}$/.test(accessKeyId) ? accessKeyId : DEFAULT_ACCOUNT, accessKeyId);

/** Who sent it, proved by SigV4. Signatures live on the wall clock. Throws AWS's refusals, in the words of the service's kind. */
export const createAuthenticate = ({ identities, wall, sessionKey, anyCredentials }: Needs) => {
  const signingKey = createSigningKeys();

  /** The secret that the key id must have been used with, and whom it stands for. */
  const credential = async (family: AuthFamily, { accessKeyId, sessionToken }: Pick<SignedRequest, "accessKeyId" | "sessionToken">): Promise<{ secret: string; caller: Caller }> => {
    if (sessionToken !== undefined && accessKeyId.startsWith("ASIA")) {
      const session = openSession(sessionKey, accessKeyId, sessionToken);
      if (session === undefined) throw invalidToken(family);
      if (session.expiresAt <= wall.now()) throw expiredToken(family);
      return { secret: session.secretAccessKey, caller: sessionCaller(session, accessKeyId) };
    }
    if (accessKeyId === "test") return { secret: "test", caller: root(DEFAULT_ACCOUNT, accessKeyId) };
    if (/^\d{12}$/.test(accessKeyId)) return { secret: "test", caller: root(accessKeyId, accessKeyId) };
    return (await userCredential(accessKeyId)) ?? refuseKey(family, accessKeyId);
  };
  const refuseKey = (family: AuthFamily, accessKeyId: string): never => {
    throw unknownKey(family, accessKeyId);
  };
  /** A key of a user; one that is not active is none. */
  const userCredential = async (accessKeyId: string): Promise<{ secret: string; caller: Caller } | undefined> => {
    const key = accessKeyId.startsWith("AKIA") ? await identities.accessKey(accessKeyId) : undefined;
    if (key === undefined || !key.isActive) return undefined;
    const { account, userArn, userId, userName, secretAccessKey } = key;
    return { secret: secretAccessKey, caller: { type: "user", account, arn: userArn, userId, userName, accessKeyId } };
  };

  /** `--any-credentials` takes every key; those of users, and temporary ones, stay what they are. */
  const isUnknownButTaken = async (accessKeyId: string): Promise<boolean> => anyCredentials && !accessKeyId.startsWith("ASIA") && (await userCredential(accessKeyId)) === undefined;

  const checkTime = (family: AuthFamily, signed: SignedRequest) => {
    const signedAt = Date.parse(signed.timestamp.replace(COMPACT_TIME, "$1-$2-$3T$4:$5:$6Z"));
    if (Number.isNaN(signedAt) || !signed.timestamp.startsWith(signed.date)) throw otherDate(family, signed);
    const now = wall.now();
    if (signed.expires === undefined) {
      if (Math.abs(now - signedAt) > WINDOW_MS) throw skewed(family, signedAt, now, WINDOW_MS);
    } else if (now > signedAt + signed.expires * 1000) throw expiredUrl(signedAt + signed.expires * 1000, signed.expires, now);
    else if (signedAt > now + WINDOW_MS) throw new ApiError("AccessDenied", "Request is not yet valid", { status: 403 });
  };

  const checkSignedHeaders = (family: AuthFamily, signed: SignedRequest, headers: Request["headers"]) => {
    const names = new Set(signed.signedHeaders);
    if (!names.has("host") && !names.has(":authority")) throw malformedSignature(family, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
    const unsigned = Object.keys(headers).filter((name) => name.startsWith("x-amz-") && !names.has(name) && !(signed.expires !== undefined && name === "x-amz-content-sha256"));
    if (unsigned.length > 0 && family === "s3") throw new ApiError("AccessDenied", "There were headers present in the request which were not signed", { status: 403, members: { HeadersNotSigned: unsigned.join(", ") } });
  };

  /** Version 2, of S3 alone: HMAC-SHA1 over some of the request, and nothing of its body. */
  const authenticateV2 = async (request: Request): Promise<Authenticated> => {
    if (!takesVersion2(request.region)) throw new ApiError("InvalidRequest", "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.", { status: 400 });
    const signed = readVersion2(request.headers, request.query);
    if ("problem" in signed) throw noSignatureV2(signed, request.headers["authorization"]);
    const isChunked = request.headers["x-amz-content-sha256"]?.startsWith("STREAMING-") === true;
    const payload: PayloadClaim = { kind: isChunked ? "chunks" : "none" };
    if (await isUnknownButTaken(signed.accessKeyId)) return { caller: anyRoot(signed.accessKeyId), service: "s3", payload };
    const { secret, caller } = await credential("s3", signed);
    const now = wall.now();
    if (signed.expires === undefined) {
      const signedAt = Date.parse((request.headers["x-amz-date"] ?? request.headers["date"] ?? "").replace(COMPACT_TIME, "$1-$2-$3T$4:$5:$6Z"));
      if (Number.isNaN(signedAt)) throw noDate();
      if (Math.abs(now - signedAt) > WINDOW_MS) throw skewed("s3", signedAt, now, WINDOW_MS);
    } else if (now > signed.expires * 1000) throw expiredUrl(signed.expires * 1000, undefined, now);
    const resource = request.resource ?? request.path;
    // Of a bucket itself, clients sign the path with a slash behind it or without.
    const toSign = (/^\/[^/]+$/.test(resource) ? [resource, `${resource}/`] : [resource]).map((path) => stringToSignV2({ ...request, path }, signed));
    if (!toSign.some((text) => isSameSignature(signV2(secret, text), signed.signature))) throw wrongSignature("s3", { toSign: toSign[0]!, accessKeyId: signed.accessKeyId, signature: signed.signature });
    if (caller.type === "user") identities.touchAccessKey(signed.accessKeyId, { service: "s3", region: request.region ?? "us-east-1" });
    return { caller, service: "s3", payload };
  };

  return async (family: AuthFamily, request: Request): Promise<Authenticated> => {
    if (family === "s3" && isVersion2(request.headers, request.query)) return authenticateV2(request);
    const signed = readSignature(request.headers, request.query);
    if ("problem" in signed) {
      if (signed.problem === "missing" && family === "s3") return { caller: anonymous, service: undefined, payload: { kind: "none" } };
      throw noSignature(family, signed, request.headers["authorization"]);
    }
    if (await isUnknownButTaken(signed.accessKeyId)) {
      const isChunked = request.headers["x-amz-content-sha256"]?.startsWith("STREAMING-") === true;
      return { caller: anyRoot(signed.accessKeyId), service: signed.service, payload: { kind: isChunked ? "chunks" : "none" } };
    }
    if (request.region !== undefined && signed.region !== request.region) throw otherRegion(family, signed, request.region);
    const { secret, caller } = await credential(family, signed);
    checkTime(family, signed);
    checkSignedHeaders(family, signed, request.headers);
    const said = request.headers["x-amz-content-sha256"];
    if (family === "s3" && said === undefined && signed.expires === undefined) throw new ApiError("InvalidRequest", "Missing required header for this request: x-amz-content-sha256", { status: 400 });
    const payloadHash = family === "s3" ? (said ?? "UNSIGNED-PAYLOAD") : said !== undefined && said.startsWith("UNSIGNED") ? said : await hashOf(request);
    const key = signingKey(secret, signed);
    const canonical = canonicalRequest({ ...request, signedHeaders: signed.signedHeaders, payloadHash, isS3: family === "s3" });
    const toSign = stringToSign(signed, canonical);
    if (!isSameSignature(sign(key, toSign), signed.signature)) throw wrongSignature(family, { canonical, toSign, accessKeyId: signed.accessKeyId, signature: signed.signature });
    if (caller.type === "user") identities.touchAccessKey(signed.accessKeyId, signed);
    return { caller, service: signed.service, payload: family === "s3" ? payloadClaim(payloadHash, key, signed) : { kind: "none" } };
  };
};

const hashOf = async (request: Request): Promise<string> => {
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
