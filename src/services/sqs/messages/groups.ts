import { SQS_RECEIVE_MESSAGES_MAX } from "../../../kit/limits/sqs.ts";
import { sql, type Operation } from "../../../store/store.ts";
import { readGroupStates } from "./message-rows.ts";

/** A message came into a FIFO queue: its group is there from now on. It gives nothing new as long as others of it are before. */
export function* joinGroup(queueId: number, groupId: string, sequence: number, visibleAt: number): Operation<void> {
  yield* sql("insert into sqs_group (queue, group_id, head_sequence, free_at) values (?, ?, ?, ?) on conflict (queue, group_id) do nothing", queueId, groupId, sequence, visibleAt);
}

/** Groups that may give messages, whoever is free for longest first. */
export function* freeGroups(queueId: number, now: number, limit: number): Operation<string[]> {
  return (yield* sql("select group_id from sqs_group where queue = ? and free_at <= ? order by free_at, head_sequence limit ?", queueId, now, limit)).map((row) => row["group_id"] as string);
}

export function* nextFreeAt(queueId: number, now: number): Operation<number | undefined> {
  return (yield* sql("select free_at from sqs_group where queue = ? and free_at > ? order by free_at limit 1", queueId, now))[0]?.["free_at"] as number | undefined;
}

/**
 * After messages of the group were given, taken away or held back otherwise. What is in flight was given at once, so it is among the first ten.
 * Whoever is free again stands behind those who are already. Since when, or until when not; undefined when the group has no message left.
 */
export function* settleGroup(queueId: number, groupId: string, now: number): Operation<number | undefined> {
  const first = yield* readGroupStates(queueId, groupId, SQS_RECEIVE_MESSAGES_MAX);
  const head = first[0];
  if (head === undefined) {
    yield* sql("delete from sqs_group where queue = ? and group_id = ?", queueId, groupId);
    return undefined;
  }
  const inFlight = first.filter(({ visibleAt, receiveCount }) => receiveCount > 0 && visibleAt > now);
  const freeAt = inFlight.length > 0 ? Math.max(...inFlight.map(({ visibleAt }) => visibleAt)) : Math.max(now, head.visibleAt);
  yield* sql("update sqs_group set head_sequence = ?, free_at = ? where queue = ? and group_id = ?", head.sequence, freeAt, queueId, groupId);
  return freeAt;
}
