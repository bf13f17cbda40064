import type { Caller } from "../../../kit/caller.ts";
import type { Trace } from "../../../kit/ledger.ts";
import type { GatewayRequest } from "../../dispatch.ts";
import type { ValuesV1 } from "../event-v1.ts";
import type { Findings } from "../findings.ts";
import type { SocketRoute, SocketStage } from "./stage.ts";

/** What a client is known by, from its $connect to its $disconnect. */
export interface ConnectionFacts {
  readonly id: string;
  readonly apiId: string;
  readonly stage: string;
  readonly sourceIp: string;
  readonly userAgent: string;
  /** As the client wrote it. */
  readonly host: string;
  /** Platform time, milliseconds. */
  readonly connectedAt: number;
  /** What the $connect authorizer said of it: goes with each event. */
  authorizer?: Readonly<Record<string, unknown>>;
  /** Who signed the handshake. */
  signer?: Exclude<Caller, { type: "anonymous" }>;
}

/** How a connection has ended. */
export interface Closed {
  code: number;
  reason: string;
}

/** What a client asked with when it asked for a connection. */
export interface HandshakeFacts {
  request: GatewayRequest;
  headers: ValuesV1;
  query: ValuesV1;
}

/** One turn of a connection: its beginning, one message of the client's, or its end. */
export interface Turn {
  readonly eventType: "CONNECT" | "MESSAGE" | "DISCONNECT";
  readonly served: SocketStage;
  readonly connection: ConnectionFacts;
  /** Undefined when the API has none for it. */
  readonly route: SocketRoute | undefined;
  readonly requestId: string;
  readonly trace: Trace;
  /** Platform time, milliseconds. */
  readonly now: number;
  readonly beganAt: number;
  readonly findings: Findings;
  /** Of a message; otherwise empty. */
  readonly body: string;
  readonly messageId?: string;
  readonly handshake?: HandshakeFacts;
  readonly closed?: Closed;
}

/** A turn that has found its route. */
export type Routed = Turn & { readonly route: SocketRoute };

/** What policies are asked about, and the function's policy too: the key of the route stands where a method and a path would. */
export const routeArn = ({ served: { api, stage }, route }: Routed): string => `arn:aws:execute-api:${api.region}:${api.account}:${api.apiId}/${stage.StageName}/${route.RouteKey}`;
