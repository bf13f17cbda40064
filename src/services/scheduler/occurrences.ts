import { InvalidSchedule, parseScheduleExpression, type Recurrence } from "../../kit/cron.ts";
import { SCHEDULE_LATE_MS_MAX, SCHEDULE_PRECISION_MS } from "../../kit/limits/schedules.ts";
import type { Log } from "../../kit/log.ts";
import type { Random } from "../../kit/random.ts";
import { invalid } from "./errors.ts";
import type { Occurrence, ScheduleBody } from "./schedule-rows.ts";

type Timing = Pick<ScheduleBody, "expression" | "timeZone" | "startDate" | "endDate" | "window" | "anchor">;

const KINDS = ["at", "cron", "rate"] as const;
const MINUTE_MS = 60_000;

export const parseExpression = ({ expression, timeZone, anchor }: Pick<Timing, "expression" | "timeZone" | "anchor">): Recurrence =>
  parseScheduleExpression(expression, { kinds: KINDS, timeZone, start: anchor, isEitherUnit: true });

/** Throws ValidationException, in AWS's words, which do not say what is wrong with it: the server's log does. */
export const checkExpression = (expression: string, timeZone: string, log: Log): Recurrence["kind"] => {
  const refuse = (what: string, error: unknown): never => {
    if (!(error instanceof InvalidSchedule)) throw error;
    log.warn(`a schedule is refused: ${error.message}`, { expression, timeZone });
    throw invalid(what);
  };
  // Which of the two is wrong is told apart by one that is right.
  try {
    parseExpression({ expression: "rate(1 minute)", timeZone, anchor: 0 });
  } catch (error) {
    refuse(`Invalid ScheduleExpressionTimezone ${timeZone}.`, error);
  }
  try {
    return parseExpression({ expression, timeZone, anchor: 0 }).kind;
  } catch (error) {
    return refuse(`Invalid Schedule Expression ${expression}.`, error);
  }
};

/** The first moment after another that the expression names, within StartDate and EndDate, which one-time schedules do not have. */
const nextScheduledAt = (timing: Timing, after: number): number | undefined => {
  const recurrence = parseExpression(timing);
  if (recurrence.kind === "at") return recurrence.next(after);
  const next = recurrence.next(Math.max(after, (timing.startDate ?? 0) - 1));
  return next === undefined || next > (timing.endDate ?? Infinity) ? undefined : next;
};

const windowMsOf = ({ window }: Timing): number => (window.Mode === "FLEXIBLE" ? window.MaximumWindowInMinutes! * MINUTE_MS : 0);

const inWindow = (timing: Timing, scheduledAt: number, random: Random): Occurrence => {
  const windowMs = windowMsOf(timing);
  return { scheduledAt, nextAt: scheduledAt + (windowMs === 0 ? 0 : random.below(windowMs)) };
};

/** What comes first for a schedule that is made, changed or enabled now. */
export const firstOccurrence = (timing: Timing, now: number, random: Random): Occurrence | undefined => {
  const isOnce = timing.expression.startsWith("at(");
  const scheduledAt = nextScheduledAt(timing, isOnce ? now - SCHEDULE_PRECISION_MS : now - 1);
  return scheduledAt === undefined ? undefined : inWindow(timing, scheduledAt, random);
};

/** What comes after an occurrence that is run now. What was missed beside it is passed over: while the server was down, or the machine slept. @param startedAt When the server began. */
export const occurrenceAfter = (timing: Timing, { scheduledAt, nextAt }: Occurrence, { now, startedAt, random }: { now: number; startedAt: number; random: Random }): Occurrence | undefined => {
  const isLate = now - nextAt > SCHEDULE_LATE_MS_MAX;
  const next = nextScheduledAt(timing, Math.max(scheduledAt, startedAt, isLate ? now - SCHEDULE_LATE_MS_MAX - windowMsOf(timing) : 0));
  return next === undefined ? undefined : inWindow(timing, next, random);
};
