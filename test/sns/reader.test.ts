import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { SnsParts } from "../../src/services/sns/needs.ts";
import { confirmHandlers } from "../../src/services/sns/subscriptions/confirm.ts";
import type { ControlMessages } from "../../src/services/sns/subscriptions/control.ts";
import { writeSubscription } from "../../src/services/sns/subscriptions/rows.ts";
import { createTopicReader } from "../../src/services/sns/topics/reader.ts";
import { getTopic, insertTopic, readCounter, removeTopic, writeAttributes } from "../../src/services/sns/topics/rows.ts";
import type { Store } from "../../src/store/store.ts";
import { ACCOUNT, requestContext } from "../support/context.ts";
import { openState } from "../support/store.ts";
import { temporaryDirectory } from "../support/temporary.ts";

const ARN = `arn:aws:sns:us-east-1:${ACCOUNT}:t`;
const subscriptionArn = (n: number) => `${ARN}:00000000-0000-4000-8000-00000000000${n}`;
const NAME = { account: ACCOUNT, region: "us-east-1", name: "t" };

/** A topic with a subscriber, and what was read of the store. */
const open = async () => {
  const real = openState(join(temporaryDirectory(), "state.db"));
  onTestFinished(() => real.close());
  const statements: string[] = [];
  const store: Store = {
    ...real,
    read: (operation) =>
      real.read(function* () {
        const running = operation();
        let step = running.next();
        while (step.done !== true) {
          statements.push(step.value.sql);
          step = running.next(yield step.value);
        }
        return step.value;
      }),
  };
  await real.run(() => insertTopic(NAME, { attributes: {}, tags: {}, createdAt: 0 }));
  const topic = await real.read(() => getTopic(NAME));
  const subscribe = (n: number) =>
    real.run(() => writeSubscription({
      arn: subscriptionArn(n), topicId: topic.id, topicArn: ARN, region: "us-east-1", owner: ACCOUNT, principal: "", protocol: "http", endpoint: `http://localhost/${n}`,
      attributes: {}, state: "confirmed", token: `${n}`, expiresAt: null, isAuthenticated: true, needsAuthentication: false, base: "", createdAt: 0,
    }));
  return { store: real, statements, subscribe, topic, reader: createTopicReader(store) };
};

it("a door reads no subscribers, and reads a topic once", async () => {
  const { statements, subscribe, reader } = await open();
  for (let n = 0; n < 3; n++) {
    await subscribe(n);
    expect((await reader.topic(NAME))?.topic.name).toBe("t");
  }
  expect(statements).toEqual(["select * from sns_topic where account = ? and region = ? and name = ?"]);
});

it("a subscription is taken away once, however often at once; and is not counted when its topic is gone", async () => {
  const { store, subscribe, topic } = await open();
  await subscribe(1);
  await subscribe(2);
  const parts = { store, clock: { now: () => 1 }, ledger: { record() {} } } as unknown as SnsParts;
  const unsubscribe = (n: number) => confirmHandlers(parts, {} as ControlMessages).Unsubscribe({ SubscriptionArn: subscriptionArn(n) }, requestContext());
  await Promise.all([unsubscribe(1), unsubscribe(1)]);
  expect(await store.read(() => readCounter(topic.id, "deleted"))).toBe(1);
  await Promise.all([unsubscribe(2), store.run(() => removeTopic(topic))]);
  expect(await store.read(() => readCounter(topic.id, "deleted"))).toBe(0);
});

it("subscribers are read again when one of them, or their topic, is another", async () => {
  const { store, statements, subscribe, topic, reader } = await open();
  await subscribe(1);
  expect((await reader.audience(topic)).subscribers).toHaveLength(1);
  const read = statements.length;
  await reader.audience(topic);
  expect(statements).toHaveLength(read);
  await subscribe(2);
  expect((await reader.audience(topic)).subscribers).toHaveLength(2);
  // Whoever asks may have read the topic before it was changed.
  const DeliveryPolicy = JSON.stringify({ http: { defaultHealthyRetryPolicy: { numRetries: 7, minDelayTarget: 1, maxDelayTarget: 1 } } });
  await store.run(() => writeAttributes(topic, { DeliveryPolicy }));
  expect((await reader.audience(topic)).subscribers[0]!.retry.phases).toEqual([expect.objectContaining({ times: 7 })]);
});
