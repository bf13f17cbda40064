import type { QuotaSettings, Usage } from "@aws-sdk/client-api-gateway";
import type { Place } from "../../../plumber/apis/rows.ts";
import { dayOf, grantRemaining, listUse, periodStart, remainingOn, type Use } from "../../../plumber/apis/usage.ts";
import { listKeyIdsOfPlan } from "../../../plumber/apis/usage-plans.ts";
import type { Operation } from "../../../store/store.ts";
import { badRequest, notFound } from "../errors.ts";
import type { RestHandlers } from "../needs.ts";
import { pageOf } from "../pages.ts";
import type { ServiceParts } from "../parts.ts";
import { applyPatches, type Rules } from "../patch/patch.ts";
import { asInteger, required } from "../patch/rules.ts";
import { getUsagePlan } from "./usage-plans.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const DAYS_MAX = 90;

const rules: Rules<{ remaining: number }> = { "/remaining": required("Remaining", asInteger) };

/** `2026-11-01` to `2026-11-30`, both of them. */
const daysBetween = (startDate: string, endDate: string): string[] => {
  const [start, end] = [startDate, endDate].map((date) => (/^\d{4}-\d\d-\d\d$/.test(date) ? Date.parse(`${date}T00:00:00Z`) : Number.NaN)) as [number, number];
  if (Number.isNaN(start) || Number.isNaN(end)) throw badRequest("Invalid date specified: startDate and endDate have the form YYYY-MM-DD");
  if (end < start) throw badRequest("Usage end date must be on or after the start date");
  const count = (end - start) / DAY_MS + 1;
  if (count > DAYS_MAX) throw badRequest(`Usage can be asked for ${DAYS_MAX} days at most`);
  return Array.from({ length: count }, (_, index) => dayOf(start + index * DAY_MS));
};

/** For each day what was used and what that left; a plan without a quota leaves nothing to speak of. */
function* usageOf(use: Use, quota: QuotaSettings | undefined, days: readonly string[]): Operation<number[][]> {
  const used = yield* listUse(use, use.planId, use.keyId, days[0]!, days.at(-1)!);
  const rows: number[][] = [];
  for (const day of days) rows.push([used.get(day) ?? 0, quota === undefined ? 0 : yield* remainingOn(use, quota, periodStart(quota, Date.parse(`${day}T00:00:00Z`)), day)]);
  return rows;
}

function* checkedKey(place: Place, planId: string, keyId: string | undefined): Operation<string[]> {
  const keys = yield* listKeyIdsOfPlan(place, planId);
  if (keyId !== undefined && !keys.includes(keyId)) throw notFound("Invalid API Key identifier specified");
  return keyId === undefined ? keys : [keyId];
}

export const usageHandlers = ({ store, clock }: ServiceParts) =>
  ({
    async GetUsage(input, context) {
      const { usagePlanId, keyId, startDate, endDate } = input;
      const days = daysBetween(startDate!, endDate!);
      const { keys, quota } = await store.run(function* () {
        const plan = yield* getUsagePlan(context, usagePlanId);
        return { keys: yield* checkedKey(context, plan.id, keyId), quota: plan.quota };
      });
      const { items, position } = pageOf(keys, input, (id) => id, (id) => id);
      const told: Record<string, number[][]> = {};
      for (const id of items) told[id] = await store.run(() => usageOf({ account: context.account, region: context.region, planId: usagePlanId!, keyId: id }, quota, days));
      return { usagePlanId, startDate, endDate, items: told, ...(position === undefined ? {} : { position }) } satisfies Usage;
    },

    async UpdateUsage({ usagePlanId, keyId, patchOperations }, context) {
      const now = clock.now();
      const { remaining } = applyPatches({ remaining: -1 }, rules, patchOperations);
      const use: Use = { account: context.account, region: context.region, planId: usagePlanId!, keyId: keyId! };
      return store.run(function* () {
        const { id, quota } = yield* getUsagePlan(context, usagePlanId);
        yield* checkedKey(context, id, keyId);
        if (quota === undefined) throw badRequest("Usage cannot be changed: the usage plan has no quota");
        if (remaining >= 0) yield* grantRemaining(use, quota, now, remaining);
        const day = dayOf(now);
        return { usagePlanId, startDate: day, endDate: day, items: { [keyId!]: yield* usageOf(use, quota, [day]) } } satisfies Usage;
      });
    },
  }) satisfies RestHandlers;
