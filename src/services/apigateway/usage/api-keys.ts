import type { ApiKey } from "@aws-sdk/client-api-gateway";
import { lowerId } from "../../../kit/ids.ts";
import { API_KEY_VALUE_CHARACTERS_MAX, API_KEY_VALUE_CHARACTERS_MIN } from "../../../kit/limits/apis.ts";
import type { Random } from "../../../kit/random.ts";
import { deleteItem, findItem, listItems, saveItem, type Place } from "../../../plumber/apis/rows.ts";
import { forgetUse } from "../../../plumber/apis/usage.ts";
import { API_KEY, API_KEY_VALUE, KEY_PLAN, listPlanIdsOfKey, PLAN_KEY, planKeyId, type StoredApiKey } from "../../../plumber/apis/usage-plans.ts";
import type { Operation } from "../../../store/store.ts";
import { badRequest, conflict, notBuilt, notIdentified } from "../errors.ts";
import { given } from "../given.ts";
import { toDate, type Input, type RestHandlers } from "../needs.ts";
import { cutPage, pageOf, readPage } from "../pages.ts";
import type { ServiceParts } from "../parts.ts";
import { applyPatches, type Rules } from "../patch/patch.ts";
import { asBoolean, member, required } from "../patch/rules.ts";
import { checkTags } from "../tag-rules.ts";

const rules: Rules<StoredApiKey> = { "/customerId": member(), "/description": member(), "/enabled": required("enabled", asBoolean), "/name": member() };

const VALUE_LENGTH = 40;
const KEY_ID_LENGTH = 10;

export function* getApiKey(place: Place, id: string | undefined): Operation<StoredApiKey> {
  const key = yield* findItem<StoredApiKey>(place, API_KEY, id!);
  if (key === undefined) throw notIdentified("API Key");
  return key;
}

export const showApiKey = ({ createdAt, lastUpdatedAt, value, ...key }: StoredApiKey, isValueTold: boolean): ApiKey => ({ ...key, ...(isValueTold ? { value } : {}), createdDate: toDate(createdAt), lastUpdatedDate: toDate(lastUpdatedAt), stageKeys: [] });

const checkValue = (value: string): void => {
  if (value.length < API_KEY_VALUE_CHARACTERS_MIN) throw badRequest(`API Key value should be at least ${API_KEY_VALUE_CHARACTERS_MIN} characters`);
  if (value.length > API_KEY_VALUE_CHARACTERS_MAX) throw badRequest(`API Key value should be at most ${API_KEY_VALUE_CHARACTERS_MAX} characters`);
};

/** As AWS fills it in. */
export const apiKeyFrom = (random: Random, input: Omit<Input<"CreateApiKey">, "stageKeys">, now: number): StoredApiKey => {
  const { name, description, customerId, enabled = false, tags = {} } = input;
  const value = input.value === undefined || input.value === "" ? lowerId(random, VALUE_LENGTH) : input.value;
  checkValue(value);
  return { ...given({ name, description, customerId }), id: lowerId(random, KEY_ID_LENGTH), value, enabled, tags: checkTags(tags), createdAt: now, lastUpdatedAt: now };
};

export function* createApiKey(place: Place, key: StoredApiKey): Operation<void> {
  const other = yield* findItem<string>(place, API_KEY_VALUE, key.value);
  if (other !== undefined) throw conflict("API Key already exists");
  yield* saveItem(place, API_KEY, key.id, key);
  yield* saveItem(place, API_KEY_VALUE, key.value, key.id);
}

export const apiKeyHandlers = ({ store, clock, random }: ServiceParts) =>
  ({
    async CreateApiKey({ stageKeys = [], ...input }, context) {
      if (stageKeys.length > 0) throw notBuilt("stageKeys", "API keys belong to stages by usage plans: CreateUsagePlan, CreateUsagePlanKey");
      const key = apiKeyFrom(random, input, clock.now());
      await store.run(() => createApiKey(context, key));
      return showApiKey(key, true);
    },

    async GetApiKey({ apiKey, includeValue }, context) {
      return showApiKey(await store.run(() => getApiKey(context, apiKey)), includeValue === true);
    },

    async GetApiKeys(input, context) {
      const { nameQuery, customerId, includeValues } = input;
      const show = (key: StoredApiKey) => showApiKey(key, includeValues === true);
      const { after, most } = readPage(input);
      if (nameQuery === undefined && customerId === undefined) {
        return cutPage(await store.run(() => listItems<StoredApiKey>(context, API_KEY, after, most + 1)), most, ({ id }) => id, ({ body }) => show(body));
      }
      const all = (await store.run(() => listItems<StoredApiKey>(context, API_KEY))).map(({ body }) => body);
      return pageOf(all.filter((key) => (nameQuery === undefined || key.name?.startsWith(nameQuery) === true) && (customerId === undefined || key.customerId === customerId)), input, ({ id }) => id, show);
    },

    async UpdateApiKey({ apiKey, patchOperations }, context) {
      const now = clock.now();
      return store.run(function* () {
        const key = { ...applyPatches(yield* getApiKey(context, apiKey), rules, patchOperations), lastUpdatedAt: now };
        yield* saveItem(context, API_KEY, key.id, key);
        return showApiKey(key, false);
      });
    },

    async DeleteApiKey({ apiKey }, context) {
      await store.run(function* () {
        const { id, value } = yield* getApiKey(context, apiKey);
        for (const planId of yield* listPlanIdsOfKey(context, id)) {
          yield* deleteItem(context, PLAN_KEY, planKeyId(planId, id));
          yield* deleteItem(context, KEY_PLAN, planKeyId(id, planId));
        }
        yield* forgetUse(context, { keyId: id });
        yield* deleteItem(context, API_KEY_VALUE, value);
        yield* deleteItem(context, API_KEY, id);
      });
      return {};
    },
  }) satisfies RestHandlers;
