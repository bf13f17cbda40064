import type { ConnectionType, ContentHandlingStrategy, Integration, IntegrationResponse, IntegrationType, ResponseTransferMode } from "@aws-sdk/client-api-gateway";
import { given } from "../given.ts";
import { integrationFrom } from "../methods/integrations.ts";
import { isTree, listOf, textOf, textsOf, treeOf, type Tree } from "./tree.ts";

const upper = <T extends string>(value: unknown): T | undefined => textOf(value)?.toUpperCase() as T | undefined;

const readResponse = (pattern: string, described: Tree): IntegrationResponse =>
  given<IntegrationResponse>({
    statusCode: textOf(described["statusCode"]) ?? "200",
    selectionPattern: pattern === "default" ? undefined : pattern,
    responseParameters: textsOf(described["responseParameters"]),
    responseTemplates: textsOf(described["responseTemplates"]),
    contentHandling: upper<ContentHandlingStrategy>(described["contentHandling"]),
  });

/** `x-amazon-apigateway-integration`. Its responses are by what selects them; API Gateway keeps one for each status. */
export const readIntegration = (value: unknown): Integration | undefined => {
  if (!isTree(value)) return undefined;
  const timeout = value["timeoutInMillis"];
  const responses = Object.entries(treeOf(value["responses"])).map(([pattern, response]) => readResponse(pattern, treeOf(response)));
  const integration = integrationFrom(
    {
      resourceId: "",
      type: upper<IntegrationType>(value["type"]),
      integrationHttpMethod: upper(value["httpMethod"]),
      uri: textOf(value["uri"]),
      connectionType: upper<ConnectionType>(value["connectionType"]),
      connectionId: textOf(value["connectionId"]),
      credentials: textOf(value["credentials"]),
      requestParameters: textsOf(value["requestParameters"]),
      requestTemplates: textsOf(value["requestTemplates"]),
      passthroughBehavior: upper(value["passthroughBehavior"]),
      contentHandling: upper<ContentHandlingStrategy>(value["contentHandling"]),
      timeoutInMillis: timeout === undefined ? undefined : Number(timeout),
      cacheNamespace: textOf(value["cacheNamespace"]),
      cacheKeyParameters: Array.isArray(value["cacheKeyParameters"]) ? listOf(value["cacheKeyParameters"]).map(String) : undefined,
      tlsConfig: isTree(value["tlsConfig"]) ? value["tlsConfig"] : undefined,
      responseTransferMode: upper<ResponseTransferMode>(value["responseTransferMode"]),
      integrationTarget: textOf(value["integrationTarget"]),
    },
    textOf(value["cacheNamespace"]) ?? "",
  );
  return responses.length === 0 ? integration : { ...integration, integrationResponses: Object.fromEntries(responses.map((response) => [response.statusCode!, response])) };
};
