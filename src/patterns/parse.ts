import { PATTERN_ALTERNATIVES_MAX } from "../kit/limits/patterns.ts";
import { InvalidPattern } from "./errors.ts";
import { readWanted } from "./expressions.ts";
import { EVENT_NUMBERS, type Numbers } from "./numeric.ts";
import { PatternReader } from "./pattern-reader.ts";
import type { Wanted } from "./wanted.ts";

/** What a pattern asks of one field. */
export interface Field {
  /** Its steps, with dots between them; an event may have several of them as one key with dots in it. */
  path: string;
  /** Any of them is enough. `absent` is none of them. */
  wanted: readonly Wanted[];
  mayBeAbsent: boolean;
}

/** Fields that all must match. A pattern has one for each choice that its `$or`s leave. */
export type Alternative = readonly Field[];

type Gathered = Map<string, Field>;

interface Language {
  numbers: Numbers;
  /** Whether `$or` is more than a field's name. */
  hasOr: boolean;
}

/** Of a pattern that is one, and too large for us. */
class TooManyAlternatives extends InvalidPattern {}

const OR = "$or";
/** Names of expressions, of today or of tomorrow, that are no fields in a `$or`. */
const RESERVED = new Set([
  "exactly", "equals-ignore-case", "prefix", "suffix", "anything-but", "exists", "wildcard", "numeric", "cidr", "=", "<", "<=", ">", ">=", "regex",
  "not-wildcard", "not-equals-ignore-case", "date-after", "date-on-or-after", "date-before", "date-on-or-before", "in-date-range", "ip-address-in-range", "ip-address-not-in-range",
]);

const readField = (reader: PatternReader, path: string, numbers: Numbers): Field => {
  const wanted: Wanted[] = [];
  while (reader.next() !== "]") wanted.push(readWanted(reader, numbers));
  if (wanted.length === 0) reader.fail("Empty arrays are not allowed");
  return { path, wanted: wanted.filter(({ kind }) => kind !== "absent"), mayBeAbsent: wanted.some(({ kind }) => kind === "absent") };
};

const readOr = (reader: PatternReader, path: string, start: Gathered[], language: Language): Gathered[] => {
  if (reader.next() !== "[") reader.fail(`It must be an Array followed with ${OR}.`);
  const gathered: Gathered[] = [];
  let branches = 0;
  for (; reader.next() !== "]"; branches++) {
    if (reader.token !== "{") reader.fail(`Only JSON object is allowed in array of ${OR} relationship.`);
    gathered.push(...readObject(reader, path, true, start.map((one) => new Map(one)), language));
    if (gathered.length > PATTERN_ALTERNATIVES_MAX) throw new TooManyAlternatives(`the ${OR}s leave more than ${PATTERN_ALTERNATIVES_MAX} combinations`);
  }
  if (branches < 2) reader.fail(`There must have at least 2 Objects in ${OR} relationship.`);
  return gathered;
};

/** Adds what an object of the pattern asks for to each of the alternatives there are. The same field again replaces what was asked of it before, as AWS's matcher has it. */
const readObject = (reader: PatternReader, path: string, isInOr: boolean, before: Gathered[], language: Language): Gathered[] => {
  let gathered = before;
  let isEmpty = true;
  for (; reader.next() !== "}"; isEmpty = false) {
    const { name } = reader;
    if (name === OR && language.hasOr) {
      gathered = readOr(reader, path, gathered, language);
      continue;
    }
    if (isInOr && RESERVED.has(name)) reader.fail(`${name} is Ruler reserved fieldName which cannot be used inside ${OR}.`);
    const inner = `${path}${name}`;
    reader.next();
    if (reader.token === "[") {
      const field = readField(reader, inner, language.numbers);
      for (const one of gathered) one.set(inner, field);
    } else if (reader.token === "{") gathered = readObject(reader, `${inner}.`, isInOr, gathered, language);
    else reader.fail(`"${name}" must be an object or an array`);
  }
  if (isEmpty) reader.fail("Empty objects are not allowed");
  return gathered;
};

const readPattern = (json: string, language: Language): Alternative[] => {
  const reader = new PatternReader(json);
  if (reader.next() !== "{") reader.fail("Filter is not an object");
  return readObject(reader, "", false, [new Map()], language).map((fields) => [...fields.values()]);
};

/**
 * Throws InvalidPattern, with AWS's words and its place. What is no pattern is read once more as patterns were before there was `$or`, which is then a field like every other, and it is that reader's complaint that is told
 * (`addRule` of AWS's matcher, Event Ruler).
 */
export const parsePattern = (json: string, numbers: Numbers = EVENT_NUMBERS): Alternative[] => {
  try {
    return readPattern(json, { numbers, hasOr: true });
  } catch (error) {
    if (!(error instanceof InvalidPattern) || error instanceof TooManyAlternatives) throw error;
    return readPattern(json, { numbers, hasOr: false });
  }
};
