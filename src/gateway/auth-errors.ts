import { ApiError } from "../kit/api-error.ts";
import type { ProtocolName } from "../protocol/schema.ts";

/** Services answer the same refusal with codes of their own kind. */
export type AuthFamily = "s3" | "query" | "json";

export const familyOf = (service: string, protocol: ProtocolName): AuthFamily => (service === "s3" ? "s3" : protocol === "awsQuery" ? "query" : "json");

const CHECK_KEY = "Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";
const WAYS_IN =
  "lambdad knows three ways in: access key id `test` with secret `test` (root of account 000000000000), a 12-digit account id with secret `test` (root of that account), or an active access key of a user (aws iam create-access-key). Start it with --any-credentials to accept any other.";

const refuse = (code: string, message: string, status = 403, members: Record<string, unknown> = {}) => new ApiError(code, message, { status, members });

const byFamily = (family: AuthFamily, s3: () => ApiError, code: string, message: string): ApiError =>
  family === "s3" ? s3() : refuse(family === "json" ? `${code}Exception` : code, message);

export const missingToken = (family: AuthFamily): ApiError => refuse(family === "json" ? "MissingAuthenticationTokenException" : "MissingAuthenticationToken", "Missing Authentication Token");

export const malformedSignature = (family: AuthFamily, message: string): ApiError =>
  family === "s3"
    ? refuse("AuthorizationHeaderMalformed", `The authorization header is malformed; ${message}`, 400)
    : refuse(family === "json" ? "IncompleteSignatureException" : "IncompleteSignature", message, 400);

export const unknownKey = (family: AuthFamily, accessKeyId: string): ApiError => {
  const looksReal = /^(AKIA|ASIA)[A-Z0-9]{16}$/.test(accessKeyId) ? ` ${accessKeyId.slice(0, 4)}… looks like a key of a real AWS account: do not send it here.` : "";
  if (family === "s3") return refuse("InvalidAccessKeyId", `The AWS Access Key Id you provided does not exist in our records. ${WAYS_IN}${looksReal}`, 403, { AWSAccessKeyId: accessKeyId });
  return refuse(family === "json" ? "UnrecognizedClientException" : "InvalidClientTokenId", `The security token included in the request is invalid. ${WAYS_IN}${looksReal}`);
};

export const invalidToken = (family: AuthFamily): ApiError =>
  family === "s3"
    ? refuse("InvalidToken", "The provided token is malformed or otherwise invalid.", 400)
    : refuse(family === "json" ? "UnrecognizedClientException" : "InvalidClientTokenId", "The security token included in the request is invalid.");

export const expiredToken = (family: AuthFamily): ApiError =>
  byFamily(family, () => refuse("ExpiredToken", "The provided token has expired.", 400), "ExpiredToken", "The security token included in the request is expired");

export const wrongSignature = (family: AuthFamily, { canonical, toSign, accessKeyId, signature }: { canonical: string; toSign: string; accessKeyId: string; signature: string }): ApiError => {
  if (family === "s3") {
    return refuse("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your key and signing method.", 403, {
      AWSAccessKeyId: accessKeyId, StringToSign: toSign, SignatureProvided: signature, CanonicalRequest: canonical,
    });
  }
  return refuse(
    family === "json" ? "InvalidSignatureException" : "SignatureDoesNotMatch",
    `The request signature we calculated does not match the signature you provided. ${CHECK_KEY}\n\nThe Canonical String for this request should have been\n'${canonical}'\n\nThe String-to-Sign should have been\n'${toSign}'\n`,
  );
};

const compact = (ms: number): string => new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, "");

export const skewed = (family: AuthFamily, signedAt: number, now: number, windowMs: number): ApiError => {
  const minutes = windowMs / 60_000;
  const text =
    signedAt < now
      ? `Signature expired: ${compact(signedAt)} is now earlier than ${compact(now - windowMs)} (${compact(now)} - ${minutes} min.)`
      : `Signature not yet current: ${compact(signedAt)} is still later than ${compact(now + windowMs)} (${compact(now)} + ${minutes} min.)`;
  if (family === "s3") return refuse("RequestTimeTooSkewed", "The difference between the request time and the current time is too large.", 403, { RequestTime: compact(signedAt), ServerTime: new Date(now).toISOString(), MaxAllowedSkewMilliseconds: String(windowMs) });
  return refuse(family === "json" ? "InvalidSignatureException" : "SignatureDoesNotMatch", text);
};
