import { MESSAGE_BYTES_PER_SWEEP } from "../../../kit/limits.ts";
import { sql, sqlOne, type Operation, type Row } from "../../../store/store.ts";
import { settingsOf } from "../queue-attributes.ts";
import { parseQueueArn } from "../queue-names.ts";
import { findQueue, type Queue } from "../queue-rows.ts";

interface Movable {
  sequence: number;
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
  /** Ids of the queues that have got messages. */
  reached: ReadonlySet<number>;
  /** AWS's code of why it cannot go on. */
  failure?: string;
}

/** Moves at most as many messages as there are ids, those that are visible, oldest first. */
export function* moveBatch(batch: Batch): Operation<BatchOutcome> {
  const { source, destinationArn, now } = batch;
  const rows = source.isFifo ? yield* pickInGroups(batch) : yield* pick(batch);
  const targets = new Map<string, Queue | undefined>();
  const reached = new Set<number>();
  let moved = 0;
  let bytes = 0;
  for (const message of rows) {
    if (moved > 0 && bytes + message.bytes > MESSAGE_BYTES_PER_SWEEP) break;
    const arn = destinationArn ?? message.cameFrom;
    if (arn === null) return { moved, isEnd: false, reached, failure: "CouldNotDetermineMessageSource" };
    if (!targets.has(arn)) targets.set(arn, yield* findTarget(arn));
    const target = targets.get(arn);
    if (target === undefined) return { moved, isEnd: false, reached, failure: "AWS.SimpleQueueService.NonExistentQueue" };
    yield* move(source, message, target, batch.ids[moved]!, now);
    reached.add(target.id);
    bytes += message.bytes;
    moved++;
  }
  return { moved, isEnd: rows.length === 0, reached };
}

function* findTarget(arn: string): Operation<Queue | undefined> {
  const named = parseQueueArn(arn);
  return named && (yield* findQueue(named));
}

const COLUMNS = "sequence, octet_length(body) as bytes, group_id, dead_letter_source";

const toMovable = (row: Row): Movable => ({
  sequence: row["sequence"] as number,
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
      `select ${COLUMNS}, visible_at from sqs_message where queue = ? and group_id = ? and deduplication_id is not null and sequence <= ? order by sequence limit ?`,
      source.id, group["group_id"]!, lastSequence, ids.length - picked.length,
    );
    const hidden = rows.findIndex((row) => (row["visible_at"] as number) > now);
    picked.push(...(hidden < 0 ? rows : rows.slice(0, hidden)).map(toMovable));
  }
  return picked;
}

function* move(source: Queue, { sequence, groupId }: Movable, target: Queue, id: string, now: number): Operation<void> {
  const inserted = yield* sqlOne(
    `insert into sqs_message (queue, id, body, attributes, system_attributes, sent_at, visible_at, first_received_at, receive_count, receipt, group_id, deduplication_id, dead_letter_source)
     select ?, ?, body, attributes, system_attributes, ?, ?, null, 0, null, group_id, deduplication_id, null from sqs_message where sequence = ? returning sequence`,
    target.id, id, now, now + settingsOf(target).delayMs, sequence,
  );
  yield* sql("delete from sqs_message where sequence = ?", sequence);
  if (groupId === null || !target.isFifo) return;
  yield* sql("insert into sqs_group (queue, group_id, head_sequence, free_at) values (?, ?, ?, 0) on conflict (queue, group_id) do nothing", target.id, groupId, inserted!["sequence"]!);
  yield* moveHead(source, groupId);
}

/** Of the group that has lost its first message. */
function* moveHead({ id }: Queue, groupId: string): Operation<void> {
  const next = yield* sqlOne("select min(sequence) as head from sqs_message where queue = ? and group_id = ? and deduplication_id is not null", id, groupId);
  const head = next?.["head"] ?? null;
  if (head === null) yield* sql("delete from sqs_group where queue = ? and group_id = ?", id, groupId);
  else yield* sql("update sqs_group set head_sequence = ? where queue = ? and group_id = ?", head, id, groupId);
}
