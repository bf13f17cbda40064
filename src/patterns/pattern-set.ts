import { compilePattern, type Pattern } from "./pattern.ts";

/** Patterns by key, matched together. */
export interface PatternSet<K> {
  /** Throws InvalidPattern. The same key again replaces what it had. */
  add(key: K, pattern: string): void;
  remove(key: K): void;
  readonly size: number;
  /** Keys of all patterns that describe the event. `event`: a JSON object in UTF-8. */
  matching(event: Uint8Array): K[];
}

const utf8 = new TextDecoder();

export const createPatternSet = <K>(): PatternSet<K> => {
  const patterns = new Map<K, Pattern>();
  return {
    add: (key, pattern) => void patterns.set(key, compilePattern(pattern)),
    remove: (key) => void patterns.delete(key),
    get size() {
      return patterns.size;
    },
    matching: (bytes) => {
      const event: unknown = JSON.parse(utf8.decode(bytes));
      return [...patterns].filter(([, matches]) => matches(event)).map(([key]) => key);
    },
  };
};
