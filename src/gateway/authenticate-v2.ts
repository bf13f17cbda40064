import { ApiError } from "../kit/api-error.ts";
import type { Clock } from "../kit/clock.ts";
import { expiredUrl, noDate, noSignatureV2, skewed, wrongSignature } from "./auth-errors.ts";
import type { Authenticated, AuthRequest, PayloadClaim } from "./authenticate.ts";
import type { Credentials } from "./credentials.ts";
import { readVersion2, signV2, stringToSignV2, takesVersion2, type SignedV2 } from "./sigv2.ts";
import { isSameSignature, parseTime, SIGNATURE_WINDOW_MS } from "./sigv4.ts";

/** Version 2 names no region; S3 without one is in the first. */
const DEFAULT_REGION = "us-east-1";

interface Needs {
  wall: Clock;
  credentials: Credentials;
}

/** Version 2, of S3 alone: HMAC-SHA1 over some of the request, and nothing of its body. */
export const createAuthenticateV2 = ({ wall, credentials }: Needs) => {
  const checkTime = ({ expires }: SignedV2, headers: AuthRequest["headers"]) => {
    const now = wall.now();
    if (expires !== undefined) {
      if (now > expires * 1000) throw expiredUrl(expires * 1000, undefined, now);
      return;
    }
    const signedAt = parseTime(headers["x-amz-date"] ?? headers["date"] ?? "");
    if (Number.isNaN(signedAt)) throw noDate();
    if (Math.abs(now - signedAt) > SIGNATURE_WINDOW_MS) throw skewed("s3", signedAt, now, SIGNATURE_WINDOW_MS);
  };

  return async (request: AuthRequest): Promise<Authenticated> => {
    if (!takesVersion2(request.region)) throw new ApiError("InvalidRequest", "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.", { status: 400 });
    const signed = readVersion2(request.headers, request.query);
    if ("problem" in signed) throw noSignatureV2(signed, request.headers["authorization"]);
    const isChunked = request.headers["x-amz-content-sha256"]?.startsWith("STREAMING-") === true;
    const payload: PayloadClaim = { kind: isChunked ? "chunks" : "none" };
    const { accessKeyId, signature } = signed;
    const anybody = await credentials.anybody(accessKeyId);
    if (anybody !== undefined) return { caller: anybody, service: "s3", payload };
    const { secret, caller } = await credentials.find("s3", signed);
    checkTime(signed, request.headers);
    const resource = request.resource ?? request.path;
    // Of a bucket itself, clients sign the path with a slash behind it or without.
    const toSign = (/^\/[^/]+$/.test(resource) ? [resource, `${resource}/`] : [resource]).map((path) => stringToSignV2({ ...request, path }, signed));
    if (!toSign.some((text) => isSameSignature(signV2(secret, text), signature))) throw wrongSignature("s3", { toSign: toSign[0]!, accessKeyId, signature });
    credentials.noteUse(caller, { service: "s3", region: request.region ?? DEFAULT_REGION });
    return { caller, service: "s3", payload };
  };
};
