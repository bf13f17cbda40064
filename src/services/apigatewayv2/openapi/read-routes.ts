import type { CreateIntegrationRequest, IntegrationType } from "@aws-sdk/client-apigatewayv2";
import { badRequest } from "../errors.ts";
import { count, flag, isRecord, record, resolved, text, textMap, type Document } from "./document.ts";
import { readSecurity, type Security } from "./read-authorizers.ts";

export const INTEGRATION = "x-amazon-apigateway-integration";
export const ANY_METHOD = "x-amazon-apigateway-any-method";

export type ReadIntegration = Omit<CreateIntegrationRequest, "ApiId">;

export interface ReadRoute extends Security {
  RouteKey: string;
  OperationName: string | undefined;
  /** Operations that refer to one integration share it. */
  integration?: { ref: string | undefined; is: ReadIntegration };
}

const METHODS: Record<string, string | undefined> = { get: "GET", put: "PUT", post: "POST", delete: "DELETE", options: "OPTIONS", head: "HEAD", patch: "PATCH", [ANY_METHOD]: "ANY" };

const readResponseParameters = (value: unknown): ReadIntegration["ResponseParameters"] => (isRecord(value) ? Object.fromEntries(Object.entries(value).map(([status, one]) => [status, textMap(one) ?? {}])) : undefined);

const readIntegration = (extension: Document): ReadIntegration => {
  const tls = text(record(extension["tlsConfig"])["serverNameToVerify"]);
  return {
    IntegrationType: text(extension["type"])?.toUpperCase() as IntegrationType,
    IntegrationUri: text(extension["uri"]),
    IntegrationMethod: text(extension["httpMethod"])?.toUpperCase().replace(ANY_METHOD.toUpperCase(), "ANY"),
    IntegrationSubtype: text(extension["integrationSubtype"]) ?? text(extension["subtype"]),
    PayloadFormatVersion: text(extension["payloadFormatVersion"]),
    ConnectionType: text(extension["connectionType"]) as ReadIntegration["ConnectionType"],
    ConnectionId: text(extension["connectionId"]),
    CredentialsArn: text(extension["credentials"]),
    Description: text(extension["description"]),
    TimeoutInMillis: count(extension["timeoutInMillis"]),
    RequestParameters: textMap(extension["requestParameters"]),
    ResponseParameters: readResponseParameters(extension["responseParameters"]),
    TlsConfig: tls === undefined ? undefined : { ServerNameToVerify: tls },
  };
};

/** `ignore` the servers' base path, `prepend` it to all paths, or `split` its first segment off before that. */
const basePathOf = (document: Document, how: string): string => {
  if (!["ignore", "prepend", "split"].includes(how)) throw badRequest("Invalid basepath specified. It must be one of [ignore, prepend, split]");
  const server = record(Array.isArray(document["servers"]) ? document["servers"][0] : undefined);
  const variables = record(server["variables"]);
  const url = (text(server["url"]) ?? "").replace(/\{(\w+)\}/g, (_whole, name: string) => (text(record(variables[name])["default"]) ?? "").replace(/^\//, ""));
  const path = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, "").replace(/\/+$/, "");
  return how === "ignore" ? "" : how === "prepend" ? path : path.replace(/^\/[^/]*/, "");
};

const routeKeyOf = (method: string, path: string, operation: Document): string => (path === "/$default" || flag(operation["isDefaultRoute"]) === true ? "$default" : `${method} ${path}`);

export const readRoutes = (document: Document, basePath: string, warn: (warning: string) => void): ReadRoute[] => {
  if (!isRecord(document["paths"])) throw badRequest("Invalid OpenAPI input: it has no paths");
  const prefix = basePathOf(document, basePath);
  return Object.entries(document["paths"]).flatMap(([path, item]) =>
    Object.entries(resolved(document, item).value).flatMap(([name, given]): ReadRoute[] => {
      const method = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
      if (method === undefined) return [];
      const operation = record(given);
      const RouteKey = routeKeyOf(method, path === "/$default" ? path : `${prefix}${path}`, operation);
      const { value, ref } = resolved(document, operation[INTEGRATION]);
      if (operation[INTEGRATION] === undefined) warn(`No integration is defined for ${RouteKey}`);
      return [{ RouteKey, OperationName: text(operation["operationId"]), ...readSecurity(document, operation, warn), ...(operation[INTEGRATION] === undefined ? {} : { integration: { ref, is: readIntegration(value) } }) }];
    }),
  );
};
