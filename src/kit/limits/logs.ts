import { KIB, MIB } from "../units.ts";

/** Bytes of one log event, and of one PutLogEvents batch: messages in UTF-8 and 26 bytes each (PutLogEvents, API reference). */
export const LOG_EVENT_BYTES_MAX = MIB;
export const LOG_BATCH_BYTES_MAX = MIB;
export const LOG_EVENT_OVERHEAD_BYTES = 26;
/** Milliseconds that an event's timestamp may lie ahead or behind, and that a batch may span (PutLogEvents, API reference). */
export const LOG_EVENT_AHEAD_MS_MAX = 2 * 60 * 60 * 1000;
export const LOG_EVENT_BEHIND_MS_MAX = 14 * 24 * 60 * 60 * 1000;
export const LOG_BATCH_SPAN_MS_MAX = 24 * 60 * 60 * 1000;
/** Events and bytes in one page of GetLogEvents or FilterLogEvents (API reference). */
export const LOG_PAGE_EVENTS_MAX = 10_000;
export const LOG_PAGE_BYTES_MAX = MIB;
/** Bytes, roughly, that one FilterLogEvents call looks at before it answers with a token; ours, so that a search never holds the server. */
export const LOG_SCAN_WORK_MAX = 48 * MIB;
/** Bytes of log events kept per group and in all, and days without a retention setting; ours: history is bounded, the oldest goes first. */
export const LOG_GROUP_BYTES_MAX = 256 * MIB;
export const LOGS_BYTES_MAX = 1024 * MIB;
export const LOG_EVENT_DAYS_MAX = 30;
/** Platform time between two sweeps of old events in milliseconds, or bytes written between them, whichever is sooner. */
export const LOG_SWEEP_MS = 60 * 60 * 1000;
export const LOG_SWEEP_BYTES = 32 * MIB;
/** Rows and bytes of events that one commit takes from the disk, of those that were deleted or are too old; ours, so that others are answered in between. */
export const LOG_REMOVAL_ROWS = 2_000;
export const LOG_REMOVAL_BYTES = 4 * MIB;
/** Tags on a log group (TagResource, API reference). */
export const LOG_GROUP_TAGS_MAX = 50;
/** Subscription filters and metric filters of a log group, resource policies of an account in a region, and characters of one ("CloudWatch Logs quotas"). */
export const LOG_SUBSCRIPTION_FILTERS_MAX = 2;
export const LOG_METRIC_FILTERS_MAX = 100;
export const LOG_RESOURCE_POLICIES_MAX = 10;
export const LOG_RESOURCE_POLICY_CHARACTERS_MAX = 5_120;
/** Filters of a log group whose patterns have regular expressions ("Filter pattern syntax", quotas). */
export const LOG_REGEX_FILTERS_MAX = 5;
/** Dimensions of a metric that a filter counts ("MetricTransformation", API reference). */
export const LOG_METRIC_DIMENSIONS_MAX = 3;
/** Milliseconds that functions' lines wait for those that come next, to be forwarded together, and bytes that are as many as go together. Ours. */
export const LOG_FORWARD_GATHER_MS = 500;
export const LOG_FORWARD_BYTES_MAX = 512 * KIB;
/** Batches that are compressed and written at once; ours. A function that floods its log is held up by its subscriptions. */
export const LOG_FORWARDS_AT_ONCE_MAX = 16;
/** Bytes, roughly, that filters look at in new log events before others are answered. Ours. */
export const LOG_INGEST_WORK_MAX = 8 * MIB;
/** Of a line in the embedded metric format: metrics of a directive, values of a metric (its specification), and points in all (ours). */
export const EMF_METRICS_MAX = 100;
export const EMF_VALUES_MAX = 100;
export const EMF_POINTS_MAX = 1_000;
/** Log groups whose filters, and whose counters, are kept at hand. Ours. */
export const LOG_GROUPS_KEPT_MAX = 1_000;
