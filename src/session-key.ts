import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Random } from "./kit/random.ts";

const KEY_BYTES = 32;

/** The key that seals session tokens, download links and the secrets of access keys: made once per data directory, readable by its owner alone. */
export const loadSessionKey = (path: string, random: Random): Buffer => {
  if (!existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, random.bytes(KEY_BYTES), { mode: 0o600, flag: "wx" });
  }
  const key = readFileSync(path);
  if (key.length !== KEY_BYTES) throw new Error(`${path} is damaged (${key.length} bytes, not ${KEY_BYTES}): remove it; sessions that were handed out end with it, and users need new access keys`);
  return key;
};
