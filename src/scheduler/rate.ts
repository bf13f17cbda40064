import type { Clock } from "../kit/clock.ts";

interface Bucket {
  tokens: number;
  filledAt: number;
}

export interface Rate {
  /** Whether one more is within `perSecond` of this owner, which may use up a second's worth at once. */
  take(owner: object, perSecond: number): boolean;
}

/** Requests per second, in memory, as long as their owner is. */
export const createRate = (clock: Pick<Clock, "monotonic">): Rate => {
  const buckets = new WeakMap<object, Bucket>();
  return {
    take(owner, perSecond) {
      const now = clock.monotonic();
      const bucket = buckets.get(owner) ?? { tokens: perSecond, filledAt: now };
      buckets.set(owner, bucket);
      bucket.tokens = Math.min(perSecond, bucket.tokens + ((now - bucket.filledAt) * perSecond) / 1_000);
      bucket.filledAt = now;
      if (bucket.tokens < 1) return false;
      bucket.tokens--;
      return true;
    },
  };
};
