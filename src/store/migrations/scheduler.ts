import type { Migration } from "../migrate.ts";

/**
 * EventBridge Scheduler. What a schedule is made of, its target with it, is a document. Times in milliseconds.
 * next_at: when it is due, which is up to a flexible time window after scheduled_at, the moment that its expression names; both null when it is disabled or over.
 * schedule_token: of requests that were done, so that they are not done again.
 */
export const scheduler: readonly Migration[] = [
  {
    id: "2026-12-scheduler",
    statements: [
      "create table schedule_group (account text not null, region text not null, name text not null, state text not null, body text not null, primary key (account, region, name))",
      "create index schedule_group_by_state on schedule_group (state)",
      `create table schedule (
        account text not null, region text not null, group_name text not null, name text not null, state text not null, next_at integer, scheduled_at integer, body text not null,
        primary key (account, region, group_name, name))`,
      "create index schedule_by_due on schedule (next_at)",
      `create table schedule_token (
        account text not null, region text not null, token text not null, digest text not null, at integer not null, primary key (account, region, token))`,
      "create index schedule_token_by_age on schedule_token (at)",
    ],
  },
];
