/** Bytes are written as a text of one character for each: it takes as many bytes of memory, and can be compared with an event's. */

const HIGH = 0xd800;
const LOW = 0xdc00;
const SURROGATES_END = 0xe000;

const isHigh = (unit: number): boolean => unit >= HIGH && unit < LOW;
const isLow = (unit: number): boolean => unit >= LOW && unit < SURROGATES_END;

export const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** The text's UTF-8. Half of a surrogate pair is encoded like any other character, which no event's own UTF-8 has. */
export const toByteText = (text: string): string => {
  if (text.isWellFormed()) return Buffer.from(text).toString("latin1");
  const bytes = new Uint8Array(text.length * 3);
  let length = 0;
  for (let index = 0; index < text.length; index++) {
    const point = text.codePointAt(index)!;
    if (point > 0xffff) index++;
    length = putPoint(bytes, length, point);
  }
  return Buffer.from(bytes.buffer, 0, length).toString("latin1");
};

/** Returns where the next one goes. */
const putPoint = (into: Uint8Array, at: number, point: number): number => {
  if (point < 0x80) {
    into[at] = point;
    return at + 1;
  }
  const more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  into[at] = [0xc0, 0xe0, 0xf0][more - 1]! | (point >> (more * 6));
  for (let left = more - 1; left >= 0; left--) into[at + more - left] = 0x80 | ((point >> (left * 6)) & 0x3f);
  return at + more + 1;
};

const ESCAPED = new Map([["b", 8], ["f", 12], ["n", 10], ["r", 13], ["t", 9]].map(([letter, byte]) => [(letter as string).charCodeAt(0), byte as number]));

const BACKSLASH = 0x5c;
const LETTER_U = 0x75;

const hexOf = (byte: number): number => (byte < 0x3a ? byte - 0x30 : (byte | 0x20) - 0x57);

const unitAt = (from: Uint8Array, at: number): number => (hexOf(from[at]!) << 12) | (hexOf(from[at + 1]!) << 8) | (hexOf(from[at + 2]!) << 4) | hexOf(from[at + 3]!);

/** The bytes that a JSON string between `start` and `end`, known to be one, stands for. `into` has at least as much room. Returns their number. */
export const unescapeInto = (into: Uint8Array, from: Uint8Array, start: number, end: number): number => {
  let length = 0;
  for (let at = start; at < end; at++) {
    const byte = from[at]!;
    if (byte !== BACKSLASH) {
      into[length++] = byte;
      continue;
    }
    const kind = from[++at]!;
    if (kind !== LETTER_U) {
      into[length++] = ESCAPED.get(kind) ?? kind;
      continue;
    }
    let point = unitAt(from, at + 1);
    at += 4;
    if (isHigh(point) && from[at + 1] === BACKSLASH && from[at + 2] === LETTER_U) {
      const low = unitAt(from, at + 3);
      if (isLow(low)) {
        point = 0x10000 + ((point - HIGH) << 10) + (low - LOW);
        at += 6;
      }
    }
    length = putPoint(into, length, point);
  }
  return length;
};
