import { RULE_TICK_LATE_MS_MAX } from "./events.ts";
import { KIB } from "../units.ts";

/** EventBridge Scheduler ("Quotas for Amazon EventBridge Scheduler"). Groups of an account in a region, the default group with them. */
export const SCHEDULE_GROUPS_MAX = 500;
/** Bytes of a target's Input. */
export const SCHEDULE_INPUT_BYTES_MAX = 256 * KIB;
/** Tags of a group, and entries of a page of a list (API reference). */
export const SCHEDULE_GROUP_TAGS_MAX = 200;
export const SCHEDULES_PAGE_MAX = 100;
/** Milliseconds for which a one-time schedule may be late when it is made: a schedule runs within the minute that it names. */
export const SCHEDULE_PRECISION_MS = 60_000;
/** Milliseconds before now that a StartDate may name, seen on AWS. */
export const SCHEDULE_START_PAST_MS_MAX = 5 * 60_000;
/** Milliseconds for which a ClientToken is known. Ours: AWS tells none; retries of the SDKs are over by then. */
export const SCHEDULE_TOKEN_MS = 10 * 60_000;
/** Schedules in one commit: that are run, and that a deleted group takes along. Ours. */
/** Later than this, a schedule's moments after the one that is late are passed over, as a rule's are. */
export const SCHEDULE_LATE_MS_MAX = RULE_TICK_LATE_MS_MAX;
export const SCHEDULES_PER_COMMIT = 200;
export const SCHEDULES_PER_SWEEP = 500;
