import { invalidPattern } from "./invalid.ts";
import type { Comparison, Operand } from "./compare.ts";

/** Reads a pattern's text from left to right. */
export interface Scanner {
  /** Passes over white space, then takes the text when it comes next. */
  take(text: string): boolean;
  expect(text: string): void;
  /** Passes over white space, then takes what matches (a sticky expression). */
  match(expression: RegExp): RegExpExecArray | undefined;
  isAtEnd(): boolean;
}

export const createScanner = (source: string): Scanner => {
  let at = 0;
  const skip = () => {
    while (at < source.length && /\s/.test(source[at]!)) at++;
  };
  const take = (text: string) => {
    skip();
    if (!source.startsWith(text, at)) return false;
    at += text.length;
    return true;
  };
  return {
    take,
    expect(text) {
      if (!take(text)) throw invalidPattern();
    },
    match(expression) {
      skip();
      expression.lastIndex = at;
      const found = expression.exec(source);
      if (found === null) return undefined;
      at = expression.lastIndex;
      return found;
    },
    isAtEnd() {
      skip();
      return at >= source.length;
    },
  };
};

const COMPARISON = /!=|<=|>=|=|<|>/y;
const OPERAND = /"((?:[^"\\]|\\.)*)"|%((?:[^%\\]|\\.)*)%|([^\s"(){}[\],&|=<>!]+)/y;

export const takeComparison = (scanner: Scanner): Comparison | undefined => scanner.match(COMPARISON)?.[0] as Comparison | undefined;

export const takeOperand = (scanner: Scanner): Operand => {
  const found = scanner.match(OPERAND);
  if (found === undefined) throw invalidPattern();
  const [, quoted, regex, word] = found;
  if (quoted !== undefined) return { kind: "text", text: quoted.replaceAll(/\\(.)/g, "$1") };
  return regex === undefined ? { kind: "word", text: word! } : { kind: "regex", text: regex };
};

/** Tests over events of type E, joined with `&&` (binds tighter), `||` and parentheses. */
export interface Condition<E> {
  holds(event: E): boolean;
  cost: number;
}

/** Deeper parentheses than this are no one's pattern: 1,024 characters of `(` would else be our stack. */
const DEPTH_MAX = 64;

export const parseCondition = <E>(scanner: Scanner, parseTest: () => Condition<E>, depth = 0): Condition<E> => {
  if (depth > DEPTH_MAX) throw invalidPattern();
  const one = (): Condition<E> => {
    if (!scanner.take("(")) return parseTest();
    const inner = parseCondition(scanner, parseTest, depth + 1);
    scanner.expect(")");
    return inner;
  };
  const all = (): Condition<E> => {
    const parts = [one()];
    while (scanner.take("&&")) parts.push(one());
    return parts.length === 1 ? parts[0]! : { holds: (event) => parts.every((part) => part.holds(event)), cost: sumCost(parts) };
  };
  const parts = [all()];
  while (scanner.take("||")) parts.push(all());
  return parts.length === 1 ? parts[0]! : { holds: (event) => parts.some((part) => part.holds(event)), cost: sumCost(parts) };
};

const sumCost = (parts: readonly { cost: number }[]): number => parts.reduce((sum, { cost }) => sum + cost, 0);
