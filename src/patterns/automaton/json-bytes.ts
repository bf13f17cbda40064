/**
 * Steps over JSON in UTF-8, from where something begins to behind its end, without making anything of it. What is taken is what JSON.parse takes; MalformedEvent is thrown for the rest. Behind the
 * end there is nothing that any step would take, so none looks whether it is there.
 */
import { MalformedEvent } from "../errors.ts";

export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
export const COMMA = 0x2c;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;
export const OPEN_ARRAY = 0x5b;
export const CLOSE_ARRAY = 0x5d;
const COLON = 0x3a;
const SPACE = 0x20;

/** 1 for what stands for itself in a string. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= SPACE && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0));
const ESCAPES = new Set([..."\"\\/bfnrt"].map((letter) => letter.charCodeAt(0)));
const LITERALS: Record<number, string> = { 0x74: "true", 0x66: "false", 0x6e: "null" };
const DEPTH_FIRST = 64;

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;
const isHex = (byte: number): boolean => isDigit(byte) || (byte >= 0x61 && byte <= 0x66) || (byte >= 0x41 && byte <= 0x46);

export const refuse = (bytes: Uint8Array, at: number): never => {
  throw new MalformedEvent(at < bytes.length ? `the event is no JSON: what stands at byte ${at} is not expected there` : "the event is no JSON: it ends too early");
};

export const skipSpace = (bytes: Uint8Array, from: number): number => {
  let at = from;
  while (bytes[at]! <= SPACE && (bytes[at] === SPACE || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09)) at++;
  return at;
};

const skipEscape = (bytes: Uint8Array, at: number): number => {
  if (ESCAPES.has(bytes[at + 1]!)) return at + 2;
  const isUnit = bytes[at + 1] === 0x75 && isHex(bytes[at + 2]!) && isHex(bytes[at + 3]!) && isHex(bytes[at + 4]!) && isHex(bytes[at + 5]!);
  return isUnit ? at + 6 : refuse(bytes, at);
};

/** From behind the first quotation mark to the last one; its complement (~) where anything in between is escaped. */
export const endOfString = (bytes: Uint8Array, from: number): number => {
  let at = from;
  while (PLAIN[bytes[at]!] === 1) at++;
  return bytes[at] === QUOTE ? at : ~endOfEscapedString(bytes, at);
};

const endOfEscapedString = (bytes: Uint8Array, from: number): number => {
  let at = from;
  while (bytes[at] !== QUOTE) {
    if (bytes[at] !== BACKSLASH) refuse(bytes, at);
    at = skipEscape(bytes, at);
    while (PLAIN[bytes[at]!] === 1) at++;
  }
  return at;
};

export const skipString = (bytes: Uint8Array, from: number): number => {
  const end = endOfString(bytes, from);
  return (end < 0 ? ~end : end) + 1;
};

/** From the first digit, which has to be one. */
const skipDigits = (bytes: Uint8Array, from: number): number => {
  let at = from;
  if (!isDigit(bytes[at]!)) refuse(bytes, at);
  do at++;
  while (isDigit(bytes[at]!));
  return at;
};

const skipExponent = (bytes: Uint8Array, from: number): number => skipDigits(bytes, bytes[from] === 0x2b || bytes[from] === 0x2d ? from + 1 : from);

const skipNumber = (bytes: Uint8Array, from: number): number => {
  let at = bytes[from] === 0x2d ? from + 1 : from;
  at = bytes[at] === 0x30 ? at + 1 : skipDigits(bytes, at);
  if (bytes[at] === 0x2e) at = skipDigits(bytes, at + 1);
  return bytes[at] === 0x65 || bytes[at] === 0x45 ? skipExponent(bytes, at + 1) : at;
};

const skipLiteral = (bytes: Uint8Array, from: number): number => {
  const literal = LITERALS[bytes[from]!] ?? refuse(bytes, from);
  for (let index = 1; index < literal.length; index++) if (bytes[from + index] !== literal.charCodeAt(index)) refuse(bytes, from + index);
  return from + literal.length;
};

/** A text, a number or a literal. */
export const skipScalar = (bytes: Uint8Array, from: number): number => {
  const byte = bytes[from]!;
  if (byte === QUOTE) return skipString(bytes, from + 1);
  return byte <= 0x39 ? skipNumber(bytes, from) : skipLiteral(bytes, from);
};

/** From behind a name to the first byte of its value. */
export const skipColon = (bytes: Uint8Array, from: number): number => {
  const at = bytes[from] === COLON ? from : skipSpace(bytes, from);
  if (bytes[at] !== COLON) refuse(bytes, at);
  return bytes[at + 1]! > SPACE ? at + 1 : skipSpace(bytes, at + 1);
};

const skipName = (bytes: Uint8Array, from: number): number => (bytes[from] === QUOTE ? skipColon(bytes, skipString(bytes, from + 1)) : refuse(bytes, from));

/** The brackets that are open where a value is stepped over. */
let open = new Uint8Array(DEPTH_FIRST);

const push = (depth: number, bracket: number): void => {
  if (depth === open.length) {
    const more = new Uint8Array(depth * 2);
    more.set(open);
    open = more;
  }
  open[depth] = bracket;
};

/** Any value. However deep it is, it needs no more of the stack. */
export const skipValue = (bytes: Uint8Array, from: number): number => {
  const first = bytes[from]!;
  return first === OPEN_OBJECT || first === OPEN_ARRAY ? skipContainer(bytes, from) : skipScalar(bytes, from);
};

const skipContainer = (bytes: Uint8Array, from: number): number => {
  let at = from;
  let depth = 0;
  for (;;) {
    const byte = bytes[at]!;
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      at = bytes[at + 1]! > SPACE ? at + 1 : skipSpace(bytes, at + 1);
      if (bytes[at] !== byte + 2) {
        push(depth++, byte);
        if (byte === OPEN_OBJECT) at = skipName(bytes, at);
        continue;
      }
      at++;
    } else at = byte === QUOTE ? skipString(bytes, at + 1) : byte <= 0x39 ? skipNumber(bytes, at) : skipLiteral(bytes, at);
    for (;;) {
      if (depth === 0) return at;
      if (bytes[at] !== COMMA) at = skipSpace(bytes, at);
      const bracket = open[depth - 1]!;
      if (bytes[at] === COMMA) {
        at = bytes[at + 1]! > SPACE ? at + 1 : skipSpace(bytes, at + 1);
        if (bracket === OPEN_OBJECT) at = skipName(bytes, at);
        break;
      }
      if (bytes[at] !== bracket + 2) refuse(bytes, at);
      at++;
      depth--;
    }
  }
};
