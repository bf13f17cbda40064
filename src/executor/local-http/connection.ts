import type { Socket } from "node:net";
import type { Fields } from "./fields.ts";
import type { Head } from "./head.ts";
import { Parser, type RequestEvents } from "./parser.ts";
import { Refusal } from "./refusal.ts";
import { LocalRequest } from "./request.ts";
import { LocalResponse, statusLine } from "./response.ts";
import { writeAnswer } from "./write-answer.ts";

export type Serve = (request: LocalRequest, response: LocalResponse) => void;

interface Needs {
  socket: Socket;
  serve: Serve;
  /** Bytes wait for the client to read them; or none do any more. */
  onClogged(connection: Connection, isClogged: boolean): void;
  onClosed(connection: Connection): void;
}

/** The request that is answered, its answer, and what its head says of the connection. */
interface Exchange {
  head: Head;
  request: LocalRequest;
  response: LocalResponse;
}

/** What a client may send ahead while its request is answered; the rest waits in the kernel. */
const AHEAD_BYTES_MAX = 16 * 1_024;

/**
 * One connection: a request is read and answered, then the next one, as AWS's agent does it. What came ahead waits, within bounds; so does everything
 * while the client does not read.
 */
export class Connection implements RequestEvents {
  readonly #needs: Needs;
  readonly #parser = new Parser(this);
  #rest: Buffer | undefined;
  #exchange: Exchange | undefined;
  #isReading = false;
  #isPaused = false;
  #isClogged = false;
  /** The client will send nothing more. */
  #hasEnded = false;
  /** Nothing more is read or answered. */
  #isOver = false;

  constructor(needs: Needs) {
    this.#needs = needs;
    const { socket } = needs;
    // A client that ends its own half still gets its answer.
    socket.allowHalfOpen = true;
    socket.setNoDelay(true);
    socket.on("data", (piece: Buffer) => {
      if (this.#isOver) return;
      this.#rest = this.#rest === undefined ? piece : Buffer.concat([this.#rest, piece]);
      this.#advance();
    });
    socket.on("drain", () => {
      this.#isClogged = false;
      needs.onClogged(this, false);
      this.#advance();
    });
    socket.on("end", () => {
      this.#hasEnded = true;
      if (this.#exchange?.request.isWhole === true && this.#exchange.response.isWatched) return this.destroy();
      this.#advance();
    });
    socket.on("error", () => this.destroy());
    socket.on("close", () => this.#close("the connection was closed"));
  }

  get isGone(): boolean {
    return this.#isOver || this.#hasEnded;
  }

  /** Bytes that the client has not read. */
  get unread(): number {
    return this.#needs.socket.writableLength;
  }

  destroy(): void {
    this.#needs.socket.destroy();
    this.#close("the connection was given up");
  }

  onHead(head: Head): void {
    if (head.isContinueExpected) this.#needs.socket.write("HTTP/1.1 100 Continue\r\n\r\n", "latin1");
    const [request, response] = [new LocalRequest(head, this), new LocalResponse(this)];
    this.#exchange = { head, request, response };
    this.#needs.serve(request, response);
  }

  onBody(piece: Buffer): void {
    this.#exchange?.request.push(piece);
  }

  onEnd(trailers: Fields): void {
    this.#exchange?.request.end(trailers);
    this.#settle();
  }

  onRoom(): void {
    this.#advance();
  }

  answer(head: string, body: string | Buffer): void {
    if (this.#exchange === undefined || this.#isOver) return;
    const { method, isHttp10, isKeptAlive } = this.#exchange.head;
    const whole = `${head}${isKeptAlive ? (isHttp10 ? "Connection: keep-alive\r\n" : "") : "Connection: close\r\n"}\r\n`;
    this.#write(whole, method === "HEAD" ? "" : body);
    this.#exchange.request.forget();
    this.#settle();
  }

  #write(head: string, body: string | Buffer): void {
    const { socket } = this.#needs;
    writeAnswer(socket, head, body);
    if (!socket.writableNeedDrain) return;
    this.#isClogged = true;
    this.#needs.onClogged(this, true);
  }

  /** Goes on to the next request when this one has come to its end, and so has its answer. */
  #settle(): void {
    if (this.#exchange === undefined || !this.#exchange.request.isWhole || !this.#exchange.response.isEnded) return;
    const { isKeptAlive } = this.#exchange.head;
    this.#exchange = undefined;
    if (isKeptAlive) this.#advance();
    else this.#finish();
  }

  #advance(): void {
    if (this.#isReading || this.#isOver) return;
    this.#isReading = true;
    try {
      while (this.#rest !== undefined && this.#mayRead && this.#readOn(this.#rest));
      if (this.#hasEnded && !this.#isOver) this.#afterEnd();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#refuse(error);
    } finally {
      this.#isReading = false;
    }
    this.#flow();
  }

  get #mayRead(): boolean {
    return !this.#isOver && !this.#isClogged && this.#exchange?.request.isWhole !== true;
  }

  /** Whether there may be more to read. */
  #readOn(bytes: Buffer): boolean {
    const end = this.#parser.read(bytes, 0);
    this.#rest = end === bytes.length || this.#isOver ? undefined : bytes.subarray(end);
    return end > 0;
  }

  /** All that will ever come has come. */
  #afterEnd(): void {
    if (this.#exchange?.request.isWhole === true || this.#isClogged) return;
    if (this.#parser.isInside(this.#rest)) throw new Refusal(400, "the client ended in the middle of a request");
    this.#finish();
  }

  #flow(): void {
    if (this.#isOver) return;
    const isFull = this.#isClogged || this.#exchange?.request.isFull === true || (this.#exchange?.request.isWhole === true && this.#ahead >= AHEAD_BYTES_MAX);
    if (isFull === this.#isPaused) return;
    this.#isPaused = isFull;
    if (isFull) this.#needs.socket.pause();
    else this.#needs.socket.resume();
  }

  /** Bytes that the client has sent beyond the request that is answered. */
  get #ahead(): number {
    return this.#rest?.length ?? 0;
  }

  #refuse({ status, message }: Refusal): void {
    if (this.#isOver) return;
    if (this.#exchange?.response.isEnded !== true) this.#write(`${statusLine(status)}Content-Length: 0\r\nConnection: close\r\n\r\n`, "");
    this.#finish(message);
  }

  /** Closes the connection behind what has been written. */
  #finish(reason = "the connection has ended"): void {
    this.#close(reason);
    this.#needs.socket.destroySoon();
  }

  #close(reason: string): void {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#rest = undefined;
      const exchange = this.#exchange;
      this.#exchange = undefined;
      exchange?.request.fail(reason);
      exchange?.response.close();
    }
    if (this.#needs.socket.destroyed) this.#needs.onClosed(this);
  }
}
