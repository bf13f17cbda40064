import { PATTERN_SET_STEPS_MAX } from "../../kit/limits/patterns.ts";
import { PatternTooCostly } from "../errors.ts";
import type { Numbers } from "../numeric.ts";
import type { Scalar } from "../wanted.ts";
import { fold } from "../value-tests.ts";
import { toByteText, unescapeInto, utf8 } from "./byte-text.ts";
import { ESCAPED_TEXT, EventScan, NULL, NUMBER, TRUE } from "./event-scan.ts";

const ROOM_FIRST = 1_024;
/** Sixteen bytes are looked at in one step: a power of two. */
const BYTES_OF_STEP = 4;
const ASCII_MAX = 0x7f;
/** Decimal digits that a double has exactly, and so many powers of ten. */
const EXACT_DIGITS = 15;
const EXACT_POWERS = Array.from({ length: EXACT_DIGITS + 1 }, (_, exponent) => 10 ** exponent);

const withRoom = (buffer: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> => (buffer.length >= length ? buffer : new Uint8Array(length * 2));

/** What stands where an occurrence is: a text's bytes (`view` from `from` to `to`), a number. Each is made when it is first asked for. */
export class EventValues extends EventScan {
  view: Uint8Array = new Uint8Array(0);
  from = 0;
  to = 0;
  #unescaped = new Uint8Array(ROOM_FIRST);
  #unescapedOf = -1;
  #unescapedLength = 0;
  #folded = new Uint8Array(ROOM_FIRST);
  #foldedOf = -1;
  #foldedLength = 0;
  #numberOf = -1;
  #number = 0;
  #steps = 0;
  readonly #numbers: Numbers;

  constructor(numbers: Numbers) {
    super();
    this.#numbers = numbers;
  }

  /** Takes from what the event may cost. Throws PatternTooCostly. */
  spend(steps: number): void {
    this.#steps -= steps;
    if (this.#steps < 0) throw new PatternTooCostly("the patterns have too many conditions for an event with arrays and texts as long as this one's");
  }

  get spent(): number {
    return PATTERN_SET_STEPS_MAX - this.#steps;
  }

  /** Steps to look at an occurrence. */
  costOf(at: number): number {
    return 1 + ((this.end[at]! - this.start[at]!) >> BYTES_OF_STEP);
  }

  /** Forgets what the event before was. */
  begin(): void {
    this.#steps = PATTERN_SET_STEPS_MAX;
    this.#unescapedOf = -1;
    this.#foldedOf = -1;
    this.#numberOf = -1;
  }

  isText(at: number): boolean {
    return this.kind[at]! <= ESCAPED_TEXT;
  }

  /** Shows a text's bytes. */
  load(at: number): void {
    if (this.kind[at] !== ESCAPED_TEXT) {
      this.view = this.bytes;
      this.from = this.start[at]!;
      this.to = this.end[at]!;
      return;
    }
    if (this.#unescapedOf !== at) {
      this.#unescaped = withRoom(this.#unescaped, this.end[at]! - this.start[at]!);
      this.#unescapedLength = unescapeInto(this.#unescaped, this.bytes, this.start[at]!, this.end[at]!);
      this.#unescapedOf = at;
    }
    this.view = this.#unescaped;
    this.from = 0;
    this.to = this.#unescapedLength;
  }

  /** Shows the bytes of a text whose case is ignored. */
  loadFolded(at: number): void {
    if (this.#foldedOf !== at) {
      this.load(at);
      this.#folded = withRoom(this.#folded, this.to - this.from);
      if (!this.#foldAscii()) this.#foldAny(at);
      this.#foldedOf = at;
    }
    this.view = this.#folded;
    this.from = 0;
    this.to = this.#foldedLength;
  }

  #foldAscii(): boolean {
    const { view, from, to } = this;
    const folded = this.#folded;
    for (let at = from; at < to; at++) {
      const byte = view[at]!;
      if (byte > ASCII_MAX) return false;
      folded[at - from] = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
    }
    this.#foldedLength = to - from;
    return true;
  }

  #foldAny(at: number): void {
    const bytes = toByteText(fold(this.text(at)));
    this.#folded = withRoom(this.#folded, bytes.length);
    for (let index = 0; index < bytes.length; index++) this.#folded[index] = bytes.charCodeAt(index);
    this.#foldedLength = bytes.length;
  }

  /** A text as JSON.parse has it. */
  text(at: number): string {
    if (this.kind[at] === ESCAPED_TEXT) return JSON.parse(utf8.decode(this.bytes.subarray(this.start[at]! - 1, this.end[at]! + 1))) as string;
    return utf8.decode(this.bytes.subarray(this.start[at]!, this.end[at]!));
  }

  /** A number as it is compared: what JSON.parse makes of it, or what that is to patterns. */
  numberAt(at: number): number {
    if (this.#numberOf !== at) {
      this.#number = this.#numbers.asCompared(this.#parse(this.start[at]!, this.end[at]!));
      this.#numberOf = at;
    }
    return this.#number;
  }

  /** With few digits, both what they are as an integer and the power of ten are exact, and so one division rounds as it shall. */
  #parse(start: number, end: number): number {
    const { bytes } = this;
    const isNegative = bytes[start] === 0x2d;
    let digits = 0;
    let point = -1;
    let count = 0;
    for (let at = isNegative ? start + 1 : start; at < end; at++) {
      const byte = bytes[at]!;
      if (byte === 0x2e) point = count;
      else if (byte > 0x39 || byte < 0x30 || ++count > EXACT_DIGITS) return Number(utf8.decode(bytes.subarray(start, end)));
      else digits = digits * 10 + byte - 0x30;
    }
    const value = point < 0 ? digits : digits / EXACT_POWERS[count - point]!;
    return isNegative ? -value : value;
  }

  scalar(at: number): Scalar {
    const kind = this.kind[at]!;
    if (kind <= ESCAPED_TEXT) return this.text(at);
    if (kind === NUMBER) return this.numberAt(at);
    return kind === NULL ? null : kind === TRUE;
  }
}
