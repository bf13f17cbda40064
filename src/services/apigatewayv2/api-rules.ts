import type { CreateApiRequest, UpdateApiRequest } from "@aws-sdk/client-apigatewayv2";
import type { HttpApiBody } from "../../plumber/apis/http-api.ts";
import type { ApiKind } from "../../plumber/apis/rows.ts";
import { checkCors } from "./cors-rules.ts";
import { badRequest } from "./errors.ts";
import { given, merged, picked } from "./merge.ts";
import { checkTags } from "./tag-rules.ts";

const HTTP_SELECTION = "$request.method $request.path";
/** The API reference writes it with braces, and API Gateway takes both. */
const HTTP_SELECTIONS = [HTTP_SELECTION, "${request.method} ${request.path}"];
const API_KEY_SELECTION = "$request.header.x-api-key";
const API_KEY_SELECTIONS = [API_KEY_SELECTION, "$context.authorizer.usageIdentifierKey"];
const SELECTION = /^\$(request|context)\.|\$\{/;

const OWN = ["Name", "Description", "Version", "ApiKeySelectionExpression", "CorsConfiguration", "DisableSchemaValidation", "DisableExecuteApiEndpoint", "IpAddressType", "RouteSelectionExpression"] as const;
const QUICK_CREATE = ["Target", "RouteKey", "CredentialsArn"] as const;
const NAME_MAX = 128;
const DESCRIPTION_MAX = 1_024;
const VERSION_MAX = 64;

const checkLength = (value: string | undefined, name: string, most: number) => {
  if ((value?.length ?? 0) > most) throw badRequest(`The ${name} of an API must have ${most} characters at most`);
};

const checkKind = (kind: ApiKind, input: UpdateApiRequest) => {
  if (kind === "HTTP") {
    if (input.RouteSelectionExpression !== undefined && !HTTP_SELECTIONS.includes(input.RouteSelectionExpression)) throw badRequest(`Route selection expression is currently limited to "${HTTP_SELECTIONS[1]}"`);
    if (input.DisableSchemaValidation === true) throw badRequest("disableSchemaValidation is supported only for WebSocket APIs");
    return;
  }
  if (input.CorsConfiguration !== undefined) throw badRequest("Cors is not supported for WEBSOCKET protocolType");
  const quick = QUICK_CREATE.find((name) => input[name] !== undefined);
  if (quick !== undefined) throw badRequest(`Quick create (${quick}) is supported only for HTTP APIs`);
};

export const checkApi = (kind: ApiKind, input: UpdateApiRequest): void => {
  checkKind(kind, input);
  checkLength(input.Name, "name", NAME_MAX);
  checkLength(input.Description, "description", DESCRIPTION_MAX);
  checkLength(input.Version, "version", VERSION_MAX);
  if (input.ApiKeySelectionExpression !== undefined && !API_KEY_SELECTIONS.includes(input.ApiKeySelectionExpression)) throw badRequest(`Invalid API key selection expression specified. It must be one of ${API_KEY_SELECTIONS.join(", ")}`);
  checkCors(input.CorsConfiguration);
};

/** A new API, with what it has when nothing is said. */
export const newApi = (input: Omit<CreateApiRequest, "ProtocolType">, kind: ApiKind): HttpApiBody => {
  if (input.Name === undefined || input.Name === "") throw badRequest("Invalid API name specified");
  if (kind === "WEBSOCKET" && (input.RouteSelectionExpression === undefined || !SELECTION.test(input.RouteSelectionExpression))) throw badRequest("Invalid routeSelectionExpression");
  checkApi(kind, { ApiId: undefined, ...input });
  checkTags(input.Tags);
  return {
    ApiKeySelectionExpression: API_KEY_SELECTION,
    DisableExecuteApiEndpoint: false,
    IpAddressType: "ipv4",
    ...(kind === "HTTP" ? { RouteSelectionExpression: HTTP_SELECTION } : { DisableSchemaValidation: false }),
    ...(given(picked(input, OWN)) as Pick<HttpApiBody, "Name" | "RouteSelectionExpression">),
    ProtocolType: kind as "HTTP" | "WEBSOCKET",
    Tags: input.Tags ?? {},
  };
};

/** CORS is replaced as a whole. */
export const changedApi = (body: HttpApiBody, input: UpdateApiRequest, kind: ApiKind): HttpApiBody => {
  checkApi(kind, input);
  const changed = merged(body, picked(input, OWN) as Partial<HttpApiBody>);
  if (changed.Name === undefined) throw badRequest("API name must not be empty");
  if (changed.RouteSelectionExpression === undefined) throw badRequest("The route selection expression of an API can't be removed");
  return changed;
};
