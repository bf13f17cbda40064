import { InvalidPattern, PatternTooCostly } from "../../patterns/errors.ts";
import { compilePattern } from "../../patterns/pattern.ts";
import { invalidEventPattern, validation } from "./errors.ts";
import type { EventsHandlers } from "./needs.ts";

/** What an event has to have ("TestEventPattern", API reference, which names resources as well: AWS does not ask for them). */
const MANDATORY = ["id", "account", "source", "time", "region", "detail-type"] as const;

const notValid = (reason: string) => validation(`Parameter Event is not valid. Reason: ${reason}`);

const readEvent = (text: string): Record<string, unknown> => {
  let event: unknown;
  try {
    event = JSON.parse(text);
  } catch (error) {
    throw notValid(`it is not JSON: ${(error as Error).message}`);
  }
  if (typeof event !== "object" || event === null || Array.isArray(event)) throw notValid("it is not a JSON object");
  const missing = MANDATORY.filter((name) => !Object.hasOwn(event, name));
  if (missing.length > 0) throw notValid(`it has no ${missing.join(", ")}`);
  return event as Record<string, unknown>;
};

export const testEventPatternHandlers = () =>
  ({
    async TestEventPattern({ EventPattern, Event }) {
      try {
        return { Result: compilePattern(EventPattern!)(readEvent(Event!)) };
      } catch (error) {
        if (error instanceof InvalidPattern) throw invalidEventPattern(error.message);
        if (error instanceof PatternTooCostly) throw notValid(error.message);
        throw error;
      }
    },
  }) satisfies EventsHandlers;
