import type { CreateRouteRequest, Route, UpdateRouteRequest } from "@aws-sdk/client-apigatewayv2";
import { API_SCOPES_MAX } from "../../kit/limits/apis.ts";
import { findPart } from "../../plumber/apis/rows.ts";
import type { HttpApiParts } from "../../plumber/apis/http-api.ts";
import type { Operation } from "../../store/store.ts";
import { badRequest, notBuilt } from "./errors.ts";
import { given, merged, mergedMap, picked } from "./merge.ts";
import { isWebSocket, type HttpApi } from "./needs.ts";

const PLAIN = [
  "ApiKeyRequired", "AuthorizationScopes", "AuthorizationType", "AuthorizerId", "ModelSelectionExpression", "OperationName", "RequestModels", "RequestParameters", "RouteKey", "RouteResponseSelectionExpression", "Target",
] as const;
const ONLY_WEBSOCKET = ["ModelSelectionExpression", "RequestModels", "RequestParameters", "RouteResponseSelectionExpression"] as const;
const HTTP_KEY = /^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|ANY) (\/\S*)$/;
const SEGMENT = /^(\{[A-Za-z0-9._:-]+\+?\}|[^{}]*)$/;

const checkHttpKey = (key: string) => {
  if (key === "$default") return;
  const path = HTTP_KEY.exec(key)?.[2];
  if (path === undefined) throw badRequest('The provided route key is not formatted properly for HTTP protocol. Format should be "[HTTP METHOD] /[RESOURCE PATH]" or "$default"');
  const segments = path.split("/").slice(1);
  const wrong = segments.find((segment, index) => !SEGMENT.test(segment) || (segment.endsWith("+}") && index < segments.length - 1));
  if (wrong !== undefined) throw badRequest(`Invalid resource path in route key: ${wrong} must be a whole segment, {name} or, as the last one, {name+}`);
  const names = segments.filter((segment) => segment.startsWith("{")).map((segment) => segment.replace(/\+?\}$/, ""));
  if (new Set(names).size < names.length) throw badRequest("Invalid resource path in route key: a path parameter may stand in it once");
};

export const checkRouteKey = (key: string | undefined, api: HttpApi): void => {
  if (key === undefined || key === "") throw badRequest("Route key is required");
  if (!isWebSocket(api)) checkHttpKey(key);
};

/** @param name The route's id, once it has one: AWS says `null` of a new one. */
const checkForHttp = (route: Route, name: string) => {
  if (route.ApiKeyRequired === true) throw badRequest(`ApiKeyRequired is not currently supported for HTTP APIs. Please set ApiKeyRequired to false for route ${name}`);
  const other = ONLY_WEBSOCKET.find((name) => route[name] !== undefined);
  if (other !== undefined) throw badRequest(`${other} is supported only for WebSocket APIs`);
};

const checkForWebSocket = ({ AuthorizationType: type, RouteKey: key, ApiKeyRequired, RequestModels, RequestParameters = {} }: Route) => {
  if (ApiKeyRequired === true) throw notBuilt("ApiKeyRequired of a WebSocket API", "let an authorizer of $connect ask for what a client must bring");
  if (RequestModels !== undefined || Object.values(RequestParameters).some(({ Required }) => Required === true)) throw notBuilt("The validation of a WebSocket API's requests (RequestModels, RequestParameters)", "let the function check what it gets");
  if (type === "JWT") throw badRequest("JWT authorization is supported only for HTTP APIs");
  if (type !== "NONE" && key !== "$connect") throw badRequest("Currently, authorization is restricted to the $connect route only");
};

function* checkTarget({ Target }: Route, { apiId }: HttpApi, name: string): Operation<void> {
  if (Target === undefined) return;
  const id = /^integrations\/([^/]+)$/.exec(Target)?.[1];
  if (id === undefined) throw badRequest(`Unexpected or malformed target in route ${name}. Correct format should be integrations/<integration_id>.`);
  if ((yield* findPart(apiId, "integration", id)) === undefined) throw badRequest(`Invalid target specified: integration ${id} is not found`);
}

/** A Lambda authorizer is CUSTOM, a JWT authorizer is JWT, and nothing else has one. */
function* checkAuthorizer({ AuthorizationType: type, AuthorizerId: id, AuthorizationScopes: scopes = [] }: Route, { apiId }: HttpApi): Operation<void> {
  if (scopes.length > API_SCOPES_MAX) throw badRequest(`A route can have ${API_SCOPES_MAX} authorization scopes at most`);
  if (scopes.length > 0 && type !== "JWT") throw badRequest("Invalid Route authorization type specified. Authorization Scopes are only valid for COGNITO_USER_POOLS and JWT authorization types");
  if (type !== "CUSTOM" && type !== "JWT") return;
  const authorizer = id === undefined ? undefined : yield* findPart<HttpApiParts["authorizer"]>(apiId, "authorizer", id);
  if (authorizer?.AuthorizerType === (type === "JWT" ? "JWT" : "REQUEST")) return;
  throw badRequest(`Invalid authorizer ID specified. Setting the authorization type to ${type === "JWT" ? "JWT requires a valid JWT authorizer." : "CUSTOM or COGNITO_USER_POOLS requires a valid authorizer."}`);
}

function* checkRoute(route: Route, api: HttpApi, name = "null"): Operation<Route> {
  checkRouteKey(route.RouteKey, api);
  if (isWebSocket(api)) checkForWebSocket(route);
  else checkForHttp(route, name);
  yield* checkTarget(route, api, name);
  yield* checkAuthorizer(route, api);
  return route;
}

/** Only those who ask for one have an authorizer: what is left of another authorization type goes. */
const withoutRest = (route: Route): Route => {
  if (route.AuthorizationType === "CUSTOM" || route.AuthorizationType === "JWT") return route;
  const { AuthorizerId: _unused, AuthorizationScopes: scopes, ...rest } = route;
  return scopes === undefined || scopes.length === 0 ? rest : { ...rest, AuthorizationScopes: scopes };
};

export const newRoute = (id: string, api: HttpApi, input: Omit<CreateRouteRequest, "ApiId">): Operation<Route> =>
  checkRoute(withoutRest({ ApiKeyRequired: false, AuthorizationType: "NONE", ...given(picked(input, PLAIN)), RouteKey: input.RouteKey, RouteId: id }), api);

export const changedRoute = (route: Route, input: UpdateRouteRequest, api: HttpApi): Operation<Route> =>
  checkRoute(withoutRest({ ...merged(route, picked(input, PLAIN)), RequestModels: mergedMap(route.RequestModels, input.RequestModels), RequestParameters: mergedMap(route.RequestParameters, input.RequestParameters) }), api, route.RouteId);
