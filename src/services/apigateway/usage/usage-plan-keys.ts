import type { UsagePlanKey } from "@aws-sdk/client-api-gateway";
import { USAGE_PLANS_PER_KEY_MAX } from "../../../kit/limits/apis.ts";
import { deleteItem, findItem, saveItem, type Place } from "../../../plumber/apis/rows.ts";
import { KEY_PLAN, listKeyIdsOfPlan, listPlanIdsOfKey, PLAN_KEY, planKeyId, type StoredApiKey, type StoredUsagePlan } from "../../../plumber/apis/usage-plans.ts";
import type { Operation } from "../../../store/store.ts";
import { badRequest, conflict, notFound, tooMany } from "../errors.ts";
import type { RestHandlers } from "../needs.ts";
import { pageOf } from "../pages.ts";
import type { ServiceParts } from "../parts.ts";
import { getApiKey } from "./api-keys.ts";
import { apiStageName } from "./api-stages.ts";
import { getUsagePlan } from "./usage-plans.ts";

const show = ({ id, value, name }: StoredApiKey): UsagePlanKey => ({ id, type: "API_KEY", value, ...(name === undefined ? {} : { name }) });

function* getPlanKey(place: Place, usagePlanId: string | undefined, keyId: string | undefined): Operation<StoredApiKey> {
  const plan = yield* getUsagePlan(place, usagePlanId);
  if ((yield* findItem(place, PLAN_KEY, planKeyId(plan.id, keyId!))) === undefined) throw notFound("Invalid API Key identifier specified");
  return yield* getApiKey(place, keyId);
}

/** A key is in one plan for each stage, so that it is known whose quota counts. */
function* checkStages(place: Place, plan: StoredUsagePlan, keyId: string): Operation<void> {
  const others = yield* listPlanIdsOfKey(place, keyId);
  if (others.includes(plan.id)) throw conflict("Usage Plan Key already exists");
  if (others.length >= USAGE_PLANS_PER_KEY_MAX) throw tooMany(`An API key can be in no more than ${USAGE_PLANS_PER_KEY_MAX} usage plans`);
  const stages = new Set((plan.apiStages ?? []).map(apiStageName));
  for (const id of others) {
    const taken = ((yield* getUsagePlan(place, id)).apiStages ?? []).find((stage) => stages.has(apiStageName(stage)));
    if (taken !== undefined) throw conflict(`API Key ${keyId} cannot be added to usage plan ${plan.id}: it is in usage plan ${id}, which has the API stage ${apiStageName(taken)} too`);
  }
}

export const usagePlanKeyHandlers = ({ store }: ServiceParts) =>
  ({
    async CreateUsagePlanKey({ usagePlanId, keyId, keyType }, context) {
      if (keyType !== "API_KEY") throw badRequest("Usage Plan Key type must be API_KEY");
      return store.run(function* () {
        const plan = yield* getUsagePlan(context, usagePlanId);
        const key = yield* getApiKey(context, keyId);
        yield* checkStages(context, plan, key.id);
        yield* saveItem(context, PLAN_KEY, planKeyId(plan.id, key.id), key.id);
        yield* saveItem(context, KEY_PLAN, planKeyId(key.id, plan.id), plan.id);
        return show(key);
      });
    },

    async GetUsagePlanKey({ usagePlanId, keyId }, context) {
      return show(await store.run(() => getPlanKey(context, usagePlanId, keyId)));
    },

    async GetUsagePlanKeys(input, context) {
      const keys = await store.run(function* () {
        const { id: planId } = yield* getUsagePlan(context, input.usagePlanId);
        const found: StoredApiKey[] = [];
        for (const id of yield* listKeyIdsOfPlan(context, planId)) found.push(yield* getApiKey(context, id));
        return found;
      });
      return pageOf(keys.filter(({ name }) => input.nameQuery === undefined || name?.startsWith(input.nameQuery) === true), input, ({ id }) => id, show);
    },

    async DeleteUsagePlanKey({ usagePlanId, keyId }, context) {
      await store.run(function* () {
        const { id } = yield* getPlanKey(context, usagePlanId, keyId);
        yield* deleteItem(context, PLAN_KEY, planKeyId(usagePlanId!, id));
        yield* deleteItem(context, KEY_PLAN, planKeyId(id, usagePlanId!));
      });
      return {};
    },
  }) satisfies RestHandlers;
