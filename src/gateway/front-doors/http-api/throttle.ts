import type { RouteSettings } from "@aws-sdk/client-apigatewayv2";
import type { Clock } from "../../../kit/clock.ts";
import { API_REQUESTS_BURST, API_REQUESTS_PER_SECOND } from "../../../kit/limits.ts";
import { createTokenBucket, type TokenBucket } from "../token-bucket.ts";
import type { Routed } from "./passage.ts";
import { keptBy } from "./stage.ts";

const STAGE = {};

/** What is said of the route itself, and otherwise of the stage. */
const limitsOf = ({ served: { stage }, route }: Routed): { of: object; settings: RouteSettings } | undefined => {
  const own = stage.RouteSettings?.[route.RouteKey];
  if (own?.ThrottlingRateLimit !== undefined || own?.ThrottlingBurstLimit !== undefined) return { of: route, settings: { ...stage.DefaultRouteSettings, ...own } };
  const all = stage.DefaultRouteSettings;
  return all?.ThrottlingRateLimit === undefined && all?.ThrottlingBurstLimit === undefined ? undefined : { of: STAGE, settings: all };
};

/** Whether a request may go on: by its route's or its stage's limits, and by those of the account in the region. */
export const createThrottle = (clock: Clock) => {
  const accounts = new Map<string, TokenBucket>();
  const accountBucket = ({ served: { api } }: Routed): TokenBucket => {
    const key = `${api.account} ${api.region}`;
    let bucket = accounts.get(key);
    if (bucket === undefined) accounts.set(key, (bucket = createTokenBucket({ rate: API_REQUESTS_PER_SECOND, burst: API_REQUESTS_BURST, clock })));
    return bucket;
  };
  return (passage: Routed): boolean => {
    const limits = limitsOf(passage);
    if (limits !== undefined) {
      const { ThrottlingRateLimit: rate = API_REQUESTS_PER_SECOND, ThrottlingBurstLimit: burst = API_REQUESTS_BURST } = limits.settings;
      const buckets = keptBy(passage.served, "throttle", () => new Map<object, TokenBucket>());
      let bucket = buckets.get(limits.of);
      if (bucket === undefined) buckets.set(limits.of, (bucket = createTokenBucket({ rate, burst, clock })));
      if (!bucket.take()) return false;
    }
    return accountBucket(passage).take();
  };
};
