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
  {
    // Whose turn it is, is asked function by function: a long queue of one is never read past for another.
    id: "2026-11-invocation-queue-by-function",
    statements: [
      "alter table async_event add column function_key text not null default ''",
      "update async_event set function_key = account || '/' || region || '/' || function_name",
      "create index async_event_by_function on async_event (function_key, due_at) where lease_token is null",
    ],
  },
];
