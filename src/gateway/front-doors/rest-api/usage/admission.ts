import type { ThrottleSettings } from "@aws-sdk/client-api-gateway";
import { API_REQUESTS_BURST, API_REQUESTS_PER_SECOND } from "../../../../kit/limits/apis.ts";
import { findServedApiKey } from "../../../../plumber/apis/usage-plans.ts";
import { createKept } from "../../kept.ts";
import type { FrontDoorNeeds } from "../../needs.ts";
import type { Exchange } from "../exchange.ts";
import { GatewayFailure } from "../gateway-failure.ts";
import { methodSettingOf, settingPath } from "../method-settings.ts";
import { createQuota } from "./quota.ts";
import { createThrottle, type Rate } from "./throttle.ts";

const ACCOUNT: Rate = { rate: API_REQUESTS_PER_SECOND, burst: API_REQUESTS_BURST };

const rateOf = (settings: ThrottleSettings | undefined): Rate | undefined => {
  const { rateLimit, burstLimit } = settings ?? {};
  if (rateLimit === undefined && burstLimit === undefined) return undefined;
  return { rate: rateLimit ?? API_REQUESTS_PER_SECOND, burst: burstLimit ?? API_REQUESTS_BURST };
};

/** API keys, usage plans, throttling. Source: "Throttle requests to your REST APIs": per key and method, per key, per method of the stage, per account. */
export const createAdmission = (needs: Pick<FrontDoorNeeds, "store" | "clock" | "log">) => {
  const findKey = createKept(needs.store, ["api_item"], (name) => {
    const [account, region, value] = JSON.parse(name) as [string, string, string];
    return findServedApiKey({ account, region }, value);
  });
  const quota = createQuota(needs);
  const takeOne = createThrottle(needs);

  const take = (name: string, rate: Rate | undefined): void => {
    if (rate !== undefined && !takeOne(name, rate)) throw new GatewayFailure("THROTTLED");
  };

  const admitKey = async (exchange: Exchange): Promise<void> => {
    const { serving: { compiled, stage }, resource, request } = exchange;
    const { account, region, apiId, api } = compiled;
    const value = api.apiKeySource === "AUTHORIZER" ? exchange.authorization?.usageIdentifierKey : request.headers["x-api-key"];
    const found = value === undefined ? undefined : await findKey(JSON.stringify([account, region, value]));
    const plan = found?.key.enabled === false ? undefined : found?.plans.find(({ apiStages }) => apiStages?.some((one) => one.apiId === apiId && one.stage === stage));
    if (found === undefined || plan === undefined) throw new GatewayFailure("INVALID_API_KEY");
    Object.assign(exchange.identity, { apiKey: value, apiKeyId: found.key.id });
    const ofStage = plan.apiStages?.find((one) => one.apiId === apiId && one.stage === stage);
    const method = `${resource!.path}/${request.method}`;
    const ofMethod = Object.entries(ofStage?.throttle ?? {}).find(([path]) => settingPath(path) === method)?.[1];
    take(`${plan.id} ${found.key.id} ${apiId} ${stage} ${method}`, rateOf(ofMethod));
    take(`${plan.id} ${found.key.id}`, rateOf(plan.throttle));
    if (!(await quota.take({ account, region, planId: plan.id, keyId: found.key.id }, plan.quota))) throw new GatewayFailure("QUOTA_EXCEEDED");
  };

  return {
    async admit(exchange: Exchange): Promise<void> {
      const { serving: { compiled, stage }, method } = exchange;
      if (method!.apiKeyRequired === true) await admitKey(exchange);
      const { throttlingRateLimit, throttlingBurstLimit } = methodSettingOf(exchange);
      // AWS tells -1 for what is not set.
      const set = (value: number | undefined) => (value === undefined || value < 0 ? undefined : value);
      const [rate, burst] = [set(throttlingRateLimit), set(throttlingBurstLimit)];
      take(`${compiled.apiId} ${stage} ${exchange.resource!.path} ${exchange.request.method}`, rateOf({ ...(rate === undefined ? {} : { rateLimit: rate }), ...(burst === undefined ? {} : { burstLimit: burst }) }));
      take(`${compiled.account} ${compiled.region}`, ACCOUNT);
    },
  };
};
