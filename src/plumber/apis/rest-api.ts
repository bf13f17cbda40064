import type { Authorizer, Deployment, GatewayResponse, Method, Model, RequestValidator, RestApi, Stage } from "@aws-sdk/client-api-gateway";
import type { Operation } from "../../store/store.ts";
import { findApi, findPart, listParts, type ApiRecord } from "./rows.ts";

/** As it was created and changed, defaults filled in. What follows from the record (id, createdDate) is not in it. */
export type RestApiBody = Omit<RestApi, "id" | "createdDate">;

/** A resource with its methods; `path` is whole: `/pets/{id}`. */
export interface StoredResource {
  id: string;
  parentId?: string;
  pathPart?: string;
  path: string;
  /** By HTTP method, or `ANY`. With `methodIntegration`, `methodResponses` and the integration's `integrationResponses` in it. */
  resourceMethods: Record<string, Method>;
}

/** `authorizersCache` is another number after each FlushStageAuthorizersCache: what was kept under an older one no longer counts. */
export type StoredRestStage = Omit<Stage, "createdDate" | "lastUpdatedDate"> & { createdAt: number; lastUpdatedAt: number; authorizersCache?: number };
export type StoredRestDeployment = Omit<Deployment, "createdDate"> & { createdAt: number; snapshot: RestApiSnapshot };

/** What a REST API is made of, by the kind of its parts in `api_part`; each document is AWS's own shape with its own id in it. */
export interface RestApiParts {
  resource: StoredResource;
  authorizer: Authorizer;
  /** By its name. */
  model: Model;
  validator: RequestValidator;
  /** By its responseType; only those that were changed. */
  "gateway-response": GatewayResponse;
  /** By its name. */
  stage: StoredRestStage;
  deployment: StoredRestDeployment;
}

/** What a deployment fixes; settings of the API itself take effect with a deployment, too. */
export interface RestApiSnapshot {
  api: RestApiBody;
  resources: StoredResource[];
  authorizers: Authorizer[];
  models: Model[];
  validators: RequestValidator[];
  gatewayResponses: GatewayResponse[];
}

export function* listRestApiParts<K extends keyof RestApiParts>(apiId: string, kind: K): Operation<RestApiParts[K][]> {
  return (yield* listParts<RestApiParts[K]>(apiId, kind)).map(({ body }) => body);
}

/** The API as it is: what is deployed, and what TestInvokeMethod runs. */
export function* snapshotRestApi({ apiId, body }: ApiRecord<RestApiBody>): Operation<RestApiSnapshot> {
  return {
    api: body,
    resources: yield* listRestApiParts(apiId, "resource"),
    authorizers: yield* listRestApiParts(apiId, "authorizer"),
    models: yield* listRestApiParts(apiId, "model"),
    validators: yield* listRestApiParts(apiId, "validator"),
    gatewayResponses: yield* listRestApiParts(apiId, "gateway-response"),
  };
}

/** What a stage serves; with a canary, what its share of requests is served. */
export interface ServedRestApi {
  api: ApiRecord<RestApiBody>;
  stage: StoredRestStage;
  deployment: StoredRestDeployment;
  canary?: StoredRestDeployment;
}

export function* findServedRestApi(apiId: string, stageName: string): Operation<ServedRestApi | undefined> {
  const api = yield* findApi<RestApiBody>(apiId);
  const stage = yield* findPart<StoredRestStage>(apiId, "stage", stageName);
  if (api?.kind !== "REST" || stage === undefined) return undefined;
  const deployment = yield* findPart<StoredRestDeployment>(apiId, "deployment", stage.deploymentId!);
  const canary = stage.canarySettings?.deploymentId === undefined ? undefined : yield* findPart<StoredRestDeployment>(apiId, "deployment", stage.canarySettings.deploymentId);
  return deployment && { api, stage, deployment, ...(canary === undefined ? {} : { canary }) };
}

