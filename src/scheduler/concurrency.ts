import { ApiError } from "../kit/api-error.ts";
import { ACCOUNT_CONCURRENCY, SCALING_ENVIRONMENTS, SCALING_WINDOW_MS } from "../kit/limits.ts";
import type { Clock } from "../kit/clock.ts";
import { createTally, type Tally } from "../kit/tally.ts";
import { createFunctionLimits, type FunctionLimitsTable, type FunctionPlace } from "./function-limits.ts";

export type ThrottleReason = "ConcurrentInvocationLimitExceeded" | "ReservedFunctionConcurrentInvocationLimitExceeded" | "FunctionInvocationRateLimitExceeded" | "CallerRateLimitExceeded";

export const throttled = (reason: ThrottleReason): ApiError =>
  new ApiError("TooManyRequestsException", "Rate Exceeded.", { status: 429, members: { Reason: reason, Type: "User", retryAfterSeconds: "1" } });

/** An invocation holds a lease for as long as it runs: the right to be run at all. */
export interface ConcurrencyLease {
  release(): void;
}

interface Needs {
  clock: Clock;
  limits?: FunctionLimitsTable;
  accountLimit?: number;
}

/**
 * Counts running invocations per function, and how fast its environments grow. A function with a reservation has that and no more; the
 * others of its account and region share what nobody has reserved. In memory: the counts end with the process.
 */
export const createConcurrency = ({ clock, limits = createFunctionLimits(), accountLimit = ACCOUNT_CONCURRENCY }: Needs) => {
  /** By account and region, then by the function's name. */
  const running = new Map<string, Tally<string>>();
  const growth = new Map<string, { since: number; made: number }>();

  const sum = (counts: Iterable<number>): number => {
    let total = 0;
    for (const count of counts) total += count;
    return total;
  };
  const refuse = (counts: Tally<string>, place: FunctionPlace): ThrottleReason | undefined => {
    const reserved = limits.reservedIn(place);
    const own = reserved.get(place.name);
    if (own !== undefined) return counts.of(place.name) >= own ? "ReservedFunctionConcurrentInvocationLimitExceeded" : undefined;
    let unreserved = 0;
    for (const [name, count] of counts.entries()) if (!reserved.has(name)) unreserved += count;
    return unreserved >= accountLimit - sum(reserved.values()) ? "ConcurrentInvocationLimitExceeded" : undefined;
  };

  return {
    lease(place: FunctionPlace): ConcurrencyLease {
      const key = `${place.account}/${place.region}`;
      const counts = running.get(key) ?? createTally<string>();
      const reason = refuse(counts, place);
      if (reason !== undefined) throw throttled(reason);
      counts.add(place.name);
      running.set(key, counts);
      let isHeld = true;
      return {
        release() {
          if (!isHeld) return;
          isHeld = false;
          counts.remove(place.name);
          if (counts.isEmpty()) running.delete(key);
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
