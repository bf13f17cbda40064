import { ApiError, isApiError } from "../../kit/api-error.ts";
import { bucketArn } from "../../kit/arn.ts";
import { S3_BUCKETS_PAGE_MAX } from "../../kit/limits/s3.ts";
import { sql, sqlOne } from "../../store/store.ts";
import { ownerOf } from "./account-ids.ts";
import { BUCKET_COLUMNS, readBucketRow, requireBucket } from "./bucket-rows.ts";
import { invalidArgument, notFound } from "./errors.ts";
import type { S3, S3Handler } from "./needs.ts";
import { bucketOf } from "./object-names.ts";

export const createHeadBucket = (s3: S3): S3Handler<"HeadBucket"> => async (input) => {
  try {
    const { name, region } = await s3.store.run(() => requireBucket(bucketOf(input), input.ExpectedBucketOwner));
    return { BucketRegion: region, BucketArn: bucketArn(name), AccessPointAlias: false };
  } catch (error) {
    if (isApiError(error, "NoSuchBucket")) throw notFound();
    throw error;
  }
};

export const createGetBucketLocation = (s3: S3): S3Handler<"GetBucketLocation"> => async (input) => {
  const { region } = await s3.store.run(() => requireBucket(bucketOf(input), input.ExpectedBucketOwner));
  // us-east-1 has no name in this answer, as ever.
  return region === "us-east-1" ? {} : { LocationConstraint: region as "eu-west-1" };
};

const encodeToken = (name: string): string => Buffer.from(name, "utf8").toString("base64url");

export const createListBuckets = (s3: S3): S3Handler<"ListBuckets"> => async (input, { account }) => {
  const { MaxBuckets, ContinuationToken, Prefix, BucketRegion } = input;
  if (MaxBuckets !== undefined && (MaxBuckets < 1 || MaxBuckets > S3_BUCKETS_PAGE_MAX)) {
    throw invalidArgument(`Argument max-buckets must be an integer between 1 and ${S3_BUCKETS_PAGE_MAX}`, "max-buckets", String(MaxBuckets));
  }
  const after = ContinuationToken === undefined ? "" : Buffer.from(ContinuationToken, "base64url").toString("utf8");
  if (ContinuationToken !== undefined && encodeToken(after) !== ContinuationToken) throw invalidArgument("The continuation token provided is incorrect", "continuation-token", ContinuationToken);
  const max = MaxBuckets ?? S3_BUCKETS_PAGE_MAX;
  const prefix = Prefix ?? "";
  const rows = await s3.store.run(() =>
    sql(
      `select ${BUCKET_COLUMNS} from s3_bucket
       where account = ? and name > ? and substr(name, 1, ?) = ? and (? = '' or region = ?) order by name limit ?`,
      account, after, prefix.length, prefix, BucketRegion ?? "", BucketRegion ?? "", max + 1,
    ),
  );
  const page = rows.slice(0, max).map(readBucketRow);
  const isRegionTold = (MaxBuckets ?? ContinuationToken ?? Prefix ?? BucketRegion) !== undefined;
  return {
    Buckets: page.map(({ name, createdAt, region }) => ({ Name: name, CreationDate: new Date(createdAt), ...(isRegionTold ? { BucketRegion: region } : {}) })),
    Owner: ownerOf(account),
    ...(rows.length > max ? { ContinuationToken: encodeToken(page.at(-1)!.name) } : {}),
    ...(Prefix === undefined ? {} : { Prefix }),
  };
};

/** An upload that was begun does not keep a bucket; its parts go with it. */
export const createDeleteBucket = (s3: S3): S3Handler<"DeleteBucket"> => async (input) => {
  const name = bucketOf(input);
  const garbage = await s3.store.run(function* () {
    yield* requireBucket(name, input.ExpectedBucketOwner);
    if ((yield* sqlOne("select 1 as one from s3_object where bucket = ? limit 1", name)) !== undefined) {
      throw new ApiError("BucketNotEmpty", "The bucket you tried to delete is not empty", { status: 409, members: { BucketName: name } });
    }
    const parts = yield* sql("select blob_id from s3_part where upload_id in (select upload_id from s3_upload where bucket = ?)", name);
    const blobIds = parts.map((row) => row["blob_id"] as string);
    yield* s3.garbage.add(blobIds);
    yield* sql("delete from s3_part where upload_id in (select upload_id from s3_upload where bucket = ?)", name);
    yield* sql("delete from s3_upload where bucket = ?", name);
    yield* sql("delete from s3_bucket where name = ?", name);
    return blobIds;
  });
  s3.places.forget(name);
  s3.garbage.collect(garbage);
  return {};
};
