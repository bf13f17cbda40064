import { VALIDATION_VALUE_CHARACTERS_MAX } from "../kit/limits/gateway.ts";
import type { Shape, Traits } from "./schema.ts";

export interface Constraint {
  isMet(value: unknown): boolean;
  /** AWS's words for it. */
  text: string;
}

/** What a model asks of a value of a shape, in the order in which AWS says it. */
export function constraintsOf({ kind }: Pick<Shape, "kind">, traits: Traits): Constraint[] {
  const found: Constraint[] = [];
  if (traits.length !== undefined) found.push(...lengthConstraints(kind, traits.length));
  if (traits.range !== undefined) found.push(...rangeConstraints(traits.range, traits.numberType));
  if (traits.pattern !== undefined) found.push(patternConstraint(traits.pattern, traits.regex ?? traits.pattern));
  if (traits.enum !== undefined) found.push(enumConstraint(traits.enum));
  return found;
}

function lengthConstraints(kind: Shape["kind"], [min, max]: NonNullable<Traits["length"]>): Constraint[] {
  const length = lengthOf(kind);
  const found: Constraint[] = [];
  if (max !== null) found.push({ isMet: (value) => length(value) <= max, text: `Member must have length less than or equal to ${max}` });
  if (min !== null && min > 0) found.push({ isMet: (value) => length(value) >= min, text: `Member must have length greater than or equal to ${min}` });
  return found;
}

function lengthOf(kind: Shape["kind"]): (value: unknown) => number {
  if (kind === "map") return (value) => Object.keys(value as object).length;
  if (kind === "blob") return (value) => (value as Uint8Array).length;
  return (value) => (value as string | unknown[]).length;
}

function rangeConstraints([min, max]: NonNullable<Traits["range"]>, numberType: Traits["numberType"]): Constraint[] {
  // Java writes a double with its point.
  const written = (bound: number) => (numberType === "double" && Number.isInteger(bound) ? bound.toFixed(1) : String(bound));
  const found: Constraint[] = [];
  if (max !== null) found.push({ isMet: (value) => (value as number) <= max, text: `Member must have value less than or equal to ${written(max)}` });
  if (min !== null) found.push({ isMet: (value) => (value as number) >= min, text: `Member must have value greater than or equal to ${written(min)}` });
  return found;
}

const expressions = new Map<string, RegExp>();

/** Java matches the whole value. */
function patternConstraint(pattern: string, regex: string): Constraint {
  let expression = expressions.get(regex);
  if (expression === undefined) expressions.set(regex, (expression = new RegExp(`^(?:${regex})$`, "u")));
  const compiled = expression;
  return { isMet: (value) => compiled.test(value as string), text: `Member must satisfy regular expression pattern: ${pattern}` };
}

export const ENUM_TEXT = "Member must satisfy enum value set:";

function enumConstraint(values: readonly string[]): Constraint {
  const known = new Set(values);
  return { isMet: (value) => known.has(value as string), text: `${ENUM_TEXT} [${values.join(", ")}]` };
}

/** A value as AWS's messages show it, cut where it is long: `x`, `[a, b]`, `{k=v}`. */
export function describeValue(value: unknown): string {
  const text = describe(value, 0);
  return text.length > VALIDATION_VALUE_CHARACTERS_MAX ? `${text.slice(0, VALIDATION_VALUE_CHARACTERS_MAX)}…` : text;
}

const DESCRIBED_LEVELS_MAX = 8;

function describe(value: unknown, level: number): string {
  if (value === null || value === undefined) return "null";
  if (level > DESCRIBED_LEVELS_MAX) return "…";
  if (value instanceof Uint8Array) return `java.nio.HeapByteBuffer[pos=0 lim=${value.length} cap=${value.length}]`;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return `[${value.map((item) => describe(item, level + 1)).join(", ")}]`;
  if (typeof value === "object") return `{${Object.entries(value).map(([key, content]) => `${key}=${describe(content, level + 1)}`).join(", ")}}`;
  return String(value);
}
