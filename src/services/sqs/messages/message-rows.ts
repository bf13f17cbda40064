import { sql, sqlOne, type Operation, type Row } from "../../../store/store.ts";
import type { CountChange } from "../counts.ts";
import type { Queue } from "../queue-rows.ts";

export interface Message {
  sequence: number;
  visibleAt: number;
  /** In this queue, and in those before it. */
  receiveCount: number;
  receivedBefore: number;
  firstReceivedAt: number | null;
  sentAt: number;
  id: string;
  groupId: string | null;
  deduplicationId: string | null;
  deadLetterSource: string | null;
  sender: string;
  traceHeader: string | null;
  attributes: string | null;
  body: string;
}

const COLUMNS = "sequence, visible_at, receive_count, received_before, first_received_at, sent_at, id, group_id, deduplication_id, dead_letter_source, sender, trace_header, attributes, body";

const toMessage = (row: Row): Message => ({
  sequence: row["sequence"] as number,
  visibleAt: row["visible_at"] as number,
  receiveCount: row["receive_count"] as number,
  receivedBefore: row["received_before"] as number,
  firstReceivedAt: row["first_received_at"] as number | null,
  sentAt: row["sent_at"] as number,
  id: row["id"] as string,
  groupId: row["group_id"] as string | null,
  deduplicationId: row["deduplication_id"] as string | null,
  deadLetterSource: row["dead_letter_source"] as string | null,
  sender: row["sender"] as string,
  traceHeader: row["trace_header"] as string | null,
  attributes: row["attributes"] as string | null,
  body: row["body"] as string,
});

/** A message's state, as counts and handles need it. */
export interface MessageState {
  sequence: number;
  visibleAt: number;
  receiveCount: number;
  receipt: number | null;
  groupId: string | null;
}

const toState = (row: Row): MessageState => ({
  sequence: row["sequence"] as number,
  visibleAt: row["visible_at"] as number,
  receiveCount: row["receive_count"] as number,
  receipt: row["receipt"] as number | null,
  groupId: row["group_id"] as string | null,
});

const STATE_COLUMNS = "sequence, visible_at, receive_count, receipt, group_id";

export const counted = ({ visibleAt, receiveCount, groupId }: Pick<Message, "visibleAt" | "receiveCount" | "groupId">) => ({ visibleAt, isReceived: receiveCount > 0, tenant: groupId });

export const gone = (queueId: number, message: Pick<Message, "visibleAt" | "receiveCount" | "groupId">): CountChange => ({ queueId, before: counted(message) });

export type NewMessage = Pick<Message, "id" | "sentAt" | "visibleAt" | "groupId" | "deduplicationId" | "sender" | "traceHeader" | "attributes" | "body">;

const INSERT = `insert into sqs_message (queue, visible_at, receive_count, received_before, sent_at, id, group_id, deduplication_id, sender, trace_header, attributes, body)
  values (?, ?, 0, 0, ?, ?, ?, ?, ?, ?, ?, ?)`;

const insert = (text: string, queueId: number, { visibleAt, sentAt, id, groupId, deduplicationId, sender, traceHeader, attributes, body }: NewMessage) =>
  sql(text, queueId, visibleAt, sentAt, id, groupId, deduplicationId, sender, traceHeader, attributes, body);

export function* insertMessage(queueId: number, message: NewMessage): Operation<void> {
  yield* insert(INSERT, queueId, message);
}

/** Its sequence: to be told costs more than to insert, so only who needs it asks. */
export function* insertInOrder(queueId: number, message: NewMessage): Operation<number> {
  return (yield* insert(`${INSERT} returning sequence`, queueId, message))[0]!["sequence"] as number;
}

/** The first that are visible and not too old. @param after visible no earlier: what is visible for longer was sent even before */
export function* readVisible(queueId: number, { after, now, limit }: { after: number; now: number; limit: number }): Operation<Message[]> {
  return (yield* sql(`select ${COLUMNS} from sqs_message where queue = ? and visible_at <= ? and visible_at > ? order by visible_at limit ?`, queueId, now, after, limit)).map(toMessage);
}

/** The first of a FIFO queue's group, visible or not. */
export function* readGroup(queueId: number, groupId: string, limit: number): Operation<Message[]> {
  return (yield* sql(`select ${COLUMNS} from sqs_message where queue = ? and group_id = ? and deduplication_id is not null order by sequence limit ?`, queueId, groupId, limit)).map(toMessage);
}

/** The first visible ones that a standard queue has of a group. */
export function* readTenant(queueId: number, groupId: string, { after, now, limit }: { after: number; now: number; limit: number }): Operation<Message[]> {
  return (yield* sql(
    `select ${COLUMNS} from sqs_message where queue = ? and group_id = ? and group_id is not null and deduplication_id is null and visible_at <= ? and visible_at > ? order by visible_at limit ?`,
    queueId, groupId, now, after, limit,
  )).map(toMessage);
}

export function* readMessage(sequence: number): Operation<Message> {
  return toMessage((yield* sqlOne(`select ${COLUMNS} from sqs_message where sequence = ?`, sequence))!);
}

export function* findState(queueId: number, sequence: number): Operation<MessageState | undefined> {
  const row = yield* sqlOne(`select ${STATE_COLUMNS} from sqs_message where sequence = ? and queue = ?`, sequence, queueId);
  return row && toState(row);
}

/** The states of the first of a FIFO queue's group. */
export function* readGroupStates(queueId: number, groupId: string, limit: number): Operation<MessageState[]> {
  return (yield* sql(`select ${STATE_COLUMNS} from sqs_message where queue = ? and group_id = ? and deduplication_id is not null order by sequence limit ?`, queueId, groupId, limit)).map(toState);
}

/** When the next message of the queue becomes visible. */
export function* nextVisibleAt(queueId: number, now: number): Operation<number | undefined> {
  const row = yield* sqlOne("select visible_at from sqs_message where queue = ? and visible_at > ? order by visible_at limit 1", queueId, now);
  return row?.["visible_at"] as number | undefined;
}

export function* deleteMessage(sequence: number): Operation<void> {
  yield* sql("delete from sqs_message where sequence = ?", sequence);
}

export function* setVisibleAt(sequence: number, at: number): Operation<void> {
  yield* sql("update sqs_message set visible_at = ? where sequence = ?", at, sequence);
}

const MARK = "update sqs_message set visible_at = ?, receive_count = receive_count + 1, first_received_at = coalesce(first_received_at, ?), receipt = ? where sequence";
/** Two texts for all lengths: `null` is in no list. */
const MARKED_AT_ONCE = 10;
const MARK_MANY = `${MARK} in (${Array(MARKED_AT_ONCE).fill("?").join(", ")})`;

/** Whoever holds the receipt has them until they are visible again. */
export function* markReceived(sequences: readonly number[], { visibleAt, now, receipt }: { visibleAt: number; now: number; receipt: number }): Operation<void> {
  if (sequences.length === 1) yield* sql(`${MARK} = ?`, visibleAt, now, receipt, sequences[0]!);
  else if (sequences.length > 0) yield* sql(MARK_MANY, visibleAt, now, receipt, ...sequences, ...(Array(MARKED_AT_ONCE - sequences.length).fill(null) as null[]));
}

export interface Moved {
  to: Queue;
  now: number;
  /** The ARN of the queue that it was received from too often; null when it goes on like others. */
  deadLetterSource: string | null;
}

/** Into another queue, behind what is there: it keeps its id and, in a standard queue, its age. Its new sequence, and what it did to the counts. */
export function* moveMessage(message: Pick<Message, "sequence" | "visibleAt" | "receiveCount" | "groupId" | "sentAt">, fromId: number, { to, now, deadLetterSource }: Moved): Operation<{ sequence: number; changes: CountChange[] }> {
  const [sentAt, arrivedAt] = to.isFifo ? [now, null] : [message.sentAt, now];
  const row = yield* sqlOne(
    `insert into sqs_message (queue, visible_at, receive_count, received_before, first_received_at, sent_at, id, group_id, deduplication_id, dead_letter_source, sender, trace_header, attributes, body, arrived_at)
     select ?, ?, 0, received_before + receive_count, first_received_at, ?, id, group_id, deduplication_id, ?, sender, trace_header, attributes, body, ? from sqs_message where sequence = ? returning sequence`,
    to.id, sentAt, sentAt, deadLetterSource, arrivedAt, message.sequence,
  );
  yield* deleteMessage(message.sequence);
  return { sequence: row!["sequence"] as number, changes: [gone(fromId, message), { queueId: to.id, after: { visibleAt: sentAt, isReceived: false, tenant: message.groupId } }] };
}
