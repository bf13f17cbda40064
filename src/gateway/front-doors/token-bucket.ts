import type { Clock } from "../../kit/clock.ts";

export interface TokenBucket {
  /** Whether one more may go now. */
  take(): boolean;
}

/** So many at once, and so many more with each second of platform time. Source: "Throttle requests to your APIs". */
export const createTokenBucket = ({ rate, burst, clock }: { rate: number; burst: number; clock: Clock }): TokenBucket => {
  let tokens = burst;
  let at = clock.now();
  return {
    take() {
      const now = clock.now();
      tokens = Math.min(burst, tokens + (Math.max(0, now - at) / 1_000) * rate);
      at = now;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
};
