import { KIB, MIB } from "../units.ts";

/** Bytes. A response may be this large before `Function.ResponseSizeTooLarge`: 6 MiB and 100 bytes, seen on AWS. */
export const RESPONSE_BYTES_MAX = 6 * MIB + 100;
/** Bytes. A streamed response: 200 MB since July 2025 ("Lambda quotas"). */
export const STREAMED_RESPONSE_BYTES_MAX = 200 * MIB;
/** Milliseconds. INIT of an on-demand environment. */
export const INIT_TIMEOUT_MS = 10_000;
/** Bytes. `LogType=Tail`. */
export const LOG_TAIL_BYTES = 4 * KIB;
/** Processes and threads, and file descriptors, of an environment. */
export const ENVIRONMENT_PROCESSES_MAX = 1_024;
export const ENVIRONMENT_FILES_MAX = 1_024;
/** Connections that the server has with one environment: as many as one of its programs can open. More are closed at once. Ours. */
export const ENVIRONMENT_CONNECTIONS_MAX = ENVIRONMENT_FILES_MAX;
/** Megabytes of memory that give one whole CPU. */
export const MEMORY_MB_PER_CPU = 1_769;
/**
 * Milliseconds. An answer waits this long for its runtime to ask for the next invocation: nearly all do so at once, and who calls
 * one after the other then finds the same environment, and the log whole. Ours; AWS's own way to the caller takes longer.
 */
export const ANSWER_GRACE_MS = 50;
/** Characters of one log event, lines and characters of one invocation; ours: a longer line is several events, a flood is cut, and says so. */
export const LOG_LINE_CHARACTERS_MAX = 256 * KIB;
export const LOG_LINES_PER_INVOCATION_MAX = 100_000;
export const LOG_BYTES_PER_INVOCATION_MAX = 32 * MIB;
/** Lines of one write, and characters of one stream that are not yet written; beyond them its function waits. Ours. */
export const LOG_BATCH_LINES_MAX = 1_000;
export const LOG_PENDING_CHARACTERS_MAX = 2 * MIB;
/** Log streams of environments that are known to exist. Ours. */
export const LOG_STREAMS_REMEMBERED_MAX = 2_000;
/** Extensions of a function ("Using the Lambda Extensions API"). */
export const EXTENSIONS_MAX = 10;
/** Milliseconds that SHUTDOWN may take: without extensions, with internal ones only, with external ones; and the part of the last that the runtime gets (the same guide). */
export const SHUTDOWN_MS = { none: 0, internal: 500, external: 2_000 };
export const SHUTDOWN_RUNTIME_MS = 300;
/** Buffering of a telemetry subscription: the least, the most, what it is unless said ("Lambda Telemetry API"; the Logs API has the same). */
export const TELEMETRY_BUFFERING = {
  maxItems: { least: 1_000, most: 10_000, default: 10_000 },
  maxBytes: { least: 262_144, most: 1_048_576, default: 262_144 },
  timeoutMs: { least: 25, most: 30_000, default: 1_000 },
};
/** Milliseconds. A subscriber that has not taken a batch after this time is asked again; between two attempts, doubling. Ours. */
export const TELEMETRY_DELIVERY_MS_MAX = 5_000;
export const TELEMETRY_RETRY_MS_FIRST = 100;
export const TELEMETRY_RETRY_MS_MAX = 3_000;
/** Milliseconds. What was buffered is delivered before an environment is frozen, but it is not kept awake for longer than this. Ours. */
export const TELEMETRY_FLUSH_MS_MAX = 500;
/** Milliseconds of SHUTDOWN that subscribers have to take what was buffered, before they are told to end. Ours. */
export const TELEMETRY_SHUTDOWN_MS_MAX = 500;
/** Events of INIT that are kept for those who subscribe after them, and their bytes. Ours. */
export const TELEMETRY_BACKLOG_ITEMS_MAX = 1_000;
export const TELEMETRY_BACKLOG_BYTES_MAX = 256 * KIB;
/** Bytes of a request to the Extensions API or to the Telemetry API, and of a subscriber's answer that are read. Ours. */
export const EXTENSION_REQUEST_BYTES_MAX = 64 * KIB;
/** How long a nursery that nobody asks for is kept: it holds an interpreter, and the sandboxes that wait. */
export const NURSERY_IDLE_MS = 10 * 60 * 1_000;
