import type { Migration } from "../migrate.ts";

export const ledger: readonly Migration[] = [
  {
    id: "2026-11-ledger",
    statements: [
      `create table ledger_entry (
        sequence integer primary key, trace_id text not null, at integer not null, kind text not null,
        account text not null, region text not null, summary text not null, detail text not null)`,
      "create index ledger_entry_by_trace on ledger_entry (trace_id, sequence)",
      "create table ledger_key (key text not null, trace_id text not null, sequence integer not null, primary key (key, trace_id))",
      "create index ledger_key_by_age on ledger_key (key, sequence)",
      "create index ledger_key_by_sequence on ledger_key (sequence)",
    ],
  },
  {
    // An entry has its keys with it, and a key is written where its last one was: at the end, not in a place of its own for each story.
    id: "2026-11-ledger-keys",
    statements: [
      "alter table ledger_entry add column keys text not null default '[]'",
      "create table ledger_name (key text not null, sequence integer not null, trace_id text not null, primary key (key, sequence))",
      "insert into ledger_name (key, sequence, trace_id) select key, sequence, trace_id from ledger_key where key <> trace_id",
      "drop table ledger_key",
      "create index ledger_name_by_sequence on ledger_name (sequence)",
    ],
  },
];
