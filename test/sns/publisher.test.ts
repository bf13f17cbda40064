import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { SNS_COMMIT_CHARACTERS_MAX, SNS_MESSAGE_BYTES_MAX } from "../../src/kit/limits/sns.ts";
import type { Delivery } from "../../src/plumber/delivery.ts";
import { insertDelivery } from "../../src/plumber/delivery-rows.ts";
import { createDraft } from "../../src/services/sns/messages/draft.ts";
import { createPublisher } from "../../src/services/sns/messages/publisher.ts";
import type { SnsParts } from "../../src/services/sns/needs.ts";
import { writeSubscription } from "../../src/services/sns/subscriptions/rows.ts";
import { createTopicReader } from "../../src/services/sns/topics/reader.ts";
import { getTopic, insertTopic, removeTopic } from "../../src/services/sns/topics/rows.ts";
import { sql, sqlOne, type Store } from "../../src/store/store.ts";
import { ACCOUNT, requestContext } from "../support/context.ts";
import { openState } from "../support/store.ts";
import { temporaryDirectory } from "../support/temporary.ts";

/** A topic with so many queues, and who publishes to it. */
const open = async (name: string, subscribers: number) => {
  const store = openState(join(temporaryDirectory(), "state.db"));
  onTestFinished(() => store.close());
  const named = { account: ACCOUNT, region: "us-east-1", name };
  const topicArn = `arn:aws:sns:us-east-1:${ACCOUNT}:${name}`;
  await store.run(() => insertTopic(named, { attributes: {}, tags: {}, createdAt: 0 }));
  const topic = await store.read(() => getTopic(named));
  await store.run(function* () {
    for (let n = 0; n < subscribers; n++) {
      yield* writeSubscription({
        arn: `${topicArn}:${n}`, topicId: topic.id, topicArn, region: "us-east-1", owner: ACCOUNT, principal: "", protocol: "sqs", endpoint: `arn:aws:sqs:us-east-1:${ACCOUNT}:q${n}`,
        attributes: {}, state: "confirmed", token: `${n}`, expiresAt: null, isAuthenticated: true, needsAuthentication: false, base: "", createdAt: 0,
      });
    }
  });
  /** Characters of each commit; and the one that is not made. */
  const world = { commits: [] as number[], failAt: Infinity };
  const counting: Store = {
    ...store,
    run: (operation, urgency) => {
      if (world.commits.length === world.failAt) return Promise.reject(new Error("the disk is full"));
      world.commits.push(0);
      return store.run(operation, urgency);
    },
  };
  const outbox = {
    *enqueue(delivery: Delivery) {
      world.commits[world.commits.length - 1]! += delivery.payload.length;
      yield* insertDelivery(delivery, 0);
    },
    poke() {},
  };
  const parts = {
    store: counting, outbox, reader: createTopicReader(store), clock: { now: () => 0 }, signer: { sign: async () => "signature", certificatePath: async () => "/certificate" }, ledger: { record() {} },
    metrics: { series: () => ({ add() {} }) }, random: { below: () => 0 }, endpoint: () => "http://localhost",
  } as unknown as SnsParts;
  const publisher = createPublisher(parts);
  const publish = (Message: string, id = "m", MessageGroupId?: string) =>
    publisher.publish(topic, [createDraft({ Message, ...(MessageGroupId === undefined ? {} : { MessageGroupId, MessageDeduplicationId: id }) }, id)], requestContext());
  const deliveries = () => store.read(function* () { return (yield* sqlOne("select count(*) as n from delivery"))!["n"]; });
  return { store, topic, world, publish, deliveries };
};

it("a large message for many subscribers is as many commits as it takes; who was not answered may publish it again", async () => {
  const { world, publish, deliveries } = await open("t", 70);
  const large = "x".repeat(SNS_MESSAGE_BYTES_MAX);
  world.failAt = 1;
  await expect(publish(large)).rejects.toThrow("the disk is full");
  const before = await deliveries();
  expect(before).toBeGreaterThan(0);
  expect(before).toBeLessThan(70);
  world.failAt = Infinity;
  await publish(large);
  expect(await deliveries()).toBe(70);
  expect(world.commits.length).toBeGreaterThan(3);
  expect(Math.max(...world.commits)).toBeLessThan(SNS_COMMIT_CHARACTERS_MAX + 2 * SNS_MESSAGE_BYTES_MAX);
});

it("a small message is one commit, however many are told of it", async () => {
  const { world, publish, deliveries } = await open("t", 500);
  await publish("small");
  expect([world.commits.length, await deliveries()]).toEqual([1, 500]);
});

it("a FIFO topic tells all in the commit that knows the message again", async () => {
  const { world, publish, deliveries } = await open("t.fifo", 70);
  await publish("x".repeat(SNS_MESSAGE_BYTES_MAX), "m", "g");
  expect([world.commits.length, await deliveries()]).toEqual([1, 70]);
});

it("what is published to a FIFO topic while it is deleted leaves nothing of it behind", async () => {
  const { store, topic, publish, deliveries } = await open("t.fifo", 1);
  await store.run(() => removeTopic(topic));
  await expect(publish("late", "m", "g")).rejects.toMatchObject({ code: "NotFoundException", message: "Topic does not exist" });
  expect([await store.read(() => sql("select * from sns_counter")), await store.read(() => sql("select * from sns_deduplication")), await deliveries()]).toEqual([[], [], 0]);
});
