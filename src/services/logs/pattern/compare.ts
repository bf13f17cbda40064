import { invalidPattern } from "./invalid.ts";
import { compileRegex } from "./regex.ts";

export type Comparison = "=" | "!=" | "<" | "<=" | ">" | ">=";

/** What stands right of an operator: `"quoted*"`, `word*`, `400`, `1e-3`, `%regex%`. */
export type Operand = { kind: "text" | "word" | "regex"; text: string };

/** Tests one value of an event: a field's text, or a JSON scalar. */
export interface Test {
  test(value: string | number | boolean): boolean;
  cost: number;
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const asNumber = (text: string): number | undefined => (NUMBER.test(text) ? Number(text) : undefined);

/**
 * `=` and `!=` compare numbers as numbers when both sides are ones and the pattern's is not quoted, else as text with `*` for any characters;
 * the others compare numbers only.
 */
export const compileComparison = (comparison: Comparison, { kind, text }: Operand): Test => {
  if (comparison === "=" || comparison === "!=") {
    const equals = compileEquality(kind, text);
    return { test: (value) => equals.test(value) === (comparison === "="), cost: equals.cost };
  }
  const bound = kind === "word" ? asNumber(text) : undefined;
  if (bound === undefined) throw invalidPattern();
  return {
    test(value) {
      const number = typeof value === "number" ? value : typeof value === "string" ? asNumber(value) : undefined;
      return number !== undefined && holds(number, comparison, bound);
    },
    cost: 1,
  };
};

const compileEquality = (kind: Operand["kind"], text: string): Test => {
  if (kind === "regex") {
    const regex = compileRegex(text);
    return { test: (value) => regex.test(String(value)), cost: regex.cost };
  }
  const number = kind === "word" ? asNumber(text) : undefined;
  const glob = compileGlob(text);
  return {
    test: (value) => (number !== undefined && asNumber(String(value)) === number) || glob(String(value)),
    cost: 1,
  };
};

const holds = (left: number, comparison: Comparison, right: number): boolean =>
  comparison === "<" ? left < right : comparison === "<=" ? left <= right : comparison === ">" ? left > right : left >= right;

/** `*` is any characters, none included. One pass: the pieces are found left to right, the last one at the end. */
export const compileGlob = (pattern: string): ((text: string) => boolean) => {
  const pieces = pattern.split("*");
  if (pieces.length === 1) return (text) => text === pattern;
  const first = pieces.shift()!;
  const last = pieces.pop()!;
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    let at = first.length;
    const end = text.length - last.length;
    for (const piece of pieces) {
      const found = text.indexOf(piece, at);
      if (found < 0 || found + piece.length > end) return false;
      at = found + piece.length;
    }
    return true;
  };
};
