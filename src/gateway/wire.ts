import { STATUS_CODES, type ServerResponse } from "node:http";
import { constants, type Http2ServerResponse } from "node:http2";
import type { Socket } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { LINGER_BYTES_MAX, REQUEST_HEADERS_MAX } from "../kit/limits/gateway.ts";
import type { WireResponse } from "../protocol/http.ts";
import type { Request, Response } from "./connections.ts";
import type { RequestBody } from "./body.ts";
import type { Departure } from "./departure.ts";
import type { GatewayRequest } from "./dispatch.ts";
import { hostName } from "./hosts.ts";

/** Beyond that a copy costs more than a second write. */
const ONE_PIECE_BYTES_MAX = 32 * 1024;

const refusal = (status: number): WireResponse => ({ status, headers: { connection: "close", "content-length": "0" } });

/** The request, or the answer to what is none. `beforeBody` runs when somebody begins to read the body. */
export const readRequest = (incoming: Request, departure: Departure, beforeBody: (() => void) | undefined): { request: GatewayRequest } | { refused: WireResponse } => {
  if (incoming.rawHeaders.length / 2 > REQUEST_HEADERS_MAX) return { refused: refusal(431) };
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined && !name.startsWith(":")) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  const authority = incoming.headers[":authority"];
  if (typeof authority === "string") headers["host"] ??= authority;
  const host = hostName(headers["host"]);
  const url = incoming.url ?? "/";
  if (host === undefined || hasTwoHosts(incoming.rawHeaders) || !url.startsWith("/")) return { refused: refusal(400) };
  const at = url.indexOf("?");
  return {
    request: {
      method: incoming.method ?? "GET",
      path: at < 0 ? url : url.slice(0, at),
      query: at < 0 ? "" : url.slice(at + 1),
      headers,
      rawHeaders: incoming.rawHeaders,
      host,
      body: bodyOf(incoming, beforeBody),
      endpoint: `http://${headers["host"]}`,
      ip: incoming.socket?.remoteAddress ?? "127.0.0.1",
      departure,
    },
  };
};

/** Node keeps the first of them; another server on the way may have read the second. */
const hasTwoHosts = (rawHeaders: readonly string[]): boolean => rawHeaders.filter((name, index) => index % 2 === 0 && /^(host|:authority)$/i.test(name)).length > 1;

/** Who stops reading in the middle does not end the connection: an answer is still to come. */
const bodyOf = (incoming: Request, beforeBody: (() => void) | undefined): RequestBody => ({
  [Symbol.asyncIterator]() {
    beforeBody?.();
    return incoming.iterator({ destroyOnReturn: false }) as AsyncIterator<Uint8Array>;
  },
  gather(bytesMax, refuse) {
    beforeBody?.();
    return gather(incoming, bytesMax, () => refuse(bytesMax));
  },
});

const gather = (incoming: Request, bytesMax: number, refuse: () => Error): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const stop = () => incoming.off("data", take).off("end", end).off("error", fail).off("close", leave);
    const take = (chunk: Buffer) => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > bytesMax) fail(refuse());
    };
    const end = () => {
      stop();
      resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
    };
    const fail = (error: Error) => {
      stop();
      incoming.pause();
      reject(error);
    };
    const leave = () => fail(new Error("the client has gone away before its body was there"));
    if (incoming.destroyed) return leave();
    incoming.on("data", take).on("end", end).on("error", fail).on("close", leave);
  });

/**
 * Sends the answer. A body that was not read to its end closes the connection, so that its rest is not taken for the next
 * request; some of it is read on before, or the client would be cut off while it still sends and never see the answer.
 */
export const write = async (incoming: Request, response: Response, answer: WireResponse, isBodyComing: () => boolean): Promise<void> => {
  if (response.destroyed || response.writableEnded) return;
  if (isOfHttp1(response)) await writeHttp1(incoming, response, answer, isBodyComing);
  else await writeHttp2(incoming, response, answer);
};

const isOfHttp1 = (response: Response): response is ServerResponse => !("stream" in response);

const isWhole = (body: WireResponse["body"]): body is string | Uint8Array | undefined => body === undefined || typeof body === "string" || body instanceof Uint8Array;

const writeHttp1 = async (incoming: Request, response: ServerResponse, { status, headers, body }: WireResponse, isBodyComing: () => boolean): Promise<void> => {
  const isUnread = !incoming.complete;
  const isBodiless = incoming.method === "HEAD" || status === 204 || status === 304;
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (isUnread) response.setHeader("connection", "close");
  if (isWhole(body)) {
    if (!isBodiless) response.setHeader("content-length", Buffer.byteLength(body ?? ""));
    if (!isUnread) return isBodiless ? void response.end() : endWith(response, body ?? "");
    if (isBodiless || body === undefined) response.flushHeaders();
    else response.write(body);
  } else {
    await pipeline(Readable.from(body, { objectMode: false }), response, { end: false });
  }
  if (isUnread && isBodyComing()) await readOn(incoming);
  response.end();
};

/** A small body leaves in one piece with its head, as Node joins texts only; as Latin-1 they are the same bytes. */
const endWith = (response: ServerResponse, body: string | Uint8Array): void => {
  if (typeof body === "string" || body.length > ONE_PIECE_BYTES_MAX) response.end(body);
  else response.end(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("latin1"), "latin1");
};

/** To a client that asked for another protocol and is not given it: there is no response to write to, and the connection ends. */
export const refuseUpgrade = (socket: Socket, { status, headers, body = "" }: WireResponse & { body?: string }): void => {
  const lines = Object.entries({ ...headers, connection: "close", "content-length": String(Buffer.byteLength(body)) }).flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${one}\r\n`));
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Refused"}\r\n${lines.join("")}\r\n${body}`, () => socket.destroy());
};

const writeHttp2 = async (incoming: Request, response: Http2ServerResponse, { status, headers, body }: WireResponse): Promise<void> => {
  const isUnread = !incoming.complete;
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) if (name.toLowerCase() !== "connection") response.setHeader(name, value);
  if (isWhole(body)) response.end(incoming.method === "HEAD" ? "" : (body ?? ""));
  else await pipeline(Readable.from(body, { objectMode: false }), response);
  if (isUnread) response.stream?.close(constants.NGHTTP2_NO_ERROR);
};

const readOn = async (incoming: Request): Promise<void> => {
  let left = LINGER_BYTES_MAX;
  try {
    for await (const chunk of incoming.iterator({ destroyOnReturn: false })) if ((left -= (chunk as Uint8Array).length) < 0) return;
  } catch {
    // The client is gone, which is what this waits for.
  }
};
