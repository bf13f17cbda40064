import { formatTraceHeader } from "../../../kit/trace-header.ts";
import type { Trace } from "../../../kit/ledger.ts";
import type { GatewayRequest } from "../../dispatch.ts";
import { forwardedHeaders, headerFields } from "../headers.ts";
import { readQuery } from "../query.ts";
import { requestTime } from "../request-time.ts";
import type { Closed, Connection } from "./connection.ts";

/** What the events of one connection have in common. */
export interface EventSource {
  connection: Pick<Connection, "id" | "apiId" | "stage" | "sourceIp" | "userAgent" | "host" | "authorizer" | "connectedAt">;
  requestId: string;
  routeKey: string;
  /** Platform time, milliseconds. */
  now: number;
  stageVariables?: Readonly<Record<string, string>> | undefined;
}

type Context = Record<string, unknown>;

const present = (name: string, value: object | undefined): Context => (value === undefined || Object.keys(value).length === 0 ? {} : { [name]: value });

const contextOf = ({ connection, requestId, routeKey, now }: EventSource, eventType: string, more: Context = {}): Context => ({
  routeKey,
  ...present("authorizer", connection.authorizer),
  ...more,
  eventType,
  extendedRequestId: requestId,
  requestTime: requestTime(now),
  messageDirection: "IN",
  stage: connection.stage,
  connectedAt: connection.connectedAt,
  requestTimeEpoch: now,
  identity: { ...(connection.userAgent === "" ? {} : { userAgent: connection.userAgent }), sourceIp: connection.sourceIp },
  requestId,
  domainName: connection.host,
  connectionId: connection.id,
  apiId: connection.apiId,
});

const multi = (fields: Iterable<readonly [string, string]>): Record<string, string[]> => {
  const values: Record<string, string[]> = {};
  for (const [name, value] of fields) (values[name] ??= []).push(value);
  return values;
};
const last = (values: Readonly<Record<string, string[]>>): Record<string, string> => Object.fromEntries(Object.entries(values).map(([name, all]) => [name, all.at(-1)!]));

/** `x-forwarded-for` as a WebSocket API spells it. */
const spelled = (name: string): string => name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());

/** Headers and query of the handshake. Source: "Integration requests in WebSocket APIs", sample events. */
export const handshakeMembers = (request: GatewayRequest, trace: Trace): Context => {
  const forwarded = Object.entries(forwardedHeaders(request, formatTraceHeader(trace))).map(([name, value]) => [spelled(name), value] as const);
  const sent = [...headerFields(request)].filter(([name]) => !forwarded.some(([known]) => known.toLowerCase() === name.toLowerCase()));
  const headers = multi([...sent, ...forwarded]);
  const query = Object.fromEntries(readQuery(request.query));
  return { headers: last(headers), multiValueHeaders: headers, ...present("queryStringParameters", last(query)), ...present("multiValueQueryStringParameters", query) };
};

const toEvent = (source: EventSource, members: Context, context: Context): Buffer =>
  Buffer.from(JSON.stringify({ ...members, requestContext: context, ...present("stageVariables", source.stageVariables), isBase64Encoded: false }));

export const connectEvent = (source: EventSource, handshake: Context): Buffer => toEvent(source, handshake, contextOf(source, "CONNECT"));

export const messageEvent = (source: EventSource, messageId: string, body: string): Buffer => toEvent(source, { body }, contextOf(source, "MESSAGE", { messageId }));

export const disconnectEvent = (source: EventSource, { code, reason }: Closed): Buffer => {
  const headers = { Host: source.connection.host, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": "" };
  const context = contextOf(source, "DISCONNECT", { disconnectStatusCode: code, disconnectReason: reason });
  return toEvent(source, { headers, multiValueHeaders: multi(Object.entries(headers)) }, context);
};
