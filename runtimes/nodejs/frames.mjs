// What travels on the channel to the platform: frames, as src/executor/frames.ts tells.

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

export const writeHead = (frame, kind, bodyBytes, at = 0) => {
  frame.writeUInt32BE(bodyBytes, at);
  frame[at + LENGTH_BYTES] = kind;
};

/** Takes what comes, piece by piece, and gives each frame that is whole, in memory of its own. */
export const createFrameReader = (take) => {
  let held = Buffer.alloc(0);
  let heldBytes = 0;
  const room = (bytes) => {
    if (held.length >= bytes) return;
    const larger = Buffer.allocUnsafeSlow(bytes);
    held.copy(larger, 0, 0, heldBytes);
    held = larger;
  };
  /** How much of the piece belongs to the frame. */
  const hold = (piece, frameBytes) => {
    room(frameBytes);
    const bytes = piece.copy(held, heldBytes, 0, frameBytes - heldBytes);
    heldBytes += bytes;
    return bytes;
  };
  return (given) => {
    for (let piece = given; piece.length > 0; ) {
      if (heldBytes < HEAD_BYTES) {
        const frameBytes = heldBytes === 0 && piece.length >= HEAD_BYTES ? HEAD_BYTES + piece.readUInt32BE(0) : Infinity;
        if (piece.length >= frameBytes) {
          take(Buffer.from(piece.subarray(0, frameBytes)));
          piece = piece.subarray(frameBytes);
          continue;
        }
        piece = piece.subarray(hold(piece, HEAD_BYTES));
        if (heldBytes < HEAD_BYTES) continue;
      }
      const frameBytes = HEAD_BYTES + held.readUInt32BE(0);
      piece = piece.subarray(hold(piece, frameBytes));
      if (heldBytes < frameBytes) continue;
      const frame = held;
      held = Buffer.alloc(0);
      heldBytes = 0;
      take(frame.subarray(0, frameBytes));
    }
  };
};
