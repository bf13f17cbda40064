import { LOG_BATCH_BYTES_MAX, LOG_BATCH_SPAN_MS_MAX, LOG_EVENT_AHEAD_MS_MAX, LOG_EVENT_BEHIND_MS_MAX, LOG_EVENT_BYTES_MAX, LOG_EVENT_OVERHEAD_BYTES } from "../../kit/limits/logs.ts";
import { createRowInsert } from "../../store/insert-rows.ts";
import { sql, type Operation } from "../../store/store.ts";
import { invalidParameter } from "./errors.ts";
import { createGroupFilters } from "./ingest/group-filters.ts";
import { createIngest } from "./ingest/ingest.ts";
import { expiry, type LogsHandlers, type Parts } from "./needs.ts";
import { getGroup, getStream, type Group, type Stream } from "./state.ts";
import { createSweep } from "./sweep.ts";
import { eventId } from "./tokens.ts";

interface Event {
  at: number;
  message: string;
  bytes: number;
}

export const putLogEventsHandlers = (parts: Parts) => {
  const { store, clock, ids } = parts;
  const sweep = createSweep(parts);
  const filtersOf = createGroupFilters(store);
  const ingest = createIngest(parts);
  return {
    /** `sequenceToken` is ignored, as AWS does since January 2023; `entity` names what CloudWatch shows beside the events, and nothing here shows it. */
    async PutLogEvents({ logGroupName, logStreamName, logEvents }, context) {
      const events = readEvents(logEvents!);
      const firstId = await ids.take(events.length);
      const now = clock.now();
      const { rejected, ...accepted } = await store.run(function* () {
        const group = yield* getGroup(context, logGroupName!);
        const stream = yield* getStream(group.id, logStreamName!);
        const window = acceptedWindow(events, expiry(group.retentionDays, now), now);
        const written = events.slice(window.from, window.to);
        yield* append(group, stream, written, firstId + window.from, now);
        return { rejected: window.rejected, group, events: written, firstId: firstId + window.from, filters: yield* filtersOf(group) };
        // The platform's own lines wait for each other, a client's answer for nothing but the disk.
      }, context.isInternal ? "behind" : "now");
      await ingest({ context, stream: logStreamName!, ...accepted });
      sweep.wrote(events.reduce((sum, { bytes }) => sum + bytes, 0));
      return {
        nextSequenceToken: eventId({ at: now, id: firstId + events.length - 1 }),
        ...(rejected === undefined ? {} : { rejectedLogEventsInfo: rejected }),
      };
    },
  } satisfies LogsHandlers;
};

const readEvents = (input: readonly { timestamp: number | undefined; message: string | undefined }[]): Event[] => {
  const events = input.map(({ timestamp, message }) => ({
    at: timestamp!,
    message: message!,
    bytes: Buffer.byteLength(message!) + LOG_EVENT_OVERHEAD_BYTES,
  }));
  const large = events.find(({ bytes }) => bytes > LOG_EVENT_BYTES_MAX);
  if (large) throw invalidParameter(`Log event too large: ${large.bytes} bytes exceeds limit of ${LOG_EVENT_BYTES_MAX}`);
  const bytes = events.reduce((sum, event) => sum + event.bytes, 0);
  if (bytes > LOG_BATCH_BYTES_MAX) throw invalidParameter(`Upload too large: ${bytes} bytes exceeds limit of ${LOG_BATCH_BYTES_MAX}`);
  if (events.some(({ at }, i) => i > 0 && at < events[i - 1]!.at)) {
    throw invalidParameter("Log events in a single PutLogEvents request must be in chronological order.");
  }
  if (events.at(-1)!.at - events[0]!.at > LOG_BATCH_SPAN_MS_MAX) {
    throw invalidParameter("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.");
  }
  return events;
};

/** Events are in order, so what is too old is a head and what is too new is a tail. */
const acceptedWindow = (events: readonly Event[], expiredBefore: number, now: number) => {
  const count = (isBefore: (event: Event) => boolean) => {
    const index = events.findIndex((event) => !isBefore(event));
    return index < 0 ? events.length : index;
  };
  const tooOld = count(({ at }) => at < now - LOG_EVENT_BEHIND_MS_MAX);
  const expired = count(({ at }) => at < expiredBefore);
  const tooNew = count(({ at }) => at <= now + LOG_EVENT_AHEAD_MS_MAX);
  const from = Math.max(tooOld, expired);
  const rejected = {
    ...(tooNew < events.length ? { tooNewLogEventStartIndex: tooNew } : {}),
    ...(tooOld > 0 ? { tooOldLogEventEndIndex: tooOld } : {}),
    ...(expired > 0 ? { expiredLogEventEndIndex: expired } : {}),
  };
  return { from, to: tooNew, rejected: Object.keys(rejected).length > 0 ? rejected : undefined };
};

const insertEvents = createRowInsert({ into: "log_event", columns: ["stream_id", "group_id", "at", "id", "ingested_at", "bytes", "message"], onConflict: "on conflict do nothing" });

function* append(group: Group, stream: Stream, events: readonly Event[], firstId: number, now: number): Operation<void> {
  const [first, last] = [events[0], events.at(-1)];
  if (first === undefined || last === undefined) return;
  yield* insertEvents(events.map(({ at, message, bytes }, index) => [stream.id, group.id, at, firstId + index, now, bytes, message]));
  yield* sql(
    "update log_stream set first_event_at = ?, last_event_at = ?, last_ingestion_at = ?, last_event_id = ? where id = ?",
    Math.min(stream.firstEventAt ?? first.at, first.at),
    Math.max(stream.lastEventAt ?? last.at, last.at),
    now,
    firstId + events.length - 1,
    stream.id,
  );
  yield* sql("update log_group set stored_bytes = stored_bytes + ? where id = ?", events.reduce((sum, { bytes }) => sum + bytes, 0), group.id);
}
