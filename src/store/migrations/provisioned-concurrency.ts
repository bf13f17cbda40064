import type { Migration } from "../migrate.ts";

export const provisionedConcurrency: readonly Migration[] = [
  {
    id: "2026-11-provisioned-concurrency",
    statements: [
      `create table lambda_provisioned_concurrency (
        account text not null, region text not null, name text not null, qualifier text not null, requested integer not null, last_modified integer not null,
        primary key (account, region, name, qualifier))`,
    ],
  },
  { id: "2026-11-tenant-isolation", statements: ["alter table async_event add column tenant_id text"] },
];
