import type { Migration } from "../migrate.ts";

/** A mapping is in its transition until `settles_at`, and from then on what `is_enabled` says; one that is deleted is gone then. */
export const eventSourceMapping: readonly Migration[] = [
  {
    id: "2026-12-event-source-mapping",
    statements: [
      `create table event_source_mapping (
        uuid text primary key, account text not null, region text not null, source_arn text not null, function_name text not null, qualifier text,
        is_enabled integer not null, transition text not null, settles_at integer not null, last_modified integer not null, settings text not null, tags text not null)`,
      "create index event_source_mapping_by_function on event_source_mapping (account, region, function_name)",
      "create index event_source_mapping_by_source on event_source_mapping (account, region, source_arn)",
    ],
  },
];
