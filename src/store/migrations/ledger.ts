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
    // Every invocation writes its keys. One tree in the order in which they are asked for, one in the order in which they are forgotten; the trace is the entry's.
    id: "2026-11-ledger-keys",
    statements: [
      "create table ledger_key_of_entry (key text not null, sequence integer not null, primary key (key, sequence)) without rowid",
      "insert into ledger_key_of_entry (key, sequence) select key, sequence from ledger_key where key <> trace_id",
      "drop table ledger_key",
      "alter table ledger_key_of_entry rename to ledger_key",
      "create index ledger_key_by_sequence on ledger_key (sequence)",
    ],
  },
];
