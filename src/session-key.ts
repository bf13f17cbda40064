import { existsSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { makeFolder, writeWhole } from "./kit/durable.ts";
import type { Random } from "./kit/random.ts";

const KEY_BYTES = 32;

/** The key that seals session tokens, download links and the secrets of access keys: made once per data directory, readable by its owner alone. */
export const loadSessionKey = (path: string, random: Random): Buffer => {
  if (!existsSync(path)) {
    makeFolder(dirname(path));
    writeWhole(path, random.bytes(KEY_BYTES), 0o600);
  }
  const key = readFileSync(path);
  if (key.length !== KEY_BYTES) throw new Error(`${path} is damaged (${key.length} bytes, not ${KEY_BYTES}): remove it; sessions that were handed out end with it, and users need new access keys`);
  return key;
};
