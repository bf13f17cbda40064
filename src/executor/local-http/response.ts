import { STATUS_CODES } from "node:http";
import { assert } from "../../kit/assert.ts";
import { wallNow } from "../../kit/clock.ts";

/** Who writes it, and knows what becomes of the connection. */
interface Conversation {
  answer(head: string, body: string | Buffer): void;
  /** Nobody listens to an answer any more, or perhaps nobody does. */
  readonly isGone: boolean;
  destroy(): void;
}

export type ResponseHeaders = Readonly<Record<string, string | number>>;

const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

let [second, date] = [0, ""];
/** A text is made once a second. */
const dateLine = (): string => {
  const now = Math.floor(wallNow() / 1_000);
  if (now !== second) [second, date] = [now, new Date(now * 1_000).toUTCString()];
  return `Date: ${date}\r\n`;
};

export const statusLine = (status: number): string => `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Unknown"}\r\n`;

/** The answer to one request: a head, and a body that is given at once. What says where it ends, and the date, need not be given. */
export class LocalResponse {
  readonly #conversation: Conversation;
  #head = "";
  #hasLength = false;
  #onClose: (() => void) | undefined;
  isEnded = false;

  constructor(conversation: Conversation) {
    this.#conversation = conversation;
  }

  writeHead(status: number, headers: ResponseHeaders = {}): this {
    let head = statusLine(status);
    for (const name of Object.keys(headers)) {
      const value = String(headers[name]);
      assert(VALUE.test(value), `the value of ${name} would break the head of an answer`);
      if (name === "Content-Length") this.#hasLength = true;
      head += `${name}: ${value}\r\n`;
    }
    this.#head = head;
    return this;
  }

  /** An answer that nobody waits for any more is dropped. */
  end(body: string | Buffer = ""): void {
    if (this.isEnded) return;
    assert(this.#head !== "", "an answer has a head before it ends");
    this.isEnded = true;
    this.#onClose = undefined;
    this.#conversation.answer(`${this.#head}${this.#hasLength ? "" : `Content-Length: ${Buffer.byteLength(body)}\r\n`}${dateLine()}`, body);
  }

  /**
   * Called when the client is gone before it was answered. A client that has only ended its own half cannot be told from one that has died: whoever asks for this
   * is told then, too. At once when it is so already.
   */
  once(_event: "close", listener: () => void): this {
    if (this.isEnded) return this;
    this.#onClose = listener;
    if (this.#conversation.isGone) {
      this.close();
      this.destroy();
    }
    return this;
  }

  /** Ends the connection instead of an answer. */
  destroy(): void {
    if (!this.isEnded) this.#conversation.destroy();
  }

  /** The connection's: somebody wants to know when the client is gone. */
  get isWatched(): boolean {
    return this.#onClose !== undefined;
  }

  /** The connection's: the client is gone. */
  close(): void {
    const listener = this.#onClose;
    this.#onClose = undefined;
    listener?.();
  }
}
