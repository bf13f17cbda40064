import { INPUT_DEPTH_MAX } from "../kit/limits/gateway.ts";

/** Not well-formed CBOR, or refused: too deep, a key that is no text, a length beyond the body. */
export class CborSyntaxError extends Error {
  override name = "CborSyntaxError";
}

interface Cursor { bytes: Buffer; at: number }

const BREAK = 0xff;
const INDEFINITE = 31;
const UNSIGNED = 0, NEGATIVE = 1, BYTES = 2, TEXT = 3, ARRAY = 4, MAP = 5, TAG = 6;
const TAG_EPOCH = 1, TAG_BIG_POSITIVE = 2, TAG_BIG_NEGATIVE = 3;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** One item, and nothing after it. Maps have no prototype; tag 1 is a Date; integers beyond 2^53 are bigints. */
export function decodeCbor(bytes: Buffer): unknown {
  const cursor = { bytes, at: 0 };
  const value = readItem(cursor, 0);
  if (cursor.at !== bytes.length) throw new CborSyntaxError("there are bytes after the item");
  return value;
}

function readItem(cursor: Cursor, depth: number): unknown {
  if (depth > INPUT_DEPTH_MAX) throw new CborSyntaxError(`deeper than ${INPUT_DEPTH_MAX} levels`);
  const head = readByte(cursor);
  const major = head >> 5;
  const info = head & 31;
  switch (major) {
    case UNSIGNED: return readArgument(cursor, info);
    case NEGATIVE: return negate(readArgument(cursor, info));
    case BYTES: return info === INDEFINITE ? Buffer.concat(readChunks(cursor, BYTES)) : readBytes(cursor, readLength(cursor, info));
    case TEXT: return decodeText(info === INDEFINITE ? Buffer.concat(readChunks(cursor, TEXT)) : readBytes(cursor, readLength(cursor, info)));
    case ARRAY: return readArray(cursor, info, depth);
    case MAP: return readMap(cursor, info, depth);
    case TAG: return readTag(cursor, readArgument(cursor, info), depth);
    default: return readSimple(cursor, info);
  }
}

function readByte(cursor: Cursor): number {
  const byte = cursor.bytes[cursor.at];
  if (byte === undefined) throw new CborSyntaxError("the body ends within an item");
  cursor.at += 1;
  return byte;
}

function readBytes(cursor: Cursor, length: number): Buffer {
  const end = cursor.at + length;
  if (end > cursor.bytes.length) throw new CborSyntaxError("the body ends within an item");
  const bytes = cursor.bytes.subarray(cursor.at, end);
  cursor.at = end;
  return bytes;
}

function readArgument(cursor: Cursor, info: number): number | bigint {
  if (info < 24) return info;
  if (info === 24) return readByte(cursor);
  if (info === 25) return readBytes(cursor, 2).readUInt16BE();
  if (info === 26) return readBytes(cursor, 4).readUInt32BE();
  if (info !== 27) throw new CborSyntaxError("a length is reserved");
  const value = readBytes(cursor, 8).readBigUInt64BE();
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

function readLength(cursor: Cursor, info: number): number {
  const length = Number(readArgument(cursor, info));
  if (length > cursor.bytes.length - cursor.at) throw new CborSyntaxError("a length is beyond the body");
  return length;
}

const negate = (value: number | bigint) => (typeof value === "bigint" ? -1n - value : -1 - value);

function decodeText(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new CborSyntaxError("a text is not UTF-8");
  }
}

function readChunks(cursor: Cursor, major: number): Buffer[] {
  const chunks: Buffer[] = [];
  for (;;) {
    const head = readByte(cursor);
    if (head === BREAK) return chunks;
    if (head >> 5 !== major || (head & 31) === INDEFINITE) throw new CborSyntaxError("a chunk is of another type");
    chunks.push(readBytes(cursor, readLength(cursor, head & 31)));
  }
}

function atBreak(cursor: Cursor): boolean {
  if (cursor.bytes[cursor.at] !== BREAK) return false;
  cursor.at += 1;
  return true;
}

function readArray(cursor: Cursor, info: number, depth: number): unknown[] {
  const items: unknown[] = [];
  const length = info === INDEFINITE ? Number.POSITIVE_INFINITY : readLength(cursor, info);
  while (items.length < length && !(info === INDEFINITE && atBreak(cursor))) items.push(readItem(cursor, depth + 1));
  return items;
}

function readMap(cursor: Cursor, info: number, depth: number): Record<string, unknown> {
  const result = Object.create(null) as Record<string, unknown>;
  const length = info === INDEFINITE ? Number.POSITIVE_INFINITY : readLength(cursor, info);
  for (let count = 0; count < length && !(info === INDEFINITE && atBreak(cursor)); count++) {
    const key = readItem(cursor, depth + 1);
    if (typeof key !== "string") throw new CborSyntaxError("a key is not a text");
    result[key] = readItem(cursor, depth + 1);
  }
  return result;
}

function readTag(cursor: Cursor, tag: number | bigint, depth: number): unknown {
  const value = readItem(cursor, depth + 1);
  if (tag === TAG_EPOCH) {
    if (typeof value !== "number" && typeof value !== "bigint") throw new CborSyntaxError("a timestamp is not a number");
    const date = new Date(Math.round(Number(value) * 1000));
    if (Number.isNaN(date.getTime())) throw new CborSyntaxError("a timestamp is beyond time");
    return date;
  }
  if ((tag === TAG_BIG_POSITIVE || tag === TAG_BIG_NEGATIVE) && Buffer.isBuffer(value)) {
    const magnitude = BigInt(`0x${value.toString("hex") || "0"}`);
    return tag === TAG_BIG_POSITIVE ? magnitude : -1n - magnitude;
  }
  return value;
}

function readSimple(cursor: Cursor, info: number): unknown {
  switch (info) {
    case 20: return false;
    case 21: return true;
    case 22: return null;
    case 23: return undefined;
    case 25: return halfFloat(readBytes(cursor, 2).readUInt16BE());
    case 26: return readBytes(cursor, 4).readFloatBE();
    case 27: return readBytes(cursor, 8).readDoubleBE();
    default: throw new CborSyntaxError("a simple value is unknown");
  }
}

function halfFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * 2 ** -14 * (fraction / 1024);
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * 2 ** (exponent - 15) * (1 + fraction / 1024);
}
