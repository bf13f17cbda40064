import { requestTime } from "../request-time.ts";
import type { Routed, Turn } from "./turn.ts";

type Members = Record<string, unknown>;

const identityOf = ({ connection: { signer, userAgent, sourceIp } }: Turn): Members => ({
  ...(signer === undefined ? {} : { accessKey: signer.accessKeyId, accountId: signer.account, caller: signer.userId, user: signer.userId, userArn: signer.arn }),
  ...(userAgent === "" ? {} : { userAgent }),
  sourceIp,
});

/** `requestContext` of an event. Source: "Integration requests in WebSocket APIs", sample events. */
export const requestContext = (turn: Turn): Members => {
  const { connection, requestId, now, eventType, messageId, closed } = turn;
  return {
    routeKey: turn.route?.RouteKey,
    ...(connection.authorizer === undefined ? {} : { authorizer: connection.authorizer }),
    ...(messageId === undefined ? {} : { messageId }),
    ...(closed === undefined ? {} : { disconnectStatusCode: closed.code, disconnectReason: closed.reason }),
    eventType,
    extendedRequestId: requestId,
    requestTime: requestTime(now),
    messageDirection: "IN",
    stage: connection.stage,
    connectedAt: connection.connectedAt,
    requestTimeEpoch: now,
    identity: identityOf(turn),
    requestId,
    domainName: connection.host,
    connectionId: connection.id,
    apiId: connection.apiId,
  };
};

/** What is known of a turn when it is over. */
export interface Answered {
  status: number;
  bytes: number;
  latencyMs: number;
}

const withoutNothing = (members: Members): Members => Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));

/** `$context` of templates, mappings and access logs. Source: "WebSocket API mapping template reference". */
export const contextVariables = (turn: Turn, answered?: Answered): Members => {
  const { findings, served, trace } = turn;
  const { errorMessage, integrationError, integrationStatus, integrationLatencyMs, integrationRequestId } = findings;
  return withoutNothing({
    ...requestContext(turn),
    accountId: served.api.account,
    authorizer: withoutNothing({ ...turn.connection.authorizer, error: findings.authorizerError, status: findings.authorizerStatus, latency: findings.authorizerLatencyMs }),
    ...(errorMessage === undefined ? {} : { error: { message: errorMessage, messageString: JSON.stringify(errorMessage) } }),
    awsEndpointRequestId: integrationRequestId,
    integrationErrorMessage: integrationError,
    integrationLatency: integrationLatencyMs,
    integrationStatus,
    integration: withoutNothing({ error: integrationError, integrationStatus, latency: integrationLatencyMs, requestId: integrationRequestId, status: integrationStatus }),
    status: answered?.status,
    responseLatency: answered?.latencyMs,
    responseLength: answered?.bytes,
    xrayTraceId: trace.id,
  });
};

/** Where a turn is, for whoever reads the ledger: `a message to ask`, `$connect`. */
export const nameOf = ({ eventType, route }: Turn | Routed): string => (eventType === "MESSAGE" ? `a message${route === undefined ? "" : ` to ${route.RouteKey}`}` : `$${eventType.toLowerCase()}`);
