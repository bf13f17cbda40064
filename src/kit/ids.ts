import { createHash } from "node:crypto";
import type { Trace } from "./ledger.ts";
import type { Random } from "./random.ts";

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

const pick = (random: Random, alphabet: string, length: number): string => {
  let text = "";
  for (const byte of random.bytes(length)) text += alphabet[byte % alphabet.length];
  return text;
};

const LOWER = "abcdefghijklmnopqrstuvwxyz0123456789";

/** Of an API (ten characters, the first label of a host name) and of what it is made of. */
export const lowerId = (random: Random, length: number): string => pick(random, LOWER, length);

/** `AROA…`, `AIDA…`, `ANPA…`: four letters that tell the kind, then seventeen. */
export const iamId = (random: Random, prefix: "AROA" | "AIDA" | "ANPA"): string => prefix + pick(random, BASE32, 17);

const ACCOUNT_SHIFT = 7n;
const ACCOUNT_MASK = 0xff_ffff_ffffn;
const HIGH_BIT = 1n << 47n;

/** `AKIA…` or `ASIA…` with its account inside, where GetAccessKeyInfo reads it: sixteen letters are ten bytes, forty bits of them the account. */
export const accessKeyIdOf = (random: Random, prefix: "AKIA" | "ASIA", account: string): string => {
  const bytes = random.bytes(10);
  const head = HIGH_BIT | (BigInt(account) << ACCOUNT_SHIFT) | (BigInt(bytes[5]!) & 0x7fn);
  bytes.writeUIntBE(Number(head), 0, 6);
  const all = BigInt(`0x${bytes.toString("hex")}`);
  return prefix + Array.from({ length: 16 }, (_, index) => BASE32[Number((all >> BigInt(5 * (15 - index))) & 31n)]).join("");
};

/** The account that a key's id was made for; undefined when it is no such id. */
export const accountOfAccessKey = (accessKeyId: string): string | undefined => {
  if (!/^A[KS]IA[A-Z2-7]{16}$/.test(accessKeyId)) return undefined;
  let all = 0n;
  for (const letter of accessKeyId.slice(4)) all = (all << 5n) | BigInt(BASE32.indexOf(letter));
  return String(((all >> 32n) >> ACCOUNT_SHIFT) & ACCOUNT_MASK).padStart(12, "0");
};

/** S3's request id: sixteen capitals and digits. */
export const s3RequestId = (random: Random): string => pick(random, ALPHANUMERIC, 16);

export const hexId = (random: Random, length: number): string => random.bytes(Math.ceil(length / 2)).toString("hex").slice(0, length);

/** API Gateway's, of a request or a connection: sixteen letters of Base64, the last of them `=`. */
export const apiRequestId = (random: Random): string => `${random.bytes(11).toString("base64url")}=`;

/** A new event chain: the Root of an X-Ray trace header, with its time in seconds. */
export const newTrace = (random: Random, nowMs: number): Trace => ({
  id: `1-${Math.floor(nowMs / 1000).toString(16).padStart(8, "0")}-${hexId(random, 24)}`,
});

/** A UUID that follows from what it is of: of the same it is the same. */
export const derivedUuid = (...of: readonly string[]): string => {
  const hex = createHash("sha256").update(of.join("\n")).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};
