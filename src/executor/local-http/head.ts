import { METHODS } from "node:http";
import { addField, createFields, hasWord, type Fields } from "./fields.ts";
import type { LineTaker } from "./line-block.ts";
import { Refusal } from "./refusal.ts";

/** What stands before the body. */
export interface Head {
  method: string;
  /** The path with its query, also where the target was a whole URL. */
  url: string;
  headers: Fields;
  isHttp10: boolean;
  isKeptAlive: boolean;
  /** The client waits to be told before it sends the body. */
  isContinueExpected: boolean;
  /** Bytes of the body; a chunked one tells by itself where it ends. */
  length: number | "chunked";
}

const REQUEST_LINE = /^([A-Z-]+) ([!-~]+) HTTP\/1\.([01])$/;
/** After CONNECT, the bytes would be a tunnel's. */
const KNOWN: ReadonlySet<string> = new Set(METHODS.filter((method) => method !== "CONNECT"));
const WHOLE_URL = /^https?:\/\/[^/?#]*/i;
const [CR, A, Z] = [0x0d, 0x41, 0x5a];
const LENGTH = /^\d{1,15}$/;

const targetOf = (target: string): string => {
  if (target.startsWith("/") || target === "*") return target;
  const authority = WHOLE_URL.exec(target)?.[0];
  if (authority === undefined) throw new Refusal(400, "the request's target is neither a path nor a URL");
  const path = target.slice(authority.length);
  return path.startsWith("/") ? path : `/${path}`;
};

const lengthOf = (headers: Fields, isHttp10: boolean): Head["length"] => {
  const length = headers["content-length"];
  const encoding = headers["transfer-encoding"];
  if (encoding !== undefined) {
    if (length !== undefined) throw new Refusal(400, "the request has both a Content-Length and a Transfer-Encoding");
    if (isHttp10) throw new Refusal(400, "HTTP/1.0 has no Transfer-Encoding");
    if (encoding.toLowerCase() !== "chunked") throw new Refusal(501, "no Transfer-Encoding but chunked is understood");
    return "chunked";
  }
  if (length === undefined) return 0;
  if (!LENGTH.test(length)) throw new Refusal(400, "the Content-Length is no length");
  return Number(length);
};

const isContinueExpected = ({ expect }: Fields, isHttp10: boolean): boolean => {
  if (expect === undefined || isHttp10) return false;
  if (expect.toLowerCase() !== "100-continue") throw new Refusal(417, "nothing can be expected but 100-continue");
  return true;
};

/** A head that comes line by line. */
export class HeadLines implements LineTaker {
  #line: RegExpExecArray | undefined;
  readonly #headers = createFields();

  mayBegin(code: number): boolean {
    return this.#line !== undefined || code === CR || (code >= A && code <= Z);
  }

  /** Whether this line, the empty one, was the last. Empty lines before a request are what a client may have sent behind the one before. */
  take(line: string): boolean {
    if (line === "") return this.#line !== undefined;
    if (this.#line !== undefined) addField(this.#headers, line);
    else this.#begin(line);
    return false;
  }

  #begin(line: string): void {
    const found = REQUEST_LINE.exec(line);
    if (found === null || !KNOWN.has(found[1]!)) throw new Refusal(400, "the first line is no request line");
    this.#line = found;
  }

  get hasBegun(): boolean {
    return this.#line !== undefined;
  }

  head(): Head {
    const [, method, target, minor] = this.#line!;
    const headers = this.#headers;
    const isHttp10 = minor === "0";
    if (!isHttp10 && headers["host"] === undefined) throw new Refusal(400, "the request has no Host");
    const { connection } = headers;
    return {
      method: method!, url: targetOf(target!), headers, isHttp10,
      isKeptAlive: isHttp10 ? hasWord(connection, "keep-alive") && !hasWord(connection, "close") : !hasWord(connection, "close"),
      length: lengthOf(headers, isHttp10),
      isContinueExpected: isContinueExpected(headers, isHttp10),
    };
  }
}
