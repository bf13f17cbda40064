import { ApiError } from "../kit/api-error.ts";
import { ACCOUNT_CONCURRENCY, REQUESTS_PER_SECOND_AND_CONCURRENCY, SCALING_ENVIRONMENTS, SCALING_WINDOW_MS, TENANT_ENVIRONMENTS_PER_CONCURRENCY } from "../kit/limits/lambda.ts";
import type { Clock } from "../kit/clock.ts";
import { createTally, type Tally } from "../kit/tally.ts";
import { createFunctionLimits, setAside, type FunctionLimitsTable, type FunctionPlace } from "./function-limits.ts";
import { createRate } from "./rate.ts";

export type ThrottleReason =
  | "ConcurrentInvocationLimitExceeded"
  | "ReservedFunctionConcurrentInvocationLimitExceeded"
  | "FunctionInvocationRateLimitExceeded"
  | "ReservedFunctionInvocationRateLimitExceeded";

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

interface Region {
  /** By the function's name: what runs on demand. Provisioned environments are counted by having been made. */
  running: Tally<string>;
}

/**
 * Counts what runs on demand per function, how often it is asked for, and how fast its environments grow. A function with a reservation has
 * that and no more, less what it has provisioned; the others of its account and region share what nobody has set aside. In memory: the counts end with the process.
 */
export const createConcurrency = ({ clock, limits = createFunctionLimits(), accountLimit = ACCOUNT_CONCURRENCY }: Needs) => {
  /** By account and region. */
  const regions = new Map<string, Region>();
  const growth = new Map<string, { since: number; made: number }>();
  const rate = createRate(clock);

  const regionOf = ({ account, region }: FunctionPlace): Region => {
    const key = `${account}/${region}`;
    const found = regions.get(key) ?? { running: createTally<string>() };
    regions.set(key, found);
    return found;
  };
  const refuse = ({ running }: Region, place: FunctionPlace): ThrottleReason | undefined => {
    const aside = limits.setAsideIn(place);
    const { reservedConcurrency, provisionedConcurrency = 0 } = limits.of(place);
    if (reservedConcurrency !== undefined) return running.of(place.name) >= reservedConcurrency - provisionedConcurrency ? "ReservedFunctionConcurrentInvocationLimitExceeded" : undefined;
    let [unreserved, left] = [running.total, accountLimit];
    for (const [name, one] of aside) {
      if (one.reservedConcurrency !== undefined) unreserved -= running.of(name);
      left -= setAside(one);
    }
    return unreserved >= left ? "ConcurrentInvocationLimitExceeded" : undefined;
  };

  return {
    /** For an invocation that no provisioned environment takes. */
    lease(place: FunctionPlace): ConcurrencyLease {
      const region = regionOf(place);
      const reason = refuse(region, place);
      if (reason !== undefined) throw throttled(reason);
      region.running.add(place.name);
      let isHeld = true;
      return {
        release() {
          if (!isHeld) return;
          isHeld = false;
          region.running.remove(place.name);
        },
      };
    },
    /** Synchronous requests, ten a second for each execution that may run at once: of the function if it has a reservation, else of the account ("Lambda quotas"). */
    request(place: FunctionPlace): void {
      const own = limits.of(place);
      // Its lease is refused anyway.
      if (own.reservedConcurrency === 0) return;
      if (own.reservedConcurrency === undefined) {
        if (!rate.take(regionOf(place), accountLimit * REQUESTS_PER_SECOND_AND_CONCURRENCY)) throw throttled("FunctionInvocationRateLimitExceeded");
      } else if (!rate.take(own, own.reservedConcurrency * REQUESTS_PER_SECOND_AND_CONCURRENCY)) throw throttled("ReservedFunctionInvocationRateLimitExceeded");
    },
    /** One more environment for a tenant, beside those that the function has for its tenants, idle ones too. */
    admitTenant(place: FunctionPlace, environments: number): void {
      if (environments >= (limits.of(place).reservedConcurrency ?? accountLimit) * TENANT_ENVIRONMENTS_PER_CONCURRENCY) throw throttled("ConcurrentInvocationLimitExceeded");
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
