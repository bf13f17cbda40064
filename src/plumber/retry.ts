import { DELIVERY_BACKOFF_MS_FIRST, DELIVERY_BACKOFF_MS_MAX } from "../kit/limits.ts";

/** Doubles from one second to five minutes. */
export const backoffMs = (attempts: number): number => Math.min(DELIVERY_BACKOFF_MS_FIRST * 2 ** attempts, DELIVERY_BACKOFF_MS_MAX);
