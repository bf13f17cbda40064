import { MESSAGE_BYTES_PER_SWEEP } from "../../../kit/limits/sqs.ts";
import { sql, sqlOne, type Operation, type Row } from "../../../store/store.ts";
import type { CountChange } from "../counts.ts";
import { joinGroup, settleGroup } from "../messages/groups.ts";
import { deleteMessage, gone } from "../messages/message-rows.ts";
import { settingsOf } from "../queue-attributes.ts";
import { parseQueueArn } from "../queue-names.ts";
import { findQueue, type Queue } from "../queue-rows.ts";

interface Movable {
  sequence: number;
  visibleAt: number;
  receiveCount: number;
  bytes: number;
  groupId: string | null;
  /** ARN of the queue that gave it up. */
  cameFrom: string | null;
}

export interface Batch {
  source: Queue;
  destinationArn: string | undefined;
  lastSequence: number;
  now: number;
  /** New ids: a redriven message is a new one ("a new messageID and enqueueTime are assigned to redriven messages", dead-letter queue redrive, SQS developer guide). */
  ids: readonly string[];
}

export interface BatchOutcome {
  moved: number;
  /** Whether there was nothing left to move. */
  isEnd: boolean;
  /** The queues that have got messages. */
  reached: readonly Reached[];
  changes: readonly CountChange[];
  /** AWS's code of why it cannot go on. */
  failure?: string;
}

export interface Reached {
  queueId: number;
  /** Of those that it has got: when they are visible, and when they are too old. */
  visibleAt: number;
  expiresAt: number;
}

/** Moves at most as many messages as there are ids, those that are visible, oldest first. */
export function* moveBatch(batch: Batch): Operation<BatchOutcome> {
  const { source, destinationArn, now } = batch;
  const rows = source.isFifo ? yield* pickInGroups(batch) : yield* pick(batch);
  const targets = new Map<string, Queue | undefined>();
  const reached: Reached[] = [];
  const changes: CountChange[] = [];
  let moved = 0;
  let bytes = 0;
  for (const message of rows) {
    if (moved > 0 && bytes + message.bytes > MESSAGE_BYTES_PER_SWEEP) break;
    const arn = destinationArn ?? message.cameFrom;
    if (arn === null) return { moved, isEnd: false, reached, changes, failure: "CouldNotDetermineMessageSource" };
    if (!targets.has(arn)) targets.set(arn, yield* findTarget(arn));
    const target = targets.get(arn);
    if (target === undefined) return { moved, isEnd: false, reached, changes, failure: "AWS.SimpleQueueService.NonExistentQueue" };
    const visibleAt = yield* move(source, message, target, batch.ids[moved]!, now);
    changes.push(gone(source.id, message), { queueId: target.id, after: { visibleAt, isReceived: false, tenant: message.groupId } });
    if (!reached.some(({ queueId }) => queueId === target.id)) reached.push({ queueId: target.id, visibleAt, expiresAt: visibleAt + settingsOf(target).retentionMs });
    bytes += message.bytes;
    moved++;
  }
  return { moved, isEnd: rows.length === 0, reached, changes };
}

function* findTarget(arn: string): Operation<Queue | undefined> {
  const named = parseQueueArn(arn);
  return named && (yield* findQueue(named));
}

const COLUMNS = "sequence, visible_at, receive_count, octet_length(body) as bytes, group_id, dead_letter_source";

const toMovable = (row: Row): Movable => ({
  sequence: row["sequence"] as number,
  visibleAt: row["visible_at"] as number,
  receiveCount: row["receive_count"] as number,
  bytes: row["bytes"] as number,
  groupId: row["group_id"] as string | null,
  cameFrom: row["dead_letter_source"] as string | null,
});

function* pick({ source, lastSequence, now, ids }: Batch): Operation<Movable[]> {
  const rows = yield* sql(`select ${COLUMNS} from sqs_message where queue = ? and visible_at <= ? and sequence <= ? order by visible_at, sequence limit ?`, source.id, now, lastSequence, ids.length);
  return rows.map(toMovable);
}

/** In the order of each group, from its head on, and from no group of which somebody has messages. */
function* pickInGroups({ source, lastSequence, now, ids }: Batch): Operation<Movable[]> {
  const groups = yield* sql("select group_id from sqs_group where queue = ? and free_at <= ? and head_sequence <= ? order by head_sequence limit ?", source.id, now, lastSequence, ids.length);
  const picked: Movable[] = [];
  for (const group of groups) {
    if (picked.length >= ids.length) break;
    const rows = yield* sql(
      `select ${COLUMNS} from sqs_message where queue = ? and group_id = ? and deduplication_id is not null and sequence <= ? order by sequence limit ?`,
      source.id, group["group_id"]!, lastSequence, ids.length - picked.length,
    );
    const hidden = rows.findIndex((row) => (row["visible_at"] as number) > now);
    picked.push(...(hidden < 0 ? rows : rows.slice(0, hidden)).map(toMovable));
  }
  return picked;
}

/** As one that has just been sent: no receive counts any more. When it is visible. */
function* move(source: Queue, { sequence, groupId }: Movable, target: Queue, id: string, now: number): Operation<number> {
  const visibleAt = now + settingsOf(target).delayMs;
  const inserted = yield* sqlOne(
    `insert into sqs_message (queue, visible_at, receive_count, received_before, sent_at, id, group_id, deduplication_id, sender, trace_header, attributes, body)
     select ?, ?, 0, 0, ?, ?, group_id, deduplication_id, sender, trace_header, attributes, body from sqs_message where sequence = ? returning sequence`,
    target.id, visibleAt, now, id, sequence,
  );
  yield* deleteMessage(sequence);
  if (source.isFifo) {
    yield* settleGroup(source.id, groupId!, now);
    yield* joinGroup(target.id, groupId!, inserted!["sequence"] as number, visibleAt);
  }
  return visibleAt;
}
