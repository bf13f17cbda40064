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
  {
    id: "2026-12-sqs-arrivals",
    statements: [
      // Of a message that came out of another standard queue, where it keeps the age that it expires by.
      "alter table sqs_message add column arrived_at integer",
      // The oldest of each queue. Only who says `queue > 0` reads by it: it is no way to what is visible.
      "create index sqs_message_by_arrival on sqs_message (queue) where queue > 0",
    ],
  },
];
