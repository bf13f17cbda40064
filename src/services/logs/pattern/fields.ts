import { compileComparison } from "./compare.ts";
import { invalidPattern } from "./invalid.ts";
import type { FilterPattern } from "./pattern.ts";
import { createScanner, parseCondition, takeComparison, takeOperand, type Condition, type Scanner } from "./scanner.ts";

interface Field {
  /** Absent in `[, , x]`: then it is known by its number. */
  name?: string;
  condition?: Condition<string>;
}

/** A field's text, and where it begins in the message. */
interface FieldValue {
  text: string;
  at: number;
}

/**
 * `[ip, user, ..., status = 4* || status = 500, bytes > 1000]`: the fields of a message, parted by spaces; `"…"` and `[…]` hold theirs together. `...` is as many as there
 * are. Without it, all that is left is the last one's: `[w1=ERROR, w2]` finds the lines whose first word is ERROR, as does the `[timestamp=*Z, request_id="*-*", event]` that AWS has for Lambda's.
 */
export const compileFields = (source: string): FilterPattern => {
  const { head, tail, isOpen, regexes } = parseFields(source);
  const assign = (message: string): [Field, string, number][] | undefined => {
    const values = splitFields(message);
    const fixed = head.length + tail.length;
    if (values.length < fixed) return undefined;
    if (!isOpen && values.length > fixed) values.splice(fixed - 1, Infinity, { text: message.slice(values[fixed - 1]!.at).trimEnd(), at: values[fixed - 1]!.at });
    const offset = values.length - tail.length;
    return values.map(({ text }, i): [Field, string, number] => [(i < offset ? head[i] : tail[i - offset]) ?? {}, text, i + 1]);
  };
  return {
    matches: (message) => assign(message)?.every(([field, value]) => field.condition?.holds(value) ?? true) ?? false,
    extract: (message) => Object.fromEntries((assign(message) ?? []).map(([field, value, number]) => [`$${field.name ?? number}`, value])),
    cost: 4 + [...head, ...tail].reduce((sum, { condition }) => sum + (condition?.cost ?? 0), 0),
    regexes,
    wildcards: [],
  };
};

const parseFields = (source: string): { head: Field[]; tail: Field[]; isOpen: boolean; regexes: string[] } => {
  const regexes: string[] = [];
  const scanner = createScanner(source);
  const head: Field[] = [];
  const tail: Field[] = [];
  let isOpen = false;
  scanner.expect("[");
  do {
    if (!scanner.take("...")) (isOpen ? tail : head).push(parseField(scanner, regexes));
    else if (isOpen) throw invalidPattern();
    else isOpen = true;
  } while (scanner.take(","));
  scanner.expect("]");
  if (!scanner.isAtEnd()) throw invalidPattern();
  return { head, tail, isOpen, regexes };
};

const NAME = /[\p{L}_][\p{L}\p{N}_.-]*/uy;

/** A condition may only speak of its own field: `status = 4* && bytes > 10` is "Invalid filter pattern". */
const parseField = (scanner: Scanner, regexes: string[]): Field => {
  let name: string | undefined;
  const parseTest = (): Condition<string> => {
    const found = scanner.match(NAME)?.[0];
    if (name !== undefined && found !== undefined && found !== name) throw invalidPattern();
    name ??= found;
    const comparison = takeComparison(scanner);
    if (comparison === undefined) return always;
    const operand = takeOperand(scanner);
    if (operand.kind === "regex") regexes.push(operand.text);
    const test = compileComparison(comparison, operand);
    return { holds: (value) => test.test(value), cost: test.cost };
  };
  const condition = parseCondition(scanner, parseTest);
  return { ...(name === undefined ? {} : { name }), ...(condition === always ? {} : { condition }) };
};

const always: Condition<string> = { holds: () => true, cost: 0 };

const CLOSING: Readonly<Record<string, string>> = { '"': '"', "[": "]" };

/** One pass: a delimiter that is not closed once is not looked for again. */
const splitFields = (message: string): FieldValue[] => {
  const values: FieldValue[] = [];
  const unclosed = new Set<string>();
  const space = /\s|$/g;
  for (let at = skipSpace(message, 0); at < message.length; ) {
    const closing = CLOSING[message[at]!];
    let end = closing === undefined || unclosed.has(closing) ? -1 : message.indexOf(closing, at + 1);
    if (end >= 0) {
      values.push({ text: message.slice(at + 1, end), at });
      end++;
    } else {
      if (closing !== undefined) unclosed.add(closing);
      space.lastIndex = at;
      end = space.exec(message)!.index;
      values.push({ text: message.slice(at, end), at });
    }
    at = skipSpace(message, end);
  }
  return values;
};

const skipSpace = (message: string, from: number): number => {
  let at = from;
  while (at < message.length && message.charCodeAt(at) <= 32) at++;
  return at;
};
