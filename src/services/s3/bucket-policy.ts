import type { PolicyDocument } from "../../iam/document.ts";
import { isKnownPrincipal } from "../../iam/known-principal.ts";
import { ApiError } from "../../kit/api-error.ts";
import { bucketArn } from "../../kit/arn.ts";
import { sql } from "../../store/store.ts";
import type { RequestContext } from "../service.ts";
import { malformedPolicy, namedPrincipals, readBucketPolicy } from "./bucket-policy-document.ts";
import { isPublicBucketPolicy } from "./bucket-places.ts";
import { requireBucket, type BucketRow } from "./bucket-rows.ts";
import type { S3, S3Handlers } from "./needs.ts";
import { bucketOf } from "./object-names.ts";

interface Named {
  Bucket?: string | undefined;
  ExpectedBucketOwner?: string | undefined;
}

const noPolicy = ({ name }: BucketRow): ApiError => new ApiError("NoSuchBucketPolicy", "The bucket policy does not exist", { status: 404, members: { BucketName: name } });

/** "If you have the correct permissions, but you're not using an identity that belongs to the bucket owner's account, Amazon S3 returns a 405" (PutBucketPolicy) */
const requireOwner = ({ account }: BucketRow, { caller }: RequestContext, Method: string): void => {
  if (caller.account !== account) throw new ApiError("MethodNotAllowed", "The specified method is not allowed against this resource.", { status: 405, members: { Method, ResourceType: "BUCKETPOLICY" } });
};

const refusePublic = ({ name, publicAccessBlock }: BucketRow, document: PolicyDocument, { caller }: RequestContext): void => {
  if (publicAccessBlock?.BlockPublicPolicy !== true || !isPublicBucketPolicy(document)) return;
  throw new ApiError(
    "AccessDenied",
    `User: ${caller.arn} is not authorized to perform: s3:PutBucketPolicy on resource: "${bucketArn(name)}" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.`,
    { status: 403 },
  );
};

/** The policy of a bucket, asked at its door (bucket-places.ts) beside those of the caller. */
export const createBucketPolicy = (s3: S3) => {
  const of = (input: Named): Promise<BucketRow> => s3.store.run(() => requireBucket(bucketOf(input), input.ExpectedBucketOwner));
  const write = async (bucket: BucketRow, policy: string | null): Promise<void> => {
    await s3.store.run(function* () {
      yield* requireBucket(bucket.name);
      yield* sql("update s3_bucket set policy = ? where name = ?", policy, bucket.name);
    });
    s3.places.forget(bucket.name);
  };

  return {
    async PutBucketPolicy(input, context) {
      const bucket = await of(input);
      requireOwner(bucket, context, "PUT");
      const document = readBucketPolicy(input.Policy ?? "", bucket);
      for (const arn of new Set(namedPrincipals(document))) {
        if (!(await isKnownPrincipal(s3.call, arn, { account: bucket.account, region: context.region }))) throw malformedPolicy("Invalid principal in policy");
      }
      refusePublic(bucket, document, context);
      await write(bucket, JSON.stringify(document));
      return {};
    },
    async GetBucketPolicy(input, context) {
      const bucket = await of(input);
      requireOwner(bucket, context, "GET");
      if (bucket.policy === undefined) throw noPolicy(bucket);
      return { Policy: JSON.stringify(bucket.policy) };
    },
    async DeleteBucketPolicy(input, context) {
      const bucket = await of(input);
      requireOwner(bucket, context, "DELETE");
      await write(bucket, null);
      return {};
    },
    async GetBucketPolicyStatus(input) {
      const bucket = await of(input);
      if (bucket.policy === undefined) throw noPolicy(bucket);
      return { PolicyStatus: { IsPublic: isPublicBucketPolicy(bucket.policy) } };
    },
  } satisfies S3Handlers;
};
