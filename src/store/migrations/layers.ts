import type { Migration } from "../migrate.ts";

/** A layer's row outlives its versions: a number is never given twice. */
export const layers: readonly Migration[] = [
  {
    id: "2026-11-layers",
    statements: [
      `create table lambda_layer (
        account text not null, region text not null, name text not null, latest_version integer not null,
        primary key (account, region, name))`,
      `create table lambda_layer_version (
        account text not null, region text not null, name text not null, version integer not null, description text not null, license text,
        runtimes text, architectures text, code_blob_id text not null, code_sha256 text not null, code_size integer not null,
        unzipped_size integer not null, policy text, policy_revision text, created_at integer not null,
        primary key (account, region, name, version))`,
    ],
  },
];
