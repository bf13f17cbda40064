import { KIB, MIB } from "../units.ts";

/** Deliveries at once, in all and to one target, milliseconds between their attempts, and how long they are tried; ours: AWS gives no number for S3. */
export const DELIVERIES_IN_FLIGHT_MAX = 100;
export const DELIVERIES_IN_FLIGHT_PER_TARGET_MAX = 25;
/** Deliveries that go from memory to their first try, and their payloads' characters in all; ours. More are read from the disk. */
export const DELIVERIES_HANDED_OVER_MAX = 500;
export const DELIVERIES_HANDED_OVER_CHARACTERS_MAX = 16 * MIB;
/** Of those in all, to HTTP endpoints, which may take as long as they like: the others go on beside them. */
export const DELIVERIES_IN_FLIGHT_OUTWARD_MAX = 60;
export const DELIVERY_BACKOFF_MS_FIRST = 1_000;
export const DELIVERY_BACKOFF_MS_MAX = 5 * 60 * 1000;
export const DELIVERY_AGE_MS_MAX = 24 * 60 * 60 * 1000;
/** Milliseconds until an HTTP endpoint has to have answered ("Amazon SNS message delivery retries": 15 seconds), and bytes of its answer that are read; the latter ours. */
export const HTTP_DELIVERY_TIMEOUT_MS = 15_000;
export const HTTP_DELIVERY_ANSWER_BYTES_MAX = 64 * KIB;
/** Milliseconds. A session of a role that API Gateway, EventBridge or another service acts as, and how long before its end another one is begun. Ours: an hour is STS's default. */
export const SERVICE_ROLE_SESSION_MS = 60 * 60_000;
export const SERVICE_ROLE_SESSION_SPARE_MS = 5 * 60_000;
/** Sessions of roles that each service keeps; ours. */
export const SERVICE_ROLE_SESSIONS_MAX = 10_000;
