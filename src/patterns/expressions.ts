import { parseRange } from "./address.ts";
import { InvalidPattern } from "./errors.ts";
import { readNumeric, type Numbers } from "./numeric.ts";
import type { PatternReader } from "./pattern-reader.ts";
import type { Wanted, WantedText } from "./wanted.ts";
import { piecesOf } from "./wildcard.ts";

const ONE_KEY = "Only one key allowed in match expression";
const NO_TEXT_IGNORING_CASE = "equals-ignore-case match pattern must be a string";
const NO_WILDCARD = "wildcard match pattern must be a string";
/** AWS's own words, also where the expression is not numeric. */
const TOO_MANY = "Too many elements in numeric expression";

/** The text that is next. */
const readText = (reader: PatternReader, complaint: string): string => {
  if (reader.next() !== "string") reader.fail(complaint);
  return reader.string;
};

const readEnd = (reader: PatternReader, complaint: string): void => {
  if (reader.next() !== "}") reader.fail(complaint);
};

/** What was found out behind a text. */
const placed = <T>(reader: PatternReader, parse: () => T): T => {
  try {
    return parse();
  } catch (error) {
    if (error instanceof InvalidPattern) reader.fail(error.message);
    throw error;
  }
};

const toWildcard = (reader: PatternReader, text: string): WantedText => ({ kind: "wildcard", pieces: placed(reader, () => piecesOf(text)) });

/** `{ "prefix": "a" }`, and `{ "prefix": { "equals-ignore-case": "a" } }` */
const readAffix = (reader: PatternReader, kind: "prefix" | "suffix"): WantedText => {
  if (reader.next() === "string") return { kind, text: reader.string, isCaseIgnored: false };
  if (reader.token !== "{") reader.fail(`${kind} match pattern must be a string`);
  if (reader.next() !== "name") reader.fail(`${kind === "prefix" ? "Prefix" : "Suffix"} expression name not found`);
  if (reader.name !== "equals-ignore-case") reader.fail(`Unsupported ${kind} pattern: ${reader.name}`);
  const text = readText(reader, NO_TEXT_IGNORING_CASE);
  readEnd(reader, ONE_KEY);
  return { kind, text, isCaseIgnored: true };
};

interface Excluded {
  make(reader: PatternReader, text: string): WantedText;
  /** What AWS says of what is no text. */
  complaint: string;
}

const affixExcluded = (kind: "prefix" | "suffix"): Excluded => ({
  make: (reader, text) => (text === "" ? reader.fail("Null prefix/suffix not allowed") : { kind, text, isCaseIgnored: false }),
  complaint: "prefix/suffix match pattern must be a string",
});

/** What an event may be anything but. */
const EXCLUDED: Record<string, Excluded> = {
  prefix: affixExcluded("prefix"),
  suffix: affixExcluded("suffix"),
  "equals-ignore-case": { make: (_reader, text) => ({ kind: "equals", text, isCaseIgnored: true }), complaint: "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported." },
  wildcard: { make: toWildcard, complaint: NO_WILDCARD },
};

const NOT_LISTABLE = "Value of anything-but must be an array or single string/number value.";
const NOT_IN_LIST = "Inside anything but list, start|null|boolean is not supported.";

/** The members of a list. AWS names the place twice where one of them is wrong. */
const readList = <T>(reader: PatternReader, readMember: () => T): T[] => {
  const members: T[] = [];
  try {
    while (reader.next() !== "]") members.push(readMember());
  } catch (error) {
    if (error instanceof InvalidPattern) throw new InvalidPattern(`${error.message}\n at ${reader.place}`);
    throw error;
  }
  return members;
};

/** One value, or a list: up to behind it. */
const readOneOrList = <T>(reader: PatternReader, readMember: () => T): T[] => {
  const token = reader.next();
  if (token === "[") return readList(reader, readMember);
  if (token !== "string" && token !== "number") reader.fail(NOT_LISTABLE);
  return [readMember()];
};

const readExcludedTexts = (reader: PatternReader): WantedText[] => {
  if (reader.next() !== "name") reader.fail("Anything-But expression name not found");
  const { name } = reader;
  const excluded = Object.hasOwn(EXCLUDED, name) ? EXCLUDED[name]! : reader.fail(`Unsupported anything-but pattern: ${name}`);
  // AWS looks at wildcards when it has read all of them.
  const isLate = name === "wildcard";
  const read = readOneOrList(reader, () => {
    const text = reader.token === "string" ? reader.string : reader.fail(excluded.complaint);
    return isLate ? text : excluded.make(reader, text);
  });
  const texts = read.map((one) => (typeof one === "string" ? excluded.make(reader, one) : one));
  readEnd(reader, TOO_MANY);
  return texts;
};

const readExcludedValue = (reader: PatternReader, { asCompared }: Numbers): string | number => {
  if (reader.token === "string") return reader.string;
  return reader.token === "number" ? asCompared(reader.number) : reader.fail(NOT_IN_LIST);
};

const readAnythingBut = (reader: PatternReader, numbers: Numbers): Wanted => {
  if (reader.next() === "{") return { kind: "anything-but-text", texts: readExcludedTexts(reader) };
  if (reader.token !== "[" && reader.token !== "string" && reader.token !== "number") reader.fail(NOT_LISTABLE);
  const values = reader.token === "[" ? readList(reader, () => readExcludedValue(reader, numbers)) : [readExcludedValue(reader, numbers)];
  if (new Set(values.map((one) => typeof one)).size !== 1) reader.fail("Inside anything but list, either all values are number or string, mixed type is not supported");
  return { kind: "anything-but", values };
};

const readExists = (reader: PatternReader): Wanted => {
  const token = reader.next();
  if (token !== "true" && token !== "false") reader.fail("exists match pattern must be either true or false.");
  return { kind: token === "true" ? "present" : "absent" };
};

interface Expression {
  read(reader: PatternReader, numbers: Numbers): Wanted;
  several?: string;
}

const ofText = (read: (reader: PatternReader) => WantedText): Expression => ({ read: (reader) => ({ kind: "text", text: read(reader) }) });

const EXPRESSIONS: Record<string, Expression> = {
  exactly: { read: (reader) => ({ kind: "value", value: readText(reader, "exact match pattern must be a string") }) },
  prefix: ofText((reader) => readAffix(reader, "prefix")),
  suffix: ofText((reader) => readAffix(reader, "suffix")),
  "equals-ignore-case": ofText((reader) => ({ kind: "equals", text: readText(reader, NO_TEXT_IGNORING_CASE), isCaseIgnored: true })),
  wildcard: ofText((reader) => toWildcard(reader, readText(reader, NO_WILDCARD))),
  "anything-but": { read: readAnythingBut, several: TOO_MANY },
  numeric: { read: (reader, numbers) => ({ kind: "numeric", range: readNumeric(reader, numbers) }), several: TOO_MANY },
  // AWS's own words; where a range is wrong, it names no place.
  cidr: { read: (reader) => ({ kind: "cidr", ...parseRange(readText(reader, "prefix match pattern must be a string")) }) },
  exists: { read: readExists },
};

const readExpression = (reader: PatternReader, numbers: Numbers): Wanted => {
  if (reader.next() !== "name") reader.fail("Match expression name not found");
  const { name } = reader;
  const expression = Object.hasOwn(EXPRESSIONS, name) ? EXPRESSIONS[name]! : reader.fail(`Unrecognized match type ${name}`);
  const wanted = expression.read(reader, numbers);
  readEnd(reader, expression.several ?? ONE_KEY);
  return wanted;
};

/** One member of the array that a pattern has for a field: the token that the reader is at. */
export const readWanted = (reader: PatternReader, numbers: Numbers): Wanted => {
  switch (reader.token) {
    case "{":
      return readExpression(reader, numbers);
    case "string":
      return { kind: "value", value: reader.string };
    case "number":
      return { kind: "value", value: numbers.asCompared(reader.number) };
    case "true":
    case "false":
      return { kind: "value", value: reader.token === "true" };
    case "null":
      return { kind: "value", value: null };
    default:
      return reader.fail("Match value must be String, number, true, false, or null");
  }
};
