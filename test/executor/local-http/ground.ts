import { createServer as createHttpServer } from "node:http";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { Duplex } from "node:stream";
import { onTestFinished } from "vitest";
import type { Serve } from "../../../src/executor/local-http/connection.ts";
import type { LocalRequest } from "../../../src/executor/local-http/request.ts";
import type { LocalResponse } from "../../../src/executor/local-http/response.ts";
import { createLocalServer, type LocalServer } from "../../../src/executor/local-http/server.ts";
import { eventually } from "../../support/temporary.ts";

/** A request as a server understood it; bytes as Latin-1. */
export interface Seen {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
  trailers: Record<string, string>;
}

const listen = async (onConnection: (socket: Socket) => void): Promise<number> => {
  const server = createServer(onConnection);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
};

/** A server of ours on a port, with its ends of the connections. */
export const startLocal = async (serve: Serve): Promise<{ port: number; server: LocalServer; sockets: Socket[] }> => {
  const server = createLocalServer(serve);
  const sockets: Socket[] = [];
  onTestFinished(() => server.close());
  const port = await listen((socket) => {
    sockets.push(socket);
    server.handleConnection(socket);
  });
  return { server, sockets, port };
};

/** Keeps what it is asked, whole, and answers `ok`. */
export const keeping = (seen: Seen[]): Serve => (request, response) => {
  void request.body(10_000_000).then((body) => {
    const { method, url, headers, trailers } = request;
    seen.push({ method, url, headers: { ...(headers as Record<string, string>) }, body: body!.toString("latin1"), trailers: { ...trailers } });
    response.writeHead(200).end("ok");
  }, () => {});
};

/** node:http as the Runtime API had it, keeping what it is asked. */
export const startNodes = async (seen: Seen[]): Promise<number> => {
  const http = createHttpServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 }, (request, response) => {
    const pieces: Buffer[] = [];
    request.on("error", () => {});
    request.on("data", (piece: Buffer) => pieces.push(piece)).on("end", () => {
      const { method, url, headers, trailers } = request;
      seen.push({ method: method!, url: url!, headers: headers as Record<string, string>, body: Buffer.concat(pieces).toString("latin1"), trailers: trailers as Record<string, string> });
      response.end("ok");
    });
  });
  return listen((socket) => void http.emit("connection", socket));
};

export interface Client {
  socket: Socket;
  /** All that came so far. */
  heard(): string;
  /** Resolves when what was heard satisfies, or the connection has ended. */
  hears(isEnough: (heard: string) => boolean): Promise<string>;
  /** Resolves when the server has ended the connection. */
  ended: Promise<string>;
}

/** A client that writes bytes and hears bytes. */
export const open = async (port: number): Promise<Client> => {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
  onTestFinished(() => void socket.destroy());
  let heard = "";
  const ended = Promise.withResolvers<string>();
  const looks = new Set<() => void>();
  socket.on("data", (piece) => {
    heard += piece.toString("latin1");
    for (const look of looks) look();
  });
  socket.on("error", () => {});
  for (const event of ["end", "close"]) socket.on(event, () => ended.resolve(heard));
  await new Promise<void>((resolve) => socket.once("connect", resolve));
  return {
    socket,
    heard: () => heard,
    hears: (isEnough) => Promise.race([ended.promise, new Promise<string>((resolve) => looks.add(() => isEnough(heard) && resolve(heard)).forEach((look) => look()))]),
    ended: ended.promise,
  };
};

export const countOf = (heard: string, what: string): number => heard.split(what).length - 1;

/** The statuses of the answers that were heard. */
export const statusesOf = (heard: string): number[] => [...heard.matchAll(/HTTP\/1\.1 (\d+) /g)].map((match) => Number(match[1]));

/** The server's end of a connection without a network: bytes are handed over at once, and only while they are wanted. */
export class FakeSocket extends Duplex {
  written = "";
  /** Its client does not read. */
  isDeaf = false;
  /** Whether the server takes what is sent to it. */
  get isTaken(): boolean {
    return !this.isPaused() && !this.destroyed && !this.writableEnded;
  }
  override _read(): void {}
  override _write(piece: Buffer, _encoding: string, done: () => void): void {
    if (this.isDeaf) return;
    this.written += piece.toString("latin1");
    done();
  }
  setNoDelay(): void {}
  destroySoon(): void {
    this.end();
  }
  send(bytes: Buffer): void {
    this.emit("data", bytes);
  }
}

/** Such a connection to a server of ours, of its own or that one. */
export const connectFake = (to: Serve | LocalServer): FakeSocket => {
  const socket = new FakeSocket();
  (typeof to === "function" ? createLocalServer(to) : to).handleConnection(socket as unknown as Socket);
  return socket;
};

export const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");

export const get = (path: string, fields = "") => `GET ${path} HTTP/1.1\r\nHost: x\r\n${fields}\r\n`;
export const post = (body: string, fields = "", length = body.length) => `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n${fields}\r\n${body}`;
export const answersOf = (count: number) => (heard: string) => countOf(heard, "HTTP/1.1 ") === count;

/** A server that keeps requests until the test answers them. */
export const startHolding = async () => {
  const held: { request: LocalRequest; response: LocalResponse }[] = [];
  const { port, server, sockets } = await startLocal((request, response) => void held.push({ request, response }));
  return { held, server, sockets, client: () => open(port), next: (count: number) => eventually(`${count} requests came`, () => held.length >= count && held[count - 1]) };
};
