import { namesWithin } from "../../store/names-within.ts";
import { sql, sqlOne, type Operation, type Row } from "../../store/store.ts";

export interface Place {
  account: string;
  region: string;
}

/** What EventBridge has beside rules. */
export type EventItemKind = "bus" | "archive" | "replay" | "connection" | "api-destination";

export interface EventItem<B> extends Place {
  name: string;
  body: B;
}

export const toItem = <B>(row: Row): EventItem<B> => ({
  account: row["account"] as string,
  region: row["region"] as string,
  name: row["name"] as string,
  body: JSON.parse(row["body"] as string) as B,
});

export function* findItem<B>({ account, region }: Place, kind: EventItemKind, name: string): Operation<EventItem<B> | undefined> {
  const row = yield* sqlOne("select * from event_item where account = ? and region = ? and kind = ? and name = ?", account, region, kind, name);
  return row && toItem<B>(row);
}

/** Which ones of a kind: names with a prefix, after another one, and whose documents have these values. */
interface Wanted {
  prefix?: string;
  after?: string;
  most?: number;
  having?: Partial<Record<"sourceArn" | "state" | "connectionArn", string | undefined>>;
}

/** Ordered by their names. Without a prefix the names have no end: with one, SQLite takes the index by names, and looks at what the documents have last. */
export function* listItems<B>({ account, region }: Place, kind: EventItemKind, { prefix = "", after = "", most = -1, having = {} }: Wanted = {}): Operation<EventItem<B>[]> {
  const wanted = Object.entries(having).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
  const within = prefix === "" ? { condition: "name > ?", values: [after] } : { condition: "name >= ? and name < ?", values: namesWithin(prefix, after) };
  const conditions = [...wanted.map(({ name }) => `json_extract(body, '$.${name}') = ?`), within.condition];
  const rows = yield* sql(
    `select * from event_item where account = ? and region = ? and kind = ? and ${conditions.join(" and ")} order by name limit ?`,
    account, region, kind, ...wanted.map(({ value }) => value), ...within.values, most,
  );
  return rows.map((row) => toItem<B>(row));
}

export function* saveItem<B>({ account, region, name, body }: EventItem<B>, kind: EventItemKind): Operation<void> {
  yield* sql("insert into event_item (account, region, kind, name, body) values (?, ?, ?, ?, ?) on conflict (account, region, kind, name) do update set body = excluded.body", account, region, kind, name, JSON.stringify(body));
}

export function* deleteItem({ account, region }: Place, kind: EventItemKind, name: string): Operation<void> {
  yield* sql("delete from event_item where account = ? and region = ? and kind = ? and name = ?", account, region, kind, name);
}

export function* countItems({ account, region }: Place, kind: EventItemKind): Operation<number> {
  return (yield* sqlOne("select count(*) as n from event_item where account = ? and region = ? and kind = ?", account, region, kind))!["n"] as number;
}
