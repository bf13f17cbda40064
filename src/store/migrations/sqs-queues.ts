import type { Migration } from "../migrate.ts";

/** A queue that is deleted or purged has its rows swept later, in pieces: `sqs_garbage` holds the ids that are no queue's any more. */
export const sqsQueues: readonly Migration[] = [
  {
    id: "2026-12-sqs-queues",
    statements: [
      "alter table sqs_queue add column purged_at integer",
      "create table sqs_garbage (queue integer primary key) without rowid",
      "create index sqs_move_task_by_activity on sqs_move_task (status) where status in ('RUNNING', 'CANCELLING')",
    ],
  },
];
