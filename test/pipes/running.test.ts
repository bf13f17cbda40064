import { describe, expect, it } from "vitest";
import { ApiError } from "../../src/kit/api-error.ts";
import { requestContext } from "../support/context.ts";
import { bodies } from "../sqs/support.ts";
import { eventually } from "../support/temporary.ts";
import { denied, functionArn, openPipes, ROLE, throttled, type OpenPipes } from "./ground.ts";

const idle = (on: OpenPipes) => eventually("nothing is at work", async () => (await on.pipes.pending()) === 0);
const SOURCE = { SqsQueueParameters: { BatchSize: 10 } };
/** With the queue `q`, and what it goes to. */
const begin = async (on: OpenPipes, target: string, body: Parameters<OpenPipes["pipe"]>[0] | object = {}, queue = "q") => {
  await on.createQueue(queue, queue.endsWith(".fifo") ? { FifoQueue: "true" } : {});
  return () => on.pipe({ source: on.queueArn(queue), target, sourceParameters: SOURCE, ...body });
};
const TO_QUEUE = "arn:aws:sqs:us-east-1:000000000000:to";

describe("a pipe from a queue to a queue", () => {
  it("reads, sends and deletes as its role, which EventBridge Pipes takes on for the pipe", async () => {
    const on = openPipes();
    await on.createQueue("to");
    await (await begin(on, TO_QUEUE))();
    const { MessageId } = await on.send("q", "hello", { MessageSystemAttributes: { AWSTraceHeader: { DataType: "String", StringValue: "Root=1-67891233-abcdef012345678912345678" } } });
    const [message] = await on.receive("to", { WaitTimeSeconds: 20, MessageSystemAttributeNames: ["All"] });
    expect(JSON.parse(message!.Body!)).toMatchObject({ messageId: MessageId, body: "hello", eventSource: "aws:sqs", eventSourceARN: on.queueArn("q"), awsRegion: "us-east-1" });
    expect(message!.Attributes!["AWSTraceHeader"]).toContain("Root=1-67891233-abcdef012345678912345678");
    await idle(on);
    expect(await on.counts("q")).toMatchObject({ visible: 0, inFlight: 0 });
    const assumed = on.to("AssumeRole")[0]!;
    expect([assumed.input["RoleArn"], assumed.options.as]).toEqual([ROLE, expect.objectContaining({ service: "pipes.amazonaws.com", sourceArn: on.arnOf(), sourceAccount: "000000000000" })]);
    for (const operation of ["ReceiveMessage", "SendMessageBatch", "DeleteMessageBatch"]) expect(on.to(operation)[0]!.options.as).toMatchObject({ type: "role-session", roleArn: ROLE });
    const told = on.entries.filter(({ keys }) => keys.includes(MessageId!) && keys.includes(on.arnOf())).map(({ summary, traceId }) => [summary, traceId]);
    expect(told).toEqual([
      [`the message ${MessageId} of q received for the pipe p`, "1-67891233-abcdef012345678912345678"], [`the pipe p has taken the message ${MessageId}: deleted from q`, "1-67891233-abcdef012345678912345678"],
    ]);
    expect(Object.fromEntries(on.counted)).toMatchObject({
      "Invocations PipeName": 1, "Invocations AwsAccountId": 1, "EventCount PipeName": 1, "ExecutionFailed PipeName": 0, "ExecutionThrottled AwsAccountId": 0, "TargetStageFailed PipeName": 0, "Concurrency AwsAccountId": 1,
      "EventSize PipeName": expect.any(Number) as number, "Duration PipeName": expect.any(Number) as number, "TargetStageDuration PipeName": expect.any(Number) as number,
    });
  });

  it("deletes what no filter matches, and makes of the rest what its template says, with group and deduplication id by their paths", async () => {
    const on = openPipes();
    await on.createQueue("to.fifo", { FifoQueue: "true" });
    const start = await begin(on, `${TO_QUEUE}.fifo`, {
      sourceParameters: { ...SOURCE, FilterCriteria: { Filters: [{ Pattern: '{"body":{"kind":["good"]}}' }] } },
      targetParameters: { InputTemplate: '{"n":<$.body.n>,"by":<aws.pipes.pipe-name>}', SqsQueueParameters: { MessageGroupId: "$.body.group", MessageDeduplicationId: "$.messageId" } },
    });
    for (const body of ['{"kind":"good","n":1,"group":"x"}', '{"kind":"bad","n":2,"group":"x"}', "plain", '{"kind":"good","n":3,"group":"y"}']) await on.send("q", body);
    await start();
    const found = [];
    while (found.length < 2) found.push(...(await on.receive("to.fifo", { WaitTimeSeconds: 20, MessageSystemAttributeNames: ["All"] })));
    expect(found.map(({ Body, Attributes }) => [Body, Attributes!["MessageGroupId"]]).toSorted()).toEqual([['{"n":1,"by":"p"}', "x"], ['{"n":3,"by":"p"}', "y"]]);
    await idle(on);
    expect(await on.counts("q")).toMatchObject({ visible: 0, inFlight: 0 });
    expect(on.summaries()).toEqual(expect.arrayContaining([expect.stringMatching(/^no filter of the pipe matches .* of q: not for the pipe p, and to be deleted$/)]));
  });

  it("leaves in its queue what the target did not take", async () => {
    const on = openPipes();
    await on.createQueue("to.fifo", { FifoQueue: "true" });
    const start = await begin(on, `${TO_QUEUE}.fifo`, { targetParameters: { InputTemplate: "<$.body.n>", SqsQueueParameters: { MessageGroupId: "$.body.group", MessageDeduplicationId: "$.messageId" } } });
    for (const body of ['{"n":1,"group":"x"}', '{"n":2}']) await on.send("q", body);
    await start();
    expect(bodies(await on.receive("to.fifo", { WaitTimeSeconds: 20 }))).toEqual(["1"]);
    await eventually("the other is back", () => on.summaries().some((summary) => /has not taken the message .*: 1 could not be taken \(MissingParameter/.test(summary)));
    await idle(on);
    expect(await on.counts("q")).toMatchObject({ visible: 0, inFlight: 1 });
    expect([on.counted.get("ExecutionPartiallyFailed PipeName"), on.counted.get("TargetStagePartiallyFailed PipeName"), on.counted.get("ExecutionFailed PipeName")]).toEqual([1, 1, 0]);
  });
});

describe("a pipe to a function", () => {
  it("gives it a list, and deletes what it does not name as failed", async () => {
    const on = openPipes();
    on.world.functions[functionArn("f")] = (events) => ({ batchItemFailures: (events as { body: string; messageId: string }[]).filter(({ body }) => body === "b").map(({ messageId }) => ({ itemIdentifier: messageId })) });
    const start = await begin(on, functionArn("f"));
    for (const body of ["a", "b", "c"]) await on.send("q", body);
    await start();
    await eventually("all are given", () => on.given("f").flat().length === 3);
    await idle(on);
    expect(on.to("Invoke")[0]!.input["InvocationType"]).toBe("RequestResponse");
    expect(await on.counts("q")).toMatchObject({ visible: 0, inFlight: 1 });
    on.world.functions[functionArn("f")] = () => "done";
    await on.clock.advance(30_000);
    await eventually("it is given again", () => on.given("f").flat().filter(({ body }) => body === "b").length === 2);
    await idle(on);
    expect(await on.counts("q")).toMatchObject({ visible: 0, inFlight: 0 });
  });

  it("does not wait for it where it is told so", async () => {
    const on = openPipes();
    const start = await begin(on, functionArn("f"), { targetParameters: { InputTemplate: "<$.body>", LambdaFunctionParameters: { InvocationType: "FIRE_AND_FORGET" } } });
    await on.send("q", '{"a":1}');
    await start();
    await eventually("it is given", () => on.given("f").length === 1);
    expect([on.to("Invoke")[0]!.input["InvocationType"], on.given("f")[0]]).toEqual(["Event", [{ a: 1 }]]);
    await idle(on);
    expect(await on.counts("q")).toMatchObject({ visible: 0, inFlight: 0 });
  });

  it("gives it again what it failed with, as often as the queue has it", async () => {
    const on = openPipes();
    on.world.functions[functionArn("f")] = () => ({ FunctionError: "Unhandled", errorType: "ValueError", errorMessage: "no" });
    await (await begin(on, functionArn("f")))();
    await on.send("q", "a");
    await eventually("it is given", () => on.given("f").length === 1);
    await idle(on);
    expect(on.summaries()).toEqual(expect.arrayContaining([expect.stringMatching(/has not taken the message .*: ValueError: no\. Back in q after the visibility timeout/)]));
    expect([on.counted.get("ExecutionFailed PipeName"), on.counted.get("TargetStageFailed PipeName"), on.pipes.problemOf(on.the())]).toEqual([1, 1, undefined]);
    await on.clock.advance(30_000);
    await eventually("it is given again", () => on.given("f").length === 2);
  });

  it("keeps what stands behind a failure in its group", async () => {
    const on = openPipes();
    on.world.functions[functionArn("f")] = (events) => ({ batchItemFailures: (events as { body: string; messageId: string }[]).filter(({ body }) => body === "a2").map(({ messageId }) => ({ itemIdentifier: messageId })) });
    const start = await begin(on, functionArn("f"), {}, "q.fifo");
    for (const [MessageGroupId, body] of [["a", "a1"], ["b", "b1"], ["a", "a2"], ["a", "a3"]] as const) await on.send("q.fifo", body, { MessageGroupId, MessageDeduplicationId: body });
    await start();
    await eventually("all are given", () => on.given("f").flat().length === 4);
    await idle(on);
    on.world.functions[functionArn("f")] = () => undefined;
    await on.clock.advance(30_000);
    await eventually("the rest is given again", () => on.given("f").flat().length === 6);
    expect(on.given("f").flat().slice(4).map(({ body }) => body)).toEqual(["a2", "a3"]);
  });

  it("is held when it is throttled, and tried again without another receive", async () => {
    const on = openPipes();
    let tries = 0;
    on.world.functions[functionArn("f")] = () => {
      if (tries++ < 3) throw throttled;
    };
    await (await begin(on, functionArn("f")))();
    await on.send("q", "a");
    await eventually("it is taken", async () => {
      await on.clock.advance(500);
      return (await on.counts("q")).inFlight === 0 && tries === 4;
    });
    expect(on.given("f").map(([event]) => (event as unknown as { attributes: Record<string, string> }).attributes["ApproximateReceiveCount"])).toEqual(["1", "1", "1", "1"]);
    expect(on.counted.get("ExecutionThrottled PipeName")).toBe(3);
  });

  it("is not tried again when the pipe is stopped: what was throttled comes again", async () => {
    const on = openPipes();
    let tries = 0;
    on.world.functions[functionArn("f")] = () => {
      tries++;
      throw throttled;
    };
    await on.createQueue("q", { VisibilityTimeout: "43200" });
    const pipe = await on.pipe({ source: on.queueArn("q"), target: functionArn("f") });
    await on.send("q", "a");
    await eventually("it is throttled", () => on.summaries().some((summary) => summary.includes("is throttled")));
    await on.save({ ...pipe, body: { ...pipe.body, desiredState: "STOPPED", change: "STOP" } });
    await eventually("nothing is at work", async () => (await on.pipes.pending()) === 0);
    const before = tries;
    await on.clock.advance(60_000);
    expect([tries, await on.counts("q")]).toMatchObject([before, { inFlight: 1 }]);
  });
});

describe("an enrichment", () => {
  const ENRICHED = { enrichment: functionArn("e"), enrichmentParameters: { InputTemplate: '{"id":<$.body>}' }, targetParameters: { InputTemplate: '{"got":<$.id>}' } };
  const run = async (answer: (events: { id: string }[]) => unknown, target = functionArn("f"), body: object = {}) => {
    const on = openPipes();
    on.world.functions[functionArn("e")] = (events) => answer(events as { id: string }[]);
    const start = await begin(on, target, { ...ENRICHED, ...body });
    for (const one of ["a", "b"]) await on.send("q", one);
    await start();
    await eventually("it is asked", () => on.given("e").flat().length === 2);
    await idle(on);
    return { on, counts: await on.counts("q") };
  };

  it("is asked with what its template makes, and its answers go on", async () => {
    const { on, counts } = await run((events) => events.map(({ id }) => ({ id: id.toUpperCase(), big: 1 })));
    expect([on.given("e"), on.given("f"), counts]).toMatchObject([[[{ id: "a" }, { id: "b" }]], [[{ got: "A" }, { got: "B" }]], { visible: 0, inFlight: 0 }]);
    expect(on.counted.get("EnrichmentStageFailed PipeName")).toBe(0);
  });

  it.each<[string, unknown]>([["nothing", undefined], ["an empty text", ""], ["an empty object", {}], ["an empty list", []]])("that answers %s ends it there: the messages are deleted", async (_what, answer) => {
    const { on, counts } = await run(() => answer);
    expect([on.given("f"), counts, on.counted.get("TargetStageSkipped PipeName")]).toMatchObject([[], { visible: 0, inFlight: 0 }, 1]);
  });

  it("may answer a list with an empty object in it, more than it was asked about, or one object", async () => {
    expect((await run(() => [{}])).on.given("f")).toEqual([[{ got: null }]]);
    expect((await run(() => [{ id: 1 }, { id: 2 }, { id: 3 }])).on.given("f")).toEqual([[{ got: 1 }, { got: 2 }, { got: 3 }]]);
    expect((await run(() => ({ id: 1 }))).on.given("f")).toEqual([{ got: 1 }]);
  });

  it("that fails, or answers more than the target takes at once, leaves the messages in the queue", async () => {
    const failed = await run(() => ({ FunctionError: "Unhandled", errorMessage: "no" }));
    expect([failed.on.given("f"), failed.counts, failed.on.counted.get("EnrichmentStageFailed PipeName")]).toMatchObject([[], { inFlight: 2 }, 1]);
    const many = await run(() => Array.from({ length: 11 }, () => ({ id: 1 })), TO_QUEUE);
    expect([many.on.to("SendMessageBatch"), many.counts]).toMatchObject([[], { inFlight: 2 }]);
    expect(many.on.summaries()).toEqual(expect.arrayContaining([expect.stringContaining("the enrichment has answered 11 events: SQS takes at most 10 at once")]));
  });

  it("stands between the messages and what the target did not take: all of them come again", async () => {
    const on = openPipes();
    on.world.functions[functionArn("e")] = (events) => events;
    on.world.other = ({ input }) => ({ Entries: (input["Entries"] as object[]).map((_entry, index) => (index === 0 ? { ErrorCode: "MalformedDetail", ErrorMessage: "Detail is malformed." } : { EventId: "x" })) });
    const start = await begin(on, "arn:aws:events:us-east-1:000000000000:event-bus/b", { enrichment: functionArn("e") });
    for (const one of ["a", "b"]) await on.send("q", one);
    await start();
    await eventually("it is sent", () => on.to("PutEvents").length === 1);
    await idle(on);
    expect(await on.counts("q")).toMatchObject({ inFlight: 2 });
  });
});

describe("other targets", () => {
  it("are a bus, with type, source, resources and time by their paths", async () => {
    const on = openPipes();
    const bus = "arn:aws:events:us-east-1:000000000000:event-bus/b";
    on.world.other = ({ input }) => ({ Entries: (input["Entries"] as object[]).map(() => ({ EventId: "x" })) });
    const start = await begin(on, bus, { targetParameters: { InputTemplate: "<$.body>", EventBridgeEventBusParameters: { DetailType: "$.body.type", Source: "mine", Resources: ["$.body.arn", "static"], Time: "$.attributes.SentTimestamp" } } });
    await on.send("q", '{"type":"T","arn":"arn:x"}');
    await start();
    await eventually("it is put", () => on.to("PutEvents").length === 1);
    expect(on.to("PutEvents")[0]!.input).toEqual({ Entries: [{ EventBusName: bus, Detail: '{"type":"T","arn":"arn:x"}', DetailType: "T", Source: "mine", Resources: ["arn:x", "static"], Time: expect.any(Date) as Date }] });
    await idle(on);
    await on.createQueue("other");
    await on.send("other", "a");
    await on.pipe({ source: on.queueArn("other"), target: bus }, "plain");
    await eventually("it is put", () => on.to("PutEvents").length === 2);
    expect(on.to("PutEvents")[1]!.input).toMatchObject({ Entries: [{ DetailType: "Event from aws:sqs", Source: "Pipe plain" }] });
  });

  it("are a topic, and a log group, by streams and in the order of time", async () => {
    const on = openPipes();
    const start = await begin(on, "arn:aws:sns:us-east-1:000000000000:t", { targetParameters: { InputTemplate: "<$.body>" } });
    await on.send("q", "a");
    await start();
    await eventually("it is published", () => on.to("PublishBatch").length === 1);
    expect(on.to("PublishBatch")[0]!.input).toEqual({ TopicArn: "arn:aws:sns:us-east-1:000000000000:t", PublishBatchRequestEntries: [{ Id: "0", Message: "a" }] });
    await on.createQueue("lines");
    for (const body of ['{"s":"x","t":2000000000001}', '{"s":"y","t":2000000000000}', '{"s":"x","t":2000000000000}']) await on.send("lines", body);
    await on.pipe({
      source: on.queueArn("lines"), target: "arn:aws:logs:us-east-1:000000000000:log-group:/g", sourceParameters: SOURCE,
      targetParameters: { InputTemplate: "<$.body.t>", CloudWatchLogsParameters: { LogStreamName: "$.body.s", Timestamp: "$.body.t" } },
    }, "logs");
    await eventually("all are written", () => on.to("PutLogEvents").length === 2);
    expect(Object.fromEntries(on.to("PutLogEvents").map(({ input }) => [input["logStreamName"], (input["logEvents"] as { message: string }[]).map(({ message }) => message)]))).toEqual({ x: ["2000000000000", "2000000000001"], y: ["2000000000000"] });
    expect(on.to("PutLogEvents")[0]!.input["logGroupName"]).toBe("/g");
  });
});

describe("a batch that is longer than the target takes at once", () => {
  const LONG = "x".repeat(400 * 1024);

  it("is sent to a queue by several requests", async () => {
    const on = openPipes();
    await on.createQueue("to");
    const start = await begin(on, TO_QUEUE, { targetParameters: { InputTemplate: "<$.body>" } });
    for (const body of ["a", "b", "c"]) await on.send("q", body + LONG);
    await start();
    await eventually("all are sent", async () => (await on.counts("to")).visible === 3);
    await idle(on);
    expect(await on.counts("q")).toMatchObject({ visible: 0, inFlight: 0 });
  });

  it("comes again as far as its request is refused", async () => {
    const on = openPipes();
    const start = await begin(on, "arn:aws:sns:us-east-1:000000000000:t", { targetParameters: { InputTemplate: "<$.body>" } });
    on.world.other = ({ input }) => {
      const messages = (input["PublishBatchRequestEntries"] as { Message: string }[]).map(({ Message }) => Message);
      if (messages.some((message) => message.length > 256 * 1024)) throw new ApiError("BatchRequestTooLongException", "The length of all the batch messages put together is more than the limit.");
      return {};
    };
    for (const body of [`a${"x".repeat(200 * 1024)}`, LONG, `b${"x".repeat(200 * 1024)}`]) await on.send("q", body);
    await start();
    await eventually("all are tried", () => on.to("PublishBatch").length >= 3);
    await idle(on);
    expect(await on.counts("q")).toMatchObject({ visible: 0, inFlight: 1 });
    expect(on.summaries()).toEqual(expect.arrayContaining([expect.stringMatching(/has not taken the message .*: 1 could not be taken \(BatchRequestTooLongException: The length/)]));
  });

  it("goes on behind what is refused only where no order is kept", async () => {
    const on = openPipes();
    const start = await begin(on, "arn:aws:sns:us-east-1:000000000000:t", { targetParameters: { InputTemplate: "<$.body>" } }, "q.fifo");
    on.world.other = ({ input }) => {
      if ((input["PublishBatchRequestEntries"] as { Message: string }[])[0]!.Message.startsWith("b")) throw new ApiError("InvalidParameterException", "Invalid parameter");
      return {};
    };
    for (const body of ["a", "b", "c"]) await on.send("q.fifo", body + "x".repeat(200 * 1024), { MessageGroupId: "g", MessageDeduplicationId: body });
    await start();
    await eventually("the others come again", async () => (await on.counts("q.fifo")).inFlight === 2 && on.to("PublishBatch").length === 2);
    await idle(on);
    expect(on.to("PublishBatch")).toHaveLength(2);
  });

  it("becomes several invocations, each with an id of its own, of a function that nobody waits for", async () => {
    const on = openPipes();
    const start = await begin(on, functionArn("f"), { targetParameters: { InputTemplate: "<$.body>", LambdaFunctionParameters: { InvocationType: "FIRE_AND_FORGET" } } });
    for (const body of ["a", "b", "c"]) await on.send("q", body + LONG);
    await start();
    await eventually("all are given", () => on.given("f").flat().length === 3);
    const invoked = on.to("Invoke");
    expect(Math.max(...invoked.map(({ input }) => (input["Payload"] as Buffer).length))).toBeLessThanOrEqual(1024 * 1024);
    expect(new Set(invoked.map(({ options }) => options.requestId)).size).toBe(invoked.length);
    await idle(on);
    expect(await on.counts("q")).toMatchObject({ visible: 0, inFlight: 0 });
  });

  it("is written to a log group by days, as one request has no more", async () => {
    const on = openPipes();
    const start = await begin(on, "arn:aws:logs:us-east-1:000000000000:log-group:/g", { targetParameters: { InputTemplate: "<$.body.t>", CloudWatchLogsParameters: { Timestamp: "$.body.t" } } });
    for (const t of [2_000_000_000_000, 2_000_100_000_000]) await on.send("q", JSON.stringify({ t }));
    await start();
    await eventually("all are written", () => on.to("PutLogEvents").flatMap(({ input }) => input["logEvents"] as object[]).length === 2);
    expect(on.to("PutLogEvents")).toHaveLength(2);
  });
});

describe("a pipe that may not", () => {
  it("reach its target rests, longer each time, and tells why; nothing is lost", async () => {
    const on = openPipes();
    on.world.refused.set("Invoke", denied("lambda:InvokeFunction"));
    await (await begin(on, functionArn("f"), {
      logConfiguration: { Level: "ERROR", CloudwatchLogsLogDestination: { LogGroupArn: "arn:aws:logs:us-east-1:000000000000:log-group:/g" } },
    }))();
    const { MessageId } = await on.send("q", "a");
    const problem = await eventually("the problem is told", () => on.pipes.problemOf(on.the()));
    expect(problem).toBe(`PROBLEM: Target invocation failed with error from Lambda. Not allowed to invoke ${functionArn("f")}. not authorized to perform: lambda:InvokeFunction`);
    await eventually("the message's story says so", () => on.entries.some(({ keys, summary }) => keys.includes(MessageId!) && /has not taken the message .*AccessDeniedException: .*Back in q/.test(summary)));
    expect(on.logged.map(({ messageType }) => messageType)).toEqual(["TargetInvocationFailed", "TargetStageFailed", "ExecutionFailed"]);
    expect(on.logged[2]!["error"]).toMatchObject({ exceptionType: "AccessDenied", awsService: "lambda", resourceArn: functionArn("f") });
    for (let index = 0; index < 20; index++) await on.send("q", String(index));
    const before = on.to("Invoke").length;
    for (let minute = 0; minute < 10; minute++) await on.clock.advance(60_000);
    expect(on.to("Invoke").length - before).toBeLessThan(20);
    on.world.refused.clear();
    await eventually("all are given", async () => {
      await on.clock.advance(60_000);
      return new Set(on.given("f").flat().map(({ body }) => body)).size === 21;
    });
    await eventually("it is well again", () => on.pipes.problemOf(on.the()) === undefined);
    expect(on.summaries().filter((summary) => summary.startsWith("the pipe p has a problem"))).toHaveLength(1);
    expect(on.summaries()).toContain("the pipe p works again");
  });

  it("write to its bus, which tells that of each event, rests as well", async () => {
    const on = openPipes();
    on.world.other = ({ input }) => ({ FailedEntryCount: 1, Entries: (input["Entries"] as object[]).map(() => ({ ErrorCode: "AccessDeniedException", ErrorMessage: "not authorized to perform: events:PutEvents" })) });
    const bus = "arn:aws:events:us-east-1:000000000000:event-bus/b";
    await (await begin(on, bus))();
    await on.send("q", "{}");
    expect(await eventually("the problem is told", () => on.pipes.problemOf(on.the()))).toBe(`PROBLEM: Target invocation failed with error from EventBridge. Not allowed to invoke ${bus}. not authorized to perform: events:PutEvents`);
    await idle(on);
    expect([await on.counts("q"), on.counted.get("ExecutionFailed PipeName"), on.counted.get("ExecutionPartiallyFailed PipeName")]).toMatchObject([{ inFlight: 1 }, 1, 0]);
  });

  it("take on its role, or read its queue, receives nothing and says so", async () => {
    const on = openPipes();
    on.world.refused.set("AssumeRole", denied("sts:AssumeRole"));
    await (await begin(on, functionArn("f")))();
    await on.send("q", "a");
    expect(await eventually("the problem is told", () => on.pipes.problemOf(on.the()))).toBe(`PROBLEM: pipes.amazonaws.com cannot assume the role ${ROLE}: not authorized to perform: sts:AssumeRole`);
    on.world.refused.delete("AssumeRole");
    on.world.refused.set("ReceiveMessage", denied("sqs:receivemessage"));
    await eventually("another problem is told", async () => {
      await on.clock.advance(1_000);
      return on.pipes.problemOf(on.the())?.startsWith("PROBLEM: Pipes does not have enough permission to process your event source. Please add sqs:ReceiveMessage permission to role.");
    });
    on.world.refused.clear();
    await eventually("it goes on", async () => {
      await on.clock.advance(60_000);
      return on.given("f").length > 0 && on.pipes.problemOf(on.the()) === undefined;
    });
  });
});

describe("a pipe at work", () => {
  it("begins when its creation is over, and is not changed before that", async () => {
    const on = openPipes();
    await on.createQueue("q");
    await on.createQueue("to");
    const api = on.api();
    const context = requestContext();
    const { CurrentState } = await api.CreatePipe({ Name: "p", Source: on.queueArn("q"), Target: TO_QUEUE, RoleArn: ROLE }, context);
    expect(CurrentState).toBe("CREATING");
    const conflict = (action: string) => ({ name: "ConflictException", message: `Pipe p cannot be ${action} while it is CREATING.` });
    await expect(api.StopPipe({ Name: "p" }, context)).rejects.toMatchObject(conflict("stopped"));
    await expect(api.StartPipe({ Name: "p" }, context)).rejects.toMatchObject(conflict("started"));
    await expect(api.UpdatePipe({ Name: "p", RoleArn: ROLE }, context)).rejects.toMatchObject(conflict("updated"));
    await expect(api.DeletePipe({ Name: "p" }, context)).rejects.toMatchObject(conflict("deleted"));
    await on.send("q", "a");
    const polls = () => on.to("ReceiveMessage").filter(({ options }) => options.isQuestion !== true).length;
    expect(polls()).toBe(0);
    await on.clock.advance(3_600_000);
    await eventually("it begins", () => polls() > 0);
    expect((await api.DescribePipe({ Name: "p" }, context)).CurrentState).toBe("RUNNING");
    expect((await api.DeletePipe({ Name: "p" }, context)).CurrentState).toBe("DELETING");
    await expect(api.CreatePipe({ Name: "p", Source: on.queueArn("q"), Target: TO_QUEUE, RoleArn: ROLE }, context)).rejects.toMatchObject({ name: "ConflictException", message: "Pipe p already exists." });
    await on.clock.advance(3_600_000);
    await expect(api.DescribePipe({ Name: "p" }, context)).rejects.toMatchObject({ name: "NotFoundException" });
    expect((await api.CreatePipe({ Name: "p", Source: on.queueArn("q"), Target: TO_QUEUE, RoleArn: ROLE }, context)).CurrentState).toBe("CREATING");
  });

  it("stays what it was when a change of it fails: at work, or not", async () => {
    const on = openPipes();
    await on.createQueue("q");
    const context = requestContext();
    let api = on.api();
    const settled = async () => {
      await on.clock.advance(3_600_000);
      return (await api.DescribePipe({ Name: "p" }, context)).CurrentState;
    };
    on.world.refused.set("AssumeRole", denied("sts:AssumeRole"));
    await api.CreatePipe({ Name: "p", Source: on.queueArn("q"), Target: functionArn("f"), RoleArn: ROLE }, context);
    expect(await settled()).toBe("CREATE_FAILED");
    await api.UpdatePipe({ Name: "p", RoleArn: ROLE }, context);
    expect(await settled()).toBe("UPDATE_FAILED");
    on.world.refused.clear();
    await on.send("q", "a");
    await on.restart();
    api = on.api();
    expect([await on.pipes.pending(), await on.counts("q")]).toMatchObject([0, { visible: 1 }]);
    await api.StartPipe({ Name: "p" }, context);
    expect(await settled()).toBe("RUNNING");
    await eventually("it is given", () => on.given("f").length === 1);
    on.world.refused.set("AssumeRole", denied("sts:AssumeRole"));
    await api.StartPipe({ Name: "p" }, context);
    on.world.refused.clear();
    expect(await settled()).toBe("START_FAILED");
    await on.send("q", "b");
    await eventually("it goes on", () => on.given("f").length === 2);
  });

  it("is stopped, started and changed: what runs is finished, the next batch is as it is then", async () => {
    const on = openPipes();
    const { promise, resolve } = Promise.withResolvers<void>();
    on.world.functions[functionArn("f")] = () => promise;
    const pipe = await (await begin(on, functionArn("f")))();
    await on.send("q", "first");
    await eventually("it is given", () => on.given("f").length === 1);
    await on.save({ ...pipe, body: { ...pipe.body, desiredState: "STOPPED", change: "STOP" } });
    await on.send("q", "second");
    resolve();
    await eventually("the first is deleted", async () => (await on.counts("q")).inFlight === 0);
    expect([await on.counts("q"), on.given("f").length]).toMatchObject([{ visible: 1 }, 1]);
    await on.save({ ...pipe, body: { ...pipe.body, change: "START", target: functionArn("g") } });
    await eventually("the other gets it", () => on.given("g").length === 1);
  });

  it("goes on after a restart, with what was left; one whose creation failed does not, and one whose update failed does", async () => {
    const on = openPipes();
    const start = await begin(on, functionArn("f"));
    await start();
    await on.pipes.close(0);
    await on.send("q", "meanwhile");
    expect(on.given("f")).toEqual([]);
    await on.restart();
    await eventually("it is given", () => on.given("f").length === 1);
    for (const [change, queue] of [["CREATE", "a"], ["UPDATE", "b"]] as const) {
      await on.createQueue(queue);
      await on.pipe({ source: on.queueArn(queue), target: functionArn(queue), change, failure: "no" }, queue);
      await on.send(queue, "x");
    }
    await eventually("the other goes on", () => on.given("b").length === 1);
    expect(on.given("a")).toEqual([]);
  });

  it("waits at its end for what runs, for as long as it is told", async () => {
    const on = openPipes();
    const { promise, resolve } = Promise.withResolvers<void>();
    on.world.functions[functionArn("f")] = () => promise;
    await (await begin(on, functionArn("f")))();
    await on.send("q", "a");
    await eventually("it is given", () => on.given("f").length === 1);
    let isClosed = false;
    const closing = on.pipes.close(60_000).then(() => (isClosed = true));
    await new Promise(setImmediate);
    expect(isClosed).toBe(false);
    resolve();
    await closing;
    expect(await on.counts("q")).toMatchObject({ visible: 0, inFlight: 0 });
  });

  it("gives up an execution after five minutes: its messages come again", async () => {
    const on = openPipes();
    const { promise, resolve } = Promise.withResolvers<void>();
    on.world.functions[functionArn("f")] = () => promise;
    await on.createQueue("q", { VisibilityTimeout: "3600" });
    await on.pipe({ source: on.queueArn("q"), target: functionArn("f") });
    await on.send("q", "a");
    await eventually("it is given", () => on.given("f").length === 1);
    await eventually("it is given up", async () => {
      await on.clock.advance(60_000);
      return on.counted.get("ExecutionTimeout PipeName") === 1;
    });
    resolve();
    await idle(on);
    expect(await on.counts("q")).toMatchObject({ inFlight: 1 });
  });

  it("gives the target nothing of what an enrichment answers too late", async () => {
    const on = openPipes();
    const { promise, resolve } = Promise.withResolvers<unknown>();
    on.world.functions[functionArn("e")] = () => promise;
    await on.createQueue("q", { VisibilityTimeout: "3600" });
    await on.pipe({ source: on.queueArn("q"), target: functionArn("f"), enrichment: functionArn("e") });
    await on.send("q", "a");
    await eventually("it is asked", () => on.given("e").length === 1);
    await eventually("it is given up", async () => {
      await on.clock.advance(60_000);
      return on.counted.get("ExecutionTimeout PipeName") === 1;
    });
    resolve({ a: 1 });
    await eventually("it has answered", () => on.counted.get("EnrichmentStageFailed PipeName") === 0);
    await idle(on);
    expect(on.given("f")).toEqual([]);
  });
});
