import type { Fields } from "./fields.ts";
import { Gathering } from "./gathering.ts";
import type { Head } from "./head.ts";

/** What a request is part of. */
interface Conversation {
  /** A piece has been taken, or is not wanted: there is room for more. */
  onRoom(): void;
  destroy(): void;
}

/** What is kept of a body that nobody has asked for, or that is taken slowly; the rest waits in the connection. */
const KEPT_BYTES_MAX = 64 * 1_024;
const KEPT_PIECES_MAX = 16;
/** A small piece holds all that came together with it. */
const heldBy = (piece: Buffer): number => piece.buffer.byteLength;

/**
 * One request; its body comes behind it. It is read whole with `body`, or piece by piece, no faster than it is taken, with `for await`; one of the two, once. One that nobody has asked for
 * when the answer is given is read to its end and forgotten.
 */
export class LocalRequest implements AsyncIterable<Buffer> {
  readonly #head: Head;
  readonly #conversation: Conversation;
  #pieces: Buffer[] = [];
  #keptBytes = 0;
  #gathering: Gathering | undefined;
  #isUnwanted = false;
  #isAskedFor = false;
  #failure: Error | undefined;
  /** Who waits for the next piece, or for the end. */
  #wake: (() => void) | undefined;
  /** Behind a chunked body; there when the body has been read to its end. */
  trailers: Readonly<Fields> = Object.freeze({});
  /** All of it has come. */
  isWhole = false;

  constructor(head: Head, conversation: Conversation) {
    this.#head = head;
    this.#conversation = conversation;
  }

  get method(): string {
    return this.#head.method;
  }
  get url(): string {
    return this.#head.url;
  }
  get headers(): Readonly<Partial<Fields>> {
    return this.#head.headers;
  }

  /** The whole body, or undefined when it is longer than it may be: the rest is read, and not kept. Rejects when it breaks off. */
  async body(bytesMax: number): Promise<Buffer | undefined> {
    this.#isAskedFor = true;
    const gathering = new Gathering(bytesMax, this.#head.length);
    for (const piece of this.#takeAll()) gathering.add(piece);
    this.#gathering = gathering;
    this.#conversation.onRoom();
    if (!this.isWhole && this.#failure === undefined) await this.#more();
    if (this.#failure !== undefined) throw this.#failure;
    return gathering.whole;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer, void, undefined> {
    this.#isAskedFor = true;
    try {
      for (;;) {
        const piece = this.#pieces.shift();
        if (piece !== undefined) {
          this.#keptBytes -= heldBy(piece);
          this.#conversation.onRoom();
          yield piece;
        } else if (this.#failure !== undefined) throw this.#failure;
        else if (this.isWhole) return;
        else await this.#more();
      }
    } finally {
      this.destroy();
    }
  }

  /** Reads what is left to its end, and forgets it. */
  resume(): void {
    this.#isUnwanted = true;
    this.#takeAll();
    this.#conversation.onRoom();
  }

  /** Ends the connection, unless all of the request has come. */
  destroy(): void {
    if (!this.isWhole) this.#conversation.destroy();
  }

  /** The connection's: whether it shall wait with more. */
  get isFull(): boolean {
    return this.#keptBytes >= KEPT_BYTES_MAX || this.#pieces.length >= KEPT_PIECES_MAX;
  }

  /** The connection's: a piece has come. */
  push(piece: Buffer): void {
    if (this.#isUnwanted) return;
    if (this.#gathering !== undefined) return this.#gathering.add(piece);
    this.#pieces.push(piece);
    this.#keptBytes += heldBy(piece);
    this.#wake?.();
  }

  /** The connection's: all has come. */
  end(trailers: Readonly<Fields>): void {
    this.trailers = trailers;
    this.isWhole = true;
    this.#wake?.();
  }

  /** The connection's: the rest will not come. */
  fail(reason: string): void {
    if (this.isWhole) return;
    this.#failure = new Error(`the request's body broke off: ${reason}`);
    this.#wake?.();
  }

  /** The connection's: it has been answered. */
  forget(): void {
    if (!this.#isAskedFor) this.resume();
  }

  #takeAll(): Buffer[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#keptBytes = 0;
    return pieces;
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
