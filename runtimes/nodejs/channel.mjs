// The client side of the channel: one write carries an answer and the request for the next invocation, another one brings that.
import { writeSync } from "node:fs";
import { Socket } from "node:net";
import { createFrameReader, ERROR, HEAD_BYTES, INIT_ERROR, LENGTH_BYTES, NEXT, RESPONSE, writeHead } from "./frames.mjs";

const READ_BYTES = 64 * 1024;

const readInvocation = (frame) => {
  const start = HEAD_BYTES + LENGTH_BYTES;
  const end = start + frame.readUInt32BE(HEAD_BYTES);
  const [id, deadlineMs, arn, traceId, clientContext, cognitoIdentity, tenantId] = frame.toString("latin1", start, end).split("\n");
  return { id, deadlineMs: Number(deadlineMs), arn, traceId, clientContext, cognitoIdentity, tenantId: tenantId || undefined, body: frame.subarray(end) };
};

const requestNext = Buffer.alloc(HEAD_BYTES);
writeHead(requestNext, NEXT, 0);

/** With room behind it for the request for the next invocation. */
const responseFrame = (text) => {
  const bytes = Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(HEAD_BYTES + bytes + HEAD_BYTES);
  writeHead(frame, RESPONSE, bytes);
  frame.write(text, HEAD_BYTES);
  return frame;
};
const errorFrame = (kind, payload) => {
  const type = Buffer.from(String(payload.errorType).replace(/[^\x21-\x7e]/g, "?"), "latin1");
  const text = JSON.stringify(payload);
  const bytes = LENGTH_BYTES + type.length + Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(HEAD_BYTES + bytes + HEAD_BYTES);
  writeHead(frame, kind, bytes);
  frame.writeUInt32BE(type.length, HEAD_BYTES);
  type.copy(frame, HEAD_BYTES + LENGTH_BYTES);
  frame.write(text, HEAD_BYTES + LENGTH_BYTES + type.length);
  return frame;
};

export const openChannel = (descriptor) => {
  let deliver = () => {};
  const read = createFrameReader((frame) => deliver(readInvocation(frame)));
  const socket = new Socket({
    fd: descriptor,
    onread: {
      buffer: Buffer.allocUnsafeSlow(READ_BYTES),
      callback(bytes, buffer) {
        read(buffer.subarray(0, bytes));
        return true;
      },
    },
  });
  // The platform has ended this environment.
  socket.on("error", () => process.exit(1));
  socket.on("close", () => process.exit(1));

  /** Resolves when the kernel has it all: then the platform will, whatever becomes of this process. A stream would cost several times the call itself. */
  const write = (bytes) => {
    let rest = bytes;
    while (rest.length > 0 && socket.writableLength === 0) {
      try {
        rest = rest.subarray(writeSync(descriptor, rest));
      } catch (error) {
        if (error.code === "EAGAIN") break;
        process.exit(1);
      }
    }
    return rest.length === 0 ? Promise.resolve() : new Promise((resolve) => socket.write(rest, resolve));
  };

  /** An answer that waits until all that is to be done now is done: nearly always the next invocation is asked for before that. */
  let answer;
  let written = Promise.resolve();
  const take = () => {
    const taken = answer;
    answer = undefined;
    return taken;
  };
  const flush = () => {
    const frame = take();
    if (frame !== undefined) written = write(frame.subarray(0, frame.length - HEAD_BYTES));
    return written;
  };
  const send = (frame) => {
    answer = frame;
    process.nextTick(flush);
  };

  return {
    next() {
      const frame = take();
      if (frame !== undefined) requestNext.copy(frame, frame.length - HEAD_BYTES);
      void write(frame ?? requestNext);
      return new Promise((resolve) => (deliver = resolve));
    },
    response: (_id, text) => send(responseFrame(text)),
    error: (_id, payload) => send(errorFrame(ERROR, payload)),
    initError: (payload) => send(errorFrame(INIT_ERROR, payload)),
    flush,
    ref: () => socket.ref(),
    unref: () => socket.unref(),
  };
};
