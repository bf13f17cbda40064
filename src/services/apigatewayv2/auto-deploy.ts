import { savePart } from "../../plumber/apis/rows.ts";
import { listHttpApiParts, snapshotHttpApi, type StoredDeployment } from "../../plumber/apis/http-api.ts";
import type { Operation } from "../../store/store.ts";
import type { HttpApi } from "./needs.ts";
import { getPart } from "./parts.ts";

/** Without a snapshot: it means the API as it is, so no change of the API copies it. */
export const autoDeployment = (id: string, now: number): StoredDeployment => ({
  DeploymentId: id,
  AutoDeployed: true,
  DeploymentStatus: "DEPLOYED",
  Description: "Automatic deployment triggered by changes to the Api configuration",
  createdAt: now,
});

/** Somebody wants the deployment to stay as it is: from now on it does, and a stage that follows the API gets the deployment `spare` in its place. */
export function* fixDeployment(api: HttpApi, id: string, spare: string, now: number): Operation<void> {
  const deployment = yield* getPart(api, "deployment", id);
  if (deployment.snapshot !== undefined) return;
  yield* savePart(api.apiId, "deployment", id, { ...deployment, snapshot: yield* snapshotHttpApi(api) });
  const follower = (yield* listHttpApiParts(api.apiId, "stage")).find(({ AutoDeploy, DeploymentId }) => AutoDeploy === true && DeploymentId === id);
  if (follower === undefined) return;
  yield* savePart(api.apiId, "deployment", spare, autoDeployment(spare, now));
  yield* savePart(api.apiId, "stage", follower.StageName!, { ...follower, DeploymentId: spare });
}
