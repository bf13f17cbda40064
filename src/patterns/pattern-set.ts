import { Automaton } from "./automaton/automaton.ts";
import type { Numbers } from "./numeric.ts";

/**
 * What is known of an event. `any`: nothing; the whole of it is read, and a key that an object has twice is what it is the last time. `plain`: it is JSON, and no object of it has a key twice, or one
 * with a dot; it is read as far as a pattern asks. Of an event that is not what is said here, what matches is not said either.
 */
export type EventForm = "any" | "plain";

/** Patterns by key, matched together. */
export interface PatternSet<K> {
  /** Throws InvalidPattern. The same key again replaces what it had. */
  add(key: K, pattern: string): void;
  remove(key: K): void;
  readonly size: number;
  /**
   * Keys of all patterns that describe the event, in no order. `event`: a JSON object in UTF-8. Throws MalformedEvent for what is none, and PatternTooCostly where so many patterns had to look at so
   * many of its values that it would hold the server (PATTERN_SET_STEPS_MAX).
   */
  matching(event: Uint8Array, form?: EventForm): K[];
}

/** @param numbers How numbers are read, of patterns and of events; as EventBridge does when absent. */
export const createPatternSet = <K>(numbers?: Numbers): PatternSet<K> => {
  const automaton = new Automaton<K>(numbers);
  return {
    add: (key, pattern) => automaton.add(key, pattern),
    remove: (key) => automaton.remove(key),
    get size() {
      return automaton.size;
    },
    matching: (event, form = "any") => automaton.matching(event, form === "plain"),
  };
};
