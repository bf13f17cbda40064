import { describe, expect, it } from "vitest";
import type { RetryPolicy } from "../../src/plumber/delivery.ts";
import { nextTry } from "../../src/plumber/retry.ts";
import { AWS_ENDPOINT_RETRIES, effectivePolicy, effectiveTopicPolicy, httpRetries, readSubscriptionDeliveryPolicy, readTopicDeliveryPolicy } from "../../src/services/sns/delivery-policy.ts";

/** The pauses before each further try, in seconds. */
const pauses = (policy: RetryPolicy, most = Infinity): number[] => {
  const all: number[] = [];
  let now = 0;
  for (let attempts = 0; attempts < most; attempts += 1) {
    const next = nextTry(policy, { attempts, acceptedAt: 0, now, random: { below: () => 0 } });
    if ("exhausted" in next) break;
    now += next.delayMs;
    all.push(next.delayMs / 1_000);
  }
  return all;
};
const fault = (read: () => unknown): string => {
  try {
    read();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("nothing was refused");
};
const own = (policy: object) => readSubscriptionDeliveryPolicy(JSON.stringify(policy));
const ofTopic = (http: object) => readTopicDeliveryPolicy(JSON.stringify({ http }));
const RETRIES = { numRetries: 10, minDelayTarget: 1, maxDelayTarget: 20 };

describe("deliveries to functions and queues", () => {
  it("are tried 100,015 times again, over 23 days", () => {
    const all = pauses(AWS_ENDPOINT_RETRIES);
    expect(all.length).toBe(100_015);
    expect(all.slice(0, 6)).toEqual([0, 0, 0, 1, 1, 1]);
    expect(all.slice(5, 15)).toEqual(all.slice(5, 15).toSorted((a, b) => a - b));
    expect([all[14], all[15], all.at(-1)]).toEqual([20, 20, 20]);
    expect(Math.floor(all.reduce((sum, pause) => sum + pause, 0) / 86_400)).toBe(23);
  });
});

describe("deliveries to HTTP endpoints", () => {
  it("are tried three times again, 20 seconds apart, unless a policy says otherwise", () => {
    expect(pauses(httpRetries(effectivePolicy(undefined, undefined)))).toEqual([20, 20, 20]);
    expect(pauses(httpRetries(effectivePolicy(undefined, own({ healthyRetryPolicy: { ...RETRIES, numRetries: 0 } }))))).toEqual([]);
  });

  it("go through the phases of a policy: none, least, growing, most", () => {
    const policy = own({ healthyRetryPolicy: { numRetries: 9, numNoDelayRetries: 1, numMinDelayRetries: 2, numMaxDelayRetries: 2, minDelayTarget: 2, maxDelayTarget: 8 } });
    expect(pauses(httpRetries(effectivePolicy(undefined, policy)))).toEqual([0, 2, 2, 2, 4, 6, 8, 8, 8]);
  });

  it.each(["linear", "arithmetic", "geometric", "exponential"])("grow as %s says", (backoffFunction) => {
    const all = pauses(httpRetries(effectivePolicy(undefined, own({ healthyRetryPolicy: { ...RETRIES, backoffFunction } }))));
    expect([all.length, all[0], all.at(-1)]).toEqual([10, 1, 20]);
    expect(all).toEqual(all.toSorted((a, b) => a - b));
    if (backoffFunction !== "linear") expect(all[5]!).toBeLessThan(1 + (19 * 5) / 9);
  });

  it("go by the subscription's policy, then the topic's, unless the topic lets none have its own", () => {
    const topic = ofTopic({ defaultHealthyRetryPolicy: { ...RETRIES, numRetries: 2, minDelayTarget: 5 }, defaultThrottlePolicy: { maxReceivesPerSecond: 7 }, defaultRequestPolicy: { headerContentType: "application/json" } });
    const subscription = own({ healthyRetryPolicy: { ...RETRIES, numRetries: 1 }, throttlePolicy: { maxReceivesPerSecond: 3 }, requestPolicy: { headerContentType: "text/csv" } });
    expect(effectivePolicy(topic, undefined)).toMatchObject({ healthyRetryPolicy: { numRetries: 2 }, throttlePolicy: { maxReceivesPerSecond: 7 }, requestPolicy: { headerContentType: "application/json" } });
    expect(effectivePolicy(topic, subscription)).toMatchObject({ healthyRetryPolicy: { numRetries: 1 }, throttlePolicy: { maxReceivesPerSecond: 3 }, requestPolicy: { headerContentType: "text/csv" } });
    expect(effectivePolicy(ofTopic({ disableSubscriptionOverrides: true }), subscription).healthyRetryPolicy.numRetries).toBe(3);
    expect(JSON.parse(effectiveTopicPolicy(topic))).toMatchObject({ http: { defaultThrottlePolicy: { maxReceivesPerSecond: 7 }, disableSubscriptionOverrides: false } });
  });

  it.each<[object, string]>([
    [{ healthyRetryPolicy: { numRetries: 1 } }, "healthyRetryPolicy.minDelayTarget must be specified"],
    [{ healthyRetryPolicy: { ...RETRIES, numRetries: 101 } }, "healthyRetryPolicy.numRetries must be less than or equal to 100"],
    [{ healthyRetryPolicy: { ...RETRIES, numRetries: "3" } }, "healthyRetryPolicy.numRetries type mismatch, expecting integer, received a string"],
    [{ healthyRetryPolicy: { ...RETRIES, numRetries: 1.5 } }, "healthyRetryPolicy.numRetries must be an integer"],
    [{ healthyRetryPolicy: { ...RETRIES, minDelayTarget: 21 } }, "healthyRetryPolicy.maxDelayTarget must be greater than or equal to minDelayTarget"],
    [{ healthyRetryPolicy: { ...RETRIES, numMaxDelayRetries: 11 } }, "healthyRetryPolicy.numRetries must be greater than or equal to total of numMinDelayRetries, numNoDelayRetries and numMaxDelayRetries"],
    [{ healthyRetryPolicy: { ...RETRIES, backoffFunction: "random" } }, "healthyRetryPolicy.backoffFunction must be one of: linear, arithmetic, geometric, exponential"],
    [{ healthyRetryPolicy: { numRetries: 100, minDelayTarget: 60, maxDelayTarget: 60 } }, "healthyRetryPolicy: the total retry time must not exceed 3600 seconds"],
    [{ throttlePolicy: { maxReceivesPerSecond: 0 } }, "throttlePolicy.maxReceivesPerSecond must be greater than or equal to 1"],
    [{ requestPolicy: { headerContentType: "text/plain;\r\ncharset=UTF-8" } }, "requestPolicy.headerContentType is not a supported content type"],
    [{ requestPolicy: { headerContentType: "text/plain;charset=UTF-8;\r\nx" } }, "requestPolicy.headerContentType is not a supported content type"],
    [{ requestPolicy: { headerContentType: "image/png" } }, "requestPolicy.headerContentType is not a supported content type"],
    [{ nonsense: 1 }, "Unexpected JSON member: nonsense"],
    [[], "policy must be a JSON object"],
  ])("%j is no policy", (policy, message) => {
    expect(fault(() => own(policy))).toBe(`DeliveryPolicy: ${message}`);
  });
});
