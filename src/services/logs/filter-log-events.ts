import { LOG_PAGE_BYTES_MAX, LOG_PAGE_EVENTS_MAX, LOG_SCAN_WORK_MAX } from "../../kit/limits/logs.ts";
import { sql, sqlOne, type Operation, type Value } from "../../store/store.ts";
import { invalidParameter, streamNotFound } from "./errors.ts";
import { refuseInfrequentAccess } from "./get-log-events.ts";
import { groupName } from "./names.ts";
import { expiry, type LogsHandlers, type Parts } from "./needs.ts";
import { readPattern } from "./pattern/pattern.ts";
import { getGroup } from "./state.ts";
import { eventId, pageToken, parsePageToken, type Position } from "./tokens.ts";

/** Rows read by one commit; between two the server answers others. */
const ROWS_PER_READ = 500;
/** "Setting startFromHead to false is supported only when startTime is on or after Jan 1, 2024" (API reference). */
const DESCENDING_START_MIN = Date.UTC(2024, 0, 1);

export const filterLogEventsHandlers = ({ store, clock }: Parts) =>
  ({
    async FilterLogEvents(input, context) {
      const { logStreamNames, logStreamNamePrefix, startTime = 0, endTime = Number.MAX_SAFE_INTEGER, limit = LOG_PAGE_EVENTS_MAX } = input;
      const name = groupName(input, context);
      if (logStreamNames !== undefined && logStreamNamePrefix !== undefined) {
        throw invalidParameter("logStreamNames and logStreamNamePrefix are mutually exclusive parameters.");
      }
      const pattern = readPattern(input.filterPattern ?? "");
      const page = readToken(input.nextToken, input.startFromHead !== false);
      if (!page.isForward && startTime < DESCENDING_START_MIN) {
        throw invalidParameter("startFromHead can be false only when startTime is on or after Jan 1, 2024 00:00:00 UTC.");
      }
      const source = await store.run(function* () {
        const group = yield* getGroup(context, name);
        refuseInfrequentAccess(group);
        yield* requireStreams(group.id, logStreamNames ?? []);
        const start = Math.max(startTime, expiry(group.retentionDays, clock.now()));
        return { groupId: group.id, names: logStreamNames, prefix: logStreamNamePrefix, start, end: endTime, isForward: page.isForward };
      });

      const events = [];
      let edge = page.after;
      let bytes = 0;
      let work = 0;
      let isMore = true;
      scan: while (isMore) {
        const rows = await store.run(() => readRows(source, edge));
        isMore = rows.length === ROWS_PER_READ;
        for (const row of rows) {
          if (events.length >= limit || bytes > LOG_PAGE_BYTES_MAX || work > LOG_SCAN_WORK_MAX || context.signal.aborted) {
            isMore = true;
            break scan;
          }
          edge = { at: row.at, id: row.id };
          work += row.bytes * (row.message === undefined ? 1 : pattern.cost);
          if (row.message === undefined || !pattern.matches(row.message)) continue;
          bytes += row.bytes;
          events.push({ logStreamName: row.stream, timestamp: row.at, message: row.message, ingestionTime: row.ingestedAt, eventId: eventId(edge) });
        }
      }
      const nextToken = isMore && edge ? { nextToken: pageToken("events", [page.isForward ? "f" : "b", edge.at, edge.id]) } : {};
      return { events, searchedLogStreams: [], ...nextToken };
    },
  }) satisfies LogsHandlers;

/** The direction of the first request travels in the token. */
const readToken = (token: string | undefined, startFromHead: boolean): { isForward: boolean; after: Position | undefined } => {
  if (token === undefined) return { isForward: startFromHead, after: undefined };
  const [direction, at, id] = parsePageToken("events", token);
  return { isForward: direction === "f", after: { at: Number(at), id: Number(id) } };
};

function* requireStreams(groupId: number, names: readonly string[]): Operation<void> {
  for (const name of names) {
    if ((yield* sqlOne("select id from log_stream where group_id = ? and name = ?", groupId, name)) === undefined) throw streamNotFound();
  }
}

interface Source {
  groupId: number;
  names: readonly string[] | undefined;
  prefix: string | undefined;
  /** Both inclusive, milliseconds. */
  start: number;
  end: number;
  isForward: boolean;
}

function* readRows({ groupId, names, prefix, start, end, isForward }: Source, after: Position | undefined) {
  const [sign, direction] = isForward ? [">", "asc"] : ["<", "desc"];
  const edge = after ?? (isForward ? { at: -1, id: 0 } : { at: Number.MAX_SAFE_INTEGER, id: 0 });
  const values: Value[] = [groupId, start, end, edge.at, edge.id];
  let isWanted = "s.id is not null";
  if (names !== undefined) {
    isWanted = `s.name in (${names.map(() => "?").join(", ")})`;
    values.unshift(...names);
  } else if (prefix !== undefined) {
    isWanted = "substr(s.name, 1, length(?)) = ?";
    values.unshift(prefix, prefix);
  }
  // Those of other streams, and of deleted ones, are read over without their messages: a page of rows is bounded whatever is sought.
  const rows = yield* sql(
    `select e.at, e.id, e.ingested_at, e.bytes, case when ${isWanted} then e.message end as message, s.name as stream
     from (select * from log_event where group_id = ? and at >= ? and at <= ? and (at, id) ${sign} (?, ?) order by at ${direction}, id ${direction} limit ${ROWS_PER_READ}) e
     left join log_stream s on s.id = e.stream_id and s.group_id = e.group_id order by e.at ${direction}, e.id ${direction}`,
    ...values,
  );
  return rows.map((row) => ({
    at: Number(row["at"]),
    id: Number(row["id"]),
    ingestedAt: Number(row["ingested_at"]),
    bytes: Number(row["bytes"]),
    /** None, where nobody asks for events of its stream. */
    message: (row["message"] ?? undefined) as string | undefined,
    stream: row["stream"] as string,
  }));
}
