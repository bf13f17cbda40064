import { addField, createFields } from "./fields.ts";
import { LineBlock, type LineTaker } from "./line-block.ts";
import { Refusal } from "./refusal.ts";

/** Bytes of all extensions of one body, and of one line with a size: they are read for nothing. node:http has the same bound for the first. */
const EXTENSION_BYTES_MAX = 16 * 1_024;
const SIZE = /^([0-9a-f]{1,13})((?:;[!#$%&'*+\-.^_`|~0-9a-z]+(?:=(?:[!#$%&'*+\-.^_`|~0-9a-z]+|"(?:[\t\x20!\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t\x20-\x7e\x80-\xff])*"))?)*)\r$/i;
const [CR, LF] = [0x0d, 0x0a];
/** They would say of a message that has been read where it ends. */
const FRAMING: readonly string[] = ["content-length", "transfer-encoding"];

/**
 * A body in chunks. All that one piece of the connection holds of it is handed on as one piece, put together where it lies: a client that sends it
 * byte by byte shall not make an object of each.
 */
export class ChunkedBody implements LineTaker {
  #awaits: "size" | "data" | "data's end" | "trailers" = "size";
  #left = 0;
  #extensionBytes = 0;
  readonly #lines = new LineBlock(this);
  readonly trailers = createFields();

  get isDone(): boolean {
    return this.#lines.isDone;
  }

  /** Where it stopped: at the end of the body, or where bytes are missing. */
  read(bytes: Buffer, from: number, give: (piece: Buffer) => void): number {
    const gathered = { start: from, end: from };
    try {
      for (let at = from; ; ) {
        const next = this.#step(bytes, at, gathered);
        if (this.isDone || next === at) return next;
        at = next;
      }
    } finally {
      if (gathered.end > gathered.start) give(bytes.subarray(gathered.start, gathered.end));
    }
  }

  #step(bytes: Buffer, at: number, gathered: { start: number; end: number }): number {
    switch (this.#awaits) {
      case "size":
        return this.#readSize(bytes, at);
      case "data": {
        const length = Math.min(this.#left, bytes.length - at);
        if (gathered.end === gathered.start) gathered.start = gathered.end = at;
        else bytes.copyWithin(gathered.end, at, at + length);
        gathered.end += length;
        this.#left -= length;
        if (this.#left === 0) this.#awaits = "data's end";
        return at + length;
      }
      case "data's end":
        return this.#readDataEnd(bytes, at);
      case "trailers":
        return this.#lines.read(bytes, at);
    }
  }

  #readSize(bytes: Buffer, at: number): number {
    const end = bytes.indexOf(LF, at);
    if ((end < 0 ? bytes.length : end) - at > EXTENSION_BYTES_MAX) throw new Refusal(413, "the extensions of a chunk are too long");
    if (end < 0) return at;
    const found = SIZE.exec(bytes.toString("latin1", at, end));
    if (found === null) throw new Refusal(400, "a chunk does not begin with its size");
    this.#extensionBytes += found[2]!.length;
    if (this.#extensionBytes > EXTENSION_BYTES_MAX) throw new Refusal(413, "the extensions of the chunks are too long");
    this.#left = Number.parseInt(found[1]!, 16);
    this.#awaits = this.#left === 0 ? "trailers" : "data";
    return end + 1;
  }

  #readDataEnd(bytes: Buffer, at: number): number {
    if (at < bytes.length && bytes[at] !== CR) throw new Refusal(400, "a chunk is longer than its size");
    if (at + 1 >= bytes.length) return at;
    if (bytes[at + 1] !== LF) throw new Refusal(400, "a chunk is longer than its size");
    this.#awaits = "size";
    return at + 2;
  }

  mayBegin(): boolean {
    return true;
  }

  /** A line behind the last chunk. */
  take(line: string): boolean {
    if (line === "") return true;
    addField(this.trailers, line);
    if (FRAMING.some((name) => this.trailers[name] !== undefined)) throw new Refusal(400, "a trailer says where the message ends");
    return false;
  }
}
