import { isSameAddress, parseAddress, parseRange } from "./address.ts";
import { InvalidPattern } from "./errors.ts";
import { parseNumeric } from "./numeric.ts";
import { parseWildcard } from "./wildcard.ts";

/** A leaf of an event. */
export type Scalar = string | number | boolean | null;
export type ValueTest = (value: Scalar) => boolean;

/** What one member of a pattern's array asks for: a value that passes, or that there is none. */
export type Wanted = ValueTest | "absent";

type TextTest = (text: string) => boolean;

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

const fold = (text: string): string => text.toLowerCase();

const ofText = (test: TextTest): ValueTest => (value) => typeof value === "string" && test(value);

const textOf = (value: unknown, complaint: string): string => {
  if (typeof value !== "string") throw new InvalidPattern(complaint);
  return value;
};

/** The only member of an expression. */
const onlyMember = (expression: Record<string, unknown>, none: string, several: string): [string, unknown] => {
  const [first, ...more] = Object.entries(expression);
  if (first === undefined) throw new InvalidPattern(none);
  if (more.length > 0) throw new InvalidPattern(several);
  return first;
};

const ONE_KEY = "Only one key allowed in match expression";
const NO_TEXT_IGNORING_CASE = "equals-ignore-case match pattern must be a string";

const startsWith = (prefix: string): TextTest => (text) => text.startsWith(prefix);
const endsWith = (suffix: string): TextTest => (text) => text.endsWith(suffix);

/** `{ "prefix": "a" }`, and `{ "prefix": { "equals-ignore-case": "a" } }` */
const affix = (kind: "prefix" | "suffix", value: unknown): ValueTest => {
  const make = kind === "prefix" ? startsWith : endsWith;
  if (!isObject(value)) return ofText(make(textOf(value, `${kind} match pattern must be a string`)));
  const [inner, text] = onlyMember(value, `${kind === "prefix" ? "Prefix" : "Suffix"} expression name not found`, ONE_KEY);
  if (inner !== "equals-ignore-case") throw new InvalidPattern(`Unsupported ${kind} pattern: ${inner}`);
  const test = make(fold(textOf(text, NO_TEXT_IGNORING_CASE)));
  return ofText((given) => test(fold(given)));
};

const ignoringCase = (text: string): TextTest => {
  const folded = fold(text);
  return (given) => fold(given) === folded;
};

const exactly = (text: string): ValueTest => {
  const address = parseAddress(text);
  return ofText((given) => given === text || (address !== undefined && isSameAddress(address, given)));
};

const affixWanted = (text: string): string => {
  if (text === "") throw new InvalidPattern("Null prefix/suffix not allowed");
  return text;
};

/** What an event may be anything but, and what AWS says of a member of the list that is no text. */
const EXCLUDED: Record<string, { make(text: string): TextTest; complaint: string }> = {
  prefix: { make: (text) => startsWith(affixWanted(text)), complaint: "prefix/suffix match pattern must be a string" },
  suffix: { make: (text) => endsWith(affixWanted(text)), complaint: "prefix/suffix match pattern must be a string" },
  "equals-ignore-case": { make: ignoringCase, complaint: "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported." },
  wildcard: { make: parseWildcard, complaint: "wildcard match pattern must be a string" },
};

const isListable = (value: unknown): boolean => Array.isArray(value) || typeof value === "string" || typeof value === "number";

const listFor = (value: unknown): unknown[] => {
  if (!isListable(value)) throw new InvalidPattern("Value of anything-but must be an array or single string/number value.");
  return Array.isArray(value) ? value : [value];
};

/** A value of any kind that is none of these. */
const anythingBut = (value: unknown): ValueTest => {
  if (isObject(value)) {
    const [inner, texts] = onlyMember(value, "Anything-But expression name not found", "Too many elements in numeric expression");
    const excluded = Object.hasOwn(EXCLUDED, inner) ? EXCLUDED[inner]! : undefined;
    if (excluded === undefined) throw new InvalidPattern(`Unsupported anything-but pattern: ${inner}`);
    const tests = listFor(texts).map((text) => excluded.make(textOf(text, excluded.complaint)));
    return (given) => typeof given !== "string" || !tests.some((test) => test(given));
  }
  const list = listFor(value);
  if (!list.every((one) => typeof one === "string" || typeof one === "number")) throw new InvalidPattern("Inside anything but list, start|null|boolean is not supported.");
  if (new Set(list.map((one) => typeof one)).size !== 1) throw new InvalidPattern("Inside anything but list, either all values are number or string, mixed type is not supported");
  const excluded = new Set<unknown>(list);
  return (given) => !excluded.has(given);
};

const numeric = (value: unknown): ValueTest => {
  const test = parseNumeric(value);
  return (given) => typeof given === "number" && test(given);
};

const exists = (value: unknown): Wanted => {
  if (typeof value !== "boolean") throw new InvalidPattern("exists match pattern must be either true or false.");
  return value ? () => true : "absent";
};

const EXPRESSIONS: Record<string, (value: unknown) => Wanted> = {
  exactly: (value) => exactly(textOf(value, "exact match pattern must be a string")),
  prefix: (value) => affix("prefix", value),
  suffix: (value) => affix("suffix", value),
  "equals-ignore-case": (value) => ofText(ignoringCase(textOf(value, NO_TEXT_IGNORING_CASE))),
  wildcard: (value) => ofText(parseWildcard(textOf(value, "wildcard match pattern must be a string"))),
  "anything-but": anythingBut,
  numeric,
  // AWS's own words.
  cidr: (value) => ofText(parseRange(textOf(value, "prefix match pattern must be a string"))),
  exists,
};

/** One member of the array that a pattern has for a field. */
export const parseWanted = (member: unknown): Wanted => {
  if (isObject(member)) {
    const [name] = Object.keys(member);
    if (name === undefined) throw new InvalidPattern("Match expression name not found");
    if (!Object.hasOwn(EXPRESSIONS, name)) throw new InvalidPattern(`Unrecognized match type ${name}`);
    const [, value] = onlyMember(member, "", ONE_KEY);
    return EXPRESSIONS[name]!(value);
  }
  if (Array.isArray(member)) throw new InvalidPattern("Match value must be String, number, true, false, or null");
  return typeof member === "string" ? exactly(member) : (value) => value === member;
};
