import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { arn, bodies, openMessages, url, type OpenMessages } from "./support.ts";

const SECOND_MS = 1_000;
const ALL = { MessageSystemAttributeNames: ["All" as const] };

const openFifo = async (attributes: Record<string, string> = {}): Promise<OpenMessages & { put(group: string, body: string, id?: string): ReturnType<OpenMessages["send"]> }> => {
  const opened = openMessages();
  await opened.createQueue("q.fifo", { FifoQueue: "true", ContentBasedDeduplication: "true", ...attributes });
  return { ...opened, put: (group, body, id) => opened.send("q.fifo", body, { MessageGroupId: group, ...(id === undefined ? {} : { MessageDeduplicationId: id }) }) };
};

describe("deduplication", () => {
  it("answers the first one's ids for five minutes, even after it is deleted", async () => {
    const { put, receive, remove, clock, entries } = await openFifo();
    const first = await put("g", "hello");
    expect(first.SequenceNumber).toMatch(/^\d{20}$/);
    expect(await put("other", "hello")).toEqual(first);
    expect(entries.map(({ summary }) => summary)).toEqual([
      `the message ${first.MessageId} is sent to q.fifo by arn:aws:iam::000000000000:root`,
      `the message ${first.MessageId} is sent to q.fifo again within five minutes, and not taken a second time, by arn:aws:iam::000000000000:root`,
    ]);
    const [message] = await receive("q.fifo", ALL);
    expect(message!.Attributes).toMatchObject({ SequenceNumber: first.SequenceNumber, MessageGroupId: "g", MessageDeduplicationId: createHash("sha256").update("hello").digest("hex") });
    await remove("q.fifo", message!.ReceiptHandle);
    await clock.advance(299 * SECOND_MS);
    expect(await put("g", "hello")).toEqual(first);
    expect(await receive("q.fifo")).toEqual([]);
    await clock.advance(2 * SECOND_MS);
    const second = await put("g", "hello");
    expect(second.MessageId).not.toBe(first.MessageId);
    expect(BigInt(second.SequenceNumber!)).toBeGreaterThan(BigInt(first.SequenceNumber!));
    expect(bodies(await receive("q.fifo"))).toEqual(["hello"]);
  });

  it("goes by the id that is given, and by the group where that is its scope", async () => {
    const { put, receive, createQueue, send } = await openFifo({ DeduplicationScope: "messageGroup" });
    await put("a", "one", "id");
    await put("b", "two", "id");
    await put("a", "three", "id");
    expect(bodies(await receive("q.fifo", { MaxNumberOfMessages: 10 }))).toEqual(["one", "two"]);
    await createQueue("p.fifo");
    await expect(send("p.fifo", "x", { MessageGroupId: "g" })).rejects.toMatchObject({ code: "InvalidParameterValue", message: "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly" });
    await expect(send("p.fifo", "x")).rejects.toMatchObject({ code: "MissingParameter", message: "The request must contain the parameter MessageGroupId." });
  });
});

describe("the order of a group", () => {
  it("is kept: a group gives nothing while one of its messages is in flight", async () => {
    const { put, receive, remove } = await openFifo();
    for (const body of ["a1", "a2", "b1", "a3"]) await put(body[0]!, body);
    const [a1] = await receive("q.fifo");
    expect(a1!.Body).toBe("a1");
    const [b1] = await receive("q.fifo", { MaxNumberOfMessages: 10 });
    expect(b1!.Body).toBe("b1");
    expect(await receive("q.fifo")).toEqual([]);
    await remove("q.fifo", a1!.ReceiptHandle);
    expect(bodies(await receive("q.fifo", { MaxNumberOfMessages: 10 }))).toEqual(["a2", "a3"]);
  });

  it("begins anew with the first that was not deleted", async () => {
    const { put, receive, remove, clock } = await openFifo();
    for (const body of ["1", "2", "3", "4"]) await put("g", body);
    const [one, two] = await receive("q.fifo", { MaxNumberOfMessages: 3, VisibilityTimeout: 10 });
    await remove("q.fifo", two!.ReceiptHandle);
    expect(await receive("q.fifo")).toEqual([]);
    await clock.advance(10 * SECOND_MS);
    await expect(remove("q.fifo", one!.ReceiptHandle)).rejects.toMatchObject({ code: "InvalidParameterValue", message: `Value ${one!.ReceiptHandle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.` });
    expect(bodies(await receive("q.fifo", { MaxNumberOfMessages: 10 }))).toEqual(["1", "3", "4"]);
  });

  it("goes with the message that is visible again last", async () => {
    const { put, receive, hold, clock } = await openFifo();
    for (const body of ["1", "2"]) await put("g", body);
    const [one, two] = await receive("q.fifo", { MaxNumberOfMessages: 2, VisibilityTimeout: 100 });
    await hold("q.fifo", one!.ReceiptHandle, 0);
    expect(await receive("q.fifo")).toEqual([]);
    await hold("q.fifo", two!.ReceiptHandle, 5);
    await clock.advance(5 * SECOND_MS);
    expect(bodies(await receive("q.fifo", { MaxNumberOfMessages: 2 }))).toEqual(["1", "2"]);
  });

  it("lets groups take turns", async () => {
    const { put, receive, remove, clock } = await openFifo();
    for (const body of ["a1", "a2", "a3", "b1", "b2"]) await put(body[0]!, body);
    const seen: (string | undefined)[] = [];
    for (let i = 0; i < 5; i++) {
      const [message] = await receive("q.fifo");
      seen.push(message?.Body);
      await remove("q.fifo", message!.ReceiptHandle);
      // Whose turn it is goes by milliseconds.
      await clock.advance(1);
    }
    expect(seen.slice(0, 4).toSorted()).toEqual(["a1", "a2", "b1", "b2"]);
    expect(seen.indexOf("a1")).toBeLessThan(seen.indexOf("a2"));
  });

  it("wakes who waits when a delete frees the group, and when the delay of the queue is over", async () => {
    const { put, receive, remove, clock, send, createQueue } = await openFifo();
    await put("g", "1");
    await put("g", "2");
    const [one] = await receive("q.fifo");
    const waiting = receive("q.fifo", { WaitTimeSeconds: 20 });
    await receive("q.fifo");
    await remove("q.fifo", one!.ReceiptHandle);
    expect(bodies(await waiting)).toEqual(["2"]);
    await createQueue("late.fifo", { DelaySeconds: "5", ContentBasedDeduplication: "true" });
    await send("late.fifo", "late", { MessageGroupId: "g" });
    const later = receive("late.fifo", { WaitTimeSeconds: 20 });
    await receive("late.fifo");
    await clock.advance(5 * SECOND_MS);
    expect(bodies(await later)).toEqual(["late"]);
  });
});

it("a FIFO dead-letter queue keeps the order of what it gets, and the group goes on without it", async () => {
  const { put, receive, remove, clock, createQueue, counts } = await openFifo({ VisibilityTimeout: "1", RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arn("dead.fifo"), maxReceiveCount: 1 }) });
  await createQueue("dead.fifo");
  for (const body of ["1", "2", "3"]) await put("g", body);
  expect(bodies(await receive("q.fifo", { MaxNumberOfMessages: 2 }))).toEqual(["1", "2"]);
  await clock.advance(SECOND_MS);
  const [three] = await receive("q.fifo", { MaxNumberOfMessages: 10 });
  expect(three!.Body).toBe("3");
  await remove("q.fifo", three!.ReceiptHandle);
  expect(await counts("q.fifo")).toEqual({ visible: 0, delayed: 0, inFlight: 0 });
  const dead = await receive("dead.fifo", { MaxNumberOfMessages: 10, ...ALL });
  expect(dead.map(({ Body, Attributes }) => [Body, Attributes!.MessageGroupId, Attributes!.DeadLetterQueueSourceArn])).toEqual([["1", "g", arn("q.fifo")], ["2", "g", arn("q.fifo")]]);
});

describe("ReceiveRequestAttemptId", () => {
  it("gives the same messages with the same handles again, held back anew", async () => {
    const { put, receive, remove, clock } = await openFifo({ VisibilityTimeout: "10" });
    for (const body of ["1", "2"]) await put("g", body);
    const again = () => receive("q.fifo", { MaxNumberOfMessages: 10, ReceiveRequestAttemptId: "attempt", ...ALL });
    const first = await again();
    expect(bodies(first)).toEqual(["1", "2"]);
    await clock.advance(8 * SECOND_MS);
    expect(await again()).toEqual(first);
    await clock.advance(8 * SECOND_MS);
    expect(await receive("q.fifo")).toEqual([]);
    await remove("q.fifo", first[0]!.ReceiptHandle);
    expect(await again()).toEqual([]);
    await clock.advance(2 * SECOND_MS);
    expect(bodies(await again())).toEqual(["2"]);
  });

  it("is for FIFO queues", async () => {
    const { createQueue, receive } = await openFifo();
    await createQueue("q");
    await expect(receive("q", { ReceiveRequestAttemptId: "x" })).rejects.toMatchObject({ code: "InvalidParameterValue" });
  });
});

it("a batch of one group is in the order of its entries", async () => {
  const { call, receive } = await openFifo();
  const Entries = ["z", "b", "a", "y"].map((body) => ({ Id: body, MessageBody: body, MessageGroupId: "g" }));
  const { Successful = [], Failed } = await call("SendMessageBatch", { QueueUrl: url("q.fifo"), Entries: [...Entries, { Id: "late", MessageBody: "late", MessageGroupId: "g", DelaySeconds: 5 }, { Id: "nobody", MessageBody: "x" }] });
  expect(Successful.map(({ Id }) => Id)).toEqual(["z", "b", "a", "y"]);
  expect(Failed).toEqual([
    { Id: "late", SenderFault: true, Code: "InvalidParameterValue", Message: "The request include parameter that is not valid for this queue type." },
    { Id: "nobody", SenderFault: true, Code: "MissingParameter", Message: "The request must contain the parameter MessageGroupId." },
  ]);
  expect(bodies(await receive("q.fifo", { MaxNumberOfMessages: 10 }))).toEqual(["z", "b", "a", "y"]);
});
