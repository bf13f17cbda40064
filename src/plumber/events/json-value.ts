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

/** False only where no key has a dot: each dot's next quotation mark ends the string that it is in, or begins one that it is not in. `text`: minified JSON. */
const mayHaveDottedKey = (text: string): boolean => {
  for (let dot = text.indexOf("."); dot >= 0; ) {
    let quote = text.indexOf('"', dot);
    // One behind a backslash may be part of the string, or may not: the next one is looked at as well.
    while (quote >= 0 && text[quote + 1] !== ":" && text[quote - 1] === "\\") quote = text.indexOf('"', quote + 1);
    if (quote < 0) return false;
    if (text[quote + 1] === ":") return true;
    dot = text.indexOf(".", quote);
  }
  return false;
};

/** JSON as it travels on, and whether it is plain: no object has a key twice, and no key has a dot. Not all that is plain is found out: numbers that JavaScript would write otherwise are not. */
export interface Compact {
  text: string;
  isPlain: boolean;
}

/** @param value What JSON.parse makes of the text. */
export const compactOf = (text: string, value: unknown): Compact => {
  const written = JSON.stringify(value);
  const compact = written === text ? text : minified(text);
  // What is written of the value has each key once.
  return { text: compact, isPlain: written === compact && !mayHaveDottedKey(compact) };
};
