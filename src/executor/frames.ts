/**
 * What travels on the channel between this server and a runtime client of ours: frames. A frame is the length of its body (four bytes, the highest first), a byte
 * that says its kind, and the body. All texts but payloads and the environment are ASCII.
 *
 *     to the client
 *     WAKE        the whole environment, NAME=value, each ended by a zero byte: to a runtime that waits, before anything else
 *     INVOCATION  the length of its head (four bytes); the head, of seven lines: request id, deadline in milliseconds, function ARN, trace id, client context,
 *                 cognito identity, tenant id, empty where there is none; the payload
 *     from the client
 *     NEXT        nothing: it is ready for an invocation
 *     RESPONSE    the payload: the answer to the invocation that it has
 *     ERROR       the length of its type (four bytes), the type, the payload: that invocation's error
 *     INIT_ERROR  the same, of INIT
 */
export const WAKE = 1;
export const INVOCATION = 2;
export const NEXT = 3;
export const RESPONSE = 4;
export const ERROR = 5;
export const INIT_ERROR = 6;

/** Length and kind. */
export const HEAD_BYTES = 5;
/** Of a length. */
export const LENGTH_BYTES = 4;

export const writeHead = (frame: Buffer, kind: number, bodyBytes: number): void => {
  frame.writeUInt32BE(bodyBytes, 0);
  frame[LENGTH_BYTES] = kind;
};

interface Reading {
  /** Bytes that the body of such a frame may have; undefined where there is no such kind. */
  bytesMax(kind: number): number | undefined;
  /** A body that is longer than it may be was read and not kept: it is undefined. */
  take(kind: number, body: Buffer | undefined): void;
}

/**
 * Reads what comes, piece by piece. False: these are no frames, and nothing behind can be read. Holds one body at most, as large as it may be: whoever
 * writes is not to be trusted.
 */
export const createFrameReader = ({ bytesMax, take }: Reading): ((chunk: Buffer) => boolean) => {
  const head = Buffer.alloc(HEAD_BYTES);
  let headBytes = 0;
  let bodyBytes = 0;
  let readBytes = 0;
  let isKept = false;
  let body: Buffer | undefined;

  const begin = (): boolean => {
    bodyBytes = head.readUInt32BE(0);
    readBytes = 0;
    const most = bytesMax(head[LENGTH_BYTES]!);
    isKept = most !== undefined && bodyBytes <= most;
    return most !== undefined;
  };
  const finish = (whole: Buffer | undefined) => {
    headBytes = 0;
    body = undefined;
    take(head[LENGTH_BYTES]!, whole);
  };
  /** What of the body is in this piece; how much that is. */
  const readBody = (chunk: Buffer, at: number): number => {
    const bytes = Math.min(bodyBytes - readBytes, chunk.length - at);
    if (bytes === bodyBytes) finish(isKept ? chunk.subarray(at, at + bytes) : undefined);
    else {
      if (isKept) chunk.copy((body ??= Buffer.allocUnsafeSlow(bodyBytes)), readBytes, at, at + bytes);
      readBytes += bytes;
      if (readBytes === bodyBytes) finish(body);
    }
    return bytes;
  };

  return (chunk) => {
    let at = 0;
    while (at < chunk.length) {
      if (headBytes === HEAD_BYTES) {
        at += readBody(chunk, at);
        continue;
      }
      const bytes = chunk.copy(head, headBytes, at, at + HEAD_BYTES - headBytes);
      at += bytes;
      headBytes += bytes;
      if (headBytes < HEAD_BYTES) continue;
      if (!begin()) return false;
      if (bodyBytes === 0) finish(Buffer.alloc(0));
    }
    return true;
  };
};
