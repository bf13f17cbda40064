import { createDueLoop } from "../../kit/due-loop.ts";
import { DELIVERY_BACKOFF_MS_MAX } from "../../kit/limits/deliveries.ts";
import { ARCHIVE_SWEEP_EVENTS_MAX, ARCHIVE_SWEEP_MS, REPLAY_DAYS_MAX, REPLAY_SWEEP_MAX } from "../../kit/limits/events.ts";
import type { Worker } from "../../kit/patience.ts";
import { sql, sqlOne, type Operation } from "../../store/store.ts";
import type { EventsNeeds } from "./needs.ts";
import { forgetReplays } from "./replay-rows.ts";

export interface Sweeps extends Worker {
  /** An archive was made, changed or deleted, or a replay begun. */
  poke(): void;
  close(): Promise<void>;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Removes some of an archive's events. @returns How many. */
function* removeSome(archiveId: string, keptUntil: number): Operation<number> {
  const removed = yield* sql(
    `delete from archived_event where archive_id = ? and (at, event_id) in (
       select at, event_id from archived_event where archive_id = ? and kept_at <= ? order by kept_at limit ?
     ) returning bytes`,
    archiveId, archiveId, keptUntil, ARCHIVE_SWEEP_EVENTS_MAX,
  );
  if (removed.length > 0) yield* sql("update event_archive set events = events - ?, bytes = bytes - ? where id = ?", removed.length, removed.reduce((sum, row) => sum + (row["bytes"] as number), 0), archiveId);
  return removed.length;
}

/** Archives that have something which they need not keep, those that are deleted first. */
function* archivesToSweep(now: number): Operation<string[]> {
  const rows = yield* sql(
    `select id from event_archive as archive where is_gone = 1
      or (retention_days > 0 and exists (select 1 from archived_event where archive_id = archive.id and kept_at <= ? - retention_days * ?)) order by is_gone desc, id`,
    now, DAY_MS,
  );
  return rows.map((row) => row["id"] as string);
}

/** One commit's share of it. @returns Whether there may be more of it. */
function* sweepArchive(id: string, now: number): Operation<boolean> {
  const archive = yield* sqlOne("select retention_days, is_gone from event_archive where id = ?", id);
  if (archive === undefined) return false;
  const [isGone, days] = [archive["is_gone"] === 1, archive["retention_days"] as number];
  // It may have been told meanwhile to keep them for ever.
  if (!isGone && days === 0) return false;
  const removed = yield* removeSome(id, isGone ? Number.MAX_SAFE_INTEGER : now - days * DAY_MS);
  if (isGone && removed === 0) yield* sql("delete from event_archive where id = ?", id);
  return removed > 0;
}

/** What archives and replays leave behind, removed in pieces: at once what was deleted, each hour what has become too old. */
export const createSweeps = ({ store, clock, log }: Pick<EventsNeeds, "store" | "clock" | "log">): Sweeps => {
  let isClosed = false;
  const loop = createDueLoop({
    clock,
    name: "archive sweep",
    inFlightMax: 1,
    async startDue(now) {
      // A large archive takes long: what is left is swept by the next process.
      for (const id of await store.read(() => archivesToSweep(now))) while (!isClosed && (await store.run(() => sweepArchive(id, now), "behind")));
      // AWS remembers a replay for 90 days.
      while (!isClosed && (await store.run(() => forgetReplays(now - REPLAY_DAYS_MAX * DAY_MS, REPLAY_SWEEP_MAX), "behind")) > 0);
      return [];
    },
    async nextDueAt(now) {
      const row = await store.read(() => sqlOne("select 1 from event_archive where retention_days > 0 union all select 1 from event_item where kind = 'replay' limit 1"));
      return row === undefined ? undefined : now + ARCHIVE_SWEEP_MS;
    },
    onFailure(error) {
      log.error("what archives need not keep could not be removed; it is tried again later", { error: String(error) });
      return DELIVERY_BACKOFF_MS_MAX;
    },
  });
  return {
    poke: () => void loop.poke(),
    rest: loop.rest,
    async close() {
      isClosed = true;
      await Promise.all(await loop.stop());
    },
  };
};
