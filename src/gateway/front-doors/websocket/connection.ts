import type { WebSocket } from "ws";
import type { Clock, Timer } from "../../../kit/clock.ts";
import { WEBSOCKET_DURATION_MS_MAX, WEBSOCKET_IDLE_MS_MAX } from "../../../kit/limits/apis.ts";
import type { Closed, ConnectionFacts } from "./turn.ts";
import { createWaitingMessages } from "./waiting-messages.ts";

export interface Connection {
  readonly facts: ConnectionFacts;
  /** Platform time, milliseconds. */
  readonly lastActiveAt: number;
  /** A text frame; what goes to one who is slow waits in memory, and is not taken when too much of it does. Undefined when it is not; resolves when it has left. */
  send(data: string): Promise<void> | undefined;
  /** It is over from now on, whenever the client agrees. */
  end(code: number, reason: string): void;
  /** Resolves when the client has agreed, or is gone. */
  closed(): Promise<void>;
}

interface Needs {
  clock: Clock;
  socket: WebSocket;
  facts: ConnectionFacts;
  /** Resolves when the message is done with. */
  onMessage(text: string): Promise<void>;
  /** Once, when either side has ended it. */
  onEnded(closed: Closed): void;
}

/** Bytes that may wait for one client. Ours: some messages of the largest size. */
const WAITING_BYTES_MAX = 1024 * 1024;
/** Of one client's messages under way, how many and of what size. Ours: then its connection is not read on. */
const MESSAGES_MAX = 16;
const MESSAGES_BYTES_MAX = 256 * 1024;

const UNSUPPORTED_DATA = 1003;
export const GOING_AWAY: Closed = { code: 1001, reason: "Going away" };
/** What a client that said nothing has closed with. Source: RFC 6455, 7.1.5. */
const NO_STATUS = 1005;
const CLIENT_SAID_NOTHING = "Client-side close frame status not set";

/** What was wrong with what a client has sent. Source: RFC 6455, 7.4.1. */
const faultOf = (code = ""): Closed => {
  switch (code) {
    case "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH":
    case "WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH": return { code: 1009, reason: "Message too long" };
    case "WS_ERR_TOO_MANY_BUFFERED_PARTS": return { code: 1008, reason: "Too many message parts" };
    case "WS_ERR_INVALID_UTF8": return { code: 1007, reason: "Invalid UTF-8" };
    default: return { code: 1002, reason: "Protocol error" };
  }
};

/** Idle for ten minutes or open for two hours, it ends. Source: "Quotas for configuring and running a WebSocket API". */
export const openConnection = ({ clock, socket, facts, onMessage, onEnded }: Needs): Connection => {
  const { connectedAt } = facts;
  let lastActiveAt = connectedAt;
  let idle: Timer;
  let isOver = false;
  const messages = createWaitingMessages({ runningMax: MESSAGES_MAX, bytesMax: MESSAGES_BYTES_MAX, run: onMessage, pause: () => socket.pause(), resume: () => socket.resume() });

  const over = (closed: Closed) => {
    if (isOver) return;
    isOver = true;
    idle.cancel();
    duration.cancel();
    messages.clear();
    onEnded(closed);
  };
  const end = (code: number, reason: string) => {
    socket.close(code, reason);
    // One that is not read would never see that the client agrees.
    socket.resume();
    over({ code, reason });
  };
  /** Looks again only when it is due: a timer for each frame would be dear. */
  const watch = (at: number) => {
    idle = clock.at(at, "the end of an idle WebSocket connection", () => {
      const due = lastActiveAt + WEBSOCKET_IDLE_MS_MAX;
      if (clock.now() >= due) end(GOING_AWAY.code, GOING_AWAY.reason);
      else watch(due);
    });
  };
  watch(connectedAt + WEBSOCKET_IDLE_MS_MAX);
  const duration = clock.at(connectedAt + WEBSOCKET_DURATION_MS_MAX, "the longest time of a WebSocket connection", () => end(GOING_AWAY.code, GOING_AWAY.reason));
  const touch = () => void (lastActiveAt = clock.now());

  socket.on("ping", touch).on("pong", touch);
  socket.on("message", (data: Buffer, isBinary) => {
    if (isOver) return;
    touch();
    // AWS takes text alone from clients.
    if (isBinary) return end(UNSUPPORTED_DATA, "Binary frames are not supported");
    messages.take(data.toString("utf8"));
  });
  // What is wrong with a frame `ws` answers itself, with the same code, and closes.
  socket.on("error", (error: Error & { code?: string }) => over(faultOf(error.code)));
  socket.on("close", (code, reason) => over({ code, reason: code === NO_STATUS ? CLIENT_SAID_NOTHING : reason.toString("utf8") }));

  return {
    facts,
    end,
    get lastActiveAt() { return lastActiveAt; },
    send(data) {
      if (isOver || socket.readyState !== socket.OPEN || socket.bufferedAmount > WAITING_BYTES_MAX) return undefined;
      touch();
      return new Promise((resolve) => socket.send(data, { binary: false }, () => resolve()));
    },
    closed: () => (socket.readyState === socket.CLOSED ? Promise.resolve() : new Promise((resolve) => socket.once("close", () => resolve()))),
  };
};
