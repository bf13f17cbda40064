import { Agent, request as httpRequest } from "node:http";
import type { Socket } from "node:net";
import { EXTENSION_REQUEST_BYTES_MAX } from "../kit/limits/runtime.ts";
import type { Subscription } from "./subscription.ts";

/** The way to one subscriber. */
export interface TelemetrySender {
  /** Resolves when the subscriber has taken the events, each a JSON text; rejects when it has not. */
  send(events: readonly string[]): Promise<void>;
  /** What is under way fails. */
  abort(): void;
  close(): void;
}

/** To a port of the sandbox's own loopback. */
export type Connect = (port: number) => Promise<Socket>;

type HttpDestination = Extract<Subscription["destination"], { protocol: "HTTP" }>;

/** Batches as JSON arrays, over one connection that is kept as long as the subscriber keeps it. Nothing that it answers is believed but its status. */
const createHttpSender = ({ port, path, method }: HttpDestination, connect: Connect): TelemetrySender => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, maxFreeSockets: 1 });
  agent.createConnection = (_options, callback) => {
    connect(port).then((socket) => callback?.(null, socket), (error: Error) => callback?.(error, undefined as never));
    return undefined;
  };
  let abort: (() => void) | undefined;
  const send = (events: readonly string[]) =>
    new Promise<void>((resolve, reject) => {
      const body = `[${events.join(",")}]`;
      const request = httpRequest({ agent, method, path, headers: { Host: `sandbox.localdomain:${port}`, "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) } });
      // Not by the request's end alone: one whose connection was taken over by another protocol tells of none.
      const giveUp = (why: string) => {
        reject(new Error(why));
        request.destroy();
      };
      abort = () => giveUp("the subscriber does not answer");
      request.on("error", reject).once("upgrade", (_response, socket) => {
        socket.destroy();
        giveUp("the subscriber speaks another protocol");
      });
      request.once("response", (response) => {
        let bytes = 0;
        response.on("data", (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > EXTENSION_REQUEST_BYTES_MAX) request.destroy();
        });
        response.on("error", reject);
        response.once("close", () => (response.statusCode! >= 200 && response.statusCode! < 300 ? resolve() : reject(new Error(`the subscriber answers ${response.statusCode}`))));
      });
      request.end(body);
    });
  return { send, abort: () => abort?.(), close: () => agent.destroy() };
};

/** One event a line. There is no answer: what the kernel has taken counts as delivered. */
const createTcpSender = (port: number, connect: Connect): TelemetrySender => {
  let socket: Socket | undefined;
  let isClosed = false;
  let abort: (() => void) | undefined;
  const drop = () => {
    socket?.destroy();
    socket = undefined;
  };
  const open = async (): Promise<Socket> => {
    if (socket !== undefined && !socket.destroyed) return socket;
    const opened = await connect(port);
    opened.on("error", () => {}).once("close", () => {
      if (socket === opened) socket = undefined;
    });
    opened.resume();
    socket = opened;
    if (isClosed) drop();
    return opened;
  };
  return {
    send: (events) =>
      new Promise((resolve, reject) => {
        abort = () => reject(new Error("the subscriber does not take it"));
        open().then((opened) => {
          const lost = () => reject(new Error("the subscriber closed the connection"));
          opened.once("close", lost);
          opened.write(events.map((event) => `${event}\n`).join(""), (error) => {
            opened.off("close", lost);
            if (error === null || error === undefined) resolve();
            else reject(error);
          });
        }, reject);
      }),
    abort() {
      abort?.();
      drop();
    },
    close() {
      isClosed = true;
      drop();
    },
  };
};

export const createSender = (destination: Subscription["destination"], connect: Connect): TelemetrySender =>
  destination.protocol === "HTTP" ? createHttpSender(destination, connect) : createTcpSender(destination.port, connect);
