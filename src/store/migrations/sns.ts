import type { Migration } from "../migrate.ts";

/**
 * SNS. A topic's id is never used again. A subscription's state is `pending`, `confirmed`, or `removed`: taken away by its link, and to be had again with its token. The first and the last end at
 * `expires_at`. Times in milliseconds.
 */
export const sns: readonly Migration[] = [
  {
    id: "2026-12-sns",
    statements: [
      `create table sns_topic (
        id integer primary key autoincrement, account text not null, region text not null, name text not null, attributes text not null, tags text not null, created_at integer not null,
        unique (account, region, name))`,
      `create table sns_subscription (
        arn text primary key, topic integer not null, topic_arn text not null, region text not null, owner text not null, principal text not null, protocol text not null, endpoint text not null,
        attributes text not null, state text not null, token text not null, expires_at integer, is_authenticated integer not null, needs_authentication integer not null, base text not null, created_at integer not null)`,
      "create index sns_subscription_by_topic on sns_subscription (topic, arn)",
      "create index sns_subscription_by_endpoint on sns_subscription (topic, protocol, endpoint)",
      "create index sns_subscription_by_owner on sns_subscription (owner, region, arn)",
      "create unique index sns_subscription_by_token on sns_subscription (token)",
      "create index sns_subscription_by_end on sns_subscription (expires_at) where expires_at is not null",
      // How many of a topic's subscriptions were taken away, and the last sequence number of a FIFO topic.
      "create table sns_counter (topic integer not null, name text not null, value integer not null, primary key (topic, name)) without rowid",
      // FIFO: what was published in the last five minutes. `scope` is the group where deduplication is per group, else empty.
      `create table sns_deduplication (
        topic integer not null, scope text not null, deduplication_id text not null, message_id text not null, sequence integer not null, published_at integer not null,
        primary key (topic, scope, deduplication_id)) without rowid`,
      "create index sns_deduplication_by_age on sns_deduplication (published_at)",
      // What messages are signed with: made once.
      "create table sns_signing_key (made integer primary key autoincrement, id text not null unique, sealed_key text not null, certificate text not null)",
    ],
  },
];
