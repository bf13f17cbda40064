import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse, type ServerHttp2Session } from "node:http2";
import { createServer as createTcpServer, type AddressInfo, type Socket } from "node:net";
import { pipeline } from "node:stream/promises";
import { Readable } from "node:stream";
import { GATEWAY_CONNECTIONS_MAX, HEADERS_TIMEOUT_MS, KEEP_ALIVE_MS, REQUEST_HEADERS_BYTES_MAX, REQUEST_HEADERS_MAX, REQUEST_TIMEOUT_MS } from "../kit/limits.ts";
import type { WireResponse } from "../protocol/http.ts";
import { createDispatch, type GatewayRequest } from "./dispatch.ts";
import { hostName, isAllowedHost, isCrossSite } from "./hosts.ts";
import type { GatewayNeeds } from "./needs.ts";
import { createPlatformRoutes, isPlatformPath, type PlatformApi } from "./platform-api.ts";

type Request = IncomingMessage | Http2ServerRequest;
type Response = ServerResponse | Http2ServerResponse;

export interface Gateway {
  listen(at: { host: string; port: number }): Promise<{ endpoint: string; port: number }>;
  /** A connection that came through an environment's own listener. */
  handleConnection(socket: Socket): void;
  /** No new connections; what runs may finish within `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** Bounds, so that a test can make them small. Milliseconds, counts. */
export interface GatewayLimits {
  headersTimeoutMs: number;
  requestTimeoutMs: number;
  connectionsMax: number;
}

const DEFAULT_LIMITS: GatewayLimits = { headersTimeoutMs: HEADERS_TIMEOUT_MS, requestTimeoutMs: REQUEST_TIMEOUT_MS, connectionsMax: GATEWAY_CONNECTIONS_MAX };
const HTTP2_PREFACE = "PRI * HTTP/2.0";

const forbidden = (message: string): WireResponse => ({ status: 403, headers: { "content-type": "application/json", connection: "close" }, body: `${JSON.stringify({ code: "Forbidden", message })}\n` });

/** One port for everything: HTTP/1.1, and HTTP/2 for clients that begin with its preface. */
export const createGateway = (needs: GatewayNeeds & { platform: PlatformApi; limits?: Partial<GatewayLimits> }): Gateway => {
  const limits = { ...DEFAULT_LIMITS, ...needs.limits };
  const dispatch = createDispatch(needs);
  const platformRoutes = createPlatformRoutes(needs, needs.platform);
  const sockets = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  let running = 0;
  let whenQuiet: (() => void) | undefined;

  const answer = async (request: GatewayRequest): Promise<WireResponse> => {
    if (!isAllowedHost(request.host, needs.settings.allowedHosts)) {
      return forbidden(`the host "${request.host}" is not one of this server's names. If it is meant to be, start lambdad with --allow-host ${request.host}`);
    }
    if (isCrossSite(request.headers, request.host)) return forbidden("a web page of another site may not use this API");
    return isPlatformPath(request.path) ? platformRoutes(request) : dispatch(request);
  };

  const onRequest = async (incoming: Request, response: Response) => {
    running++;
    const abort = new AbortController();
    response.once("close", () => abort.abort(new Error("the client has gone away")));
    incoming.on("error", () => {});
    response.on("error", () => {});
    try {
      const request = readRequest(incoming, abort.signal);
      const wire = request === undefined ? badRequest : await answer(request);
      await write(incoming, response, wire);
    } catch (error) {
      needs.log.warn("an answer could not be sent", { error: error instanceof Error ? error.message : String(error) });
      response.destroy?.();
    } finally {
      if (--running === 0) whenQuiet?.();
    }
  };

  const http1 = createServer({
    maxHeaderSize: REQUEST_HEADERS_BYTES_MAX,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: Math.min(1_000, limits.headersTimeoutMs),
    insecureHTTPParser: false,
  });
  http1.maxHeadersCount = REQUEST_HEADERS_MAX;
  http1.on("request", (incoming, response) => void onRequest(incoming, response));
  http1.on("checkContinue", (incoming: IncomingMessage, response: ServerResponse) => {
    response.writeContinue();
    void onRequest(incoming, response);
  });
  http1.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => {
    if (!socket.writable) return socket.destroy();
    const status = error.code === "HPE_HEADER_OVERFLOW" ? "431 Request Header Fields Too Large" : error.code === "ERR_HTTP_REQUEST_TIMEOUT" ? "408 Request Timeout" : "400 Bad Request";
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  });
  const http2 = createHttp2Server({ settings: { maxConcurrentStreams: 128, maxHeaderListSize: REQUEST_HEADERS_BYTES_MAX } });
  http2.on("request", (incoming, response) => void onRequest(incoming, response));
  http2.on("sessionError", () => {});
  http2.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
  });

  const handleConnection = (socket: Socket) => {
    if (sockets.size >= limits.connectionsMax) return socket.destroy();
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    const tooSlow = () => socket.destroy();
    socket.setTimeout(limits.headersTimeoutMs, tooSlow);
    socket.once("data", (first: Buffer) => {
      socket.pause();
      socket.setTimeout(0);
      socket.removeListener("timeout", tooSlow);
      const isHttp2 = first.toString("latin1", 0, HTTP2_PREFACE.length) === HTTP2_PREFACE;
      socket.unshift(first);
      (isHttp2 ? http2 : http1).emit("connection", socket);
      if (!isHttp2) socket.resume();
    });
  };
  const tcp = createTcpServer({ noDelay: true }, handleConnection);

  return {
    handleConnection,
    listen: ({ host, port }) =>
      new Promise((resolve, reject) => {
        tcp.once("error", reject);
        tcp.listen(port, host, () => {
          tcp.removeListener("error", reject);
          const bound = (tcp.address() as AddressInfo).port;
          const name = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
          resolve({ endpoint: `http://${name}:${bound}`, port: bound });
        });
      }),
    async close(graceMs) {
      const closed = new Promise<void>((resolve) => (tcp.listening ? tcp.close(() => resolve()) : resolve()));
      http1.closeIdleConnections();
      const hurry = new AbortController();
      const quiet = running === 0 ? Promise.resolve() : new Promise<void>((resolve) => (whenQuiet = resolve));
      await Promise.race([quiet, needs.wall.sleep(graceMs, hurry.signal).catch(() => {})]);
      hurry.abort();
      for (const session of sessions) session.destroy();
      for (const socket of sockets) socket.destroy();
      http1.close();
      await closed;
    },
  };
};

const badRequest: WireResponse = { status: 400, headers: { connection: "close", "content-length": "0" } };

/** Undefined when it has no host to speak of. */
const readRequest = (incoming: Request, signal: AbortSignal): GatewayRequest | undefined => {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined && !name.startsWith(":")) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  const authority = incoming.headers[":authority"];
  if (typeof authority === "string") headers["host"] ??= authority;
  const host = hostName(headers["host"]);
  const url = incoming.url ?? "/";
  if (host === undefined || !url.startsWith("/")) return undefined;
  const at = url.indexOf("?");
  return {
    method: incoming.method ?? "GET",
    path: at < 0 ? url : url.slice(0, at),
    query: at < 0 ? "" : url.slice(at + 1),
    headers,
    host,
    body: incoming,
    endpoint: `http://${headers["host"]}`,
    ip: incoming.socket?.remoteAddress ?? "127.0.0.1",
    signal,
  };
};

/** Sends the answer; a body that was not read to its end closes the connection, so that its rest is not taken for the next request. */
const write = async (incoming: Request, response: Response, { status, headers, body }: WireResponse): Promise<void> => {
  if (response.destroyed || response.writableEnded) return;
  const isHttp1 = incoming.httpVersionMajor === 1;
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) if (isHttp1 || name.toLowerCase() !== "connection") response.setHeader(name, value);
  if (isHttp1 && !incoming.complete) response.setHeader("connection", "close");
  if (incoming.method === "HEAD" || body === undefined) {
    response.end();
  } else if (typeof body === "string" || body instanceof Uint8Array) {
    if (isHttp1) response.setHeader("content-length", Buffer.byteLength(body));
    response.end(body);
  } else {
    await pipeline(Readable.from(body, { objectMode: false }), response as ServerResponse);
  }
  if (!incoming.complete) incoming.resume();
};
