import type { Integration, Method } from "@aws-sdk/client-api-gateway";
import { parseArn } from "../../../kit/arn.ts";
import { REST_INTEGRATION_TIMEOUT_MS_MAX, REST_INTEGRATION_TIMEOUT_MS_MIN, REST_STREAM_TIMEOUT_MS_MAX } from "../../../kit/limits/apis.ts";
import { badRequest, notBuilt } from "../errors.ts";
import { checkIntegrationRequest } from "./parameters.ts";

/** What each of these may be: a document that is imported was not looked at before. */
const VALUES = {
  type: ["AWS", "AWS_PROXY", "HTTP", "HTTP_PROXY", "MOCK"],
  passthroughBehavior: ["WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER"],
  contentHandling: ["CONVERT_TO_BINARY", "CONVERT_TO_TEXT"],
  connectionType: ["INTERNET", "VPC_LINK"],
  responseTransferMode: ["BUFFERED", "STREAM"],
} as const;
const FUNCTION = /^path\/2015-03-31\/functions\/.+\/invocations$/;
const STREAMED_FUNCTION = /^path\/2021-11-15\/functions\/.+\/response-streaming-invocations$/;

/** `arn:aws:apigateway:<region>:<service>:path|action/…`, where the service stands in the account's place. Behind `${stageVariables.…}` may be anything. */
const checkAwsUri = ({ type, uri, responseTransferMode }: Integration): void => {
  const arn = parseArn(uri ?? "");
  if (arn === undefined) throw badRequest("Invalid ARN specified in the request");
  if (arn.service !== "apigateway" || arn.account === "" || !/^(path|action)\//.test(arn.resource)) throw badRequest("AWS ARN for integration must contain path or action");
  if (arn.account === "lambda" && !FUNCTION.test(arn.resource) && !STREAMED_FUNCTION.test(arn.resource)) throw badRequest("Invalid function ARN or invalid uri");
  if (type === "AWS_PROXY" && arn.account !== "lambda") throw badRequest("Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.");
  if (type === "AWS_PROXY" && STREAMED_FUNCTION.test(arn.resource) !== (responseTransferMode === "STREAM")) {
    throw badRequest("The function's response-streaming-invocations path and the response transfer mode STREAM go together");
  }
};

const checkHttpUri = ({ uri = "" }: Integration): void => {
  if (!/^https?:\/\/[^/\s]+/.test(uri) && !uri.startsWith("${stageVariables.")) throw badRequest("Invalid HTTP endpoint specified for URI");
};

const checkTimeout = ({ timeoutInMillis = REST_INTEGRATION_TIMEOUT_MS_MAX, responseTransferMode }: Integration): void => {
  const most = responseTransferMode === "STREAM" ? REST_STREAM_TIMEOUT_MS_MAX : REST_INTEGRATION_TIMEOUT_MS_MAX;
  if (!(timeoutInMillis >= REST_INTEGRATION_TIMEOUT_MS_MIN && timeoutInMillis <= most)) throw badRequest(`Timeout should be between ${REST_INTEGRATION_TIMEOUT_MS_MIN} ms and ${most} ms`);
};

const checkNotBuilt = ({ connectionType, integrationTarget }: Integration): void => {
  if (connectionType === "VPC_LINK" || integrationTarget !== undefined) throw notBuilt("An integration by VPC_LINK", "there are no VPC links; name what stands behind it by its URI, with the connection type INTERNET");
};

const checkValues = (integration: Integration): void => {
  if (integration.type === undefined) throw badRequest("Integration type must be specified");
  for (const [member, values] of Object.entries(VALUES)) {
    const value = integration[member as keyof typeof VALUES];
    if (value !== undefined && !(values as readonly string[]).includes(value)) throw badRequest(`Invalid ${member} specified: ${value}. Valid options are ${values.join(",")}`);
  }
};

/** By what of a request answers would be kept apart: the method declares it, or the integration makes it. */
const checkCacheKey = ({ cacheKeyParameters = [], requestParameters = {} }: Integration, method: Method): void => {
  const declared = { ...method.requestParameters, ...requestParameters };
  if (cacheKeyParameters.some((name) => !Object.hasOwn(declared, name))) throw badRequest("Invalid cache key parameter specified");
};

/** @param method Where it stands. */
export const checkIntegration = (integration: Integration, method: Method): Integration => {
  const { type, httpMethod, credentials, responseTransferMode, requestParameters = {} } = integration;
  checkValues(integration);
  checkNotBuilt(integration);
  if (type !== "MOCK" && (httpMethod === undefined || httpMethod === "")) throw badRequest("Enumeration value for HttpMethod must be non-empty");
  if (type === "AWS" || type === "AWS_PROXY") checkAwsUri(integration);
  if (type === "HTTP" || type === "HTTP_PROXY") checkHttpUri(integration);
  if (responseTransferMode === "STREAM" && type !== "AWS_PROXY" && type !== "HTTP_PROXY") throw badRequest("Response transfer mode STREAM is only supported for integrations of type AWS_PROXY and HTTP_PROXY");
  if (credentials !== undefined && parseArn(credentials) === undefined) throw badRequest("Invalid ARN specified in the request");
  checkTimeout(integration);
  checkCacheKey(integration, method);
  checkIntegrationRequest(requestParameters);
  return integration;
};
