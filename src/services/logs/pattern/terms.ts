import { invalidPattern } from "./invalid.ts";
import type { FilterPattern } from "./pattern.ts";
import { compileRegex } from "./regex.ts";

interface Term {
  sign: "" | "-" | "?";
  /** Where it is one. */
  regex?: string;
  test(message: string): boolean;
  cost: number;
}

/**
 * `ERROR "exact phrase" %regex% -not ?any ?of`: every plain term occurs in the message, no `-` term does. `?` terms count only when
 * they stand alone: "If you combine the question mark with other filter patterns, the question mark is ignored" (CloudWatch Logs user guide).
 */
export const compileTerms = (source: string): FilterPattern => {
  const terms = readTerms(source);
  const required = terms.filter(({ sign }) => sign === "");
  const excluded = terms.filter(({ sign }) => sign === "-");
  const optional = required.length + excluded.length > 0 ? [] : terms.filter(({ sign }) => sign === "?");
  return {
    matches: (message) =>
      required.every((term) => term.test(message)) &&
      !excluded.some((term) => term.test(message)) &&
      (optional.length === 0 || optional.some((term) => term.test(message))),
    extract: () => ({}),
    cost: terms.reduce((sum, { cost }) => sum + cost, 1),
    regexes: terms.flatMap(({ regex }) => regex ?? []),
    wildcards: [],
  };
};

const TERM = /\s*([-?]?)(?:"((?:[^"\\]|\\.)*)"|%((?:[^%\\]|\\.)*)%|([^\s"]+))/y;

const readTerms = (source: string): Term[] => {
  const terms: Term[] = [];
  const reader = new RegExp(TERM);
  const end = source.trimEnd().length;
  while (reader.lastIndex < end) {
    const found = reader.exec(source);
    if (found === null) throw invalidPattern();
    const [, sign = "", quoted, regex, plain] = found;
    terms.push({ sign: sign as Term["sign"], ...(regex === undefined ? phrase(quoted?.replaceAll(/\\(.)/g, "$1") ?? word(plain!)) : expression(regex)) });
  }
  return terms;
};

const word = (text: string): string => {
  if (!/^[\p{L}\p{N}_]+$/u.test(text)) throw invalidPattern(`Invalid character(s) in term '${text}'`);
  return text;
};

const phrase = (text: string) => ({ test: (message: string) => message.includes(text), cost: 1 });

const expression = (source: string) => ({ ...compileRegex(source), regex: source });
