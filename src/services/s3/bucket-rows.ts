import type { PublicAccessBlockConfiguration } from "@aws-sdk/client-s3";
import type { PolicyDocument } from "../../iam/document.ts";
import { sqlOne, type Operation, type Row } from "../../store/store.ts";
import { accessDenied, noSuchBucket } from "./errors.ts";
import type { NotificationRule } from "./notification-rules.ts";
import type { TagPair } from "./tags.ts";

export interface BucketRow {
  name: string;
  /** The owner. */
  account: string;
  region: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
  tags: TagPair[];
  notifications: NotificationRule[];
  policy?: PolicyDocument;
  /** Undefined when it was taken away. */
  publicAccessBlock?: PublicAccessBlockConfiguration;
  /** False when the ownership controls were taken away. */
  hasOwnershipControls: boolean;
  isBucketKeyEnabled: boolean;
}

export const BUCKET_COLUMNS = "name, account, region, created_at, tags, notifications, policy, public_access_block, ownership, is_bucket_key_enabled";

export const readBucketRow = (row: Row): BucketRow => ({
  name: row["name"] as string,
  account: row["account"] as string,
  region: row["region"] as string,
  createdAt: Number(row["created_at"]),
  tags: JSON.parse(row["tags"] as string) as TagPair[],
  notifications: JSON.parse(row["notifications"] as string) as NotificationRule[],
  ...(row["policy"] === null ? {} : { policy: JSON.parse(row["policy"] as string) as PolicyDocument }),
  ...(row["public_access_block"] === null ? {} : { publicAccessBlock: JSON.parse(row["public_access_block"] as string) as PublicAccessBlockConfiguration }),
  hasOwnershipControls: row["ownership"] !== null,
  isBucketKeyEnabled: Number(row["is_bucket_key_enabled"]) === 1,
});

export function* findBucket(name: string): Operation<BucketRow | undefined> {
  const row = yield* sqlOne(`select ${BUCKET_COLUMNS} from s3_bucket where name = ?`, name);
  return row === undefined ? undefined : readBucketRow(row);
}

/** The bucket of a request, which may say whose it expects it to be (`x-amz-expected-bucket-owner`). */
export function* requireBucket(name: string, expectedOwner?: string): Operation<BucketRow> {
  const bucket = yield* findBucket(name);
  if (bucket === undefined) throw noSuchBucket(name);
  if (expectedOwner !== undefined && expectedOwner !== bucket.account) throw accessDenied();
  return bucket;
}
