import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { ENVIRONMENT_CONNECTIONS_MAX } from "../kit/limits/runtime.ts";
import type { SandboxListener } from "./sandbox.ts";

/** The listeners of a sandbox: closed together, with every connection that came in on them. */
export interface Listening {
  /** `127.0.0.1:40123` by listener name. */
  addresses: Readonly<Record<string, string>>;
  close(): void;
}

const listen = (server: Server): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });

/** Listeners on the host's own loopback, on free ports that only its programs are told: for sandboxes without a network of their own. */
export const listenOnLoopback = async (listeners: readonly SandboxListener[]): Promise<Listening> => {
  const sockets = new Set<Socket>();
  const servers = new Set<Server>();
  const addresses: Record<string, string> = {};
  const close = () => {
    for (const socket of sockets) socket.destroy();
    for (const server of servers) server.close();
  };
  try {
    for (const { name, onConnection } of listeners) {
      const server = createServer((socket) => keepSocket(sockets, socket, onConnection));
      servers.add(server);
      addresses[name] = `127.0.0.1:${await listen(server)}`;
    }
  } catch (error) {
    close();
    throw error;
  }
  return { addresses, close };
};

/** To a port of the host's own loopback. */
export const connectToLoopback = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(socket);
    });
  });

/** Hands a connection on, and remembers it until it is closed. A sandbox that opens too many would use up the server's own descriptors. */
export const keepSocket = (sockets: Set<Socket>, socket: Socket, onConnection: (socket: Socket) => void): void => {
  if (sockets.size >= ENVIRONMENT_CONNECTIONS_MAX) return void socket.destroy();
  sockets.add(socket);
  socket.once("close", () => sockets.delete(socket));
  onConnection(socket);
};
