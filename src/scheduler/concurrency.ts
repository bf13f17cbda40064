import { ApiError } from "../kit/api-error.ts";
import { ACCOUNT_CONCURRENCY, SCALING_ENVIRONMENTS, SCALING_WINDOW_MS } from "../kit/limits.ts";
import type { Clock } from "../kit/clock.ts";

export type ThrottleReason = "ConcurrentInvocationLimitExceeded" | "FunctionInvocationRateLimitExceeded" | "CallerRateLimitExceeded";

export const throttled = (reason: ThrottleReason): ApiError =>
  new ApiError("TooManyRequestsException", "Rate Exceeded.", { status: 429, members: { Reason: reason, Type: "User", retryAfterSeconds: "1" } });

/** An invocation holds a lease for as long as it runs: the right to be run at all. */
export interface ConcurrencyLease {
  release(): void;
}

/** Counts running invocations per account and region, and how fast each function's environments grow. In memory: they end with the process. */
export const createConcurrency = ({ clock, accountLimit = ACCOUNT_CONCURRENCY }: { clock: Clock; accountLimit?: number }) => {
  const running = new Map<string, number>();
  const growth = new Map<string, { since: number; made: number }>();

  return {
    lease({ account, region }: { account: string; region: string }): ConcurrencyLease {
      const key = `${account}/${region}`;
      const count = running.get(key) ?? 0;
      if (count >= accountLimit) throw throttled("ConcurrentInvocationLimitExceeded");
      running.set(key, count + 1);
      let isHeld = true;
      return {
        release() {
          if (!isHeld) return;
          isHeld = false;
          const left = running.get(key)! - 1;
          if (left === 0) running.delete(key);
          else running.set(key, left);
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
