import { LOG_LINE_CHARACTERS_MAX } from "../kit/limits/runtime.ts";
import { createLineReader, type Line } from "./log-lines.ts";

/** Type, length of the message, and microseconds since the epoch. */
const HEADER_BYTES = 4 + 4 + 8;
/** `0xa55a0003` and its kin: the last byte tells the message's level and whether it is JSON, which the message shows itself. */
const MAGIC = 0xa55a00;

/**
 * Cuts what a runtime client writes to `_LAMBDA_TELEMETRY_LOG_FD` into messages: one frame is one log event, whatever line breaks it has.
 * A message that is too long becomes several. What is no frame is read as lines from there on. Source: AWS's runtime interface clients.
 * While nothing is wanted it only looks where frames end: what comes after must not begin in the middle of one.
 */
export const createFrameReader = (onLine: (line: Line) => void, isWanted: () => boolean = () => true): ReturnType<typeof createLineReader> => {
  let buffered: Buffer = Buffer.alloc(0);
  /** Of the frame that is being read; undefined between two. */
  let left: number | undefined;
  let lines: ReturnType<typeof createLineReader> | undefined;

  const give = (bytes: Buffer) => {
    if (isWanted()) onLine({ text: bytes.toString("utf8").replace(/\n$/, ""), isFrame: true });
  };
  const readLines = (chunk: Buffer) => {
    if (isWanted()) lines?.read(chunk);
  };
  const take = (length: number): Buffer => {
    const taken = buffered.subarray(0, length);
    buffered = buffered.subarray(length);
    return taken;
  };
  /** True while there may be more to read. */
  const step = (): boolean => {
    if (left === undefined) {
      if (buffered.length < HEADER_BYTES) return false;
      const header = take(HEADER_BYTES);
      if (header.readUIntBE(0, 3) !== MAGIC) {
        lines = createLineReader(onLine);
        readLines(Buffer.concat([header, take(buffered.length)]));
        return false;
      }
      left = header.readUInt32BE(4);
    }
    const wanted = Math.min(left, LOG_LINE_CHARACTERS_MAX);
    if (buffered.length < wanted) return false;
    give(take(wanted));
    left = left === wanted ? undefined : left - wanted;
    return true;
  };

  return {
    read(chunk) {
      if (lines !== undefined) return readLines(chunk);
      buffered = buffered.length === 0 ? chunk : Buffer.concat([buffered, chunk]);
      while (step());
    },
    /** A frame of which the end is on its way is waited for. */
    flush: () => lines?.flush(),
    end() {
      lines?.end();
      if (buffered.length > 0) give(take(buffered.length));
    },
  };
};
