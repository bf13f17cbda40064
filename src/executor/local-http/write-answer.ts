import type { Socket } from "node:net";

/** Bytes. A shorter body is written as one text with its head, a longer one is not copied. */
const WRITTEN_AT_ONCE_MAX = 16 * 1_024;

/** In one write, whatever the length. */
export const writeAnswer = (socket: Socket, head: string, body: string | Buffer): void => {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  if (bytes.length <= WRITTEN_AT_ONCE_MAX) return void socket.write(head + bytes.toString("latin1"), "latin1");
  socket.cork();
  socket.write(head, "latin1");
  socket.write(bytes);
  socket.uncork();
};
