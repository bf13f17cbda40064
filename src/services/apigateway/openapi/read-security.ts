import type { Authorizer } from "@aws-sdk/client-api-gateway";
import { authorizerFrom } from "../authorizers/authorizers.ts";
import { isTree, listOf, textOf, treeOf, type Tree } from "./tree.ts";

export interface Security {
  authorizationType: string;
  apiKeyRequired: boolean;
  authorizer?: string;
  authorizationScopes?: string[];
}

const numberOf = (value: unknown): number | undefined => (value === undefined ? undefined : Number(value));

/** The authorizer that a security scheme describes. */
export const readAuthorizer = (name: string, scheme: Tree): (Authorizer & { name: string }) | undefined => {
  const described = scheme["x-amazon-apigateway-authorizer"];
  if (!isTree(described)) return undefined;
  const type = textOf(described["type"])?.toUpperCase() as Authorizer["type"];
  const header = textOf(scheme["name"]);
  const isByHeader = type !== "REQUEST" && header !== undefined && scheme["in"] === "header";
  const { id: _id, ...authorizer } = authorizerFrom("", {
    name,
    type,
    authType: textOf(scheme["x-amazon-apigateway-authtype"]),
    authorizerUri: textOf(described["authorizerUri"]),
    authorizerCredentials: textOf(described["authorizerCredentials"]),
    identitySource: textOf(described["identitySource"]) ?? (isByHeader ? `method.request.header.${header}` : undefined),
    identityValidationExpression: textOf(described["identityValidationExpression"]),
    authorizerResultTtlInSeconds: numberOf(described["authorizerResultTtlInSeconds"]),
    providerARNs: Array.isArray(described["providerARNs"]) ? (described["providerARNs"] as string[]) : undefined,
  });
  return { ...authorizer, name };
};

const isApiKey = (scheme: Tree): boolean => scheme["type"] === "apiKey" && textOf(scheme["name"])?.toLowerCase() === "x-api-key" && scheme["in"] === "header" && scheme["x-amazon-apigateway-authorizer"] === undefined;

/** Who may call a method, by what it requires. @param warn Is told of schemes that API Gateway does not look at. */
export const readSecurity = (operation: Tree, document: Tree, schemes: Tree, warn: (text: string) => void): Security => {
  const auth = textOf(treeOf(operation["x-amazon-apigateway-auth"])["type"])?.toUpperCase();
  const found: Security = { authorizationType: auth === "AWS_IAM" ? "AWS_IAM" : "NONE", apiKeyRequired: operation["x-amazon-apigateway-api-key-required"] === true };
  for (const requirement of listOf(operation["security"] ?? document["security"])) {
    for (const [name, scopes] of Object.entries(treeOf(requirement))) {
      const scheme = treeOf(schemes[name]);
      if (isApiKey(scheme)) found.apiKeyRequired = true;
      else if (isTree(scheme["x-amazon-apigateway-authorizer"])) {
        const isCognito = textOf(treeOf(scheme["x-amazon-apigateway-authorizer"])["type"])?.toLowerCase() === "cognito_user_pools";
        Object.assign(found, { authorizationType: isCognito ? "COGNITO_USER_POOLS" : "CUSTOM", authorizer: name });
        if (isCognito && listOf(scopes).length > 0) found.authorizationScopes = listOf(scopes).map(String);
      } else if (textOf(scheme["x-amazon-apigateway-authtype"])?.toLowerCase() === "awssigv4") found.authorizationType = "AWS_IAM";
      else warn(`The security scheme ${name} has no x-amazon-apigateway-authorizer and keeps nobody out`);
    }
  }
  return found;
};
