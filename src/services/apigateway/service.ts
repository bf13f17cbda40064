import type { Service } from "../service.ts";
import { accountHandlers } from "./account.ts";
import { authorizerHandlers } from "./authorizers/authorizers.ts";
import { deploymentHandlers } from "./deployments/deployments.ts";
import { documentationPartHandlers } from "./documentation/documentation-parts.ts";
import { documentationVersionHandlers } from "./documentation/documentation-versions.ts";
import { basePathMappingHandlers } from "./domains/base-path-mappings.ts";
import { domainNameHandlers } from "./domains/domain-names.ts";
import { gatewayResponseHandlers } from "./gateway-responses/gateway-responses.ts";
import { integrationResponseHandlers } from "./methods/integration-responses.ts";
import { integrationHandlers } from "./methods/integrations.ts";
import { methodResponseHandlers } from "./methods/method-responses.ts";
import { methodHandlers } from "./methods/methods.ts";
import { modelHandlers } from "./models/models.ts";
import type { Needs, RestTypes } from "./needs.ts";
import { exportHandlers } from "./openapi/export.ts";
import { importHandlers } from "./openapi/import.ts";
import { createParts, type ServiceParts } from "./parts.ts";
import { createPermissions } from "./permissions.ts";
import { resourceHandlers } from "./resources/resources.ts";
import { restApiHandlers } from "./rest-apis/rest-apis.ts";
import { stageHandlers } from "./stages/stages.ts";
import { tagHandlers } from "./tags.ts";
import { testInvokeHandlers } from "./test-invoke.ts";
import { apiKeyHandlers } from "./usage/api-keys.ts";
import { importApiKeysHandlers } from "./usage/import-api-keys.ts";
import { usagePlanKeyHandlers } from "./usage/usage-plan-keys.ts";
import { usagePlanHandlers } from "./usage/usage-plans.ts";
import { usageHandlers } from "./usage/usage.ts";
import { validatorHandlers } from "./validators.ts";

/** Version 1 of API Gateway's API: REST APIs, API keys and usage plans, and custom domains. */
export const createApiGatewayService = (needs: Needs): Service<RestTypes> => {
  const { store, call, clock, random, testInvoke } = needs;
  const parts: ServiceParts = { store, call, clock, random, ...(testInvoke === undefined ? {} : { testInvoke }), parts: createParts(needs) };
  const handlers = {
    ...restApiHandlers(parts),
    ...importHandlers(parts),
    ...exportHandlers(parts),
    ...resourceHandlers(parts),
    ...methodHandlers(parts),
    ...methodResponseHandlers(parts),
    ...integrationHandlers(parts),
    ...integrationResponseHandlers(parts),
    ...authorizerHandlers(parts),
    ...modelHandlers(parts),
    ...validatorHandlers(parts),
    ...gatewayResponseHandlers(parts),
    ...deploymentHandlers(parts),
    ...stageHandlers(parts),
    ...apiKeyHandlers(parts),
    ...importApiKeysHandlers(parts),
    ...usagePlanHandlers(parts),
    ...usagePlanKeyHandlers(parts),
    ...usageHandlers(parts),
    ...accountHandlers(parts),
    ...domainNameHandlers(parts),
    ...basePathMappingHandlers(parts),
    ...documentationPartHandlers(parts),
    ...documentationVersionHandlers(parts),
    ...tagHandlers(parts),
    ...testInvokeHandlers(parts),
  };
  return { handlers, permissions: createPermissions(store, Object.keys(handlers)), ledgerKeys: (_operation, input) => ledgerKeys(input as Record<string, unknown>) };
};

/** The API, the key, the plan, the domain name, or what tags are of. */
const ledgerKeys = (input: Readonly<Record<string, unknown>>): string[] =>
  ["restApiId", "apiKey", "usagePlanId", "domainName", "resourceArn"].map((name) => input[name]).filter((key): key is string => typeof key === "string");
