import type { Migration } from "../migrate.ts";

export const functions: readonly Migration[] = [
  {
    id: "2026-11-functions",
    statements: [
      `create table lambda_function (
        account text not null, region text not null, name text not null, revision_id text not null,
        configuration text not null, tags text not null, code_blob_id text not null, code_sha256 text not null, code_size integer not null,
        policy text, policy_revision text, settles_at integer not null, is_created integer not null, last_modified integer not null,
        primary key (account, region, name))`,
      "create table lambda_blob_garbage (blob_id text primary key)",
    ],
  },
  {
    // While an update settles, what was there before goes on serving; a settled function has another revision id than a settling one; and
    // the revision of its policy is its own.
    id: "2026-11-function-deployments",
    statements: [
      "alter table lambda_function add column settled_revision_id text not null default ''",
      "alter table lambda_function add column deployment_id text not null default ''",
      "alter table lambda_function add column previous text",
      "alter table lambda_function add column previous_blob_id text",
      "alter table lambda_function drop column policy_revision",
      "update lambda_function set settled_revision_id = revision_id, deployment_id = revision_id",
    ],
  },
  {
    // A version is a copy of the function at one moment, with a description and a policy of its own. Its number outlives it and its function.
    id: "2026-11-function-versions",
    statements: [
      `create table lambda_version (
        account text not null, region text not null, name text not null, version integer not null,
        revision_id text not null, settled_revision_id text not null, deployment_id text not null,
        configuration text not null, description text not null, code_blob_id text not null, code_sha256 text not null, code_size integer not null,
        policy text, settles_at integer not null, last_modified integer not null,
        primary key (account, region, name, version))`,
      "create index lambda_version_by_blob on lambda_version (code_blob_id)",
      "create table lambda_version_count (account text not null, region text not null, name text not null, last integer not null, primary key (account, region, name))",
      `create table lambda_alias (
        account text not null, region text not null, name text not null, alias text not null,
        version text not null, other_version text, other_weight real, description text not null, revision_id text not null, policy text,
        primary key (account, region, name, alias))`,
    ],
  },
];
