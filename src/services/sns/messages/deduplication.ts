import { SNS_DEDUPLICATION_MS, SNS_SWEEP_MESSAGES } from "../../../kit/limits/sns.ts";
import { sql, sqlOne, type Operation } from "../../../store/store.ts";
import { topicNotFound } from "../errors.ts";
import { countUp, isTopicThere, type Topic } from "../topics/rows.ts";
import { deduplicationIdOf, type Draft } from "./draft.ts";

/** A message of a FIFO topic in its place. */
export interface Placed {
  messageId: string;
  sequence: number;
  /** It was published in the last five minutes: it is told to nobody again. */
  isDuplicate: boolean;
}

/** In a commit: which number it has, or which one it had. Throws NotFound for a topic that was deleted since it was read: nobody would ever take away what is written of it here. */
export function* placeInOrder({ id: topicId, attributes }: Topic, draft: Draft, now: number): Operation<Placed> {
  if (!(yield* isTopicThere(topicId))) throw topicNotFound();
  yield* sql("delete from sns_deduplication where (topic, scope, deduplication_id) in (select topic, scope, deduplication_id from sns_deduplication where published_at <= ? order by published_at limit ?)", now - SNS_DEDUPLICATION_MS, SNS_SWEEP_MESSAGES);
  const scope = attributes["FifoThroughputScope"] === "MessageGroup" ? draft.groupId! : "";
  const id = deduplicationIdOf(draft);
  const before = yield* sqlOne("select message_id, sequence from sns_deduplication where topic = ? and scope = ? and deduplication_id = ? and published_at > ?", topicId, scope, id, now - SNS_DEDUPLICATION_MS);
  if (before !== undefined) return { messageId: before["message_id"] as string, sequence: before["sequence"] as number, isDuplicate: true };
  const sequence = yield* countUp(topicId, "sequence");
  yield* sql(
    `insert into sns_deduplication (topic, scope, deduplication_id, message_id, sequence, published_at) values (?, ?, ?, ?, ?, ?)
     on conflict (topic, scope, deduplication_id) do update set message_id = excluded.message_id, sequence = excluded.sequence, published_at = excluded.published_at`,
    topicId, scope, id, draft.id, sequence, now,
  );
  return { messageId: draft.id, sequence, isDuplicate: false };
}

/** As AWS writes it: 20 digits, the first of them 1. */
export const sequenceNumber = (sequence: number): string => `1${String(sequence).padStart(16, "0")}000`;
