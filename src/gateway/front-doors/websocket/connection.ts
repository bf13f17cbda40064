import type { WebSocket } from "ws";
import type { Clock, Timer } from "../../../kit/clock.ts";
import { WEBSOCKET_DURATION_MS_MAX, WEBSOCKET_IDLE_MS_MAX } from "../../../kit/limits.ts";

/** Of a WebSocket API: what its clients are known by, between their $connect and their $disconnect. */
export interface Connection {
  readonly id: string;
  readonly apiId: string;
  readonly stage: string;
  readonly sourceIp: string;
  readonly userAgent: string;
  /** As the client wrote it. */
  readonly host: string;
  /** What the $connect authorizer said of it: goes with each event. */
  readonly authorizer: Readonly<Record<string, unknown>> | undefined;
  /** Platform time, milliseconds. */
  readonly connectedAt: number;
  readonly lastActiveAt: number;
  /** A text frame; a message to one who is slow waits in memory, and is refused when too much of it does. Resolves to whether it was taken. */
  send(data: string): Promise<boolean>;
  /** Resolves when the client has agreed, or is gone. */
  close(code: number, reason: string): Promise<void>;
}

export interface Closed {
  code: number;
  reason: string;
}

interface Needs {
  clock: Clock;
  socket: WebSocket;
  about: Pick<Connection, "id" | "apiId" | "stage" | "sourceIp" | "userAgent" | "host" | "authorizer">;
  /** One after the other: the next when it has resolved. */
  onMessage(text: string): Promise<void>;
  onClosed(closed: Closed): void;
}

/** Bytes that may wait for one client. Ours: some messages of the largest size. */
const WAITING_BYTES_MAX = 1024 * 1024;
/** Messages of one client that may wait for their integrations. Ours: then its connection is not read on. */
const WAITING_MESSAGES_MAX = 16;

const UNSUPPORTED_DATA = 1003;
const GOING_AWAY = 1001;
/** What a client that said nothing has closed with. Source: RFC 6455, 7.1.5. */
const NO_STATUS = 1005;
const CLIENT_SAID_NOTHING = "Client-side close frame status not set";

/** Idle for ten minutes or open for two hours, it ends. Source: "Quotas for configuring and running a WebSocket API". */
export const openConnection = ({ clock, socket, about, onMessage, onClosed }: Needs): Connection => {
  const connectedAt = clock.now();
  let lastActiveAt = connectedAt;
  let idle: Timer;
  let waiting = 0;

  const end = () => socket.close(GOING_AWAY, "Going away");
  /** Looks again only when it is due: a timer for each frame would be dear. */
  const watch = (at: number) => {
    idle = clock.at(at, "the end of an idle WebSocket connection", () => {
      const due = lastActiveAt + WEBSOCKET_IDLE_MS_MAX;
      if (clock.now() >= due) end();
      else watch(due);
    });
  };
  watch(connectedAt + WEBSOCKET_IDLE_MS_MAX);
  const duration = clock.at(connectedAt + WEBSOCKET_DURATION_MS_MAX, "the longest time of a WebSocket connection", end);
  const touch = () => void (lastActiveAt = clock.now());

  socket.on("ping", touch).on("pong", touch);
  socket.on("message", (data: Buffer, isBinary) => {
    touch();
    // AWS takes text alone from clients.
    if (isBinary) return void socket.close(UNSUPPORTED_DATA, "Binary frames are not supported");
    if (++waiting >= WAITING_MESSAGES_MAX) socket.pause();
    void onMessage(data.toString("utf8")).finally(() => {
      waiting--;
      if (socket.isPaused) socket.resume();
    });
  });
  // What is wrong with a frame `ws` answers itself, and closes.
  socket.on("error", () => {});
  socket.on("close", (code, reason) => {
    idle.cancel();
    duration.cancel();
    onClosed({ code, reason: code === NO_STATUS ? CLIENT_SAID_NOTHING : reason.toString("utf8") });
  });

  return {
    ...about,
    connectedAt,
    get lastActiveAt() { return lastActiveAt; },
    send(data) {
      if (socket.readyState !== socket.OPEN || socket.bufferedAmount > WAITING_BYTES_MAX) return Promise.resolve(false);
      touch();
      return new Promise((resolve) => socket.send(data, { binary: false }, (error) => resolve(error === undefined || error === null)));
    },
    close: (code, reason) =>
      new Promise((resolve) => {
        if (socket.readyState === socket.CLOSED) return resolve();
        socket.once("close", () => resolve());
        socket.close(code, reason);
      }),
  };
};
