import { formatTraceHeader } from "../../../kit/trace-header.ts";
import type { Trace } from "../../../kit/ledger.ts";
import type { GatewayRequest } from "../../dispatch.ts";
import { headersV1, queryV1 } from "../event-v1.ts";
import { requestContext } from "./context-variables.ts";
import { routeArn, type HandshakeFacts, type Routed } from "./turn.ts";

type Members = Record<string, unknown>;

export const handshakeFacts = (request: GatewayRequest, trace: Trace): HandshakeFacts => ({ request, headers: headersV1(request, formatTraceHeader(trace)), query: queryV1(request.query) });

const ofHandshake = ({ headers, query }: HandshakeFacts): Members => ({
  headers: headers.single,
  multiValueHeaders: headers.multi,
  ...(query.single === null ? {} : { queryStringParameters: query.single, multiValueQueryStringParameters: query.multi }),
});

/** Of a connection's end there is no request any more; AWS tells these. */
const ofEnd = (host: string): Members => {
  const headers = { Host: host, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": "" };
  return { headers, multiValueHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])) };
};

const membersOf = ({ eventType, handshake, connection, body }: Routed): Members => {
  switch (eventType) {
    case "CONNECT": return ofHandshake(handshake!);
    case "DISCONNECT": return ofEnd(connection.host);
    default: return { body };
  }
};

/** What a function behind a route is given. Source: "Integration requests in WebSocket APIs", sample events. */
export const integrationEvent = (turn: Routed): Buffer => {
  const { variables } = turn.served;
  return Buffer.from(JSON.stringify({ ...membersOf(turn), requestContext: requestContext(turn), ...(Object.keys(variables).length === 0 ? {} : { stageVariables: variables }), isBase64Encoded: false }));
};

/** Source: "Control access to WebSocket APIs with AWS Lambda REQUEST authorizers". */
export const authorizerEvent = (turn: Routed, { headers, query }: HandshakeFacts): Buffer => {
  const ofRequest = { Connection: "upgrade", "content-length": "0", Upgrade: "websocket" };
  return Buffer.from(
    JSON.stringify({
      type: "REQUEST",
      methodArn: routeArn(turn),
      headers: { ...ofRequest, ...headers.single },
      multiValueHeaders: { ...Object.fromEntries(Object.entries(ofRequest).map(([name, value]) => [name, [value]])), ...headers.multi },
      queryStringParameters: query.single ?? {},
      multiValueQueryStringParameters: query.multi ?? {},
      stageVariables: turn.served.variables,
      requestContext: requestContext(turn),
    }),
  );
};
