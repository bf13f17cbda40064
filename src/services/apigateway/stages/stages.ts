import type { Stage } from "@aws-sdk/client-api-gateway";
import type { StoredRestStage } from "../../../plumber/apis/rest-api.ts";
import { findPart, savePart } from "../../../plumber/apis/rows.ts";
import { refuseWhileMapped } from "../domains/mapping-rows.ts";
import { badRequest, conflict } from "../errors.ts";
import { toDate, type RestHandlers } from "../needs.ts";
import { allParts, getApi, type ServiceParts } from "../parts.ts";
import { applyPatches } from "../patch/patch.ts";
import { forgetStage } from "../usage/api-stages.ts";
import { methodSettingRule, STAGE_PATHS } from "./method-settings.ts";
import { stageRules } from "./patch-rules.ts";
import { checkStage, stageFrom } from "./stage-settings.ts";

export const showStage = ({ createdAt, lastUpdatedAt, authorizersCache: _cache, ...stage }: StoredRestStage): Stage => ({ ...stage, createdDate: toDate(createdAt), lastUpdatedDate: toDate(lastUpdatedAt) });

const refusal = (path: string): Error => badRequest(`Invalid method setting path: ${path}. Must be one of: [${STAGE_PATHS}]`);

export const stageHandlers = ({ store, clock, parts }: ServiceParts) =>
  ({
    async CreateStage({ restApiId, ...input }, context) {
      const now = clock.now();
      return store.run(function* () {
        const api = yield* getApi(context, { restApiId });
        const stage = yield* checkStage(api, stageFrom(input, now));
        if ((yield* findPart(api.apiId, "stage", stage.stageName!)) !== undefined) throw conflict("Stage already exists");
        yield* savePart(api.apiId, "stage", stage.stageName!, stage);
        return showStage(stage);
      });
    },

    async GetStage({ restApiId, stageName }, context) {
      return showStage(await parts.get("stage", context, { restApiId }, stageName));
    },

    async GetStages(input, context) {
      const stages = await store.run(function* () { return yield* allParts(yield* getApi(context, input), "stage"); });
      return { item: stages.filter(({ deploymentId }) => input.deploymentId === undefined || deploymentId === input.deploymentId).map(showStage) };
    },

    async UpdateStage({ restApiId, stageName, patchOperations }, context) {
      const now = clock.now();
      return showStage(await parts.change("stage", context, { restApiId }, stageName, function* (stage, api) {
        return yield* checkStage(api, { ...applyPatches(stage, stageRules, patchOperations, { otherwise: methodSettingRule, refusal }), lastUpdatedAt: now });
      }));
    },

    async FlushStageAuthorizersCache({ restApiId, stageName }, context) {
      await parts.change("stage", context, { restApiId }, stageName, function* (stage) { return { ...stage, authorizersCache: (stage.authorizersCache ?? 0) + 1 }; });
      return {};
    },

    /** No stage has a cache cluster, so nothing is kept. */
    async FlushStageCache({ restApiId, stageName }, context) {
      await parts.get("stage", context, { restApiId }, stageName);
      return {};
    },

    async DeleteStage({ restApiId, stageName }, context) {
      await parts.remove("stage", context, { restApiId }, stageName, function* (_stage, { apiId }) {
        yield* refuseWhileMapped(context, apiId, stageName);
        yield* forgetStage(context, apiId, stageName!);
      });
      return {};
    },
  }) satisfies RestHandlers;
