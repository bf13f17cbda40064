import type { WireResponse } from "../../../protocol/http.ts";
import type { GatewayRequest } from "../../dispatch.ts";

const KEY = /^[+/0-9A-Za-z]{22}==$/;
const VERSION = "13";

/** A text that a header may carry, and that names one subprotocol. Source: RFC 6455, 4.1. */
export const isSubprotocol = (text: string): boolean => /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/.test(text);

/** Why a handshake is none, before anybody is asked about it; undefined when it is one. Source: RFC 6455, 4.2.1. */
export const handshakeFault = ({ method, headers }: GatewayRequest): string | undefined => {
  if (method !== "GET") return "a handshake is a GET";
  if (!KEY.test(headers["sec-websocket-key"] ?? "")) return "its Sec-WebSocket-Key is none";
  if (headers["sec-websocket-version"] !== VERSION) return `its Sec-WebSocket-Version is not ${VERSION}`;
  const asked = headers["sec-websocket-protocol"]?.split(",").map((one) => one.trim()) ?? [];
  return asked.every(isSubprotocol) && new Set(asked).size === asked.length ? undefined : "its Sec-WebSocket-Protocol is none";
};

export interface Refusal {
  status: number;
  message: string;
  /** Of the connection that does not come to be; by the request's `lambdad why` tells why. */
  ids?: { connectionId: string; requestId: string };
}

export const refusal = ({ status, message, ids }: Refusal): WireResponse & { body: string } => ({
  status,
  headers: { "content-type": "application/json", ...(ids === undefined ? {} : { "x-amzn-requestid": ids.requestId }), ...(status === 400 ? { "sec-websocket-version": VERSION } : {}) },
  body: JSON.stringify({ message, ...ids }),
});
