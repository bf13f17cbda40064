import { randomBytes, randomInt, randomUUID } from "node:crypto";

/** The only source of randomness, so that a test can fix it. */
export interface Random {
  uuid(): string;
  bytes(length: number): Buffer;
  /** An integer in [0, below). */
  below(below: number): number;
}

/** Drawn in advance: asking the system for a few bytes costs as much as for thousands. */
const POOL_BYTES = 4_096;
let pool = Buffer.alloc(0);

/** Each byte is given away once. */
const take = (length: number): Buffer => {
  if (length > POOL_BYTES / 8) return randomBytes(length);
  if (pool.length < length) pool = randomBytes(POOL_BYTES);
  const taken = Buffer.from(pool.subarray(0, length));
  pool.fill(0, 0, length);
  pool = pool.subarray(length);
  return taken;
};

export const systemRandom: Random = {
  uuid: () => randomUUID(),
  bytes: take,
  below: (below) => randomInt(below),
};
