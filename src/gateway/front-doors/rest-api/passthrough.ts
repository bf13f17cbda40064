import type { Exchange } from "./exchange.ts";
import { applyParameters, type IntegrationRequest } from "./integration-request.ts";

const NOT_HANDED_ON: ReadonlySet<string> = new Set(["host", "content-length", "expect", "x-amzn-trace-id", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"]);

/** What a proxy integration with an HTTP endpoint sends: all that came, and what is mapped over it. */
export const passthroughRequest = (exchange: Exchange, fields: readonly (readonly [name: string, value: string])[], ip: string): IntegrationRequest => {
  const { request, query, pathParameters, body } = exchange;
  const connection = new Set((request.headers["connection"] ?? "").toLowerCase().split(/\s*,\s*/));
  const sent: IntegrationRequest = { headers: new Map(), query: new Map(Object.entries(query.multi ?? {})), path: new Map(Object.entries(pathParameters)), body };
  for (const [rawName, value] of fields) {
    const name = rawName.toLowerCase();
    if (!NOT_HANDED_ON.has(name) && !connection.has(name)) sent.headers.set(name, [...(sent.headers.get(name) ?? []), value]);
  }
  const before = request.headers["x-forwarded-for"];
  sent.headers.set("x-forwarded-for", [before === undefined ? ip : `${before}, ${ip}`]);
  sent.headers.set("x-forwarded-proto", ["http"]);
  applyParameters(sent, exchange.method!.methodIntegration!.requestParameters ?? {}, exchange);
  return sent;
};
