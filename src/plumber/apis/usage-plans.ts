import type { ApiKey, UsagePlan } from "@aws-sdk/client-api-gateway";
import { sql, type Operation } from "../../store/store.ts";
import { findItem, type Place } from "./rows.ts";

/** Kinds in `api_item`. A value's id is the value itself, its document the key's id; keys of plans are kept by the plan and by the key. */
export const API_KEY = "api-key";
export const API_KEY_VALUE = "api-key-value";
export const USAGE_PLAN = "usage-plan";
export const PLAN_KEY = "usage-plan-key";
export const KEY_PLAN = "api-key-plan";

export type StoredApiKey = Omit<ApiKey, "createdDate" | "lastUpdatedDate" | "stageKeys"> & { id: string; value: string; createdAt: number; lastUpdatedAt: number };
export type StoredUsagePlan = UsagePlan & { id: string };

export const planKeyId = (planId: string, keyId: string): string => `${planId}/${keyId}`;

/** Of ids that are two, what stands below the first. */
function* listBelow({ account, region }: Place, kind: string, first: string): Operation<string[]> {
  // The character behind `/` is `0`.
  const rows = yield* sql("select body from api_item where account = ? and region = ? and kind = ? and id > ? and id < ? order by id", account, region, kind, `${first}/`, `${first}0`);
  return rows.map((row) => JSON.parse(row["body"] as string) as string);
}

export const listPlanIdsOfKey = (place: Place, keyId: string): Operation<string[]> => listBelow(place, KEY_PLAN, keyId);
export const listKeyIdsOfPlan = (place: Place, planId: string): Operation<string[]> => listBelow(place, PLAN_KEY, planId);

export function* findApiKeyByValue(place: Place, value: string): Operation<StoredApiKey | undefined> {
  const id = yield* findItem<string>(place, API_KEY_VALUE, value);
  return id === undefined ? undefined : yield* findItem<StoredApiKey>(place, API_KEY, id);
}

/** What a client's key is good for: the key, and the plans that it is in. Whether it is enabled, and whether a plan has the stage, is for who asks. */
export interface ServedApiKey {
  key: StoredApiKey;
  plans: StoredUsagePlan[];
}

export function* findServedApiKey(place: Place, value: string): Operation<ServedApiKey | undefined> {
  const key = yield* findApiKeyByValue(place, value);
  if (key === undefined) return undefined;
  const plans: StoredUsagePlan[] = [];
  for (const planId of yield* listPlanIdsOfKey(place, key.id)) {
    const plan = yield* findItem<StoredUsagePlan>(place, USAGE_PLAN, planId);
    if (plan !== undefined) plans.push(plan);
  }
  return { key, plans };
}
