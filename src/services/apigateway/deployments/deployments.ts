import type { Deployment } from "@aws-sdk/client-api-gateway";
import { lowerId } from "../../../kit/ids.ts";
import { findPart, savePart } from "../../../plumber/apis/rows.ts";
import { snapshotRestApi, type RestApiSnapshot, type StoredRestDeployment, type StoredRestStage } from "../../../plumber/apis/rest-api.ts";
import type { Operation } from "../../../store/store.ts";
import { badRequest } from "../errors.ts";
import { toDate, type Input, type RestApiRecord, type RestHandlers } from "../needs.ts";
import { allParts, getApi, type ServiceParts } from "../parts.ts";
import { applyPatches, type Rules } from "../patch/patch.ts";
import { member } from "../patch/rules.ts";
import { PART_ID_LENGTH } from "../rest-apis/create.ts";
import { checkStage, stageFrom } from "../stages/stage-settings.ts";
import { apiSummary } from "./summary.ts";

const rules: Rules<StoredRestDeployment> = { "/description": member() };

const show = ({ id, description, createdAt, snapshot }: StoredRestDeployment, embed: readonly string[] = []): Deployment => ({
  id,
  ...(description === undefined ? {} : { description }),
  createdDate: toDate(createdAt),
  ...(embed.includes("apisummary") ? { apiSummary: apiSummary(snapshot.resources) } : {}),
});

/** What could not be served is not deployed. */
const checkWhole = ({ resources }: RestApiSnapshot): void => {
  const methods = resources.flatMap(({ resourceMethods }) => Object.values(resourceMethods));
  if (methods.length === 0) throw badRequest("The REST API doesn't contain any methods");
  if (methods.some(({ methodIntegration }) => methodIntegration === undefined)) throw badRequest("No integration defined for method");
};

/** The stage with the deployment: as its canary, where that is asked for, or as what it serves. */
function* deployTo(api: RestApiRecord, input: Input<"CreateDeployment">, deploymentId: string, now: number): Operation<StoredRestStage> {
  const { stageName, stageDescription, canarySettings, variables, tracingEnabled, cacheClusterEnabled, cacheClusterSize } = input;
  const stage = yield* findPart<StoredRestStage>(api.apiId, "stage", stageName!);
  const settings = { variables, tracingEnabled, cacheClusterEnabled, cacheClusterSize, ...(stageDescription === undefined ? {} : { description: stageDescription }) };
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  if (canarySettings !== undefined) {
    if (stage === undefined) throw badRequest("Canary settings can only be given for a stage that has a deployment: create the stage first");
    return yield* checkStage(api, { ...stage, ...given, canarySettings: { ...canarySettings, deploymentId }, lastUpdatedAt: now });
  }
  if (stage === undefined) return yield* checkStage(api, stageFrom({ ...given, stageName, deploymentId }, now));
  return yield* checkStage(api, { ...stage, ...given, deploymentId, lastUpdatedAt: now });
}

export const deploymentHandlers = ({ store, clock, random, parts }: ServiceParts) =>
  ({
    async CreateDeployment(input, context) {
      const id = lowerId(random, PART_ID_LENGTH);
      const now = clock.now();
      return store.run(function* () {
        const api = yield* getApi(context, input);
        const snapshot = yield* snapshotRestApi(api);
        checkWhole(snapshot);
        const deployment: StoredRestDeployment = { id, ...(input.description === undefined || input.description === "" ? {} : { description: input.description }), createdAt: now, snapshot };
        yield* savePart(api.apiId, "deployment", id, deployment);
        if (input.stageName !== undefined && input.stageName !== "") {
          const stage = yield* deployTo(api, input, id, now);
          yield* savePart(api.apiId, "stage", stage.stageName!, stage);
        }
        return show(deployment);
      });
    },

    async GetDeployment({ restApiId, deploymentId, embed }, context) {
      return show(await parts.get("deployment", context, { restApiId }, deploymentId), embed);
    },

    GetDeployments: (input, context) => parts.list("deployment", context, input, (deployment) => show(deployment)),

    async UpdateDeployment({ restApiId, deploymentId, patchOperations }, context) {
      return show(await parts.change("deployment", context, { restApiId }, deploymentId, function* (deployment) { return applyPatches(deployment, rules, patchOperations); }));
    },

    async DeleteDeployment({ restApiId, deploymentId }, context) {
      await parts.remove("deployment", context, { restApiId }, deploymentId, function* (_deployment, api) {
        const stages = yield* allParts(api, "stage");
        if (stages.some((stage) => stage.deploymentId === deploymentId || stage.canarySettings?.deploymentId === deploymentId)) {
          throw badRequest("Active stages pointing to this deployment must be moved or deleted");
        }
      });
      return {};
    },
  }) satisfies RestHandlers;
