import type { Route } from "@aws-sdk/client-apigatewayv2";
import { WebSocketServer } from "ws";
import type { Trace } from "../../../kit/ledger.ts";
import { newTrace } from "../../../kit/ids.ts";
import { WEBSOCKET_MESSAGE_BYTES_MAX } from "../../../kit/limits.ts";
import { findServedHttpApi, type ServedHttpApi } from "../../../plumber/apis/http-api.ts";
import type { WireResponse } from "../../../protocol/http.ts";
import { refuseUpgrade } from "../../wire.ts";
import type { ApiRequest, Handshake } from "../apis.ts";
import { sourceIp } from "../headers.ts";
import { createKept } from "../kept.ts";
import type { FrontDoorNeeds } from "../needs.ts";
import { openConnection, type Closed, type Connection } from "./connection.ts";
import { connectEvent, disconnectEvent, handshakeMembers, messageEvent } from "./events.ts";
import { createIntegrate } from "./integrate.ts";
import { connectionIdOf, createManagement } from "./management.ts";
import { CONNECT, DISCONNECT, selectRoute } from "./route-key.ts";

type Opening = Omit<Handshake, "request">;
type About = Parameters<typeof openConnection>[0]["about"];

const refusal = (status: number, message: string): WireResponse & { body: string } => ({ status, headers: { "content-type": "application/json" }, body: JSON.stringify({ message }) });
const REFUSALS: Record<number, string> = { 401: "Unauthorized", 403: "Forbidden", 500: "Internal server error", 502: "Internal server error" };

const GOING_AWAY = 1001;

/** The stage that is named, and what stands below it. */
const stageOf = ({ path, mapping }: ApiRequest): { stage: string; below: string } => {
  if (mapping !== undefined) return { stage: mapping.stage, below: path.slice(mapping.basePath === "" ? 0 : mapping.basePath.length + 1) || "/" };
  const [, stage = "", below = "/"] = /^\/([^/]*)(\/.*)?$/.exec(path) ?? [];
  return { stage, below };
};

const routeOf = ({ snapshot }: ServedHttpApi, key: string): Route | undefined => snapshot?.routes.find(({ RouteKey }) => RouteKey === key);

/** WebSocket APIs: a client's messages become events, and what the backend sends reaches the client while it is there. */
export const createWebSocketApis = (needs: FrontDoorNeeds) => {
  const { clock, random, log } = needs;
  const served = createKept(needs.store, ["api", "api_part"], (key) => findServedHttpApi(...(key.split("/") as [string, string])));
  const integrate = createIntegrate(needs);
  const connections = new Map<string, Connection>();
  const farewells = new Set<Promise<unknown>>();
  const acceptor = new WebSocketServer({ noServer: true, clientTracking: false, perMessageDeflate: false, maxPayload: WEBSOCKET_MESSAGE_BYTES_MAX, handleProtocols: (protocols) => [...protocols][0]! });
  const newId = () => `${random.bytes(11).toString("base64url")}=`;
  const management = createManagement(needs, (apiId, stage, id) => {
    const connection = connections.get(id);
    return connection?.apiId === apiId && connection.stage === stage ? connection : undefined;
  });

  const source = (connection: Parameters<typeof connectEvent>[0]["connection"], { stage }: ServedHttpApi, routeKey: string, requestId: string) => ({ connection, requestId, routeKey, now: clock.now(), stageVariables: stage.StageVariables });

  const disconnect = async (connection: Connection, closed: Closed): Promise<void> => {
    const now = await served(`${connection.apiId}/${connection.stage}`);
    const route = now && routeOf(now, DISCONNECT);
    if (now === undefined || route === undefined) return;
    const requestId = newId();
    await integrate({ served: now, route, event: disconnectEvent(source(connection, now, DISCONNECT, requestId), closed), requestId, trace: newTrace(random, clock.now()) });
  };
  const onClosed = (connection: Connection, closed: Closed) => {
    connections.delete(connection.id);
    const farewell = disconnect(connection, closed).catch((error: unknown) => log.error("a $disconnect could not be told", { apiId: connection.apiId, error: String(error) }));
    farewells.add(farewell);
    void farewell.finally(() => farewells.delete(farewell));
  };

  /** Tells the client what became of its message, where that is told. */
  const onMessage = async (connection: Connection, text: string): Promise<void> => {
    const requestId = newId();
    const fail = (message: string) => connection.send(JSON.stringify({ message, connectionId: connection.id, requestId }));
    try {
      const now = await served(`${connection.apiId}/${connection.stage}`);
      const route = now?.snapshot && selectRoute(now.snapshot.routes, now.snapshot.api.RouteSelectionExpression ?? "", text);
      if (now === undefined || route === undefined) return void (await fail("Forbidden"));
      const event = messageEvent(source(connection, now, route.RouteKey!, requestId), newId(), text);
      const { status, body } = await integrate({ served: now, route, event, requestId, trace: newTrace(random, clock.now()) });
      if (status >= 500) return void (await fail("Internal server error"));
      const isAnswered = now.snapshot!.routeResponses.some(({ RouteId, RouteResponseKey }) => RouteId === route.RouteId && RouteResponseKey === "$default");
      if (isAnswered && body !== undefined) await connection.send(body);
    } catch (error) {
      log.error("a WebSocket message failed inside lambdad", { apiId: connection.apiId, requestId, error: String(error) });
      await fail("Internal server error");
    }
  };

  /** The status that the $connect route gives; a client is let in with a 2xx. */
  const askConnect = async (asked: ApiRequest, now: ServedHttpApi, about: About, requestId: string, trace: Trace): Promise<number> => {
    const route = routeOf(now, CONNECT);
    if (route === undefined) return 200;
    const event = connectEvent(source({ ...about, connectedAt: clock.now() }, now, CONNECT, requestId), handshakeMembers(asked.request, trace));
    return (await integrate({ served: now, route, event, requestId, trace })).status;
  };

  const open = (about: About, { incoming, socket, head }: Opening) =>
    acceptor.handleUpgrade(incoming, socket, head, (accepted) => {
      const connection: Connection = openConnection({ clock, socket: accepted, about, onMessage: (text) => onMessage(connection, text), onClosed: (closed) => onClosed(connection, closed) });
      connections.set(connection.id, connection);
    });

  return {
    /** Whatever is no WebSocket: the management of connections. */
    async answer(asked: ApiRequest): Promise<WireResponse> {
      const { stage, below } = stageOf(asked);
      const id = connectionIdOf(below);
      if (id === undefined || (await served(`${asked.api.apiId}/${stage}`)) === undefined) return refusal(403, "Forbidden");
      return management(asked, stage, id);
    },

    async connect(asked: ApiRequest, opening: Opening): Promise<void> {
      const { stage, below } = stageOf(asked);
      const now = await served(`${asked.api.apiId}/${stage}`);
      const isShut = now?.snapshot === undefined || below !== "/" || (now.snapshot.api.DisableExecuteApiEndpoint === true && asked.mapping === undefined);
      if (isShut) return refuseUpgrade(opening.socket, refusal(403, "Forbidden"));
      const about: About = { id: newId(), apiId: asked.api.apiId, stage, sourceIp: sourceIp(asked.request), userAgent: asked.request.headers["user-agent"] ?? "", host: asked.domainName, authorizer: undefined };
      const status = await askConnect(asked, now, about, newId(), newTrace(random, clock.now()));
      if (status < 200 || status > 299) return refuseUpgrade(opening.socket, refusal(status, REFUSALS[status] ?? "Forbidden"));
      open(about, opening);
    },

    /** Ends all connections, and tells their APIs. */
    async close(): Promise<void> {
      await Promise.all([...connections.values()].map((connection) => connection.close(GOING_AWAY, "Going away")));
      await Promise.all(farewells);
    },
  };
};
