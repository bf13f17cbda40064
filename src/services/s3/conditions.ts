import { ApiError } from "../../kit/api-error.ts";
import { noSuchKey, preconditionFailed, unsupportedHeader } from "./errors.ts";
import type { ObjectRow } from "./object-rows.ts";

interface ReadConditions {
  IfMatch?: string | undefined;
  IfNoneMatch?: string | undefined;
  IfModifiedSince?: Date | undefined;
  IfUnmodifiedSince?: Date | undefined;
}

const second = (milliseconds: number): number => Math.floor(milliseconds / 1000);

/** `"a"`, `a`, `W/"a"`, `*`, or several after commas. */
const matches = (header: string, etag: string): boolean =>
  header.split(",").some((one) => {
    const tag = one.trim().replace(/^W\//, "").replace(/^"(.*)"$/, "$1");
    return tag === "*" || tag === etag;
  });

/** The condition that keeps an object from being read, and how; a met If-Match outweighs If-Unmodified-Since, a met If-None-Match If-Modified-Since. */
const failedCondition = (input: ReadConditions, { etag, lastModified }: ObjectRow, now: number): { name: string; isPrecondition: boolean } | undefined => {
  const modified = second(lastModified);
  if (input.IfMatch !== undefined) {
    if (!matches(input.IfMatch, etag)) return { name: "If-Match", isPrecondition: true };
  } else if (input.IfUnmodifiedSince !== undefined && modified > second(input.IfUnmodifiedSince.getTime())) {
    return { name: "If-Unmodified-Since", isPrecondition: true };
  }
  if (input.IfNoneMatch !== undefined) {
    if (matches(input.IfNoneMatch, etag)) return { name: "If-None-Match", isPrecondition: false };
  } else if (input.IfModifiedSince !== undefined) {
    const since = input.IfModifiedSince.getTime();
    if (since <= now && modified <= second(since)) return { name: "If-Modified-Since", isPrecondition: false };
  }
  return undefined;
};

/** GetObject and HeadObject: 412, or 304 whose headers are still the object's. */
export const checkRead = (input: ReadConditions, object: ObjectRow, now: number, responseHeaders: Record<string, string>): void => {
  const failed = failedCondition(input, object, now);
  if (failed === undefined) return;
  if (failed.isPrecondition) throw preconditionFailed(failed.name);
  responseHeaders["etag"] = `"${object.etag}"`;
  responseHeaders["last-modified"] = new Date(object.lastModified).toUTCString();
  throw new ApiError("NotModified", "Not Modified", { status: 304 });
};

/** CopyObject and UploadPartCopy: whatever fails is 412. */
export const checkCopySource = (
  input: { CopySourceIfMatch?: string | undefined; CopySourceIfNoneMatch?: string | undefined; CopySourceIfModifiedSince?: Date | undefined; CopySourceIfUnmodifiedSince?: Date | undefined },
  source: ObjectRow,
  now: number,
): void => {
  const failed = failedCondition(
    { IfMatch: input.CopySourceIfMatch, IfNoneMatch: input.CopySourceIfNoneMatch, IfModifiedSince: input.CopySourceIfModifiedSince, IfUnmodifiedSince: input.CopySourceIfUnmodifiedSince },
    source,
    now,
  );
  if (failed !== undefined) throw preconditionFailed(`x-amz-copy-source-${failed.name}`);
};

export interface WriteConditions {
  IfMatch?: string | undefined;
  IfNoneMatch?: string | undefined;
}

/** PutObject, CopyObject, CompleteMultipartUpload, DeleteObject: checked in the commit, so two writers cannot both be first. */
export const checkWrite = (input: WriteConditions, key: string, existing: Pick<ObjectRow, "etag"> | undefined): void => {
  if (input.IfMatch !== undefined && input.IfNoneMatch !== undefined) throw unsupportedHeader("If-Match,If-None-Match", "Multiple conditional request headers present in the request");
  if (input.IfNoneMatch !== undefined) {
    if (input.IfNoneMatch.trim() !== "*") throw unsupportedHeader("If-None-Match", "We don't accept the provided value of If-None-Match header for this API");
    if (existing !== undefined) throw preconditionFailed("If-None-Match");
  }
  if (input.IfMatch !== undefined) {
    if (existing === undefined) throw noSuchKey(key);
    if (!matches(input.IfMatch, existing.etag)) throw preconditionFailed("If-Match");
  }
};
