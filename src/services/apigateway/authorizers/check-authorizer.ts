import type { Authorizer } from "@aws-sdk/client-api-gateway";
import { parseArn } from "../../../kit/arn.ts";
import { AUTHORIZER_TTL_SECONDS_MAX } from "../../../kit/limits/apis.ts";
import { badRequest } from "../errors.ts";

const FUNCTION_URI = /^arn:aws[a-z-]*:apigateway:[^:]+:lambda:path\/2015-03-31\/functions\/.+\/invocations$/;
const HEADER_SOURCE = /^method\.request\.header\.[a-zA-Z0-9!#$%&'*+\-.^_`|~]+$/;
const REQUEST_SOURCE = /^(method\.request\.(header|querystring)\.\S+|stageVariables\.\S+|context\.\S+)$/;

/** Measured on AWS as far as "a stage variable, m": what each of the last two must match is after the model of the first. */
const REQUEST_SOURCES =
  "The sources must be separated by comma, and each source must be either a method request parameter, matching 'method.request.querystring|header.[a-zA-Z0-9._-]+', or a stage variable, matching 'stageVariables.[a-zA-Z0-9._-]+', or a context parameter, matching 'context.[a-zA-Z0-9._-]+'.";

const checkToken = (source: string | undefined): void => {
  if (source === undefined) throw badRequest("IdentitySource cannot be empty");
  if (!HEADER_SOURCE.test(source)) throw badRequest(`Invalid token source expression: ${source}. The source must be a method request header, matching 'method.request.header.[a-zA-Z0-9._-]+'.`);
};

const checkLambda = ({ type, authorizerUri, identitySource, authorizerResultTtlInSeconds = 0 }: Authorizer): void => {
  if (authorizerUri === undefined || !FUNCTION_URI.test(authorizerUri)) throw badRequest("Invalid Authorizer URI: " + (authorizerUri ?? "null") + ". Authorizer URI should be a valid API Gateway ARN that represents a Lambda function invocation.");
  if (type === "TOKEN") return checkToken(identitySource);
  if (authorizerResultTtlInSeconds > 0 && identitySource === undefined) throw badRequest("Identity source is required when caching is enabled: name what answers are kept by, or set authorizerResultTtlInSeconds to 0");
  const isWrong = (identitySource ?? "").split(",").map((one) => one.trim()).some((one) => one !== "" && !REQUEST_SOURCE.test(one));
  if (isWrong) throw badRequest(`Invalid request identity source expression: ${identitySource}. ${REQUEST_SOURCES}`);
};

const checkCognito = ({ providerARNs = [], identitySource }: Authorizer): void => {
  if (providerARNs.length === 0) throw badRequest("ProviderARNs cannot be empty");
  const wrong = providerARNs.find((text) => {
    const arn = parseArn(text);
    return arn?.service !== "cognito-idp" || !arn.resource.startsWith("userpool/");
  });
  if (wrong !== undefined) throw badRequest(`Invalid Cognito User Pool ARN: ${wrong}`);
  if (identitySource !== undefined && !HEADER_SOURCE.test(identitySource)) throw badRequest("Invalid identity source specified: Cognito authorizers take one of the form method.request.header.{name}");
};

export const checkAuthorizer = (authorizer: Authorizer): Authorizer => {
  const { name, type, authorizerResultTtlInSeconds = 0, identityValidationExpression, authorizerCredentials } = authorizer;
  if (name === undefined || name.trim() === "") throw badRequest("Authorizer name cannot be empty");
  if (!["TOKEN", "REQUEST", "COGNITO_USER_POOLS"].includes(type!)) throw badRequest(`Invalid authorizer type specified: ${type}. Must be one of: [TOKEN, REQUEST, COGNITO_USER_POOLS]`);
  if (!(authorizerResultTtlInSeconds >= 0 && authorizerResultTtlInSeconds <= AUTHORIZER_TTL_SECONDS_MAX)) throw badRequest(`Authorizer result TTL outside allowable range. TTL must be between 0 and ${AUTHORIZER_TTL_SECONDS_MAX} seconds.`);
  if (authorizerCredentials !== undefined && parseArn(authorizerCredentials)?.service !== "iam") throw badRequest("Invalid ARN specified in the request");
  if (identityValidationExpression !== undefined && type !== "TOKEN") throw badRequest("Identity validation expression is only supported for TOKEN authorizers");
  if (type === "COGNITO_USER_POOLS") checkCognito(authorizer);
  else checkLambda(authorizer);
  return authorizer;
};
