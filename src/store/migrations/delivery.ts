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
  {
    // Of those in one lane, each waits until those before it are gone. Outward is what goes to an HTTP endpoint.
    id: "2026-12-delivery-lanes",
    statements: ["alter table delivery add column lane text", "alter table delivery add column position integer", "alter table delivery add column is_outward integer not null default 0", "create index delivery_by_lane on delivery (lane, position) where lane is not null"],
  },
  {
    // All that is asked of what is due is in the index: what stands behind a body is read through all of that. By targets, those that have their share are passed over in one step each.
    id: "2026-12-delivery-by-target",
    statements: [
      "drop index delivery_by_due",
      "create index delivery_by_due on delivery (due_at, accepted_at, is_outward, target_arn, id)",
      "create index delivery_by_target on delivery (is_outward, target_arn, due_at)",
    ],
  },
];
