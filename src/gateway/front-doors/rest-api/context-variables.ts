import { formatTraceHeader } from "../../../kit/trace-header.ts";
import { requestTime } from "../request-time.ts";
import type { Exchange, Identity } from "./exchange.ts";

/** All twelve, null where AWS has null; those of an API key only with one. */
export const identityMembers = ({ sourceIp, userAgent, accessKey = null, accountId = null, caller = null, user = null, userArn = null, apiKey, apiKeyId }: Identity): Record<string, string | null> => ({
  cognitoIdentityPoolId: null,
  ...(apiKey === undefined ? {} : { apiKey }),
  ...(apiKeyId === undefined ? {} : { apiKeyId }),
  accountId,
  cognitoIdentityId: null,
  caller,
  sourceIp,
  principalOrgId: null,
  accessKey,
  cognitoAuthenticationType: null,
  cognitoAuthenticationProvider: null,
  userArn,
  userAgent,
  user,
});

/** Undefined where no authorizer ran. */
const authorizerMembers = ({ authorization }: Exchange): Record<string, unknown> | undefined =>
  authorization && {
    ...authorization.context,
    ...(authorization.claims === undefined ? {} : { claims: { ...authorization.claims } }),
    ...(authorization.principalId === undefined ? {} : { principalId: authorization.principalId }),
    ...(authorization.latencyMs === undefined ? {} : { integrationLatency: authorization.latencyMs }),
  };

/** `requestContext` of an event. */
export const requestContext = (exchange: Exchange, { isOfAuthorizer = false } = {}): Record<string, unknown> => {
  const { serving, resource, request, domainName } = exchange;
  const authorizer = isOfAuthorizer ? undefined : authorizerMembers(exchange);
  return {
    resourceId: resource?.id,
    ...(authorizer === undefined ? {} : { authorizer }),
    resourcePath: resource?.path,
    httpMethod: request.method,
    extendedRequestId: exchange.extendedRequestId,
    requestTime: requestTime(exchange.startedAt),
    path: exchange.fullPath,
    accountId: serving.compiled.account,
    protocol: "HTTP/1.1",
    stage: serving.stage,
    domainPrefix: domainName.split(".")[0]!,
    requestTimeEpoch: exchange.startedAt,
    requestId: exchange.requestId,
    identity: identityMembers(exchange.identity),
    domainName,
    deploymentId: serving.deploymentId,
    apiId: serving.compiled.apiId,
  };
};

/** `$context` of templates, mappings and access logs. Source: "Variables for data transformations for API Gateway". */
export const contextVariables = (exchange: Exchange): Record<string, unknown> => {
  const { failure, serving, authorization, integration } = exchange;
  const integrationMembers = {
    latency: integration?.latencyMs, requestId: integration?.requestId, status: integration?.status, integrationStatus: integration?.status, error: integration?.error,
  };
  return {
    ...requestContext(exchange),
    isCanaryRequest: serving.isCanary,
    xrayTraceId: exchange.trace.id,
    awsEndpointRequestId: integration?.requestId,
    integrationLatency: integration?.latencyMs,
    integrationStatus: integration?.status,
    integration: integrationMembers,
    integrationErrorMessage: integration?.error,
    authorizer: { ...authorizerMembers(exchange), ...(authorization?.status === undefined ? {} : { status: authorization.status, latency: authorization.latencyMs }) },
    ...(failure === undefined
      ? {}
      : {
          error: {
            message: failure.text,
            messageString: JSON.stringify(failure.text),
            responseType: failure.type,
            ...(failure.validationError === undefined ? {} : { validationErrorString: failure.validationError }),
          },
          status: failure.status,
        }),
  };
};

export const traceHeaderOf = ({ trace }: Exchange): string => formatTraceHeader(trace);
