/** JSON, parsed so that writing it again changes no number: `1.0`, `1e3` and twenty digits stay what they are. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** What JSON.parse tells a reviver of a number, and what JSON.stringify writes as it is. Newer than TypeScript's own declarations. */
interface JsonWithSources {
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): JsonValue;
  rawJSON(text: string): number;
  isRawJSON(value: unknown): boolean;
}
const sources = JSON as unknown as JsonWithSources;

/** A number that is kept as it was written: to JavaScript an object. */
export const isRawNumber = (value: JsonValue): boolean => sources.isRawJSON(value);

/** Throws SyntaxError. */
export const parseJson = (text: string): JsonValue => {
  const value = JSON.parse(text) as JsonValue;
  // Most texts are what would be written of them anyway, and to keep the sources of numbers costs ten times as much.
  return JSON.stringify(value) === text ? value : sources.parse(text, (_key, member, { source }) => (typeof member === "number" ? sources.rawJSON(source!) : member));
};

const WHITE = new Set([9, 10, 13, 32]);
const [QUOTE, BACKSLASH] = [34, 92];

/** Where the string that begins at `from` ends, its quotes included. */
const endOfString = (text: string, from: number): number => {
  let at = from + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at + 1;
};

/** Without the white space between what it is made of. `text`: valid JSON. */
export const minified = (text: string): string => {
  if (!/[ \t\r\n]/.test(text)) return text;
  let [kept, from] = ["", 0];
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (WHITE.has(code)) {
      kept += text.slice(from, at);
      while (WHITE.has(text.charCodeAt(at))) at++;
      from = at;
    } else at++;
  }
  return kept + text.slice(from);
};

/** How deep objects and arrays lie in each other. `text`: valid JSON. */
export const depthOf = (text: string): number => {
  let [depth, deepest] = [0, 0];
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = endOfString(text, at);
      continue;
    }
    if (code === 123 || code === 91) deepest = Math.max(deepest, ++depth);
    else if (code === 125 || code === 93) depth--;
    at++;
  }
  return deepest;
};
