import { InvalidSchedule } from "./recurrence.ts";

/** A field of a cron expression: what may be written in it. */
export interface Field {
  name: string;
  least: number;
  most: number;
  /** In the order of their numbers, the first is `least`. */
  names?: readonly string[];
  /** An increment may not be above it. */
  stepMax?: number;
}

export const MINUTES: Field = { name: "minutes", least: 0, most: 59, stepMax: 59 };
export const HOURS: Field = { name: "hours", least: 0, most: 23, stepMax: 23 };
export const DAYS_OF_MONTH: Field = { name: "day-of-month", least: 1, most: 31, stepMax: 31 };
export const MONTHS: Field = {
  name: "month", least: 1, most: 12, stepMax: 12, names: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
};
export const DAYS_OF_WEEK: Field = { name: "day-of-week", least: 1, most: 7, stepMax: 7, names: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"] };
export const YEARS: Field = { name: "year", least: 1970, most: 2199 };

const wrong = (field: Field, why: string) => new InvalidSchedule(`the ${field.name} field ${why}`);

const isNumber = (text: string): boolean => /^\d{1,4}$/.test(text);

/** One value, as a number or by its name. */
export const valueOf = (field: Field, text: string): number => {
  const named = field.names?.indexOf(text.toUpperCase()) ?? -1;
  if (named >= 0) return field.least + named;
  const names = field.names === undefined ? "" : ` or ${field.names[0]}-${field.names.at(-1)}`;
  if (!isNumber(text)) throw wrong(field, `has '${text}' where it takes ${field.least}-${field.most}${names}`);
  const value = Number(text);
  if (value < field.least || value > field.most) throw wrong(field, `takes ${field.least}-${field.most}${names}, not ${text}`);
  return value;
};

const stepOf = (field: Field, text: string | undefined): number => {
  if (text === undefined) return 1;
  const step = isNumber(text) ? Number(text) : 0;
  if (step < 1 || step > (field.stepMax ?? step)) throw wrong(field, `has the increment '${text}': it is a number from 1 on, and of at most ${field.stepMax ?? "four digits"}`);
  return step;
};

/** `5`, `1-5`, `*`, each with `/2` behind it. A range may go over the end: `FRI-MON`. */
const addItem = (field: Field, item: string, values: Set<number>) => {
  const [range = "", stepText, ...more] = item.split("/");
  if (more.length > 0) throw wrong(field, `has more than one / in '${item}'`);
  const step = stepOf(field, stepText);
  const [firstText = "", lastText, ...others] = range.split("-");
  if (others.length > 0) throw wrong(field, `has more than one - in '${item}'`);
  const isAll = range === "*";
  const first = isAll ? field.least : valueOf(field, firstText);
  const end = stepText === undefined ? first : field.most;
  let last = isAll ? field.most : lastText === undefined ? end : valueOf(field, lastText);
  const size = field.most - field.least + 1;
  if (last < first) {
    if (field === YEARS) throw wrong(field, `has '${range}', whose end is before its start`);
    last += size;
  }
  for (let value = first; value <= last; value += step) values.add(field.least + ((value - field.least) % size));
};

/** The values of a list, ascending. Throws InvalidSchedule. */
export const valuesOf = (field: Field, text: string): number[] => {
  const values = new Set<number>();
  for (const item of text.split(",")) addItem(field, item, values);
  return [...values].sort((a, b) => a - b);
};
