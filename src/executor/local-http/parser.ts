import { ChunkedBody } from "./chunked-body.ts";
import { createFields, type Fields } from "./fields.ts";
import { HeadLines, type Head } from "./head.ts";
import { LineBlock } from "./line-block.ts";

/** What a request consists of, in this order; a piece is its taker's to keep. */
export interface RequestEvents {
  onHead(head: Head): void;
  onBody(piece: Buffer): void;
  onEnd(trailers: Fields): void;
}

const NO_TRAILERS = Object.freeze(createFields());

/**
 * Reads requests of HTTP/1.1 (RFC 9112) as they come. The pieces that the bytes come in make no difference. As strict as node:http and stricter where a line
 * can be read in two ways: nobody who writes correct requests notices, and what is not understood is refused with a Refusal.
 */
export class Parser {
  readonly #events: RequestEvents;
  #head = new HeadLines();
  #block = new LineBlock(this.#head);
  /** Of a body that has a length: what is missing of it. */
  #left = 0;
  #chunked: ChunkedBody | undefined;
  /** Of a request whose head has been read. */
  #isInBody = false;

  constructor(events: RequestEvents) {
    this.#events = events;
  }

  /** Reads on, at most to the end of one request. Where it stopped: what is behind that is given again, with more. */
  read(bytes: Buffer, from: number): number {
    if (this.#isInBody) return this.#readBody(bytes, from);
    const at = this.#readHead(bytes, from);
    return this.#isInBody ? this.#readBody(bytes, at) : at;
  }

  /** It has read some of a request; `rest` is what it has not taken. */
  isInside(rest: Buffer | undefined): boolean {
    return this.#isInBody || this.#head.hasBegun || rest !== undefined;
  }

  #readHead(bytes: Buffer, from: number): number {
    const at = this.#block.read(bytes, from);
    if (!this.#block.isDone) return at;
    const head = this.#head.head();
    this.#head = new HeadLines();
    this.#block = new LineBlock(this.#head);
    this.#isInBody = true;
    if (head.length === "chunked") this.#chunked = new ChunkedBody();
    else this.#left = head.length;
    this.#events.onHead(head);
    return at;
  }

  #readBody(bytes: Buffer, from: number): number {
    if (this.#chunked !== undefined) return this.#readChunks(this.#chunked, bytes, from);
    const end = Math.min(bytes.length, from + this.#left);
    this.#left -= end - from;
    if (end > from) this.#events.onBody(from === 0 && end === bytes.length ? bytes : bytes.subarray(from, end));
    if (this.#left === 0) this.#end(NO_TRAILERS);
    return end;
  }

  #readChunks(chunked: ChunkedBody, bytes: Buffer, from: number): number {
    const at = chunked.read(bytes, from, (piece) => this.#events.onBody(piece));
    if (chunked.isDone) this.#end(chunked.trailers);
    return at;
  }

  #end(trailers: Fields): void {
    this.#isInBody = false;
    this.#chunked = undefined;
    this.#events.onEnd(trailers);
  }
}
