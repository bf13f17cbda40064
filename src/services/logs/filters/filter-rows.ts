import { sql, sqlOne, type Operation, type Row } from "../../../store/store.ts";
import { resourceLimit } from "../errors.ts";
import type { Place } from "../names.ts";
import type { Group } from "../state.ts";

export type FilterKind = "subscription" | "metric";

/** A filter of a log group. What it is made of is a document: nobody asks for one by what is in it. */
export interface FilterRow<B> {
  name: string;
  createdAt: number;
  body: B;
}

const COUNTED: Record<FilterKind, string> = { subscription: "subscription_filters", metric: "metric_filters" };

const toFilter = <B>(row: Row): FilterRow<B> => ({ name: row["name"] as string, createdAt: Number(row["created_at"]), body: JSON.parse(row["body"] as string) as B });

/** By name, in ASCII order, `after` a name. */
export function* listFilters<B>(groupId: number, kind: FilterKind, { prefix = "", after = "", limit = -1 }: { prefix?: string; after?: string; limit?: number } = {}): Operation<FilterRow<B>[]> {
  const rows = yield* sql("select * from log_filter where group_id = ? and kind = ? and substr(name, 1, length(?)) = ? and name > ? order by name limit ?", groupId, kind, prefix, prefix, after, limit);
  return rows.map(toFilter<B>);
}

/** Of all groups of a place: with the group's name, ordered by it. */
export function* listAllFilters<B>({ account, region }: Place, kind: FilterKind, after: readonly [group: string, name: string], limit: number): Operation<(FilterRow<B> & { group: string })[]> {
  const rows = yield* sql(
    `select f.*, g.name as group_name from log_filter f join log_group g on g.id = f.group_id
     where g.account = ? and g.region = ? and f.kind = ? and (g.name, f.name) > (?, ?) order by g.name, f.name limit ?`,
    account, region, kind, ...after, limit,
  );
  return rows.map((row) => ({ ...toFilter<B>(row), group: row["group_name"] as string }));
}

function* count(groupId: number, kind: FilterKind): Operation<void> {
  yield* sql(`update log_group set ${COUNTED[kind]} = (select count(*) from log_filter where group_id = ? and kind = ?) where id = ?`, groupId, kind, groupId);
}

/** One that is there is changed, and keeps the time at which it was made. */
export function* putFilter(group: Group, kind: FilterKind, { name, body, now, max }: { name: string; body: unknown; now: number; max: number }): Operation<void> {
  const there = yield* sqlOne("select 1 from log_filter where group_id = ? and kind = ? and name = ?", group.id, kind, name);
  const others = kind === "subscription" ? group.subscriptionFilters : group.metricFilters;
  if (there === undefined && others >= max) throw resourceLimit();
  yield* sql(
    "insert into log_filter (group_id, kind, name, created_at, body) values (?, ?, ?, ?, ?) on conflict (group_id, kind, name) do update set body = excluded.body",
    group.id, kind, name, now, JSON.stringify(body),
  );
  yield* count(group.id, kind);
}

/** Returns whether it was there. */
export function* deleteFilter(group: Group, kind: FilterKind, name: string): Operation<boolean> {
  const gone = yield* sql("delete from log_filter where group_id = ? and kind = ? and name = ? returning name", group.id, kind, name);
  yield* count(group.id, kind);
  return gone.length > 0;
}
