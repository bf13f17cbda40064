import { compileComparison } from "./compare.ts";
import { invalidPattern } from "./invalid.ts";
import type { FilterPattern } from "./pattern.ts";
import { createScanner, parseCondition, takeComparison, takeOperand, type Condition, type Scanner } from "./scanner.ts";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
/** A property, an index, or every element and every property's value. */
type PathPart = { key: string } | { index: number } | { every: true };
interface Selector {
  text: string;
  path: PathPart[];
}

/** Parsing a message costs about this many passes over it. */
const PARSE_COST = 8;

/** `{ $.a.b = "x*" && ($.n > 3 || $.list[0].c IS NULL) && $.d NOT EXISTS }` over messages that are JSON objects or arrays. */
export const compileJson = (source: string): FilterPattern => {
  const scanner = createScanner(source);
  const found: Found = { selectors: [], regexes: [], wildcards: [] };
  const { selectors } = found;
  scanner.expect("{");
  const condition = parseCondition<Json>(scanner, () => parseTest(scanner, found));
  scanner.expect("}");
  if (!scanner.isAtEnd()) throw invalidPattern();
  const parse = (message: string): Json | undefined => {
    try {
      const value = JSON.parse(message) as Json;
      return value !== null && typeof value === "object" ? value : undefined;
    } catch {
      return undefined;
    }
  };
  return {
    matches(message) {
      const event = looksLikeJson(message) ? parse(message) : undefined;
      return event !== undefined && condition.holds(event);
    },
    extract: (message) => extract(parse(message), selectors),
    cost: PARSE_COST + condition.cost,
    regexes: found.regexes,
    wildcards: found.wildcards,
  };
};

const looksLikeJson = (message: string): boolean => /^\s*[[{]/.test(message);

const IS = /IS\s+(NULL|TRUE|FALSE)\b/y;
const NOT_EXISTS = /NOT\s+EXISTS\b/y;

/** What a pattern has of each. */
interface Found {
  selectors: Selector[];
  regexes: string[];
  /** Of each selector, how many. */
  wildcards: number[];
}

/** "The variables IS NOT and EXISTS currently aren't supported" (CloudWatch Logs user guide). */
const parseTest = (scanner: Scanner, { selectors, regexes, wildcards }: Found): Condition<Json> => {
  const selector = parseSelector(scanner);
  wildcards.push(selector.path.filter((part) => "every" in part).length);
  if (!selectors.some(({ text }) => text === selector.text)) selectors.push(selector);
  const is = scanner.match(IS)?.[1];
  if (is !== undefined) {
    const wanted = is === "NULL" ? null : is === "TRUE";
    return { holds: (event) => select(event, selector.path).some((value) => value === wanted), cost: 1 };
  }
  if (scanner.match(NOT_EXISTS) !== undefined) return { holds: (event) => select(event, selector.path).length === 0, cost: 1 };
  const comparison = takeComparison(scanner);
  if (comparison === undefined) throw invalidPattern();
  const operand = takeOperand(scanner);
  if (operand.kind === "regex") regexes.push(operand.text);
  const test = compileComparison(comparison, operand);
  return { holds: (event) => select(event, selector.path).some((value) => isScalar(value) && test.test(value)), cost: test.cost };
};

const isScalar = (value: Json): value is string | number | boolean => value !== null && typeof value !== "object";

const SELECTOR = /\$((?:\.?\[(?:\d{1,6}|\*|'[^']*'|"[^"]*")\]|\.\*|\.[\p{L}\p{N}_@:/-]+)*)/uy;
const PART = /\.?\[(?:(\d+)|(\*)|'([^']*)'|"([^"]*)")\]|\.(\*)|\.([\p{L}\p{N}_@:/-]+)/gu;

const parseSelector = (scanner: Scanner): Selector => {
  const found = scanner.match(SELECTOR);
  if (found === undefined) throw invalidPattern();
  const path = [...found[1]!.matchAll(PART)].map(([, index, element, single, double, property, name]): PathPart => {
    if (index !== undefined) return { index: Number(index) };
    return element === undefined && property === undefined ? { key: (single ?? double ?? name)! } : { every: true };
  });
  if (path.length === 0) throw invalidPattern();
  return { text: found[0], path };
};

const select = (event: Json, path: readonly PathPart[]): Json[] => {
  let values: Json[] = [event];
  for (const part of path) values = values.flatMap((value) => step(value, part));
  return values;
};

const step = (value: Json, part: PathPart): Json[] => {
  if (value === null || typeof value !== "object") return [];
  if ("key" in part) return !Array.isArray(value) && Object.hasOwn(value, part.key) ? [value[part.key]!] : [];
  if ("every" in part) return Array.isArray(value) ? value : Object.values(value);
  if (!Array.isArray(value)) return [];
  const element = value[part.index];
  return element === undefined ? [] : [element];
};

const extract = (event: Json | undefined, selectors: readonly Selector[]): Record<string, string> => {
  const values: Record<string, string> = {};
  for (const { text, path } of selectors) {
    const [value] = event === undefined ? [] : select(event, path);
    if (value !== undefined) values[text] = typeof value === "string" ? value : JSON.stringify(value);
  }
  return values;
};
