import type { CreateAuthorizerRequest, CreateRouteRequest } from "@aws-sdk/client-apigatewayv2";
import { badRequest } from "../errors.ts";
import { count, flag, record, resolved, text, texts, type Document } from "./document.ts";

export const AUTHORIZER = "x-amazon-apigateway-authorizer";
export const AUTHORIZATION_TYPE = "x-amazon-apigateway-authtype";

/** `authorizer` is the name of a security scheme. */
export type Security = Pick<CreateRouteRequest, "AuthorizationType" | "AuthorizationScopes"> & { authorizer?: string };
export type ReadAuthorizer = Omit<CreateAuthorizerRequest, "ApiId">;

const readAuthorizer = (name: string, extension: Document): ReadAuthorizer => {
  const sources = texts(extension["identitySource"]);
  const common = { Name: name, IdentitySource: sources };
  switch (text(extension["type"])?.toLowerCase()) {
    case "jwt": {
      const jwt = record(extension["jwtConfiguration"]);
      return { ...common, AuthorizerType: "JWT", JwtConfiguration: { Issuer: text(jwt["issuer"]), Audience: texts(jwt["audience"]) } };
    }
    case "request":
      return {
        ...common,
        AuthorizerType: "REQUEST",
        AuthorizerUri: text(extension["authorizerUri"]),
        AuthorizerCredentialsArn: text(extension["authorizerCredentials"]),
        AuthorizerPayloadFormatVersion: text(extension["authorizerPayloadFormatVersion"]),
        AuthorizerResultTtlInSeconds: count(extension["authorizerResultTtlInSeconds"]),
        EnableSimpleResponses: flag(extension["enableSimpleResponses"]),
      };
    default:
      throw badRequest(`Unsupported authorizer type ${text(extension["type"])} of security scheme ${name}: HTTP APIs have jwt and request`);
  }
};

export const readAuthorizers = (document: Document): ReadAuthorizer[] =>
  Object.entries(record(record(document["components"])["securitySchemes"])).flatMap(([name, given]) => {
    const extension = resolved(document, given).value[AUTHORIZER];
    return extension === undefined ? [] : [readAuthorizer(name, record(extension))];
  });

/** What an operation, or else the whole document, asks of a caller; a scheme that API Gateway cannot keep is passed over with a warning, as it does. */
export const readSecurity = (document: Document, operation: Document, warn: (warning: string) => void): Security => {
  const asked = operation["security"] ?? document["security"];
  const wanted = Array.isArray(asked) ? asked.flatMap((one) => Object.entries(record(one))) : [];
  for (const [name, scopes] of wanted) {
    const scheme = resolved(document, record(record(document["components"])["securitySchemes"])[name]).value;
    if (text(scheme[AUTHORIZATION_TYPE])?.toLowerCase() === "awssigv4") return { AuthorizationType: "AWS_IAM" };
    const extension = record(scheme[AUTHORIZER]);
    if (scheme[AUTHORIZER] === undefined) warn(`Security scheme ${name} has no ${AUTHORIZER}: it is ignored`);
    else if (text(extension["type"])?.toLowerCase() === "jwt") return { AuthorizationType: "JWT", AuthorizationScopes: texts(scopes) ?? [], authorizer: name };
    else return { AuthorizationType: "CUSTOM", authorizer: name };
  }
  return { AuthorizationType: "NONE" };
};
