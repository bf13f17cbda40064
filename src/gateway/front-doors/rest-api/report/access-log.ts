import { compileFormat } from "../../access-log-format.ts";
import { contextVariable } from "../../context-variable.ts";
import { contextVariables } from "../context-variables.ts";
import type { Exchange } from "../exchange.ts";

/** What is known of an answer when it has left. */
export interface Answered {
  status: number;
  bytes: number;
  latencyMs: number;
}

export const accessLine = (format: string, exchange: Exchange, { status, bytes, latencyMs }: Answered): string => {
  const context = { ...contextVariables(exchange), status, responseLength: bytes, responseLatency: latencyMs };
  return compileFormat(format)((name) => contextVariable(context, name));
};
