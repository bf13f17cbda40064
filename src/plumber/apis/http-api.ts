import type { Api, Authorizer, Deployment, Integration, IntegrationResponse, Model, Route, RouteResponse, Stage } from "@aws-sdk/client-apigatewayv2";
import type { Operation } from "../../store/store.ts";
import { findApi, findPart, listParts, type ApiRecord } from "./rows.ts";

/** A document has no dates: platform time in milliseconds. */
interface Dated {
  createdAt: number;
  lastUpdatedAt: number;
}

/** As CreateApi and UpdateApi take it, defaults filled in. What follows from the record (id, endpoint, dates) is not in it. */
export type HttpApiBody = Omit<Api, "ApiId" | "ApiEndpoint" | "CreatedDate" | "ApiGatewayManaged">;
export type StoredStage = Omit<Stage, "CreatedDate" | "LastUpdatedDate"> & Dated;

/** `snapshot` is the API as it was when it was deployed; one that stands behind a stage with AutoDeploy has none, and means the API as it is. */
export type StoredDeployment = Omit<Deployment, "CreatedDate"> & { createdAt: number; snapshot?: HttpApiSnapshot };

/** What an HTTP or WebSocket API is made of, by the kind of its parts in `api_part`; each document is AWS's own shape with its own id in it. Responses are kept under `<route id>/<id>`. */
export interface HttpApiParts {
  route: Route;
  integration: Integration;
  authorizer: Authorizer;
  model: Model;
  "route-response": RouteResponse & { RouteId: string };
  "integration-response": IntegrationResponse & { IntegrationId: string };
  stage: StoredStage;
  deployment: StoredDeployment;
}

/** What a deployment fixes. */
export interface HttpApiSnapshot {
  api: HttpApiBody;
  routes: Route[];
  integrations: Integration[];
  authorizers: Authorizer[];
  models: Model[];
  routeResponses: HttpApiParts["route-response"][];
  integrationResponses: HttpApiParts["integration-response"][];
}

export function* listHttpApiParts<K extends keyof HttpApiParts>(apiId: string, kind: K): Operation<HttpApiParts[K][]> {
  return (yield* listParts<HttpApiParts[K]>(apiId, kind)).map(({ body }) => body);
}

/** The API as it is. */
export function* snapshotHttpApi({ apiId, body }: ApiRecord<HttpApiBody>): Operation<HttpApiSnapshot> {
  return {
    api: body,
    routes: yield* listHttpApiParts(apiId, "route"),
    integrations: yield* listHttpApiParts(apiId, "integration"),
    authorizers: yield* listHttpApiParts(apiId, "authorizer"),
    models: yield* listHttpApiParts(apiId, "model"),
    routeResponses: yield* listHttpApiParts(apiId, "route-response"),
    integrationResponses: yield* listHttpApiParts(apiId, "integration-response"),
  };
}

/** What a stage serves. */
export interface ServedHttpApi {
  api: ApiRecord<HttpApiBody>;
  stage: StoredStage;
  /** Undefined when nothing was deployed to the stage. */
  snapshot: HttpApiSnapshot | undefined;
}

export function* findServedHttpApi(apiId: string, stageName: string): Operation<ServedHttpApi | undefined> {
  const api = yield* findApi<HttpApiBody>(apiId);
  const stage = yield* findPart<StoredStage>(apiId, "stage", stageName);
  if (api === undefined || api.kind === "REST" || stage === undefined) return undefined;
  const deployment = stage.DeploymentId === undefined ? undefined : yield* findPart<StoredDeployment>(apiId, "deployment", stage.DeploymentId);
  return { api, stage, snapshot: deployment === undefined ? undefined : (deployment.snapshot ?? (yield* snapshotHttpApi(api))) };
}
