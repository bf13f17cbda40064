import { textOf } from "./values.ts";

/** Velocity's: only null and false are false. */
export const isTrue = (value: unknown): boolean => value !== null && value !== undefined && value !== false;

const isSame = (one: unknown, other: unknown): boolean => {
  if (one === null || one === undefined || other === null || other === undefined) return (one ?? null) === (other ?? null);
  return one === other || textOf(one) === textOf(other);
};

const numbers = (one: unknown, other: unknown, apply: (one: number, other: number) => unknown): unknown => {
  const [a, b] = [Number(one), Number(other)];
  const isNumeric = one !== null && other !== null && one !== undefined && other !== undefined && one !== "" && other !== "" && !Number.isNaN(a) && !Number.isNaN(b);
  return isNumeric ? apply(a, b) : undefined;
};

const divide = (one: number, other: number): number | undefined => (other === 0 ? undefined : Number.isInteger(one) && Number.isInteger(other) ? Math.trunc(one / other) : one / other);

/** Of two values; undefined where Velocity has none. */
export const applyOperator = (operator: string, one: unknown, other: unknown): unknown => {
  switch (operator) {
    case "==": return isSame(one, other);
    case "!=": return !isSame(one, other);
    case ">": return numbers(one, other, (a, b) => a > b) ?? false;
    case "<": return numbers(one, other, (a, b) => a < b) ?? false;
    case ">=": return numbers(one, other, (a, b) => a >= b) ?? false;
    case "<=": return numbers(one, other, (a, b) => a <= b) ?? false;
    case "+": return typeof one === "string" || typeof other === "string" ? textOf(one) + textOf(other) : numbers(one, other, (a, b) => a + b);
    case "-": return numbers(one, other, (a, b) => a - b);
    case "*": return numbers(one, other, (a, b) => a * b);
    case "/": return numbers(one, other, divide);
    case "%": return numbers(one, other, (a, b) => (b === 0 ? undefined : a % b));
    default: return undefined;
  }
};
