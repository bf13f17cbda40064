import { InvalidSchedule } from "./recurrence.ts";

/**
 * A time zone of IANA's database. A wall time is what its clocks show, in milliseconds, counted as if it were UTC:
 * 01:00 on 1 January 1970 is 3600000 in each of them.
 */
export interface TimeZone {
  wallOf(moment: number): number;
  /** The first moment at which clocks show this; undefined when they skip it. */
  momentOf(wall: number): number | undefined;
  /** The same; what clocks skip is as much later as they are put forward. */
  momentFrom(wall: number): number;
}

/** More than any zone is from UTC, less than there is between two changes of its clocks. */
const DAY_MS = 86_400_000;

/** Clocks are changed at a quarter of an hour of UTC, since 1972 in each zone. */
const QUARTER_MS = 15 * 60_000;
const OFFSETS_KEPT_MAX = 1_000;

const utc: TimeZone = { wallOf: (moment) => moment, momentOf: (wall) => wall, momentFrom: (wall) => wall };

const formatterOf = (name: string): Intl.DateTimeFormat => {
  const invalid = () => new InvalidSchedule(`there is no time zone ${name} in IANA's database: Europe/Berlin is one`);
  // Intl takes offsets as well, and names in any case.
  if (!/^[A-Za-z]/.test(name)) throw invalid();
  let formatter: Intl.DateTimeFormat;
  try {
    formatter = new Intl.DateTimeFormat("en-US", {
      timeZone: name, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric",
    });
  } catch {
    throw invalid();
  }
  const canonical = formatter.resolvedOptions().timeZone;
  if (canonical !== name && canonical.toLowerCase() === name.toLowerCase()) throw invalid();
  return formatter;
};

const createTimeZone = (name: string): TimeZone => {
  const formatter = formatterOf(name);
  /** Intl takes its time, and what is asked for is asked for again: by whoever has the same zone, and for the next day. */
  const offsets = new Map<number, number>();
  const readOffset = (moment: number): number => {
    const part: Partial<Record<Intl.DateTimeFormatPartTypes, number>> = {};
    for (const { type, value } of formatter.formatToParts(moment)) part[type] = Number(value);
    return Date.UTC(part.year!, part.month! - 1, part.day, part.hour, part.minute, part.second) - moment;
  };
  const offsetAt = (moment: number): number => {
    const quarter = Math.floor(moment / QUARTER_MS);
    const known = offsets.get(quarter);
    if (known !== undefined) return known;
    if (offsets.size >= OFFSETS_KEPT_MAX) offsets.clear();
    const offset = readOffset(quarter * QUARTER_MS);
    offsets.set(quarter, offset);
    return offset;
  };
  const wallOf = (moment: number): number => moment + offsetAt(moment);
  const momentOf = (wall: number): number | undefined => {
    const before = wall - offsetAt(wall - DAY_MS);
    const after = wall - offsetAt(wall + DAY_MS);
    const first = Math.min(before, after);
    if (wallOf(first) === wall) return first;
    const second = Math.max(before, after);
    return second !== first && wallOf(second) === wall ? second : undefined;
  };
  return { wallOf, momentOf, momentFrom: (wall) => momentOf(wall) ?? wall - offsetAt(wall - DAY_MS) };
};

const zones = new Map<string, TimeZone>();
/** More than there are. Intl takes an older name of a zone in any case of its letters, each of which would be another one. */
const ZONES_KEPT_MAX = 1_000;

/** Throws InvalidSchedule when there is none of this name. */
export const timeZoneOf = (name: string): TimeZone => {
  if (name === "UTC") return utc;
  const known = zones.get(name);
  if (known !== undefined) return known;
  const zone = createTimeZone(name);
  if (zones.size >= ZONES_KEPT_MAX) zones.clear();
  zones.set(name, zone);
  return zone;
};
