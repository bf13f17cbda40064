import { BlobMissingError, type ByteRange } from "../../blob/blob.ts";
import { isApiError } from "../../kit/api-error.ts";
import { bucketArn } from "../../kit/arn.ts";
import type { RequestContext } from "../service.ts";
import { requireBucket } from "./bucket-rows.ts";
import { checkRead } from "./conditions.ts";
import { checksumMembers } from "./checksums.ts";
import { invalidRequest, noSuchKey } from "./errors.ts";
import { writeMetadata } from "./headers.ts";
import type { S3, S3Input } from "./needs.ts";
import { checkVersion, objectOf, type ObjectName } from "./object-names.ts";
import { findObject, type BlobPart, type ObjectRow } from "./object-rows.ts";
import { requestedRange } from "./ranges.ts";

export const requireObject = async ({ store }: Pick<S3, "store">, { bucket, key }: ObjectName, expectedOwner?: string): Promise<ObjectRow> => {
  const object = await store.run(function* () {
    yield* requireBucket(bucket, expectedOwner);
    return yield* findObject(bucket, key);
  });
  if (object === undefined) throw noSuchKey(key);
  return object;
};

/**
 * An object that is read. "If you have the s3:ListBucket permission on the bucket, Amazon S3 returns … 404 (Not Found) … If you don't … 403"
 * (GetObject, HeadObject, CopyObject): who may not list is not told what is missing.
 */
export const requireReadable = async (s3: S3, name: ObjectName, expectedOwner: string | undefined, context: RequestContext): Promise<ObjectRow> => {
  try {
    return await requireObject(s3, name, expectedOwner);
  } catch (error) {
    if (!isApiError(error, "NoSuchKey")) throw error;
    const account = (await s3.places.find(name.bucket))?.account;
    throw (await context.refusalOf({ action: "s3:ListBucket", resource: bucketArn(name.bucket), ...(account === undefined ? {} : { account }) })) ?? error;
  }
};

const overrides = (input: S3Input<"HeadObject">, context: RequestContext) => {
  const given = Object.entries({
    ContentType: input.ResponseContentType, CacheControl: input.ResponseCacheControl, ContentDisposition: input.ResponseContentDisposition,
    ContentEncoding: input.ResponseContentEncoding, ContentLanguage: input.ResponseContentLanguage, Expires: input.ResponseExpires,
  }).filter(([, value]) => value !== undefined);
  if (given.length > 0 && context.caller.type === "anonymous") throw invalidRequest("Request specific response headers cannot be used for anonymous GET requests.");
  return Object.fromEntries(given) as { ContentType?: string; CacheControl?: string; ContentDisposition?: string; ContentEncoding?: string; ContentLanguage?: string; Expires?: Date };
};

/** What GetObject and HeadObject share: the object, the range that is wanted, and the answer without its body. */
export const lookUp = async (s3: S3, input: S3Input<"HeadObject">, context: RequestContext) => {
  checkVersion(input.VersionId);
  const object = await requireReadable(s3, objectOf(input), input.ExpectedBucketOwner, context);
  checkRead(input, object, s3.clock.now(), context.responseHeaders);
  const wanted = object.size === 0 && input.PartNumber === 1 ? undefined : requestedRange(input, object);
  const range: ByteRange = wanted ?? { start: 0, end: object.size - 1 };
  if (wanted !== undefined) context.responseStatus = 206;
  const { expires, ...headers } = object.headers;
  const output = {
    ...headers,
    ...(expires === undefined ? {} : { Expires: new Date(expires) }),
    ...overrides(input, context),
    AcceptRanges: "bytes",
    ContentLength: range.end - range.start + 1,
    ...(wanted === undefined ? {} : { ContentRange: `bytes ${range.start}-${range.end}/${object.size}` }),
    ETag: `"${object.etag}"`,
    LastModified: new Date(object.lastModified),
    Metadata: writeMetadata(object.metadata),
    ServerSideEncryption: "AES256" as const,
    ...(object.storageClass === "STANDARD" ? {} : { StorageClass: object.storageClass as "STANDARD_IA" }),
    ...(object.tags.length === 0 ? {} : { TagCount: object.tags.length }),
    ...(input.PartNumber === undefined || object.parts === undefined ? {} : { PartsCount: object.parts.length }),
    // A checksum is of the whole object, so a part of it has none.
    ...(input.ChecksumMode === "ENABLED" && range.end - range.start + 1 === object.size ? checksumMembers(object.checksum) : {}),
  };
  return { object, range, output };
};

/** The bytes of an object from one or several blobs, from and to the given ones. Once begun, they stay until the end, whoever replaces the object. */
export async function* readBytes({ blobs, garbage }: Pick<S3, "blobs" | "garbage">, parts: readonly BlobPart[], range: ByteRange): AsyncGenerator<Uint8Array, void, void> {
  const release = garbage.hold(parts.map(([id]) => id));
  try {
    let at = 0;
    for (const [id, size] of parts) {
      const start = Math.max(range.start - at, 0);
      const end = Math.min(range.end - at, size - 1);
      if (start <= end) yield* blobs.read(id, { start, end });
      at += size;
    }
  } finally {
    release();
  }
}

/** The object was replaced between looking it up and opening its blob: look again. */
export const isReplaced = (error: unknown): boolean => error instanceof BlobMissingError;
