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
];
