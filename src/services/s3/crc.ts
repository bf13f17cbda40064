import { crc32 } from "node:zlib";

/** A checksum that grows with its input, as node:crypto's hashes do. */
export interface Digest {
  update(chunk: Uint8Array): unknown;
  digest(): Buffer;
}

/** The two halves of a reflected CRC polynomial; a 32-bit one has only the low half. */
interface Polynomial {
  high: number;
  low: number;
}

const CRC32C: Polynomial = { high: 0, low: 0x82f63b78 };
const CRC64NVME: Polynomial = { high: 0x9a6c9329, low: 0xac4bc9b5 };

/** Eight bytes a step: table `t` tells what a byte does to the remainder when `t` more bytes follow. */
const buildTables = ({ high, low }: Polynomial): { highs: Uint32Array; lows: Uint32Array } => {
  const highs = new Uint32Array(8 * 256);
  const lows = new Uint32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let h = 0;
    let l = byte;
    for (let bit = 0; bit < 8; bit++) {
      const isOdd = (l & 1) === 1;
      l = (l >>> 1) | ((h & 1) << 31);
      h >>>= 1;
      if (isOdd) {
        h ^= high;
        l ^= low;
      }
    }
    highs[byte] = h;
    lows[byte] = l;
  }
  for (let at = 256; at < highs.length; at++) {
    const h = highs[at - 256]!;
    const l = lows[at - 256]!;
    const index = l & 255;
    highs[at] = (h >>> 8) ^ highs[index]!;
    lows[at] = ((l >>> 8) | (h << 24)) ^ lows[index]!;
  }
  return { highs, lows };
};

const once = <T>(build: () => T): (() => T) => {
  let built: T | undefined;
  return () => (built ??= build());
};

const crc32cTables = once(() => buildTables(CRC32C).lows);
const crc64Tables = once(() => buildTables(CRC64NVME));

export const createCrc32 = (): Digest => {
  let remainder = 0;
  return {
    update: (chunk) => (remainder = crc32(chunk, remainder)),
    digest: () => wordBytes(remainder),
  };
};

export const createCrc32c = (): Digest => {
  const table = crc32cTables();
  let crc = -1;
  return {
    update(b) {
      let at = 0;
      for (const end = b.length - 7; at < end; at += 8) {
        const x = crc ^ (b[at]! | (b[at + 1]! << 8) | (b[at + 2]! << 16) | (b[at + 3]! << 24));
        crc =
          table[1792 + (x & 255)]! ^ table[1536 + ((x >>> 8) & 255)]! ^ table[1280 + ((x >>> 16) & 255)]! ^ table[1024 + (x >>> 24)]! ^
          table[768 + b[at + 4]!]! ^ table[512 + b[at + 5]!]! ^ table[256 + b[at + 6]!]! ^ table[b[at + 7]!]!;
      }
      for (; at < b.length; at++) crc = (crc >>> 8) ^ table[(crc ^ b[at]!) & 255]!;
    },
    digest: () => wordBytes(~crc),
  };
};

export const createCrc64Nvme = (): Digest => {
  const { highs, lows } = crc64Tables();
  let high = -1;
  let low = -1;
  return {
    update(b) {
      let at = 0;
      for (const end = b.length - 7; at < end; at += 8) {
        const x = low ^ (b[at]! | (b[at + 1]! << 8) | (b[at + 2]! << 16) | (b[at + 3]! << 24));
        const y = high ^ (b[at + 4]! | (b[at + 5]! << 8) | (b[at + 6]! << 16) | (b[at + 7]! << 24));
        const i7 = 1792 + (x & 255), i6 = 1536 + ((x >>> 8) & 255), i5 = 1280 + ((x >>> 16) & 255), i4 = 1024 + (x >>> 24);
        const i3 = 768 + (y & 255), i2 = 512 + ((y >>> 8) & 255), i1 = 256 + ((y >>> 16) & 255), i0 = y >>> 24;
        high = highs[i7]! ^ highs[i6]! ^ highs[i5]! ^ highs[i4]! ^ highs[i3]! ^ highs[i2]! ^ highs[i1]! ^ highs[i0]!;
        low = lows[i7]! ^ lows[i6]! ^ lows[i5]! ^ lows[i4]! ^ lows[i3]! ^ lows[i2]! ^ lows[i1]! ^ lows[i0]!;
      }
      for (; at < b.length; at++) {
        const index = (low ^ b[at]!) & 255;
        low = ((low >>> 8) | (high << 24)) ^ lows[index]!;
        high = (high >>> 8) ^ highs[index]!;
      }
    },
    digest: () => Buffer.concat([wordBytes(~high), wordBytes(~low)]),
  };
};

const wordBytes = (word: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(word >>> 0);
  return bytes;
};
