import { MathProblem, type Node, type Operator } from "./syntax.ts";

type Token = { kind: "number" | "variable" | "word" | "text" | "mark"; text: string };

const TOKEN = /\s*(?:(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|([a-z][A-Za-z0-9_]*)|([A-Z][A-Z0-9_]*)|"([^"]*)"|'([^']*)'|(==|!=|<=|>=|&&|\|\||[-+*/^<>()[\],]))/y;
const WORD_OPERATORS: Record<string, string> = { AND: "&&", OR: "||" };

/** Deeper than this is no one's expression: 2,048 brackets would else be our stack. */
const DEPTH_MAX = 64;

const invalid = (): MathProblem => new MathProblem("Invalid syntax");

const tokensOf = (source: string): Token[] => {
  const tokens: Token[] = [];
  const reader = new RegExp(TOKEN);
  const end = source.trimEnd().length;
  while (reader.lastIndex < end) {
    const found = reader.exec(source);
    if (found === null) throw invalid();
    const [, number, variable, word, double, single, mark] = found;
    if (number !== undefined) tokens.push({ kind: "number", text: number });
    else if (variable !== undefined) tokens.push({ kind: "variable", text: variable });
    else if (word !== undefined) tokens.push(WORD_OPERATORS[word] === undefined ? { kind: "word", text: word } : { kind: "mark", text: WORD_OPERATORS[word] });
    else if (mark !== undefined) tokens.push({ kind: "mark", text: mark });
    else tokens.push({ kind: "text", text: (double ?? single)! });
  }
  return tokens;
};

/** From what binds least to what binds most; all of them from left to right. */
const LEVELS: readonly (readonly string[])[] = [["||"], ["&&"], ["==", "!=", "<=", ">=", "<", ">"], ["+", "-"], ["*", "/"]];

/** Throws MathProblem. */
export const parseExpression = (source: string): Node => {
  const tokens = tokensOf(source);
  let at = 0;
  let depth = 0;
  const take = (...marks: readonly string[]): string | undefined => {
    const token = tokens[at];
    if (token?.kind !== "mark" || !marks.includes(token.text)) return undefined;
    at++;
    return token.text;
  };
  const expect = (mark: string): void => {
    if (take(mark) === undefined) throw invalid();
  };
  const list = (end: string): Node[] => {
    if (take(end) !== undefined) return [];
    const items = [binary(0)];
    while (take(",") !== undefined) items.push(binary(0));
    expect(end);
    return items;
  };
  const primary = (): Node => {
    if (take("(") !== undefined) {
      const inner = binary(0);
      expect(")");
      return inner;
    }
    if (take("[") !== undefined) return { kind: "array", items: list("]") };
    const token = tokens[at++];
    switch (token?.kind) {
      case "number": return { kind: "number", value: Number(token.text) };
      case "text": return { kind: "text", text: token.text };
      case "variable": return { kind: "variable", name: token.text };
      case "word": return take("(") === undefined ? { kind: "word", word: token.text } : { kind: "call", name: token.text, args: list(")") };
      default: throw invalid();
    }
  };
  const deeper = (read: () => Node): Node => {
    if (++depth > DEPTH_MAX) throw invalid();
    const node = read();
    depth--;
    return node;
  };
  /** `-m1^2` is -(m1²), and `2^3^2` is 2⁹. */
  const power = (): Node => {
    const base = primary();
    return take("^") === undefined ? base : { kind: "operation", operator: "^", left: base, right: deeper(unary) };
  };
  const unary = (): Node => (take("-") === undefined ? power() : { kind: "negation", of: deeper(unary) });
  const binary = (level: number): Node => {
    if (level === LEVELS.length) return unary();
    let left = level === 0 ? deeper(() => binary(1)) : binary(level + 1);
    for (let operator = take(...LEVELS[level]!); operator !== undefined; operator = take(...LEVELS[level]!)) {
      left = { kind: "operation", operator: operator as Operator, left, right: binary(level + 1) };
    }
    return left;
  };
  const node = binary(0);
  if (at < tokens.length) throw invalid();
  return node;
};
