import { isApiError, type ApiError } from "../../kit/api-error.ts";
import { bucketArn } from "../../kit/arn.ts";
import { S3_KEY_BYTES_MAX, S3_PAGE_MAX } from "../../kit/limits.ts";
import type { RequestContext } from "../service.ts";
import { requireBucket } from "./bucket-rows.ts";
import { removeOperation } from "./commit.ts";
import { malformedXml, notBuilt } from "./errors.ts";
import type { S3, S3Handler } from "./needs.ts";
import { announce } from "./notify.ts";
import { bucketOf, checkVersion, objectOf } from "./object-names.ts";

export const createDeleteObject = (s3: S3): S3Handler<"DeleteObject"> => async (input, context) => {
  const { bucket: name, key } = objectOf(input);
  checkVersion(input.VersionId);
  if (input.IfMatchSize !== undefined || input.IfMatchLastModifiedTime !== undefined) throw notBuilt("Deleting by size or time (x-amz-if-match-size, x-amz-if-match-last-modified-time; directory buckets only)");
  const removed = await s3.store.run(function* () {
    const bucket = yield* requireBucket(name, input.ExpectedBucketOwner);
    return yield* removeOperation(s3, context, bucket, key, { IfMatch: input.IfMatch });
  });
  if (removed !== undefined) {
    s3.garbage.collect(removed.garbage);
    announce(s3, context, [removed.notified]);
  }
  return {};
};

interface Outcome {
  key: string;
  error?: { Code: string; Message: string };
}

/** By key: what the policies say against its going. */
const refusedKeys = async ({ places }: S3, bucket: string, keys: Iterable<string>, context: RequestContext): Promise<Map<string, ApiError>> => {
  const account = (await places.find(bucket))?.account;
  const refused = new Map<string, ApiError>();
  for (const key of new Set(keys)) {
    const refusal = await context.refusalOf({ action: "s3:DeleteObject", resource: `${bucketArn(bucket)}/${key}`, ...(account === undefined ? {} : { account }) });
    if (refusal !== undefined) refused.set(key, refusal);
  }
  return refused;
};

/** One commit for all keys; a key that cannot or may not go has an error of its own and keeps nobody. */
export const createDeleteObjects = (s3: S3): S3Handler<"DeleteObjects"> => async (input, context) => {
  const wanted = input.Delete?.Objects ?? [];
  if (wanted.length === 0 || wanted.length > S3_PAGE_MAX) throw malformedXml();
  const refused = await refusedKeys(s3, bucketOf(input), wanted.flatMap(({ Key }) => Key ?? []), context);
  const removed: { garbage: string[]; notified: Parameters<typeof announce>[2][number] }[] = [];
  const outcomes = await s3.store.run(function* () {
    removed.length = 0;
    const all: Outcome[] = [];
    const bucket = yield* requireBucket(bucketOf(input), input.ExpectedBucketOwner);
    for (const { Key: key, VersionId, ETag, Size, LastModifiedTime } of wanted) {
      if (key === undefined) throw malformedXml();
      try {
        const refusal = refused.get(key);
        if (refusal !== undefined) throw refusal;
        if (Buffer.byteLength(key) > S3_KEY_BYTES_MAX) objectOf({ Bucket: bucket.name, Key: key });
        checkVersion(VersionId);
        if (Size !== undefined || LastModifiedTime !== undefined) throw notBuilt("Deleting by size or time (directory buckets only)");
        const one = yield* removeOperation(s3, context, bucket, key, { IfMatch: ETag });
        if (one !== undefined) removed.push(one);
        all.push({ key });
      } catch (error) {
        if (!isApiError(error)) throw error;
        all.push({ key, error: { Code: error.code, Message: error.message } });
      }
    }
    return all;
  });
  s3.garbage.collect(removed.flatMap(({ garbage }) => garbage));
  announce(s3, context, removed.map(({ notified }) => notified));
  const isQuiet = input.Delete?.Quiet === true;
  return {
    Deleted: isQuiet ? [] : outcomes.filter(({ error }) => error === undefined).map(({ key }) => ({ Key: key })),
    Errors: outcomes.filter(({ error }) => error !== undefined).map(({ key, error }) => ({ Key: key, ...error })),
  };
};
