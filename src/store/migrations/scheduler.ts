import type { Migration } from "../migrate.ts";

/** EventBridge Scheduler. Times in milliseconds; next_at: when an enabled schedule is due. */
export const scheduler: readonly Migration[] = [
  {
    id: "2026-12-scheduler",
    statements: [
      "create table schedule_group (account text not null, region text not null, name text not null, body text not null, primary key (account, region, name))",
      `create table schedule (
        account text not null, region text not null, group_name text not null, name text not null, next_at integer, body text not null,
        primary key (account, region, group_name, name))`,
      "create index schedule_by_due on schedule (next_at)",
    ],
  },
];
