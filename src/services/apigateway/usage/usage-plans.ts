import type { QuotaSettings, ThrottleSettings, UsagePlan } from "@aws-sdk/client-api-gateway";
import { lowerId } from "../../../kit/ids.ts";
import { deleteItem, findItem, listItems, saveItem, type Place } from "../../../plumber/apis/rows.ts";
import { forgetUse } from "../../../plumber/apis/usage.ts";
import { KEY_PLAN, listKeyIdsOfPlan, listPlanIdsOfKey, PLAN_KEY, planKeyId, USAGE_PLAN, type StoredUsagePlan } from "../../../plumber/apis/usage-plans.ts";
import type { Operation } from "../../../store/store.ts";
import { badRequest, notFound } from "../errors.ts";
import { given } from "../given.ts";
import type { RestHandlers } from "../needs.ts";
import { cutPage, pageOf, readPage } from "../pages.ts";
import type { ServiceParts } from "../parts.ts";
import { applyPatches } from "../patch/patch.ts";
import { PART_ID_LENGTH } from "../rest-apis/create.ts";
import { checkTags } from "../tag-rules.ts";
import { checkApiStages } from "./api-stages.ts";
import { unescapedMethodLimit, usagePlanRules } from "./usage-plan-patches.ts";

export function* getUsagePlan(place: Place, id: string | undefined): Operation<StoredUsagePlan> {
  const plan = yield* findItem<StoredUsagePlan>(place, USAGE_PLAN, id!);
  if (plan === undefined) throw notFound("Invalid Usage Plan ID specified");
  return plan;
}

const OFFSET_MAX = { DAY: 0, WEEK: 6, MONTH: 27 };
const OFFSETS = { DAY: "zero in the DAY period", WEEK: "between 0 and 6 inclusive in the WEEK period", MONTH: "between 0 and 27 inclusive in the MONTH period" };

/** A limit of zero is refused, too, in these words. */
const checkQuota = ({ limit = 0, offset = 0, period }: QuotaSettings): void => {
  if (limit <= 0) throw badRequest("Usage Plan quota limit must be a non-negative numeric");
  if (period === undefined) throw badRequest("Invalid Usage Plan quota period specified. Must be one of [DAY, WEEK, MONTH]");
  if (offset < 0 || offset > OFFSET_MAX[period]) throw badRequest(`Usage Plan quota offset must be ${OFFSETS[period]}`);
};

const checkThrottle = ({ rateLimit = 0, burstLimit = 0 }: ThrottleSettings): void => {
  if (!(rateLimit >= 0 && burstLimit >= 0)) throw badRequest("Usage Plan throttle rate limit and burst limit must not be negative");
};

/** `/pets/GET`, `//GET` */
const METHOD_KEY = /\/(GET|PUT|POST|DELETE|PATCH|OPTIONS|HEAD|ANY|\*)$/;

const checkMethodKey = (key: string): void => {
  if (METHOD_KEY.test(key)) return;
  const slash = key.lastIndexOf("/");
  throw badRequest(`Invalid method {resourcePath: ${slash < 0 ? key : key.slice(0, slash)},method: ${slash < 0 ? "" : key.slice(slash + 1)}} specified`);
};

function* checkPlan(place: Place, plan: StoredUsagePlan): Operation<StoredUsagePlan> {
  if (plan.name === undefined || plan.name.trim() === "") throw badRequest("Usage Plan name cannot be empty");
  if (plan.quota !== undefined) checkQuota(plan.quota);
  for (const stage of plan.apiStages ?? []) Object.keys(stage.throttle ?? {}).forEach(checkMethodKey);
  for (const throttle of [plan.throttle, ...(plan.apiStages ?? []).flatMap((stage) => Object.values(stage.throttle ?? {}))]) if (throttle !== undefined) checkThrottle(throttle);
  yield* checkApiStages(place, plan.apiStages ?? []);
  return plan;
}

export const usagePlanHandlers = ({ store, random }: ServiceParts) =>
  ({
    async CreateUsagePlan({ name, description, apiStages = [], throttle, quota, tags = {} }, context) {
      const id = lowerId(random, PART_ID_LENGTH);
      const plan: StoredUsagePlan = {
        ...given<UsagePlan>({ name, description }),
        id,
        apiStages,
        ...(throttle === undefined ? {} : { throttle: given(throttle) }),
        ...(quota === undefined ? {} : { quota: { ...quota, offset: quota.offset ?? 0 } }),
        tags: checkTags(tags),
      };
      return store.run(function* () {
        yield* saveItem(context, USAGE_PLAN, id, yield* checkPlan(context, plan));
        return plan;
      });
    },

    GetUsagePlan: ({ usagePlanId }, context) => store.run(() => getUsagePlan(context, usagePlanId)),

    async GetUsagePlans(input, context) {
      const { after, most } = readPage(input);
      if (input.keyId === undefined) return cutPage(await store.run(() => listItems<StoredUsagePlan>(context, USAGE_PLAN, after, most + 1)), most, ({ id }) => id, ({ body }) => body);
      const plans = await store.run(function* () {
        const found: StoredUsagePlan[] = [];
        for (const id of yield* listPlanIdsOfKey(context, input.keyId!)) found.push(yield* getUsagePlan(context, id));
        return found;
      });
      return pageOf(plans, input, ({ id }) => id, (plan) => plan);
    },

    UpdateUsagePlan: ({ usagePlanId, patchOperations }, context) =>
      store.run(function* () {
        const plan = yield* checkPlan(context, applyPatches(yield* getUsagePlan(context, usagePlanId), usagePlanRules, patchOperations, { otherwise: unescapedMethodLimit }));
        yield* saveItem(context, USAGE_PLAN, plan.id, plan);
        return plan;
      }),

    async DeleteUsagePlan({ usagePlanId }, context) {
      await store.run(function* () {
        const { id, apiStages = [] } = yield* getUsagePlan(context, usagePlanId);
        if (apiStages.length > 0) throw badRequest(`Cannot delete usage plan ${id} because there are API stages associated with it: remove them first`);
        for (const keyId of yield* listKeyIdsOfPlan(context, id)) {
          yield* deleteItem(context, PLAN_KEY, planKeyId(id, keyId));
          yield* deleteItem(context, KEY_PLAN, planKeyId(keyId, id));
        }
        yield* forgetUse(context, { planId: id });
        yield* deleteItem(context, USAGE_PLAN, id);
      });
      return {};
    },
  }) satisfies RestHandlers;
