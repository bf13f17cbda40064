import type { Authorizer, Cors, Integration, Route } from "@aws-sdk/client-apigatewayv2";
import type { HttpApiSnapshot } from "../../../plumber/apis/http-api.ts";
import type { Document } from "./document.ts";
import { AUTHORIZATION_TYPE, AUTHORIZER } from "./read-authorizers.ts";
import { CORS, ENDPOINT, TAG_VALUE } from "./read-api.ts";
import { ANY_METHOD, INTEGRATION } from "./read-routes.ts";

const SIGV4 = "sigv4";

/** Without what is not there. */
const some = (members: Document): Document => Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));

const writeIntegration = (integration: Integration): Document =>
  some({
    payloadFormatVersion: integration.PayloadFormatVersion,
    type: integration.IntegrationType?.toLowerCase(),
    httpMethod: integration.IntegrationMethod,
    uri: integration.IntegrationUri,
    connectionType: integration.ConnectionType,
    credentials: integration.CredentialsArn,
    description: integration.Description,
    requestParameters: integration.RequestParameters,
    responseParameters: integration.ResponseParameters,
    timeoutInMillis: integration.TimeoutInMillis,
  });

const writeCors = (cors: Cors): Document =>
  some({ allowOrigins: cors.AllowOrigins, allowMethods: cors.AllowMethods, allowHeaders: cors.AllowHeaders, exposeHeaders: cors.ExposeHeaders, allowCredentials: cors.AllowCredentials, maxAge: cors.MaxAge });

const writeAuthorizer = (authorizer: Authorizer, hasExtensions: boolean): Document => {
  const identitySource = authorizer.IdentitySource?.join(",");
  if (authorizer.AuthorizerType === "JWT") {
    const { Issuer: issuer, Audience: audience } = authorizer.JwtConfiguration ?? {};
    return { type: "oauth2", flows: {}, ...(hasExtensions ? { [AUTHORIZER]: some({ type: "jwt", identitySource, jwtConfiguration: { audience, issuer } }) } : {}) };
  }
  const extension = some({
    type: "request",
    identitySource,
    authorizerUri: authorizer.AuthorizerUri,
    authorizerCredentials: authorizer.AuthorizerCredentialsArn,
    authorizerPayloadFormatVersion: authorizer.AuthorizerPayloadFormatVersion,
    authorizerResultTtlInSeconds: authorizer.AuthorizerResultTtlInSeconds,
    enableSimpleResponses: authorizer.EnableSimpleResponses,
  });
  return { type: "apiKey", name: "Unused", in: "header", ...(hasExtensions ? { [AUTHORIZER]: extension } : {}) };
};

const securityOf = (route: Route, { authorizers }: HttpApiSnapshot): Document => {
  if (route.AuthorizationType === "AWS_IAM") return { security: [{ [SIGV4]: [] }] };
  const authorizer = authorizers.find(({ AuthorizerId }) => AuthorizerId === route.AuthorizerId);
  return authorizer === undefined ? {} : { security: [{ [authorizer.Name!]: route.AuthorizationScopes ?? [] }] };
};

const writeOperation = (route: Route, snapshot: HttpApiSnapshot, path: string, hasExtensions: boolean): Document => {
  const integration = snapshot.integrations.find(({ IntegrationId }) => route.Target === `integrations/${IntegrationId}`);
  const names = [...path.matchAll(/\{([^}+]+)\+?\}/g)].map(([, name]) => name);
  return some({
    operationId: route.OperationName,
    parameters: names.length === 0 ? undefined : names.map((name) => ({ name, in: "path", description: `Generated path parameter for ${name}`, required: true, schema: { type: "string" } })),
    responses: { default: { description: `Default response for ${route.RouteKey}` } },
    ...securityOf(route, snapshot),
    ...(route.RouteKey === "$default" && hasExtensions ? { isDefaultRoute: true } : {}),
    ...(integration !== undefined && hasExtensions ? { [INTEGRATION]: writeIntegration(integration) } : {}),
  });
};

const writePaths = (snapshot: HttpApiSnapshot, hasExtensions: boolean): Document => {
  const paths: Record<string, Document> = {};
  for (const route of snapshot.routes) {
    const [method, path] = route.RouteKey === "$default" ? ["ANY", "/$default"] : (route.RouteKey!.split(" ") as [string, string]);
    if (method === "ANY" && !hasExtensions) continue;
    (paths[path] ??= {})[method === "ANY" ? ANY_METHOD : method.toLowerCase()] = writeOperation(route, snapshot, path, hasExtensions);
  }
  return paths;
};

const writeSchemes = (snapshot: HttpApiSnapshot, hasExtensions: boolean): Document => {
  const schemes = Object.fromEntries(snapshot.authorizers.map((authorizer) => [authorizer.Name!, writeAuthorizer(authorizer, hasExtensions)]));
  const isSigned = snapshot.routes.some(({ AuthorizationType }) => AuthorizationType === "AWS_IAM");
  const sigv4 = { type: "apiKey", name: "Authorization", in: "header", ...(hasExtensions ? { [AUTHORIZATION_TYPE]: "awsSigv4" } : {}) };
  return { ...schemes, ...(isSigned ? { [SIGV4]: sigv4 } : {}) };
};

/** Where the API is served: below a stage, unless that is the default one. */
const writeServer = (snapshot: HttpApiSnapshot, endpoint: string, stage: string | undefined, hasExtensions: boolean): Document => ({
  url: stage === undefined || stage === "$default" ? endpoint : `${endpoint}/{basePath}`,
  ...(stage === undefined || stage === "$default" ? {} : { variables: { basePath: { default: stage } } }),
  ...(snapshot.api.DisableExecuteApiEndpoint === true && hasExtensions ? { [ENDPOINT]: { disableExecuteApiEndpoint: true } } : {}),
});

interface Written {
  snapshot: HttpApiSnapshot;
  /** `http://<id>.execute-api.…` */
  endpoint: string;
  stage: string | undefined;
  /** Milliseconds: what a definition without a version is told by. */
  createdAt: number;
  hasExtensions: boolean;
}

/** An OpenAPI 3.0 definition: imported again, it makes the same API. */
export const writeApi = ({ snapshot, endpoint, stage, createdAt, hasExtensions }: Written): Document => {
  const { Name, Description, Version, Tags = {}, CorsConfiguration } = snapshot.api;
  const schemes = writeSchemes(snapshot, hasExtensions);
  return some({
    openapi: "3.0.1",
    info: some({ title: Name, description: Description, version: Version ?? new Date(createdAt).toISOString() }),
    servers: [writeServer(snapshot, endpoint, stage, hasExtensions)],
    tags: Object.keys(Tags).length === 0 ? undefined : Object.entries(Tags).map(([name, value]) => ({ name, ...(hasExtensions ? { [TAG_VALUE]: value } : {}) })),
    paths: writePaths(snapshot, hasExtensions),
    components: Object.keys(schemes).length === 0 ? undefined : { securitySchemes: schemes },
    ...(hasExtensions ? { [CORS]: CorsConfiguration === undefined ? undefined : writeCors(CorsConfiguration), "x-amazon-apigateway-importexport-version": "1.0" } : {}),
  });
};
