import { KIB, MIB } from "../units.ts";

/** EventBridge Pipes: batches at once of one pipe ("Amazon Simple Queue Service as a source in EventBridge Pipes"), milliseconds that one may take ("EventBridge Pipes quotas"), bytes of an enrichment's answer, and of a log record. */
export const PIPE_CONCURRENCY_MAX = 1_000;
export const PIPE_EXECUTION_MS_MAX = 5 * 60_000;
export const PIPE_ANSWER_BYTES_MAX = 6 * MIB;
export const PIPE_LOG_RECORD_BYTES_MAX = 256 * KIB;
/** Values that the paths of a template may pass in one batch. Ours: some tenths of a second. */
export const PIPE_TEMPLATE_STEPS_MAX = 1_000_000;
/** Pipes of an account in a region ("EventBridge Pipes quotas"), tags of one, and characters of a StateReason. */
export const PIPES_MAX = 1_000;
export const PIPE_TAGS_MAX = 50;
/** Milliseconds that a change of a pipe takes; AWS takes up to a minute, unspecified. */
export const PIPE_SETTLE_MS = 150;
export const PIPE_REASON_CHARACTERS_MAX = 512;
export const PIPES_PAGE_MAX = 100;
/** Milliseconds for which a pipe whose enrichment or target refuses everything receives nothing, doubling up to the most. Ours. */
export const PIPE_REST_MS_FIRST = 1_000;
export const PIPE_REST_MS_MAX = 60_000;
/** Milliseconds that a batch waits for its turn at an API destination; one that would have to wait longer is throttled. Ours. */
export const PIPE_TURN_MS_MAX = 5_000;
