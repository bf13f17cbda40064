import type { GatewayRequest } from "../dispatch.ts";
import { forwardedHeaders, headerFields } from "./headers.ts";
import { readQuery } from "./query.ts";

/** The last value of each name, and all of them; null where there is none, as AWS has it. */
export interface ValuesV1 {
  single: Record<string, string> | null;
  multi: Record<string, string[]> | null;
}

/** Own members alone are names that a client chose: `__proto__` is one like any other. */
const valuesOf = (pairs: Iterable<readonly [name: string, value: string]>): ValuesV1 => {
  const multi = new Map<string, string[]>();
  for (const [name, value] of pairs) {
    const known = multi.get(name);
    if (known === undefined) multi.set(name, [value]);
    else known.push(value);
  }
  if (multi.size === 0) return { single: null, multi: null };
  return { single: Object.fromEntries([...multi].map(([name, values]) => [name, values.at(-1)!])), multi: Object.fromEntries(multi) };
};

export const queryV1 = (query: string): ValuesV1 => valuesOf([...readQuery(query)].flatMap(([name, values]) => values.map((value) => [name, value] as const)));

const FORWARDED: ReadonlySet<string> = new Set(["x-amzn-trace-id", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"]);

const SPELLED: Record<string, string> = { "x-amzn-trace-id": "X-Amzn-Trace-Id", "x-forwarded-for": "X-Forwarded-For", "x-forwarded-port": "X-Forwarded-Port", "x-forwarded-proto": "X-Forwarded-Proto", host: "Host" };

/** As the client spelled them; what the gateway adds stands under AWS's spelling. */
export const headersV1 = (request: Pick<GatewayRequest, "ip" | "headers" | "rawHeaders">, traceHeader: string): ValuesV1 =>
  valuesOf([
    ...[...headerFields(request)].filter(([name]) => !FORWARDED.has(name.toLowerCase())).map(([name, value]) => [name.toLowerCase() === "host" ? SPELLED["host"]! : name, value] as const),
    ...Object.entries(forwardedHeaders(request, traceHeader)).map(([name, value]) => [SPELLED[name]!, value] as const),
  ]);

export interface EventV1 {
  resource: string;
  /** Below the stage, with the base path of a custom domain. */
  path: string;
  httpMethod: string;
  headers: ValuesV1;
  query: ValuesV1;
  pathParameters: Readonly<Record<string, string>> | null;
  stageVariables: Readonly<Record<string, string>> | null;
  requestContext: Readonly<Record<string, unknown>>;
  body: string | null;
  isBase64Encoded: boolean;
}

/** The event of a REST API's proxy integration, as JSON. Source: "Input format of a Lambda function for proxy integration". */
export const eventV1 = ({ headers, query, resource, path, httpMethod, ...rest }: EventV1): Record<string, unknown> => ({
  resource,
  path,
  httpMethod,
  headers: headers.single,
  multiValueHeaders: headers.multi,
  queryStringParameters: query.single,
  multiValueQueryStringParameters: query.multi,
  pathParameters: rest.pathParameters,
  stageVariables: rest.stageVariables,
  requestContext: rest.requestContext,
  body: rest.body,
  isBase64Encoded: rest.isBase64Encoded,
});
