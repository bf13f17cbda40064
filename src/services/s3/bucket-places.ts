import type { NamedPolicy, PolicyDocument } from "../../iam/document.ts";
import { isPublicPolicy } from "../../iam/public-policy.ts";
import { bucketArn } from "../../kit/arn.ts";
import type { Caller } from "../../kit/caller.ts";
import type { Store } from "../../store/store.ts";
import { findBucket, type BucketRow } from "./bucket-rows.ts";

/** Whose a bucket is and where, which its ARN does not say, and who else may enter. */
export interface BucketPlace extends Pick<BucketRow, "account" | "region" | "policy"> {
  /** Its policy lets everybody in, and RestrictPublicBuckets keeps out who is not of the account. */
  isRestricted: boolean;
}

/** Asked before every request is authorized, so it is remembered. The operations themselves look at the bucket's row again. */
export interface BucketPlaces {
  find(bucket: string): Promise<BucketPlace | undefined>;
  forget(bucket: string): void;
}

/** S3's own keys that narrow a policy, beside those of all services. */
const NARROWING_KEYS: readonly string[] = ["s3:x-amz-server-side-encryption-aws-kms-key-id", "s3:dataaccesspointarn", "s3:dataaccesspointaccount"];

/** Whether it lets in somebody who is not named: what BlockPublicPolicy refuses and GetBucketPolicyStatus tells. */
export const isPublicBucketPolicy = (policy: PolicyDocument): boolean => isPublicPolicy(policy, NARROWING_KEYS);

/** Names. Beyond it the oldest are asked for again. */
const REMEMBERED_MAX = 10_000;

export const createBucketPlaces = ({ store }: { store: Store }): BucketPlaces => {
  const known = new Map<string, BucketPlace>();
  let changes = 0;
  return {
    async find(name) {
      const place = known.get(name);
      if (place !== undefined) return place;
      const before = changes;
      const bucket = await store.run(() => findBucket(name));
      if (bucket === undefined) return undefined;
      const { account, region, policy, publicAccessBlock } = bucket;
      const isRestricted = policy !== undefined && publicAccessBlock?.RestrictPublicBuckets === true && isPublicBucketPolicy(policy);
      const found: BucketPlace = { account, region, isRestricted, ...(policy === undefined ? {} : { policy }) };
      // What was read before a change is no news any more.
      if (changes !== before) return found;
      if (known.size >= REMEMBERED_MAX) known.delete(known.keys().next().value!);
      known.set(name, found);
      return found;
    },
    forget(name) {
      changes++;
      known.delete(name);
    },
  };
};

/** A bucket's owner cannot lock themselves out: "the root user … can perform GetBucketPolicy, PutBucketPolicy and DeleteBucketPolicy even if their bucket policy explicitly denies" it. */
const OWNERS_ALWAYS: readonly string[] = ["s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"];

/** The policy at a bucket's door, as far as it holds for this caller. */
export const policyAtDoor = async (places: BucketPlaces, { action, resource }: { action: string; resource: string }, caller: Caller): Promise<NamedPolicy | undefined> => {
  const name = /^arn:aws:s3:::([^/]+)/.exec(resource)?.[1];
  const place = name === undefined ? undefined : await places.find(name);
  if (place?.policy === undefined) return undefined;
  const isOwner = caller.account === place.account;
  if (caller.type === "root" && isOwner && OWNERS_ALWAYS.includes(action)) return undefined;
  // "only AWS service principals and authorized users within the bucket owner's account" (RestrictPublicBuckets)
  if (place.isRestricted && !isOwner && caller.type !== "service") return undefined;
  return { name: `policy of the bucket ${name}`, document: place.policy, attachedTo: bucketArn(name!) };
};
