import { sql, sqlOne, type Operation, type Row } from "../../store/store.ts";

export type ApiKind = "REST" | "HTTP" | "WEBSOCKET";

export interface Place {
  account: string;
  region: string;
}

/** An API of API Gateway. `B` is what its kind keeps of it. */
export interface ApiRecord<B = unknown> extends Place {
  /** The first label of its host name. */
  apiId: string;
  kind: ApiKind;
  /** Another number after each change of the API or of a part of it. */
  revision: number;
  /** Platform time, milliseconds. */
  createdAt: number;
  body: B;
}

export interface Document<B> {
  id: string;
  body: B;
}

const toApi = <B>(row: Row): ApiRecord<B> => ({
  apiId: row["api_id"] as string,
  account: row["account"] as string,
  region: row["region"] as string,
  kind: row["kind"] as ApiKind,
  revision: row["revision"] as number,
  createdAt: row["created_at"] as number,
  body: JSON.parse(row["body"] as string) as B,
});

const toDocument = <B>(row: Row): Document<B> => ({ id: row["id"] as string, body: JSON.parse(row["body"] as string) as B });

export function* findApi<B>(apiId: string): Operation<ApiRecord<B> | undefined> {
  const row = yield* sqlOne("select * from api where api_id = ?", apiId);
  return row && toApi<B>(row);
}

/** Without what it is made of: whether what was read before still holds. */
export function* revisionOf(apiId: string): Operation<number | undefined> {
  return (yield* sqlOne("select revision from api where api_id = ?", apiId))?.["revision"] as number | undefined;
}

/** Ordered by their ids. HTTP and WebSocket APIs are listed together. */
export function* listApis<B>({ account, region }: Place, kinds: readonly [ApiKind, ApiKind?], after: string, most: number): Operation<ApiRecord<B>[]> {
  const [one, other = one] = kinds;
  const rows = yield* sql("select * from api where account = ? and region = ? and kind in (?, ?) and api_id > ? order by api_id limit ?", account, region, one, other, after, most);
  return rows.map((row) => toApi<B>(row));
}

/** Made, or changed: the kind, the place and the time of its creation stay. */
export function* saveApi<B>({ apiId, account, region, kind, createdAt, body }: Omit<ApiRecord<B>, "revision">): Operation<void> {
  yield* sql(
    `insert into api (api_id, account, region, kind, revision, created_at, body) values (?, ?, ?, ?, 1, ?, ?)
     on conflict (api_id) do update set body = excluded.body, revision = api.revision + 1`,
    apiId, account, region, kind, createdAt, JSON.stringify(body),
  );
}

/** With all its parts. */
export function* deleteApi(apiId: string): Operation<void> {
  yield* sql("delete from api_part where api_id = ?", apiId);
  yield* sql("delete from api where api_id = ?", apiId);
}

export function* findPart<B>(apiId: string, kind: string, id: string): Operation<B | undefined> {
  const row = yield* sqlOne("select id, body from api_part where api_id = ? and kind = ? and id = ?", apiId, kind, id);
  return row && toDocument<B>(row).body;
}

const ALL = 1_000_000;

/** Ordered by their ids. */
export function* listParts<B>(apiId: string, kind: string, after = "", most = ALL): Operation<Document<B>[]> {
  const rows = yield* sql("select id, body from api_part where api_id = ? and kind = ? and id > ? order by id limit ?", apiId, kind, after, most);
  return rows.map((row) => toDocument<B>(row));
}

const touch = (apiId: string): Operation<readonly Row[]> => sql("update api set revision = revision + 1 where api_id = ?", apiId);

export function* savePart(apiId: string, kind: string, id: string, body: unknown): Operation<void> {
  yield* sql("insert into api_part (api_id, kind, id, body) values (?, ?, ?, ?) on conflict (api_id, kind, id) do update set body = excluded.body", apiId, kind, id, JSON.stringify(body));
  yield* touch(apiId);
}

/** Resolves to whether there was one. Without an id, all of the kind. */
export function* deletePart(apiId: string, kind: string, id?: string): Operation<boolean> {
  const rows = yield* id === undefined ? sql("delete from api_part where api_id = ? and kind = ? returning id", apiId, kind) : sql("delete from api_part where api_id = ? and kind = ? and id = ? returning id", apiId, kind, id);
  yield* touch(apiId);
  return rows.length > 0;
}

export function* findItem<B>({ account, region }: Place, kind: string, id: string): Operation<B | undefined> {
  const row = yield* sqlOne("select id, body from api_item where account = ? and region = ? and kind = ? and id = ?", account, region, kind, id);
  return row && toDocument<B>(row).body;
}

/** Of whatever account and region: for what is found by its name alone, as a custom domain is. */
export function* findItemAnywhere<B>(kind: string, id: string): Operation<(Place & { body: B }) | undefined> {
  const row = yield* sqlOne("select * from api_item where kind = ? and id = ? order by account, region limit 1", kind, id);
  return row && { account: row["account"] as string, region: row["region"] as string, body: toDocument<B>(row).body };
}

export function* listItems<B>({ account, region }: Place, kind: string, after = "", most = ALL): Operation<Document<B>[]> {
  const rows = yield* sql("select id, body from api_item where account = ? and region = ? and kind = ? and id > ? order by id limit ?", account, region, kind, after, most);
  return rows.map((row) => toDocument<B>(row));
}

export function* saveItem({ account, region }: Place, kind: string, id: string, body: unknown): Operation<void> {
  yield* sql(
    "insert into api_item (account, region, kind, id, body) values (?, ?, ?, ?, ?) on conflict (account, region, kind, id) do update set body = excluded.body",
    account, region, kind, id, JSON.stringify(body),
  );
}

export function* deleteItem({ account, region }: Place, kind: string, id: string): Operation<boolean> {
  return (yield* sql("delete from api_item where account = ? and region = ? and kind = ? and id = ? returning id", account, region, kind, id)).length > 0;
}
