import { ApiError } from "../kit/api-error.ts";
import { ACCOUNT_CONCURRENCY, SCALING_ENVIRONMENTS, SCALING_WINDOW_MS } from "../kit/limits.ts";
import type { Clock } from "../kit/clock.ts";
import { createTally } from "../kit/tally.ts";

export type ThrottleReason = "ConcurrentInvocationLimitExceeded" | "FunctionInvocationRateLimitExceeded" | "CallerRateLimitExceeded";

export const throttled = (reason: ThrottleReason): ApiError =>
  new ApiError("TooManyRequestsException", "Rate Exceeded.", { status: 429, members: { Reason: reason, Type: "User", retryAfterSeconds: "1" } });

/** An invocation holds a lease for as long as it runs: the right to be run at all. */
export interface ConcurrencyLease {
  release(): void;
}

/** Counts running invocations per account and region, and how fast each function's environments grow. In memory: they end with the process. */
export const createConcurrency = ({ clock, accountLimit = ACCOUNT_CONCURRENCY }: { clock: Clock; accountLimit?: number }) => {
  const running = createTally<string>();
  const growth = new Map<string, { since: number; made: number }>();

  return {
    lease({ account, region }: { account: string; region: string }): ConcurrencyLease {
      const key = `${account}/${region}`;
      if (running.of(key) >= accountLimit) throw throttled("ConcurrentInvocationLimitExceeded");
      running.add(key);
      let isHeld = true;
      return {
        release() {
          if (!isHeld) return;
          isHeld = false;
          running.remove(key);
        },
      };
    },
    /** 1,000 new environments per 10 seconds and function. */
    grow(functionArn: string): void {
      const now = clock.monotonic();
      const window = growth.get(functionArn);
      if (window === undefined || now - window.since >= SCALING_WINDOW_MS) growth.set(functionArn, { since: now, made: 1 });
      else if (window.made >= SCALING_ENVIRONMENTS) throw throttled("ConcurrentInvocationLimitExceeded");
      else window.made++;
    },
  };
};
