import { createServer, Server, type Socket } from "node:net";
import { keepSocket } from "./loopback.ts";

export type PortHandlers = ReadonlyMap<number, (socket: Socket) => void>;

/** Ports of a sandbox's own loopback that this server listens on. */
export interface InnerPorts {
  /** These listen on ports inside: they are ours from now on. */
  adopt(servers: ReadonlyMap<number, Server>): void;
  /** Connections to the ports inside go to these from now on; the connections that there are, are closed. */
  answer(handlers: PortHandlers): void;
  close(): void;
}

export const createInnerPorts = (): InnerPorts => {
  const servers = new Set<Server>();
  const sockets = new Set<Socket>();
  let handlers: PortHandlers = new Map();
  let isClosed = false;
  const adopt = (port: number, server: Server) => {
    if (isClosed) return void server.close();
    servers.add(server);
    server.on("connection", (socket) => {
      const handle = handlers.get(port);
      if (handle === undefined) socket.destroy();
      else keepSocket(sockets, socket, handle);
    });
  };
  const closeSockets = () => sockets.forEach((socket) => socket.destroy());
  return {
    adopt: (listening) => listening.forEach((server, port) => adopt(port, server)),
    answer(next) {
      handlers = next;
      closeSockets();
    },
    close() {
      isClosed = true;
      for (const server of servers) server.close();
      closeSockets();
    },
  };
};

export const isServer = (handle: unknown): handle is Server => typeof handle === "object" && handle !== null && handle instanceof createServer().constructor;
