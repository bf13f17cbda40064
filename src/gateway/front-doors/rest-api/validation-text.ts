import type { ErrorObject } from "ajv";

const typeOf = (value: unknown): string => (value === null ? "null" : Array.isArray(value) ? "array" : typeof value === "number" ? (Number.isInteger(value) ? "integer" : "number") : typeof value);

const json = (value: unknown): string => JSON.stringify(value);

/** Characters, as a person counts them. */
const lengthOf = (value: unknown): number => (typeof value === "string" ? [...value].length : (value as unknown[]).length);

type Texts = Readonly<Record<string, (limit: unknown, data: unknown, error: ErrorObject) => string>>;

/** In the words of the validator that API Gateway uses, by the keyword that failed. */
const TEXTS: Texts = {
  type: (allowed, data) => `instance type (${typeOf(data)}) does not match any allowed primitive type (allowed: ${json([allowed].flat())})`,
  enum: (allowed, data) => `instance value (${json(data)}) not found in enum (possible values: ${json(allowed)})`,
  minimum: (limit, data) => `numeric instance is lower than the required minimum (minimum: ${String(limit)}, found: ${String(data)})`,
  maximum: (limit, data) => `numeric instance is greater than the required maximum (maximum: ${String(limit)}, found: ${String(data)})`,
  minLength: (limit, data) => `string ${json(data)} is too short (length: ${lengthOf(data)}, required minimum: ${String(limit)})`,
  maxLength: (limit, data) => `string ${json(data)} is too long (length: ${lengthOf(data)}, maximum allowed: ${String(limit)})`,
  pattern: (pattern, data) => `ECMA 262 regex ${json(pattern)} does not match input string ${json(data)}`,
  minItems: (limit, data) => `array is too short: must have at least ${String(limit)} elements but instance has ${lengthOf(data)} elements`,
  maxItems: (limit, data) => `array is too long: must have at most ${String(limit)} elements but instance has ${lengthOf(data)} elements`,
  uniqueItems: () => "array must not contain duplicate elements",
};

/** Properties of one object are told together. */
const grouped = (errors: readonly ErrorObject[], keyword: string, member: string, text: (names: string) => string): string[] => {
  const byPlace = new Map<string, string[]>();
  for (const error of errors) {
    if (error.keyword !== keyword) continue;
    const name = String((error.params as Record<string, unknown>)[member]);
    byPlace.set(error.instancePath, [...(byPlace.get(error.instancePath) ?? []), name]);
  }
  return [...byPlace.values()].map((names) => text(json(names.toSorted())));
};

/** `$context.error.validationErrorString`. */
export const validationText = (errors: readonly ErrorObject[]): string => {
  const texts = [
    ...grouped(errors, "required", "missingProperty", (names) => `object has missing required properties (${names})`),
    ...grouped(errors, "additionalProperties", "additionalProperty", (names) => `object instance has properties which are not allowed by the schema: ${names}`),
    ...errors.flatMap((error) => {
      if (error.keyword === "required" || error.keyword === "additionalProperties") return [];
      return [TEXTS[error.keyword]?.(error.schema, error.data, error) ?? error.message ?? error.keyword];
    }),
  ];
  return `[${texts.join(", ")}]`;
};
