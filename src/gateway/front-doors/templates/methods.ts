import { matchesWhole, replaceAll, replaceFirst, split } from "../bounded-pattern.ts";
import { isMap, setOwn, textOf, type TemplateMap } from "./values.ts";

type Methods<T> = Readonly<Record<string, (value: T, ...args: unknown[]) => unknown>>;

const integer = (value: unknown, otherwise: number): number => (typeof value === "number" ? Math.trunc(value) : otherwise);

/** Those of Java's String that templates use. */
const OF_STRINGS: Methods<string> = {
  length: (text) => text.length,
  isEmpty: (text) => text === "",
  equals: (text, other) => text === other,
  equalsIgnoreCase: (text, other) => typeof other === "string" && text.toLowerCase() === other.toLowerCase(),
  contains: (text, part) => text.includes(textOf(part)),
  startsWith: (text, part) => text.startsWith(textOf(part)),
  endsWith: (text, part) => text.endsWith(textOf(part)),
  indexOf: (text, part) => text.indexOf(textOf(part)),
  lastIndexOf: (text, part) => text.lastIndexOf(textOf(part)),
  substring: (text, from, to) => text.substring(integer(from, 0), integer(to, text.length)),
  charAt: (text, at) => text.charAt(integer(at, 0)),
  concat: (text, other) => text + textOf(other),
  replace: (text, from, to) => text.replaceAll(textOf(from), () => textOf(to)),
  replaceAll: (text, pattern, to) => replaceAll(text, textOf(pattern), textOf(to)),
  replaceFirst: (text, pattern, to) => replaceFirst(text, textOf(pattern), textOf(to)),
  matches: (text, pattern) => matchesWhole(textOf(pattern), text),
  split: (text, pattern) => split(text, textOf(pattern)),
  toLowerCase: (text) => text.toLowerCase(),
  toUpperCase: (text) => text.toUpperCase(),
  trim: (text) => text.trim(),
  toString: (text: string) => text,
};

const sameValue = (one: unknown, other: unknown): boolean => one === other || (typeof one !== "object" && typeof other !== "object" && String(one) === String(other));

const OF_LISTS: Methods<unknown[]> = {
  size: (list) => list.length,
  isEmpty: (list) => list.length === 0,
  get: (list, at) => list[integer(at, -1)],
  contains: (list, value) => list.some((one) => sameValue(one, value)),
  indexOf: (list, value) => list.findIndex((one) => sameValue(one, value)),
  add: (list, value) => { list.push(value); return true; },
  set: (list, at, value) => { const index = integer(at, -1); const before = list[index]; if (index >= 0 && index < list.length) list[index] = value; return before; },
  remove: (list, at) => list.splice(integer(at, list.length), 1)[0],
  toString: (list: unknown[]) => textOf(list),
};

const get = (map: TemplateMap, key: unknown): unknown => (Object.hasOwn(map, textOf(key)) ? map[textOf(key)] : undefined);

const OF_MAPS: Methods<TemplateMap> = {
  size: (map) => Object.keys(map).length,
  isEmpty: (map) => Object.keys(map).length === 0,
  get,
  getOrDefault: (map, key, otherwise) => get(map, key) ?? otherwise,
  put: (map, key, value) => { const before = get(map, key); setOwn(map, textOf(key), value); return before; },
  remove: (map, key) => { const before = get(map, key); delete map[textOf(key)]; return before; },
  containsKey: (map, key) => Object.hasOwn(map, textOf(key)),
  containsValue: (map, value) => Object.values(map).some((one) => sameValue(one, value)),
  keySet: (map) => Object.keys(map),
  values: (map) => Object.values(map),
  entrySet: (map) => Object.entries(map).map(([key, value]) => ({ key, value })),
  getKey: (map) => get(map, "key"),
  getValue: (map) => get(map, "value"),
  toString: (map: TemplateMap) => textOf(map),
};

const OF_OTHERS: Methods<number | boolean> = {
  toString: (value: number | boolean) => String(value),
  equals: (value, other) => sameValue(value, other),
  intValue: (value) => integer(value, 0),
};

/** Only what is listed here can be called: nothing of the server is reachable from a template. Undefined when the value has no such method. */
export const callMethod = (value: unknown, name: string, args: readonly unknown[]): unknown => {
  const own = <T>(methods: Methods<T>, of: T): unknown => (Object.hasOwn(methods, name) ? methods[name]!(of, ...args) : undefined);
  if (typeof value === "string") return own(OF_STRINGS, value);
  if (Array.isArray(value)) return own(OF_LISTS, value as unknown[]);
  if (isMap(value)) return own(OF_MAPS, value);
  return typeof value === "number" || typeof value === "boolean" ? own(OF_OTHERS, value) : undefined;
};
