import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { constants, createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { Clock } from "../kit/clock.ts";
import { CONNECTION_SILENCE_MS_MAX, GATEWAY_CONNECTIONS_MAX, HEADERS_TIMEOUT_MS, HTTP2_STREAMS_MAX, KEEP_ALIVE_MS, REQUEST_HEADERS_BYTES_MAX, REQUEST_HEADERS_MAX, REQUEST_TIMEOUT_MS } from "../kit/limits/gateway.ts";

export type Request = IncomingMessage | Http2ServerRequest;
export type Response = ServerResponse | Http2ServerResponse;

/** Bounds, so that a test can make them small. Milliseconds, counts. */
export interface GatewayLimits {
  headersTimeoutMs: number;
  requestTimeoutMs: number;
  keepAliveMs: number;
  connectionsMax: number;
}

const DEFAULT_LIMITS: GatewayLimits = { headersTimeoutMs: HEADERS_TIMEOUT_MS, requestTimeoutMs: REQUEST_TIMEOUT_MS, keepAliveMs: KEEP_ALIVE_MS, connectionsMax: GATEWAY_CONNECTIONS_MAX };
const HTTP2_PREFACE = Buffer.from("PRI * HTTP/2.0");

export interface Connections {
  /** A connection from a listener of ours: HTTP/1.1, or HTTP/2 when it begins with its preface. */
  accept(socket: Socket): void;
  closeIdle(): void;
  /** Ends what is left. */
  close(): void;
}

interface Needs {
  wall: Clock;
  limits?: Partial<GatewayLimits> | undefined;
  /** `sendContinue` is for a client that waits to be told (`Expect: 100-continue`); called before its body is read. */
  onRequest(incoming: Request, response: Response, sendContinue: (() => void) | undefined): void;
  /** Of a client that asks for a WebSocket. What is not wanted is an ordinary request. */
  upgrade: { isWanted(incoming: IncomingMessage): boolean; take(incoming: IncomingMessage, socket: Socket, head: Buffer): void };
}

/** Takes connections, bounds what they may cost, and gives out their requests. */
export const createConnections = ({ wall, limits: given, onRequest, upgrade }: Needs): Connections => {
  const limits = { ...DEFAULT_LIMITS, ...given };
  const http1 = createHttp1(limits, onRequest, upgrade);
  const http2 = createHttp2(limits, wall, onRequest);
  const sockets = new Set<Socket>();

  /** The first bytes tell which protocol it is; they may come one by one. */
  const sniff = (socket: Socket, heard: Buffer) => {
    socket.once("data", (chunk: Buffer) => {
      socket.pause();
      const first = heard.length === 0 ? chunk : Buffer.concat([heard, chunk]);
      const length = Math.min(first.length, HTTP2_PREFACE.length);
      const isPreface = HTTP2_PREFACE.subarray(0, length).equals(first.subarray(0, length));
      if (isPreface && length < HTTP2_PREFACE.length) {
        sniff(socket, first);
        socket.resume();
        return;
      }
      socket.removeAllListeners("timeout");
      socket.setTimeout(0);
      socket.unshift(first);
      (isPreface ? http2.server : http1).emit("connection", socket);
      if (!isPreface) socket.resume();
    });
  };

  return {
    accept(socket) {
      if (sockets.size >= limits.connectionsMax) return void socket.destroy();
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      socket.on("error", () => socket.destroy());
      socket.setTimeout(limits.headersTimeoutMs, () => socket.destroy());
      sniff(socket, Buffer.alloc(0));
    },
    closeIdle: () => http1.closeIdleConnections(),
    close() {
      http2.close();
      for (const socket of sockets) socket.destroy();
      http1.close();
    },
  };
};

const createHttp1 = (limits: GatewayLimits, onRequest: Needs["onRequest"], upgrade: Needs["upgrade"]) => {
  const server = createServer({
    maxHeaderSize: REQUEST_HEADERS_BYTES_MAX,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: Math.min(1_000, limits.headersTimeoutMs),
    insecureHTTPParser: false,
    shouldUpgradeCallback: (incoming) => incoming.headers.upgrade?.toLowerCase() === "websocket" && upgrade.isWanted(incoming),
  });
  // Node drops what is more than this; one more than is allowed shows that there was more.
  server.maxHeadersCount = REQUEST_HEADERS_MAX + 1;
  server.timeout = CONNECTION_SILENCE_MS_MAX;
  server.on("request", (incoming, response) => onRequest(incoming, response, undefined));
  server.on("checkContinue", (incoming: IncomingMessage, response: ServerResponse) => onRequest(incoming, response, () => response.writeContinue()));
  server.on("upgrade", (incoming: IncomingMessage, socket: Socket, head: Buffer) => {
    // What the server watches of a request does not hold for what it has become.
    socket.setTimeout(0);
    upgrade.take(incoming, socket, head);
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => {
    if (!socket.writable) return socket.destroy();
    const status = error.code === "HPE_HEADER_OVERFLOW" ? "431 Request Header Fields Too Large" : error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? "408 Request Timeout" : "400 Bad Request";
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
  });
  // It never listens itself, and Node watches headersTimeout and requestTimeout only from this event on.
  server.emit("listening");
  return server;
};

const createHttp2 = (limits: GatewayLimits, wall: Clock, onRequest: Needs["onRequest"]) => {
  const server = createHttp2Server({ settings: { maxConcurrentStreams: HTTP2_STREAMS_MAX, maxHeaderListSize: REQUEST_HEADERS_BYTES_MAX }, maxHeaderListPairs: REQUEST_HEADERS_MAX + 1 });
  const sessions = new Set<ServerHttp2Session>();
  server.on("request", (incoming, response) => onRequest(incoming, response, undefined));
  server.on("sessionError", () => {});
  server.on("session", (session) => {
    let open = 0;
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
    session.on("timeout", () => {
      if (open === 0) session.destroy();
    });
    session.setTimeout(limits.keepAliveMs);
    session.on("stream", (stream, _headers, flags) => {
      open++;
      stream.once("close", () => {
        // The time without a request begins anew: it may have run out while this one was answered.
        if (--open === 0 && !session.destroyed) session.setTimeout(limits.keepAliveMs);
      });
      stream.setTimeout(CONNECTION_SILENCE_MS_MAX, () => stream.close(constants.NGHTTP2_CANCEL));
      if ((flags & constants.NGHTTP2_FLAG_END_STREAM) === 0) limitBody(stream);
    });
  });

  /** A body that does not end is not waited for, as with HTTP/1.1. */
  const limitBody = (stream: ServerHttp2Stream) => {
    const timer = wall.at(wall.now() + limits.requestTimeoutMs, "the end of an HTTP/2 request", () => stream.close(constants.NGHTTP2_CANCEL));
    stream.once("end", () => timer.cancel());
    stream.once("close", () => timer.cancel());
  };

  return {
    server,
    close: () => {
      for (const session of sessions) session.destroy();
    },
  };
};
