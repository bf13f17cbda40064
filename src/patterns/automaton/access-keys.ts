import { parseAddress } from "../address.ts";
import type { Condition } from "./condition.ts";
import { fold } from "../value-tests.ts";
import type { Address, NumberRange, Wanted, WantedText } from "../wanted.ts";
import { toByteText } from "./byte-text.ts";
import { hashFromEnd, hashOf } from "./hash-table.ts";

/** Bytes of a text between two stars that are looked for. */
export const GRAM_MAX = 4;

/**
 * What an event must have for a value to be what is wanted: by this, and by nothing else, it is found that a pattern may match. It may be more than what matches, never less.
 *
 * `exact`, `prefix`, `suffix`: the hash of a text, or of one that the text begins or ends with (those from the end); `gram`: bytes somewhere in a text, as a number.
 */
export type AccessKey =
  | { kind: "exact" | "folded"; hash: number }
  | { kind: "prefix" | "suffix" | "folded-prefix" | "folded-suffix"; hash: number; length: number }
  | { kind: "gram"; gram: number; length: number }
  | { kind: "number"; value: number }
  | { kind: "literal"; value: boolean | null }
  | { kind: "range" | "ipv4" | "ipv6"; range: NumberRange }
  | { kind: "address"; value: bigint }
  | { kind: "text" }
  | { kind: "present" };

const affixKey = (kind: "prefix" | "suffix", text: string, isCaseIgnored: boolean): AccessKey => {
  const bytes = toByteText(isCaseIgnored ? fold(text) : text);
  if (bytes === "") return { kind: "text" };
  const hash = kind === "prefix" ? hashOf(bytes) : hashFromEnd(bytes);
  return { kind: isCaseIgnored ? `folded-${kind}` : kind, hash, length: bytes.length };
};

/** The last bytes: those of a text that begins like many others differ most there. */
const gramKey = (text: string): AccessKey => {
  const bytes = toByteText(text).slice(-GRAM_MAX);
  let gram = 0;
  for (let index = 0; index < bytes.length; index++) gram = (gram << 8) | bytes.charCodeAt(index);
  return { kind: "gram", gram, length: bytes.length };
};

const exactKey = (text: string): AccessKey => ({ kind: "exact", hash: hashOf(toByteText(text)) });

/** By the piece that says most: it is worth more to know where it is. */
const wildcardKey = (pieces: readonly string[]): AccessKey => {
  const [first = "", ...rest] = pieces;
  const last = rest.pop();
  if (last === undefined) return exactKey(first);
  const between = rest.reduce((longest, piece) => (piece.length > longest.length ? piece : longest), "");
  const [forFirst, forLast, forBetween] = [first, last, between].map(({ length }) => Math.min(length, GRAM_MAX));
  if (first !== "" && forFirst! >= forLast! && forFirst! >= forBetween!) return affixKey("prefix", first, false);
  if (last !== "" && forLast! >= forBetween!) return affixKey("suffix", last, false);
  return between === "" ? { kind: "text" } : gramKey(between);
};

const isWhole = (text: WantedText): boolean => (text.kind === "wildcard" ? text.pieces : [text.text]).every((piece) => piece.isWellFormed());

const textKey = (text: WantedText): AccessKey => {
  if (!isWhole(text)) return { kind: "text" };
  if (text.kind === "wildcard") return wildcardKey(text.pieces);
  if (text.kind !== "equals") return affixKey(text.kind, text.text, text.isCaseIgnored);
  return text.isCaseIgnored ? { kind: "folded", hash: hashOf(toByteText(fold(text.text))) } : exactKey(text.text);
};

/** What a double has exactly of an address of 128 bits. */
const IPV6_SHIFT = 80n;

export const addressNumber = ({ bits, value }: Address): number => Number(bits === 32 ? value : value >> IPV6_SHIFT);

const keysOfValue = (value: string | number | boolean | null): AccessKey[] => {
  if (typeof value === "number") return [{ kind: "number", value }];
  if (typeof value !== "string") return [{ kind: "literal", value }];
  const address = value.includes(":") ? parseAddress(value) : undefined;
  return address === undefined ? [exactKey(value)] : [exactKey(value), { kind: "address", value: address.value }];
};

const keysOfWanted = (wanted: Wanted): AccessKey[] => {
  switch (wanted.kind) {
    case "value":
      return keysOfValue(wanted.value);
    case "text":
      return [textKey(wanted.text)];
    case "numeric":
      return [wanted.range.low === wanted.range.high ? { kind: "number", value: wanted.range.low } : { kind: "range", range: wanted.range }];
    case "cidr":
      return [{ kind: wanted.first.bits === 32 ? "ipv4" : "ipv6", range: { low: addressNumber(wanted.first), isLowWithin: true, high: addressNumber(wanted.last), isHighWithin: true } }];
    default:
      return [{ kind: "present" }];
  }
};

export const nameOfKey = (key: AccessKey): string => Object.values(key).map((value) => (typeof value === "object" ? JSON.stringify(value) : String(value))).join();

/** Any of them is enough. */
export const keysOf = ({ wanted }: Condition): AccessKey[] => {
  const keys = wanted.flatMap(keysOfWanted);
  return keys.length < 2 ? keys : [...new Map(keys.map((key) => [nameOfKey(key), key])).values()];
};

/** How much of a set's events a key is to be expected in, compared with others. */
export const WEIGHT: Record<AccessKey["kind"], number> = {
  exact: 1, folded: 1, number: 1, address: 1, suffix: 4, "folded-suffix": 4, prefix: 4, "folded-prefix": 4, gram: 8, ipv4: 8, ipv6: 8, range: 16, literal: 64, text: 256, present: 512,
};
