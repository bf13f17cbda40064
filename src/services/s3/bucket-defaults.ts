import { ApiError } from "../../kit/api-error.ts";
import { sql, type Value } from "../../store/store.ts";
import { requireBucket, type BucketRow } from "./bucket-rows.ts";
import { invalidArgument, malformedXml, notBuilt } from "./errors.ts";
import type { S3, S3Handlers } from "./needs.ts";
import { bucketOf } from "./object-names.ts";

interface Named {
  Bucket?: string | undefined;
  ExpectedBucketOwner?: string | undefined;
}

const OWNERSHIPS: readonly string[] = ["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"];

/**
 * What every new bucket has by itself since 2023, and Terraform writes down: public access blocked, ACLs off, encryption with S3's own keys. Each can be taken
 * away and set again; what lambdad cannot do instead (ACLs, KMS) is refused by name.
 */
export const createBucketDefaults = (s3: S3) => {
  const of = (input: Named): Promise<BucketRow> => s3.store.run(() => requireBucket(bucketOf(input), input.ExpectedBucketOwner));
  const set = async (input: Named, column: "public_access_block" | "ownership" | "is_bucket_key_enabled", value: Value): Promise<Record<string, never>> => {
    await s3.store.run(function* () {
      const { name } = yield* requireBucket(bucketOf(input), input.ExpectedBucketOwner);
      yield* sql(`update s3_bucket set ${column} = ? where name = ?`, value, name);
    });
    s3.places.forget(bucketOf(input));
    return {};
  };
  const missing = (code: string, message: string, { name }: BucketRow): ApiError => new ApiError(code, message, { status: 404, members: { BucketName: name } });

  return {
    async GetPublicAccessBlock(input) {
      const bucket = await of(input);
      if (bucket.publicAccessBlock === undefined) throw missing("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found", bucket);
      return { PublicAccessBlockConfiguration: bucket.publicAccessBlock };
    },
    PutPublicAccessBlock(input) {
      const { BlockPublicAcls = false, IgnorePublicAcls = false, BlockPublicPolicy = false, RestrictPublicBuckets = false } = input.PublicAccessBlockConfiguration ?? {};
      return set(input, "public_access_block", JSON.stringify({ BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets }));
    },
    DeletePublicAccessBlock: (input) => set(input, "public_access_block", null),

    async GetBucketOwnershipControls(input) {
      const bucket = await of(input);
      if (!bucket.hasOwnershipControls) throw missing("OwnershipControlsNotFoundError", "The bucket ownership controls were not found", bucket);
      return { OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" as const }] } };
    },
    async PutBucketOwnershipControls(input) {
      const [rule, ...more] = input.OwnershipControls?.Rules ?? [];
      if (rule?.ObjectOwnership === undefined || more.length > 0 || !OWNERSHIPS.includes(rule.ObjectOwnership)) throw malformedXml();
      await of(input);
      if (rule.ObjectOwnership !== "BucketOwnerEnforced") throw notBuilt(`Object ownership with ACLs (${rule.ObjectOwnership})`);
      return set(input, "ownership", rule.ObjectOwnership);
    },
    DeleteBucketOwnershipControls: (input) => set(input, "ownership", null),

    async GetBucketEncryption(input) {
      const { isBucketKeyEnabled } = await of(input);
      return { ServerSideEncryptionConfiguration: { Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" as const }, BucketKeyEnabled: isBucketKeyEnabled }] } };
    },
    async PutBucketEncryption(input) {
      const [rule, ...more] = input.ServerSideEncryptionConfiguration?.Rules ?? [];
      if (rule === undefined || more.length > 0) throw malformedXml();
      await of(input);
      const { SSEAlgorithm = "AES256", KMSMasterKeyID } = rule.ApplyServerSideEncryptionByDefault ?? {};
      if (!["AES256", "aws:kms", "aws:kms:dsse"].includes(SSEAlgorithm)) throw malformedXml();
      if (SSEAlgorithm !== "AES256") throw notBuilt(`Server-side encryption with KMS (${SSEAlgorithm})`);
      if (KMSMasterKeyID) throw invalidArgument("a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse", "ApplyServerSideEncryptionByDefault", undefined);
      if (rule.BlockedEncryptionTypes?.EncryptionType?.some((type) => type !== "NONE") === true) throw notBuilt("Blocking a kind of encryption (BlockedEncryptionTypes)");
      // A bucket key is KMS's: without it, it is noted and changes nothing, on AWS too.
      return set(input, "is_bucket_key_enabled", rule.BucketKeyEnabled === true ? 1 : 0);
    },
    // What nobody asked for is encrypted all the same.
    DeleteBucketEncryption: (input) => set(input, "is_bucket_key_enabled", 0),
  } satisfies S3Handlers;
};
