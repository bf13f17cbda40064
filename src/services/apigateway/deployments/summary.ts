import type { MethodSnapshot } from "@aws-sdk/client-api-gateway";
import type { StoredResource } from "../../../plumber/apis/rest-api.ts";

/** Paths with their methods, as they were deployed. */
export const apiSummary = (resources: readonly StoredResource[]): Record<string, Record<string, MethodSnapshot>> =>
  Object.fromEntries(
    resources
      .filter(({ resourceMethods }) => Object.keys(resourceMethods).length > 0)
      .map(({ path, resourceMethods }) => [
        path,
        Object.fromEntries(Object.entries(resourceMethods).map(([name, { authorizationType, apiKeyRequired }]) => [name, { authorizationType: authorizationType!, apiKeyRequired: apiKeyRequired! }])),
      ]),
  );
