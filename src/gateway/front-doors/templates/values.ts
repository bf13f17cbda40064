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

/** Of one text; ours. A value that stands in many places is as long as all of them. */
export const CHARACTERS_MAX = 10 * 1024 * 1024;

export class TooLong extends Error {}

/** Takes away what is written, and ends it when that is too much. */
export const createBudget = () => {
  let left = CHARACTERS_MAX;
  return (text: string): string => {
    left -= text.length + 1;
    if (left < 0) throw new TooLong(`a text has more than ${CHARACTERS_MAX} characters`);
    return text;
  };
};

/** As Java writes them: `{a=1, b=[x, y]}`. Nothing is written for nothing. */
export const textOf = (value: unknown): string => (value === null || value === undefined ? "" : typeof value === "string" ? value : nested(value, createBudget()));

const nested = (value: unknown, take: (text: string) => string): string => {
  if (value === null || value === undefined) return take("null");
  if (Array.isArray(value)) return `[${value.map((one) => nested(one, take)).join(", ")}]`;
  if (isMap(value)) return `{${Object.entries(value).map(([name, one]) => `${take(name)}=${nested(one, take)}`).join(", ")}}`;
  return typeof value === "object" ? "" : take(String(value));
};

/** What a path has found in many places, one within the other, as JSON. */
export const jsonOf = (value: unknown): string => {
  const take = createBudget();
  return JSON.stringify(value, (name, one: unknown) => {
    take(name);
    if (typeof one === "string") take(one);
    return one;
  });
};
