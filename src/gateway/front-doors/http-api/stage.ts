import type { Authorizer, Integration, Route } from "@aws-sdk/client-apigatewayv2";
import type { HttpApiBody, HttpApiSnapshot, StoredStage } from "../../../plumber/apis/http-api.ts";
import type { ApiRecord } from "../../../plumber/apis/rows.ts";
import type { CompiledStage } from "../compiled-stage.ts";
import { createRouteTree, parseRouteKey, type RouteTree } from "./route-tree.ts";

/** A route with what stands behind it. */
export interface ServedRoute extends Route {
  RouteKey: string;
  /** `/pets/{id}`, or `$default`. */
  resourcePath: string;
  /** Undefined where its target is not there. */
  integration: Integration | undefined;
  authorizer: Authorizer | undefined;
}

/** A stage of an API as it is deployed. */
export interface ServedStage extends CompiledStage {
  tree: RouteTree<ServedRoute>;
}

const byId = <T>(parts: readonly T[], id: (part: T) => string | undefined): Map<string | undefined, T> => new Map(parts.map((part) => [id(part), part]));

export const compileStage = (api: ApiRecord<HttpApiBody>, stage: StoredStage, snapshot: HttpApiSnapshot): ServedStage => {
  const integrations = byId(snapshot.integrations, ({ IntegrationId }) => IntegrationId);
  const authorizers = byId(snapshot.authorizers, ({ AuthorizerId }) => AuthorizerId);
  const routes = snapshot.routes.map((route): readonly [string, ServedRoute] => [
    route.RouteKey!,
    {
      ...route,
      RouteKey: route.RouteKey!,
      resourcePath: parseRouteKey(route.RouteKey!).path,
      integration: integrations.get(route.Target?.replace(/^integrations\//, "")),
      authorizer: route.AuthorizerId === undefined ? undefined : authorizers.get(route.AuthorizerId),
    },
  ]);
  return { api: { ...api, body: snapshot.api }, stage, variables: stage.StageVariables ?? {}, tree: createRouteTree(routes), kept: new Map() };
};
