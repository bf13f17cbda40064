import type { Socket } from "node:net";
import { RESPONSE_BYTES_MAX } from "../kit/limits/runtime.ts";
import type { Environment } from "../sandbox/sandbox.ts";
import type { Invocation } from "./executor.ts";
import { createFrameReader, ERROR, HEAD_BYTES, INIT_ERROR, INVOCATION, LENGTH_BYTES, NEXT, RESPONSE, WAKE, writeHead } from "./frames.ts";
import { invocationFields } from "./invocation-headers.ts";
import type { Asker, RuntimeEvents, Turns } from "./turns.ts";

/** Tells a runtime client of ours which descriptor its channel is; it takes this out of its environment before it runs anything of the function's. */
export const CHANNEL_VARIABLE = "_LAMBDAD_CHANNEL";

/** More than the name of any error has. */
const ERROR_TYPE_BYTES_MAX = 16 * 1024;
const ERROR_BYTES_MAX = LENGTH_BYTES + ERROR_TYPE_BYTES_MAX + RESPONSE_BYTES_MAX;
const BYTES_MAX = new Map([[NEXT, 0], [RESPONSE, RESPONSE_BYTES_MAX], [ERROR, ERROR_BYTES_MAX], [INIT_ERROR, ERROR_BYTES_MAX]]);
/** Of payloads up to this size a copy costs less than a second buffer for the kernel. */
const COPIED_BYTES_MAX = 64 * 1024;

/** What makes a runtime that waits the one of this environment. */
export const wakeFrame = (env: Environment): Buffer => {
  const body = Buffer.from(Object.entries(env).map(([name, value]) => `${name}=${value}\0`).join(""));
  const frame = Buffer.allocUnsafe(HEAD_BYTES + body.length);
  writeHead(frame, WAKE, body.length);
  body.copy(frame, HEAD_BYTES);
  return frame;
};

const writeInvocation = (socket: Socket, invocation: Invocation, deadlineMs: number): void => {
  const { payload } = invocation;
  const fields = invocationFields(invocation, deadlineMs).join("\n");
  const isCopied = payload.length <= COPIED_BYTES_MAX;
  const start = HEAD_BYTES + LENGTH_BYTES + fields.length;
  const frame = Buffer.allocUnsafe(start + (isCopied ? payload.length : 0));
  writeHead(frame, INVOCATION, LENGTH_BYTES + fields.length + payload.length);
  frame.writeUInt32BE(fields.length, HEAD_BYTES);
  frame.write(fields, HEAD_BYTES + LENGTH_BYTES, "latin1");
  if (isCopied) {
    payload.copy(frame, start);
    return void socket.write(frame);
  }
  socket.cork();
  socket.write(frame);
  socket.write(payload);
  socket.uncork();
};

/** A type, and the payload behind it, which is undefined when it is too large. What has no type behind its length has neither. */
const readError = (body: Buffer | undefined): { errorType: string; payload: Buffer | undefined } => {
  const unknown = "Runtime.Unknown";
  if (body === undefined) return { errorType: unknown, payload: undefined };
  const start = LENGTH_BYTES + (body.length < LENGTH_BYTES ? Infinity : body.readUInt32BE(0));
  if (start > body.length) return { errorType: unknown, payload: Buffer.from("{}") };
  const payload = body.length - start > RESPONSE_BYTES_MAX ? undefined : body.subarray(start);
  return { errorType: body.toString("latin1", LENGTH_BYTES, start) || unknown, payload };
};

/** Serves a runtime client of ours on its channel. What comes out of turn is the function's own doing, and is not answered. */
export const serveChannel = (socket: Socket, turns: Turns, events: RuntimeEvents): void => {
  const client: Asker = {
    isClient: true,
    deliver: (invocation, deadlineMs) => writeInvocation(socket, invocation, deadlineMs),
    refuse() {},
  };
  const answer = (tell: () => void) => {
    if (turns.running?.asker !== client) return;
    turns.end();
    tell();
  };
  const takeError = ({ errorType, payload }: ReturnType<typeof readError>) => (payload === undefined ? events.responseTooLarge() : events.error(errorType, payload));
  const takeInitError = ({ errorType, payload = Buffer.from("{}") }: ReturnType<typeof readError>) => {
    if (!turns.isInitialized) events.initError(errorType, payload);
  };
  const read = createFrameReader({
    bytesMax: (kind) => BYTES_MAX.get(kind),
    take(kind, body) {
      if (kind === NEXT) turns.ask(client);
      else if (kind === INIT_ERROR) takeInitError(readError(body));
      else if (kind === RESPONSE) answer(() => (body === undefined ? events.responseTooLarge() : events.response(body)));
      else answer(() => takeError(readError(body)));
    },
  });
  // Its client ends with it, which is told as the end of any program.
  socket.on("data", (chunk) => read(chunk) || socket.destroy());
  socket.once("close", () => turns.withdraw(client));
};
