import { ownerOf } from "./account-ids.ts";
import { requireBucket } from "./bucket-rows.ts";
import { aclsAreOff } from "./errors.ts";
import type { S3, S3Handlers } from "./needs.ts";
import { bucketOf, checkVersion, objectOf } from "./object-names.ts";
import { requireReadable } from "./read-object.ts";

const ownersAcl = (account: string) => {
  const owner = ownerOf(account);
  return { Owner: owner, Grants: [{ Grantee: { ...owner, Type: "CanonicalUser" as const }, Permission: "FULL_CONTROL" as const }] };
};

/** ACLs are off, as they are on AWS where nobody asked for them: "requests to set ACLs … fail … Requests to read ACLs are still supported" (S3 user guide). */
export const createAcl = (s3: S3) => {
  const of = (input: { Bucket?: string | undefined; ExpectedBucketOwner?: string | undefined }) => s3.store.run(() => requireBucket(bucketOf(input), input.ExpectedBucketOwner));
  return {
    GetBucketAcl: async (input) => ownersAcl((await of(input)).account),
    async PutBucketAcl(input) {
      await of(input);
      throw aclsAreOff();
    },
    async GetObjectAcl(input, context) {
      checkVersion(input.VersionId);
      await requireReadable(s3, objectOf(input), input.ExpectedBucketOwner, context);
      return ownersAcl((await of(input)).account);
    },
    async PutObjectAcl(input, context) {
      checkVersion(input.VersionId);
      await requireReadable(s3, objectOf(input), input.ExpectedBucketOwner, context);
      throw aclsAreOff();
    },
  } satisfies S3Handlers;
};
