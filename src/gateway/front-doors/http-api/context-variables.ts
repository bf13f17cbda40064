import { formatTraceHeader } from "../../../kit/trace-header.ts";
import { sourceIp } from "../headers.ts";
import { requestTime } from "../request-time.ts";
import type { Passage } from "./passage.ts";

/** What is known of an answer when it is logged. */
export interface Answered {
  status: number;
  bytes: number;
  latencyMs: number;
  /** Bytes of request and answer. */
  processed: number;
}

type Value = string | number | boolean | null | undefined;

const identity = ({ request, authorization: { iam } }: Passage): Record<string, Value> => ({
  sourceIp: sourceIp(request),
  userAgent: request.headers["user-agent"],
  ...(iam === undefined ? {} : { accountId: iam.account, caller: iam.userId, user: iam.userId, userArn: iam.arn }),
});

/** `authorizer.<name>`: a claim of a JWT, or a member of a Lambda authorizer's context. */
const ofAuthorizer = ({ authorization: { jwt, lambda }, findings }: Passage, name: string): unknown => {
  switch (name) {
    case "error": return findings.authorizerError;
    case "latency":
    case "integrationLatency": return findings.authorizerLatencyMs;
    case "status":
    case "integrationStatus": return findings.authorizerStatus;
    case "principalId": return lambda?.principalId;
    default: break;
  }
  if (name.startsWith("claims.")) return own(jwt?.claims, name.slice("claims.".length));
  return own(lambda?.context, name);
};

const own = (members: Readonly<Record<string, unknown>> | null | undefined, name: string): unknown => (members !== null && members !== undefined && Object.hasOwn(members, name) ? members[name] : undefined);

const ofPassage = (passage: Passage, name: string, answered: Answered | undefined): Value => {
  const { served, request, findings, route } = passage;
  switch (name) {
    case "accountId": return served.api.account;
    case "apiId": return served.api.apiId;
    case "awsEndpointRequestId":
    case "integration.requestId": return findings.integrationRequestId;
    case "customDomain.basePathMatched": return passage.basePath;
    case "dataProcessed": return answered?.processed;
    case "domainName": return passage.domainName;
    case "domainPrefix": return passage.domainName.split(".")[0];
    case "error.message": return findings.errorMessage;
    case "error.messageString": return findings.errorMessage === undefined ? undefined : JSON.stringify(findings.errorMessage);
    case "error.responseType": return findings.errorType;
    case "extendedRequestId":
    case "requestId": return passage.requestId;
    case "httpMethod": return request.method;
    case "integrationErrorMessage":
    case "integration.error": return findings.integrationError;
    case "integration.integrationStatus": return findings.integrationStatus;
    case "integration.latency":
    case "integrationLatency": return findings.integrationLatencyMs;
    case "integration.status":
    case "integrationStatus": return findings.integrationStatus;
    case "path": return passage.askedPath;
    case "protocol": return "HTTP/1.1";
    case "requestTime": return requestTime(passage.now);
    case "requestTimeEpoch": return passage.now;
    case "responseLatency": return answered?.latencyMs;
    case "responseLength": return answered?.bytes;
    case "routeKey": return route?.RouteKey;
    case "stage": return served.stage.StageName;
    case "status": return answered?.status;
    case "xrayTraceId":
    case "awsTraceId": return formatTraceHeader(passage.trace);
    default: return undefined;
  }
};

/** `$context.<name>` as text; undefined where there is nothing. Sources: "Customize HTTP API access logs"; "Transform API requests and responses". */
export const contextVariable = (passage: Passage, name: string, answered?: Answered): string | undefined => {
  const value = name.startsWith("identity.") ? own(identity(passage), name.slice("identity.".length)) : name.startsWith("authorizer.") ? ofAuthorizer(passage, name.slice("authorizer.".length)) : ofPassage(passage, name, answered);
  if (value === undefined || value === null) return undefined;
  return typeof value === "object" ? JSON.stringify(value) : String(value);
};
