import type { Service } from "../service.ts";
import { apiMappingHandlers } from "./api-mappings.ts";
import { apiHandlers } from "./apis.ts";
import { authorizerHandlers } from "./authorizers.ts";
import { deploymentHandlers } from "./deployments.ts";
import { domainNameHandlers } from "./domain-names.ts";
import { integrationHandlers } from "./integrations.ts";
import { modelHandlers } from "./models.ts";
import type { ApiTypes, Needs } from "./needs.ts";
import { exportHandlers } from "./openapi/export-api.ts";
import { importHandlers } from "./openapi/import-api.ts";
import { createParts } from "./parts.ts";
import { createPermissions } from "./permissions.ts";
import { integrationResponseHandlers, routeResponseHandlers } from "./responses.ts";
import { routeHandlers } from "./routes.ts";
import { stageHandlers } from "./stages.ts";
import { tagHandlers } from "./tags.ts";

/** Version 2 of API Gateway's API: HTTP APIs, WebSocket APIs, and custom domains. */
export const createApiGatewayV2Service = ({ store, clock, random }: Needs): Service<ApiTypes> => {
  const needs: Needs = { store, clock, random };
  const parts = createParts(needs);
  const handlers = {
    ...apiHandlers(needs),
    ...routeHandlers(parts),
    ...integrationHandlers(parts),
    ...authorizerHandlers(parts),
    ...modelHandlers(parts),
    ...routeResponseHandlers(parts),
    ...integrationResponseHandlers(parts),
    ...stageHandlers(parts, needs),
    ...deploymentHandlers(parts, needs),
    ...importHandlers(needs),
    ...exportHandlers(needs),
    ...domainNameHandlers(needs),
    ...apiMappingHandlers(needs),
    ...tagHandlers(needs),
  };
  return { handlers, permissions: createPermissions(store, Object.keys(handlers)), ledgerKeys: (_operation, input) => ledgerKeys(input as Record<string, unknown>) };
};

/** The API, the domain name, or what tags are of. */
const ledgerKeys = (input: Readonly<Record<string, unknown>>): string[] => [input["ApiId"], input["DomainName"], input["ResourceArn"]].filter((key): key is string => typeof key === "string");
