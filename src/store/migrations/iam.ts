import type { Migration } from "../migrate.ts";

export const iam: readonly Migration[] = [
  {
    id: "2026-11-iam-roles",
    statements: [
      `create table iam_role (
        account text not null, name text not null, role_id text not null, path text not null, trust text not null,
        description text, max_session_seconds integer not null, boundary_arn text, tags text not null, created_at integer not null,
        primary key (account, name))`,
      `create table iam_role_policy (
        account text not null, role_name text not null, name text not null, document text not null,
        primary key (account, role_name, name))`,
      `create table iam_role_attachment (
        account text not null, role_name text not null, policy_arn text not null, attached_at integer not null,
        primary key (account, role_name, policy_arn))`,
      `create index iam_role_attachment_by_policy on iam_role_attachment (account, policy_arn)`,
      `create table iam_policy (
        account text not null, arn text not null, name text not null, policy_id text not null, path text not null, description text,
        default_version text not null, next_version integer not null, tags text not null, created_at integer not null, updated_at integer not null,
        primary key (account, arn))`,
      `create table iam_policy_version (
        account text not null, arn text not null, version text not null, number integer not null, document text not null, created_at integer not null,
        primary key (account, arn, version))`,
    ],
  },
  {
    id: "2026-11-iam-users",
    statements: [
      `create table iam_user (
        account text not null, name text not null, user_id text not null, path text not null,
        boundary_arn text, tags text not null, created_at integer not null,
        primary key (account, name))`,
      `create table iam_user_policy (
        account text not null, user_name text not null, name text not null, document text not null,
        primary key (account, user_name, name))`,
      `create table iam_user_attachment (
        account text not null, user_name text not null, policy_arn text not null, attached_at integer not null,
        primary key (account, user_name, policy_arn))`,
      `create index iam_user_attachment_by_policy on iam_user_attachment (account, policy_arn)`,
      // The secret is sealed with the server's key: SigV4 needs it as it is, and a copy of this file does not give it away.
      `create table iam_access_key (
        access_key_id text primary key, account text not null, user_name text not null, sealed_secret text not null, status text not null,
        created_at integer not null, last_used_at integer, last_used_service text, last_used_region text)`,
      `create index iam_access_key_by_user on iam_access_key (account, user_name)`,
    ],
  },
];
