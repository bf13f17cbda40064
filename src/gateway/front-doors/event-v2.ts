import type { GatewayRequest } from "../dispatch.ts";
import { forwardedHeaders, headerFields, sourceIp } from "./headers.ts";
import { readQuery } from "./query.ts";
import { bodyMembers } from "./request-body.ts";
import { requestTime } from "./request-time.ts";

/** What an event of the payload format 2.0 is made of. Source: "Create AWS Lambda proxy integrations for HTTP APIs". */
export interface EventV2 {
  request: GatewayRequest;
  /** The path as the function is told it. */
  rawPath: string;
  body: Buffer;
  accountId: string;
  apiId: string;
  domainName: string;
  requestId: string;
  /** The route's key: `GET /pets/{id}`, `$default`. */
  routeKey: string;
  stage: string;
  traceHeader: string;
  /** Platform time, milliseconds. */
  now: number;
  pathParameters?: Readonly<Record<string, string>>;
  stageVariables?: Readonly<Record<string, string>>;
  /** `{ jwt }`, `{ lambda }`, `{ iam }`. */
  authorizer?: Readonly<Record<string, unknown>>;
}

/** Names in small letters, several of one name joined with a comma; cookies stand apart. */
const headersOf = (request: GatewayRequest, traceHeader: string): { headers: Record<string, string>; cookies: string[] } => {
  const headers: Record<string, string> = {};
  const cookies: string[] = [];
  for (const [rawName, value] of headerFields(request)) {
    const name = rawName.toLowerCase();
    if (name === "cookie") cookies.push(...value.split(/;\s*/).filter((cookie) => cookie !== ""));
    else headers[name] = headers[name] === undefined ? value : `${headers[name]},${value}`;
  }
  return { headers: { ...headers, ...forwardedHeaders(request, traceHeader) }, cookies };
};

const present = <K extends string, V>(name: K, value: V | undefined): Partial<Record<K, V>> => (value === undefined ? {} : ({ [name]: value } as Record<K, V>));
const unlessEmpty = <T extends object>(value: T | undefined): T | undefined => (value === undefined || Object.keys(value).length === 0 ? undefined : value);

/** All of it but the body; what there is none of is left out, as AWS does. */
const headOf = (from: Omit<EventV2, "body">) => {
  const { request, requestId, routeKey, stage, now } = from;
  const { headers, cookies } = headersOf(request, from.traceHeader);
  const query = readQuery(request.query);
  const joined = Object.fromEntries([...query].map(([name, values]) => [name, values.join(",")]));
  return {
    version: "2.0",
    routeKey,
    rawPath: from.rawPath,
    rawQueryString: request.query,
    ...present("cookies", unlessEmpty(cookies)),
    headers,
    ...present("queryStringParameters", unlessEmpty(joined)),
    requestContext: {
      accountId: from.accountId,
      apiId: from.apiId,
      ...present("authorizer", from.authorizer),
      domainName: from.domainName,
      domainPrefix: from.domainName.split(".")[0]!,
      http: { method: request.method, path: from.rawPath, protocol: "HTTP/1.1", sourceIp: sourceIp(request), userAgent: request.headers["user-agent"] ?? "" },
      requestId,
      routeKey,
      stage,
      time: requestTime(now),
      timeEpoch: now,
    },
    ...present("pathParameters", unlessEmpty(from.pathParameters)),
  };
};

/** The event, as JSON. */
export const eventV2 = (from: EventV2): Buffer => {
  const head = headOf(from);
  return Buffer.from(JSON.stringify({ ...head, ...bodyMembers(from.body, head.headers["content-type"]), ...present("stageVariables", unlessEmpty(from.stageVariables)) }));
};

/** What a Lambda authorizer is given: the event without its body, and what is asked. */
export const authorizerEventV2 = (from: Omit<EventV2, "body">, asked: { routeArn: string; identitySource: readonly string[] | null }): Buffer => {
  const { version, ...head } = headOf(from);
  return Buffer.from(JSON.stringify({ version, type: "REQUEST", ...asked, ...head, ...present("stageVariables", unlessEmpty(from.stageVariables)) }));
};
