/** What templates work with: JSON's values, and objects of ours that can only be called. */
export type TemplateMap = Record<string, unknown>;

/** An object of the gateway's own: `$input`, `$util`. */
export class Callable {
  readonly methods: Readonly<Record<string, (...args: unknown[]) => unknown>>;
  readonly members: Readonly<Record<string, unknown>>;

  constructor(methods: Callable["methods"], members: Callable["members"] = {}) {
    this.methods = methods;
    this.members = members;
  }
}

export const isMap = (value: unknown): value is TemplateMap => typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Callable);

/** An own member whatever its name: `__proto__`, too. */
export const setOwn = (map: TemplateMap, name: string, value: unknown): void => void Object.defineProperty(map, name, { value, writable: true, enumerable: true, configurable: true });

/** As Java writes them: `{a=1, b=[x, y]}`. Nothing is written for nothing. */
export const textOf = (value: unknown): string => (value === null || value === undefined ? "" : nested(value));

const nested = (value: unknown): string => {
  if (value === null || value === undefined) return "null";
  if (Array.isArray(value)) return `[${value.map(nested).join(", ")}]`;
  if (isMap(value)) return `{${Object.entries(value).map(([name, one]) => `${name}=${nested(one)}`).join(", ")}}`;
  return typeof value === "object" ? "" : String(value);
};
