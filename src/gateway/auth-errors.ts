import { ApiError } from "../kit/api-error.ts";
import type { ProtocolName } from "../protocol/schema.ts";
import type { UnsignedV2 } from "./sigv2.ts";
import type { SignedRequest, Unsigned } from "./sigv4.ts";

/** Services answer the same refusal with codes of their own kind. */
export type AuthFamily = "s3" | "query" | "json";

export const familyOf = (service: string, protocol: ProtocolName): AuthFamily => (service === "s3" ? "s3" : protocol === "awsQuery" ? "query" : "json");

const CHECK_KEY = "Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";
const WAYS_IN =
  "lambdad knows three ways in: access key id `test` with secret `test` (root of account 000000000000), a 12-digit account id with secret `test` (root of that account), or an active access key of a user (aws iam create-access-key). Start it with --any-credentials to accept any other.";

const refuse = (code: string, message: string, status = 403, members: Record<string, unknown> = {}) => new ApiError(code, message, { status, members });

const byFamily = (family: AuthFamily, s3: () => ApiError, code: string, message: string): ApiError =>
  family === "s3" ? s3() : refuse(family === "json" ? `${code}Exception` : code, message);

export const noDate = (): ApiError => refuse("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header");

export const noSignatureV2 = ({ problem, message }: UnsignedV2, authorization: string | undefined): ApiError =>
  problem === "denied" ? refuse("AccessDenied", message) : refuse("InvalidArgument", message, 400, { ArgumentName: "Authorization", ArgumentValue: authorization });

/** A request that carries no signature that could be checked. */
export const noSignature = (family: AuthFamily, unsigned: Unsigned, authorization: string | undefined): ApiError => {
  const { problem, message } = unsigned;
  const argument = (text: string) => refuse("InvalidArgument", text, 400, { ArgumentName: "Authorization", ArgumentValue: authorization });
  switch (problem) {
    case "missing": return refuse(family === "json" ? "MissingAuthenticationTokenException" : "MissingAuthenticationToken", message);
    case "query": return refuse("AuthorizationQueryParametersError", message, 400);
    case "algorithm": return refuse("InvalidRequest", message, 400);
    case "both": return argument(message);
    case "type": return family === "s3" ? argument("Unsupported Authorization Type") : malformedSignature(family, message);
    case "date": return family === "s3" ? noDate() : malformedSignature(family, message);
    case "malformed": return malformedSignature(family, family === "s3" ? unsigned.s3 : message);
  }
};

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

/** `47 45 54 0a`: so that a client sees what it signed otherwise. */
const bytesOf = (text: string): string => Buffer.from(text).toString("hex").replace(/..(?=.)/g, "$& ");

/** The scope's day is not the day of the signature. */
export const otherDate = (family: AuthFamily, { date, timestamp, expires }: SignedRequest): ApiError => {
  if (family === "s3") {
    const text = `Invalid credential date "${date}". This date is not the same as X-Amz-Date: "${timestamp.slice(0, date.length)}".`;
    return expires === undefined ? malformedSignature(family, text) : refuse("AuthorizationQueryParametersError", text, 400);
  }
  const text = `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${date}' != '${timestamp.slice(0, date.length)}', from '${timestamp}'.`;
  return refuse(family === "json" ? "InvalidSignatureException" : "SignatureDoesNotMatch", text);
};

/** Signed for another region than the endpoint's. */
export const otherRegion = (family: AuthFamily, { region, expires }: SignedRequest, expected: string): ApiError => {
  if (family !== "s3") return refuse(family === "json" ? "InvalidSignatureException" : "SignatureDoesNotMatch", "Credential should be scoped to a valid region.");
  const text = `the region '${region}' is wrong; expecting '${expected}'`;
  if (expires !== undefined) return refuse("AuthorizationQueryParametersError", `Error parsing the X-Amz-Credential parameter; ${text}`, 400, { Region: expected });
  return refuse("AuthorizationHeaderMalformed", `The authorization header is malformed; ${text}`, 400, { Region: expected });
};

/** A presigned URL after its end; version 4 tells how long it was good for. */
export const expiredUrl = (end: number, expires: number | undefined, now: number): ApiError => {
  const wholeSecond = (ms: number) => new Date(ms).toISOString().replace(/\.\d{3}/, "");
  return refuse("AccessDenied", "Request has expired", 403, { ...(expires === undefined ? {} : { "X-Amz-Expires": expires }), Expires: wholeSecond(end), ServerTime: wholeSecond(now) });
};

export const wrongSignature = (family: AuthFamily, { canonical = "", toSign, accessKeyId, signature }: { canonical?: string; toSign: string; accessKeyId: string; signature: string }): ApiError => {
  if (family === "s3") {
    return refuse("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your key and signing method.", 403, {
      AWSAccessKeyId: accessKeyId, StringToSign: toSign, SignatureProvided: signature, StringToSignBytes: bytesOf(toSign),
      ...(canonical === "" ? {} : { CanonicalRequest: canonical, CanonicalRequestBytes: bytesOf(canonical) }),
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
