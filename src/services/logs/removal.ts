import { LOG_REMOVAL_BYTES, LOG_REMOVAL_ROWS } from "../../kit/limits/logs.ts";
import { sql, sqlOne, type Operation, type Row, type Store } from "../../store/store.ts";

/**
 * What was deleted belongs to the account of nobody until its events have left the disk, some in each commit: whoever asks finds it gone at once,
 * and its ids are in use as long as there is anything of it.
 */
const NOBODY = "";

export function* abandonGroup(groupId: number): Operation<void> {
  yield* sql("update log_group set account = ?, region = '', name = ? where id = ?", NOBODY, String(groupId), groupId);
}

/** A group of its own, of the id `graveId`, takes the stream out of the one that lives on. */
export function* abandonStream(streamId: number, graveId: number, now: number): Operation<void> {
  yield* sql(
    "insert into log_group (id, account, region, name, created_at, class, is_protected, tags, stored_bytes) values (?, ?, '', ?, ?, 'STANDARD', 0, '{}', 0)",
    graveId, NOBODY, String(graveId), now,
  );
  yield* sql("update log_stream set group_id = ? where id = ?", graveId, streamId);
}

/** Call after a deletion, with each sweep, and with the first write for what the process before left. */
export const createRemoval = (store: Store) => {
  let isRunning = false;
  let isAsked = false;
  const remove = async () => {
    isRunning = true;
    try {
      while (isAsked) {
        isAsked = false;
        while (await store.run(removeSome));
      }
    } catch {
      // A store that was closed meanwhile, or has no room, is asked again by the next process or sweep.
    }
    isRunning = false;
  };
  return (): void => {
    isAsked = true;
    if (!isRunning) void remove();
  };
};

/** One commit's share. @returns Whether there may be more. */
function* removeSome(): Operation<boolean> {
  const budget = { rows: LOG_REMOVAL_ROWS, bytes: LOG_REMOVAL_BYTES };
  while (budget.rows > 0 && budget.bytes > 0) {
    const group = yield* sqlOne("select id from log_group where account = ? limit 1", NOBODY);
    if (group === undefined) return false;
    const stream = yield* sqlOne("select id from log_stream where group_id = ? limit 1", group["id"]!);
    if (stream !== undefined && (yield* removeEvents(stream["id"]!, budget)) > 0) continue;
    yield* stream === undefined ? sql("delete from log_group where id = ?", group["id"]!) : sql("delete from log_stream where id = ?", stream["id"]!);
    budget.rows--;
  }
  return true;
}

/** The oldest of a stream, as many as the budget has room for. @returns How many. */
function* removeEvents(streamId: Row[string], budget: { rows: number; bytes: number }): Operation<number> {
  const rows = yield* sql("select group_id, at, id, bytes from log_event where stream_id = ? order by at, id limit ?", streamId, budget.rows);
  let bytes = 0;
  let count = 0;
  while (count < rows.length && bytes < budget.bytes) bytes += Number(rows[count++]!["bytes"]);
  const last = rows[count - 1];
  if (last === undefined) return 0;
  yield* sql("delete from log_event where stream_id = ? and (at, id) <= (?, ?)", streamId, last["at"]!, last["id"]!);
  // All events of a stream were written for the same group, which may live on.
  yield* sql("update log_group set stored_bytes = stored_bytes - ? where id = ?", bytes, last["group_id"]!);
  budget.rows -= count;
  budget.bytes -= bytes;
  return count;
}
