import type { Migration } from "../migrate.ts";

/** EventBridge. What a rule is made of, its targets with it, is a document, and so is what there is beside rules: nobody asks for one by what is in it. Times in milliseconds. */
export const events: readonly Migration[] = [
  {
    id: "2026-12-events",
    statements: [
      "create table event_item (account text not null, region text not null, kind text not null, name text not null, body text not null, primary key (account, region, kind, name))",
      "create index event_item_by_kind on event_item (kind)",
      // next_at: of an enabled rule with a schedule, when it is due.
      `create table event_rule (
        account text not null, region text not null, bus text not null, name text not null, next_at integer, body text not null,
        primary key (account, region, bus, name))`,
      "create index event_rule_by_due on event_rule (next_at)",
    ],
  },
];
