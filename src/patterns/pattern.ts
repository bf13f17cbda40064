import { InvalidPattern } from "./errors.ts";
import { matchesAny } from "./match.ts";
import { parsePattern } from "./parse.ts";

/** Whether an event, as JSON.parse gives it, is one that the pattern describes. Throws PatternTooCostly for an event that would take too long. */
export type Pattern = (event: unknown) => boolean;

/** Of a pattern that is parsed already. */
export const compileParsedPattern = (pattern: unknown): Pattern => {
  const alternatives = parsePattern(pattern);
  return (event) => matchesAny(alternatives, event);
};

/**
 * An event pattern of EventBridge, the whole language ("Amazon EventBridge event patterns", user guide). Throws InvalidPattern.
 *
 * It walks the event by the pattern's fields: nothing is remembered from one event to the next, and nothing is shared between patterns.
 */
export const compilePattern = (json: string): Pattern => {
  let pattern: unknown;
  try {
    pattern = JSON.parse(json);
  } catch (error) {
    throw new InvalidPattern(`it is not JSON: ${(error as Error).message}`);
  }
  return compileParsedPattern(pattern);
};
