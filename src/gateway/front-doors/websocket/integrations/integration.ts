import type { Integration } from "@aws-sdk/client-apigatewayv2";
import { WEBSOCKET_API_TIMEOUT_MS_MAX } from "../../../../kit/limits/apis.ts";
import type { Routed } from "../turn.ts";

/** What an integration made of a turn. */
export interface IntegrationAnswer {
  /** Of the integration: for $connect it decides. */
  status: number;
  /** The text that goes back where the route answers. */
  body?: string | undefined;
  /** The subprotocol that $connect has chosen. */
  protocol?: string | undefined;
  /** A response of the integration's has made the text, so it goes back whatever the status is. */
  isMapped?: boolean;
}

/** What stands behind a route. It answers, or ends the turn with a `Refused`. */
export type RunIntegration = (turn: Routed, integration: Integration) => Promise<IntegrationAnswer>;

export const timeoutOf = ({ TimeoutInMillis }: Integration): number => TimeoutInMillis ?? WEBSOCKET_API_TIMEOUT_MS_MAX;

/** Of an answer's headers, whose names may be written in any way. */
export const protocolOf = (headers: Readonly<Record<string, unknown>>): string | undefined => {
  const value = Object.entries(headers).find(([name]) => name.toLowerCase() === "sec-websocket-protocol")?.[1];
  const single: unknown = Array.isArray(value) ? value[0] : value;
  return typeof single === "string" ? single : undefined;
};
