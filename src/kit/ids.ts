import type { Trace } from "./ledger.ts";
import type { Random } from "./random.ts";

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

const pick = (random: Random, alphabet: string, length: number): string => {
  let text = "";
  for (const byte of random.bytes(length)) text += alphabet[byte % alphabet.length];
  return text;
};

/** `AROA…`, `ASIA…`: four letters that tell the kind, then sixteen. */
export const iamId = (random: Random, prefix: string): string => prefix + pick(random, BASE32, 16);

/** S3's request id: sixteen capitals and digits. */
export const s3RequestId = (random: Random): string => pick(random, ALPHANUMERIC, 16);

export const hexId = (random: Random, length: number): string => random.bytes(Math.ceil(length / 2)).toString("hex").slice(0, length);

/** A new event chain: the Root of an X-Ray trace header, with its time in seconds. */
export const newTrace = (random: Random, nowMs: number): Trace => ({
  id: `1-${Math.floor(nowMs / 1000).toString(16).padStart(8, "0")}-${hexId(random, 24)}`,
});
