import type { RouteSettings } from "@aws-sdk/client-apigatewayv2";
import type { Clock } from "../../kit/clock.ts";
import { API_REQUESTS_BURST, API_REQUESTS_PER_SECOND } from "../../kit/limits/apis.ts";
import { keptBy, type CompiledStage } from "./compiled-stage.ts";
import { createTokenBucket, type TokenBucket } from "./token-bucket.ts";

/** No route has this key. */
const STAGE = "";

/** What is said of the route itself, and otherwise of the stage. */
const limitsOf = ({ stage }: CompiledStage, routeKey: string): { of: string; settings: RouteSettings } | undefined => {
  const own = stage.RouteSettings?.[routeKey];
  if (own?.ThrottlingRateLimit !== undefined || own?.ThrottlingBurstLimit !== undefined) return { of: routeKey, settings: { ...stage.DefaultRouteSettings, ...own } };
  const all = stage.DefaultRouteSettings;
  return all?.ThrottlingRateLimit === undefined && all?.ThrottlingBurstLimit === undefined ? undefined : { of: STAGE, settings: all };
};

/** Whether what comes for a route may go on: by the route's or the stage's limits, and by those of the account in the region. */
export const createStageThrottle = (clock: Clock) => {
  const accounts = new Map<string, TokenBucket>();
  const accountBucket = ({ api }: CompiledStage): TokenBucket => {
    const key = `${api.account} ${api.region}`;
    let bucket = accounts.get(key);
    if (bucket === undefined) accounts.set(key, (bucket = createTokenBucket({ rate: API_REQUESTS_PER_SECOND, burst: API_REQUESTS_BURST, clock })));
    return bucket;
  };
  return (served: CompiledStage, routeKey: string): boolean => {
    const limits = limitsOf(served, routeKey);
    if (limits !== undefined) {
      const { ThrottlingRateLimit: rate = API_REQUESTS_PER_SECOND, ThrottlingBurstLimit: burst = API_REQUESTS_BURST } = limits.settings;
      const buckets = keptBy(served, "throttle", () => new Map<string, TokenBucket>());
      let bucket = buckets.get(limits.of);
      if (bucket === undefined) buckets.set(limits.of, (bucket = createTokenBucket({ rate, burst, clock })));
      if (!bucket.take()) return false;
    }
    return accountBucket(served).take();
  };
};
