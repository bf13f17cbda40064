import { ApiError } from "../../kit/api-error.ts";
import { QUEUE_NAME_HELD_MS, QUEUE_PURGE_MS } from "../../kit/limits/sqs.ts";
import { sql, sqlOne, type Operation } from "../../store/store.ts";
import type { RequestContext } from "../service.ts";
import { readAttributes, withChanges, type AttributeChanges } from "./attribute-rules.ts";
import { checkPrincipals } from "./attributes.ts";
import { invalidParameterValue } from "./errors.ts";
import type { SqsHandlers, QueueParts } from "./needs.ts";
import { cutPage, readPage } from "./pages.ts";
import { effectiveAttributes } from "./queue-attributes.ts";
import { queueUrl } from "./queue-names.ts";
import { findQueue, getQueue, insertQueue, listQueues, removeQueue, type Queue, type QueueName } from "./queue-rows.ts";
import { checkRedriveTarget, listSources } from "./redrive-policy.ts";
import { checkTags } from "./tags.ts";

const STANDARD_NAME = /^[A-Za-z0-9_-]{1,80}$/;
const FIFO_NAME = /^[A-Za-z0-9_-]{1,75}\.fifo$/;

const checkName = (name: string, isFifo: boolean): void => {
  if (isFifo && !FIFO_NAME.test(name)) throw invalidParameterValue("The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length");
  if (!isFifo && !STANDARD_NAME.test(name)) throw invalidParameterValue("Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
};

export const queueHandlers = ({ store, clock, call, inQueue, accessed, counts, arrivals, garbage, moveTasks, queueUrls }: QueueParts) => {
  const urlOf = (queue: QueueName, { endpoint }: RequestContext) => queueUrl(queue, endpoint, queueUrls);

  /** The id is no queue's any more. */
  const leave = (queueId: number) => {
    counts.forget(queueId);
    arrivals.changed(queueId);
    garbage.poke();
  };

  return {
    async CreateQueue({ QueueName: given, Attributes = {}, tags = {} }, context) {
      const isFifo = Attributes["FifoQueue"] === "true";
      checkName(given!, isFifo);
      const named = { account: context.account, region: context.region, name: given!, isFifo };
      checkTags(tags, given!);
      const changes = readAttributes(Attributes, named);
      await checkPrincipals(call, changes, context);
      await store.run(() => create({ ...named, changes, tags: { ...tags } as Record<string, string>, now: clock.now() }));
      return { QueueUrl: urlOf(accessed(named), context) };
    },

    async GetQueueUrl({ QueueName: given, QueueOwnerAWSAccountId: owner }, context) {
      const named = { account: owner ?? context.account, region: context.region, name: given! };
      await store.run(() => getQueue(named));
      return { QueueUrl: urlOf(accessed(named), context) };
    },

    async DeleteQueue(input, context) {
      const named = inQueue(input, context);
      const queue = await store.run(() => remove(named, clock.now()));
      void moveTasks.poke();
      leave(queue.id);
      return {};
    },

    async PurgeQueue(input, context) {
      const named = inQueue(input, context);
      const before = await store.run(() => purge(named, clock.now()));
      leave(before.id);
      return {};
    },

    async ListQueues(input, context) {
      const page = readPage(input);
      const { queues, NextToken } = cutPage(await store.run(() => listQueues(context, input.QueueNamePrefix ?? "", page.after, page.limit + 1)), page);
      // AWS leaves out what is empty.
      return { QueueUrls: queues.length === 0 ? undefined : queues.map((queue) => urlOf(queue, context)), NextToken };
    },

    async ListDeadLetterSourceQueues(input, context) {
      const named = inQueue(input, context);
      const page = readPage(input);
      const sources = await store.run(function* () {
        yield* getQueue(named);
        return yield* listSources(named);
      });
      const { queues, NextToken } = cutPage(sources.filter(({ name }) => name > page.after), page);
      return { queueUrls: queues.map((queue) => urlOf(queue, context)), NextToken };
    },
  } satisfies SqsHandlers;
};

interface NewQueue extends QueueName {
  isFifo: boolean;
  changes: AttributeChanges;
  tags: Record<string, string>;
  now: number;
}

/** With what is there already it is the same queue; what is not spoken of may be anything. */
function* create({ changes, tags, now, ...named }: NewQueue): Operation<void> {
  const existing = yield* findQueue(named);
  if (existing !== undefined) {
    const differing = differingAttribute(existing, changes);
    if (differing !== undefined) throw new ApiError("QueueNameExists", `A queue already exists with the same name and a different value for attribute ${differing}`);
    return;
  }
  yield* refuseRecentlyDeleted(named, now);
  const attributes = withChanges({}, changes);
  if (attributes["RedrivePolicy"] !== undefined) yield* checkRedriveTarget(attributes["RedrivePolicy"], named);
  yield* insertQueue({ ...named, attributes, tags, createdAt: now, modifiedAt: now });
}

const differingAttribute = (existing: Queue, changes: AttributeChanges): string | undefined => {
  const effective = effectiveAttributes(existing);
  const { FifoQueue: _fifo, ...asked } = changes;
  return Object.keys(asked).find((name) => asked[name] !== effective[name]);
};

function* refuseRecentlyDeleted({ account, region, name }: QueueName, now: number): Operation<void> {
  yield* sql("delete from sqs_deleted_queue where deleted_at <= ?", now - QUEUE_NAME_HELD_MS);
  const held = yield* sqlOne("select deleted_at from sqs_deleted_queue where account = ? and region = ? and name = ?", account, region, name);
  if (held !== undefined) throw new ApiError("QueueDeletedRecently", "You must wait 60 seconds after deleting a queue before you can create another with the same name.");
}

function* remove(named: QueueName, now: number): Operation<Queue> {
  const queue = yield* getQueue(named);
  yield* removeQueue(queue);
  yield* sql("delete from sqs_move_task where source = ?", queue.id);
  yield* sql(
    "insert into sqs_deleted_queue (account, region, name, deleted_at) values (?, ?, ?, ?) on conflict (account, region, name) do update set deleted_at = excluded.deleted_at",
    named.account, named.region, named.name, now,
  );
  return queue;
}

/** The queue goes on under another id, without what bears the old one: however much that is, it is gone at once. Deduplication begins anew, as on AWS. */
function* purge(named: QueueName, now: number): Operation<Queue> {
  const queue = yield* getQueue(named);
  if (queue.purgedAt !== undefined && now - queue.purgedAt < QUEUE_PURGE_MS) {
    throw new ApiError("PurgeQueueInProgress", `Only one PurgeQueue operation on ${queue.name} is allowed every 60 seconds.`);
  }
  yield* removeQueue(queue);
  yield* insertQueue({ ...queue, purgedAt: now });
  const { id } = yield* getQueue(named);
  yield* sql("update sqs_move_task set source = ? where source = ?", id, queue.id);
  return queue;
}
