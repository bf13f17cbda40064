import { ApiError } from "../../kit/api-error.ts";
import { S3_BUCKETS_PER_ACCOUNT_MAX } from "../../kit/limits/s3.ts";
import { bucketArn } from "../../kit/arn.ts";
import { sql, sqlOne } from "../../store/store.ts";
import { checkBucketName } from "./bucket-names.ts";
import { findBucket } from "./bucket-rows.ts";
import { invalidArgument, notBuilt } from "./errors.ts";
import { refuseUnbuilt } from "./headers.ts";
import type { S3, S3Handler, S3Input } from "./needs.ts";
import { bucketOf } from "./object-names.ts";
import { readTagSet } from "./tags.ts";

/** The region that answers for the classic, global endpoint: it takes a bucket for any region. */
const CLASSIC_REGION = "us-east-1";
const REGION = /^[a-z]{2,3}(-[a-z]+)+-[0-9]$/;

const illegal = (message: string): ApiError => new ApiError("IllegalLocationConstraintException", message, { status: 400 });

/** Where the bucket goes, from the constraint and the region of the endpoint that was asked. */
const bucketRegion = (constraint: string | undefined, asked: string): string => {
  const wanted = constraint === "EU" ? "eu-west-1" : constraint;
  if (wanted === undefined) {
    if (asked !== CLASSIC_REGION) throw illegal("The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.");
    return CLASSIC_REGION;
  }
  if (asked === CLASSIC_REGION) {
    if (wanted === CLASSIC_REGION || !REGION.test(wanted)) {
      throw new ApiError("InvalidLocationConstraint", "The specified location-constraint is not valid", { status: 400, members: { LocationConstraint: constraint } });
    }
    return wanted;
  }
  if (wanted !== asked) throw illegal(`The ${constraint} location constraint is incompatible for the region specific endpoint this request was sent to.`);
  return wanted;
};

const OWNERSHIPS: readonly string[] = ["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"];

const refuseUnbuiltBucket = (input: S3Input<"CreateBucket">): void => {
  const { ACL, GrantFullControl, GrantRead, GrantReadACP, GrantWrite, GrantWriteACP } = input;
  if (input.ObjectOwnership !== undefined && !OWNERSHIPS.includes(input.ObjectOwnership)) {
    throw invalidArgument(`Invalid x-amz-object-ownership header: ${input.ObjectOwnership}`, "x-amz-object-ownership", input.ObjectOwnership);
  }
  if (ACL === "public-read" || ACL === "public-read-write" || ACL === "authenticated-read") {
    throw new ApiError("InvalidBucketAclWithObjectOwnership", "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting", { status: 400 });
  }
  refuseUnbuilt({ ACL, GrantFullControl, GrantRead, GrantReadACP, GrantWrite, GrantWriteACP });
  if (input.ObjectLockEnabledForBucket === true) throw notBuilt("Object Lock (x-amz-bucket-object-lock-enabled)");
  if (input.ObjectOwnership !== undefined && input.ObjectOwnership !== "BucketOwnerEnforced") throw notBuilt(`Object ownership with ACLs (${input.ObjectOwnership})`);
  if (input.BucketNamespace !== undefined && input.BucketNamespace !== "global") throw notBuilt(`The bucket namespace ${input.BucketNamespace}`);
  if (input.CreateBucketConfiguration?.Location !== undefined || input.CreateBucketConfiguration?.Bucket !== undefined) throw notBuilt("Directory buckets");
};

export const createCreateBucket = (s3: S3): S3Handler<"CreateBucket"> => async (input, { account, region: asked }) => {
  const name = bucketOf(input);
  checkBucketName(name);
  refuseUnbuiltBucket(input);
  const region = bucketRegion(input.CreateBucketConfiguration?.LocationConstraint, asked);
  const tags = readTagSet(input.CreateBucketConfiguration?.Tags, "bucket");
  await s3.store.run(function* () {
    const existing = yield* findBucket(name);
    if (existing !== undefined) {
      if (existing.account !== account) {
        throw new ApiError("BucketAlreadyExists", "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.", { status: 409, members: { BucketName: name } });
      }
      // "in us-east-1 … if you re-create an existing bucket that you already own, Amazon S3 returns 200 OK" (CreateBucket)
      if (existing.region === CLASSIC_REGION && region === CLASSIC_REGION) return;
      throw new ApiError("BucketAlreadyOwnedByYou", "Your previous request to create the named bucket succeeded and you already own it.", { status: 409, members: { BucketName: name } });
    }
    const count = yield* sqlOne("select count(*) as n from s3_bucket where account = ?", account);
    if (Number(count!["n"]) >= S3_BUCKETS_PER_ACCOUNT_MAX) throw new ApiError("TooManyBuckets", "You have attempted to create more buckets than allowed", { status: 400 });
    yield* sql("insert into s3_bucket (name, account, region, created_at, tags, notifications) values (?, ?, ?, ?, ?, '[]')", name, account, region, s3.clock.now(), JSON.stringify(tags));
  });
  s3.places.forget(name);
  return { Location: region === CLASSIC_REGION && asked === CLASSIC_REGION ? `/${name}` : `http://${name}.s3.amazonaws.com/`, BucketArn: bucketArn(name) };
};
