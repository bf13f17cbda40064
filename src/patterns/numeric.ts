import type { PatternReader } from "./pattern-reader.ts";
import type { NumberRange } from "./wanted.ts";

/** How numbers are read: what a pattern may name, and what a number of a pattern is compared as. */
export interface Numbers {
  /** The largest absolute value; where it is exceeded, a pattern is refused. */
  max: number;
  asCompared(value: number): number;
}

/** "Numeric matching is limited to value between -5.0e9 and +5.0e9 inclusive" (Amazon EventBridge user guide). */
export const EVENT_NUMBERS: Numbers = { max: 5e9, asCompared: (value) => value };

const ALL: NumberRange = { low: -Infinity, isLowWithin: true, high: Infinity, isHighWithin: true };

type Bound = (bound: number) => Partial<NumberRange>;

const LOWER: Record<string, Bound> = { ">": (low) => ({ low, isLowWithin: false }), ">=": (low) => ({ low, isLowWithin: true }) };
const UPPER: Record<string, Bound> = { "<": (high) => ({ high, isHighWithin: false }), "<=": (high) => ({ high, isHighWithin: true }) };

const asShown = (reader: PatternReader): string => (reader.token === "number" ? String(reader.number) : reader.token);

/** As Java writes it. */
const written = (value: number): string => value.toExponential().replace(/^(-?\d)e/, "$1.0e").replace("e+", "E");

const boundOf = (reader: PatternReader, operator: string, { max, asCompared }: Numbers): number => {
  if (reader.token !== "number") reader.fail(`Value of ${operator} must be numeric`);
  if (Math.abs(reader.number) > max) reader.fail(`Value must be between ${written(-max)} and ${written(max)}, inclusive`);
  return asCompared(reader.number);
};

/** `["=", 5]`, `["<", 10]`, `[">", 0, "<=", 5]`: up to behind the list. */
export const readNumeric = (reader: PatternReader, numbers: Numbers): NumberRange => {
  if (reader.next() !== "[") reader.fail("Value of numeric must be an array.");
  if (reader.next() !== "string") reader.fail(`Invalid member in numeric match: ${asShown(reader)}`);
  const operator = reader.string;
  reader.next();
  const [lower, upper] = [LOWER, UPPER].map((operators) => (Object.hasOwn(operators, operator) ? operators[operator] : undefined));
  if (lower === undefined) {
    if (upper === undefined && operator !== "=") reader.fail(`Unrecognized numeric range operator: ${operator}`);
    const bound = boundOf(reader, operator === "=" ? "equals" : operator, numbers);
    if (reader.next() !== "]") reader.fail("Too many elements in numeric expression");
    return upper === undefined ? { ...ALL, low: bound, high: bound } : { ...ALL, ...upper(bound) };
  }
  const range = { ...ALL, ...lower(boundOf(reader, operator, numbers)) };
  return reader.next() === "]" ? range : { ...range, ...readSecond(reader, range.low, numbers) };
};

const readSecond = (reader: PatternReader, bottom: number, numbers: Numbers): Partial<NumberRange> => {
  if (reader.token !== "string") reader.fail(`Bad value in numeric range: ${asShown(reader)}`);
  const operator = reader.string;
  if (!Object.hasOwn(UPPER, operator)) reader.fail(`Bad numeric range operator: ${operator}`);
  reader.next();
  const top = boundOf(reader, operator, numbers);
  if (reader.next() !== "]") reader.fail("Too many terms in numeric range expression");
  if (top <= bottom) reader.fail("Bottom must be less than top");
  return UPPER[operator]!(top);
};

export const isInRange = (value: number, { low, isLowWithin, high, isHighWithin }: NumberRange): boolean =>
  (isLowWithin ? value >= low : value > low) && (isHighWithin ? value <= high : value < high);
