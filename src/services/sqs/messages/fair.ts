import { SQS_QUIET_GROUPS_LOOKED_AT, SQS_QUIET_MESSAGES_LOOKED_AT } from "../../../kit/limits/sqs.ts";
import { sql, sqlOne, type Operation } from "../../../store/store.ts";
import { readMessage, readTenant, type Message } from "./message-rows.ts";
import type { Taking } from "./take.ts";

/** Visible messages of groups that are not noisy, at most as many as are asked for. */
export type QuietFirst = (taking: Taking) => Operation<Message[]>;

/** Where the round over a queue's groups goes on. */
export interface Rounds {
  quietFirst(noisy: ReadonlySet<string>): QuietFirst;
}

/**
 * Quiet ones near the head come first, in their order. Those behind a backlog of a noisy group are found group by group, from one to the next in the index:
 * what that costs has nothing to do with how many messages a group has. Each receive visits a few groups, and the next goes on where it ended.
 */
export const createRounds = (): Rounds => {
  /** The group that was visited last, by queue. */
  const visited = new Map<number, string>();

  function* fromGroups(taking: Taking, noisy: ReadonlySet<string>, found: Message[]): Operation<void> {
    const { queue, settings, now, limit } = taking;
    const known = new Set(found.map(({ sequence }) => sequence));
    const from = visited.get(queue.id) ?? "";
    let last = from;
    let hasTurned = false;
    for (let looks = 0; looks < SQS_QUIET_GROUPS_LOOKED_AT && found.length < limit; looks++) {
      const next = yield* nextGroup(queue.id, last);
      if (next === undefined) {
        if (hasTurned || from === "") break;
        hasTurned = true;
        last = "";
        continue;
      }
      if (hasTurned && next > from) break;
      last = next;
      if (noisy.has(next)) continue;
      const messages = yield* readTenant(queue.id, next, { after: now - settings.retentionMs, now, limit });
      found.push(...messages.filter(({ sequence }) => !known.has(sequence)).slice(0, limit - found.length));
    }
    visited.set(queue.id, last);
  }

  return {
    quietFirst: (noisy) =>
      function* (taking) {
        const found = yield* fromHead(taking, noisy);
        if (found.length < taking.limit) yield* fromGroups(taking, noisy, found);
        return found;
      },
  };
};

/** The index alone tells which they are. */
function* fromHead({ queue, settings, now, limit }: Taking, noisy: ReadonlySet<string>): Operation<Message[]> {
  const head = yield* sql(
    "select sequence, group_id from sqs_message where queue = ? and visible_at <= ? and visible_at > ? order by visible_at limit ?",
    queue.id, now, now - settings.retentionMs, SQS_QUIET_MESSAGES_LOOKED_AT,
  );
  const quiet = head.filter(({ group_id: group }) => group === null || !noisy.has(group as string)).slice(0, limit);
  const found: Message[] = [];
  for (const { sequence } of quiet) found.push(yield* readMessage(sequence as number));
  return found;
}

function* nextGroup(queueId: number, after: string): Operation<string | undefined> {
  const row = yield* sqlOne("select group_id from sqs_message where queue = ? and group_id > ? and group_id is not null and deduplication_id is null order by group_id limit 1", queueId, after);
  return row?.["group_id"] as string | undefined;
}
