import { parseAddress } from "../address.ts";
import type { Field } from "../parse.ts";
import type { Wanted } from "../wanted.ts";
import { byteTestOf, type ByteTest } from "./byte-tests.ts";
import { toByteText } from "./byte-text.ts";

/** What a pattern asks of a field, other than to be one text. */
export interface Condition {
  wanted: readonly Wanted[];
  tests: readonly ByteTest[];
  mayBeAbsent: boolean;
}

export const toCondition = ({ wanted, mayBeAbsent }: Field): Condition => ({ wanted, tests: wanted.map(byteTestOf), mayBeAbsent });

/** The bytes of the text that a field has to be; undefined where it could be anything else, too. An IPv6 address can be written in several ways. */
export const exactTextOf = ({ wanted: [first, ...more], mayBeAbsent }: Field): string | undefined => {
  if (first?.kind !== "value" || typeof first.value !== "string" || more.length > 0 || mayBeAbsent) return undefined;
  return first.value.includes(":") && parseAddress(first.value) !== undefined ? undefined : toByteText(first.value);
};

const LONG = 0xff;

/** Texts of bytes as one, each behind its length: one byte, or three behind 255. As many texts of their own would take several times as much memory. */
export const pack = (texts: readonly string[]): string =>
  texts.map((text) => (text.length < LONG ? String.fromCharCode(text.length) : String.fromCharCode(LONG, text.length & 0xff, (text.length >> 8) & 0xff, text.length >> 16)) + text).join("");

/** Where the text begins whose length stands at `at`. */
export const packedStart = (packed: string, at: number): number => at + (packed.charCodeAt(at) === LONG ? 4 : 1);

export const packedLength = (packed: string, at: number): number => {
  const length = packed.charCodeAt(at);
  return length < LONG ? length : packed.charCodeAt(at + 1) | (packed.charCodeAt(at + 2) << 8) | (packed.charCodeAt(at + 3) << 16);
};

export const unpack = (packed: string): string[] => {
  const texts: string[] = [];
  for (let at = 0; at < packed.length; ) {
    const start = packedStart(packed, at);
    const end = start + packedLength(packed, at);
    texts.push(packed.slice(start, end));
    at = end;
  }
  return texts;
};
