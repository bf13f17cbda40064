import type { Authorizer, CreateAuthorizerRequest, UpdateAuthorizerRequest } from "@aws-sdk/client-apigatewayv2";
import { API_AUDIENCES_MAX, AUTHORIZER_TTL_SECONDS_MAX } from "../../kit/limits/apis.ts";
import { badRequest } from "./errors.ts";
import { isLambdaUri } from "./integration-rules.ts";
import { merged, picked } from "./merge.ts";
import { isWebSocket, type HttpApi } from "./needs.ts";

const PLAIN = [
  "AuthorizerCredentialsArn", "AuthorizerPayloadFormatVersion", "AuthorizerResultTtlInSeconds", "AuthorizerType", "AuthorizerUri", "EnableSimpleResponses", "IdentitySource", "IdentityValidationExpression", "JwtConfiguration", "Name",
] as const;
const ONLY_HTTP = ["AuthorizerPayloadFormatVersion", "EnableSimpleResponses", "AuthorizerResultTtlInSeconds"] as const;
const ONLY_REQUEST = ["AuthorizerUri", "AuthorizerCredentialsArn", ...ONLY_HTTP] as const;

const HTTP_SOURCE = /^\$(request\.(header|querystring)\.[^\s.]\S*|context\.\S+|stageVariables\.\w+)$/;
const TOKEN_SOURCE = /^\$request\.(header|querystring)\.[^\s.]\S*$/;
const SOCKET_SOURCE = /^(route\.request\.(header|querystring)\.[^\s.]\S*|context\.\S+|stageVariables\.\w+)$/;

const checkSources = (sources: readonly string[], pattern: RegExp) => {
  const wrong = sources.find((source) => !pattern.test(source));
  if (wrong !== undefined) throw badRequest(`Invalid identity source expression: ${wrong}. The source must be a request header, request querystring, stage variable or context parameter`);
};

/** Measured on AWS as far as "a stage v": what each of the last two must match is after the model of the first. */
const SOCKET_SOURCES =
  "The sources must be separated by comma, and each source must be either a request parameter, matching 'route.request.querystring|header.[a-zA-Z0-9._-]+', or a stage variable, matching 'stageVariables.[a-zA-Z0-9._-]+', or a context parameter, matching 'context.[a-zA-Z0-9._-]+'.";

const checkSocketSources = (sources: readonly string[]) => {
  if (!sources.every((source) => SOCKET_SOURCE.test(source))) throw badRequest(`Invalid request identity source expression: ${sources.join(",")}. ${SOCKET_SOURCES}`);
};

const checkJwt = ({ IdentitySource = [], JwtConfiguration: jwt, ...rest }: Authorizer) => {
  const other = ONLY_REQUEST.find((name) => rest[name] !== undefined);
  if (other !== undefined) throw badRequest(`${other} is supported only for REQUEST authorizers`);
  if (jwt === undefined) throw badRequest("JwtConfiguration must not be null for JWT Authorizer");
  // AWS takes no http://, which issuers of one's own machine have.
  if (jwt.Issuer === undefined || !/^https?:\/\/[^\s/]/.test(jwt.Issuer)) throw badRequest("Invalid issuer: Issuer is not a valid URL for JWT Authorizer");
  const audiences = jwt.Audience?.length ?? 0;
  if (audiences === 0) throw badRequest("Audience list must have at least 1 item for JWT Authorizer");
  if (audiences > API_AUDIENCES_MAX) throw badRequest(`JWT authorizers can have ${API_AUDIENCES_MAX} audiences at most in their JwtConfiguration`);
  if (IdentitySource.length !== 1) throw badRequest("JWT authorizers need exactly one identity source");
  checkSources(IdentitySource, TOKEN_SOURCE);
};

const checkLambda = ({ AuthorizerUri: uri, JwtConfiguration: jwt, IdentitySource: sources = [], ...authorizer }: Authorizer, api: HttpApi) => {
  if (jwt !== undefined) throw badRequest("JwtConfiguration is supported only for JWT authorizers");
  if (uri === undefined) throw badRequest("AuthorizerUri is a required field in an Authorizer");
  if (!isLambdaUri(uri)) throw badRequest("Invalid Authorizer URI: it must be of the form arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{function ARN}/invocations");
  if (isWebSocket(api)) {
    const other = ONLY_HTTP.find((name) => authorizer[name] !== undefined);
    if (other !== undefined) throw badRequest(`${other} is supported only for HTTP APIs`);
    return checkSocketSources(sources);
  }
  const { AuthorizerPayloadFormatVersion: version, AuthorizerResultTtlInSeconds: ttl = 0, EnableSimpleResponses: isSimple } = authorizer;
  if (version === undefined) throw badRequest("AuthorizerPayloadFormatVersion is a required parameter for REQUEST authorizer");
  if (version !== "1.0" && version !== "2.0") throw badRequest("Invalid AuthorizerPayloadFormatVersion specified. It must be one of [1.0, 2.0]");
  if (isSimple === true && version !== "2.0") throw badRequest('EnableSimpleResponses can only be set for AuthorizerPayloadFormatVersion "2.0".');
  if (ttl < 0 || ttl > AUTHORIZER_TTL_SECONDS_MAX) throw badRequest(`Authorizer result TTL outside allowable range. TTL must be between 0 and ${AUTHORIZER_TTL_SECONDS_MAX} seconds.`);
  if (ttl > 0 && sources.length === 0) throw badRequest("Identity source must be set if authorizer caching is enabled (TTL is greater than 0)");
  return checkSources(sources, HTTP_SOURCE);
};

const checkAuthorizer = (authorizer: Authorizer, api: HttpApi): Authorizer => {
  if (authorizer.Name === undefined) throw badRequest("Authorizer name must not be empty");
  if (authorizer.AuthorizerType === "REQUEST") checkLambda(authorizer, api);
  else if (isWebSocket(api)) throw badRequest("Invalid authorizer type. Only REQUEST authorizer type is supported on WEBSOCKET protocol Apis.");
  else checkJwt(authorizer);
  return authorizer;
};

export const newAuthorizer = (id: string, api: HttpApi, input: Omit<CreateAuthorizerRequest, "ApiId">): Authorizer => {
  const isLambdaOfHttp = input.AuthorizerType === "REQUEST" && !isWebSocket(api);
  const defaults = isLambdaOfHttp ? { AuthorizerResultTtlInSeconds: 0, EnableSimpleResponses: false } : {};
  return checkAuthorizer({ ...defaults, ...merged<Authorizer>({ Name: input.Name }, picked(input, PLAIN)), AuthorizerId: id }, api);
};

export const changedAuthorizer = (authorizer: Authorizer, input: UpdateAuthorizerRequest, api: HttpApi): Authorizer => checkAuthorizer(merged(authorizer, picked(input, PLAIN) as Partial<Authorizer>), api);
