import { matchesAny, toWays } from "./match.ts";
import type { Numbers } from "./numeric.ts";
import { parsePattern } from "./parse.ts";

/** Whether an event, as JSON.parse gives it, is one that the pattern describes. Throws PatternTooCostly for an event that would take too long. */
export type Pattern = (event: unknown) => boolean;

/**
 * An event pattern of EventBridge, the whole language ("Amazon EventBridge event patterns", user guide; docs/event-patterns.md). Throws InvalidPattern, whose message is what AWS says behind
 * "Event pattern is not valid. Reason: ".
 *
 * It walks the event by the pattern's fields: nothing is remembered from one event to the next, and nothing is shared between patterns. Where there are many patterns, or an event is bytes, there is the PatternSet.
 */
export const compilePattern = (json: string, numbers?: Numbers): Pattern => {
  const alternatives = parsePattern(json, numbers).map((fields) => fields.map(toWays));
  return (event) => matchesAny(alternatives, event);
};
