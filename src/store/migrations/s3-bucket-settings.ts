import type { Migration } from "../migrate.ts";

/** What a new bucket of AWS has, since 2023: public access is blocked, and its owner owns all of it. Null where it was taken away. */
export const s3BucketSettings: readonly Migration[] = [
  {
    id: "2026-11-s3-bucket-settings",
    statements: [
      "alter table s3_bucket add column policy text",
      `alter table s3_bucket add column public_access_block text default '{"BlockPublicAcls":true,"IgnorePublicAcls":true,"BlockPublicPolicy":true,"RestrictPublicBuckets":true}'`,
      "alter table s3_bucket add column ownership text default 'BucketOwnerEnforced'",
      "alter table s3_bucket add column is_bucket_key_enabled integer not null default 0",
    ],
  },
  {
    // A target may be a queue.
    id: "2026-12-s3-notification-targets",
    statements: [`update s3_bucket set notifications = replace(notifications, '"functionArn":', '"targetArn":')`],
  },
];
