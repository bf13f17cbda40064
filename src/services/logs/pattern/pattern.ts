import { compileFields } from "./fields.ts";
import { invalidPattern } from "./invalid.ts";
import { compileJson } from "./json.ts";
import { compileTerms } from "./terms.ts";

/** A filter pattern, ready to be asked. Syntax: "Filter pattern syntax", CloudWatch Logs user guide. */
export interface FilterPattern {
  matches(message: string): boolean;
  /** What the pattern names, for TestMetricFilter: `$.path` of JSON, `$field` of space-delimited messages. */
  extract(message: string): Record<string, string>;
  /** Passes over the message, about: what a scan is budgeted with. */
  cost: number;
  /** Its regular expressions, without their `%`. */
  regexes: readonly string[];
  /** How many of `*` each of its selectors has. */
  wildcards: readonly number[];
}

/** Regular expressions and wildcards of one pattern, and wildcards of a selector of it ("Filter pattern syntax", quotas). */
const REGEXES_MAX = 2;
const WILDCARDS_MAX = 3;
const SELECTOR_WILDCARDS_MAX = 1;

/** A pattern that somebody asks for: compiled, and within AWS's quotas. Throws InvalidParameterException. */
export const readPattern = (source: string): FilterPattern => {
  const pattern = compilePattern(source);
  const { regexes, wildcards } = pattern;
  if (/^\s*[{[]/.test(source) && regexes.length > REGEXES_MAX) throw invalidPattern(`Invalid filter pattern: it has ${regexes.length} regular expressions, and there can be no more than ${REGEXES_MAX}`);
  if (wildcards.some((count) => count > SELECTOR_WILDCARDS_MAX)) throw invalidPattern("Invalid filter pattern: a property selector can have no more than one wildcard");
  if (wildcards.reduce((sum, count) => sum + count, 0) > WILDCARDS_MAX) throw invalidPattern(`Invalid filter pattern: there can be no more than ${WILDCARDS_MAX} wildcards in its property selectors`);
  const strange = regexes.find((regex) => !REGEX_CHARACTERS.test(regex));
  if (strange !== undefined) throw invalidPattern(`Invalid character(s) in term '%${strange}%'`);
  return pattern;
};

/** Letters, digits, symbols, the space and the operators that AWS lists; any other character is written as `\\xhh`. What stands behind a `\\` stands for itself. */
const REGEX_CHARACTERS = /^(?:\\.|[A-Za-z0-9 :_#=@/;,^$?[\]{}|*+.-])*$/s;

/** Throws InvalidParameterException. The empty pattern matches everything. */
export const compilePattern = (source: string): FilterPattern => {
  const text = source.trim();
  if (text === "") return { matches: () => true, extract: () => ({}), cost: 1, regexes: [], wildcards: [] };
  if (text.startsWith("{")) {
    if (!text.endsWith("}")) throw invalidPattern("If a filter pattern starts with '{' it must end with '}'");
    return compileJson(text);
  }
  if (text.startsWith("[")) {
    if (!text.endsWith("]")) throw invalidPattern("If a filter pattern starts with '[' it must end with ']'");
    return compileFields(text);
  }
  return compileTerms(text);
};
