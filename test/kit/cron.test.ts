import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvalidSchedule, parseAt, parseCron, parseRate, parseScheduleExpression, type Recurrence } from "../../src/kit/cron.ts";
import { timeZoneOf } from "../../src/kit/time-zone.ts";

const MINUTE = 60_000;

const moment = (iso: string) => Date.parse(iso.endsWith("Z") ? iso : `${iso}Z`);

/** The next few moments, as ISO without seconds. */
const from = (recurrence: Recurrence, after: string, count = 1): (string | undefined)[] => {
  const told: (string | undefined)[] = [];
  let at: number | undefined = moment(after);
  for (let i = 0; i < count && at !== undefined; i++) {
    at = recurrence.next(at);
    told.push(at === undefined ? undefined : new Date(at).toISOString().slice(0, 16));
  }
  return told;
};

const why = (text: string, kinds: Recurrence["kind"][] = ["at", "cron", "rate"], timeZone?: string): string => {
  try {
    parseScheduleExpression(text, { kinds, timeZone });
  } catch (error) {
    if (error instanceof InvalidSchedule) return error.message;
    throw error;
  }
  return "valid";
};

describe("cron(…)", () => {
  it.each([
    ["cron(0 10 * * ? *)", ["2026-03-01T10:00", "2026-03-02T10:00"]],
    ["cron(0/15 * * * ? *)", ["2026-03-01T00:15", "2026-03-01T00:30"]],
    ["cron(5/20 8-9 * * ? *)", ["2026-03-01T08:05", "2026-03-01T08:25", "2026-03-01T08:45", "2026-03-01T09:05"]],
    ["cron(0 18 ? * MON-FRI *)", ["2026-03-02T18:00", "2026-03-03T18:00"]],
    ["cron(0 8 1 * ? *)", ["2026-03-01T08:00", "2026-04-01T08:00"]],
    ["cron(0 0 L * ? *)", ["2026-03-31T00:00", "2026-04-30T00:00"]],
    ["cron(0 0 L-3 * ? *)", ["2026-03-28T00:00", "2026-04-27T00:00"]],
    ["cron(0 0 LW * ? *)", ["2026-03-31T00:00", "2026-04-30T00:00", "2026-05-29T00:00"]],
    // 15 March 2026 is a Sunday, 15 August a Saturday; 1 August is a Saturday, and July is not its month.
    ["cron(0 0 15W 3,8 ? *)", ["2026-03-16T00:00", "2026-08-14T00:00"]],
    ["cron(0 0 1W 8 ? 2026)", ["2026-08-03T00:00", undefined]],
    ["cron(0 0 31W * ? *)", ["2026-03-31T00:00", "2026-05-29T00:00", "2026-07-31T00:00"]],
    // Tuesday is 3, and Monday the second day of the week.
    ["cron(0 0 ? * 3#2 *)", ["2026-03-10T00:00", "2026-04-14T00:00"]],
    ["cron(0 0 ? * MON#5 *)", ["2026-03-30T00:00", "2026-06-29T00:00"]],
    ["cron(0 0 ? * 5L *)", ["2026-03-26T00:00", "2026-04-30T00:00"]],
    ["cron(0 0 ? * friL *)", ["2026-03-27T00:00", "2026-04-24T00:00"]],
    ["cron(0 0 ? * L *)", ["2026-03-07T00:00", "2026-03-14T00:00"]],
    ["cron(0 22-1 1 * ? *)", ["2026-03-01T01:00", "2026-03-01T22:00", "2026-03-01T23:00", "2026-04-01T00:00"]],
    ["cron(0 0 ? JAN,DEC SAT-SUN 2027-2199/100)", ["2027-01-02T00:00", "2027-01-03T00:00"]],
    ["cron(0 0 29 2 ? 2199)", [undefined]],
    ["cron(0 0 29 FEB ? 2100-2199)", ["2104-02-29T00:00"]],
    ["cron(0 0 30 2 ? *)", [undefined]],
    ["cron(59 23 31 12 ? 2199)", ["2199-12-31T23:59", undefined]],
    ["cron(0 0 1 1 ? 1970)", [undefined]],
  ])("%s", (text, expected) => {
    expect(from(parseCron(text), "2026-03-01T00:00:30", expected.length)).toEqual(expected);
  });

  it("says what is wrong with a field", () => {
    expect(why("cron(0 10 * * *)")).toContain("six fields");
    expect(why("cron(0 10 * * ? * *)")).toContain("six fields");
    expect(why("cron(60 10 * * ? *)")).toBe("the minutes field takes 0-59, not 60");
    expect(why("cron(0 x * * ? *)")).toBe("the hours field has 'x' where it takes 0-23");
    expect(why("cron(0 10 * * * *)")).toContain("one of the day-of-month and day-of-week fields is a ?");
    expect(why("cron(0 10 ? * ? *)")).toContain("one of the day-of-month and day-of-week fields is a ?");
    expect(why("cron(0 10 1 * 2 *)")).toContain("one of the day-of-month and day-of-week fields is a ?");
    expect(why("cron(0 10 ? * 0 *)")).toBe("the day-of-week field takes 1-7 or SUN-SAT, not 0");
    expect(why("cron(0 10 ? * 3#1,6#3 *)")).toContain("takes one #");
    expect(why("cron(0 10 ? * 3#6 *)")).toContain("takes one #");
    expect(why("cron(0 10 L,3 * ? *)")).toBe("the day-of-month field has 'L' where it takes 1-31");
    expect(why("cron(0 10 32W * ? *)")).toBe("the day-of-month field takes 1-31, not 32");
    expect(why("cron(0 10 1 13 ? *)")).toBe("the month field takes 1-12 or JAN-DEC, not 13");
    expect(why("cron(0 10 1 * ? 2200)")).toBe("the year field takes 1970-2199, not 2200");
    expect(why("cron(0 10 1 * ? 2030-2020)")).toContain("whose end is before its start");
    expect(why("cron(0/0 10 1 * ? *)")).toContain("the increment '0'");
    expect(why("cron(0/60 10 1 * ? *)")).toContain("the increment '60'");
    expect(why("cron(1-2-3 10 1 * ? *)")).toContain("more than one -");
    expect(why("cron(1/2/3 10 1 * ? *)")).toContain("more than one /");
    expect(why("cron(, 10 1 * ? *)")).toContain("the minutes field has ''");
    expect(why("cron(-1 10 1 * ? *)")).toContain("the minutes field has ''");
  });

  it("follows the clocks of its time zone", () => {
    expect(from(parseCron("cron(0 8 * * ? *)", "America/New_York"), "2026-03-07T00:00", 3)).toEqual(["2026-03-07T13:00", "2026-03-08T12:00", "2026-03-09T12:00"]);
    expect(from(parseCron("cron(30 5 * * ? *)", "Asia/Kolkata"), "2026-03-07T00:00", 1)).toEqual(["2026-03-08T00:00"]);
    expect(from(parseCron("cron(0 0 L * ? *)", "Pacific/Kiritimati"), "2026-03-07T00:00", 1)).toEqual(["2026-03-30T10:00"]);
  });

  it("is kept with so many others, however its name may be written", () => {
    const berlin = timeZoneOf("Europe/Berlin");
    expect(timeZoneOf("Europe/Berlin")).toBe(berlin);
    // Intl takes a name of old in any case.
    for (let n = 0; n < 2 ** 11; n++) timeZoneOf([..."us/mountain"].map((letter, index) => ((n >> index) & 1 ? letter.toUpperCase() : letter)).join(""));
    expect(timeZoneOf("Europe/Berlin")).not.toBe(berlin);
  });

  it("skips what the clocks skip, and runs once what they show twice", () => {
    // In Berlin 02:30 of 29 March 2026 does not exist, and 02:30 of 25 October comes twice.
    expect(from(parseCron("cron(30 2 * * ? *)", "Europe/Berlin"), "2026-03-28T00:00", 2)).toEqual(["2026-03-28T01:30", "2026-03-30T00:30"]);
    expect(from(parseCron("cron(30 2 * * ? *)", "Europe/Berlin"), "2026-10-24T12:00", 2)).toEqual(["2026-10-25T00:30", "2026-10-26T01:30"]);
    expect(from(parseCron("cron(0/30 * * * ? *)", "Europe/Berlin"), "2026-10-25T00:00", 2)).toEqual(["2026-10-25T00:30", "2026-10-25T02:00"]);
    // From the second time that the clocks show it, too.
    expect(from(parseCron("cron(0/30 * * * ? *)", "Europe/Berlin"), "2026-10-25T01:10", 1)).toEqual(["2026-10-25T02:00"]);
    // Samoa had no 30 December 2011.
    expect(from(parseCron("cron(0 12 * * ? *)", "Pacific/Apia"), "2011-12-29T12:00", 2)).toEqual(["2011-12-29T22:00", "2011-12-30T22:00"]);
  });

  it("is found at once, however far it is", () => {
    // A walk by minutes would take minutes.
    for (let i = 0; i < 100; i++) expect(from(parseCron("cron(59 23 29 2 ? 2196)", "Europe/Berlin"), "2026-01-01T00:00")).toEqual(["2196-02-29T22:59"]);
    for (let i = 0; i < 100; i++) expect(from(parseCron("cron(0 0 31W FEB ? *)"), "1970-01-01T00:00")).toEqual([undefined]);
  });
});

interface Values {
  text: string;
  has(value: number): boolean;
}

/** What a field allows, told anew for the property: each value with the text that a reader would expect it of. */
const list = (least: number, most: number): fc.Arbitrary<Values> =>
  fc.oneof(
    fc.constant({ text: "*", has: () => true }),
    fc.uniqueArray(fc.integer({ min: least, max: most }), { minLength: 1, maxLength: 4 }).map((values) => ({ text: values.join(","), has: (value: number) => values.includes(value) })),
    fc.tuple(fc.integer({ min: least, max: most }), fc.integer({ min: 1, max: Math.min(most, 12) })).map(([first, step]) => ({
      text: `${first}/${step}`, has: (value: number) => value >= first && (value - first) % step === 0,
    })),
    fc.tuple(fc.integer({ min: least, max: most }), fc.integer({ min: least, max: most })).map(([a, b]) => ({
      text: `${Math.min(a, b)}-${Math.max(a, b)}`, has: (value: number) => value >= Math.min(a, b) && value <= Math.max(a, b),
    })),
  );

interface Day { year: number; month: number; day: number; weekday: number; last: number }

const workday = (date: Day, wanted: number): boolean => {
  const isWeekend = (day: number) => [0, 6].includes((date.weekday + 70 + day - date.day) % 7);
  if (wanted > date.last || isWeekend(date.day)) return false;
  for (const distance of [0, 1, 2]) for (const sign of [-1, 1]) {
    const day = wanted + sign * distance;
    if (day >= 1 && day <= date.last && !isWeekend(day)) return day === date.day;
  }
  return false;
};

const days = fc.oneof(
  list(1, 31).map(({ text, has }) => ({ text: [text, "?"], has: (date: Day) => has(date.day) })),
  list(1, 7).map(({ text, has }) => ({ text: ["?", text], has: (date: Day) => has(date.weekday + 1) })),
  fc.integer({ min: 1, max: 31 }).map((day) => ({ text: [`${day}W`, "?"], has: (date: Day) => workday(date, day) })),
  fc.constant({ text: ["L", "?"], has: (date: Day) => date.day === date.last }),
  fc.constant({ text: ["LW", "?"], has: (date: Day) => workday(date, date.last) }),
  fc.tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 5 })).map(([weekday, nth]) => ({
    text: ["?", `${weekday}#${nth}`], has: (date: Day) => date.weekday + 1 === weekday && Math.ceil(date.day / 7) === nth,
  })),
  fc.integer({ min: 1, max: 7 }).map((weekday) => ({ text: ["?", `${weekday}L`], has: (date: Day) => date.weekday + 1 === weekday && date.day + 7 > date.last })),
);

describe("cron(…) and a walk by minutes", () => {
  const STEPS = 3 * 24 * 60;
  const clocksOf = (timeZone: string) => {
    const format = new Intl.DateTimeFormat("en-GB", { timeZone, dateStyle: "short", timeStyle: "short" });
    return (at: number): [Day, number, number] => {
      const [day, month, year, hour, minute] = format.format(at).match(/\d+/g)!.map(Number) as [number, number, number, number, number];
      return [{ year, month, day, weekday: new Date(Date.UTC(year, month - 1, day)).getUTCDay(), last: new Date(Date.UTC(year, month, 0)).getUTCDate() }, hour, minute];
    };
  };
  const places = fc.constantFrom(
    ["UTC", "2027-12-30T00:00"], ["UTC", "2028-02-28T00:00"], ["Europe/Berlin", "2026-03-28T03:00"], ["Europe/Berlin", "2026-10-24T03:00"], ["America/New_York", "2026-10-31T11:00"],
    ["Australia/Lord_Howe", "2026-04-03T18:00"], ["Australia/Lord_Howe", "2026-10-02T18:00"], ["Asia/Kathmandu", "2026-04-29T18:00"], ["America/Santiago", "2026-09-05T00:00"],
  ) as fc.Arbitrary<[string, string]>;

  it("find the same moments", () => {
    fc.assert(
      fc.property(places, list(0, 59), list(0, 23), days, list(1, 12), fc.integer({ min: 0, max: 3_600_000 }), ([timeZone, start], minutes, hours, dates, months, into) => {
        const cron = parseCron(`cron(${minutes.text} ${hours.text} ${dates.text[0]} ${months.text} ${dates.text[1]} *)`, timeZone);
        const after = moment(start) + into;
        const clocks = clocksOf(timeZone);
        const shown = new Set<string>();
        const walked: number[] = [];
        const first = Math.floor(moment(start) / MINUTE) * MINUTE;
        for (let at = first; at < first + STEPS * MINUTE; at += MINUTE) {
          const [date, hour, minute] = clocks(at);
          if (!minutes.has(minute) || !hours.has(hour) || !months.has(date.month) || !dates.has(date)) continue;
          const face = `${date.day} ${hour}:${minute}`;
          if (!shown.has(face) && at > after) walked.push(at);
          shown.add(face);
        }
        let at: number | undefined = after;
        for (const expected of walked.slice(0, 100)) expect((at = cron.next(at!))).toBe(expected);
        const last = walked.at(-1) ?? after;
        expect(cron.next(last) ?? Infinity).toBeGreaterThanOrEqual(first + STEPS * MINUTE);
      }),
      { numRuns: 60 },
    );
  });
});

describe("rate(…)", () => {
  it("is at its start, and from then on after each period", () => {
    const start = moment("2026-03-01T00:00:20");
    const rate = parseRate("rate(5 minutes)", start);
    expect(rate.next(0)).toBe(start);
    expect(rate.next(start)).toBe(start + 5 * MINUTE);
    expect(rate.next(start + 5 * MINUTE - 1)).toBe(start + 5 * MINUTE);
    expect(rate.next(start + 1_000_000 * MINUTE + 1)).toBe(start + 1_000_005 * MINUTE);
    expect(parseRate("rate(1 day)", start).next(start)).toBe(start + 24 * 60 * MINUTE);
    expect(parseRate("rate(999999999 days)", start).next(start)).toBeUndefined();
  });

  it("has its unit in the singular for one, in the plural for more, but where either is taken", () => {
    for (const text of ["rate(1 minute)", "rate(2 minutes)", "rate(1 hour)", "rate(12 hours)", "rate(7 days)"]) expect(why(text)).toBe("valid");
    for (const text of ["rate(1 minutes)", "rate(5 minute)", "rate(1 second)", "rate(1 Minute)", "rate(1)"]) expect(why(text)).toContain("the unit of a rate");
    for (const text of ["rate(0 minutes)", "rate(-1 minutes)", "rate(1.5 hours)", "rate()", "rate(1 hour 5 minutes)", "rate(9999999999 days)"]) expect(why(text)).toContain("a rate is a whole number");
    expect(parseRate("rate(1 hours)", 0, true).next(0)).toBe(60 * MINUTE);
    expect(() => parseRate("rate(1 weeks)", 0, true)).toThrow(InvalidSchedule);
  });
});

describe("at(…)", () => {
  it("is one moment, by the clocks of its time zone", () => {
    expect(from(parseAt("at(2026-11-20T13:00:05)"), "2026-11-20T13:00:00", 2)).toEqual(["2026-11-20T13:00", undefined]);
    expect(from(parseAt("at(2026-11-20T13:00:00)", "America/Los_Angeles"), "2026-01-01T00:00")).toEqual(["2026-11-20T21:00"]);
    // Skipped by the clocks: as much later as they are put forward. Shown twice: the first time.
    expect(from(parseAt("at(2026-03-29T02:30:00)", "Europe/Berlin"), "2026-01-01T00:00")).toEqual(["2026-03-29T01:30"]);
    expect(from(parseAt("at(2026-10-25T02:30:00)", "Europe/Berlin"), "2026-01-01T00:00")).toEqual(["2026-10-25T00:30"]);
  });

  it("is a moment that there is", () => {
    for (const text of ["at(2026-02-30T00:00:00)", "at(2026-13-01T00:00:00)", "at(2026-01-01T24:00:00)", "at(2026-01-01)", "at(2026-01-01T00:00:00Z)", "at(tomorrow)", "at()"]) {
      expect(why(text)).toContain("a moment is written like");
    }
  });
});

describe("a schedule expression", () => {
  it("is one of the kinds that are taken", () => {
    expect(why("at(2026-11-20T13:00:00)", ["cron", "rate"])).toBe("an expression is one of cron(…), rate(…)");
    for (const text of ["", "every minute", "rate(5 minutes", "Rate(5 minutes)", "cron 0 10 * * ? *", " rate(5 minutes)"]) expect(why(text)).toContain("an expression is one of");
  });

  it("has a time zone of IANA's database", () => {
    for (const zone of ["Europe/Berlin", "UTC", "Asia/Calcutta", "US/Pacific", "Etc/GMT+5"]) expect(why("rate(5 minutes)", undefined, zone)).toBe("valid");
    for (const zone of ["Europe/Atlantis", "europe/berlin", "+01:00", "", "UTC+1", "../etc/passwd"]) expect(why("cron(0 10 * * ? *)", undefined, zone)).toContain("IANA's database");
  });
});
