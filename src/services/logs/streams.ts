import { namesWithin } from "../../store/names-within.ts";
import { sql, type Operation } from "../../store/store.ts";
import { invalidParameter, streamExists } from "./errors.ts";
import { groupName, logStreamArn, type Place } from "./names.ts";
import type { LogsHandlers, Parts } from "./needs.ts";
import { abandonStream } from "./removal.ts";
import { findStream, getGroup, getStream, readStream, type Stream } from "./state.ts";
import { eventId, pageToken, parsePageToken } from "./tokens.ts";

const PAGE_MAX = 50;

export const streamHandlers = ({ store, clock, ids, removal }: Parts) =>
  ({
    async CreateLogStream({ logGroupName, logStreamName }, context) {
      const id = await ids.take();
      const now = clock.now();
      await store.run(function* () {
        const group = yield* getGroup(context, logGroupName!);
        const existing = yield* findStream(group.id, logStreamName!);
        if (existing?.id === id) return;
        if (existing !== undefined) throw streamExists();
        yield* sql("insert into log_stream (id, group_id, name, created_at, last_event_id) values (?, ?, ?, ?, 0)", id, group.id, logStreamName!, now);
      });
      return {};
    },

    async DeleteLogStream({ logGroupName, logStreamName }, context) {
      const graveId = await ids.take();
      const now = clock.now();
      await store.run(function* () {
        const group = yield* getGroup(context, logGroupName!);
        const stream = yield* getStream(group.id, logStreamName!);
        yield* abandonStream(stream.id, graveId, now);
      });
      removal();
      return {};
    },

    async DescribeLogStreams(input, context) {
      const { logStreamNamePrefix, orderBy = "LogStreamName", descending = false, nextToken, limit = PAGE_MAX } = input;
      const name = groupName(input, context);
      if (orderBy === "LastEventTime" && logStreamNamePrefix !== undefined) {
        throw invalidParameter("Cannot order by LastEventTime with a logStreamNamePrefix.");
      }
      const kind = `streams ${orderBy} ${descending}`;
      const after = nextToken === undefined ? undefined : parsePageToken(kind, nextToken);
      const found = await store.run(function* () {
        const group = yield* getGroup(context, name);
        const order = { descending, after, limit: limit + 1 };
        return yield* orderBy === "LogStreamName" ? byName(group.id, logStreamNamePrefix ?? "", order) : byEventTime(group.id, order);
      });
      const page = found.slice(0, limit);
      const last = page.at(-1);
      return {
        logStreams: page.map((stream) => describeStream(context, name, stream)),
        ...(found.length > limit && last ? { nextToken: pageToken(kind, orderBy === "LogStreamName" ? [last.name] : [last.lastEventAt ?? 0, last.name]) } : {}),
      };
    },
  }) satisfies LogsHandlers;

interface Order {
  descending: boolean;
  after: (string | number)[] | undefined;
  limit: number;
}

function* byName(groupId: number, prefix: string, { descending, after, limit }: Order): Operation<Stream[]> {
  const [from, to] = descending ? [prefix, after?.[0] ?? namesWithin(prefix, "")[1]] : namesWithin(prefix, String(after?.[0] ?? ""));
  const rows = yield* sql(`select * from log_stream where group_id = ? and name >= ? and name < ? order by name ${descending ? "desc" : "asc"} limit ?`, groupId, from, to, limit);
  return rows.map(readStream);
}

/** A stream without events counts as the oldest. */
function* byEventTime(groupId: number, { descending, after, limit }: Order): Operation<Stream[]> {
  const [sign, direction] = descending ? ["<", "desc"] : [">", "asc"];
  const rows = yield* sql(
    `select * from log_stream where group_id = ? ${after ? `and (coalesce(last_event_at, 0), name) ${sign} (?, ?)` : ""}
     order by coalesce(last_event_at, 0) ${direction}, name ${direction} limit ?`,
    groupId,
    ...(after ?? []),
    limit,
  );
  return rows.map(readStream);
}

const describeStream = (place: Place, group: string, stream: Stream) => ({
  logStreamName: stream.name,
  creationTime: stream.createdAt,
  ...(stream.firstEventAt === undefined ? {} : { firstEventTimestamp: stream.firstEventAt }),
  ...(stream.lastEventAt === undefined ? {} : { lastEventTimestamp: stream.lastEventAt }),
  ...(stream.lastIngestionAt === undefined ? {} : { lastIngestionTime: stream.lastIngestionAt }),
  uploadSequenceToken: eventId({ at: stream.lastIngestionAt ?? stream.createdAt, id: stream.lastEventId }),
  arn: logStreamArn(place, group, stream.name),
  // "As of June 17, 2019, this parameter is no longer supported for log streams, and is always reported as zero."
  storedBytes: 0,
});
