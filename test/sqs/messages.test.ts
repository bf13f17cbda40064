import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { arn, bodies, NOW, openMessages, url } from "./support.ts";

const md5 = (text: string) => createHash("md5").update(text).digest("hex");
const SECOND_MS = 1_000;

describe("a standard queue", () => {
  it("gives what was sent, with what was asked for, and holds it back until its time is over", async () => {
    const { createQueue, send, receive, clock } = openMessages();
    await createQueue("q");
    const sent = await send("q", "hello");
    expect(sent).toEqual({ MessageId: expect.stringMatching(/^[0-9a-f-]{36}$/), MD5OfMessageBody: md5("hello") });
    const [message] = await receive("q", { MessageSystemAttributeNames: ["All"] });
    expect(message).toEqual({
      MessageId: sent.MessageId, ReceiptHandle: expect.any(String), Body: "hello", MD5OfBody: md5("hello"),
      Attributes: { SenderId: "000000000000", SentTimestamp: expect.stringMatching(/^\d{13}$/), ApproximateReceiveCount: "1", ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/) },
    });
    expect(await receive("q")).toEqual([]);
    await clock.advance(29 * SECOND_MS);
    expect(await receive("q")).toEqual([]);
    await clock.advance(1 * SECOND_MS);
    const [again] = await receive("q", { AttributeNames: ["ApproximateReceiveCount" as "All"] });
    expect(again).toMatchObject({ MessageId: sent.MessageId, Attributes: { ApproximateReceiveCount: "2" } });
    expect(again!.ReceiptHandle).not.toBe(message!.ReceiptHandle);
  });

  it("tells of what is sent before anybody receives it, each in the chain that it carries", async () => {
    const { createQueue, call, entries } = openMessages();
    await createQueue("q");
    const chain = "1-5759e988-bd862e3fe1be46a994272793";
    const { Successful } = await call("SendMessageBatch", {
      QueueUrl: url("q"),
      Entries: [
        { Id: "a", MessageBody: "1" }, { Id: "b", MessageBody: "2" }, { Id: "refused", MessageBody: "\u0000" },
        { Id: "c", MessageBody: "3", MessageSystemAttributes: { AWSTraceHeader: { DataType: "String", StringValue: `Root=${chain};Sampled=0` } } },
      ],
    });
    const [a, b, c] = Successful!.map(({ MessageId }) => MessageId);
    expect(entries.map(({ summary, keys }) => [summary, keys])).toEqual([
      ["2 messages are sent to q by arn:aws:iam::000000000000:root", [expect.any(String), "q", arn("q"), a, b]],
      [`the message ${c} is sent to q by arn:aws:iam::000000000000:root`, [expect.any(String), "q", arn("q"), c]],
    ]);
    expect(entries[1]!.traceId).toBe(chain);
    expect(entries[0]!.traceId).not.toBe(chain);
  });

  it("forgets what is deleted, and lets an older handle delete nothing", async () => {
    const { createQueue, send, receive, remove, clock, counts } = openMessages();
    await createQueue("q", { VisibilityTimeout: "5" });
    await send("q", "hello");
    const [first] = await receive("q");
    await clock.advance(5 * SECOND_MS);
    const [second] = await receive("q");
    await remove("q", first!.ReceiptHandle);
    expect(await counts("q")).toEqual({ visible: 0, delayed: 0, inFlight: 1 });
    await remove("q", second!.ReceiptHandle);
    await remove("q", second!.ReceiptHandle);
    expect(await counts("q")).toEqual({ visible: 0, delayed: 0, inFlight: 0 });
    await clock.advance(60 * SECOND_MS);
    expect(await receive("q")).toEqual([]);
  });

  it("deletes with a handle whose time is over, as long as nobody else has the message", async () => {
    const { createQueue, send, receive, remove, clock } = openMessages();
    await createQueue("q");
    await send("q", "hello");
    const [message] = await receive("q", { VisibilityTimeout: 1 });
    await clock.advance(10 * SECOND_MS);
    await remove("q", message!.ReceiptHandle);
    expect(await receive("q")).toEqual([]);
  });

  it("delays by the queue, or by the message", async () => {
    const { createQueue, send, receive, clock, counts } = openMessages();
    await createQueue("q", { DelaySeconds: "10" });
    await send("q", "by the queue");
    await send("q", "at once", { DelaySeconds: 0 });
    await send("q", "long", { DelaySeconds: 900 });
    expect(await counts("q")).toEqual({ visible: 1, delayed: 2, inFlight: 0 });
    expect(bodies(await receive("q", { MaxNumberOfMessages: 10 }))).toEqual(["at once"]);
    await clock.advance(10 * SECOND_MS);
    expect(bodies(await receive("q", { MaxNumberOfMessages: 10 }))).toEqual(["by the queue"]);
    await clock.advance(890 * SECOND_MS);
    expect(bodies(await receive("q", { MaxNumberOfMessages: 10 })).toSorted()).toEqual(["at once", "by the queue", "long"]);
  });
});

describe("a dead-letter queue", () => {
  it("gets what was received too often, with its id, its age and its count, in the commit of the receive", async () => {
    const { createQueue, send, receive, clock, counts, entries } = openMessages();
    await createQueue("dead");
    await createQueue("q", { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arn("dead"), maxReceiveCount: 2 }) });
    const sent = await send("q", "poison", { MessageAttributes: { k: { DataType: "String", StringValue: "v" } } });
    for (let i = 0; i < 2; i++) {
      expect(bodies(await receive("q"))).toEqual(["poison"]);
      await clock.advance(30 * SECOND_MS);
    }
    expect(await receive("dead")).toEqual([]);
    expect(await receive("q")).toEqual([]);
    expect(await counts("q")).toEqual({ visible: 0, delayed: 0, inFlight: 0 });
    expect(await counts("dead")).toEqual({ visible: 1, delayed: 0, inFlight: 0 });
    const [dead] = await receive("dead", { MessageSystemAttributeNames: ["All"], MessageAttributeNames: ["All"] });
    expect(dead).toMatchObject({ MessageId: sent.MessageId, Body: "poison", MessageAttributes: { k: { StringValue: "v" } } });
    expect(Number(dead!.Attributes!.SentTimestamp)).toBeLessThan(NOW + SECOND_MS * 30);
    expect(dead!.Attributes).toMatchObject({ ApproximateReceiveCount: "3", DeadLetterQueueSourceArn: arn("q") });
    expect(entries.filter(({ kind }) => kind === "drop")).toMatchObject([{ keys: [sent.MessageId, arn("q"), arn("dead")] }]);
  });

  it("wakes whoever waits for it", async () => {
    const { createQueue, send, receive } = openMessages();
    await createQueue("dead");
    await createQueue("q", { VisibilityTimeout: "0", RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arn("dead"), maxReceiveCount: 1 }) });
    await send("q", "poison");
    const waiting = receive("dead", { WaitTimeSeconds: 20 });
    await receive("q");
    expect(await receive("q")).toEqual([]);
    expect(bodies(await waiting)).toEqual(["poison"]);
  });
});

describe("a long poll", () => {
  it("ends empty when its time is over", async () => {
    const { createQueue, receive, clock } = openMessages();
    await createQueue("q", { ReceiveMessageWaitTimeSeconds: "3" });
    const waits = [receive("q"), receive("q", { WaitTimeSeconds: 20 })];
    await receive("q", { WaitTimeSeconds: 0 });
    const ends: string[] = [];
    void waits[0]!.then(() => ends.push("the queue's"));
    void waits[1]!.then(() => ends.push("its own"));
    await clock.advance(3 * SECOND_MS);
    expect(ends).toEqual(["the queue's"]);
    await clock.advance(17 * SECOND_MS);
    expect(await Promise.all(waits)).toEqual([[], []]);
  });

  it("is served by a send, each in turn and only as far as it may", async () => {
    const { createQueue, send, receive, call } = openMessages();
    await createQueue("q");
    const first = receive("q", { WaitTimeSeconds: 20, MaxNumberOfMessages: 2 });
    await receive("q");
    const second = receive("q", { WaitTimeSeconds: 20, MaxNumberOfMessages: 10 });
    await receive("q");
    await call("SendMessageBatch", { QueueUrl: url("q"), Entries: ["a", "b", "c", "d"].map((body) => ({ Id: body, MessageBody: body })) });
    expect(bodies(await first)).toEqual(["a", "b"]);
    expect(bodies(await second)).toEqual(["c", "d"]);
    const third = receive("q", { WaitTimeSeconds: 20 });
    await receive("q");
    await send("q", "e");
    expect(bodies(await third)).toEqual(["e"]);
  });

  it("is served by the end of a delay, of a visibility timeout, and by a change of it; before the clock's advance answers", async () => {
    const { createQueue, send, receive, hold, clock } = openMessages();
    await createQueue("q");
    await send("q", "delayed", { DelaySeconds: 5 });
    const done: unknown[] = [];
    const wait = () => receive("q", { WaitTimeSeconds: 20, VisibilityTimeout: 7 }).then((messages) => (done.push(...bodies(messages)), messages));
    const first = wait();
    await receive("q");
    await clock.advance(5 * SECOND_MS);
    expect(done).toEqual(["delayed"]);
    await first;
    const second = wait();
    await receive("q");
    await clock.advance(7 * SECOND_MS);
    expect(done).toEqual(["delayed", "delayed"]);
    const [held] = await second;
    const third = wait();
    await receive("q");
    await hold("q", held!.ReceiptHandle, 0);
    expect(bodies(await third)).toEqual(["delayed"]);
  });

  it("takes nothing for a client that has gone away", async () => {
    const { createQueue, send, receive } = openMessages();
    await createQueue("q");
    const client = new AbortController();
    const gone = receive("q", { WaitTimeSeconds: 20 }, { signal: client.signal });
    await receive("q");
    client.abort();
    expect(await gone).toEqual([]);
    await send("q", "for somebody else");
    expect(bodies(await receive("q"))).toEqual(["for somebody else"]);
  });
});
