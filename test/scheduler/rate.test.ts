import { describe, expect, it } from "vitest";
import { createClock } from "../../src/kit/clock.ts";
import { ACCOUNT_CONCURRENCY, REQUESTS_PER_SECOND_AND_CONCURRENCY, TENANT_ENVIRONMENTS_PER_CONCURRENCY } from "../../src/kit/limits/lambda.ts";
import { createConcurrency } from "../../src/scheduler/concurrency.ts";
import { createFunctionLimits } from "../../src/scheduler/function-limits.ts";

const place = (name: string, region = "r") => ({ account: "0", region, name });
const because = (Reason: string) => expect.objectContaining({ status: 429, members: { Reason, Type: "User", retryAfterSeconds: "1" } });

const createGround = (accountLimit?: number) => {
  let now = 0;
  const limits = createFunctionLimits();
  const concurrency = createConcurrency({ clock: { ...createClock(), monotonic: () => now }, limits, ...(accountLimit === undefined ? {} : { accountLimit }) });
  return {
    ...concurrency, limits,
    pass: (ms: number) => void (now += ms),
    times(count: number, name: string) {
      for (let done = 0; done < count; done++) concurrency.request(place(name));
    },
  };
};

describe("synchronous requests per second", () => {
  it("are ten for each execution that a function has reserved", () => {
    const { limits, request, times, pass } = createGround();
    limits.set(place("f"), { reservedConcurrency: 2 });
    times(20, "f");
    expect(() => request(place("f"))).toThrow(because("ReservedFunctionInvocationRateLimitExceeded"));
    pass(100);
    times(2, "f");
    expect(() => request(place("f"))).toThrow(because("ReservedFunctionInvocationRateLimitExceeded"));
    pass(60_000);
    times(20, "f");
    expect(() => request(place("f"))).toThrow(because("ReservedFunctionInvocationRateLimitExceeded"));
  });

  it("are ten for each execution of the account for the functions without a reservation, together, in each region", () => {
    const { request, times, pass } = createGround();
    times((ACCOUNT_CONCURRENCY * REQUESTS_PER_SECOND_AND_CONCURRENCY) / 2, "f");
    times((ACCOUNT_CONCURRENCY * REQUESTS_PER_SECOND_AND_CONCURRENCY) / 2, "g");
    expect(() => request(place("h"))).toThrow(because("FunctionInvocationRateLimitExceeded"));
    request(place("h", "elsewhere"));
    pass(1);
    times(10, "h");
    expect(() => request(place("h"))).toThrow(because("FunctionInvocationRateLimitExceeded"));
  });

  it("do not hide that nothing is reserved", () => {
    const { limits, request, lease } = createGround();
    limits.set(place("f"), { reservedConcurrency: 0 });
    request(place("f"));
    expect(() => lease(place("f"))).toThrow(because("ReservedFunctionConcurrentInvocationLimitExceeded"));
  });
});

describe("environments for tenants", () => {
  it("are 2,500 for 1,000 executions: of the account, or of the function's reservation", () => {
    const { limits, admitTenant } = createGround();
    const most = ACCOUNT_CONCURRENCY * TENANT_ENVIRONMENTS_PER_CONCURRENCY;
    expect(most).toBe(2_500);
    admitTenant(place("f"), most - 1);
    expect(() => admitTenant(place("f"), most)).toThrow(because("ConcurrentInvocationLimitExceeded"));
    limits.set(place("f"), { reservedConcurrency: 2 });
    admitTenant(place("f"), 4);
    expect(() => admitTenant(place("f"), 5)).toThrow(because("ConcurrentInvocationLimitExceeded"));
  });
});
