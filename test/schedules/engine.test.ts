import { cpSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ApiError } from "../../src/kit/api-error.ts";
import { systemRandom, type Random } from "../../src/kit/random.ts";
import { ACCOUNT } from "../support/context.ts";
import { findGroup, saveGroup } from "../../src/services/scheduler/group-rows.ts";
import { sql } from "../../src/store/store.ts";
import { createStillClock } from "../sqs/still-clock.ts";
import { eventually, temporaryDirectory } from "../support/temporary.ts";
import { DAY, DEAD, FUNCTION, HOUR, MINUTE, NOW, OFF, openSchedules, QUEUE, ROLE, type Called } from "./ground.ts";

const at = (ms: number) => `at(${new Date(ms).toISOString().slice(0, 19)})`;
const SCHEDULE = `arn:aws:scheduler:us-east-1:${ACCOUNT}:schedule/default/s`;
const target = (over: object = {}) => ({ Arn: FUNCTION, RoleArn: ROLE, Input: "{}", ...over });
const fails = (code = "ServiceException", status = 500) => () => {
  throw new ApiError(code, `${code} it is`, { status });
};

describe("a schedule", () => {
  it("with a rate runs at once and after each period, as its role, each run with an id of its own", async () => {
    const ground = await openSchedules();
    await ground.create({ ScheduleExpression: "rate(5 minutes)" });
    await ground.pass(12 * MINUTE);
    expect(ground.moments()).toEqual([0, 300, 600]);
    const [first] = ground.called;
    expect(first).toMatchObject({ service: "lambda", operation: "Invoke", input: { FunctionName: FUNCTION, InvocationType: "Event" }, options: { as: { type: "role-session", roleArn: ROLE }, region: "us-east-1", account: ACCOUNT } });
    expect(new Set(ground.called.map(({ options }) => options.requestId)).size).toBe(3);
    expect(ground.counted).toEqual({ "InvocationAttemptCount default": 3, InvocationAttemptCount: 3 });
  });

  it("with a cron keeps to its time zone, its StartDate and its EndDate", async () => {
    const ground = await openSchedules();
    await ground.create({ ScheduleExpression: "cron(0 9 * * ? *)", ScheduleExpressionTimezone: "America/New_York", StartDate: new Date(NOW + DAY), EndDate: new Date(NOW + 3 * DAY + 2 * HOUR), ActionAfterCompletion: "DELETE" });
    await ground.pass(6 * DAY);
    // 09:00 in New York is 14:00 UTC.
    expect(ground.moments()).toEqual([DAY + 2 * HOUR, 2 * DAY + 2 * HOUR, 3 * DAY + 2 * HOUR].map((ms) => ms / 1_000));
    expect((await ground.ask("ListSchedules", {})).Schedules).toEqual([]);
    expect(ground.why(SCHEDULE).at(-1)).toBe(`the schedule default/s is due, and ${FUNCTION} is called for 2026-11-27T14:00:00Z; it was the last time, and the schedule is deleted`);
  });

  it("that is for one time runs once, and stays unless it is to be deleted", async () => {
    const ground = await openSchedules();
    await ground.create({ Name: "stays", ScheduleExpression: at(NOW + HOUR), StartDate: new Date(0), EndDate: new Date(1) });
    await ground.create({ Name: "goes", ScheduleExpression: at(NOW + 2 * HOUR), ActionAfterCompletion: "DELETE" });
    // Within the minute that it names, and no more.
    await ground.create({ Name: "late", ScheduleExpression: at(NOW - 30_000) });
    await ground.create({ Name: "past", ScheduleExpression: at(NOW - 2 * MINUTE), ActionAfterCompletion: "DELETE" });
    await ground.pass(DAY);
    expect(ground.moments()).toEqual([0, 3_600, 7_200]);
    expect((await ground.ask("ListSchedules", {})).Schedules!.map(({ Name }) => Name)).toEqual(["late", "past", "stays"]);
  });

  it("that is disabled does not run, and begins from now when it is enabled", async () => {
    const ground = await openSchedules();
    await ground.create({ ScheduleExpression: "rate(1 hours)", State: "DISABLED" });
    await ground.pass(90 * MINUTE);
    expect(ground.called).toEqual([]);
    const change = (over: object) => ground.ask("UpdateSchedule", { Name: "s", ScheduleExpression: "rate(1 hours)", FlexibleTimeWindow: OFF, Target: target(), ...over });
    await change({ State: "ENABLED" });
    await ground.pass(90 * MINUTE);
    expect(ground.moments()).toEqual([7_200, 10_800]);
    await change({ State: "DISABLED" });
    await ground.pass(DAY);
    expect(ground.called).toHaveLength(2);
  });

  it("that is changed goes on as it is now; with the same timing it is not run anew", async () => {
    const ground = await openSchedules();
    await ground.create({ ScheduleExpression: "rate(1 hour)" });
    await ground.pass(30 * MINUTE);
    const change = (ScheduleExpression: string, Input: string) => ground.ask("UpdateSchedule", { Name: "s", ScheduleExpression, FlexibleTimeWindow: OFF, Target: target({ Input }) });
    await change("rate(1 hour)", '{"n":2}');
    await ground.pass(45 * MINUTE);
    expect(ground.moments()).toEqual([0, 3_600]);
    await change("rate(20 minutes)", '{"n":3}');
    await ground.pass(30 * MINUTE);
    expect(ground.moments()).toEqual([0, 3_600, 4_500, 5_700]);
    expect(ground.called.map(({ input }) => String(input["Payload"]))).toEqual(["{}", '{"n":2}', '{"n":3}', '{"n":3}']);
  });

  it("that is deleted, alone or with its group, runs no more", async () => {
    const ground = await openSchedules();
    await ground.ask("CreateScheduleGroup", { Name: "g" });
    await ground.create({ ScheduleExpression: "rate(1 hour)", State: "ENABLED" });
    for (let i = 0; i < 3; i++) await ground.create({ Name: `s${i}`, GroupName: "g", ScheduleExpression: at(NOW + HOUR) });
    await ground.pass(0);
    await ground.ask("DeleteSchedule", { Name: "s" });
    await ground.ask("DeleteScheduleGroup", { Name: "g" });
    await ground.pass(DAY);
    expect(ground.moments()).toEqual([0]);
  });

  it("with a flexible time window runs somewhere in it, and a restart does not move that", async () => {
    const directory = temporaryDirectory();
    const drawn: number[] = [];
    const random: Random = { ...systemRandom, below: (below) => (drawn.push(below), Math.floor(below * 0.6)) };
    const window = { Mode: "FLEXIBLE", MaximumWindowInMinutes: 30 } as const;
    const first = await openSchedules({ directory, random });
    await first.create({ ScheduleExpression: "rate(1 hour)", StartDate: new Date(NOW + HOUR), FlexibleTimeWindow: window, Target: target({ Input: '{"t":"<aws.scheduler.scheduled-time>"}' }) });
    await first.pass(10 * MINUTE);
    await first.close();
    const second = await openSchedules({ directory, random, clock: first.clock });
    await second.pass(2 * HOUR);
    expect(drawn.every((below) => below === 30 * MINUTE)).toBe(true);
    await second.pass(20 * MINUTE);
    expect(second.called.map(({ input }) => String(input["Payload"]))).toEqual(['{"t":"2026-11-24T13:00:00Z"}', '{"t":"2026-11-24T14:00:00Z"}']);
    expect(second.moments()).toEqual([4_680, 8_280]);
  });
});

describe("what fell due while the server was down", () => {
  it("runs once: a schedule for one time, and one run of those that recur", async () => {
    const directory = temporaryDirectory();
    const first = await openSchedules({ directory });
    await first.create({ Name: "once", ScheduleExpression: at(NOW + HOUR) });
    await first.create({ Name: "often", ScheduleExpression: "rate(10 minutes)", StartDate: new Date(NOW + 10 * MINUTE), Target: target({ Input: '{"t":"<aws.scheduler.scheduled-time>"}' }) });
    await first.close();
    await first.clock.advance(5 * HOUR + 5 * MINUTE);
    const second = await openSchedules({ directory, clock: first.clock });
    await second.pass(10 * MINUTE);
    const since = (5 * HOUR + 5 * MINUTE) / 1_000;
    expect(second.moments()).toEqual([since, since, since + 300]);
    expect(second.called.map(({ input }) => String(input["Payload"])).filter((payload) => payload !== "{}")).toEqual(['{"t":"2026-11-24T12:10:00Z"}', '{"t":"2026-11-24T17:10:00Z"}']);
  });

  it("or the machine slept, runs once, too, and what falls due in a flexible window that is not over is no part of it", async () => {
    const clock = createStillClock(NOW);
    let slept = 0;
    const ground = await openSchedules({ clock: { ...clock, now: () => clock.now() + slept }, random: { ...systemRandom, below: () => 0 } });
    const Input = '{"t":"<aws.scheduler.scheduled-time>"}';
    await ground.create({ ScheduleExpression: "rate(10 minutes)", StartDate: new Date(NOW + 10 * MINUTE), Target: target({ Input }) });
    await ground.create({ Name: "flexible", ScheduleExpression: "rate(1 hour)", StartDate: new Date(NOW + HOUR), FlexibleTimeWindow: { Mode: "FLEXIBLE", MaximumWindowInMinutes: 45 }, Target: target({ Arn: QUEUE, Input }) });
    await ground.settle();
    slept = 5 * HOUR + 30 * MINUTE - 1_000;
    await ground.engine.parts.due.poke();
    await ground.settle();
    const told = (service: string) => ground.called.filter((one) => one.service === service).map(({ input }) => String(input["Payload"] ?? input["MessageBody"]).slice(17, 22));
    expect([told("lambda"), told("sqs")]).toEqual([["12:10"], ["13:00", "17:00"]]);
  });

  it("or under way when it was killed, is one run: the target is called again with the id that it knows", async () => {
    const [before, meanwhile] = [temporaryDirectory(), temporaryDirectory()];
    const held: (() => void)[] = [];
    const first = await openSchedules({ behave: () => new Promise<void>((resolve) => held.push(resolve)) });
    await first.create({ ScheduleExpression: "rate(1 hour)", StartDate: new Date(NOW + HOUR) });
    await first.settle();
    // What a killed process leaves is what is on the disk.
    cpSync(first.directory, before, { recursive: true });
    const advanced = first.clock.advance(HOUR);
    await eventually("the target is called", () => first.called.length === 1, 20_000, 0);
    cpSync(first.directory, meanwhile, { recursive: true });
    held.forEach((release) => release());
    await advanced;
    const requestId = first.called[0]!.options.requestId;
    for (const directory of [before, meanwhile]) {
      const again = await openSchedules({ directory, clock: createStillClock(NOW + HOUR) });
      await again.pass(90 * MINUTE);
      expect(again.moments()).toEqual([3_600, 7_200]);
      expect(again.called[0]!.options.requestId).toBe(requestId);
    }
  });

  it("stops no other schedule when its own expression cannot be read any more", async () => {
    const ground = await openSchedules();
    await ground.create({ Name: "broken", ScheduleExpression: "rate(1 hour)", StartDate: new Date(NOW + HOUR), EndDate: new Date(NOW + DAY), ActionAfterCompletion: "DELETE" });
    await ground.create({ Name: "whole", ScheduleExpression: "rate(1 hour)", StartDate: new Date(NOW + HOUR) });
    await ground.store.run(() => sql("update schedule set body = json_set(body, '$.expression', 'rate(one hour)') where name = 'broken'"));
    await ground.pass(2 * HOUR);
    expect(ground.moments()).toEqual([3_600, 3_600, 7_200]);
    expect(ground.why("broken").find((summary) => summary.includes("is due"))).toContain("when it is due next cannot be told from rate(one hour) in UTC, and it does not run again until it is changed");
    expect((await ground.ask("ListSchedules", {})).Schedules).toHaveLength(2);
  });

  it("or was to be deleted with its group, is deleted when the disk takes it again", async () => {
    let isFull = false;
    const ground = await openSchedules({ wrap: (store) => ({ ...store, run: (operation, urgency) => (isFull ? Promise.reject(new Error("the disk is full")) : store.run(operation, urgency)) }) });
    await ground.ask("CreateScheduleGroup", { Name: "g" });
    await ground.create({ GroupName: "g", ScheduleExpression: at(NOW + DAY) });
    const group = (await ground.store.read(() => findGroup({ account: ACCOUNT, region: "us-east-1" }, "g")))!;
    await ground.store.run(() => saveGroup({ ...group, state: "DELETING" }));
    isFull = true;
    ground.engine.parts.deletedGroups.poke();
    expect(await ground.engine.pending!()).toBe(1);
    isFull = false;
    await ground.clock.advance(1_000);
    expect(await ground.engine.pending!()).toBe(0);
  });

  it("runs once for each moment, whatever the disk does meanwhile", async () => {
    let isFull = false;
    const ground = await openSchedules({
      wrap: (store) => ({ ...store, run: (operation, urgency) => store.run(function* () {
        const result = yield* operation();
        if (isFull) throw new Error("the disk is full");
        return result;
      }, urgency) }),
    });
    await ground.create({ ScheduleExpression: at(NOW + MINUTE) });
    await ground.settle();
    isFull = true;
    await ground.clock.advance(MINUTE);
    expect(await ground.engine.pending!()).toBe(1);
    isFull = false;
    await ground.clock.advance(5_000);
    await ground.pass(HOUR);
    expect(ground.called).toHaveLength(1);
  });
});

describe("the run's delivery", () => {
  it("has the context in its Input, and its number with each try", async () => {
    const Input = '{"arn":"<aws.scheduler.schedule-arn>","time":"<aws.scheduler.scheduled-time>","id":"<aws.scheduler.execution-id>","try":"<aws.scheduler.attempt-number>"}';
    const ground = await openSchedules({ behave: (_called, count) => count < 3 && fails()() });
    await ground.create({ ScheduleExpression: at(NOW + HOUR), Target: target({ Input }) });
    await ground.pass(2 * HOUR);
    const inputs = ground.called.map(({ input }) => JSON.parse(String(input["Payload"])) as Record<string, string>);
    expect(inputs.map((input) => input["try"])).toEqual(["1", "2", "3"]);
    expect(inputs[2]).toEqual({ arn: SCHEDULE, time: "2026-11-24T13:00:00Z", id: expect.stringMatching(/^[0-9a-f]{16}$/) as string, try: "3" });
    expect(new Set(inputs.map(({ id }) => id)).size).toBe(1);
    // Who asks why, asks by that id, or by the schedule's name.
    for (const key of [inputs[0]!["id"]!, "s", SCHEDULE]) expect(ground.why(key)[0]).toContain("the schedule default/s is due");
    expect(ground.why(inputs[0]!["id"]!).filter((summary) => summary.includes("is tried again"))).toHaveLength(2);
    expect(ground.counted).toMatchObject({ "InvocationAttemptCount default": 3, "TargetErrorCount default": 2 });
  });

  it("tells what it is where there is no Input", async () => {
    const ground = await openSchedules();
    await ground.create({ ScheduleExpression: at(NOW), Target: { Arn: FUNCTION, RoleArn: ROLE } });
    await ground.settle();
    expect(JSON.parse(String(ground.called[0]!.input["Payload"]))).toEqual({
      version: "0", id: ground.called[0]!.options.requestId, "detail-type": "Scheduled Event", source: "aws.scheduler", account: ACCOUNT, time: "2026-11-24T12:00:00Z", region: "us-east-1", resources: [SCHEDULE], detail: "{}",
    });
  });

  const events = `arn:aws:events:us-east-1:${ACCOUNT}:event-bus/default`;
  it.each<[string, object, Partial<Called>]>([
    ["a queue", { Arn: QUEUE, Input: "hello" }, { service: "sqs", operation: "SendMessage", input: { QueueUrl: `https://sqs.us-east-1.amazonaws.com/${ACCOUNT}/orders`, MessageBody: "hello" } }],
    ["a FIFO queue", { Arn: `${QUEUE}.fifo`, Input: "hello", SqsParameters: { MessageGroupId: "g" } }, { service: "sqs", input: { QueueUrl: `https://sqs.us-east-1.amazonaws.com/${ACCOUNT}/orders.fifo`, MessageBody: "hello", MessageGroupId: "g" } }],
    ["a topic", { Arn: `arn:aws:sns:us-east-1:${ACCOUNT}:t`, Input: "hello" }, { service: "sns", operation: "Publish", input: { TopicArn: `arn:aws:sns:us-east-1:${ACCOUNT}:t`, Message: "hello" } }],
    ["a bus", { Arn: events, Input: '{"a":1}', EventBridgeParameters: { Source: "my.app", DetailType: "tick" } }, { service: "events", operation: "PutEvents", input: { Entries: [{ EventBusName: events, Detail: '{"a":1}', Source: "my.app", DetailType: "tick" }] } }],
    ["an operation", { Arn: "arn:aws:scheduler:::aws-sdk:lambda:invoke", Input: '{"FunctionName":"f","InvocationType":"RequestResponse","Payload":"{\\"a\\":1}"}' }, { service: "lambda", operation: "Invoke", input: { FunctionName: "f", InvocationType: "RequestResponse", Payload: Buffer.from('{"a":1}') } }],
    ["an operation with times and lists", { Arn: "arn:aws:scheduler:::aws-sdk:eventbridge:putEvents", Input: '{"Entries":[{"Source":"s","DetailType":"d","Detail":"{}","Time":"<aws.scheduler.scheduled-time>"}]}' }, { service: "events", operation: "PutEvents", input: { Entries: [{ Source: "s", DetailType: "d", Detail: "{}", Time: new Date(NOW) }] } }],
    ["an operation of CloudWatch", { Arn: "arn:aws:scheduler:::aws-sdk:cloudwatch:putMetricData", Input: '{"Namespace":"n","MetricData":[{"MetricName":"m","Value":1}]}' }, { service: "monitoring", operation: "PutMetricData", input: { Namespace: "n", MetricData: [{ MetricName: "m", Value: 1 }] } }],
    ["an operation of Logs", { Arn: "arn:aws:scheduler:::aws-sdk:cloudwatchlogs:createLogGroup", Input: '{"LogGroupName":"n"}' }, { service: "logs", operation: "CreateLogGroup", input: { logGroupName: "n" } }],
  ])("reaches %s", async (_what, over, expected) => {
    const ground = await openSchedules();
    await ground.create({ ScheduleExpression: at(NOW), Target: { Arn: "", RoleArn: ROLE, ...over } });
    await ground.settle();
    expect(ground.called).toHaveLength(1);
    expect(ground.called[0]).toMatchObject(expected);
    expect(ground.called[0]!.options.as).toMatchObject({ type: "role-session", roleArn: ROLE });
  });
});

describe("a run that fails", () => {
  const dead = { Arn: FUNCTION, RoleArn: ROLE, Input: '{"a":1}', DeadLetterConfig: { Arn: DEAD } };
  const attributesOf = ({ input }: Called) => Object.fromEntries(Object.entries(input["MessageAttributes"] as Record<string, { StringValue: string }>).map(([name, { StringValue }]) => [name, StringValue]));
  const toDead = ({ called }: { called: Called[] }) => called.filter(({ service }) => service === "sqs");

  it("is tried as often as its policy says, and then goes to its dead-letter queue as its role", async () => {
    const ground = await openSchedules({ behave: ({ service }) => service === "lambda" && fails()() });
    await ground.create({ ScheduleExpression: at(NOW), Target: { ...dead, RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 3_600 } } });
    await ground.pass(2 * HOUR);
    expect(ground.called.filter(({ service }) => service === "lambda")).toHaveLength(4);
    const [letter, ...more] = toDead(ground);
    expect(more).toEqual([]);
    expect(letter).toMatchObject({ input: { QueueUrl: `https://sqs.us-east-1.amazonaws.com/${ACCOUNT}/dead`, MessageBody: '{"a":1}' }, options: { as: { roleArn: ROLE } } });
    expect(attributesOf(letter!)).toEqual({
      ERROR_CODE: "ServiceException", ERROR_MESSAGE: "ServiceException it is", RETRY_ATTEMPTS: "3", EXHAUSTED_RETRY_CONDITION: "MaximumRetryAttempts", IS_PAYLOAD_TRUNCATED: "false",
      EXECUTION_ID: expect.stringMatching(/^[0-9a-f]{16}$/) as string, SCHEDULED_TIME: "2026-11-24T12:00:00Z", SCHEDULE_ARN: SCHEDULE, TARGET_ARN: "arn:aws:scheduler:::aws-sdk:lambda:invoke",
    });
    expect(ground.counted).toMatchObject({ "InvocationAttemptCount default": 4, "TargetErrorCount default": 4, "InvocationDroppedCount default": 1, "InvocationsSentToDeadLetterCount default": 1, InvocationDroppedCount: 1 });
    expect(ground.why(attributesOf(letter!)["EXECUTION_ID"]!).find((summary) => summary.includes("is not delivered"))).toBe(`the event is not delivered to ${FUNCTION}: it was tried 4 times (ServiceException); it goes to the dead-letter queue ${DEAD}`);
  });

  it("is given up when it is too old", async () => {
    const ground = await openSchedules({ behave: ({ service }) => service === "lambda" && fails("TooManyRequestsException", 429)() });
    await ground.create({ ScheduleExpression: at(NOW), Target: { ...dead, RetryPolicy: { MaximumEventAgeInSeconds: 60 } } });
    await ground.pass(HOUR);
    const tries = ground.called.filter(({ service }) => service === "lambda");
    expect(tries.at(-1)!.at).toBeLessThanOrEqual(NOW + MINUTE);
    expect(attributesOf(toDead(ground)[0]!)).toMatchObject({ ERROR_CODE: "TooManyRequestsException", EXHAUSTED_RETRY_CONDITION: "MaximumEventAgeInSeconds", RETRY_ATTEMPTS: String(tries.length - 1) });
    expect(ground.counted).toMatchObject({ "TargetErrorThrottledCount default": tries.length });
  });

  it("for good is not tried again", async () => {
    const ground = await openSchedules({ behave: ({ service }) => service === "lambda" && fails("AccessDeniedException", 403)() });
    await ground.create({ ScheduleExpression: at(NOW), Target: dead });
    await ground.pass(HOUR);
    const attributes = attributesOf(toDead(ground)[0]!);
    expect(ground.called).toHaveLength(2);
    expect(attributes).toMatchObject({ ERROR_CODE: "AccessDeniedException", RETRY_ATTEMPTS: "0" });
    expect(attributes).not.toHaveProperty("EXHAUSTED_RETRY_CONDITION");
    expect(ground.why("s").at(-1)).toContain(`the role ${ROLE} of s may not do it`);
  });

  it("because its role is not to be had any more, cannot reach the dead-letter queue either, and is counted", async () => {
    const ground = await openSchedules();
    await ground.create({ ScheduleExpression: at(NOW + HOUR), Target: dead });
    ground.trusted.is = false;
    await ground.pass(2 * HOUR);
    expect(ground.called).toEqual([]);
    expect(ground.counted).toMatchObject({ "InvocationDroppedCount default": 1, "InvocationsFailedToBeSentToDeadLetterCount default": 1, "InvocationsFailedToBeSentToDeadLetterCount_AccessDenied default": 1 });
    expect(ground.why("s").at(-1)).toContain(`scheduler.amazonaws.com cannot assume the role ${ROLE}`);
  });

  it("whose dead-letter queue is not there is counted with AWS's code of that", async () => {
    const ground = await openSchedules({ behave: ({ service }) => (service === "sqs" ? fails("QueueDoesNotExist", 400)() : fails("ResourceNotFoundException", 404)()) });
    await ground.create({ ScheduleExpression: at(NOW), Target: dead });
    await ground.pass(HOUR);
    expect(ground.counted).toMatchObject({ "InvocationsFailedToBeSentToDeadLetterCount_AWS.SimpleQueueService.NonExistentQueue default": 1 });
    expect(ground.counted).not.toHaveProperty("InvocationsSentToDeadLetterCount default");
  });

  it("without a dead-letter queue is counted as dropped", async () => {
    const ground = await openSchedules({ behave: fails() });
    await ground.create({ ScheduleExpression: at(NOW), Target: target({ RetryPolicy: { MaximumRetryAttempts: 0 } }) });
    await ground.pass(HOUR);
    expect(ground.called).toHaveLength(1);
    expect(ground.counted).toMatchObject({ "InvocationDroppedCount default": 1 });
    expect(ground.why("s").at(-1)).toContain("it was tried once (ServiceException)");
  });

  it("and is too long for a queue is cut, which is told and counted", async () => {
    const Input = JSON.stringify(Array.from({ length: 7_000 }, () => "<aws.scheduler.schedule-arn>é"));
    const group = "g".repeat(64);
    const ground = await openSchedules({ behave: ({ service }) => service === "lambda" && fails("RequestTooLargeException", 413)() });
    await ground.ask("CreateScheduleGroup", { Name: group });
    await ground.create({ Name: "n".repeat(64), GroupName: group, ScheduleExpression: at(NOW), Target: { ...dead, Input } });
    await ground.pass(HOUR);
    const [letter] = toDead(ground);
    const attributes = attributesOf(letter!);
    expect(attributes["IS_PAYLOAD_TRUNCATED"]).toBe("true");
    const size = Buffer.byteLength(String(letter!.input["MessageBody"])) + Object.entries(attributes).reduce((sum, [name, value]) => sum + name.length + "String".length + Buffer.byteLength(value), 0);
    expect(size).toBeLessThanOrEqual(1_048_576);
    expect(size).toBeGreaterThan(1_048_570);
    expect(ground.counted).toMatchObject({ [`InvocationsSentToDeadLetterCount_Truncated_MessageSizeExceeded ${group}`]: 1 });
  });
});
