import { InvalidPattern } from "./errors.ts";

/** "Numeric matching is limited to value between -5.0e9 and +5.0e9 inclusive" (Amazon EventBridge user guide). */
const NUMBER_MAX = 5e9;

type Test = (value: number) => boolean;

const LOWER: Record<string, (bound: number) => Test> = { ">": (bound) => (value) => value > bound, ">=": (bound) => (value) => value >= bound };
const UPPER: Record<string, (bound: number) => Test> = { "<": (bound) => (value) => value < bound, "<=": (bound) => (value) => value <= bound };

const boundOf = (operator: string, bound: unknown): number => {
  if (typeof bound !== "number") throw new InvalidPattern(`Value of ${operator === "=" ? "equals" : operator} must be numeric`);
  if (Math.abs(bound) > NUMBER_MAX) throw new InvalidPattern("Value must be between -5.0E9 and 5.0E9, inclusive");
  return bound;
};

/** `["=", 5]`, `["<", 10]`, `[">", 0, "<=", 5]` */
export const parseNumeric = (terms: unknown): Test => {
  if (!Array.isArray(terms)) throw new InvalidPattern("Value of numeric must be an array.");
  const [operator, bound, second, secondBound, ...more] = terms as unknown[];
  if (typeof operator !== "string") throw new InvalidPattern(`Invalid member in numeric match: ${operator === undefined ? "]" : String(operator)}`);
  const lower = LOWER[operator]?.(boundOf(operator, bound));
  if (lower === undefined) {
    const test = operator === "=" ? sameAs(boundOf(operator, bound)) : UPPER[operator]?.(boundOf(operator, bound));
    if (test === undefined) throw new InvalidPattern(`Unrecognized numeric range operator: ${operator}`);
    if (terms.length > 2) throw new InvalidPattern("Too many elements in numeric expression");
    return test;
  }
  if (terms.length === 2) return lower;
  if (typeof second !== "string") throw new InvalidPattern(`Bad value in numeric range: ${String(second)}`);
  const upper = UPPER[second];
  if (upper === undefined) throw new InvalidPattern(`Bad numeric range operator: ${second}`);
  const top = boundOf(second, secondBound);
  if (more.length > 0) throw new InvalidPattern("Too many terms in numeric range expression");
  if (top <= (bound as number)) throw new InvalidPattern("Bottom must be less than top");
  const below = upper(top);
  return (value) => lower(value) && below(value);
};

const sameAs = (wanted: number): Test => (value) => value === wanted;
