/** Combinations that the `$or`s of one event pattern may leave ("Amazon EventBridge quotas"). */
export const PATTERN_ALTERNATIVES_MAX = 1_000;
/** Levels of an event that a pattern looks into, and nodes that are looked at for one pattern and event: about as many as a message of 1 MiB can have. Ours. */
export const PATTERN_DEPTH_MAX = 1_000;
export const PATTERN_STEPS_MAX = 500_000;
/** The same for all patterns of a set together; a value that is looked at is one, and one more for each 16 of its bytes. Ours: less than a second. */
export const PATTERN_SET_STEPS_MAX = 5_000_000;
/** "A filter policy can have a maximum of five keys", and "the total combination of values must not exceed 150" (Amazon SNS developer guide). */
export const FILTER_POLICY_KEYS_MAX = 5;
export const FILTER_POLICY_COMBINATIONS_MAX = 150;
