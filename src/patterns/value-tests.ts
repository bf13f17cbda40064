import { isSameAddress, isWithin, parseAddress } from "./address.ts";
import { isInRange } from "./numeric.ts";
import type { Scalar, Wanted, WantedText } from "./wanted.ts";
import { fitsPieces } from "./wildcard.ts";

export type ValueTest = (value: Scalar) => boolean;

type TextTest = (text: string) => boolean;

/** Of what case is ignored in. */
export const fold = (text: string): string => text.toLowerCase();

const ofText = (test: TextTest): ValueTest => (value) => typeof value === "string" && test(value);

const COMPARE = {
  equals: (given: string, wanted: string) => given === wanted,
  prefix: (given: string, wanted: string) => given.startsWith(wanted),
  suffix: (given: string, wanted: string) => given.endsWith(wanted),
};

const textTest = (wanted: WantedText): TextTest => {
  if (wanted.kind === "wildcard") return (given) => fitsPieces(given, wanted.pieces);
  const compare = COMPARE[wanted.kind];
  const text = wanted.isCaseIgnored ? fold(wanted.text) : wanted.text;
  return wanted.isCaseIgnored ? (given) => compare(fold(given), text) : (given) => compare(given, text);
};

const exactly = (text: string): ValueTest => {
  const address = parseAddress(text);
  return ofText((given) => given === text || (address !== undefined && isSameAddress(address, given)));
};

/** Whether a leaf of a parsed event is what is wanted. Nothing is `absent`. */
export const testOf = (wanted: Wanted): ValueTest => {
  switch (wanted.kind) {
    case "value":
      return typeof wanted.value === "string" ? exactly(wanted.value) : (given) => given === wanted.value;
    case "text":
      return ofText(textTest(wanted.text));
    case "numeric":
      return (given) => typeof given === "number" && isInRange(given, wanted.range);
    case "cidr":
      return ofText((given) => isWithin(given, wanted.first, wanted.last));
    case "anything-but":
      return (given) => !(wanted.values as readonly Scalar[]).includes(given);
    case "anything-but-text": {
      const tests = wanted.texts.map(textTest);
      return (given) => typeof given !== "string" || !tests.some((test) => test(given));
    }
    case "present":
      return () => true;
    case "absent":
      return () => false;
  }
};
