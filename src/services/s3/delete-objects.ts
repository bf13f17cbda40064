import { isApiError, type ApiError } from "../../kit/api-error.ts";
import { bucketArn } from "../../kit/arn.ts";
import { S3_KEY_BYTES_MAX, S3_PAGE_MAX } from "../../kit/limits/s3.ts";
import type { RequestContext } from "../service.ts";
import { requireBucket } from "./bucket-rows.ts";
import { removeOperation } from "./commit.ts";
import { malformedXml, notBuilt } from "./errors.ts";
import type { S3, S3Handler, S3Input } from "./needs.ts";
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
  return input.VersionId === undefined ? {} : { VersionId: input.VersionId };
};

interface Outcome {
  key: string;
  /** As it was asked for. */
  version: { VersionId?: string };
  error?: { Code: string; Message: string };
}

type Wanted = NonNullable<NonNullable<S3Input<"DeleteObjects">["Delete"]>["Objects"]>[number];

/** A version that is named is deleted by another permission than what is current. */
const actionOf = ({ VersionId }: Wanted): string => (VersionId === undefined ? "s3:DeleteObject" : "s3:DeleteObjectVersion");

/** By action and key: what the policies say against its going. */
const refusedKeys = async ({ places }: S3, bucket: string, wanted: readonly Wanted[], context: RequestContext): Promise<Map<string, ApiError>> => {
  const account = (await places.find(bucket))?.account;
  const refused = new Map<string, ApiError>();
  for (const asked of new Set(wanted.map((one) => `${actionOf(one)} ${one.Key}`))) {
    const [action, key] = [asked.slice(0, asked.indexOf(" ")), asked.slice(asked.indexOf(" ") + 1)];
    const refusal = await context.refusalOf({ action, resource: `${bucketArn(bucket)}/${key}`, ...(account === undefined ? {} : { account }) });
    if (refusal !== undefined) refused.set(asked, refusal);
  }
  return refused;
};

/** One commit for all keys; a key that cannot or may not go has an error of its own and keeps nobody. */
export const createDeleteObjects = (s3: S3): S3Handler<"DeleteObjects"> => async (input, context) => {
  const wanted = input.Delete?.Objects ?? [];
  if (wanted.length === 0 || wanted.length > S3_PAGE_MAX) throw malformedXml();
  const refused = await refusedKeys(s3, bucketOf(input), wanted.filter(({ Key }) => Key !== undefined), context);
  const removed: { garbage: string[]; notified: Parameters<typeof announce>[2][number] }[] = [];
  const outcomes = await s3.store.run(function* () {
    removed.length = 0;
    const all: Outcome[] = [];
    const bucket = yield* requireBucket(bucketOf(input), input.ExpectedBucketOwner);
    for (const one of wanted) {
      const { Key: key, VersionId, ETag, Size, LastModifiedTime } = one;
      if (key === undefined) throw malformedXml();
      const version = VersionId === undefined ? {} : { VersionId };
      try {
        const refusal = refused.get(`${actionOf(one)} ${key}`);
        if (refusal !== undefined) throw refusal;
        if (Buffer.byteLength(key) > S3_KEY_BYTES_MAX) objectOf({ Bucket: bucket.name, Key: key });
        checkVersion(VersionId);
        if (Size !== undefined || LastModifiedTime !== undefined) throw notBuilt("Deleting by size or time (directory buckets only)");
        const gone = yield* removeOperation(s3, context, bucket, key, { IfMatch: ETag });
        if (gone !== undefined) removed.push(gone);
        all.push({ key, version });
      } catch (error) {
        if (!isApiError(error)) throw error;
        all.push({ key, version, error: { Code: error.code, Message: error.message } });
      }
    }
    return all;
  });
  s3.garbage.collect(removed.flatMap(({ garbage }) => garbage));
  announce(s3, context, removed.map(({ notified }) => notified));
  const isQuiet = input.Delete?.Quiet === true;
  return {
    Deleted: isQuiet ? [] : outcomes.filter(({ error }) => error === undefined).map(({ key, version }) => ({ Key: key, ...version })),
    Errors: outcomes.filter(({ error }) => error !== undefined).map(({ key, version, error }) => ({ Key: key, ...version, ...error })),
  };
};
