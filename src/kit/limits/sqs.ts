import { KIB, MIB } from "../units.ts";

/** Milliseconds after a queue's deletion in which its name is taken, and between two purges of it (CreateQueue, PurgeQueue, API reference). */
export const QUEUE_NAME_HELD_MS = 60_000;
export const QUEUE_PURGE_MS = 60_000;
/** Queues on one page (ListQueues, API reference). */
export const QUEUES_PAGE_MAX = 1_000;
/** Tags of a queue; characters of a key and of a value ("Amazon SQS queue quotas"). */
export const QUEUE_TAGS_MAX = 50;
export const QUEUE_TAG_KEY_CHARACTERS_MAX = 128;
export const QUEUE_TAG_VALUE_CHARACTERS_MAX = 256;
/** Of a queue's policy: bytes, statements, principals, conditions, and actions of a statement that AddPermission makes ("Amazon SQS policy quotas"). */
export const QUEUE_POLICY_BYTES_MAX = 8 * KIB;
export const QUEUE_POLICY_STATEMENTS_MAX = 20;
export const QUEUE_POLICY_PRINCIPALS_MAX = 50;
export const QUEUE_POLICY_CONDITIONS_MAX = 10;
export const QUEUE_PERMISSION_ACTIONS_MAX = 7;
/** Receives before a message goes to the dead-letter queue; source queues that a dead-letter queue may name (SetQueueAttributes, API reference). */
export const QUEUE_RECEIVES_MAX = 1_000;
export const QUEUE_REDRIVE_SOURCES_MAX = 10;
/** Message move tasks: messages in a second, tasks that are told of each source, and of one account at the same time (StartMessageMoveTask, ListMessageMoveTasks, API reference). */
export const MOVE_MESSAGES_PER_SECOND_MAX = 500;
export const MOVE_TASKS_LISTED_MAX = 10;
export const MOVE_TASKS_ACTIVE_MAX = 100;
/** Messages that are swept, or moved, and bytes of them, in one commit, so that the event loop is held for some milliseconds. Ours. */
export const MESSAGES_PER_SWEEP = 200;
export const MESSAGES_PER_MOVE = 100;
export const MESSAGE_BYTES_PER_SWEEP = 4 * MIB;
/** SQS ("Amazon SQS quotas" and the API reference). Bytes of a message, and of all messages of a batch: body, names, types and values of its attributes. */
export const SQS_MESSAGE_BYTES_MAX = MIB;
export const SQS_BATCH_ENTRIES_MAX = 10;
export const SQS_MESSAGE_ATTRIBUTES_MAX = 10;
/** Characters of an attribute's name, and of its type. */
export const SQS_ATTRIBUTE_NAME_CHARACTERS_MAX = 256;
export const SQS_RECEIVE_MESSAGES_MAX = 10;
/** Seconds. */
export const SQS_WAIT_SECONDS_MAX = 20;
export const SQS_DELAY_SECONDS_MAX = 900;
export const SQS_VISIBILITY_SECONDS_MAX = 43_200;
/** Milliseconds in which a message is known as sent before, and a receive as tried before. */
export const SQS_DEDUPLICATION_MS = 5 * 60 * 1_000;
/** Messages of a queue that are received and not deleted: standard ones, and FIFO ones since November 2024. */
export const SQS_IN_FLIGHT_MAX = 120_000;
/** A message group is noisy when it has so large a part of what is in flight, and so many: the others go before it ("Fair queues"). */
export const SQS_NOISY_SHARE = 0.1;
export const SQS_NOISY_IN_FLIGHT_MIN = 30;
/** Messages that are looked through, and groups that are visited, for those of quiet groups; in one receive. Ours. */
export const SQS_QUIET_MESSAGES_LOOKED_AT = 200;
export const SQS_QUIET_GROUPS_LOOKED_AT = 32;
/** Messages that one commit moves to a dead-letter queue or finds too old before it gives none; and that one piece of a sweep removes. Ours. */
export const SQS_PASSED_OVER_MAX = 100;
export const SQS_SWEEP_MESSAGES = 500;
/** Receives after which the age of a standard queue's message is not counted any more ("Available CloudWatch metrics for Amazon SQS"). */
export const SQS_POISON_RECEIVES = 3;
/** Messages that are looked through for the oldest whose age counts. Ours. */
export const SQS_POISON_LOOKED_AT = 200;
