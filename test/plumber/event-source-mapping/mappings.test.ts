import { describe, expect, it } from "vitest";
import { eventually } from "../../support/temporary.ts";
import { failing, openMappings, refusing, type OpenMappings } from "./ground.ts";

const idle = (on: OpenMappings) => eventually("nothing is at work", async () => Object.values(await on.mappings.pending()).every((count) => count === 0));
const bodiesOf = (on: OpenMappings) => on.given.map(({ bodies }) => bodies);
const summaries = (on: OpenMappings) => on.entries.map(({ summary }) => summary);

describe("a mapping", () => {
  it("hands what is sent to the function at once, deletes it, and counts", async () => {
    const on = openMappings();
    await on.createQueue("q");
    await on.map("q");
    const { MessageId } = await on.send("q", "hello");
    await eventually("it is given", () => on.given.length === 1);
    await idle(on);
    expect(on.given[0]!.ids).toEqual([MessageId]);
    expect(await on.counts("q")).toMatchObject({ visible: 0, inFlight: 0 });
    expect(Object.fromEntries(on.counted)).toEqual({ PolledEventCount: 1, InvokedEventCount: 1, DeletedEventCount: 1 });
    expect(on.given[0]!.invocation).toMatchObject({ invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:f", isQueued: true });
  });

  it("receives as the role of the function, with all attributes, and waits for twenty seconds", async () => {
    const on = openMappings();
    await on.createQueue("q");
    await on.map("q");
    await eventually("it polls", () => on.polls() === 1);
    expect(on.calls[0]).toMatchObject({
      input: { MaxNumberOfMessages: 10, WaitTimeSeconds: 20, MessageSystemAttributeNames: ["All"], MessageAttributeNames: ["All"] },
      options: { as: { type: "role-session", roleArn: "arn:aws:iam::000000000000:role/r", sessionName: "f_" } },
    });
  });

  it("polls no more than once in twenty seconds while there is nothing", async () => {
    const on = openMappings();
    await on.createQueue("q");
    await on.map("q");
    await eventually("it polls", () => on.polls() === 1);
    const began = on.clock.now();
    await eventually("it has polled five times more", async () => {
      await on.clock.advance(5_000);
      return on.polls() === 6;
    });
    expect(on.clock.now() - began).toBeGreaterThanOrEqual(99_000);
    expect(Object.fromEntries(on.counted)).toEqual({ PolledEventCount: 0 });
  });

  it("leaves what failed in the queue until the visibility timeout, and gives it again", async () => {
    const on = openMappings();
    await on.createQueue("q");
    await on.map("q");
    on.world.behave = () => failing();
    await on.send("q", "hello");
    await eventually("it is given", () => on.given.length === 1);
    await idle(on);
    expect(await on.counts("q")).toMatchObject({ visible: 0, inFlight: 1 });
    expect(on.counted.get("FailedInvokeEventCount")).toBe(1);
    on.world.behave = () => undefined;
    await on.clock.advance(30_000);
    await eventually("it is given again", () => on.given.length === 2);
    expect(on.given[1]!.event.Records[0]!.attributes["ApproximateReceiveCount"]).toBe("2");
    await idle(on);
    expect(await on.counts("q")).toMatchObject({ visible: 0, inFlight: 0 });
  });

  it("deletes what no filter matches, without the function", async () => {
    const on = openMappings();
    await on.createQueue("q");
    await on.map("q", { filters: ['{"body":{"kind":["good"]}}'] });
    for (const body of ['{"kind":"good"}', '{"kind":"bad"}', "plain"]) await on.send("q", body);
    await eventually("it is given", () => on.given.length === 1);
    await idle(on);
    expect(bodiesOf(on).flat()).toEqual(['{"kind":"good"}']);
    expect(await on.counts("q")).toMatchObject({ visible: 0, inFlight: 0 });
    expect(on.counted.get("FilteredOutEventCount")).toBe(2);
  });

  it("deletes of a batch what has not failed", async () => {
    const on = openMappings();
    await on.createQueue("q");
    on.world.behave = ({ event }) => ({ batchItemFailures: event.Records.filter(({ body }) => body === "b").map(({ messageId }) => ({ itemIdentifier: messageId })) });
    for (const body of ["a", "b", "c"]) await on.send("q", body);
    await on.map("q", { isResponseRead: true });
    await eventually("all are given", () => bodiesOf(on).flat().length === 3);
    await idle(on);
    expect(await on.counts("q")).toMatchObject({ visible: 0, inFlight: 1 });
    await on.clock.advance(30_000);
    await eventually("the failure is given again", () => bodiesOf(on).at(-1)![0] === "b" && on.given.length >= 2);
  });

  it("reads no response that it was not told to read", async () => {
    const on = openMappings();
    await on.createQueue("q");
    on.world.behave = ({ ids }) => ({ batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) });
    await on.map("q");
    await on.send("q", "a");
    await eventually("it is given", () => on.given.length === 1);
    await idle(on);
    expect(await on.counts("q")).toMatchObject({ visible: 0, inFlight: 0 });
  });

  it("is taken up after a restart, with what was left", async () => {
    const on = openMappings();
    await on.createQueue("q");
    await on.map("q");
    await on.mappings.close(0);
    await on.send("q", "meanwhile");
    expect(on.given).toEqual([]);
    await on.restart();
    await eventually("it is given", () => on.given.length === 1);
  });

  it("begins when it is no longer being created", async () => {
    const on = openMappings();
    await on.createQueue("q");
    await on.send("q", "hello");
    await on.map("q", {}, { settlesAt: on.clock.now() + 3_600_000 });
    expect(on.polls()).toBe(0);
    await on.clock.advance(3_600_000);
    await eventually("it is given", () => on.given.length === 1);
  });

  it("lets what runs finish when it is disabled, and receives nothing more", async () => {
    const on = openMappings();
    await on.createQueue("q");
    const mapping = await on.map("q");
    const { promise, resolve } = Promise.withResolvers<void>();
    on.world.behave = () => promise;
    await on.send("q", "first");
    await eventually("it is given", () => on.given.length === 1);
    await on.save({ ...mapping, isEnabled: false, transition: "Disabling" });
    await on.send("q", "second");
    expect(await on.mappings.pending()).toMatchObject({ batches: 1 });
    resolve();
    await eventually("it is through", async () => (await on.mappings.pending()).batches === 0);
    await eventually("the first is deleted", async () => (await on.counts("q")).inFlight === 0);
    expect(bodiesOf(on)).toEqual([["first"]]);
    expect(await on.counts("q")).toMatchObject({ visible: 1, inFlight: 0 });
    await on.save({ ...mapping, transition: "Enabling" });
    await eventually("it goes on", () => bodiesOf(on).length === 2);
  });

  it("is changed for its next batch", async () => {
    const on = openMappings();
    on.world.functions.add("other");
    await on.createQueue("q");
    const mapping = await on.map("q");
    await eventually("it polls", () => on.polls() === 1);
    await on.save({ ...mapping, functionName: "other", transition: "Updating", settings: { ...mapping.settings, filters: ['{"body":["yes"]}'] } });
    await on.send("q", "no");
    await on.send("q", "yes");
    await eventually("it is given", () => on.given.length === 1);
    expect(on.given[0]).toMatchObject({ bodies: ["yes"], invocation: { invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:other" } });
  });
});

describe("a batch", () => {
  it("is gathered until there are enough, over several polls", async () => {
    const on = openMappings();
    await on.createQueue("q");
    for (let index = 0; index < 25; index++) await on.send("q", String(index));
    await on.map("q", { batchSize: 25, windowSeconds: 300 });
    await eventually("it is given", () => on.given.length === 1);
    expect(on.given[0]!.bodies.length).toBe(25);
  });

  it("is gathered until the window is over, from its first message on", async () => {
    const on = openMappings();
    await on.createQueue("q", { VisibilityTimeout: "600" });
    await on.map("q", { batchSize: 100, windowSeconds: 60 });
    await eventually("it polls", () => on.polls() === 1);
    await on.send("q", "first");
    await eventually("it waits for more", () => on.polls() === 2);
    await on.clock.advance(30_000);
    await on.send("q", "second");
    await eventually("it waits for more", () => on.polls() >= 4);
    expect(on.given).toEqual([]);
    await on.clock.advance(31_000);
    await eventually("it is given", () => on.given.length === 1);
    expect(on.given[0]!.bodies).toEqual(["first", "second"]);
  });

  it("has a message once, although it came again before the window was over", async () => {
    const on = openMappings();
    await on.createQueue("q", { VisibilityTimeout: "5" });
    await on.map("q", { batchSize: 100, windowSeconds: 60 });
    await on.send("q", "first");
    await eventually("it waits for more", () => on.polls() >= 2);
    await eventually("it came again, and is given", async () => {
      await on.clock.advance(6_000);
      return on.given.length === 1;
    });
    expect(on.given[0]!.event.Records.map(({ body }) => body)).toEqual(["first"]);
    expect(Number(on.given[0]!.event.Records[0]!.attributes["ApproximateReceiveCount"])).toBeGreaterThan(1);
  });

  it("is never larger than an invocation may be", async () => {
    const on = openMappings();
    await on.createQueue("q");
    for (let index = 0; index < 8; index++) await on.send("q", String(index).padEnd(1_000_000, "x"));
    await on.map("q");
    await eventually("all are given", () => bodiesOf(on).flat().length === 8);
    expect(Math.max(...on.given.map(({ invocation }) => invocation.payload.length))).toBeLessThanOrEqual(6 * 1024 * 1024);
    expect(Math.max(...bodiesOf(on).map(({ length }) => length))).toBe(6);
    await idle(on);
    expect(await on.counts("q")).toMatchObject({ visible: 0, inFlight: 0 });
  });

  it("carries on the chain that its messages belong to, and the lineage of the one that is in a loop", async () => {
    const on = openMappings();
    await on.createQueue("q");
    await on.map("q");
    const AWSTraceHeader = "Root=1-67891233-abcdef012345678912345678;Sampled=1;Lineage=1:a87bd80c:3";
    await on.send("q", "traced", { MessageSystemAttributes: { AWSTraceHeader: { DataType: "String", StringValue: AWSTraceHeader } } });
    await eventually("it is given", () => on.given.length === 1);
    expect(on.given[0]!.invocation.trace).toEqual({ id: "1-67891233-abcdef012345678912345678", lineage: "1:a87bd80c:3", isSampled: true, header: AWSTraceHeader });
    expect(on.given[0]!.event.Records[0]!.attributes["AWSTraceHeader"]).toBe(AWSTraceHeader);
    await idle(on);
    const told = on.entries.filter(({ traceId }) => traceId === "1-67891233-abcdef012345678912345678");
    expect(told.map(({ kind }) => kind)).toEqual(expect.arrayContaining(["event", "result"]));
  });

  it("carries on a chain that a service of AWS's told nobody of, and tells nobody of it", async () => {
    const on = openMappings();
    await on.createQueue("q");
    await on.map("q");
    await on.send("q", "untold", { MessageSystemAttributes: { AWSTraceHeader: { DataType: "String", StringValue: "Chain=1-67891233-abcdef012345678912345678" } } });
    await eventually("it is given", () => on.given.length === 1);
    expect(on.given[0]!.invocation.trace).toEqual({ id: "1-67891233-abcdef012345678912345678", isUntold: true });
    expect(on.given[0]!.event.Records[0]!.attributes).not.toHaveProperty("AWSTraceHeader");
    await idle(on);
  });
});

describe("a FIFO queue", () => {
  const send = (on: OpenMappings, MessageGroupId: string, body: string) => on.send("q.fifo", body, { MessageGroupId, MessageDeduplicationId: body });

  it("has one batch of a group at work, in its order", async () => {
    const on = openMappings();
    await on.createQueue("q.fifo", { FifoQueue: "true" });
    const { promise, resolve } = Promise.withResolvers<void>();
    on.world.behave = ({ bodies }) => (bodies.includes("a1") ? promise : undefined);
    await send(on, "a", "a1");
    await on.map("q.fifo");
    await eventually("a1 is given", () => on.given.length === 1);
    await send(on, "a", "a2");
    await send(on, "b", "b1");
    await eventually("another group is given beside it", () => bodiesOf(on).flat().includes("b1"));
    expect(bodiesOf(on).flat()).not.toContain("a2");
    resolve();
    await eventually("the next of the group", () => bodiesOf(on).flat().includes("a2"));
  });

  it("keeps what stands behind a failure in its group, and that only", async () => {
    const on = openMappings();
    await on.createQueue("q.fifo", { FifoQueue: "true" });
    for (const [group, body] of [["a", "a1"], ["b", "b1"], ["a", "a2"], ["a", "a3"], ["b", "b2"]] as const) await send(on, group, body);
    on.world.behave = ({ event }) => ({ batchItemFailures: event.Records.filter(({ body }) => body === "a2").map(({ messageId }) => ({ itemIdentifier: messageId })) });
    await on.map("q.fifo", { isResponseRead: true });
    await eventually("all are given", () => bodiesOf(on).flat().length === 5);
    await idle(on);
    on.world.behave = () => undefined;
    await on.clock.advance(30_000);
    await eventually("the rest is given again", () => bodiesOf(on).flat().length === 7);
    expect(bodiesOf(on).flat().slice(5)).toEqual(["a2", "a3"]);
  });
});

describe("scaling", () => {
  /** Invocations that all go on until they are told to end. */
  const busy = (on: OpenMappings) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    on.world.behave = () => promise;
    return resolve;
  };
  const fill = async (on: OpenMappings, count: number) => {
    for (let index = 0; index < count; index++) await on.send("q", String(index));
  };

  it("has five batches at once at first, and more while there is a backlog", async () => {
    const on = openMappings();
    await on.createQueue("q", { VisibilityTimeout: "3600" });
    await fill(on, 40);
    const end = busy(on);
    await on.map("q", { batchSize: 1 });
    await eventually("five are at work", () => on.world.running === 5);
    await on.clock.advance(1_000);
    expect(on.world.running).toBe(5);
    end();
    await eventually("all are given", () => on.given.length === 40);
    await idle(on);
  });

  it("has no more than its maximum", async () => {
    const on = openMappings();
    await on.createQueue("q", { VisibilityTimeout: "3600" });
    await fill(on, 10);
    const end = busy(on);
    await on.map("q", { batchSize: 1, maximumConcurrency: 2 });
    await eventually("two are at work", () => on.world.running === 2);
    end();
    await eventually("all are given", () => on.given.length === 10);
    expect(on.world.mostRunning).toBe(2);
  });

  it("has ten for each provisioned poller from the beginning", async () => {
    const on = openMappings();
    await on.createQueue("q", { VisibilityTimeout: "3600" });
    await fill(on, 25);
    const end = busy(on);
    await on.map("q", { batchSize: 1, provisionedPollers: { minimum: 2, maximum: 2 } });
    await eventually("twenty are at work", () => on.world.running === 20);
    end();
    await eventually("all are given", () => on.given.length === 25);
    expect(on.world.mostRunning).toBe(20);
  });
});

describe("a throttled batch", () => {
  it("is held and tried again, and nothing more is received meanwhile", async () => {
    const on = openMappings();
    await on.createQueue("q", { VisibilityTimeout: "600" });
    on.world.behave = () => {
      throw refusing;
    };
    await on.map("q", { batchSize: 1, maximumConcurrency: 2 });
    await on.send("q", "first");
    await eventually("it is tried again and again", async () => {
      await on.clock.advance(1_000);
      return on.given.length > 4;
    });
    const { polls } = on;
    const before = polls();
    await on.clock.advance(100_000);
    expect(polls() - before).toBeLessThanOrEqual(8);
    expect(new Set(bodiesOf(on).flat()).size).toBe(1);
    on.world.behave = () => undefined;
    await eventually("it runs", async () => {
      await on.clock.advance(10_000);
      return (await on.counts("q")).inFlight === 0;
    });
    expect(on.given.at(-1)!.event.Records[0]!.attributes["ApproximateReceiveCount"]).toBe("1");
    expect(summaries(on).filter((summary) => summary.includes("is throttled"))).toHaveLength(1);
  });

  it("is given up when others can receive its messages", async () => {
    const on = openMappings();
    await on.createQueue("q", { VisibilityTimeout: "30" });
    on.world.behave = () => {
      throw refusing;
    };
    await on.map("q");
    await on.send("q", "first");
    await eventually("it is held", () => on.given.length >= 1);
    await eventually("it is given up", async () => {
      await on.clock.advance(5_000);
      return on.counted.get("FailedInvokeEventCount") === 1;
    });
    on.world.behave = () => undefined;
    await eventually("it is received again and runs", async () => {
      await on.clock.advance(5_000);
      return (await on.counts("q")).inFlight === 0;
    });
    expect(Number(on.given.at(-1)!.event.Records[0]!.attributes["ApproximateReceiveCount"])).toBeGreaterThanOrEqual(2);
  });
});

describe("what cannot be done", () => {
  const backsOff = async (on: OpenMappings, uuid: string, problem: RegExp) => {
    await eventually("the problem is told", () => problem.test(on.mappings.lastProcessingResult(uuid) ?? ""));
    const before = on.calls.length;
    await on.clock.advance(10 * 60_000);
    // Doubling up to a minute: six in the first minute, then one in each.
    expect(on.calls.length - before).toBeLessThan(20);
    expect(summaries(on).filter((summary) => summary.startsWith("f gets no messages of"))).toHaveLength(1);
  };
  const solved = (on: OpenMappings, uuid: string) => eventually("it is well again", async () => {
    await on.clock.advance(60_000);
    return on.mappings.lastProcessingResult(uuid) === undefined;
  });

  it("is told once when the role may not receive, without a spin, and goes on when it may", async () => {
    const on = openMappings();
    await on.createQueue("q");
    on.world.denied.add("ReceiveMessage");
    const { uuid } = await on.map("q");
    await on.send("q", "held back");
    await backsOff(on, uuid, /^PROBLEM: The function's execution role does not have permissions to call ReceiveMessage on SQS\./);
    on.world.denied.clear();
    await solved(on, uuid);
    await eventually("it is given", () => on.given.length >= 1);
  });

  it("is told when the role may not delete: the messages come again", async () => {
    const on = openMappings();
    await on.createQueue("q");
    on.world.denied.add("DeleteMessageBatch");
    const { uuid } = await on.map("q");
    await on.send("q", "again and again");
    await eventually("the problem is told", () => on.mappings.lastProcessingResult(uuid)?.includes("DeleteMessage"));
    expect(on.given).toHaveLength(1);
    on.world.denied.clear();
    await on.clock.advance(30_000);
    await eventually("it is well again", () => on.mappings.lastProcessingResult(uuid) === undefined);
    expect(on.given).toHaveLength(2);
  });

  it("is told when there is no such queue", async () => {
    const on = openMappings();
    const { uuid } = await on.map("q");
    await backsOff(on, uuid, /^PROBLEM: The queue arn:aws:sqs:us-east-1:000000000000:q does not exist\.$/);
    await on.createQueue("q");
    await solved(on, uuid);
  });

  it("takes nothing out of a queue whose function is gone", async () => {
    const on = openMappings();
    await on.createQueue("q");
    on.world.functions.clear();
    const { uuid } = await on.map("q");
    await on.send("q", "kept");
    await backsOff(on, uuid, /^PROBLEM: The function arn:aws:lambda:us-east-1:000000000000:function:f does not exist\.$/);
    expect(await on.counts("q")).toMatchObject({ visible: 1, inFlight: 0 });
    on.world.functions.add("f");
    await solved(on, uuid);
    await eventually("it is given", () => on.given.length >= 1);
  });
});
