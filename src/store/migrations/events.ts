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
      // How much an archive keeps; is_gone: it was deleted, and what it keeps is swept. `at` is the event's own time, kept_at when its bus took it.
      "create table event_archive (id text primary key, events integer not null, bytes integer not null, retention_days integer not null, is_gone integer not null)",
      `create table archived_event (
        archive_id text not null, at integer not null, event_id text not null, kept_at integer not null, is_forwarded integer not null, bytes integer not null, body text not null,
        primary key (archive_id, at, event_id))`,
      "create index archived_event_by_age on archived_event (archive_id, kept_at)",
    ],
  },
];
