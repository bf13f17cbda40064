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
}

/** Throws InvalidParameterException. The empty pattern matches everything. */
export const compilePattern = (source: string): FilterPattern => {
  const text = source.trim();
  if (text === "") return { matches: () => true, extract: () => ({}), cost: 1 };
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
