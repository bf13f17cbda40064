import { MalformedEvent } from "../errors.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const OPEN_ARRAY = 0x5b;

/** 1 for what stands for itself in a string. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0));
const ESCAPES = new Set([..."\"\\/bfnrt"].map((letter) => letter.charCodeAt(0)));
const LITERALS: Record<number, string> = { 0x74: "true", 0x66: "false", 0x6e: "null" };
const DEPTH_FIRST = 64;

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
const isHex = (byte: number): boolean => isDigit(byte) || (byte >= 0x61 && byte <= 0x66) || (byte >= 0x41 && byte <= 0x46);

/**
 * Steps over JSON in UTF-8, value by value, without making anything of it. It takes what JSON.parse takes. Behind the end there is nothing that any step would take, so none looks whether it is there.
 */
export class JsonBytes {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  /** The brackets that are open where a value is stepped over. */
  #open = new Uint8Array(DEPTH_FIRST);

  fail(): never {
    throw new MalformedEvent(this.at < this.bytes.length ? `the event is no JSON: what stands at byte ${this.at} is not expected there` : "the event is no JSON: it ends too early");
  }

  skipSpace(): void {
    const { bytes } = this;
    let at = this.at;
    for (;;) {
      const byte = bytes[at]!;
      if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) break;
      at++;
    }
    this.at = at;
  }

  /** From behind the first quotation mark to behind the last. Returns whether anything in it is escaped. */
  skipString(): boolean {
    const { bytes } = this;
    let at = this.at;
    let isEscaped = false;
    for (;;) {
      while (PLAIN[bytes[at]!] === 1) at++;
      this.at = at;
      if (bytes[at] === QUOTE) break;
      if (bytes[at] !== BACKSLASH) this.fail();
      isEscaped = true;
      at = this.#behindEscape(at);
    }
    this.at = at + 1;
    return isEscaped;
  }

  #behindEscape(at: number): number {
    const { bytes } = this;
    if (ESCAPES.has(bytes[at + 1]!)) return at + 2;
    const isUnit = bytes[at + 1] === 0x75 && isHex(bytes[at + 2]!) && isHex(bytes[at + 3]!) && isHex(bytes[at + 4]!) && isHex(bytes[at + 5]!);
    return isUnit ? at + 6 : this.fail();
  }

  skipNumber(): void {
    const { bytes } = this;
    if (bytes[this.at] === 0x2d) this.at++;
    if (bytes[this.at] === 0x30) this.at++;
    else this.#skipDigits();
    if (bytes[this.at] === 0x2e) {
      this.at++;
      this.#skipDigits();
    }
    if ((bytes[this.at]! | 0x20) !== 0x65) return;
    this.at++;
    if (bytes[this.at] === 0x2b || bytes[this.at] === 0x2d) this.at++;
    this.#skipDigits();
  }

  #skipDigits(): void {
    const { bytes } = this;
    let at = this.at;
    if (!isDigit(bytes[at]!)) this.fail();
    while (isDigit(bytes[at]!)) at++;
    this.at = at;
  }

  skipLiteral(): void {
    const literal = LITERALS[this.bytes[this.at]!] ?? this.fail();
    for (let index = 1; index < literal.length; index++) if (this.bytes[this.at + index] !== literal.charCodeAt(index)) this.fail();
    this.at += literal.length;
  }

  /** From the first byte of a text, a number or a literal. */
  skipScalar(): void {
    const byte = this.bytes[this.at]!;
    if (byte === QUOTE) {
      this.at++;
      this.skipString();
    } else if (isDigit(byte) || byte === 0x2d) this.skipNumber();
    else this.skipLiteral();
  }

  /** From behind a name, or its first quotation mark, to the first byte of its value. */
  skipColon(): void {
    this.skipSpace();
    if (this.bytes[this.at] !== COLON) this.fail();
    this.at++;
    this.skipSpace();
  }

  #skipName(): void {
    if (this.bytes[this.at] !== QUOTE) this.fail();
    this.at++;
    this.skipString();
    this.skipColon();
  }

  /** From the first byte of a value to behind the last. However deep it is, it needs no more of the stack. */
  skipValue(): void {
    let depth = 0;
    do {
      const byte = this.bytes[this.at]!;
      if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        this.at++;
        this.skipSpace();
        if (this.bytes[this.at] === byte + 2) this.at++;
        else {
          this.#push(depth++, byte);
          if (byte === OPEN_OBJECT) this.#skipName();
          continue;
        }
      } else this.skipScalar();
      depth = this.#skipCloses(depth);
    } while (depth > 0);
  }

  #push(depth: number, bracket: number): void {
    if (depth === this.#open.length) {
      const more = new Uint8Array(depth * 2);
      more.set(this.#open);
      this.#open = more;
    }
    this.#open[depth] = bracket;
  }

  /** Behind a value: to the next one in what is open, or out of all. Returns what is still open. */
  #skipCloses(open: number): number {
    let depth = open;
    while (depth > 0) {
      this.skipSpace();
      const bracket = this.#open[depth - 1]!;
      const byte = this.bytes[this.at];
      if (byte === COMMA) {
        this.at++;
        this.skipSpace();
        if (bracket === OPEN_OBJECT) this.#skipName();
        return depth;
      }
      if (byte !== bracket + 2) this.fail();
      this.at++;
      depth--;
    }
    return 0;
  }
}
