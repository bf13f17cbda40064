import { LOG_EVENT_DAYS_MAX, LOG_GROUP_BYTES_MAX, LOG_REMOVAL_BYTES, LOG_REMOVAL_ROWS, LOG_SWEEP_BYTES, LOG_SWEEP_MS, LOGS_BYTES_MAX } from "../../kit/limits/logs.ts";
import { sql, type Operation } from "../../store/store.ts";
import { expiry, type Parts } from "./needs.ts";

/** Share of a bound that is left when it was passed, so that the next event does not pass it again. */
const AFTER_TRIM = 0.9;

interface SweptGroup {
  id: number;
  storedBytes: number;
  /** Milliseconds since the epoch. */
  expiredBefore: number;
}

/**
 * Keeps the stored events within their bounds: behind the writes, now and then. What retention has ended is hidden from readers
 * at that moment; here it also leaves the disk. The oldest events go first.
 */
export const createSweep = ({ store, clock, removal }: Pick<Parts, "store" | "clock" | "removal">) => {
  let sweptAt = clock.now();
  let written = 0;
  let running: Promise<void> | undefined;
  let hasBegun = false;

  const remove = async (group: SweptGroup, before: number, bytesMax: number): Promise<void> => {
    let { storedBytes } = group;
    for (let left = true; left; ) {
      const wanted = Math.max(0, storedBytes - bytesMax);
      const removed = await store.run(() => removeOldest(group.id, before, wanted));
      storedBytes -= removed.bytes;
      left = removed.isMore;
    }
    group.storedBytes = storedBytes;
  };

  const sweep = async () => {
    const now = clock.now();
    const groups = await store.run(() => listSwept(now));
    for (const group of groups) {
      await remove(group, group.expiredBefore, group.storedBytes > LOG_GROUP_BYTES_MAX ? LOG_GROUP_BYTES_MAX * AFTER_TRIM : Infinity);
    }
    let total = groups.reduce((sum, { storedBytes }) => sum + storedBytes, 0);
    for (const group of groups.toSorted((a, b) => b.storedBytes - a.storedBytes)) {
      if (total <= LOGS_BYTES_MAX) break;
      total -= group.storedBytes;
      await remove(group, 0, group.storedBytes / 2);
      total += group.storedBytes;
    }
    await store.run(() => removeEmptyStreams(expiry(LOG_EVENT_DAYS_MAX, now)));
  };

  return {
    /** Call after a write; sweeps behind it when it is time. */
    wrote(bytes: number) {
      written += bytes;
      // What was deleted when the process before ended.
      if (!hasBegun) removal();
      hasBegun = true;
      if (running || (written < LOG_SWEEP_BYTES && clock.now() - sweptAt < LOG_SWEEP_MS)) return;
      written = 0;
      sweptAt = clock.now();
      removal();
      // A store that was closed meanwhile has nothing to sweep; the next start goes on.
      running = sweep()
        .catch(() => undefined)
        .finally(() => (running = undefined));
    },
  };
};

function* listSwept(now: number): Operation<SweptGroup[]> {
  const rows = yield* sql("select id, retention_days, stored_bytes from log_group");
  return rows.map((row) => ({
    id: Number(row["id"]),
    storedBytes: Number(row["stored_bytes"]),
    expiredBefore: expiry(row["retention_days"] === null ? LOG_EVENT_DAYS_MAX : Number(row["retention_days"]), now),
  }));
}

/** Events before a time, and the oldest ones until `bytes` are gone; as many as one commit takes. */
function* removeOldest(groupId: number, before: number, bytes: number): Operation<{ bytes: number; isMore: boolean }> {
  const rows = yield* sql("select stream_id, at, id, bytes from log_event where group_id = ? order by at, id limit ?", groupId, LOG_REMOVAL_ROWS);
  let removed = 0;
  let count = 0;
  for (const row of rows) {
    if ((Number(row["at"]) >= before && removed >= bytes) || removed >= LOG_REMOVAL_BYTES) break;
    yield* sql("delete from log_event where stream_id = ? and at = ? and id = ?", row["stream_id"]!, row["at"]!, row["id"]!);
    removed += Number(row["bytes"]);
    count++;
  }
  if (count > 0) yield* sql("update log_group set stored_bytes = stored_bytes - ? where id = ?", removed, groupId);
  return { bytes: removed, isMore: count === LOG_REMOVAL_ROWS || removed >= LOG_REMOVAL_BYTES };
}

function* removeEmptyStreams(before: number): Operation<void> {
  yield* sql(
    `delete from log_stream where created_at < ? and coalesce(last_ingestion_at, 0) < ?
     and not exists (select 1 from log_event where log_event.stream_id = log_stream.id)`,
    before,
    before,
  );
}
