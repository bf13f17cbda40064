import { WebSocketServer, type ServerOptions } from "ws";
import { apiRequestId, newTrace } from "../../../kit/ids.ts";
import { WEBSOCKET_CLOSE_MS_MAX, WEBSOCKET_MESSAGE_BYTES_MAX } from "../../../kit/limits/apis.ts";
import type { WireResponse } from "../../../protocol/http.ts";
import type { GatewayRequest } from "../../dispatch.ts";
import { refuseUpgrade } from "../../wire.ts";
import { connectionIdOf } from "../address.ts";
import type { ApiRequest, Handshake } from "../apis.ts";
import { sourceIp } from "../headers.ts";
import type { FrontDoorNeeds } from "../needs.ts";
import { createServedApis } from "../served-apis.ts";
import { GOING_AWAY, openConnection, type Connection } from "./connection.ts";
import { handshakeFacts } from "./events.ts";
import { handshakeFault, isSubprotocol, refusal } from "./handshake.ts";
import { createManagement } from "./management.ts";
import { Refused, textOfStatus } from "./refusals.ts";
import { createReport } from "./report.ts";
import { CONNECT, DISCONNECT, selectRoute } from "./selection.ts";
import { compileSocketStage, type SocketStage } from "./stage.ts";
import type { Closed, ConnectionFacts, Turn } from "./turn.ts";
import { createTurns } from "./turns.ts";

type Opening = Omit<Handshake, "request">;

/** What a connection has ended with that nobody has closed. Source: RFC 6455, 7.1.5. */
const ABNORMAL: Closed = { code: 1006, reason: "" };

/** The stage that is named, and what stands below it. */
const stageOf = ({ path, mapping }: ApiRequest): { stage: string; below: string } => {
  if (mapping !== undefined) return { stage: mapping.stage, below: path.slice(mapping.basePath === "" ? 0 : mapping.basePath.length + 1) || "/" };
  const [, stage = "", below = "/"] = /^\/([^/]*)(\/.*)?$/.exec(path) ?? [];
  return { stage, below };
};

/** WebSocket APIs: a client's messages become events, and what the backend sends reaches the client while it is there. */
export const createWebSocketApis = (needs: FrontDoorNeeds) => {
  const { clock, wall, random, log } = needs;
  const findApi = createServedApis({ store: needs.store, kind: "WEBSOCKET", compile: compileSocketStage });
  const report = createReport(needs);
  const turns = createTurns(needs, report);
  const connections = new Map<string, Connection>();
  const pending = new Set<Promise<void>>();
  const farewells = new Set<Promise<void>>();
  let isClosing = false;

  const servedOf = async ({ apiId, stage }: Pick<ConnectionFacts, "apiId" | "stage">): Promise<SocketStage | undefined> => (await findApi(apiId))?.stage(stage);

  const turnOf = (connection: ConnectionFacts, served: SocketStage, of: Pick<Turn, "eventType" | "route"> & Partial<Turn>): Turn => ({
    connection, served, requestId: apiRequestId(random), trace: newTrace(random, clock.now()), now: clock.now(), beganAt: wall.monotonic(), findings: {}, body: "", ...of,
  });

  const tellEnd = async (facts: ConnectionFacts, closed: Closed): Promise<void> => {
    const served = await servedOf(facts);
    if (served !== undefined) await turns.disconnect(turnOf(facts, served, { eventType: "DISCONNECT", route: served.routes.get(DISCONNECT), closed }));
  };
  const onEnded = (facts: ConnectionFacts, closed: Closed): void => {
    connections.delete(facts.id);
    const farewell = tellEnd(facts, closed).catch((error: unknown) => log.error("a $disconnect could not be told", { apiId: facts.apiId, error: String(error) }));
    farewells.add(farewell);
    void farewell.finally(() => farewells.delete(farewell));
  };

  const sendTo = (connection: Connection, served: SocketStage | undefined, text: string, routeKey?: string): Promise<void> | undefined => {
    const sent = connection.send(text);
    if (sent !== undefined && served !== undefined) report.sent(served, routeKey);
    return sent;
  };
  const onMessage = async (connection: Connection, text: string): Promise<void> => {
    const { facts } = connection;
    try {
      const served = await servedOf(facts);
      if (served === undefined) return void (await connection.send(JSON.stringify({ message: "Forbidden", connectionId: facts.id, requestId: apiRequestId(random) })));
      const turn = turnOf(facts, served, { eventType: "MESSAGE", route: selectRoute(served.routes, served.api.body.RouteSelectionExpression ?? "", text), body: text, messageId: apiRequestId(random) });
      const answer = await turns.message(turn);
      if (answer !== undefined) await sendTo(connection, served, answer, turn.route?.RouteKey);
    } catch (error) {
      log.error("a WebSocket message failed inside lambdad", { apiId: facts.apiId, error: String(error) });
    }
  };

  const management = createManagement(needs, {
    find(apiId, stage, id) {
      const connection = connections.get(id);
      return connection?.facts.apiId === apiId && connection.facts.stage === stage ? connection : undefined;
    },
    send: async (connection, text) => sendTo(connection, await servedOf(connection.facts), text) !== undefined,
  });

  /** By the request that is being accepted: `ws` asks which of a client's subprotocols it is, and what $connect has said is known here. */
  const protocols = new WeakMap<object, string>();
  const options: ServerOptions & { closeTimeout: number } = {
    noServer: true, clientTracking: false, perMessageDeflate: false, maxPayload: WEBSOCKET_MESSAGE_BYTES_MAX, closeTimeout: WEBSOCKET_CLOSE_MS_MAX, handleProtocols: (_asked, incoming) => protocols.get(incoming) ?? false,
  };
  const acceptor = new WebSocketServer(options);
  const open = (facts: ConnectionFacts, { incoming, socket, head }: Opening, protocol: string | undefined): void => {
    let isAccepted = false;
    if (protocol !== undefined && isSubprotocol(protocol)) protocols.set(incoming, protocol);
    acceptor.handleUpgrade(incoming, socket, head, (accepted) => {
      isAccepted = true;
      const connection: Connection = openConnection({ clock, socket: accepted, facts, onMessage: (text) => onMessage(connection, text), onEnded: (closed) => onEnded(facts, closed) });
      connections.set(facts.id, connection);
    });
    // The client went away while its $connect was asked: who was told of its beginning is told of its end.
    if (!isAccepted) onEnded(facts, ABNORMAL);
  };

  const connect = async (asked: ApiRequest, opening: Opening): Promise<void> => {
    const { request, api: { apiId }, mapping } = asked;
    const refuse = (status: number, message: string, ids?: { connectionId: string; requestId: string }) => refuseUpgrade(opening.socket, refusal({ status, message, ...(ids === undefined ? {} : { ids }) }));
    if (handshakeFault(request) !== undefined) return refuse(400, "Bad Request");
    const { stage, below } = stageOf(asked);
    const served = await servedOf({ apiId, stage });
    if (served === undefined || below !== "/" || (served.api.body.DisableExecuteApiEndpoint === true && mapping === undefined)) return refuse(403, "Forbidden");
    const facts: ConnectionFacts = { id: apiRequestId(random), apiId, stage, sourceIp: sourceIp(request), userAgent: request.headers["user-agent"] ?? "", host: asked.domainName, connectedAt: clock.now() };
    const trace = newTrace(random, clock.now());
    const turn = turnOf(facts, served, { eventType: "CONNECT", route: served.routes.get(CONNECT), trace, handshake: handshakeFacts(request, trace) });
    const answer = await turns.connect(turn);
    const refused = answer instanceof Refused ? answer : undefined;
    report.turn(turn, { status: answer.status, refused });
    const isIn = refused === undefined && answer.status >= 200 && answer.status <= 299;
    if (!isIn) return refuse(answer.status, refused?.text ?? textOfStatus(answer.status), { connectionId: facts.id, requestId: turn.requestId });
    if (isClosing) opening.socket.destroy();
    open(facts, opening, answer instanceof Refused ? undefined : answer.protocol);
  };

  return {
    /** Whatever is no WebSocket: the management of connections. */
    async answer(asked: ApiRequest): Promise<WireResponse> {
      const { stage, below } = stageOf(asked);
      const id = connectionIdOf(below);
      if (id === undefined || (await servedOf({ apiId: asked.api.apiId, stage })) === undefined) return refusal({ status: 403, message: "Forbidden" });
      return management(asked, stage, id);
    },

    /** Where the address names no API, as that of an SDK in a function does: a connection's id is nobody else's. */
    async manage(request: GatewayRequest, connectionId: string): Promise<WireResponse> {
      const facts = connections.get(connectionId)?.facts;
      const served = facts && (await servedOf(facts));
      return management({ request, ...(served === undefined ? {} : { api: served.api }) }, facts?.stage ?? "", connectionId);
    },

    connect(asked: ApiRequest, opening: Opening): Promise<void> {
      const connecting = connect(asked, opening);
      pending.add(connecting);
      return connecting.finally(() => pending.delete(connecting));
    },

    /** Ends all connections, and tells their APIs. */
    async close(): Promise<void> {
      isClosing = true;
      const open = [...connections.values()];
      for (const connection of open) connection.end(GOING_AWAY.code, GOING_AWAY.reason);
      await Promise.all([...open.map((connection) => connection.closed()), ...pending]);
      await Promise.all(farewells);
    },
  };
};
