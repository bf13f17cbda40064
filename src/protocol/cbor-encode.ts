/** Dates become tag 1, undefined members are left out; numbers without a fraction are integers. */
export function encodeCbor(value: unknown): Buffer {
  const chunks: Buffer[] = [];
  write(value, chunks);
  return Buffer.concat(chunks);
}

function write(value: unknown, chunks: Buffer[]): void {
  switch (typeof value) {
    case "string": return writeText(value, chunks);
    case "number": return void chunks.push(number(value));
    case "boolean": return void chunks.push(Buffer.of(value ? 0xf5 : 0xf4));
    case "bigint": return void chunks.push(bigInteger(value));
    case "object": return writeObject(value, chunks);
    default: return void chunks.push(Buffer.of(0xf6));
  }
}

function writeObject(value: object | null, chunks: Buffer[]): void {
  if (value === null) chunks.push(Buffer.of(0xf6));
  else if (value instanceof Date) chunks.push(Buffer.of(0xc1), double(value.getTime() / 1000));
  else if (value instanceof Uint8Array) chunks.push(head(2, value.byteLength), Buffer.from(value.buffer, value.byteOffset, value.byteLength));
  else if (Array.isArray(value)) {
    chunks.push(head(4, value.length));
    for (const item of value) write(item, chunks);
  } else {
    const entries = Object.entries(value).filter(([, content]) => content !== undefined);
    chunks.push(head(5, entries.length));
    for (const [key, content] of entries) {
      writeText(key, chunks);
      write(content, chunks);
    }
  }
}

function writeText(text: string, chunks: Buffer[]): void {
  const bytes = Buffer.from(text);
  chunks.push(head(3, bytes.length), bytes);
}

function number(value: number): Buffer {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) return double(value);
  return value >= 0 ? head(0, value) : head(1, -1 - value);
}

function double(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(9);
  bytes[0] = 0xfb;
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

function bigInteger(value: bigint): Buffer {
  const magnitude = value >= 0n ? value : -1n - value;
  const hex = magnitude.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
  return Buffer.concat([Buffer.of(value >= 0n ? 0xc2 : 0xc3), head(2, bytes.length), bytes]);
}

function head(major: number, argument: number): Buffer {
  const type = major << 5;
  if (argument < 24) return Buffer.of(type | argument);
  if (argument < 0x100) return Buffer.of(type | 24, argument);
  if (argument < 0x1_0000) return Buffer.of(type | 25, argument >> 8, argument & 0xff);
  const bytes = Buffer.allocUnsafe(argument < 0x1_0000_0000 ? 5 : 9);
  if (bytes.length === 5) {
    bytes[0] = type | 26;
    bytes.writeUInt32BE(argument, 1);
  } else {
    bytes[0] = type | 27;
    bytes.writeBigUInt64BE(BigInt(argument), 1);
  }
  return bytes;
}
