import { randomBytes, randomInt, randomUUID } from "node:crypto";

/** The only source of randomness, so that a test can fix it. */
export interface Random {
  uuid(): string;
  bytes(length: number): Buffer;
  /** An integer in [0, below). */
  below(below: number): number;
}

export const systemRandom: Random = {
  uuid: () => randomUUID(),
  bytes: (length) => randomBytes(length),
  below: (below) => randomInt(below),
};
