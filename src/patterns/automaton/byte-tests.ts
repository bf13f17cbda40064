import { isWithin } from "../address.ts";
import { isInRange } from "../numeric.ts";
import { fold, testOf, type ValueTest } from "../value-tests.ts";
import type { Scalar, Wanted, WantedText } from "../wanted.ts";
import { toByteText } from "./byte-text.ts";
import { FALSE, NULL, NUMBER, TRUE } from "./event-scan.ts";
import type { EventValues } from "./event-values.ts";
import { endsWith, startsWith, WildcardBytes } from "./wildcard-bytes.ts";

/** Whether an occurrence is what is wanted. */
export type ByteTest = (event: EventValues, at: number) => boolean;

type BytesTest = (view: Uint8Array, from: number, to: number) => boolean;

/** Up to so many texts are compared one after the other. */
const FEW = 8;

export const isSameText = (view: Uint8Array, from: number, to: number, text: string): boolean => to - from === text.length && startsWith(view, from, to, text);

/** Where text that a wanted one has is no whole characters, bytes do not compare as they do. */
const isWhole = (wanted: WantedText): boolean => (wanted.kind === "wildcard" ? wanted.pieces.every((piece) => piece.isWellFormed()) : wanted.text.isWellFormed());

const COMPARE = { equals: isSameText, prefix: startsWith, suffix: endsWith };

const bytesTest = (wanted: WantedText): BytesTest => {
  if (wanted.kind === "wildcard") {
    const wildcard = new WildcardBytes(wanted.pieces.map(toByteText));
    return (view, from, to) => wildcard.fits(view, from, to);
  }
  const compare = COMPARE[wanted.kind];
  const text = toByteText(wanted.isCaseIgnored ? fold(wanted.text) : wanted.text);
  return (view, from, to) => compare(view, from, to, text);
};

const isCaseIgnored = (wanted: WantedText): boolean => wanted.kind !== "wildcard" && wanted.isCaseIgnored;

const ofText = (wanted: WantedText): ByteTest => {
  const test = bytesTest(wanted);
  if (isCaseIgnored(wanted)) {
    return (event, at) => {
      if (!event.isText(at)) return false;
      event.loadFolded(at);
      return test(event.view, event.from, event.to);
    };
  }
  return (event, at) => {
    if (!event.isText(at)) return false;
    event.load(at);
    return test(event.view, event.from, event.to);
  };
};

const KIND_OF = (value: boolean | null): number => (value === null ? NULL : value ? TRUE : FALSE);

const noneOf = (values: readonly (string | number)[]): ByteTest => {
  const numbers = new Set(values.filter((value) => typeof value === "number"));
  if (numbers.size > 0) return (event, at) => event.kind[at] !== NUMBER || !numbers.has(event.numberAt(at));
  const texts = values.filter((value) => typeof value === "string");
  const byLength = Map.groupBy(texts.map(toByteText), ({ length }) => length);
  const few = texts.length <= FEW ? [...byLength.values()].flat() : undefined;
  const many = new Set(texts);
  return (event, at) => {
    if (!event.isText(at)) return true;
    event.load(at);
    if (few !== undefined) return !few.some((text) => isSameText(event.view, event.from, event.to, text));
    return !byLength.has(event.to - event.from) || !many.has(event.text(at));
  };
};

/** By the naive matcher's own test. */
const asParsed = (test: ValueTest): ByteTest => (event, at) => test(event.scalar(at));

const sameValue = (wanted: Wanted, value: Scalar): ByteTest => {
  if (typeof value === "number") return (event, at) => event.kind[at] === NUMBER && event.numberAt(at) === value;
  if (typeof value !== "string") return (event, at) => event.kind[at] === KIND_OF(value);
  const bytes = toByteText(value);
  // What has colons may be an address, which can be written in several ways.
  const test = value.includes(":") ? testOf(wanted) : undefined;
  return (event, at) => {
    if (!event.isText(at)) return false;
    event.load(at);
    return isSameText(event.view, event.from, event.to, bytes) || (test !== undefined && test(event.text(at)));
  };
};

export const byteTestOf = (wanted: Wanted): ByteTest => {
  switch (wanted.kind) {
    case "value":
      return sameValue(wanted, wanted.value);
    case "text":
      return isWhole(wanted.text) ? ofText(wanted.text) : asParsed(testOf(wanted));
    case "numeric":
      return (event, at) => event.kind[at] === NUMBER && isInRange(event.numberAt(at), wanted.range);
    case "cidr":
      return (event, at) => event.isText(at) && isWithin(event.text(at), wanted.first, wanted.last);
    case "anything-but":
      return noneOf(wanted.values);
    case "anything-but-text": {
      if (!wanted.texts.every(isWhole)) return asParsed(testOf(wanted));
      const tests = wanted.texts.map(ofText);
      return (event, at) => !tests.some((test) => test(event, at));
    }
    case "present":
      return () => true;
    case "absent":
      return () => false;
  }
};
