import type { Socket } from "node:net";
import { Connection, type Serve } from "./connection.ts";

export interface LocalServer {
  handleConnection(socket: Socket): void;
  /** Ends all connections, and those that still come. */
  close(): void;
}

/** Two of the largest events, and what small answers take. A function that asks for events and reads none of them shall not fill the server's memory. */
const UNREAD_BYTES_MAX = 16 * 1_024 * 1_024;

/** HTTP/1.1 for the programs of one environment, on connections that are handed in. It knows what such APIs need, and is fast at that: every invocation is two requests. */
export const createLocalServer = (serve: Serve): LocalServer => {
  const connections = new Set<Connection>();
  /** Those whose clients do not read, the longest first. */
  const clogged = new Set<Connection>();
  let isClosed = false;

  /** Those that have not read for the longest time are given up. */
  const bound = () => {
    let unread = 0;
    for (const connection of clogged) unread += connection.unread;
    for (const connection of clogged) {
      if (unread <= UNREAD_BYTES_MAX) return;
      if (connection.unread === 0) continue;
      unread -= connection.unread;
      connection.destroy();
    }
  };

  return {
    handleConnection(socket) {
      if (isClosed) return void socket.destroy();
      connections.add(
        new Connection({
          socket,
          serve,
          onClogged(connection, isClogged) {
            if (!isClogged) return void clogged.delete(connection);
            clogged.add(connection);
            bound();
          },
          onClosed(connection) {
            connections.delete(connection);
            clogged.delete(connection);
          },
        }),
      );
    },
    close() {
      isClosed = true;
      for (const connection of connections) connection.destroy();
    },
  };
};
