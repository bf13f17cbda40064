import type { Account } from "@aws-sdk/client-api-gateway";
import { serviceCaller } from "../../kit/caller.ts";
import { isApiError } from "../../kit/api-error.ts";
import { REST_BURST_LIMIT, REST_RATE_LIMIT } from "../../kit/limits/apis.ts";
import { findItem, saveItem } from "../../plumber/apis/rows.ts";
import { ACCOUNT_SETTINGS, type StoredAccount } from "./account-settings.ts";
import { badRequest } from "./errors.ts";
import type { Needs, RestHandlers } from "./needs.ts";
import type { ServiceParts } from "./parts.ts";
import { applyPatches, type Rules } from "./patch/patch.ts";
import { member } from "./patch/rules.ts";

/** Usage plans are always there, so to ask for them changes nothing. */
const features = { ops: ["add"] as const, apply: (_account: StoredAccount, { value }: { value: string }) => {
  if (value !== "UsagePlans") throw badRequest(`Invalid feature specified: ${value}. Must be one of: [UsagePlans]`);
} };

const rules: Rules<StoredAccount> = { "/cloudwatchRoleArn": member(undefined, { ops: ["replace", "remove"] }), "/features": features };

const show = (stored: StoredAccount): Account => ({ ...stored, throttleSettings: { burstLimit: REST_BURST_LIMIT, rateLimit: REST_RATE_LIMIT }, features: ["UsagePlans"], apiKeyVersion: "4" });

/** Whether API Gateway may act as the role at all. */
const checkRole = async ({ call }: Pick<Needs, "call">, RoleArn: string, { account, region }: { account: string; region: string }): Promise<void> => {
  try {
    await call("sts", "AssumeRole", { RoleArn, RoleSessionName: "apigateway" }, { as: serviceCaller("apigateway.amazonaws.com", account), region, isQuestion: true });
  } catch (error) {
    if (!isApiError(error)) throw error;
    throw badRequest("The role ARN does not have required permissions configured. Please grant trust permission for API Gateway and add the required role policy.");
  }
};

export const accountHandlers = ({ store, call }: ServiceParts) =>
  ({
    async GetAccount(_input, context) {
      return show((await store.run(() => findItem<StoredAccount>(context, ACCOUNT_SETTINGS, ACCOUNT_SETTINGS))) ?? {});
    },

    async UpdateAccount({ patchOperations }, context) {
      const before = (await store.run(() => findItem<StoredAccount>(context, ACCOUNT_SETTINGS, ACCOUNT_SETTINGS))) ?? {};
      const { cloudwatchRoleArn } = applyPatches(before, rules, patchOperations);
      if (cloudwatchRoleArn !== undefined && cloudwatchRoleArn !== before.cloudwatchRoleArn) await checkRole({ call }, cloudwatchRoleArn, context);
      return store.run(function* () {
        const account = applyPatches((yield* findItem<StoredAccount>(context, ACCOUNT_SETTINGS, ACCOUNT_SETTINGS)) ?? {}, rules, patchOperations);
        yield* saveItem(context, ACCOUNT_SETTINGS, ACCOUNT_SETTINGS, account);
        return show(account);
      });
    },
  }) satisfies RestHandlers;
