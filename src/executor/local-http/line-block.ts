import { Refusal } from "./refusal.ts";

/** Bytes of a head, and of trailers: node:http has the same bound. */
export const BLOCK_BYTES_MAX = 16 * 1_024;

const CR = 0x0d;

/** Who takes lines. */
export interface LineTaker {
  /** Whether a line can begin with this character: who speaks another protocol may send no whole line at all, and wait. */
  mayBegin(code: number): boolean;
  /** Whether this line was the last. */
  take(line: string): boolean;
}

/** The lines of a head or of trailers. Every line ends with CR and LF; what is not a whole line yet is not taken. */
export class LineBlock {
  readonly #taker: LineTaker;
  #taken = 0;
  isDone = false;

  constructor(taker: LineTaker) {
    this.#taker = taker;
  }

  /** Where it stopped: at the end of the last line, or where bytes are missing. */
  read(bytes: Buffer, from: number): number {
    const text = bytes.toString("latin1", from, Math.min(bytes.length, from + BLOCK_BYTES_MAX - this.#taken));
    let at = 0;
    while (!this.isDone) {
      if (at < text.length && !this.#taker.mayBegin(text.charCodeAt(at))) throw new Refusal(400, "no line begins so");
      const end = text.indexOf("\n", at);
      if (end < 0) break;
      if (end === at || text.charCodeAt(end - 1) !== CR) throw new Refusal(400, "a line ends without CR and LF");
      this.isDone = this.#taker.take(text.slice(at, end - 1));
      at = end + 1;
    }
    if (!this.isDone && this.#taken + text.length >= BLOCK_BYTES_MAX) throw new Refusal(431, `the head or the trailers are longer than ${BLOCK_BYTES_MAX} bytes`);
    this.#taken += at;
    return from + at;
  }
}
