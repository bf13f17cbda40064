import type { Migration } from "../migrate.ts";

export const invocationQueue: readonly Migration[] = [
  {
    id: "2026-11-invocation-queue",
    statements: [
      `create table async_event (
        request_id text primary key, trace_id text not null, lineage text, account text not null, region text not null,
        function_name text not null, qualifier text, invoked_arn text not null, payload blob not null,
        accepted_at integer not null, due_at integer not null, attempts integer not null, backoffs integer not null, lease_token text)`,
      "create index async_event_by_due on async_event (due_at) where lease_token is null",
    ],
  },
];
