import { DAYS_OF_MONTH, DAYS_OF_WEEK, valueOf, valuesOf } from "./cron-fields.ts";
import { InvalidSchedule } from "./recurrence.ts";

interface Month {
  /** How many days it has. */
  length: number;
  /** The day of the week of its first day: 0 is Sunday. */
  startsOn: number;
}

/** The days of a month, ascending. */
export type DaysOf = (year: number, month: number) => number[];

const monthOf = (year: number, month: number): Month => ({
  length: new Date(Date.UTC(year, month, 0)).getUTCDate(),
  startsOn: new Date(Date.UTC(year, month - 1, 1)).getUTCDay(),
});

/** 0 is Sunday. */
const weekdayOf = ({ startsOn }: Month, day: number): number => (startsOn + day - 1) % 7;

/** The day from Monday to Friday that is nearest to this one, in the same month. */
const nearestWorkday = (month: Month, day: number): number => {
  const weekday = weekdayOf(month, day);
  if (weekday === 6) return day === 1 ? 3 : day - 1;
  if (weekday === 0) return day === month.length ? day - 2 : day + 1;
  return day;
};

const present = (day: number, { length }: Month): number[] => (day >= 1 && day <= length ? [day] : []);

type Pick = (month: Month) => number[];

const ofMonth = (text: string): Pick => {
  const upper = text.toUpperCase();
  if (upper === "L") return ({ length }) => [length];
  if (upper === "LW") return (month) => [nearestWorkday(month, month.length)];
  const before = /^L-(\d{1,2})$/.exec(upper)?.[1];
  if (before !== undefined && Number(before) <= 30) return (month) => present(month.length - Number(before), month);
  if (upper.endsWith("W")) {
    const day = valueOf(DAYS_OF_MONTH, text.slice(0, -1));
    return (month) => present(day, month).map((one) => nearestWorkday(month, one));
  }
  const days = valuesOf(DAYS_OF_MONTH, text);
  return ({ length }) => days.filter((day) => day <= length);
};

/** The first day of the month that is this day of the week: 0 is Sunday. */
const firstOf = ({ startsOn }: Month, weekday: number): number => 1 + ((weekday - startsOn + 7) % 7);

const all = (month: Month, weekday: number): number[] => {
  const days: number[] = [];
  for (let day = firstOf(month, weekday); day <= month.length; day += 7) days.push(day);
  return days;
};

const ofWeek = (text: string): Pick => {
  const [weekdayText = "", nth, ...more] = text.split("#");
  if (nth !== undefined) {
    const weekday = valueOf(DAYS_OF_WEEK, weekdayText) - 1;
    if (more.length > 0 || !/^[1-5]$/.test(nth)) throw new InvalidSchedule("the day-of-week field takes one # with a day of the week before it and 1-5 behind it, like 2#1");
    return (month) => all(month, weekday).slice(Number(nth) - 1, Number(nth));
  }
  // Saturday is the last day of the week.
  if (text.toUpperCase() === "L") return (month) => all(month, 6);
  if (/^(\d|[A-Za-z]{3})L$/i.test(text)) {
    const weekday = valueOf(DAYS_OF_WEEK, text.slice(0, -1)) - 1;
    return (month) => all(month, weekday).slice(-1);
  }
  const weekdays = valuesOf(DAYS_OF_WEEK, text).map((day) => day - 1);
  return (month) => weekdays.flatMap((weekday) => all(month, weekday)).sort((a, b) => a - b);
};

/** The two day fields: one of them says which days, the other is `?`. Throws InvalidSchedule. */
export const daysOf = (dayOfMonth: string, dayOfWeek: string): DaysOf => {
  if ((dayOfMonth === "?") === (dayOfWeek === "?")) {
    throw new InvalidSchedule("one of the day-of-month and day-of-week fields is a ?, and the other is not");
  }
  const pick = dayOfWeek === "?" ? ofMonth(dayOfMonth) : ofWeek(dayOfWeek);
  return (year, month) => pick(monthOf(year, month));
};
