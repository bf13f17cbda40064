import type { FlexibleTimeWindow, Target } from "@aws-sdk/client-scheduler";
import { sql, sqlOne, type Operation, type Row } from "../../store/store.ts";
import type { Place, ScheduleName } from "./names.ts";

export interface ScheduleBody {
  expression: string;
  timeZone: string;
  /** Milliseconds, as the other times. */
  startDate?: number;
  endDate?: number;
  description?: string;
  kmsKeyArn?: string;
  target: Target;
  window: FlexibleTimeWindow;
  actionAfterCompletion: "NONE" | "DELETE";
  createdAt: number;
  modifiedAt: number;
  /** The first moment of a rate. */
  anchor: number;
}

export interface Occurrence {
  /** The moment that the expression names. */
  scheduledAt: number;
  /** When it is due: in the flexible time window that begins there. */
  nextAt: number;
}

export interface Schedule extends ScheduleName {
  state: "ENABLED" | "DISABLED";
  /** What comes next; undefined when it is disabled or over. */
  occurrence: Occurrence | undefined;
  body: ScheduleBody;
}

const toSchedule = (row: Row): Schedule => ({
  account: row["account"] as string,
  region: row["region"] as string,
  group: row["group_name"] as string,
  name: row["name"] as string,
  state: row["state"] as Schedule["state"],
  occurrence: row["next_at"] === null ? undefined : { nextAt: row["next_at"] as number, scheduledAt: row["scheduled_at"] as number },
  body: JSON.parse(row["body"] as string) as ScheduleBody,
});

export function* findSchedule({ account, region, group, name }: ScheduleName): Operation<Schedule | undefined> {
  const row = yield* sqlOne("select * from schedule where account = ? and region = ? and group_name = ? and name = ?", account, region, group, name);
  return row && toSchedule(row);
}

export function* saveSchedule({ account, region, group, name, state, occurrence, body }: Schedule): Operation<void> {
  yield* sql(
    `insert into schedule (account, region, group_name, name, state, next_at, scheduled_at, body) values (?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (account, region, group_name, name) do update set state = excluded.state, next_at = excluded.next_at, scheduled_at = excluded.scheduled_at, body = excluded.body`,
    account, region, group, name, state, occurrence?.nextAt ?? null, occurrence?.scheduledAt ?? null, JSON.stringify(body),
  );
}

export function* deleteSchedule({ account, region, group, name }: ScheduleName): Operation<void> {
  yield* sql("delete from schedule where account = ? and region = ? and group_name = ? and name = ?", account, region, group, name);
}

/** Compare-and-set: false when another has moved it on. */
export function* moveOn({ account, region, group, name, occurrence }: Schedule, next: Occurrence | undefined): Operation<boolean> {
  const moved = yield* sql(
    "update schedule set next_at = ?, scheduled_at = ? where account = ? and region = ? and group_name = ? and name = ? and next_at = ? and scheduled_at = ? returning 1 as moved",
    next?.nextAt ?? null, next?.scheduledAt ?? null, account, region, group, name, occurrence!.nextAt, occurrence!.scheduledAt,
  );
  return moved.length > 0;
}

/** The first that are due. */
export function* listDue(now: number, most: number): Operation<Schedule[]> {
  return (yield* sql("select * from schedule where next_at <= ? order by next_at limit ?", now, most)).map(toSchedule);
}

export function* isAnyDue(now: number): Operation<boolean> {
  return (yield* sqlOne("select 1 from schedule where next_at <= ? limit 1", now)) !== undefined;
}

export function* countDue(now: number): Operation<number> {
  return (yield* sqlOne("select count(*) as n from schedule where next_at <= ?", now))!["n"] as number;
}

export function* nextDueAt(after: number): Operation<number | undefined> {
  return ((yield* sqlOne("select min(next_at) as at from schedule where next_at > ?", after))!["at"] ?? undefined) as number | undefined;
}

export interface Asked {
  group?: string | undefined;
  prefix?: string | undefined;
  state?: string | undefined;
  /** The last of the page before. */
  after?: Pick<ScheduleName, "group" | "name"> | undefined;
  most: number;
}

/** By group and name. */
export function* listSchedules({ account, region }: Place, { group, prefix, state, after, most }: Asked): Operation<Schedule[]> {
  // A page of one group begins at its name in the index, not at the beginning of the group.
  const [place, values] = group === undefined ? ["(group_name, name) > (?, ?)", [after?.group ?? "", after?.name ?? ""]] : ["group_name = ? and name > ?", [group, after?.name ?? ""]];
  const rows = yield* sql(
    `select * from schedule where account = ? and region = ? and ${place}
     ${prefix === undefined ? "" : "and substr(name, 1, ?) = ?"} ${state === undefined ? "" : "and state = ?"} order by group_name, name limit ?`,
    account, region, ...values, ...(prefix === undefined ? [] : [prefix.length, prefix]), ...(state === undefined ? [] : [state]), most,
  );
  return rows.map(toSchedule);
}

/** Some of a group's. How many there were. */
export function* deleteSome({ account, region }: Place, group: string, most: number): Operation<number> {
  const rows = yield* sql(
    `delete from schedule where account = ? and region = ? and group_name = ? and name in
     (select name from schedule where account = ? and region = ? and group_name = ? limit ?) returning 1 as deleted`,
    account, region, group, account, region, group, most,
  );
  return rows.length;
}
