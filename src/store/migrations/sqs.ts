import type { Migration } from "../migrate.ts";

/**
 * `sequence` is the order in which messages came in. A message is due when `visible_at` has passed, whatever held it back: a delay, or
 * whoever received it. `visible_at` is never before `sent_at`, so what is visible since longer than the retention is too old. Head and range of each
 * index are all that is ever read, so a deep queue is as quick as a shallow one.
 *
 * What changes while a message is there comes first and its body last: a large one is not read to learn of the others.
 */
export const sqs: readonly Migration[] = [
  {
    id: "2026-12-sqs",
    statements: [
      `create table sqs_queue (
        id integer primary key autoincrement, account text not null, region text not null, name text not null, is_fifo integer not null,
        attributes text not null, tags text not null, created_at integer not null, modified_at integer not null,
        unique (account, region, name))`,
      "create table sqs_deleted_queue (account text not null, region text not null, name text not null, deleted_at integer not null, primary key (account, region, name)) without rowid",
      // `received_before`: in the queues that it was moved from. `receipt`: of whoever received it last.
      `create table sqs_message (
        sequence integer primary key autoincrement, queue integer not null, visible_at integer not null, receive_count integer not null, received_before integer not null,
        receipt integer, first_received_at integer, sent_at integer not null, id text not null, group_id text, deduplication_id text, dead_letter_source text,
        sender text not null, trace_header text, attributes text, body text not null)`,
      // Count and group are there to be read: what is held back is counted, and quiet groups are found, without a look at the messages.
      "create index sqs_message_by_visibility on sqs_message (queue, visible_at, receive_count, group_id)",
      "create index sqs_message_by_order on sqs_message (queue, group_id, sequence) where deduplication_id is not null",
      "create index sqs_message_by_tenant on sqs_message (queue, group_id, visible_at) where group_id is not null and deduplication_id is null",
      // FIFO: each group that has messages. It gives none before `free_at`: the last of those that somebody has is visible again then.
      `create table sqs_group (queue integer not null, group_id text not null, head_sequence integer not null, free_at integer not null, primary key (queue, group_id)) without rowid`,
      "create index sqs_group_by_order on sqs_group (queue, free_at, head_sequence)",
      // FIFO: what was sent in the last five minutes, whether it is still there or not. `scope` is the group where deduplication is per group, else empty.
      `create table sqs_deduplication (
        queue integer not null, scope text not null, deduplication_id text not null, message_id text not null, sequence integer not null, sent_at integer not null,
        primary key (queue, scope, deduplication_id)) without rowid`,
      "create index sqs_deduplication_by_age on sqs_deduplication (sent_at)",
      // FIFO: what a ReceiveRequestAttemptId was answered with, for five minutes.
      `create table sqs_receive_attempt (
        queue integer not null, attempt_id text not null, received_at integer not null, receipt integer not null, visible_at integer not null, sequences text not null,
        primary key (queue, attempt_id)) without rowid`,
      "create index sqs_receive_attempt_by_age on sqs_receive_attempt (received_at)",
      `create table sqs_move_task (
        handle text primary key, source integer not null, source_arn text not null, destination_arn text, per_second integer, status text not null,
        moved integer not null, to_move integer not null, last_sequence integer not null, started_at integer not null, failure text)`,
      "create index sqs_move_task_by_source on sqs_move_task (source, started_at)",
    ],
  },
];
