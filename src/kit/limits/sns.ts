import { KIB, MIB } from "../units.ts";

/** SNS ("Amazon SNS endpoints and quotas", and the API reference). Bytes of a message, and of all messages of a batch: its text, and names, types and values of its attributes. */
export const SNS_MESSAGE_BYTES_MAX = 256 * KIB;
/** What a topic's MaximumMessageSize may be ("SetTopicAttributes"); what is above SNS_MESSAGE_BYTES_MAX is not built. */
export const SNS_MAXIMUM_MESSAGE_SIZE_MIN = KIB;
export const SNS_MAXIMUM_MESSAGE_SIZE_MAX = MIB;
export const SNS_BATCH_ENTRIES_MAX = 10;
export const SNS_SUBJECT_CHARACTERS_MAX = 100;
export const SNS_ATTRIBUTE_NAME_CHARACTERS_MAX = 256;
/** Topics, subscriptions on one page. */
export const SNS_PAGE_MAX = 100;
export const SNS_TAGS_MAX = 50;
/** Bytes of a topic's policy; ours, about SQS's and more. */
export const SNS_POLICY_BYTES_MAX = 30 * KIB;
/** Milliseconds for which a subscription can be confirmed ("Confirmation tokens are valid for two days", Subscribe, API reference), and for which a FIFO topic knows a message again. */
export const SNS_CONFIRMATION_MS = 2 * 24 * 60 * 60 * 1_000;
export const SNS_DEDUPLICATION_MS = 5 * 60 * 1_000;
/** What is forgotten of it with each message that comes. Ours. */
export const SNS_SWEEP_MESSAGES = 100;
/** Subscriptions of a FIFO topic ("Amazon SNS endpoints and quotas"): what it tells all of them is one commit. */
export const SNS_FIFO_SUBSCRIPTIONS_MAX = 100;
/** Characters of what subscribers of a standard topic are told in one commit, about; ours: some hundredths of a second. */
export const SNS_COMMIT_CHARACTERS_MAX = 8 * MIB;
/** Topics whose subscriptions are kept in memory as they were read; ours. */
export const SNS_TOPICS_KEPT_MAX = 1_000;
/** Mail of one account that is kept, and for how many milliseconds; ours. */
export const MAIL_MAX = 1_000;
export const MAIL_AGE_MS_MAX = 14 * 24 * 60 * 60 * 1_000;
