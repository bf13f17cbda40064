import { namesWithin } from "../../store/names-within.ts";
import { sql, sqlOne, type Operation, type Row, type Store } from "../../store/store.ts";
import { groupNotFound, streamNotFound } from "./errors.ts";
import type { Place } from "./names.ts";

export interface Group {
  id: number;
  name: string;
  createdAt: number;
  retentionDays: number | undefined;
  groupClass: "STANDARD" | "INFREQUENT_ACCESS";
  isProtected: boolean;
  tags: Record<string, string>;
  storedBytes: number;
  /** How many there are. */
  subscriptionFilters: number;
  metricFilters: number;
}

const readGroup = (row: Row): Group => ({
  id: Number(row["id"]),
  name: row["name"] as string,
  createdAt: Number(row["created_at"]),
  retentionDays: row["retention_days"] === null ? undefined : Number(row["retention_days"]),
  groupClass: row["class"] as Group["groupClass"],
  isProtected: row["is_protected"] === 1,
  tags: JSON.parse(row["tags"] as string) as Record<string, string>,
  storedBytes: Number(row["stored_bytes"]),
  subscriptionFilters: Number(row["subscription_filters"]),
  metricFilters: Number(row["metric_filters"]),
});

export function* findGroup({ account, region }: Place, name: string): Operation<Group | undefined> {
  const row = yield* sqlOne("select * from log_group where account = ? and region = ? and name = ?", account, region, name);
  return row && readGroup(row);
}

export function* getGroup(place: Place, name: string): Operation<Group> {
  const group = yield* findGroup(place, name);
  if (group === undefined) throw groupNotFound();
  return group;
}

/** By name, in ASCII order, `after` a name. */
export function* listGroups({ account, region }: Place, { prefix, after, limit }: { prefix: string; after: string; limit: number }): Operation<Group[]> {
  const rows = yield* sql("select * from log_group where account = ? and region = ? and name >= ? and name < ? order by name limit ?", account, region, ...namesWithin(prefix, after), limit);
  return rows.map(readGroup);
}

export interface Stream {
  id: number;
  name: string;
  createdAt: number;
  firstEventAt: number | undefined;
  lastEventAt: number | undefined;
  lastIngestionAt: number | undefined;
  /** 0 when it has none yet. */
  lastEventId: number;
}

const optionalNumber = (value: Row[string] | undefined): number | undefined => (value === null || value === undefined ? undefined : Number(value));

export const readStream = (row: Row): Stream => ({
  id: Number(row["id"]),
  name: row["name"] as string,
  createdAt: Number(row["created_at"]),
  firstEventAt: optionalNumber(row["first_event_at"]),
  lastEventAt: optionalNumber(row["last_event_at"]),
  lastIngestionAt: optionalNumber(row["last_ingestion_at"]),
  lastEventId: Number(row["last_event_id"]),
});

export function* findStream(groupId: number, name: string): Operation<Stream | undefined> {
  const row = yield* sqlOne("select * from log_stream where group_id = ? and name = ?", groupId, name);
  return row && readStream(row);
}

export function* getStream(groupId: number, name: string): Operation<Stream> {
  const stream = yield* findStream(groupId, name);
  if (stream === undefined) throw streamNotFound();
  return stream;
}

/** Ids of groups, streams and events: a count that goes on where the stored ones end, so that an operation that is run again is the same one. */
export interface Ids {
  take(count?: number): Promise<number>;
}

export const createIds = (store: Store): Ids => {
  let last: number | undefined;
  let reading: Promise<number> | undefined;
  const readLast = () =>
    store.run(function* () {
      const groups = yield* sqlOne("select coalesce(max(id), 0) as last from log_group");
      const streams = yield* sqlOne("select coalesce(max(id), 0) as last, coalesce(max(last_event_id), 0) as event from log_stream");
      return Math.max(Number(groups?.["last"]), Number(streams?.["last"]), Number(streams?.["event"]));
    });
  return {
    async take(count = 1) {
      if (last === undefined) {
        reading ??= readLast().finally(() => (reading = undefined));
        const read = await reading;
        last ??= read;
      }
      const first = last + 1;
      last += count;
      return first;
    },
  };
};
