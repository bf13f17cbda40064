import { createCipheriv, createDecipheriv } from "node:crypto";
import type { Random } from "../kit/random.ts";

const ALGORITHM = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** JSON that only the holder of the key can read or make: base64url of nonce, tag and ciphertext. */
export const seal = (key: Buffer, value: unknown, random: Random): string => {
  const nonce = random.bytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce);
  const text = Buffer.concat([cipher.update(JSON.stringify(value), "utf8"), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString("base64url");
};

/** Undefined for whatever this key did not seal. */
export const open = (key: Buffer, sealed: string): unknown => {
  const bytes = Buffer.from(sealed, "base64url");
  // The decoder passes over what is not base64url: one token, one spelling.
  if (bytes.length < NONCE_BYTES + TAG_BYTES || bytes.toString("base64url") !== sealed) return undefined;
  try {
    const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    const text = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
    return JSON.parse(text.toString("utf8"));
  } catch {
    return undefined;
  }
};
