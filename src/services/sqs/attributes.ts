import { isKnownPrincipal } from "../../iam/known-principal.ts";
import type { Call } from "../../kit/call.ts";
import { sql, type Operation } from "../../store/store.ts";
import { COUNTED, isAttributeOf, readAttributes, withChanges, type AttributeChanges } from "./attribute-rules.ts";
import { invalidAttribute, missingParameter, unknownAttribute } from "./errors.ts";
import type { SqsHandlers, QueueParts } from "./needs.ts";
import { describedAttributes, settingsOf } from "./queue-attributes.ts";
import { settleGroup } from "./messages/groups.ts";
import { namedPrincipals } from "./queue-policy.ts";
import { getQueue, writeAttributes, type Queue } from "./queue-rows.ts";
import { checkRedriveTarget } from "./redrive-policy.ts";

/** Users and roles that the new policy names must be there. */
export const checkPrincipals = async (call: Call, { Policy }: AttributeChanges, place: { account: string; region: string }): Promise<void> => {
  if (Policy === undefined) return;
  for (const principal of new Set(namedPrincipals(Policy))) if (!(await isKnownPrincipal(call, principal, place))) throw invalidAttribute("Policy");
};

const isCounted = (name: string): boolean => (Object.values(COUNTED) as string[]).includes(name);

export const attributeHandlers = ({ store, clock, call, inQueue, counts, arrivals, retention }: QueueParts) => {
  const countedAttributes = async (queue: Queue): Promise<Record<string, string>> => {
    const found = await counts.of(queue);
    return Object.fromEntries((["visible", "inFlight", "delayed"] as const).map((kind) => [COUNTED[kind], String(found[kind])]));
  };

  return {
    async GetQueueAttributes({ AttributeNames = [], ...input }, context) {
      const named = inQueue(input, context);
      const queue = await store.run(() => getQueue(named));
      const names = AttributeNames as string[];
      const unknown = names.find((name) => name !== "All" && !isAttributeOf(name, queue.isFifo));
      if (unknown !== undefined) throw unknownAttribute(unknown);
      const isAll = names.includes("All");
      const isAsked = (name: string) => isAll || names.includes(name);
      const told = { ...describedAttributes(queue), ...(isAll || names.some(isCounted) ? await countedAttributes(queue) : {}) };
      const asked = Object.entries(told).filter(([name]) => isAsked(name));
      // AWS leaves out what is empty.
      return { Attributes: asked.length === 0 ? undefined : Object.fromEntries(asked) };
    },

    async SetQueueAttributes({ Attributes = {}, ...input }, context) {
      if (Object.keys(Attributes).length === 0) throw missingParameter("Attributes");
      const named = inQueue(input, context);
      const isFifo = await store.run(function* () {
        return (yield* getQueue(named)).isFifo;
      });
      const changes = readAttributes(Attributes, { ...named, isFifo });
      await checkPrincipals(call, changes, named);
      const queue = await store.run(() => change(named, changes, clock.now()));
      if (queue.isFifo) counts.forget(queue.id);
      arrivals.changed(queue.id);
      // What is there may be too old by now.
      retention.expect(clock.now());
      return {};
    },
  } satisfies SqsHandlers;
};

function* change(named: Parameters<typeof getQueue>[0], changes: AttributeChanges, now: number): Operation<Queue> {
  const queue = yield* getQueue(named);
  const attributes = withChanges(queue.attributes, changes);
  if (changes["RedrivePolicy"] !== undefined) yield* checkRedriveTarget(changes["RedrivePolicy"], queue);
  yield* writeAttributes(queue, attributes, now);
  if (queue.isFifo && changes["DelaySeconds"] !== undefined) yield* delayAnew(queue, settingsOf({ attributes }).delayMs, now);
  return queue;
}

/** "For FIFO queues, the per-queue delay setting is retroactive: changing the setting affects the delay of messages already in the queue" (delay queues, SQS developer guide). */
function* delayAnew(queue: Queue, delayMs: number, now: number): Operation<void> {
  const longest = Math.max(delayMs, settingsOf(queue).delayMs);
  const delayed = yield* sql("update sqs_message set visible_at = sent_at + ? where queue = ? and visible_at > ? and sent_at > ? and receive_count = 0 returning group_id", delayMs, queue.id, now - longest, now - longest);
  for (const groupId of new Set(delayed.map((row) => row["group_id"] as string))) yield* settleGroup(queue.id, groupId, now);
}
