import { describe, expect, it } from "vitest";
import type { Metrics } from "../../src/kit/metrics.ts";
import { openQueues } from "./queue-ground.ts";
import { createStillClock } from "./still-clock.ts";
import { url } from "./support.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Of a minute: what is told at the next ones does not depend on when in it a test begins. */
const START = Date.UTC(2030, 0, 1, 12, 0, 20);

const open = async ({ directory, now = START }: { directory?: string; now?: number } = {}) => {
  const told: { queue: string; name: string; unit: string; value: number }[] = [];
  const metrics: Metrics = {
    series: ({ name, unit, dimensions }) => ({ add: (value) => void told.push({ queue: dimensions["QueueName"]!, name, unit, value }) }),
    record: () => undefined,
    flush: async () => {},
  };
  const queues = openQueues({ ...(directory === undefined ? {} : { directory }), clock: createStillClock(now), metrics });
  await queues.started;
  const values = (queue: string, name: string) => told.filter((one) => one.queue === queue && one.name === name).map(({ value }) => value);
  return {
    queues, told, values, ...queues,
    last: (queue: string, name: string) => values(queue, name).at(-1),
    minutes: (count: number) => queues.clock.advance(count * MINUTE),
    send: (name: string, MessageBody: string, more: object = {}) => queues.ask("SendMessage", { QueueUrl: url(name), MessageBody, ...more }),
    receive: (name: string, more: object = {}) => queues.ask("ReceiveMessage", { QueueUrl: url(name), MaxNumberOfMessages: 10, VisibilityTimeout: 0, ...more }),
  };
};

const AGE = "ApproximateAgeOfOldestMessage";
const VISIBLE = "ApproximateNumberOfMessagesVisible";

describe("what a queue holds", () => {
  it("is told every minute of the platform's clock, of one that nobody looks at too", async () => {
    const { told, values, minutes, create, send, receive } = await open();
    await create("stalled");
    await send("stalled", "a");
    await send("stalled", "b", { DelaySeconds: 150 });
    await receive("stalled", { VisibilityTimeout: 90 });
    told.length = 0;
    await minutes(3);
    expect(values("stalled", VISIBLE)).toEqual([0, 1, 2]);
    expect(values("stalled", "ApproximateNumberOfMessagesNotVisible")).toEqual([1, 0, 0]);
    expect(values("stalled", "ApproximateNumberOfMessagesDelayed")).toEqual([1, 1, 0]);
    expect(values("stalled", AGE)).toEqual([40, 100, 160]);
    expect(new Map(told.map(({ name, unit }) => [name, unit]))).toEqual(new Map([[VISIBLE, "Count"], ["ApproximateNumberOfMessagesNotVisible", "Count"], ["ApproximateNumberOfMessagesDelayed", "Count"], [AGE, "Seconds"]]));
  });

  it("is told for six hours after the last action on an empty queue", async () => {
    const { values, minutes, create, ask, clock } = await open();
    await create("quiet");
    await minutes(6 * 60 - 1);
    await ask("GetQueueAttributes", { QueueUrl: url("quiet"), AttributeNames: ["All"] });
    expect(values("quiet", VISIBLE)).toHaveLength(6 * 60 - 1);
    await minutes(10 * 60);
    expect(values("quiet", VISIBLE)).toHaveLength(12 * 60 - 1);
    expect((await clock.advance(HOUR)).filter((fired) => fired.name === "queue levels")).toEqual([]);
    await ask("GetQueueUrl", { QueueName: "quiet" });
    await minutes(2);
    expect(values("quiet", VISIBLE)).toHaveLength(12 * 60 + 1);
    await ask("DeleteQueue", { QueueUrl: url("quiet") });
    await minutes(2);
    expect(values("quiet", VISIBLE)).toHaveLength(12 * 60 + 1);
  });

  it("is told as long as there are messages, after a restart too", async () => {
    const before = await open();
    await before.create("kept");
    await before.create("empty");
    await before.send("kept", "a");
    await before.minutes(1);
    await before.close();
    const after = await open({ directory: before.directory, now: START + 2 * MINUTE });
    await after.minutes(7 * 60);
    expect(after.values("kept", VISIBLE)).toEqual(Array(7 * 60).fill(1));
    expect(after.last("kept", AGE)).toBe(7 * 3_600 + 60 + 40);
    expect(after.values("empty", VISIBLE)).toEqual([]);
    await after.ask("PurgeQueue", { QueueUrl: url("kept") });
    await after.minutes(1);
    expect([after.last("kept", VISIBLE), after.last("kept", AGE)]).toEqual([0, 0]);
  });

  it("is of many queues what it is of each", async () => {
    const { values, minutes, create, send } = await open();
    const names = Array.from({ length: 230 }, (_, i) => `many-${i}`);
    for (const name of names) await create(name);
    for (const name of names) await send(name, "a");
    await minutes(1);
    for (const name of names) expect(values(name, VISIBLE)).toEqual([1]);
  });
});

describe("the age of a queue's oldest message", () => {
  it("leaves out what a standard queue has given three times", async () => {
    const { last, minutes, create, send, receive } = await open();
    await create("poisoned");
    await send("poisoned", "poison");
    for (let i = 0; i < 2; i++) await receive("poisoned");
    await minutes(1);
    expect(last("poisoned", AGE)).toBe(40);
    await send("poisoned", "next", { DelaySeconds: 900 });
    await receive("poisoned");
    await minutes(1);
    expect(last("poisoned", AGE)).toBe(40);
  });

  it("is of every message in a FIFO queue, as none overtakes another", async () => {
    const { last, minutes, create, send, receive } = await open();
    await create("ordered.fifo");
    const of = (MessageGroupId: string) => ({ MessageGroupId, MessageDeduplicationId: MessageGroupId });
    await send("ordered.fifo", "poison", of("a"));
    for (let i = 0; i < 3; i++) await receive("ordered.fifo");
    await minutes(1);
    await send("ordered.fifo", "next", of("b"));
    await minutes(1);
    expect(last("ordered.fifo", AGE)).toBe(100);
  });

  it.each([["standard", ""], ["FIFO", ".fifo"]])("begins anew in a dead-letter queue: %s", async (_kind, suffix) => {
    const { last, minutes, queues } = await open();
    const [dead, source] = [`dead${suffix}`, `source${suffix}`];
    await queues.createDeadLetters(dead, source);
    await queues.ask("SendMessage", { QueueUrl: url(source), MessageBody: "a", ...(suffix === "" ? {} : { MessageGroupId: "g", MessageDeduplicationId: "a" }) });
    await minutes(10);
    expect([last(dead, AGE), last(source, AGE)]).toEqual([0, 580]);
    for (let i = 0; i < 2; i++) await queues.ask("ReceiveMessage", { QueueUrl: url(source) });
    await minutes(5);
    expect(last(dead, AGE)).toBe(280);
    expect([last(dead, VISIBLE), last(source, VISIBLE), last(source, AGE)]).toEqual([1, 0, 0]);
  });
});

describe("a FIFO queue", () => {
  it("tells how many groups have something in flight, and what was sent twice", async () => {
    const { told, values, last, minutes, create, send, receive } = await open();
    await create("groups.fifo");
    for (const id of ["a-1", "a-2", "b-1", "a-1"]) await send("groups.fifo", id, { MessageGroupId: id[0], MessageDeduplicationId: id });
    expect(values("groups.fifo", "NumberOfDeduplicatedSentMessages")).toEqual([1]);
    expect(values("groups.fifo", "NumberOfMessagesSent")).toEqual([1, 1, 1]);
    expect(values("groups.fifo", "SentMessageSize")).toEqual([3, 3, 3]);
    await receive("groups.fifo", { VisibilityTimeout: 90 });
    await minutes(1);
    expect(last("groups.fifo", "ApproximateNumberOfGroupsWithInflightMessages")).toBe(2);
    expect(last("groups.fifo", "ApproximateNumberOfMessagesNotVisible")).toBe(3);
    await minutes(1);
    expect(last("groups.fifo", "ApproximateNumberOfGroupsWithInflightMessages")).toBe(0);
    expect(told.every(({ unit, name }) => unit === (name === AGE ? "Seconds" : name === "SentMessageSize" ? "Bytes" : "Count"))).toBe(true);
  });
});
