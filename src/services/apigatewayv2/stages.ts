import type { Stage } from "@aws-sdk/client-apigatewayv2";
import { lowerId } from "../../kit/ids.ts";
import { deletePart, findPart, savePart } from "../../plumber/apis/rows.ts";
import type { StoredDeployment, StoredStage } from "../../plumber/apis/http-api.ts";
import type { Operation } from "../../store/store.ts";
import { refuseIfMapped } from "./api-mapping-rows.ts";
import { autoDeployment, fixDeployment } from "./auto-deploy.ts";
import { DEPLOYMENT_ID_LENGTH } from "./deployments.ts";
import { badRequest, conflict, notFound } from "./errors.ts";
import { toDate, type ApiHandlers, type HttpApi, type Needs } from "./needs.ts";
import { getApi, getPart, type Parts } from "./parts.ts";
import { changedStage, checkStage, newStage } from "./stage-rules.ts";

const describe = ({ createdAt, lastUpdatedAt, ...stage }: StoredStage): Stage => ({
  ...stage,
  CreatedDate: toDate(createdAt),
  LastUpdatedDate: toDate(lastUpdatedAt),
  ...(stage.AutoDeploy === true ? { LastDeploymentStatusMessage: `Successfully deployed stage with deployment ID '${stage.DeploymentId}'` } : {}),
});

const refuseIfManaged = ({ ApiGatewayManaged, StageName }: StoredStage) => {
  if (ApiGatewayManaged === true) throw badRequest(`The ${StageName} stage is managed by API Gateway and can't be modified: the API was made by quick create`);
};

export const stageHandlers = (parts: Parts, { store, clock, random }: Needs) => {
  /** A stage follows the API, or stands on a deployment that stays as it is. @param spare An id of a deployment that nobody has. */
  function* settle(api: HttpApi, stage: StoredStage, before: StoredStage | undefined, spare: string): Operation<StoredStage> {
    const hasMoved = stage.DeploymentId !== undefined && stage.DeploymentId !== before?.DeploymentId;
    if (stage.AutoDeploy === true) {
      if (hasMoved) throw badRequest("A deployment can't be set for a stage with auto deploy enabled");
      if (before?.AutoDeploy === true) return stage;
      yield* savePart(api.apiId, "deployment", spare, autoDeployment(spare, clock.now()));
      return { ...stage, DeploymentId: spare };
    }
    if (before?.AutoDeploy === true) {
      yield* savePart(api.apiId, "stage", stage.StageName!, { ...before, AutoDeploy: false });
      yield* fixDeployment(api, before.DeploymentId!, spare, clock.now());
    }
    if (hasMoved) yield* fixDeployment(api, stage.DeploymentId!, `${spare}1`, clock.now());
    return stage;
  }
  const drawSpare = () => lowerId(random, DEPLOYMENT_ID_LENGTH);
  const change = (context: Parameters<typeof getApi>[0], input: { ApiId: string | undefined; StageName: string | undefined }, edit: (stage: StoredStage, api: HttpApi) => Operation<StoredStage>) =>
    parts.change("stage", context, input, input.StageName!, function* (stage, api) {
      refuseIfManaged(stage);
      return { ...(yield* edit(stage, api)), lastUpdatedAt: clock.now() };
    });

  return {
    async CreateStage(input, context) {
      const spare = drawSpare();
      return describe(
        await store.run(function* () {
          const api = yield* getApi(context, input);
          const stage = yield* checkStage(newStage(input, clock.now(), api), api);
          if ((yield* findPart(api.apiId, "stage", stage.StageName!)) !== undefined) throw conflict("Stage already exists");
          const settled = yield* settle(api, stage, undefined, spare);
          yield* savePart(api.apiId, "stage", stage.StageName!, settled);
          return settled;
        }),
      );
    },
    async GetStage(input, context) {
      return describe(await parts.get("stage", context, input, input.StageName!));
    },
    GetStages: (input, context) => parts.list("stage", context, input, describe),
    async UpdateStage(input, context) {
      const spare = drawSpare();
      return describe(
        await change(context, input, function* (stage, api) {
          return yield* settle(api, yield* checkStage(changedStage(stage, input, clock.now()), api), stage, spare);
        }),
      );
    },
    async DeleteStage(input, context) {
      await parts.remove("stage", context, input, input.StageName!, function* (stage, api) {
        refuseIfManaged(stage);
        yield* refuseIfMapped(api, stage.StageName);
        const deployment = stage.DeploymentId === undefined ? undefined : yield* findPart<StoredDeployment>(api.apiId, "deployment", stage.DeploymentId);
        if (deployment !== undefined && deployment.snapshot === undefined) yield* deletePart(api.apiId, "deployment", stage.DeploymentId!);
      });
    },
    async DeleteAccessLogSettings(input, context) {
      await change(context, input, function* ({ AccessLogSettings: _gone, ...stage }) { return stage; });
    },
    async DeleteRouteSettings(input, context) {
      await change(context, input, function* (stage) {
        const { [input.RouteKey!]: gone, ...rest } = stage.RouteSettings ?? {};
        if (gone === undefined) throw notFound(`Unable to find Route by key ${input.RouteKey} within the provided RouteSettings`);
        return { ...stage, RouteSettings: rest };
      });
    },
    /** What authorizers said is kept for a revision of the API: this is another one, with nothing changed. */
    async ResetAuthorizersCache(input, context) {
      await store.run(function* () {
        const api = yield* getApi(context, input);
        const stage = yield* getPart(api, "stage", input.StageName);
        yield* savePart(api.apiId, "stage", stage.StageName!, stage);
      });
    },
  } satisfies ApiHandlers;
};
