import type { WireResponse } from "../../../protocol/http.ts";
import type { Exchange } from "./exchange.ts";
import type { LogLine } from "./report/report.ts";

/** `{a=1, b=2}`, as AWS writes its maps. */
const mapText = (values: Readonly<Record<string, unknown>> | null): string => `{${Object.entries(values ?? {}).map(([name, value]) => `${name}=${Array.isArray(value) ? value.join(",") : String(value)}`).join(", ")}}`;

/** Gathers the lines of one request; none where nobody wants them. */
export const createExecutionLog = (isWanted: boolean, now: () => number) => {
  const lines: LogLine[] = [];
  return { lines, log: (line: () => string): void => void (isWanted && lines.push({ timestamp: now(), message: line() })) };
};

/** How every execution log begins, once the method is found. */
export const logRequest = (exchange: Exchange): void => {
  const { log, request, resource } = exchange;
  log(() => `Starting execution for request: ${exchange.requestId}`);
  log(() => `HTTP Method: ${request.method}, Resource Path: ${resource!.path}`);
  log(() => `Method request path: ${mapText(exchange.pathParameters)}`);
  log(() => `Method request query string: ${mapText(exchange.query.single)}`);
  log(() => `Method request headers: ${mapText(exchange.headers.single)}`);
  log(() => `Method request body before transformations: ${exchange.body.toString("utf8")}`);
};

/** How it ends. */
export const logResponse = ({ log, failure }: Exchange, { status, headers, body }: WireResponse): void => {
  log(() => `Method response body after transformations: ${typeof body === "string" || body instanceof Uint8Array ? Buffer.from(body as string).toString("utf8") : ""}`);
  log(() => `Method response headers: ${mapText(headers)}`);
  if (failure === undefined) log(() => "Successfully completed execution");
  log(() => `Method completed with status: ${status}`);
};
