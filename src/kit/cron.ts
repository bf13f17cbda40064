import { daysOf, type DaysOf } from "./cron-days.ts";
import { HOURS, MINUTES, MONTHS, valuesOf, YEARS } from "./cron-fields.ts";
import { InvalidSchedule, LAST_MOMENT_MS, type Recurrence } from "./recurrence.ts";
import { timeZoneOf, type TimeZone } from "./time-zone.ts";

export { InvalidSchedule, type Recurrence } from "./recurrence.ts";

/**
 * AWS's schedule expressions, as EventBridge's rules and EventBridge Scheduler have them: `rate(5 minutes)`,
 * `cron(0 10 * * ? *)`, `at(2026-11-20T13:00:00)`. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cron-expressions.html,
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 */
export interface ScheduleOptions {
  /** Which may be written. */
  kinds: readonly Recurrence["kind"][];
  /** Of IANA; UTC when not told. A rate has none: a day of it is 24 hours. */
  timeZone?: string | undefined;
  /** The first moment of a rate. */
  start?: number | undefined;
  /** Scheduler takes `rate(1 hours)`; EventBridge wants the unit of one in the singular, of others in the plural. */
  isEitherUnit?: boolean | undefined;
}

const MINUTE_MS = 60_000;
const UNITS: Record<string, number> = { minute: MINUTE_MS, hour: 60 * MINUTE_MS, day: 24 * 60 * MINUTE_MS };

const inside = (kind: Recurrence["kind"], text: string): string | undefined => new RegExp(`^${kind}\\((.*)\\)$`).exec(text)?.[1]?.trim();

/** `rate(5 minutes)`: at `start`, and from then on after each period. */
export const parseRate = (text: string, start: number, isEitherUnit = false): Recurrence => {
  const [value = "", unit = "", ...more] = inside("rate", text)?.split(/\s+/) ?? [];
  if (more.length > 0 || !/^\d{1,9}$/.test(value) || Number(value) === 0) throw new InvalidSchedule("a rate is a whole number from 1 on and a unit, like rate(5 minutes)");
  const one = UNITS[unit];
  const many = unit.endsWith("s") ? UNITS[unit.slice(0, -1)] : undefined;
  const unitMs = isEitherUnit ? (one ?? many) : Number(value) === 1 ? one : many;
  if (unitMs === undefined) throw new InvalidSchedule("the unit of a rate is minute, hour or day for 1, and minutes, hours or days for more");
  const period = Number(value) * unitMs;
  return {
    kind: "rate",
    next(after) {
      const next = after < start ? start : start + (Math.floor((after - start) / period) + 1) * period;
      return next > LAST_MOMENT_MS ? undefined : next;
    },
  };
};

interface Cron {
  minutes: readonly number[];
  hours: readonly number[];
  days: DaysOf;
  months: readonly number[];
  years: readonly number[];
}

/** The first wall time after this one. Months without a day of it cost a step each: at most twelve for each year of a cron. */
const nextWall = ({ minutes, hours, days, months, years }: Cron, after: number): number | undefined => {
  const from = (Math.floor(after / MINUTE_MS) + 1) * MINUTE_MS;
  const start = new Date(from);
  const [year, month, day] = [start.getUTCFullYear(), start.getUTCMonth() + 1, start.getUTCDate()];
  const midnight = Date.UTC(year, month - 1, day);
  for (const y of years) {
    if (y < year) continue;
    for (const m of months) {
      if (y === year && m < month) continue;
      for (const d of days(y, m)) {
        const date = Date.UTC(y, m - 1, d);
        if (date < midnight) continue;
        for (const h of hours) for (const minute of minutes) {
          const wall = date + (h * 60 + minute) * MINUTE_MS;
          if (wall >= from) return wall;
        }
      }
    }
  }
  return undefined;
};

/** A wall time that clocks skip is skipped, one that they show twice counts once. */
const nextOf = (cron: Cron, zone: TimeZone, after: number): number | undefined => {
  let wall: number | undefined = zone.wallOf(after);
  while ((wall = nextWall(cron, wall)) !== undefined) {
    const moment = zone.momentOf(wall);
    if (moment !== undefined && moment > after) return moment;
  }
  return undefined;
};

/** Many schedules have the same expression, and each is read again when it has run. */
const known = new Map<string, Recurrence>();
const KNOWN_MAX = 1_000;

/** `cron(minutes hours day-of-month month day-of-week year)` by the clocks of the time zone. */
export const parseCron = (text: string, timeZone = "UTC"): Recurrence => {
  const key = `${timeZone} ${text}`;
  const found = known.get(key) ?? readCron(text, timeZone);
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(key, found);
  return found;
};

const readCron = (text: string, timeZone: string): Recurrence => {
  const fields = inside("cron", text)?.split(/\s+/) ?? [];
  if (fields.length !== 6) throw new InvalidSchedule("a cron expression has six fields, like cron(0 10 * * ? *)");
  const [minutes, hours, dayOfMonth, month, dayOfWeek, year] = fields as [string, string, string, string, string, string];
  const zone = timeZoneOf(timeZone);
  const cron: Cron = {
    minutes: valuesOf(MINUTES, minutes),
    hours: valuesOf(HOURS, hours),
    days: daysOf(dayOfMonth, dayOfWeek),
    months: valuesOf(MONTHS, month),
    years: valuesOf(YEARS, year),
  };
  return { kind: "cron", next: (after) => nextOf(cron, zone, after) };
};

/** `at(yyyy-mm-ddThh:mm:ss)` by the clocks of the time zone: once. */
export const parseAt = (text: string, timeZone = "UTC"): Recurrence => {
  const told = inside("at", text) ?? "";
  const wall = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$/.test(told) ? Date.parse(`${told}Z`) : Number.NaN;
  // Date takes 30 February for 2 March, and 24:00 for midnight.
  if (Number.isNaN(wall) || new Date(wall).toISOString().slice(0, 19) !== told) throw new InvalidSchedule("a moment is written like at(2026-11-20T13:00:00)");
  const moment = timeZoneOf(timeZone).momentFrom(wall);
  return { kind: "at", next: (after) => (after < moment ? moment : undefined) };
};

/** Throws InvalidSchedule. */
export const parseScheduleExpression = (text: string, { kinds, timeZone, start = 0, isEitherUnit }: ScheduleOptions): Recurrence => {
  const kind = kinds.find((one) => text.startsWith(`${one}(`) && text.endsWith(")"));
  if (kind === "rate") {
    if (timeZone !== undefined) timeZoneOf(timeZone);
    return parseRate(text, start, isEitherUnit);
  }
  if (kind === "cron") return parseCron(text, timeZone);
  if (kind === "at") return parseAt(text, timeZone);
  throw new InvalidSchedule(`an expression is one of ${kinds.map((one) => `${one}(…)`).join(", ")}`);
};
