import { MSG_CMSG_CLOEXEC, SCM_CREDENTIALS, SCM_RIGHTS, SOL_SOCKET } from "./libc.mjs";

const DATA_BYTES = 4096;
const CONTROL_BYTES = 256;
/** struct msghdr and struct iovec of 64 bits. */
const MESSAGE = { bytes: 56, vector: 16, vectorLength: 24, control: 32, controlLength: 40, flags: 48 };
const VECTOR = { bytes: 16, base: 0, length: 8 };
/** struct cmsghdr: the length with itself, the level, the type; each is padded to 8 bytes. */
const CONTROL = { bytes: 16, length: 0, level: 8, type: 12 };
const INT = 4;
const MSG_CTRUNC = 8;
const padded = (bytes) => Math.ceil(bytes / 8) * 8;

/**
 * Waits for a message on a socket, with the descriptors that came with it and the process that sent it. It blocks, so that the event loop has never run when
 * a process is copied.
 */
export const createReceiver = (libc) => {
  // Larger than what V8 may keep within its own heap, where it would move.
  const [data, control, message, vector] = [DATA_BYTES, CONTROL_BYTES, 128, 128].map((bytes) => Buffer.alloc(bytes));
  const point = (buffer, at, target) => buffer.writeBigUInt64LE(BigInt(libc.addressOf(target)), at);
  point(vector, VECTOR.base, data);
  point(message, MESSAGE.vector, vector);
  point(message, MESSAGE.control, control);
  message.writeBigUInt64LE(1n, MESSAGE.vectorLength);

  const parts = function* () {
    const end = Number(message.readBigUInt64LE(MESSAGE.controlLength));
    for (let at = 0; at + CONTROL.bytes <= end; ) {
      const length = Number(control.readBigUInt64LE(at + CONTROL.length));
      if (control.readInt32LE(at + CONTROL.level) === SOL_SOCKET) yield { type: control.readInt32LE(at + CONTROL.type), body: control.subarray(at + CONTROL.bytes, at + length) };
      at += padded(length);
    }
  };

  /** `text` is empty when there will be no more. */
  return (descriptor) => {
    // Here, and not once: what no function refers to is freed, whoever has its address.
    vector.writeBigUInt64LE(BigInt(DATA_BYTES), VECTOR.length);
    message.writeBigUInt64LE(BigInt(CONTROL_BYTES), MESSAGE.controlLength);
    const count = libc.recvmsg(descriptor, message, MSG_CMSG_CLOEXEC);
    const received = { text: data.toString("utf8", 0, count), descriptors: [], pid: undefined };
    for (const { type, body } of parts()) {
      if (type === SCM_RIGHTS) for (let at = 0; at < body.length; at += INT) received.descriptors.push(body.readInt32LE(at));
      if (type === SCM_CREDENTIALS) received.pid = body.readInt32LE(0);
    }
    if ((message.readInt32LE(MESSAGE.flags) & MSG_CTRUNC) !== 0) throw new Error("a message came with more descriptors than can be taken");
    return received;
  };
};
