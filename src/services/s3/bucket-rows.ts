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
}

export const readBucketRow = (row: Row): BucketRow => ({
  name: row["name"] as string,
  account: row["account"] as string,
  region: row["region"] as string,
  createdAt: Number(row["created_at"]),
  tags: JSON.parse(row["tags"] as string) as TagPair[],
  notifications: JSON.parse(row["notifications"] as string) as NotificationRule[],
});

export function* findBucket(name: string): Operation<BucketRow | undefined> {
  const row = yield* sqlOne("select name, account, region, created_at, tags, notifications from s3_bucket where name = ?", name);
  return row === undefined ? undefined : readBucketRow(row);
}

/** The bucket of a request, which may say whose it expects it to be (`x-amz-expected-bucket-owner`). */
export function* requireBucket(name: string, expectedOwner?: string): Operation<BucketRow> {
  const bucket = yield* findBucket(name);
  if (bucket === undefined) throw noSuchBucket(name);
  if (expectedOwner !== undefined && expectedOwner !== bucket.account) throw accessDenied();
  return bucket;
}
