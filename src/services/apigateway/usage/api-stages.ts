import type { ApiStage } from "@aws-sdk/client-api-gateway";
import { findApi, findPart, listItems, saveItem, type Place } from "../../../plumber/apis/rows.ts";
import { USAGE_PLAN, type StoredUsagePlan } from "../../../plumber/apis/usage-plans.ts";
import type { Operation } from "../../../store/store.ts";
import { badRequest, conflict, notFound } from "../errors.ts";

/** `<api>:<stage>`, as patches name it. */
export const apiStageName = ({ apiId, stage }: ApiStage): string => `${apiId}:${stage}`;

export const parseApiStage = (text: string): ApiStage => {
  const [apiId = "", stage = "", ...rest] = text.split(":");
  if (apiId === "" || stage === "" || rest.length > 0) throw badRequest("Invalid API Stage specified: it has the form {apiId}:{stage}");
  return { apiId, stage };
};

/** Every stage is there, and named once. */
export function* checkApiStages({ account, region }: Place, apiStages: readonly ApiStage[]): Operation<void> {
  const names = apiStages.map(apiStageName);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) throw conflict(`API Stage ${twice} already exists in this usage plan`);
  for (const { apiId, stage } of apiStages) {
    const api = yield* findApi(apiId!);
    const isThere = api?.kind === "REST" && api.account === account && api.region === region && (yield* findPart(apiId!, "stage", stage!)) !== undefined;
    if (!isThere) throw notFound(`API Stage not found: ${apiId}:${stage}`);
  }
}

function* forget(place: Place, isGone: (stage: ApiStage) => boolean): Operation<void> {
  for (const { id, body } of yield* listItems<StoredUsagePlan>(place, USAGE_PLAN)) {
    const left = (body.apiStages ?? []).filter((stage) => !isGone(stage));
    if (left.length < (body.apiStages ?? []).length) yield* saveItem(place, USAGE_PLAN, id, { ...body, apiStages: left });
  }
}

/** A stage that is deleted is in no plan any more. */
export const forgetStage = (place: Place, apiId: string, stageName: string): Operation<void> => forget(place, (one) => one.apiId === apiId && one.stage === stageName);
export const forgetApi = (place: Place, apiId: string): Operation<void> => forget(place, (one) => one.apiId === apiId);
