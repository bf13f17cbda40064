import { MathProblem, type Operator } from "./syntax.ts";
import { isSeries, mapValues, zip, type Value } from "./values.ts";

const truth = (is: boolean): number => (is ? 1 : 0);

/** What is divided by zero is no number, and so no point. */
const OPERATIONS: Record<Operator, (left: number, right: number) => number> = {
  "+": (left, right) => left + right,
  "-": (left, right) => left - right,
  "*": (left, right) => left * right,
  "/": (left, right) => (right === 0 ? Number.NaN : left / right),
  "^": (left, right) => left ** right,
  "==": (left, right) => truth(left === right),
  "!=": (left, right) => truth(left !== right),
  "<=": (left, right) => truth(left <= right),
  ">=": (left, right) => truth(left >= right),
  "<": (left, right) => truth(left < right),
  ">": (left, right) => truth(left > right),
  "&&": (left, right) => truth(left !== 0 && right !== 0),
  "||": (left, right) => truth(left !== 0 || right !== 0),
};

/** One of a number that is not known is not known either, whatever it is compared with. */
const known = (of: (left: number, right: number) => number) => (left: number, right: number) => (Number.isNaN(left) || Number.isNaN(right) ? Number.NaN : of(left, right));

/** Numbers, series, and arrays with one of them. Of two arrays nothing says what belongs to what. */
export const operate = (operator: Operator, left: Value, right: Value): Value => {
  const of = known(OPERATIONS[operator]);
  if (Array.isArray(left) && Array.isArray(right)) throw new MathProblem(`Unsupported operand types for ${operator}: an array of time series has to stand beside a time series or a number`);
  if (Array.isArray(left)) return left.map((one) => operateOn(of, one, right) as typeof one);
  if (Array.isArray(right)) return right.map((one) => ({ ...(operateOn(of, left, one) as typeof one), label: one.label }));
  return operateOn(of, left, right);
};

const operateOn = (of: (left: number, right: number) => number, left: Value, right: Value): Value => {
  if (isSeries(left) && isSeries(right)) return zip(left, right, of);
  if (isSeries(left)) return mapValues(left, (value) => of(value, right as number));
  if (isSeries(right)) return mapValues(right, (value) => of(left as number, value));
  return of(left as number, right as number);
};

export const negate = (value: Value): Value => {
  if (Array.isArray(value)) return value.map((one) => mapValues(one, (number) => -number));
  return isSeries(value) ? mapValues(value, (number) => -number) : -value;
};
