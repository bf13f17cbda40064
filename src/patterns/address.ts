import { isIPv4, isIPv6 } from "node:net";
import { InvalidPattern } from "./errors.ts";
import type { Address } from "./wanted.ts";

const GROUPS = 8;
/** Of the integers of AWS's own reader. */
const PREFIX_MAX = 2 ** 31 - 1;

/** `::` stands for as many groups of zeros as are missing. */
const groupsOf = (text: string): string[] => {
  const [head = "", tail] = text.split("::");
  const [before, after] = [head, tail ?? ""].map((part) => (part === "" ? [] : part.split(":")));
  return [...before!, ...Array<string>(tail === undefined ? 0 : GROUPS - before!.length - after!.length).fill("0"), ...after!];
};

/** Characters of the longest address. */
const LONGEST = 39;

/** Undefined for what is no address as AWS reads them: four decimals, or groups of hexadecimal digits alone. */
export const parseAddress = (text: string): Address | undefined => {
  if (text.length > LONGEST) return undefined;
  if (isIPv4(text)) return { bits: 32, value: text.split(".").reduce((value, part) => (value << 8n) | BigInt(part), 0n) };
  if (!/^[0-9a-fA-F:]+$/.test(text) || !isIPv6(text)) return undefined;
  return { bits: 128, value: groupsOf(text).reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n) };
};

const prefixOf = (text: string): number => {
  if (!/^[+-]?\d+$/.test(text) || Number(text) > PREFIX_MAX) throw new InvalidPattern("Malformed CIDR, mask bits must be an integer");
  if (Number(text) < 0) throw new InvalidPattern("Malformed CIDR, mask bits must not be negative");
  return Number(text);
};

/** What has the characters of an address is called invalid. */
const refuseAddress = (text: string): never => {
  const isLikeOne = /^\d+(\.\d+){3}$/.test(text) || (/^[0-9a-fA-F:]+$/.test(text) && text.includes(":"));
  throw new InvalidPattern(`${isLikeOne ? "Invalid" : "Nonstandard"} IP address: ${text}`);
};

/** From the address that is written, not from the first of its network, to the last one: as AWS's own matcher reads `10.0.0.5/24`. */
export const parseRange = (cidr: string): { first: Address; last: Address } => {
  const [base = "", prefix, ...more] = cidr.split("/");
  if (prefix === undefined || prefix === "" || more.length > 0) throw new InvalidPattern("Malformed CIDR, one '/' required");
  const length = prefixOf(prefix);
  const first = parseAddress(base) ?? refuseAddress(base);
  if (length >= first.bits) throw new InvalidPattern(first.bits === 32 ? "IPv4 mask bits must be < 32" : "IPv6 mask bits must be < 128");
  return { first, last: { bits: first.bits, value: first.value | ((1n << BigInt(first.bits - length)) - 1n) } };
};

export const isSameAddress = (wanted: Address, text: string): boolean => {
  const given = parseAddress(text);
  return given?.bits === wanted.bits && given.value === wanted.value;
};

export const isWithin = (text: string, first: Address, last: Address): boolean => {
  const given = parseAddress(text);
  return given?.bits === first.bits && given.value >= first.value && given.value <= last.value;
};
