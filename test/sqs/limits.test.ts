import { describe, expect, it } from "vitest";
import { SQS_IN_FLIGHT_MAX, SQS_SWEEP_MESSAGES } from "../../src/kit/limits/sqs.ts";
import { sql } from "../../src/store/store.ts";
import { createStillClock } from "./still-clock.ts";
import { bodies, NOW, openMessages, url, type OpenMessages } from "./support.ts";

const SECOND_MS = 1_000;
const DAY_MS = 24 * 60 * 60 * SECOND_MS;

interface Stored {
  count: number;
  visibleAt: number;
  isReceived?: boolean;
  group?: string;
}

/** Messages as if they had been sent, and received, long ago: a hundred thousand requests are not what is tested. */
const store = async ({ store, queue, parts }: OpenMessages, name: string, { count, visibleAt, isReceived = false, group }: Stored) => {
  const { id } = await queue(name);
  await store.run(() => sql(
    `insert into sqs_message (queue, visible_at, receive_count, received_before, sent_at, id, group_id, sender, body)
     with recursive n(i) as (select 1 union all select i + 1 from n where i < ?) select ?, ?, ?, 0, ?, 'stored-' || i, ?, 'x', 'stored' from n`,
    count, id, visibleAt, isReceived ? 1 : 0, NOW - 1, group ?? null,
  ));
  parts.counts.forget(id);
};

describe("what is in flight", () => {
  it("is bounded: a short poll is told, a long one waits until there is room", async () => {
    const opened = openMessages({ clock: createStillClock(NOW) });
    const { createQueue, send, receive, remove, counts } = opened;
    await createQueue("q");
    await store(opened, "q", { count: SQS_IN_FLIGHT_MAX - 1, visibleAt: NOW + 40_000_000, isReceived: true });
    for (const body of ["last", "one more"]) await send("q", body);
    const [last, ...others] = await receive("q", { MaxNumberOfMessages: 10 });
    expect([last!.Body, others]).toEqual(["last", []]);
    expect(await counts("q")).toEqual({ visible: 1, delayed: 0, inFlight: SQS_IN_FLIGHT_MAX });
    await expect(receive("q")).rejects.toMatchObject({ code: "OverLimit" });
    const waiting = receive("q", { WaitTimeSeconds: 20 });
    await expect(receive("q")).rejects.toMatchObject({ code: "OverLimit" });
    await remove("q", last!.ReceiptHandle);
    expect(bodies(await waiting)).toEqual(["one more"]);
  });

  it("is known again after a restart, and becomes visible by itself", async () => {
    const clock = createStillClock(NOW);
    const first = openMessages({ clock });
    await first.createQueue("q");
    for (let i = 0; i < 5; i++) await first.send("q", `m${i}`, { DelaySeconds: i === 4 ? 60 : 0 });
    await first.receive("q", { MaxNumberOfMessages: 2 });
    await first.close();
    const second = openMessages({ directory: first.directory, clock });
    expect(await second.counts("q")).toEqual({ visible: 2, delayed: 1, inFlight: 2 });
    await clock.advance(30 * SECOND_MS);
    expect(await second.counts("q")).toEqual({ visible: 4, delayed: 1, inFlight: 0 });
    await clock.advance(30 * SECOND_MS);
    expect(await second.counts("q")).toEqual({ visible: 5, delayed: 0, inFlight: 0 });
  });
});

describe("a message that is too old", () => {
  it.each(["q", "q.fifo"])("is never given away, and is removed: in %s", async (name) => {
    const { createQueue, send, receive, clock, counts, store } = openMessages({ clock: createStillClock(NOW) });
    await createQueue(name, { MessageRetentionPeriod: "60", ContentBasedDeduplication: "true" });
    const put = (body: string) => send(name, body, name === "q" ? {} : { MessageGroupId: "g" });
    await put("old");
    await clock.advance(50 * SECOND_MS);
    await receive(name, { VisibilityTimeout: 5 });
    await put("young");
    await clock.advance(10 * SECOND_MS);
    expect(bodies(await receive(name, { MaxNumberOfMessages: 10, VisibilityTimeout: 0 }))).toEqual(["young"]);
    await clock.advance(3_600 * SECOND_MS);
    expect(await counts(name)).toEqual({ visible: 0, delayed: 0, inFlight: 0 });
    for (const table of ["sqs_message", "sqs_group", "sqs_deduplication"]) expect(await store.run(() => sql(`select * from ${table}`))).toEqual([]);
  });

  it("is swept with many others in pieces, and is passed over until then", async () => {
    const opened = openMessages({ clock: createStillClock(NOW) });
    const { createQueue, send, receive, clock, counts, parts } = opened;
    await createQueue("q");
    await store(opened, "q", { count: 3 * SQS_SWEEP_MESSAGES + 1, visibleAt: NOW - 1 });
    let pieces = 0;
    const { run } = parts.store;
    parts.store.run = (operation, urgency) => (pieces++, run(operation, urgency));
    await send("q", "late", { DelaySeconds: 900 });
    await clock.advance(4 * DAY_MS - 2);
    expect(await receive("q", { MaxNumberOfMessages: 10, VisibilityTimeout: 0 })).toHaveLength(10);
    pieces = 0;
    await clock.advance(2);
    expect(bodies(await receive("q", { MaxNumberOfMessages: 10, VisibilityTimeout: 0 }))).toEqual([]);
    await clock.advance(60 * SECOND_MS);
    expect(await counts("q")).toEqual({ visible: 0, delayed: 0, inFlight: 0 });
    expect(pieces).toBeGreaterThanOrEqual(4);
  });
});

describe("a fair queue", () => {
  it("lets a noisy group wait behind the others, and gives of it what there is room for", async () => {
    const opened = openMessages({ clock: createStillClock(NOW) });
    const { createQueue, send, receive } = opened;
    await createQueue("q");
    await store(opened, "q", { count: 40, visibleAt: NOW + 60_000, isReceived: true, group: "noisy" });
    await store(opened, "q", { count: 5_000, visibleAt: NOW - 1, group: "noisy" });
    await opened.counts("q");
    for (const group of ["a", "b"]) for (const n of [1, 2]) await send("q", `${group}${n}`, { MessageGroupId: group });
    const first = await receive("q", { MaxNumberOfMessages: 10 });
    expect(bodies(first).slice(0, 4).toSorted()).toEqual(["a1", "a2", "b1", "b2"]);
    expect(bodies(first).slice(4)).toEqual(Array(6).fill("stored"));
  });

  it("goes through many groups in turn, some at a time", async () => {
    const opened = openMessages({ clock: createStillClock(NOW) });
    const { createQueue, send, receive } = opened;
    await createQueue("q");
    await store(opened, "q", { count: 40, visibleAt: NOW + 60_000, isReceived: true, group: "noisy" });
    await store(opened, "q", { count: 1_000, visibleAt: NOW - 1, group: "noisy" });
    await opened.counts("q");
    const quiet = Array.from({ length: 100 }, (_, index) => `g${index}`);
    for (const group of quiet) await send("q", group, { MessageGroupId: group });
    const seen: (string | undefined)[] = [];
    for (let i = 0; i < 40; i++) seen.push(...bodies(await receive("q", { MaxNumberOfMessages: 3 })));
    const served = seen.filter((body) => body !== "stored");
    expect(served.toSorted()).toEqual(quiet.toSorted());
    expect(seen.slice(0, 90)).not.toContain("stored");
  });

  it("is as any other as long as nobody is noisy", async () => {
    const { createQueue, send, receive } = openMessages({ clock: createStillClock(NOW) });
    await createQueue("q");
    for (let i = 0; i < 29; i++) await send("q", `m${i}`, { MessageGroupId: "g" });
    for (let i = 0; i < 29; i++) expect(await receive("q")).toHaveLength(1);
    await send("q", "g30", { MessageGroupId: "g" });
    await send("q", "h", { MessageGroupId: "h" });
    expect(bodies(await receive("q"))).toEqual(["g30"]);
    await send("q", "g31", { MessageGroupId: "g" });
    expect(bodies(await receive("q"))).toEqual(["h"]);
  });
});

it("a deep queue is counted in pieces, and rightly while it changes", async () => {
  const opened = openMessages({ clock: createStillClock(NOW) });
  const { createQueue, send, receive, call, counts, parts } = opened;
  await createQueue("q");
  for (const before of [1, 2, 3, 4]) await store(opened, "q", { count: 15_000, visibleAt: NOW - before * 1_000 });
  await store(opened, "q", { count: 100, visibleAt: NOW + 9_000, isReceived: true });
  let pieces = 0;
  const { run } = parts.store;
  parts.store.run = (operation, urgency) => (pieces++, run(operation, urgency));
  const counting = counts("q");
  for (let i = 0; i < 5; i++) {
    const received = await receive("q", { MaxNumberOfMessages: 10, VisibilityTimeout: 9 });
    await send("q", "one more", { DelaySeconds: 9 });
    await call("DeleteMessageBatch", { QueueUrl: url("q"), Entries: received.slice(5).map(({ ReceiptHandle }, index) => ({ Id: `m${index}`, ReceiptHandle })) });
  }
  await counting;
  expect(pieces).toBeGreaterThan(15 + 3);
  expect(await counts("q")).toEqual({ visible: 60_000 - 50, delayed: 5, inFlight: 125 });
  await opened.clock.advance(9_000);
  expect(await counts("q")).toEqual({ visible: 60_000 + 100 + 5 - 25, delayed: 0, inFlight: 0 });
});

it("what a batch deletes of a deep queue is told by its counts", async () => {
  const opened = openMessages({ clock: createStillClock(NOW) });
  const { createQueue, receive, call, counts } = opened;
  await createQueue("q");
  await store(opened, "q", { count: 100_000, visibleAt: NOW - 1 });
  const received = await receive("q", { MaxNumberOfMessages: 10 });
  await call("DeleteMessageBatch", { QueueUrl: url("q"), Entries: received.map(({ ReceiptHandle }, index) => ({ Id: `m${index}`, ReceiptHandle })) });
  expect(await counts("q")).toEqual({ visible: 99_990, delayed: 0, inFlight: 0 });
});
