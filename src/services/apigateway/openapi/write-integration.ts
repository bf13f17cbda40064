import type { Integration, IntegrationResponse } from "@aws-sdk/client-api-gateway";
import { given } from "../given.ts";
import type { Tree } from "./tree.ts";

const responseOf = ({ selectionPattern: _pattern, ...response }: IntegrationResponse): IntegrationResponse => response;

/** As import reads it. */
export const writeIntegration = ({ type, integrationResponses, passthroughBehavior, cacheKeyParameters = [], responseTransferMode, ...integration }: Integration): Tree =>
  given({
    ...integration,
    type: type!.toLowerCase(),
    passthroughBehavior: passthroughBehavior?.toLowerCase(),
    cacheKeyParameters: cacheKeyParameters.length === 0 ? undefined : cacheKeyParameters,
    cacheNamespace: cacheKeyParameters.length === 0 ? undefined : integration.cacheNamespace,
    responseTransferMode: responseTransferMode === "STREAM" ? responseTransferMode : undefined,
    responses: integrationResponses === undefined ? undefined : Object.fromEntries(Object.values(integrationResponses).map((response) => [response.selectionPattern ?? "default", responseOf(response)])),
  });
