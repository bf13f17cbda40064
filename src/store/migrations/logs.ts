import type { Migration } from "../migrate.ts";

export const logs: readonly Migration[] = [
  {
    id: "2026-11-logs",
    statements: [
      `create table log_group (
        id bigint not null unique,
        account text not null,
        region text not null,
        name text not null,
        created_at bigint not null,
        retention_days bigint,
        class text not null,
        is_protected bigint not null,
        tags text not null,
        stored_bytes bigint not null,
        primary key (account, region, name)
      )`,
      `create table log_stream (
        id bigint not null unique,
        group_id bigint not null references log_group (id) on delete cascade,
        name text not null,
        created_at bigint not null,
        first_event_at bigint,
        last_event_at bigint,
        last_ingestion_at bigint,
        last_event_id bigint not null,
        primary key (group_id, name)
      )`,
      `create index log_stream_by_event on log_stream (group_id, coalesce(last_event_at, 0), name)`,
      // `bytes` is what CloudWatch counts: the message in UTF-8 and 26 bytes.
      `create table log_event (
        stream_id bigint not null,
        group_id bigint not null,
        at bigint not null,
        id bigint not null,
        ingested_at bigint not null,
        bytes bigint not null,
        message text not null,
        primary key (stream_id, at, id)
      )`,
      `create index log_event_by_group on log_event (group_id, at, id)`,
    ],
  },
  {
    // How many filters a group has is told with the group: one that has none costs no look for them.
    id: "2026-12-log-filters",
    statements: [
      "alter table log_group add column subscription_filters bigint not null default 0",
      "alter table log_group add column metric_filters bigint not null default 0",
      "create table log_filter (group_id bigint not null, kind text not null, name text not null, created_at bigint not null, body text not null, primary key (group_id, kind, name))",
      // Those of an account have no resource; those of a log group have its name, and it has one.
      `create table log_resource_policy (
        account text not null, region text not null, group_name text not null, name text not null, document text not null, updated_at bigint not null, revision text not null,
        primary key (account, region, group_name, name))`,
    ],
  },
];
