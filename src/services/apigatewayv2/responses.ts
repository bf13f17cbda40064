import type { IntegrationResponse, RouteResponse } from "@aws-sdk/client-apigatewayv2";
import { listHttpApiParts, type HttpApiParts } from "../../plumber/apis/http-api.ts";
import type { Operation } from "../../store/store.ts";
import { badRequest, conflict, notBuilt } from "./errors.ts";
import { given, merged, mergedMap, picked } from "./merge.ts";
import { isWebSocket, type ApiHandlers, type HttpApi } from "./needs.ts";
import { getPart, type Parts } from "./parts.ts";
import { checkContentHandling } from "./socket-integration-rules.ts";

type OfRoute = HttpApiParts["route-response"];
type OfIntegration = HttpApiParts["integration-response"];

const ROUTE_PLAIN = ["ModelSelectionExpression", "ResponseModels", "ResponseParameters", "RouteResponseKey"] as const;
const INTEGRATION_PLAIN = ["ContentHandlingStrategy", "IntegrationResponseKey", "ResponseParameters", "ResponseTemplates", "TemplateSelectionExpression"] as const;
const ONLY_WEBSOCKET = "are currently not supported for this API protocol type. This is because the API may only be configured with proxy integration at this time.";
/** "Set up a WebSocket API integration response": `$default`, or a regular expression between slashes. */
const INTEGRATION_KEY = /^(\$default|\/.+\/)$/s;

const showRouteResponse = ({ RouteId: _parent, ...response }: OfRoute): RouteResponse => response;
const showIntegrationResponse = ({ IntegrationId: _parent, ...response }: OfIntegration): IntegrationResponse => response;

const refuseParameters = ({ ResponseParameters: parameters = {} }: Pick<OfRoute, "ResponseParameters"> | Pick<OfIntegration, "ResponseParameters">): void => {
  if (Object.keys(parameters).length > 0) throw notBuilt("ResponseParameters of a WebSocket API's responses", "a message has no headers");
};

function* checkRouteResponse(api: HttpApi, response: OfRoute): Operation<OfRoute> {
  if (!isWebSocket(api)) throw badRequest(`RouteResponses ${ONLY_WEBSOCKET}`);
  yield* getPart(api, "route", response.RouteId);
  refuseParameters(response);
  if (response.RouteResponseKey !== "$default") {
    throw badRequest("Currently, only $default is supported as a RouteResponseKey. The creation of the RouteResponse with a key of $default will indicate to API Gateway that this Route is intended to handle two-way communication.");
  }
  const isTaken = (yield* listHttpApiParts(api.apiId, "route-response")).some(({ RouteId, RouteResponseId }) => RouteId === response.RouteId && RouteResponseId !== response.RouteResponseId);
  if (isTaken) throw conflict(`RouteResponse with key ${response.RouteResponseKey} already exists for this Route`);
  return response;
}

function* checkIntegrationResponse(api: HttpApi, response: OfIntegration): Operation<OfIntegration> {
  if (!isWebSocket(api)) throw badRequest(`IntegrationResponses ${ONLY_WEBSOCKET}`);
  yield* getPart(api, "integration", response.IntegrationId);
  refuseParameters(response);
  checkContentHandling(response.ContentHandlingStrategy);
  const { IntegrationResponseKey: key, IntegrationId, IntegrationResponseId } = response;
  if (key === undefined || !INTEGRATION_KEY.test(key)) throw badRequest("Invalid integration response key specified. It must be $default or a regular expression between slashes, such as /2\\d\\d/");
  const isTaken = (yield* listHttpApiParts(api.apiId, "integration-response")).some((one) => one.IntegrationId === IntegrationId && one.IntegrationResponseKey === key && one.IntegrationResponseId !== IntegrationResponseId);
  if (isTaken) throw conflict(`IntegrationResponse with key ${key} already exists for this Integration`);
  return response;
}

export const routeResponseHandlers = (parts: Parts) => {
  const idOf = ({ RouteId, RouteResponseId }: { RouteId: string | undefined; RouteResponseId: string | undefined }) => `${RouteId}/${RouteResponseId}`;
  return {
    async CreateRouteResponse(input, context) {
      const make = (id: string, api: HttpApi) => checkRouteResponse(api, { ...given(picked(input, ROUTE_PLAIN)), RouteResponseKey: input.RouteResponseKey, RouteId: input.RouteId!, RouteResponseId: id });
      return showRouteResponse(await parts.create("route-response", context, input, make, `${input.RouteId}/`));
    },
    async GetRouteResponse(input, context) {
      return showRouteResponse(await parts.get("route-response", context, input, idOf(input)));
    },
    GetRouteResponses: (input, context) => parts.list("route-response", context, input, showRouteResponse, { kind: "route", id: input.RouteId! }),
    async UpdateRouteResponse(input, context) {
      const edit = (response: OfRoute, api: HttpApi) =>
        checkRouteResponse(api, { ...merged(response, picked(input, ROUTE_PLAIN) as Partial<OfRoute>), ResponseModels: mergedMap(response.ResponseModels, input.ResponseModels), ResponseParameters: mergedMap(response.ResponseParameters, input.ResponseParameters) });
      return showRouteResponse(await parts.change("route-response", context, input, idOf(input), edit));
    },
    DeleteRouteResponse: (input, context) => parts.remove("route-response", context, input, idOf(input)),
  } satisfies ApiHandlers;
};

export const integrationResponseHandlers = (parts: Parts) => {
  const idOf = ({ IntegrationId, IntegrationResponseId }: { IntegrationId: string | undefined; IntegrationResponseId: string | undefined }) => `${IntegrationId}/${IntegrationResponseId}`;
  return {
    async CreateIntegrationResponse(input, context) {
      const make = (id: string, api: HttpApi) => checkIntegrationResponse(api, { ...given(picked(input, INTEGRATION_PLAIN)), IntegrationResponseKey: input.IntegrationResponseKey, IntegrationId: input.IntegrationId!, IntegrationResponseId: id });
      return showIntegrationResponse(await parts.create("integration-response", context, input, make, `${input.IntegrationId}/`));
    },
    async GetIntegrationResponse(input, context) {
      return showIntegrationResponse(await parts.get("integration-response", context, input, idOf(input)));
    },
    GetIntegrationResponses: (input, context) => parts.list("integration-response", context, input, showIntegrationResponse, { kind: "integration", id: input.IntegrationId! }),
    async UpdateIntegrationResponse(input, context) {
      const edit = (response: OfIntegration, api: HttpApi) =>
        checkIntegrationResponse(api, {
          ...merged(response, picked(input, INTEGRATION_PLAIN) as Partial<OfIntegration>),
          ResponseParameters: mergedMap(response.ResponseParameters, input.ResponseParameters),
          ResponseTemplates: mergedMap(response.ResponseTemplates, input.ResponseTemplates),
        });
      return showIntegrationResponse(await parts.change("integration-response", context, input, idOf(input), edit));
    },
    DeleteIntegrationResponse: (input, context) => parts.remove("integration-response", context, input, idOf(input)),
  } satisfies ApiHandlers;
};
