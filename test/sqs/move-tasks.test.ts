import { describe, expect, it } from "vitest";
import { eventually } from "../support/temporary.ts";
import { openQueues } from "./queue-ground.ts";
import { arn, bodies, url } from "./support.ts";

type Ground = ReturnType<typeof openQueues>;
const tasks = async (ground: Ground, dead: string) => (await ground.ask("ListMessageMoveTasks", { SourceArn: arn(dead), MaxResults: 10 })).Results!;
const ended = (ground: Ground, dead: string) => eventually("the task has ended", async () => {
  const [task] = await tasks(ground, dead);
  return !["RUNNING", "CANCELLING"].includes(task!.Status!) && task!;
});
const names = (count: number) => Array.from({ length: count }, (_, index) => `m${String(index).padStart(3, "0")}`);

describe("a message move task", () => {
  it("takes messages back to the queue that each came from, as new ones", async () => {
    const ground = openQueues();
    await ground.createDeadLetters("dead", "a", "b");
    await ground.giveUp("a", "dead", "one", "two");
    await ground.giveUp("b", "dead", "three");
    const before = await ground.ask("ReceiveMessage", { QueueUrl: url("dead"), MaxNumberOfMessages: 10, VisibilityTimeout: 0, MessageSystemAttributeNames: ["All"] });
    expect(before.Messages!.map(({ Attributes }) => Attributes!.DeadLetterQueueSourceArn)).toEqual([arn("a"), arn("a"), arn("b")]);
    await ground.clock.advance(1_000);
    const { TaskHandle } = await ground.ask("StartMessageMoveTask", { SourceArn: arn("dead") });
    expect(await ended(ground, "dead")).toEqual({
      TaskHandle: undefined, Status: "COMPLETED", SourceArn: arn("dead"), DestinationArn: undefined, MaxNumberOfMessagesPerSecond: undefined,
      ApproximateNumberOfMessagesMoved: 3, ApproximateNumberOfMessagesToMove: 3, FailureReason: undefined, StartedTimestamp: expect.any(Number),
    });
    expect(JSON.parse(Buffer.from(TaskHandle!, "base64").toString())).toEqual({ taskId: expect.any(String), sourceArn: arn("dead") });
    const [backInA, backInB] = [await ground.takeAll("a"), await ground.takeAll("b")];
    expect([bodies(backInA), bodies(backInB)]).toEqual([["one", "two"], ["three"]]);
    expect(await ground.takeAll("dead")).toEqual([]);
    const old = new Set(before.Messages!.map(({ MessageId }) => MessageId));
    for (const { MessageId, Attributes } of [...backInA, ...backInB]) {
      expect(old.has(MessageId)).toBe(false);
      expect([Attributes!.ApproximateReceiveCount, Attributes!.DeadLetterQueueSourceArn]).toEqual(["1", undefined]);
      expect(Number(Attributes!.SentTimestamp)).toBeGreaterThan(Number(before.Messages![0]!.Attributes!.SentTimestamp) + 999);
    }
  });

  it("takes them where it is told, and leaves what is in flight or comes later", async () => {
    const ground = openQueues();
    await ground.createDeadLetters("dead", "source");
    await ground.create("target");
    await ground.giveUp("source", "dead", "held");
    const { Messages } = await ground.ask("ReceiveMessage", { QueueUrl: url("dead"), VisibilityTimeout: 600 });
    await ground.giveUp("source", "dead", "moved");
    // Sent to it, and never given up by a queue: with a destination it goes along.
    await ground.ask("SendMessage", { QueueUrl: url("dead"), MessageBody: "direct" });
    await ground.ask("StartMessageMoveTask", { SourceArn: arn("dead"), DestinationArn: arn("target"), MaxNumberOfMessagesPerSecond: 1 });
    await ground.ask("SendMessage", { QueueUrl: url("dead"), MessageBody: "late" });
    await ground.clock.advance(5_000);
    expect(await ended(ground, "dead")).toMatchObject({ Status: "COMPLETED", DestinationArn: arn("target"), ApproximateNumberOfMessagesMoved: 2, ApproximateNumberOfMessagesToMove: 2, MaxNumberOfMessagesPerSecond: 1 });
    expect(bodies(await ground.takeAll("target"))).toEqual(["moved", "direct"]);
    expect(bodies(await ground.takeAll("dead"))).toEqual(["late"]);
    await ground.ask("DeleteMessage", { QueueUrl: url("dead"), ReceiptHandle: Messages![0]!.ReceiptHandle });
  });

  it("keeps to its rate on the platform's clock, wakes who waits, and counts as it goes", async () => {
    const ground = openQueues();
    await ground.createDeadLetters("dead", "source");
    await ground.giveUp("source", "dead", ...names(30));
    await ground.create("target", { ReceiveMessageWaitTimeSeconds: "20" });
    const waiting = ground.ask("ReceiveMessage", { QueueUrl: url("target") });
    await ground.ask("StartMessageMoveTask", { SourceArn: arn("dead"), DestinationArn: arn("target"), MaxNumberOfMessagesPerSecond: 10 });
    expect(bodies((await waiting).Messages!)).toEqual(["m000"]);
    await ground.clock.advance(990);
    const [running] = await tasks(ground, "dead");
    expect([running!.Status, running!.TaskHandle]).toEqual(["RUNNING", expect.any(String)]);
    expect(running!.ApproximateNumberOfMessagesMoved).toBeGreaterThanOrEqual(9);
    expect(running!.ApproximateNumberOfMessagesMoved).toBeLessThanOrEqual(11);
    expect(Number(await ground.queued("dead")) + running!.ApproximateNumberOfMessagesMoved!).toBe(30);
    expect(Number(await ground.queued("target"))).toBe(running!.ApproximateNumberOfMessagesMoved! - 1);
    await ground.clock.advance(3_000);
    expect(await ended(ground, "dead")).toMatchObject({ Status: "COMPLETED", ApproximateNumberOfMessagesMoved: 30 });
  });

  it("moves thousands without a rate, in their order", async () => {
    const ground = openQueues();
    await ground.createDeadLetters("dead", "source");
    await ground.create("target");
    for (let from = 0; from < 1_200; from += 10) {
      await ground.ask("SendMessageBatch", { QueueUrl: url("dead"), Entries: Array.from({ length: 10 }, (_, index) => ({ Id: String(index), MessageBody: String(from + index) })) });
    }
    await ground.ask("StartMessageMoveTask", { SourceArn: arn("dead"), DestinationArn: arn("target") });
    expect(await ended(ground, "dead")).toMatchObject({ ApproximateNumberOfMessagesMoved: 1_200 });
    expect(bodies(await ground.takeAll("target"))).toEqual(Array.from({ length: 1_200 }, (_, index) => String(index)));
  });

  it("keeps the order of the groups of a FIFO queue", async () => {
    const ground = openQueues();
    await ground.createDeadLetters("dead.fifo", "source.fifo");
    const sent = ["a-1", "b-1", "a-2", "a-3", "b-2"];
    await ground.giveUp("source.fifo", "dead.fifo", ...sent);
    // A group of which somebody has a message stays as it is.
    await ground.giveUp("source.fifo", "dead.fifo", "c-1", "c-2");
    await ground.ask("StartMessageMoveTask", { SourceArn: arn("dead.fifo"), MaxNumberOfMessagesPerSecond: 500 });
    await ground.clock.advance(1_000);
    expect(await ended(ground, "dead.fifo")).toMatchObject({ Status: "COMPLETED", ApproximateNumberOfMessagesMoved: 7 });
    const back = await ground.takeAll("source.fifo");
    for (const group of ["a", "b", "c"]) expect(bodies(back).filter((body) => body!.startsWith(group))).toEqual([...sent, "c-1", "c-2"].filter((body) => body.startsWith(group)));
    expect(back).toHaveLength(7);
    expect(await ground.rows("sqs_group")).toBe(0);
  });

  it("is cancelled where it stands", async () => {
    const ground = openQueues();
    await ground.createDeadLetters("dead", "source");
    await ground.giveUp("source", "dead", ...names(20));
    const { TaskHandle } = await ground.ask("StartMessageMoveTask", { SourceArn: arn("dead"), MaxNumberOfMessagesPerSecond: 1 });
    await ground.clock.advance(2_500);
    const { ApproximateNumberOfMessagesMoved: moved } = await ground.ask("CancelMessageMoveTask", { TaskHandle });
    expect(moved).toBe(3);
    expect(await ended(ground, "dead")).toMatchObject({ Status: "CANCELLED", ApproximateNumberOfMessagesMoved: 3, ApproximateNumberOfMessagesToMove: 20 });
    await ground.clock.advance(60_000);
    expect([await ground.queued("dead"), await ground.queued("source")]).toEqual(["17", "3"]);
    await expect(ground.ask("CancelMessageMoveTask", { TaskHandle })).rejects.toMatchObject({ code: "UnsupportedOperation", message: "Only active tasks can be cancelled." });
  });

  it("fails where a message says not from where it came, or its queue is gone, and keeps what it has moved", async () => {
    const ground = openQueues();
    await ground.createDeadLetters("dead", "source", "other");
    await ground.giveUp("source", "dead", "one");
    await ground.ask("SendMessage", { QueueUrl: url("dead"), MessageBody: "direct" });
    await ground.ask("StartMessageMoveTask", { SourceArn: arn("dead") });
    expect(await ended(ground, "dead")).toMatchObject({ Status: "FAILED", FailureReason: "CouldNotDetermineMessageSource", ApproximateNumberOfMessagesMoved: 1 });
    expect([await ground.queued("dead"), await ground.queued("source")]).toEqual(["1", "1"]);

    await ground.takeAll("dead");
    await ground.giveUp("source", "dead", "two");
    await ground.ask("DeleteQueue", { QueueUrl: url("source") });
    await ground.clock.advance(1_000);
    await ground.ask("StartMessageMoveTask", { SourceArn: arn("dead") });
    expect(await ended(ground, "dead")).toMatchObject({ Status: "FAILED", FailureReason: "AWS.SimpleQueueService.NonExistentQueue", ApproximateNumberOfMessagesMoved: 0 });
    expect((await tasks(ground, "dead")).map(({ FailureReason }) => FailureReason)).toEqual(["AWS.SimpleQueueService.NonExistentQueue", "CouldNotDetermineMessageSource"]);
  });

  it("goes on after a restart", async () => {
    const ground = openQueues();
    await ground.createDeadLetters("dead", "source");
    await ground.giveUp("source", "dead", ...names(10));
    await ground.ask("StartMessageMoveTask", { SourceArn: arn("dead"), MaxNumberOfMessagesPerSecond: 1 });
    await ground.clock.advance(3_000);
    await ground.close();
    const again = openQueues({ directory: ground.directory, now: ground.clock.now() });
    await again.started;
    await again.clock.advance(20_000);
    expect(await ended(again, "dead")).toMatchObject({ Status: "COMPLETED", ApproximateNumberOfMessagesMoved: 10 });
    expect(bodies(await again.takeAll("source")).toSorted()).toEqual(names(10));
  });

  it("goes with its queue, and ends when that is purged", async () => {
    const ground = openQueues();
    await ground.createDeadLetters("dead", "source");
    await ground.giveUp("source", "dead", ...names(5));
    await ground.ask("StartMessageMoveTask", { SourceArn: arn("dead"), MaxNumberOfMessagesPerSecond: 1 });
    await ground.ask("PurgeQueue", { QueueUrl: url("dead") });
    await ground.clock.advance(2_000);
    expect(await ended(ground, "dead")).toMatchObject({ Status: "COMPLETED" });
    await ground.ask("DeleteQueue", { QueueUrl: url("dead") });
    await eventually("the task's row is gone", async () => (await ground.rows("sqs_move_task")) === 0);
  });

  it("tells of the last ten, newest first", async () => {
    const ground = openQueues();
    await ground.createDeadLetters("dead", "source");
    for (let count = 0; count < 12; count++) {
      await ground.ask("StartMessageMoveTask", { SourceArn: arn("dead") });
      await ended(ground, "dead");
      await ground.clock.advance(1_000);
    }
    const all = await tasks(ground, "dead");
    expect(all).toHaveLength(10);
    expect(all.map(({ StartedTimestamp }) => StartedTimestamp)).toEqual(all.map(({ StartedTimestamp }) => StartedTimestamp).toSorted((a, b) => b! - a!));
    expect((await ground.ask("ListMessageMoveTasks", { SourceArn: arn("dead") })).Results).toEqual(all.slice(0, 1));
  });
});

describe("is refused", () => {
  it("with AWS's texts", async () => {
    const ground = openQueues();
    await ground.createDeadLetters("dead", "source");
    await ground.create("plain");
    await ground.create("other.fifo");
    const start = (SourceArn: string, over: object = {}) => ground.ask("StartMessageMoveTask", { SourceArn, ...over });
    const invalid = (message: string) => ({ code: "InvalidParameterValue", message });
    await expect(start("dead")).rejects.toMatchObject(invalid("You must use this format to specify the SourceArn: arn:<partition>:<service>:<region>:<account-id>:<resource-id>"));
    await expect(start(arn("nowhere"))).rejects.toMatchObject({ code: "ResourceNotFoundException", message: "The resource that you specified for the SourceArn parameter doesn't exist." });
    await expect(start(arn("plain"))).rejects.toMatchObject(invalid("Source queue must be configured as a Dead Letter Queue."));
    await expect(start(arn("dead"), { DestinationArn: "x" })).rejects.toMatchObject(invalid("You must use this format to specify the DestinationArn: arn:<partition>:<service>:<region>:<account-id>:<resource-id>"));
    await expect(start(arn("dead"), { DestinationArn: arn("nowhere") })).rejects.toMatchObject({ code: "ResourceNotFoundException", message: "The resource that you specified for the DestinationArn parameter doesn't exist." });
    await expect(start(arn("dead"), { DestinationArn: arn("dead") })).rejects.toMatchObject(invalid("Source queue arn and destination queue arn cannot be the same."));
    await expect(start(arn("dead"), { DestinationArn: arn("other.fifo") })).rejects.toMatchObject({ code: "InvalidParameterValue" });
    for (const MaxNumberOfMessagesPerSecond of [0, 501]) await expect(start(arn("dead"), { MaxNumberOfMessagesPerSecond })).rejects.toMatchObject({ code: "InvalidParameterValue", message: expect.stringContaining("between 1 and 500") });
    await ground.giveUp("source", "dead", ...names(3));
    await start(arn("dead"), { MaxNumberOfMessagesPerSecond: 1 });
    await expect(start(arn("dead"))).rejects.toMatchObject(invalid("There is already a task running. Only one active task is allowed for a source queue arn at a given time."));
    await expect(ground.ask("CancelMessageMoveTask", { TaskHandle: "no handle" })).rejects.toMatchObject(invalid("Value for parameter TaskHandle is invalid."));
    await expect(ground.ask("CancelMessageMoveTask", { TaskHandle: Buffer.from(JSON.stringify({ taskId: "x", sourceArn: arn("dead") })).toString("base64") })).rejects.toMatchObject({ code: "ResourceNotFoundException", message: "Task does not exist." });
    await expect(ground.ask("ListMessageMoveTasks", { SourceArn: arn("dead"), MaxResults: 11 })).rejects.toMatchObject({ code: "InvalidParameterValue" });
  });
});
