import { describe, expect, it } from "vitest";
import { sql } from "../../src/store/store.ts";
import { eventually } from "../support/temporary.ts";
import { openQueues } from "./queue-ground.ts";
import { arn, bodies, url } from "./support.ts";

type Ground = ReturnType<typeof openQueues>;
const isSwept = (ground: Ground, left: Record<string, number> = {}) =>
  eventually("all is swept", async () => {
    for (const table of ["sqs_message", "sqs_group", "sqs_deduplication", "sqs_receive_attempt", "sqs_garbage"]) if ((await ground.rows(table)) !== (left[table] ?? 0)) return false;
    return true;
  });
const send = (ground: Ground, name: string, MessageBody: string) =>
  ground.ask("SendMessage", { QueueUrl: url(name), MessageBody, ...(name.endsWith(".fifo") ? { MessageGroupId: "g", MessageDeduplicationId: MessageBody } : {}) });
/** Many at once, as no client could send them in the time of a test. */
const fill = async (ground: Ground, name: string, count: number) => {
  const { id } = await ground.store.run(function* () {
    return (yield* sql("select id from sqs_queue where name = ?", name))[0] as { id: number };
  });
  await ground.store.run(() => sql(
    `insert into sqs_message (queue, visible_at, receive_count, received_before, sent_at, id, sender, body)
     with recursive n(i) as (select 1 union all select i + 1 from n where i < ?) select ?, ?, 0, 0, ?, 'id-' || i, 'sender', 'body' from n`,
    count, id, ground.clock.now(), ground.clock.now(),
  ));
  ground.parts.counts.forget(id);
};

describe("a queue that is deleted", () => {
  it("takes all that was its own along, and whoever waits for it is told", async () => {
    const ground = openQueues();
    await ground.create("kept.fifo");
    await ground.create("gone.fifo");
    for (const name of ["kept.fifo", "gone.fifo"]) {
      await send(ground, name, "one");
      await ground.ask("ReceiveMessage", { QueueUrl: url(name), ReceiveRequestAttemptId: "attempt" });
    }
    const waiting = ground.ask("ReceiveMessage", { QueueUrl: url("gone.fifo"), WaitTimeSeconds: 20 });
    const told = expect(waiting).rejects.toMatchObject({ code: "QueueDoesNotExist" });
    await ground.ask("DeleteQueue", { QueueUrl: url("gone.fifo") });
    await told;
    await expect(send(ground, "gone.fifo", "two")).rejects.toMatchObject({ code: "QueueDoesNotExist" });
    await isSwept(ground, { sqs_message: 1, sqs_group: 1, sqs_deduplication: 1, sqs_receive_attempt: 1 });
  });

  it("leaves nothing to one that is created under its name", async () => {
    const ground = openQueues();
    await ground.create("again.fifo");
    await send(ground, "again.fifo", "old");
    const { Messages } = await ground.ask("ReceiveMessage", { QueueUrl: url("again.fifo") });
    await ground.ask("DeleteQueue", { QueueUrl: url("again.fifo") });
    await ground.clock.advance(60_000);
    await ground.create("again.fifo");
    expect(await ground.takeAll("again.fifo")).toEqual([]);
    // What was sent to the old one is no duplicate in the new one, and its handle no handle.
    await send(ground, "again.fifo", "old");
    await ground.ask("DeleteMessage", { QueueUrl: url("again.fifo"), ReceiptHandle: Messages![0]!.ReceiptHandle }).catch(() => undefined);
    expect(bodies(await ground.takeAll("again.fifo"))).toEqual(["old"]);
  });
});

describe("a purge", () => {
  it("takes away what is there, in flight and delayed too, and nothing that comes after it", async () => {
    const ground = openQueues();
    await ground.create("q", { VisibilityTimeout: "30" });
    for (const body of ["visible", "in flight"]) await send(ground, "q", body);
    await ground.ask("SendMessage", { QueueUrl: url("q"), MessageBody: "delayed", DelaySeconds: 60 });
    const { Messages } = await ground.ask("ReceiveMessage", { QueueUrl: url("q") });
    await ground.ask("PurgeQueue", { QueueUrl: url("q") });
    await send(ground, "q", "after");
    await ground.clock.advance(60_000);
    expect(bodies(await ground.takeAll("q"))).toEqual(["after"]);
    await ground.ask("DeleteMessage", { QueueUrl: url("q"), ReceiptHandle: Messages![0]!.ReceiptHandle });
    await isSwept(ground);
  });

  it("leaves those who wait in their line: the next message is theirs", async () => {
    const ground = openQueues();
    await ground.create("q");
    const waiting = ground.ask("ReceiveMessage", { QueueUrl: url("q"), WaitTimeSeconds: 20 });
    await ground.ask("PurgeQueue", { QueueUrl: url("q") });
    await send(ground, "q", "after");
    expect(bodies((await waiting).Messages!)).toEqual(["after"]);
  });

  it("of a FIFO queue lets what was sent before it be sent again", async () => {
    const ground = openQueues();
    await ground.create("q.fifo");
    await send(ground, "q.fifo", "one");
    await ground.ask("PurgeQueue", { QueueUrl: url("q.fifo") });
    await send(ground, "q.fifo", "one");
    expect(bodies(await ground.takeAll("q.fifo"))).toEqual(["one"]);
  });

  it("keeps the queue as it is set, tagged and named as somebody's dead-letter queue", async () => {
    const ground = openQueues();
    await ground.createDeadLetters("dead", "source");
    await ground.ask("TagQueue", { QueueUrl: url("dead"), Tags: { team: "red" } });
    const told = async () => [(await ground.ask("GetQueueAttributes", { QueueUrl: url("dead"), AttributeNames: ["All"] })).Attributes, (await ground.ask("ListQueueTags", { QueueUrl: url("dead") })).Tags];
    const before = await told();
    await ground.ask("PurgeQueue", { QueueUrl: url("dead") });
    expect(await told()).toEqual(before);
    await ground.giveUp("source", "dead", "one");
    expect(bodies(await ground.takeAll("dead"))).toEqual(["one"]);
    expect((await ground.ask("ListDeadLetterSourceQueues", { QueueUrl: url("dead") })).queueUrls).toEqual([url("source")]);
    expect(arn("dead")).toBe(before[0]!["QueueArn"]);
  });

  it("of many is answered before they are swept, in pieces, which a restart goes on with", async () => {
    const ground = openQueues();
    await ground.create("deep");
    await fill(ground, "deep", 20_000);
    expect(await ground.queued("deep")).toBe("20000");
    await ground.ask("PurgeQueue", { QueueUrl: url("deep") });
    expect(await ground.queued("deep")).toBe("0");
    expect(await ground.rows("sqs_message")).toBeGreaterThan(10_000);
    await ground.close();
    const again = openQueues({ directory: ground.directory, now: ground.clock.now() });
    expect(await again.rows("sqs_message")).toBeGreaterThan(0);
    await isSwept(again);
    expect(await again.queued("deep")).toBe("0");
  });
});

describe("a change of the delay", () => {
  it("of a FIFO queue is for what is in it, too", async () => {
    const ground = openQueues();
    await ground.create("slow.fifo", { DelaySeconds: "600" });
    await send(ground, "slow.fifo", "one");
    const waiting = ground.ask("ReceiveMessage", { QueueUrl: url("slow.fifo"), WaitTimeSeconds: 20 });
    await ground.ask("SetQueueAttributes", { QueueUrl: url("slow.fifo"), Attributes: { DelaySeconds: "0" } });
    expect(bodies((await waiting).Messages!)).toEqual(["one"]);
    await ground.create("later.fifo");
    await send(ground, "later.fifo", "two");
    await ground.ask("SetQueueAttributes", { QueueUrl: url("later.fifo"), Attributes: { DelaySeconds: "60" } });
    expect(await ground.takeAll("later.fifo")).toEqual([]);
    await ground.clock.advance(60_000);
    expect(bodies(await ground.takeAll("later.fifo"))).toEqual(["two"]);
  });

  it("of a standard queue is for what comes after it", async () => {
    const ground = openQueues();
    await ground.create("slow", { DelaySeconds: "600" });
    await send(ground, "slow", "one");
    await ground.ask("SetQueueAttributes", { QueueUrl: url("slow"), Attributes: { DelaySeconds: "0" } });
    await send(ground, "slow", "two");
    expect(bodies(await ground.takeAll("slow"))).toEqual(["two"]);
  });
});

it("whoever waits when the server ends is answered", async () => {
  const ground = openQueues();
  await ground.create("q");
  await ground.takeAll("q");
  const waiting = ground.ask("ReceiveMessage", { QueueUrl: url("q"), WaitTimeSeconds: 20 });
  // A commit behind its own: it waits by then.
  await ground.rows("sqs_queue");
  await ground.close();
  expect((await waiting).Messages).toBeUndefined();
});
