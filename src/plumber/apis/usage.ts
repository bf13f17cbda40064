import type { QuotaSettings } from "@aws-sdk/client-api-gateway";
import { sql, sqlOne, type Operation } from "../../store/store.ts";
import type { Place } from "./rows.ts";

/** Whose use of which plan. */
export interface Use extends Place {
  planId: string;
  keyId: string;
}

/** `2026-11-30`, in UTC. */
export const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * The first day of the period that the moment is in. The offset is the day that a WEEK begins with, from 0 for Sunday, or a MONTH, from 0 for its first.
 * Source: "QuotaSettings", AWS::ApiGateway::UsagePlan.
 */
export const periodStart = ({ period, offset = 0 }: QuotaSettings, at: number): string => {
  const now = new Date(at);
  if (period === "WEEK") return dayOf(at - ((now.getUTCDay() - offset + 7) % 7) * DAY_MS);
  if (period !== "MONTH") return dayOf(at);
  const back = now.getUTCDate() - 1 < offset ? 1 : 0;
  return dayOf(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back, 1 + offset));
};

/** Counts requests that were let in. For a commit `behind` the answers. */
export function* countUse({ account, region, planId, keyId }: Use, day: string, requests: number): Operation<void> {
  yield* sql(
    `insert into api_usage (account, region, plan_id, key_id, day, used, granted) values (?, ?, ?, ?, ?, ?, 0)
     on conflict (account, region, plan_id, key_id, day) do update set used = api_usage.used + excluded.used`,
    account, region, planId, keyId, day, requests,
  );
}

/** What the quota leaves at the end of a day of the period that began on `start`; never less than nothing. */
export function* remainingOn({ account, region, planId, keyId }: Use, { limit = 0 }: QuotaSettings, start: string, day: string): Operation<number> {
  const row = yield* sqlOne(
    "select coalesce(sum(used), 0) as used, coalesce(sum(granted), 0) as granted from api_usage where account = ? and region = ? and plan_id = ? and key_id = ? and day >= ? and day <= ?",
    account, region, planId, keyId, start, day,
  );
  return Math.max(0, limit + (row!["granted"] as number) - (row!["used"] as number));
}

/** What the quota leaves now. */
export const remainingNow = (use: Use, quota: QuotaSettings, now: number): Operation<number> => remainingOn(use, quota, periodStart(quota, now), dayOf(now));

/** Makes `remaining` what the quota leaves now. */
export function* grantRemaining(use: Use, quota: QuotaSettings, now: number, remaining: number): Operation<void> {
  const { account, region, planId, keyId } = use;
  const row = yield* sqlOne(
    "select coalesce(sum(used), 0) as used, coalesce(sum(granted), 0) as granted from api_usage where account = ? and region = ? and plan_id = ? and key_id = ? and day >= ?",
    account, region, planId, keyId, periodStart(quota, now),
  );
  const more = remaining - ((quota.limit ?? 0) + (row!["granted"] as number) - (row!["used"] as number));
  yield* sql(
    `insert into api_usage (account, region, plan_id, key_id, day, used, granted) values (?, ?, ?, ?, ?, 0, ?)
     on conflict (account, region, plan_id, key_id, day) do update set granted = api_usage.granted + excluded.granted`,
    account, region, planId, keyId, dayOf(now), more,
  );
}

/** Requests by key and day. */
export function* listUse({ account, region }: Place, planId: string, keyId: string, from: string, to: string): Operation<Map<string, number>> {
  const rows = yield* sql(
    "select day, used from api_usage where account = ? and region = ? and plan_id = ? and key_id = ? and day >= ? and day <= ?",
    account, region, planId, keyId, from, to,
  );
  return new Map(rows.map((row) => [row["day"] as string, row["used"] as number]));
}

/** With the plan, or the key, goes what was counted. */
export function* forgetUse({ account, region }: Place, { planId, keyId }: { planId?: string; keyId?: string }): Operation<void> {
  if (planId !== undefined && keyId === undefined) yield* sql("delete from api_usage where account = ? and region = ? and plan_id = ?", account, region, planId);
  else if (planId === undefined && keyId !== undefined) yield* sql("delete from api_usage where account = ? and region = ? and key_id = ?", account, region, keyId);
}
