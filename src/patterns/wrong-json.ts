import { InvalidPattern } from "./errors.ts";
import { PatternReader } from "./pattern-reader.ts";

/** Where AWS's reader stands when it finds out that a text is no JSON: `[Source: (String)"…"; line: 1, column: 3]`. Undefined where it does not. */
export const placeOfWrongJson = (text: string): string | undefined => {
  const reader = new PatternReader(text);
  try {
    while (reader.next() !== "end");
    return undefined;
  } catch (error) {
    if (error instanceof InvalidPattern) return error.place;
    throw error;
  }
};
