import { MESSAGE_BYTES_PER_SWEEP, MESSAGES_PER_SWEEP } from "../../kit/limits/sqs.ts";
import type { Log } from "../../kit/log.ts";
import { sql, sqlOne, type Operation, type Store } from "../../store/store.ts";

/** Takes away what ids that are no queue's any more have left, behind the answers and in pieces. */
export interface Garbage {
  /** After a commit that removed a queue, and at the start. */
  poke(): void;
  close(): Promise<void>;
}

/** Everything else that bears a queue's id. */
const OTHER_TABLES = ["sqs_group", "sqs_deduplication", "sqs_receive_attempt"] as const;
/** Rows without a body, in one commit. */
const SMALL_ROWS_PER_SWEEP = 5_000;

export const createGarbage = ({ store, log }: { store: Store; log: Log }): Garbage => {
  let running: Promise<void> | undefined;
  let isPoked = false;
  let isClosed = false;

  const sweep = async () => {
    while (isPoked && !isClosed) {
      isPoked = false;
      for (let isMore = true; isMore && !isClosed; ) isMore = await store.run(sweepPiece, "behind");
    }
  };
  return {
    poke() {
      isPoked = true;
      running ??= sweep()
        .catch((error: unknown) => log.warn("SQS could not take away what deleted and purged queues have left: it tries again at the next one, and at the next start", { error: String(error) }))
        .finally(() => (running = undefined));
    },
    async close() {
      isClosed = true;
      await running;
    },
  };
};

/** True when there may be more. */
function* sweepPiece(): Operation<boolean> {
  const row = yield* sqlOne("select queue from sqs_garbage order by queue limit 1");
  if (row === undefined) return false;
  const queue = row["queue"] as number;
  if (yield* sweepMessages(queue)) return true;
  for (const table of OTHER_TABLES) if (yield* sweepOthers(table, queue)) return true;
  yield* sql("delete from sqs_garbage where queue = ?", queue);
  return true;
}

function* sweepMessages(queue: number): Operation<boolean> {
  const rows = yield* sql("select sequence, octet_length(body) as bytes from sqs_message where queue = ? limit ?", queue, MESSAGES_PER_SWEEP);
  let bytes = 0;
  // A first one goes whatever its size.
  const fitting = rows.filter((row) => (bytes === 0 || bytes <= MESSAGE_BYTES_PER_SWEEP) && (bytes += row["bytes"] as number) >= 0);
  if (fitting.length === 0) return false;
  yield* sql("delete from sqs_message where sequence in (select value from json_each(?))", JSON.stringify(fitting.map((row) => row["sequence"])));
  return true;
}

const KEYS: Record<(typeof OTHER_TABLES)[number], string> = { sqs_group: "group_id", sqs_deduplication: "scope, deduplication_id", sqs_receive_attempt: "attempt_id" };

function* sweepOthers(table: (typeof OTHER_TABLES)[number], queue: number): Operation<boolean> {
  const key = KEYS[table];
  const rows = yield* sql(`delete from ${table} where queue = ? and (${key}) in (select ${key} from ${table} where queue = ? limit ?) returning queue`, queue, queue, SMALL_ROWS_PER_SWEEP);
  return rows.length > 0;
}
