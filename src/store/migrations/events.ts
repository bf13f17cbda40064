import type { Migration } from "../migrate.ts";

/** EventBridge. What a rule is made of, its targets with it, is a document, and so is what there is beside rules. Times in milliseconds. */
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
  {
    // What is asked for by what is in it after all: archives and replays by their source, replays by their state and their end, rules by a target.
    id: "2026-12-events-asked-for",
    statements: [
      "create index event_item_by_source on event_item (account, region, kind, json_extract(body, '$.sourceArn'), name)",
      "create index event_item_by_state on event_item (kind, json_extract(body, '$.state'), account, region, name)",
      "drop index event_item_by_kind",
      "create index event_item_by_end on event_item (kind, json_extract(body, '$.endedAt'))",
      `create table event_rule_target (
        account text not null, region text not null, bus text not null, target_arn text not null, rule text not null,
        primary key (account, region, bus, target_arn, rule))`,
      "create index event_rule_target_by_rule on event_rule_target (account, region, bus, rule)",
      `insert or ignore into event_rule_target (account, region, bus, target_arn, rule)
        select account, region, bus, json_extract(target.value, '$.Arn'), name from event_rule, json_each(body, '$.targets') as target`,
    ],
  },
];
