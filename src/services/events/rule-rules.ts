import { InvalidSchedule, parseScheduleExpression, type Recurrence } from "../../kit/cron.ts";
import { RULE_PATTERN_BYTES_MAX } from "../../kit/limits/events.ts";
import { InvalidPattern } from "../../patterns/errors.ts";
import { compilePattern } from "../../patterns/pattern.ts";
import { DEFAULT_BUS } from "../../plumber/events/buses.ts";
import type { RuleName } from "../../plumber/events/rules.ts";
import { invalidEventPattern, validation } from "./errors.ts";

interface Asked {
  EventPattern?: string | undefined;
  ScheduleExpression?: string | undefined;
}

/** Throws InvalidEventPatternException with AWS's reason. */
export const checkEventPattern = (pattern: string): void => {
  try {
    compilePattern(pattern);
  } catch (error) {
    throw error instanceof InvalidPattern ? invalidEventPattern(error.message) : error;
  }
};

/** When a rule's schedule is due, counted from this moment. Throws ValidationException. */
export const scheduleOf = (expression: string, start: number): Recurrence => {
  try {
    return parseScheduleExpression(expression, { kinds: ["rate", "cron"], start });
  } catch (error) {
    throw error instanceof InvalidSchedule ? validation("Parameter ScheduleExpression is not valid.") : error;
  }
};

/** What a rule is to be woken by: one of the two at least. An empty text is none. */
export const checkTriggers = ({ EventPattern = "", ScheduleExpression = "" }: Asked, { bus, name }: Pick<RuleName, "bus" | "name">): void => {
  if (ScheduleExpression !== "" && bus !== DEFAULT_BUS) throw validation("ScheduleExpression is supported only on the default event bus.");
  if (ScheduleExpression !== "") scheduleOf(ScheduleExpression, 0);
  if (EventPattern === "" && ScheduleExpression === "") throw validation("Parameter(s) EventPattern or ScheduleExpression must be specified.");
  if (Buffer.byteLength(EventPattern) > RULE_PATTERN_BYTES_MAX) throw validation(`Parameter EventPattern for rule ${name} exceeds limit of ${RULE_PATTERN_BYTES_MAX}.`);
  if (EventPattern !== "") checkEventPattern(EventPattern);
};
