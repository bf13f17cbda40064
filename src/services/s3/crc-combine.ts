/** The reflected polynomials, the leading one left out. */
const POLYNOMIALS = {
  CRC32: { bits: 32n, polynomial: 0xedb88320n },
  CRC32C: { bits: 32n, polynomial: 0x82f63b78n },
  CRC64NVME: { bits: 64n, polynomial: 0x9a6c9329ac4bc9b5n },
} as const;

export type LinearChecksum = keyof typeof POLYNOMIALS;

export const isLinear = (algorithm: string): algorithm is LinearChecksum => Object.hasOwn(POLYNOMIALS, algorithm);

/**
 * The checksum of parts put together, from the checksums of the parts alone: a CRC is the remainder of a polynomial, so
 * appending n bytes multiplies it by x^(8n).
 */
export const combineCrcs = (algorithm: LinearChecksum, parts: readonly { checksum: Buffer; size: number }[]): Buffer => {
  const { bits, polynomial } = POLYNOMIALS[algorithm];
  const one = 1n << (bits - 1n);
  /** Multiplies two polynomials whose highest coefficient stands for x^0. */
  const multiply = (a: bigint, b: bigint): bigint => {
    let product = 0n;
    for (let mask = one, shifted = b; mask !== 0n; mask >>= 1n) {
      if ((a & mask) !== 0n) product ^= shifted;
      shifted = (shifted & 1n) === 1n ? (shifted >> 1n) ^ polynomial : shifted >> 1n;
    }
    return product;
  };
  /** x^(8·bytes); parts are mostly of one size, so few are computed. */
  const known = new Map<number, bigint>();
  const power = (bytes: number): bigint => {
    let result = known.get(bytes);
    if (result !== undefined) return result;
    result = one;
    for (let left = BigInt(bytes), square = one >> 8n; left > 0n; left >>= 1n, square = multiply(square, square)) {
      if ((left & 1n) === 1n) result = multiply(result, square);
    }
    known.set(bytes, result);
    return result;
  };
  const combined = parts.reduce((crc, { checksum, size }) => multiply(power(size), crc) ^ BigInt(`0x${checksum.toString("hex")}`), 0n);
  return Buffer.from(combined.toString(16).padStart(Number(bits) / 4, "0"), "hex");
};
