import { contextVariable, contextVariables } from "../context-variables.ts";
import type { Exchange } from "../exchange.ts";

/** What is known of an answer when it has left. */
export interface Answered {
  status: number;
  bytes: number;
  latencyMs: number;
}

/** Within a text in quotes, so that nobody writes a member of their own into a line of JSON. */
const escaped = (text: string): string => text.replace(/["\\]/g, "\\$&").replace(/[\u0000-\u001f\u007f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`); // oxlint-disable-line no-control-regex

const VARIABLE = /\$context\.([A-Za-z0-9_.:-]*[A-Za-z0-9_])/g;

/** `$context.requestId` and the like, in whatever format; what is not known is `-`, as AWS has it. */
export const accessLine = (format: string, exchange: Exchange, { status, bytes, latencyMs }: Answered): string => {
  const context = { ...contextVariables(exchange), status, responseLength: bytes, responseLatency: latencyMs };
  return format.replace(VARIABLE, (_all, name: string) => {
    const value = contextVariable(context, name);
    // This one is text in quotes already.
    return value === undefined ? "-" : name === "error.messageString" ? value : escaped(value);
  });
};
