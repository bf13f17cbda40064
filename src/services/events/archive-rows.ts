import { REPLAY_BATCH_BYTES_MAX, REPLAY_BATCH_EVENTS_MAX } from "../../kit/limits/events.ts";
import { findItem, listItems, type Place } from "../../plumber/events/rows.ts";
import { sql, sqlOne, type Operation } from "../../store/store.ts";
import type { BusEvent } from "./event.ts";

/** What an archive is made of. */
export interface StoredArchive {
  /** What its events are kept under: a name may be used again. */
  id: string;
  /** Of the bus whose events it keeps. */
  sourceArn: string;
  description?: string;
  /** JSON, as given. Without one it keeps all. */
  eventPattern?: string;
  /** 0: for ever. */
  retentionDays: number;
  /** Platform time, milliseconds. */
  createdAt: number;
}

/** An archive, as its bus knows it. */
export interface BusArchive extends Pick<StoredArchive, "id" | "eventPattern"> {
  name: string;
}

export const archiveArn = ({ account, region }: Place, name: string): string => `arn:aws:events:${region}:${account}:archive/${name}`;

/** An archive is where its bus is. */
export function* archivesOf(place: Place, sourceArn: string): Operation<BusArchive[]> {
  const items = yield* listItems<StoredArchive>(place, "archive", { having: { sourceArn } });
  return items.map(({ name, body: { id, eventPattern } }) => ({ name, id, ...(eventPattern === undefined ? {} : { eventPattern }) }));
}

export function* findArchive(place: Place, name: string): Operation<StoredArchive | undefined> {
  return (yield* findItem<StoredArchive>(place, "archive", name))?.body;
}

/** In the commit of the event. The same event again is kept once, and none for an archive that was deleted since the event was looked at: nobody would sweep it. */
export function* keepEvent(archiveId: string, { id, time, ingestedAt, json, isForwarded }: BusEvent): Operation<void> {
  const bytes = Buffer.byteLength(json);
  const kept = yield* sql(
    `insert into archived_event (archive_id, at, event_id, kept_at, is_forwarded, bytes, body)
      select ?, ?, ?, ?, ?, ?, ? where exists (select 1 from event_archive where id = ? and is_gone = 0) on conflict (archive_id, at, event_id) do nothing returning event_id`,
    archiveId, time, id, ingestedAt, isForwarded ? 1 : 0, bytes, json, archiveId,
  );
  if (kept.length > 0) yield* sql("update event_archive set events = events + 1, bytes = bytes + ? where id = ?", bytes, archiveId);
}

export function* sizeOf(archiveId: string): Operation<{ events: number; bytes: number }> {
  const row = yield* sqlOne("select events, bytes from event_archive where id = ?", archiveId);
  return { events: Number(row?.["events"] ?? 0), bytes: Number(row?.["bytes"] ?? 0) };
}

/** Where a replay has come to in an archive. */
export interface ArchivePlace {
  /** The time of an event. */
  at: number;
  eventId: string;
}

export interface ArchivedEvent extends ArchivePlace {
  json: string;
  isForwarded: boolean;
}

/** The events behind a place, up to a time, oldest first: as many as a batch may have, and one at least. */
export function* eventsAfter(archiveId: string, { at, eventId }: ArchivePlace, until: number): Operation<ArchivedEvent[]> {
  const behind = "from archived_event where archive_id = ? and (at, event_id) > (?, ?) and at <= ? order by at, event_id limit ?";
  const sizes = yield* sql(`select bytes ${behind}`, archiveId, at, eventId, until, REPLAY_BATCH_EVENTS_MAX);
  let [count, bytes] = [0, 0];
  for (const row of sizes) {
    bytes += row["bytes"] as number;
    if (count > 0 && bytes > REPLAY_BATCH_BYTES_MAX) break;
    count++;
  }
  const rows = count === 0 ? [] : yield* sql(`select * ${behind}`, archiveId, at, eventId, until, count);
  return rows.map((row) => ({ at: row["at"] as number, eventId: row["event_id"] as string, json: row["body"] as string, isForwarded: row["is_forwarded"] === 1 }));
}
