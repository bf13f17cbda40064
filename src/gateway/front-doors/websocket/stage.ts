import type { Authorizer, Integration, IntegrationResponse, Route } from "@aws-sdk/client-apigatewayv2";
import type { HttpApiBody, HttpApiSnapshot, StoredStage } from "../../../plumber/apis/http-api.ts";
import type { ApiRecord } from "../../../plumber/apis/rows.ts";
import type { CompiledStage } from "../compiled-stage.ts";

/** A route with what stands behind it. */
export interface SocketRoute extends Route {
  RouteKey: string;
  /** Undefined where its target is not there. */
  integration: Integration | undefined;
  integrationResponses: readonly IntegrationResponse[];
  authorizer: Authorizer | undefined;
  /** Whether what the integration answers goes back to the client. */
  isAnswered: boolean;
}

/** A stage of a WebSocket API as it is deployed. */
export interface SocketStage extends CompiledStage {
  routes: ReadonlyMap<string, SocketRoute>;
}

export const compileSocketStage = (api: ApiRecord<HttpApiBody>, stage: StoredStage, snapshot: HttpApiSnapshot): SocketStage => {
  const integrations = new Map(snapshot.integrations.map((one) => [one.IntegrationId, one]));
  const authorizers = new Map(snapshot.authorizers.map((one) => [one.AuthorizerId, one]));
  const answered = new Set(snapshot.routeResponses.filter(({ RouteResponseKey }) => RouteResponseKey === "$default").map(({ RouteId }) => RouteId));
  const routes = snapshot.routes.map((route): readonly [string, SocketRoute] => {
    const integration = integrations.get(route.Target?.replace(/^integrations\//, ""));
    return [
      route.RouteKey!,
      {
        ...route,
        RouteKey: route.RouteKey!,
        integration,
        integrationResponses: integration === undefined ? [] : snapshot.integrationResponses.filter(({ IntegrationId }) => IntegrationId === integration.IntegrationId),
        authorizer: route.AuthorizerId === undefined ? undefined : authorizers.get(route.AuthorizerId),
        isAnswered: answered.has(route.RouteId!),
      },
    ];
  });
  return { api: { ...api, body: snapshot.api }, stage, variables: stage.StageVariables ?? {}, routes: new Map(routes), kept: new Map() };
};
