import type { Migration } from "../migrate.ts";

export const delivery: readonly Migration[] = [
  {
    id: "2026-11-delivery",
    statements: [
      `create table delivery (
        id text primary key, target_arn text not null, region text not null, body text not null,
        attempts integer not null, accepted_at integer not null, due_at integer not null)`,
      "create index delivery_by_due on delivery (due_at)",
    ],
  },
];
