import { isInRange } from "./ip-address.ts";
import { escapeLiteral, expandVariables, unescapeLiteral } from "./variables.ts";
import { matchesArn, matchesWildcard } from "./wildcard.ts";

/** What is known of a request: lower-case key → values. A key that is not there has no value; a key may have several. */
export type ContextKeys = ReadonlyMap<string, readonly string[]>;

/** One key of a Condition, and what the request has of it: nothing where it has no such key. */
export interface SeenCondition {
  operator: string;
  key: string;
  expected: string[];
  actual: string[];
}

type Test = (expected: string, actual: string) => boolean;

const numeric = (compare: (actual: number, expected: number) => boolean): Test => (expected, actual) => {
  const [a, e] = [Number(actual), Number(expected)];
  return actual.trim() !== "" && expected.trim() !== "" && !Number.isNaN(a) && !Number.isNaN(e) && compare(a, e);
};

/** ISO 8601, or seconds since the epoch. */
const timeOf = (text: string): number => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text));

const date = (compare: (actual: number, expected: number) => boolean): Test => (expected, actual) => {
  const [a, e] = [timeOf(actual), timeOf(expected)];
  return !Number.isNaN(a) && !Number.isNaN(e) && compare(a, e);
};

const exactly =
  (test: Test): Test =>
  (expected, actual) =>
    test(unescapeLiteral(expected), actual);

const like: Test = (expected, actual) => matchesWildcard(expected, escapeLiteral(actual));
const arnLike: Test = (expected, actual) => matchesArn(expected, escapeLiteral(actual));
const equals = exactly((expected, actual) => expected === actual);
const equalsIgnoringCase = exactly((expected, actual) => expected.toLowerCase() === actual.toLowerCase());

/** Positive operators, and the negated ones as their opposite. Source: "IAM JSON policy elements: Condition operators". */
const POSITIVE: Record<string, Test> = {
  StringEquals: equals,
  StringEqualsIgnoreCase: equalsIgnoringCase,
  StringLike: like,
  NumericEquals: numeric((a, e) => a === e),
  NumericLessThan: numeric((a, e) => a < e),
  NumericLessThanEquals: numeric((a, e) => a <= e),
  NumericGreaterThan: numeric((a, e) => a > e),
  NumericGreaterThanEquals: numeric((a, e) => a >= e),
  DateEquals: date((a, e) => a === e),
  DateLessThan: date((a, e) => a < e),
  DateLessThanEquals: date((a, e) => a <= e),
  DateGreaterThan: date((a, e) => a > e),
  DateGreaterThanEquals: date((a, e) => a >= e),
  Bool: equalsIgnoringCase,
  BinaryEquals: equals,
  IpAddress: (expected, actual) => isInRange(actual, expected),
  ArnEquals: arnLike,
  ArnLike: arnLike,
};

const NEGATED: Record<string, Test> = {
  StringNotEquals: POSITIVE["StringEquals"]!,
  StringNotEqualsIgnoreCase: POSITIVE["StringEqualsIgnoreCase"]!,
  StringNotLike: like,
  NumericNotEquals: POSITIVE["NumericEquals"]!,
  DateNotEquals: POSITIVE["DateEquals"]!,
  NotIpAddress: POSITIVE["IpAddress"]!,
  ArnNotEquals: arnLike,
  ArnNotLike: arnLike,
};

interface Operator {
  /** Without what stands before and after it: `StringLike`. */
  base: string;
  test: Test;
  isNegated: boolean;
  isIfExists: boolean;
  set: "ForAnyValue" | "ForAllValues" | undefined;
  isNull: boolean;
  /** Variables stand in texts and ARNs alone. */
  takesVariables: boolean;
}

const SET = /^(ForAnyValue|ForAllValues):/;
const NEVER: Test = () => false;

/** Undefined when AWS has no such operator. `Null` takes no IfExists, and a set prefix means nothing to it. */
export const parseOperator = (name: string): Operator | undefined => {
  if (name.replace(SET, "") === "Null") return { base: "Null", test: NEVER, isNegated: false, isIfExists: false, set: undefined, isNull: true, takesVariables: false };
  const set = SET.exec(name)?.[1] as Operator["set"];
  const bare = name.replace(SET, "");
  const isIfExists = bare.endsWith("IfExists");
  const base = isIfExists ? bare.slice(0, -"IfExists".length) : bare;
  const positive = Object.hasOwn(POSITIVE, base) ? POSITIVE[base] : undefined;
  const negated = Object.hasOwn(NEGATED, base) ? NEGATED[base] : undefined;
  const test = positive ?? negated;
  return test === undefined ? undefined : { base, test, isNegated: negated !== undefined, isIfExists, set, isNull: false, takesVariables: /^(String|Arn)/.test(base) };
};

const toTexts = (value: string | string[] | boolean | number | readonly (boolean | number)[]): string[] => (Array.isArray(value) ? value : [value]).map(String);

/**
 * One key of one operator. Several expected values are an OR, for a negated operator a NOR. A key the request does not have:
 * false, but true for IfExists, for ForAllValues and for a negated operator.
 */
const holds = (operator: Operator, expected: readonly (string | undefined)[], actual: readonly string[] | undefined): boolean => {
  if (operator.isNull) return expected.some((value) => (value?.toLowerCase() === "true") === (actual === undefined || actual.length === 0));
  if (actual === undefined || actual.length === 0) return operator.isIfExists || operator.set === "ForAllValues" || (operator.isNegated && operator.set === undefined);
  const matches = (value: string) => expected.some((one) => one !== undefined && operator.test(one, value)) !== operator.isNegated;
  if (operator.set === "ForAllValues") return actual.every(matches);
  if (operator.set === "ForAnyValue") return actual.some(matches);
  return operator.isNegated ? actual.every(matches) : actual.some(matches);
};

/** One that did not hold. */
export type FailedCondition = SeenCondition;

/** Every key of every operator, as a request meets it. */
export const seenConditions = (condition: Record<string, Record<string, string | string[] | boolean | number>>, keys: ContextKeys): SeenCondition[] =>
  Object.entries(condition).flatMap(([operator, entries]) => Object.entries(entries).map(([key, value]) => ({ operator, key, expected: toTexts(value), actual: [...(keys.get(key.toLowerCase()) ?? [])] })));

/** Undefined when every key of every operator holds (AND), else the first that does not. An operator that is not AWS's never holds. */
export const findFailedCondition = (condition: Record<string, Record<string, string | string[] | boolean | number>>, keys: ContextKeys, hasVariables = true): FailedCondition | undefined => {
  for (const [name, entries] of Object.entries(condition)) {
    const operator = parseOperator(name);
    for (const [key, value] of Object.entries(entries)) {
      const actual = keys.get(key.toLowerCase());
      const expected = toTexts(value);
      const isExpanded = hasVariables && operator?.takesVariables === true;
      const isHeld = operator !== undefined && holds(operator, isExpanded ? expected.map((text) => expandVariables(text, keys)) : expected, actual);
      if (!isHeld) return { operator: name, key, expected, actual: [...(actual ?? [])] };
    }
  }
  return undefined;
};
