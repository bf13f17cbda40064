import type { GatewayResponse, GatewayResponseType } from "@aws-sdk/client-api-gateway";

/** AWS's types, and the status that each has; the two defaults have none. Source: "Gateway response types for API Gateway". */
const STATUS: Record<GatewayResponseType, string | undefined> = {
  ACCESS_DENIED: "403",
  API_CONFIGURATION_ERROR: "500",
  AUTHORIZER_CONFIGURATION_ERROR: "500",
  AUTHORIZER_FAILURE: "500",
  BAD_REQUEST_BODY: "400",
  BAD_REQUEST_PARAMETERS: "400",
  DEFAULT_4XX: undefined,
  DEFAULT_5XX: undefined,
  EXPIRED_TOKEN: "403",
  INTEGRATION_FAILURE: "504",
  INTEGRATION_TIMEOUT: "504",
  INVALID_API_KEY: "403",
  INVALID_SIGNATURE: "403",
  MISSING_AUTHENTICATION_TOKEN: "403",
  QUOTA_EXCEEDED: "429",
  REQUEST_TOO_LARGE: "413",
  RESOURCE_NOT_FOUND: "404",
  THROTTLED: "429",
  UNAUTHORIZED: "401",
  UNSUPPORTED_MEDIA_TYPE: "415",
  WAF_FILTERED: "403",
};

const TEMPLATES = { "application/json": '{"message":$context.error.messageString}' };

export const GATEWAY_RESPONSE_TYPES = Object.keys(STATUS) as GatewayResponseType[];

/** What an API answers with that has no other of this type. */
export const standardResponse = (responseType: GatewayResponseType): GatewayResponse => {
  const statusCode = STATUS[responseType];
  return { responseType, ...(statusCode === undefined ? {} : { statusCode }), responseParameters: {}, responseTemplates: TEMPLATES, defaultResponse: true };
};
