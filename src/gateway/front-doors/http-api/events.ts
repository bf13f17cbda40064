import { formatTraceHeader } from "../../../kit/trace-header.ts";
import type { GatewayRequest } from "../../dispatch.ts";
import { authorizerEventV2, eventV2, type EventV2 } from "../event-v2.ts";
import { forwardedHeaders, headerFields, sourceIp } from "../headers.ts";
import { iamMember } from "../iam-member.ts";
import { readQuery } from "../query.ts";
import { bodyMembers } from "../request-body.ts";
import { requestTime } from "../request-time.ts";
import { routeArn, type Authorization, type Routed } from "./passage.ts";

/** A request as the function is to see it: a parameter mapping may have changed it. */
export interface Seen {
  request: GatewayRequest;
  rawPath: string;
  /** What a mapping makes of the path. */
  mappedPath?: string;
}

const authorizerV2 = ({ jwt, lambda, iam }: Authorization): Record<string, unknown> | undefined => {
  if (jwt !== undefined) return { jwt };
  if (lambda !== undefined) return { lambda: lambda.context };
  return iam === undefined ? undefined : { iam: iamMember(iam) };
};

const partsV2 = (passage: Routed, { request, rawPath }: Seen): Omit<EventV2, "body"> => {
  const { served, route } = passage;
  const authorizer = authorizerV2(passage.authorization);
  return {
    request, rawPath, accountId: served.api.account, apiId: served.api.apiId, domainName: passage.domainName, requestId: passage.requestId, routeKey: route.RouteKey, stage: served.stage.StageName!,
    traceHeader: formatTraceHeader(passage.trace), now: passage.now, pathParameters: passage.pathParameters, stageVariables: served.variables, ...(authorizer === undefined ? {} : { authorizer }),
  };
};

/** The last value of each name, and all of them; null where there are none. */
const valuesOf = (pairs: Iterable<readonly [name: string, values: readonly string[]]>) => {
  const all = [...pairs];
  if (all.length === 0) return { single: null, multi: null };
  return { single: Object.fromEntries(all.map(([name, values]) => [name, values.at(-1)!])), multi: Object.fromEntries(all) };
};

const headersV1 = (request: GatewayRequest, traceHeader: string) => {
  const all = new Map<string, string[]>();
  for (const [rawName, value] of headerFields(request)) {
    const name = rawName.toLowerCase();
    const known = all.get(name);
    if (known === undefined) all.set(name, [value]);
    else known.push(value);
  }
  for (const [name, value] of Object.entries(forwardedHeaders(request, traceHeader))) all.set(name, [value]);
  return valuesOf(all);
};

const orNull = (members: Readonly<Record<string, string>>): Readonly<Record<string, string>> | null => (Object.keys(members).length === 0 ? null : members);

const identityV1 = ({ request, authorization: { iam } }: Routed) => ({
  accessKey: iam?.accessKeyId ?? null,
  accountId: iam?.account ?? null,
  caller: iam?.userId ?? null,
  cognitoAuthenticationProvider: null,
  cognitoAuthenticationType: null,
  cognitoIdentityId: null,
  cognitoIdentityPoolId: null,
  principalOrgId: null,
  sourceIp: sourceIp(request),
  user: iam?.userId ?? null,
  userAgent: request.headers["user-agent"] ?? null,
  userArn: iam?.arn ?? null,
});

const authorizerV1 = ({ jwt, lambda }: Authorization): Record<string, unknown> | undefined => {
  if (jwt !== undefined) return { ...jwt };
  return lambda && { ...lambda.context, ...(lambda.principalId === undefined ? {} : { principalId: lambda.principalId }) };
};

const headV1 = (passage: Routed, { request, rawPath }: Seen) => {
  const { served, route } = passage;
  const headers = headersV1(request, formatTraceHeader(passage.trace));
  const query = valuesOf(readQuery(request.query));
  const authorizer = authorizerV1(passage.authorization);
  return {
    resource: route.resourcePath,
    path: rawPath,
    httpMethod: request.method,
    headers: headers.single,
    multiValueHeaders: headers.multi,
    queryStringParameters: query.single,
    multiValueQueryStringParameters: query.multi,
    requestContext: {
      accountId: served.api.account,
      apiId: served.api.apiId,
      ...(authorizer === undefined ? {} : { authorizer }),
      domainName: passage.domainName,
      domainPrefix: passage.domainName.split(".")[0]!,
      extendedRequestId: passage.requestId,
      httpMethod: request.method,
      identity: identityV1(passage),
      path: rawPath,
      protocol: "HTTP/1.1",
      requestId: passage.requestId,
      requestTime: requestTime(passage.now),
      requestTimeEpoch: passage.now,
      resourceId: null,
      resourcePath: route.resourcePath,
      stage: served.stage.StageName!,
    },
    pathParameters: orNull(passage.pathParameters),
    stageVariables: orNull(served.variables),
  };
};

/** A body that is none is null in the format 1.0. */
const eventV1 = (passage: Routed, seen: Seen, body: Buffer): Buffer => {
  const { body: text = null, isBase64Encoded } = bodyMembers(body, seen.request.headers["content-type"]);
  return Buffer.from(JSON.stringify({ version: "1.0", ...headV1(passage, seen), body: text, isBase64Encoded }));
};

/** Of a Lambda integration, in the payload format that it asks for. Source: "Create AWS Lambda proxy integrations for HTTP APIs". */
export const integrationEvent = (passage: Routed, seen: Seen, body: Buffer): Buffer =>
  passage.route.integration?.PayloadFormatVersion === "2.0" ? eventV2({ ...partsV2(passage, seen), body }) : eventV1(passage, seen, body);

/** Of a Lambda authorizer. Source: "Control access to HTTP APIs with AWS Lambda authorizers". */
export const authorizerEvent = (passage: Routed, version: string, identity: readonly string[]): Buffer => {
  const { request, rawPath, askedPath } = passage;
  if (version === "2.0") return authorizerEventV2(partsV2(passage, { request, rawPath }), { routeArn: routeArn(passage), identitySource: identity.length === 0 ? null : identity });
  const source = identity.length === 0 ? null : identity.join(",");
  return Buffer.from(JSON.stringify({ version: "1.0", type: "REQUEST", methodArn: routeArn(passage), identitySource: source, authorizationToken: source, ...headV1(passage, { request, rawPath: askedPath }) }));
};
