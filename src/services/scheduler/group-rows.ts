import { sql, sqlOne, type Operation, type Row } from "../../store/store.ts";
import { conflict, notFound } from "./errors.ts";
import { DEFAULT_GROUP, type Place } from "./names.ts";

export interface Group extends Place {
  name: string;
  state: "ACTIVE" | "DELETING";
  body: {
    tags: Record<string, string>;
    /** Milliseconds. */
    createdAt: number;
    modifiedAt: number;
  };
}

const toGroup = (row: Row): Group => ({
  account: row["account"] as string,
  region: row["region"] as string,
  name: row["name"] as string,
  state: row["state"] as Group["state"],
  body: JSON.parse(row["body"] as string) as Group["body"],
});

export function* saveGroup({ account, region, name, state, body }: Group): Operation<void> {
  yield* sql(
    "insert into schedule_group (account, region, name, state, body) values (?, ?, ?, ?, ?) on conflict (account, region, name) do update set state = excluded.state, body = excluded.body",
    account, region, name, state, JSON.stringify(body),
  );
}

export function* findGroup({ account, region }: Place, name: string): Operation<Group | undefined> {
  const row = yield* sqlOne("select * from schedule_group where account = ? and region = ? and name = ?", account, region, name);
  return row && toGroup(row);
}

/** The default group begins to be when it is first asked for. */
export function* ensureDefault({ account, region }: Place, now: number): Operation<void> {
  if ((yield* findGroup({ account, region }, DEFAULT_GROUP)) !== undefined) return;
  yield* saveGroup({ account, region, name: DEFAULT_GROUP, state: "ACTIVE", body: { tags: {}, createdAt: now, modifiedAt: now } });
}

export function* getGroup(place: Place, name: string, now: number): Operation<Group> {
  if (name === DEFAULT_GROUP) yield* ensureDefault(place, now);
  const group = yield* findGroup(place, name);
  if (group === undefined) throw notFound(`Schedule group ${name} does not exist.`);
  return group;
}

/** Nothing is changed of a group that is being deleted. */
export function* getActiveGroup(place: Place, name: string, now: number): Operation<Group> {
  const group = yield* getGroup(place, name, now);
  if (group.state === "DELETING") throw conflict(`Schedule group ${name} is being deleted.`);
  return group;
}

export function* listGroups({ account, region }: Place, { prefix = "", after = "", most }: { prefix?: string | undefined; after?: string | undefined; most: number }): Operation<Group[]> {
  const rows = yield* sql("select * from schedule_group where account = ? and region = ? and name > ? and substr(name, 1, ?) = ? order by name limit ?", account, region, after, prefix.length, prefix, most);
  return rows.map(toGroup);
}

export function* countGroups({ account, region }: Place): Operation<number> {
  return (yield* sqlOne("select count(*) as n from schedule_group where account = ? and region = ?", account, region))!["n"] as number;
}

export function* findDeleting(): Operation<Group | undefined> {
  const row = yield* sqlOne("select * from schedule_group where state = 'DELETING' limit 1");
  return row && toGroup(row);
}

export function* deleteGroup({ account, region, name }: Group): Operation<void> {
  yield* sql("delete from schedule_group where account = ? and region = ? and name = ?", account, region, name);
}
