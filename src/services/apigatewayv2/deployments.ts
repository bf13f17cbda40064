import type { Deployment } from "@aws-sdk/client-apigatewayv2";
import { lowerId } from "../../kit/ids.ts";
import { listParts, savePart } from "../../plumber/apis/rows.ts";
import { listHttpApiParts, snapshotHttpApi, type StoredDeployment } from "../../plumber/apis/http-api.ts";
import type { Operation } from "../../store/store.ts";
import { badRequest } from "./errors.ts";
import { merged } from "./merge.ts";
import { toDate, type ApiHandlers, type HttpApi, type Needs } from "./needs.ts";
import { getApi, getPart, type Parts } from "./parts.ts";

export const DEPLOYMENT_ID_LENGTH = 6;

const describe = ({ createdAt, snapshot: _ours, ...deployment }: StoredDeployment): Deployment => ({ ...deployment, CreatedDate: toDate(createdAt) });

/** The stage now stands on it. */
function* moveStage(api: HttpApi, stageName: string, deploymentId: string, now: number): Operation<void> {
  const stage = yield* getPart(api, "stage", stageName);
  if (stage.AutoDeploy === true) throw badRequest("A deployment can't be set for a stage with auto deploy enabled");
  yield* savePart(api.apiId, "stage", stageName, { ...stage, DeploymentId: deploymentId, lastUpdatedAt: now });
}

export const deploymentHandlers = (parts: Parts, { store, clock, random }: Needs) =>
  ({
    async CreateDeployment(input, context) {
      const id = lowerId(random, DEPLOYMENT_ID_LENGTH);
      return describe(
        await store.run(function* () {
          const api = yield* getApi(context, input);
          if ((yield* listParts(api.apiId, "route", "", 1)).length === 0) throw badRequest("Unable to deploy API because no routes exist in this API");
          const about = input.Description === undefined ? {} : { Description: input.Description };
          const deployment: StoredDeployment = { DeploymentId: id, AutoDeployed: false, DeploymentStatus: "DEPLOYED", ...about, createdAt: clock.now(), snapshot: yield* snapshotHttpApi(api) };
          yield* savePart(api.apiId, "deployment", id, deployment);
          if (input.StageName !== undefined && input.StageName !== "") yield* moveStage(api, input.StageName, id, clock.now());
          return deployment;
        }),
      );
    },
    async GetDeployment(input, context) {
      return describe(await parts.get("deployment", context, input, input.DeploymentId!));
    },
    GetDeployments: (input, context) => parts.list("deployment", context, input, describe),
    async UpdateDeployment(input, context) {
      const about = input.Description === undefined ? {} : { Description: input.Description };
      return describe(await parts.change("deployment", context, input, input.DeploymentId!, function* (deployment) { return merged(deployment, about); }));
    },
    DeleteDeployment: (input, context) =>
      parts.remove("deployment", context, input, input.DeploymentId!, function* (deployment, api) {
        const isUsed = (yield* listHttpApiParts(api.apiId, "stage")).some(({ DeploymentId }) => DeploymentId === deployment.DeploymentId);
        if (isUsed) throw badRequest("Active stages pointing to this deployment must be moved or deleted");
      }),
  }) satisfies ApiHandlers;
