import type { CreateIntegrationRequest, Integration, UpdateIntegrationRequest } from "@aws-sdk/client-apigatewayv2";
import { parseArn } from "../../kit/arn.ts";
import { API_TIMEOUT_MS_MIN, HTTP_API_TIMEOUT_MS_MAX, WEBSOCKET_API_TIMEOUT_MS_MAX } from "../../kit/limits/apis.ts";
import { badRequest, notBuilt } from "./errors.ts";
import { given, merged, mergedMap, picked } from "./merge.ts";
import { isWebSocket, type HttpApi } from "./needs.ts";
import { checkRequestParameters, checkResponseParameters } from "./parameter-rules.ts";
import { checkSocketIntegration } from "./socket-integration-rules.ts";
import { checkSubtype } from "./subtype-rules.ts";

const PLAIN = [
  "ConnectionId", "ConnectionType", "ContentHandlingStrategy", "CredentialsArn", "Description", "IntegrationMethod", "IntegrationSubtype", "IntegrationType", "IntegrationUri", "PassthroughBehavior",
  "PayloadFormatVersion", "RequestParameters", "RequestTemplates", "ResponseParameters", "TemplateSelectionExpression", "TimeoutInMillis", "TlsConfig",
] as const;
const ONLY_WEBSOCKET = ["PassthroughBehavior", "ContentHandlingStrategy", "RequestTemplates", "TemplateSelectionExpression"] as const;
const METHODS = new Set(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "ANY"]);
const HTTP_URL = /^https?:\/\/[^\s/]/i;

/** A function's own ARN, or the path of its invocation in API Gateway's form; either may hold stage variables. */
export const isLambdaUri = (uri: string): boolean => parseArn(uri)?.service === "lambda" || /^arn:aws[a-z-]*:apigateway:[^:]+:lambda:path\/2015-03-31\/functions\/.+\/invocations$/.test(uri);

const checkBuilt = (integration: Integration) => {
  if (integration.ConnectionType !== "INTERNET" || integration.ConnectionId !== undefined) throw notBuilt(`ConnectionType ${integration.ConnectionType}`, "there are no VPCs. Use an HTTP_PROXY integration with the URL of what is to be reached");
  if (integration.TlsConfig !== undefined) throw notBuilt("TlsConfig", "it belongs to private integrations, and there are no VPCs");
};

const checkTarget = ({ IntegrationType: type, IntegrationSubtype: subtype, IntegrationUri: uri, IntegrationMethod: method }: Integration) => {
  if (type === "MOCK" || subtype !== undefined) return;
  if (uri === undefined) throw badRequest("Invalid integration URI specified");
  if (method !== undefined && !METHODS.has(method)) throw badRequest("Invalid HTTP method specified. Must be one of [GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS, ANY]");
  if (type === "HTTP" || type === "HTTP_PROXY") {
    if (!HTTP_URL.test(uri)) throw badRequest("Invalid HTTP endpoint specified for URI");
    if (method === undefined) throw badRequest(`HttpMethod parameter method must be specified for integrationType ${type.replace("_", "")}`);
  } else if (!isLambdaUri(uri)) {
    throw badRequest("Invalid integration URI specified");
  }
};

const checkPayload = ({ PayloadFormatVersion: version, IntegrationType: type }: Integration, isSocket: boolean) => {
  if (version === "1.0") return;
  if (version !== "2.0" || isSocket) throw badRequest(`Unsupported PayloadFormatVersion: ${version}`);
  if (type !== "AWS_PROXY") throw badRequest(`PayloadFormatVersion ${version} is not supported for integration of type ${type}`);
};

const checkForHttp = (integration: Integration) => {
  if (integration.IntegrationType !== "AWS_PROXY" && integration.IntegrationType !== "HTTP_PROXY") throw badRequest(`Integration type ${integration.IntegrationType} is supported only for WebSocket APIs. HTTP APIs have AWS_PROXY and HTTP_PROXY`);
  const other = ONLY_WEBSOCKET.find((name) => integration[name] !== undefined);
  if (other !== undefined) throw badRequest(`${other} is supported only for WebSocket APIs`);
  checkResponseParameters(integration.ResponseParameters);
  if (integration.IntegrationSubtype === undefined) checkRequestParameters(integration.RequestParameters);
  else checkSubtype(integration);
};

const checkIntegration = (integration: Integration, api: HttpApi): Integration => {
  const isSocket = isWebSocket(api);
  const most = isSocket ? WEBSOCKET_API_TIMEOUT_MS_MAX : HTTP_API_TIMEOUT_MS_MAX;
  checkBuilt(integration);
  if (isSocket) checkSocketIntegration(integration);
  else checkForHttp(integration);
  checkTarget(integration);
  checkPayload(integration, isSocket);
  if (integration.TimeoutInMillis! < API_TIMEOUT_MS_MIN || integration.TimeoutInMillis! > most) throw badRequest(`Timeout should be between ${API_TIMEOUT_MS_MIN} ms and ${most} ms`);
  return integration;
};

/** What a WebSocket API's integration has when nothing is said. */
const socketDefaults = (type: Integration["IntegrationType"]): Partial<Integration> => ({
  PassthroughBehavior: "WHEN_NO_MATCH",
  IntegrationResponseSelectionExpression: type === "AWS_PROXY" || type === "AWS" ? "${integration.response.body.errorMessage}" : "${integration.response.statuscode}",
});

export const newIntegration = (id: string, api: HttpApi, input: Omit<CreateIntegrationRequest, "ApiId">): Integration =>
  checkIntegration(
    {
      ConnectionType: "INTERNET",
      PayloadFormatVersion: "1.0",
      TimeoutInMillis: isWebSocket(api) ? WEBSOCKET_API_TIMEOUT_MS_MAX : HTTP_API_TIMEOUT_MS_MAX,
      ...(input.IntegrationType === "AWS_PROXY" && (input.IntegrationSubtype ?? "") === "" ? { IntegrationMethod: "POST" } : {}),
      ...(isWebSocket(api) ? socketDefaults(input.IntegrationType) : {}),
      ...given(picked(input, PLAIN)),
      IntegrationId: id,
    },
    api,
  );

/** Parameters and templates are changed one by one, as Terraform counts on: one without content is taken away. */
export const changedIntegration = (integration: Integration, input: UpdateIntegrationRequest, api: HttpApi): Integration =>
  checkIntegration(
    {
      ...merged(integration, picked(input, PLAIN)),
      RequestParameters: mergedMap(integration.RequestParameters, input.RequestParameters),
      RequestTemplates: mergedMap(integration.RequestTemplates, input.RequestTemplates),
      ResponseParameters: mergedMap(integration.ResponseParameters, input.ResponseParameters),
    },
    api,
  );
