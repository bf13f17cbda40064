import { ApiError } from "../../kit/api-error.ts";
import { LOG_EVENT_OVERHEAD_BYTES, LOG_PAGE_BYTES_MAX, LOG_PAGE_EVENTS_MAX } from "../../kit/limits/logs.ts";
import { sql, type Operation } from "../../store/store.ts";
import { groupName } from "./names.ts";
import { expiry, type LogsHandlers, type Parts } from "./needs.ts";
import { getGroup, getStream, type Group } from "./state.ts";
import { parseStreamToken, streamToken, type Position } from "./tokens.ts";

interface StoredEvent extends Position {
  ingestedAt: number;
  message: string;
}

/** Rows read by one statement: a page of small events takes several. */
const ROWS_PER_READ = 1_000;

export const getLogEventsHandlers = ({ store, clock }: Parts) =>
  ({
    async GetLogEvents(input, context) {
      const { logStreamName, startTime = 0, endTime = Number.MAX_SAFE_INTEGER, nextToken, limit = LOG_PAGE_EVENTS_MAX } = input;
      const name = groupName(input, context);
      const token = nextToken === undefined ? undefined : parseStreamToken(nextToken);
      const isForward = token === undefined ? input.startFromHead === true : token.direction === "f";
      const events = await store.run(function* () {
        const group = yield* getGroup(context, name);
        refuseInfrequentAccess(group);
        const stream = yield* getStream(group.id, logStreamName!);
        const start = Math.max(startTime, expiry(group.retentionDays, clock.now()));
        return yield* readPage({ streamId: stream.id, start, end: endTime, after: token?.position, isForward, limit });
      });
      const [first, last] = [events[0], events.at(-1)];
      // At the end of a stream the same token comes back: that is how a client knows.
      const here: Position = token?.position ?? { at: startTime, id: 0 };
      return {
        events: events.map(({ at, message, ingestedAt }) => ({ timestamp: at, message, ingestionTime: ingestedAt })),
        nextForwardToken: streamToken("f", last ?? here),
        nextBackwardToken: streamToken("b", first ?? here),
      };
    },
  }) satisfies LogsHandlers;

/** "Infrequent Access … does not support GetLogEvents and FilterLogEvents" (CloudWatch Logs user guide, log classes). */
export const refuseInfrequentAccess = ({ groupClass }: Group): void => {
  if (groupClass === "INFREQUENT_ACCESS") throw new ApiError("ValidationException", "This operation is only supported on the Standard log class.", { status: 400 });
};

interface Range {
  streamId: number;
  /** Inclusive, and exclusive; milliseconds. */
  start: number;
  end: number;
  after: Position | undefined;
  isForward: boolean;
  limit: number;
}

/** Oldest first, whichever end the page is taken from. */
function* readPage({ streamId, start, end, after, isForward, limit }: Range): Operation<StoredEvent[]> {
  const events: StoredEvent[] = [];
  const [sign, direction] = isForward ? [">", "asc"] : ["<", "desc"];
  let edge: Position = after ?? (isForward ? { at: -1, id: 0 } : { at: Number.MAX_SAFE_INTEGER, id: 0 });
  let bytes = 0;
  for (;;) {
    const wanted = Math.min(ROWS_PER_READ, limit - events.length);
    const rows = yield* sql(
      `select at, id, ingested_at, message, bytes from log_event where stream_id = ? and at >= ? and at < ? and (at, id) ${sign} (?, ?)
       order by at ${direction}, id ${direction} limit ?`,
      streamId,
      start,
      end,
      edge.at,
      edge.id,
      wanted,
    );
    for (const row of rows) {
      bytes += Number(row["bytes"]);
      if (bytes > LOG_PAGE_BYTES_MAX + LOG_EVENT_OVERHEAD_BYTES && events.length > 0) return isForward ? events : events.toReversed();
      edge = { at: Number(row["at"]), id: Number(row["id"]) };
      events.push({ ...edge, ingestedAt: Number(row["ingested_at"]), message: row["message"] as string });
    }
    if (rows.length < wanted || events.length >= limit) return isForward ? events : events.toReversed();
  }
}
