/** Event source mappings: records of a batch unless said, filters of one ("Lambda quotas"), mappings on one page (ListEventSourceMappings, API reference). */
export const MAPPING_BATCH_SIZE_DEFAULT = 10;
export const MAPPING_FILTERS_MAX = 5;
export const MAPPINGS_PAGE_MAX = 100;
/** Messages that one poll of a queue gives, and the seconds for which it waits for them: the most that SQS allows. */
export const MAPPING_POLL_MESSAGES_MAX = 10;
export const MAPPING_POLL_SECONDS = 20;
/** Polls at once with which one batch is gathered while its queue has a backlog. Ours. */
export const MAPPING_POLLS_AT_ONCE_MAX = 8;
/** Batches at once of one mapping: at first, more per minute while there is a backlog, and at most ("Configuring scaling behavior for SQS event source mappings"). */
export const MAPPING_CONCURRENCY_FIRST = 5;
export const MAPPING_CONCURRENCY_PER_MINUTE = 300;
export const MAPPING_CONCURRENCY_MAX = 1_250;
/** The same with provisioned pollers: how many there are unless said, invocations of each, and how fast they become more (the same guide). */
export const MAPPING_PROVISIONED_POLLERS_DEFAULT = { minimum: 2, maximum: 200 };
export const MAPPING_INVOCATIONS_PER_POLLER = 10;
export const MAPPING_PROVISIONED_CONCURRENCY_PER_MINUTE = 1_000;
/** Milliseconds. A batch that is full so soon after it was asked for came out of a backlog. Ours. */
export const MAPPING_BACKLOG_MS = 1_000;
/** Milliseconds until what could not be done (to receive, to delete) is tried again, doubling up to the most. Ours. */
export const MAPPING_BACKOFF_MS_FIRST = 1_000;
export const MAPPING_BACKOFF_MS_MAX = 60_000;
/** Milliseconds until a throttled batch is tried again, doubling up to the most. Ours. */
export const MAPPING_THROTTLE_MS_FIRST = 100;
export const MAPPING_THROTTLE_MS_MAX = 10_000;
