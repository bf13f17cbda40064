import { KIB, MIB } from "../units.ts";

/** EventBridge ("Amazon EventBridge quotas", API reference): buses of an account in a region, targets of a rule, connections, API destinations, tags, and what a page of a list holds. */
export const EVENT_BUSES_MAX = 100;
export const EVENT_RULE_TARGETS_MAX = 5;
export const EVENT_CONNECTIONS_MAX = 3_000;
export const EVENT_API_DESTINATIONS_MAX = 3_000;
export const EVENT_TAGS_MAX = 50;
export const EVENT_BUS_POLICY_BYTES_MAX = 10_240;
export const EVENTS_PAGE_MAX = 100;
/** API destinations: milliseconds that an endpoint has ("a maximum client execution timeout of 5 seconds"), requests in a second unless told otherwise, and bytes of an answer that are read (a dead letter tells them; ours). */
export const API_DESTINATION_TIMEOUT_MS = 5_000;
export const API_DESTINATION_RATE_PER_SECOND = 300;
export const API_DESTINATION_ANSWER_BYTES_MAX = 256;
/** OAuth tokens of connections: milliseconds before its end that another one is asked for ("Authorization methods for connections": 60 seconds); how many are kept and bytes of an authorization endpoint's answer, both ours. */
export const OAUTH_TOKEN_SPARE_MS = 60_000;
export const OAUTH_TOKENS_MAX = 3_000;
export const OAUTH_TOKEN_ANSWER_BYTES_MAX = 64 * KIB;
/** A request of PutEvents (1 MB since 2026: "PutEvents", API reference), and how deep its details may be nested. */
export const EVENT_REQUEST_BYTES_MAX = MIB;
export const EVENT_DETAIL_DEPTH_MAX = 1_000;
/** Characters that a target may be given of an event, those that parameters of the target may have of it, and values of the event that are looked at for either; ours. */
export const EVENT_INPUT_CHARACTERS_MAX = 2 * MIB;
export const EVENT_PARAMETERS_CHARACTERS_MAX = 64 * KIB;
export const EVENT_INPUT_STEPS_MAX = 1_000_000;
/** Characters of all that goes to targets with one request; ours: a large event that a thousand rules match would be a thousand large events, in memory at once. */
export const EVENT_DELIVERIES_CHARACTERS_MAX = 256 * MIB;
/** Characters of events in one commit, about; ours: some hundredths of a second. */
export const EVENT_COMMIT_CHARACTERS_MAX = 8 * MIB;
/** Bytes of a rule's pattern ("Amazon EventBridge quotas"); the model has 4,096. */
export const RULE_PATTERN_BYTES_MAX = 2_048;
/** Archives of a bus; ours: each of them keeps its own copy of an event, in the event's commit. */
export const EVENT_BUS_ARCHIVES_MAX = 100;
/** Archives' and replays' bounds ("Amazon EventBridge quotas"): replays at work in an account and region, days that one is remembered. */
export const REPLAYS_RUNNING_MAX = 10;
export const REPLAY_DAYS_MAX = 90;
/** Events and bytes of a replay in one commit, its deliveries that may wait for their first try, and milliseconds until that is looked at again; ours. */
export const REPLAY_BATCH_EVENTS_MAX = 100;
export const REPLAY_BATCH_BYTES_MAX = 4 * MIB;
export const REPLAY_UNTRIED_MAX = 1_000;
export const REPLAY_HOLD_MS = 100;
/** Events of an archive, and replays, that are swept in one commit, and milliseconds between sweeps; ours. */
export const ARCHIVE_SWEEP_EVENTS_MAX = 500;
export const REPLAY_SWEEP_MAX = 500;
export const ARCHIVE_SWEEP_MS = 60 * 60 * 1000;
/** Rules whose time has come in one commit, characters that their targets get with it, and milliseconds that a schedule may be late before those after it are passed over; ours. */
export const RULE_TICKS_MAX = 100;
export const RULE_TICKS_CHARACTERS_MAX = 16 * MIB;
export const RULE_TICK_LATE_MS_MAX = 60_000;
/** How often and how long a target is tried ("Event retry policy", EventBridge user guide), and the pauses between, which double; the latter ours: 185 tries take a day. */
export const EVENT_RETRY_ATTEMPTS_MAX = 185;
export const EVENT_RETRY_AGE_SECONDS_MAX = 86_400;
export const EVENT_BACKOFF_MS_FIRST = 1_000;
export const EVENT_BACKOFF_MS_MAX = 10 * 60 * 1000;
