import { describe, expect, it } from "vitest";
import { SCHEDULE_INPUT_BYTES_MAX } from "../../src/kit/limits/schedules.ts";
import { ACCOUNT } from "../support/context.ts";
import { refusal } from "../support/refusal.ts";
import { eventually } from "../support/temporary.ts";
import { DAY, FUNCTION, HOUR, MINUTE, NOW, OFF, openSchedules, QUEUE, ROLE } from "./ground.ts";

const RATE = "rate(1 hour)";
const groupArn = (name: string) => `arn:aws:scheduler:us-east-1:${ACCOUNT}:schedule-group/${name}`;
const scheduleArn = (group: string, name: string) => `arn:aws:scheduler:us-east-1:${ACCOUNT}:schedule/${group}/${name}`;
const universal = (operation: string) => `arn:aws:scheduler:::aws-sdk:${operation}`;

describe("schedules", () => {
  it("are told as they were made, with AWS's defaults", async () => {
    const { create, ask } = await openSchedules();
    expect(await create({ ScheduleExpression: RATE })).toEqual({ ScheduleArn: scheduleArn("default", "s") });
    expect(await ask("GetSchedule", { Name: "s" })).toEqual({
      Arn: scheduleArn("default", "s"), Name: "s", GroupName: "default", State: "ENABLED", ScheduleExpression: RATE, ScheduleExpressionTimezone: "UTC", FlexibleTimeWindow: OFF, ActionAfterCompletion: "NONE",
      Target: { Arn: FUNCTION, RoleArn: ROLE, Input: "{}", RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 } },
      CreationDate: new Date(NOW), LastModificationDate: new Date(NOW),
    });
    await ask("CreateScheduleGroup", { Name: "g" });
    const whole = {
      Name: "whole", GroupName: "g", ScheduleExpression: "cron(0 9 ? * MON-FRI *)", ScheduleExpressionTimezone: "Europe/Berlin", StartDate: new Date(NOW + HOUR), EndDate: new Date(NOW + DAY), Description: "all of it", State: "DISABLED", ActionAfterCompletion: "DELETE",
      FlexibleTimeWindow: { Mode: "FLEXIBLE", MaximumWindowInMinutes: 15 }, Target: { Arn: QUEUE, RoleArn: ROLE, RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 }, DeadLetterConfig: { Arn: QUEUE } },
    } as const;
    await ask("CreateSchedule", whole);
    expect(await ask("GetSchedule", { Name: "whole", GroupName: "g" })).toMatchObject(whole);
    expect(await refusal(ask("GetSchedule", { Name: "whole" }))).toBe("ResourceNotFoundException: Schedule whole does not exist.");
  });

  it("are changed as a whole, in their group", async () => {
    const { create, ask, pass } = await openSchedules();
    await create({ ScheduleExpression: RATE, Description: "first", ActionAfterCompletion: "DELETE" });
    await pass(MINUTE);
    const change = { Name: "s", ScheduleExpression: "rate(2 hours)", FlexibleTimeWindow: OFF, Target: { Arn: QUEUE, RoleArn: ROLE } };
    expect(await ask("UpdateSchedule", change)).toEqual({ ScheduleArn: scheduleArn("default", "s") });
    const now = await ask("GetSchedule", { Name: "s" });
    expect(now).toMatchObject({ ScheduleExpression: "rate(2 hours)", ActionAfterCompletion: "NONE", CreationDate: new Date(NOW), LastModificationDate: new Date(NOW + MINUTE), Target: { Arn: QUEUE } });
    expect(now.Description).toBeUndefined();
    expect(now.Target!.Input).toBeUndefined();
    expect(await refusal(ask("UpdateSchedule", { ...change, Name: "t" }))).toBe("ResourceNotFoundException: Schedule t does not exist.");
    expect(await refusal(ask("UpdateSchedule", { ...change, GroupName: "g" }))).toBe("ResourceNotFoundException: Schedule group g does not exist.");
    await ask("DeleteSchedule", { Name: "s" });
    expect(await refusal(ask("DeleteSchedule", { Name: "s" }))).toBe("ResourceNotFoundException: Schedule s does not exist.");
  });

  it("are there once: a request that comes twice is done once, by its ClientToken", async () => {
    const { create, ask, clock } = await openSchedules();
    await create({ ScheduleExpression: RATE, ClientToken: "a" });
    expect(await create({ ScheduleExpression: RATE, ClientToken: "a" })).toEqual({ ScheduleArn: scheduleArn("default", "s") });
    expect(await refusal(create({ ScheduleExpression: RATE, ClientToken: "b" }))).toBe("ConflictException: Schedule s already exists.");
    expect(await refusal(create({ ScheduleExpression: "rate(2 hours)", ClientToken: "a" }))).toBe("ConflictException: The ClientToken a was used for another request.");
    await ask("DeleteSchedule", { Name: "s", ClientToken: "c" });
    await ask("DeleteSchedule", { Name: "s", ClientToken: "c" });
    await clock.advance(HOUR);
    expect(await refusal(ask("DeleteSchedule", { Name: "s", ClientToken: "c" }))).toBe("ResourceNotFoundException: Schedule s does not exist.");
    await create({ ScheduleExpression: RATE, ClientToken: "a" });
  });

  it("are listed by group and name, some at a time", async () => {
    const { create, ask } = await openSchedules();
    await ask("CreateScheduleGroup", { Name: "g" });
    for (const [GroupName, Name, State] of [["default", "a1", "ENABLED"], ["default", "b1", "DISABLED"], ["g", "a2", "ENABLED"], ["g", "a3", "DISABLED"], ["g", "c", "ENABLED"]] as const) await create({ GroupName, Name, State, ScheduleExpression: RATE });
    const all = async (over: object): Promise<string[][]> => {
      const pages: string[][] = [];
      let NextToken: string | undefined;
      do {
        const page = await ask("ListSchedules", { MaxResults: 2, NextToken, ...over });
        pages.push(page.Schedules!.map(({ GroupName, Name }) => `${GroupName}/${Name}`));
        NextToken = page.NextToken;
      } while (NextToken !== undefined);
      return pages;
    };
    expect(await all({})).toEqual([["default/a1", "default/b1"], ["g/a2", "g/a3"], ["g/c"]]);
    expect(await all({ GroupName: "g" })).toEqual([["g/a2", "g/a3"], ["g/c"]]);
    expect(await all({ NamePrefix: "a" })).toEqual([["default/a1", "g/a2"], ["g/a3"]]);
    expect(await all({ State: "DISABLED" })).toEqual([["default/b1", "g/a3"]]);
    expect((await ask("ListSchedules", { MaxResults: 1 })).Schedules).toEqual([{ Arn: scheduleArn("default", "a1"), Name: "a1", GroupName: "default", State: "ENABLED", CreationDate: new Date(NOW), LastModificationDate: new Date(NOW), Target: { Arn: FUNCTION } }]);
    expect(await refusal(ask("ListSchedules", { NextToken: "x" }))).toContain("ValidationException: Invalid NextToken");
    expect(await refusal(ask("ListSchedules", { GroupName: "h" }))).toBe("ResourceNotFoundException: Schedule group h does not exist.");
  });

  const WRONG: [string, object, string][] = [
    ["no expression", { ScheduleExpression: "every hour" }, "ValidationException: Invalid Schedule Expression every hour."],
    ["a moment with a zone", { ScheduleExpression: "at(2027-01-01T00:00:00Z)" }, "ValidationException: Invalid Schedule Expression at(2027-01-01T00:00:00Z)."],
    ["a cron of five fields", { ScheduleExpression: "cron(0 10 * * *)" }, "ValidationException: Invalid Schedule Expression cron(0 10 * * *)."],
    ["no time zone", { ScheduleExpressionTimezone: "Europe/Atlantis" }, "ValidationException: Invalid ScheduleExpressionTimezone Europe/Atlantis."],
    ["a StartDate that is past", { StartDate: new Date(NOW - 5 * MINUTE - 1) }, "ValidationException: The StartDate you specify cannot be earlier than 5 minutes ago."],
    ["an EndDate before the StartDate", { StartDate: new Date(NOW + HOUR), EndDate: new Date(NOW) }, "ValidationException: The StartDate you specify must come before the EndDate."],
    ["a flexible window without a length", { FlexibleTimeWindow: { Mode: "FLEXIBLE" } }, "ValidationException: MaximumWindowInMinutes must be provided when FlexibleTimeWindowMode is set to FLEXIBLE."],
    ["a window that is off, with a length", { FlexibleTimeWindow: { Mode: "OFF", MaximumWindowInMinutes: 5 } }, "ValidationException: MaximumWindowInMinutes must not be provided when FlexibleTimeWindowMode is set to OFF."],
    ["a group that is not there", { GroupName: "g" }, "ResourceNotFoundException: Schedule group g does not exist."],
    ["a key of its own", { KmsKeyArn: "arn:aws:kms:us-east-1:000000000000:key/1" }, "NotImplemented: A schedule with a key of its own"],
  ];
  const WRONG_TARGETS: [string, object, string][] = [
    ["that is no ARN", { Arn: "f" }, "ValidationException: Provided Arn is not in correct format."],
    ["that is an API destination", { Arn: `arn:aws:events:us-east-1:${ACCOUNT}:api-destination/x` }, "ValidationException: Provided Arn is not in correct format."],
    ["of a service that is not here", { Arn: `arn:aws:states:us-east-1:${ACCOUNT}:stateMachine:m` }, "NotImplemented: Schedules with a target of states"],
    ["that takes JSON, and an Input that is none", { Input: "hello" }, "ValidationException: JSON syntax error in input for the target."],
    ["that is a bus, without its parameters", { Arn: `arn:aws:events:us-east-1:${ACCOUNT}:event-bus/default` }, "ValidationException: Parameters EventBridgeParameters must be specified."],
    ["that is a bus, with a list", { Arn: `arn:aws:events:us-east-1:${ACCOUNT}:event-bus/default`, Input: "[]", EventBridgeParameters: { Source: "s", DetailType: "d" } }, "ValidationException: JSON syntax error in input for the target."],
    ["with another's parameters", { SqsParameters: { MessageGroupId: "g" } }, "ValidationException: Parameters SqsParameters not supported for the target."],
    ["of another region", { Arn: FUNCTION.replace("us-east-1", "eu-west-1") }, "ValidationException: The target ARN provided does not match the current region us-east-1."],
    ["of a service that schedules do not call", { Arn: `arn:aws:rds:us-east-1:${ACCOUNT}:db:x` }, "ValidationException: rds is not a supported service for a target."],
    ["that is a standard queue, with a group", { Arn: QUEUE, SqsParameters: { MessageGroupId: "g" } }, "ValidationException: Parameters MessageGroupId not valid for the target."],
    ["with parameters that are not built", { Arn: `arn:aws:events:us-east-1:${ACCOUNT}:event-bus/default`, EventBridgePutEventsV2Parameters: { Source: "s", DetailType: "d" } }, "NotImplemented: EventBridgePutEventsV2Parameters is not built"],
    ["that is a FIFO queue, without a group", { Arn: `${QUEUE}.fifo` }, "ValidationException: Parameters SqsParameters must be specified."],
    ["whose Input is too long", { Input: `"${"x".repeat(SCHEDULE_INPUT_BYTES_MAX)}"` }, `ValidationException: The Input of a target must have at most ${SCHEDULE_INPUT_BYTES_MAX} bytes.`],
    ["whose operation has no name", { Arn: universal("lambda") }, "ValidationException: Provided Arn is not in correct format."],
    ["whose operation only reads", { Arn: universal("sqs:getQueueAttributes") }, "ValidationException: getQueueAttributes API is not supported."],
    ["whose operation there is not", { Arn: universal("sqs:dance") }, `NotImplemented: The universal target ${universal("sqs:dance")} is not built`],
    ["whose service is not here", { Arn: universal("dynamodb:putItem") }, `NotImplemented: The universal target ${universal("dynamodb:putItem")} is not built`],
    ["whose operation is not built", { Arn: universal("sqs:addPermission") }, "NotImplemented: The universal target"],
    ["whose request is no JSON", { Arn: universal("sqs:sendMessage"), Input: "hello" }, "ValidationException: Invalid RequestJson provided. Reason The request is not a JSON object."],
    ["whose operation is given nothing", { Arn: universal("sqs:sendMessage") }, "ValidationException: You must provide an input to set this target for your schedule."],
    ["whose request lacks something", { Arn: universal("sqs:sendMessage"), Input: "{}" }, "ValidationException: Invalid RequestJson provided. Reason Request payload is missing the following field(s): QueueUrl, MessageBody."],
    ["whose request has something else", { Arn: universal("sqs:sendMessage"), Input: '{"queueUrl":"u"}' }, "ValidationException: Invalid RequestJson provided. Reason The field 'queueUrl' is not supported by api 'sendMessage' for the service 'sqs'."],
    ["whose request lacks something further in", { Arn: universal("sqs:sendMessage"), Input: '{"QueueUrl":"u","MessageBody":"b","MessageAttributes":{"a":{}}}' }, "missing the following field(s): DataType."],
    ["whose request has another type", { Arn: universal("sqs:sendMessage"), Input: '{"QueueUrl":"u","MessageBody":"b","DelaySeconds":"soon"}' }, "ValidationException: Invalid RequestJson provided. Reason "],
    ["with a role of another account", { RoleArn: "arn:aws:iam::111122223333:role/scheduler" }, "AccessDeniedException: Cross-account pass role is not allowed."],
  ];

  it("are refused with what is wrong, and nothing is kept", async () => {
    const { create, ask } = await openSchedules();
    for (const [what, over, expected] of WRONG) expect(await refusal(create({ ScheduleExpression: RATE, ...over })), what).toContain(expected);
    for (const [what, over, expected] of WRONG_TARGETS) expect(await refusal(create({ ScheduleExpression: RATE, Target: { Arn: FUNCTION, RoleArn: ROLE, ...over } })), `a target ${what}`).toContain(expected);
    expect((await ask("ListSchedules", {})).Schedules).toEqual([]);
  });

  it("are refused in AWS's words, and the server's log says what is wrong with an expression", async () => {
    const { create, warned } = await openSchedules();
    await refusal(create({ ScheduleExpression: "rate(1 hourss)" }));
    await refusal(create({ ScheduleExpression: "cron(0 10 * * * *)" }));
    expect(warned).toEqual([
      "a schedule is refused: the unit of a rate is minute, hour or day for 1, and minutes, hours or days for more",
      "a schedule is refused: one of the day-of-month and day-of-week fields is a ?, and the other is not",
    ]);
  });

  it("are refused with a role that Scheduler may not take on", async () => {
    const { create, trusted } = await openSchedules();
    trusted.is = false;
    expect(await refusal(create({ ScheduleExpression: RATE }))).toBe("ValidationException: The execution role you provide must allow AWS EventBridge Scheduler to assume the role.");
  });
});

describe("groups", () => {
  it("are made, told, listed some at a time, and one is always there", async () => {
    const { ask } = await openSchedules();
    expect(await ask("GetScheduleGroup", { Name: "default" })).toEqual({ Arn: groupArn("default"), Name: "default", State: "ACTIVE", CreationDate: new Date(NOW), LastModificationDate: new Date(NOW) });
    for (const Name of ["b", "a", "ab"]) expect(await ask("CreateScheduleGroup", { Name })).toEqual({ ScheduleGroupArn: groupArn(Name) });
    expect(await refusal(ask("CreateScheduleGroup", { Name: "a" }))).toBe("ConflictException: Schedule group a already exists.");
    expect(await refusal(ask("CreateScheduleGroup", { Name: "default" }))).toBe("ValidationException: This operation cannot be performed on schedule group default.");
    expect(await refusal(ask("GetScheduleGroup", { Name: "c" }))).toBe("ResourceNotFoundException: Schedule group c does not exist.");
    const first = await ask("ListScheduleGroups", { MaxResults: 3 });
    expect(first.ScheduleGroups!.map(({ Name }) => Name)).toEqual(["a", "ab", "b"]);
    expect((await ask("ListScheduleGroups", { NextToken: first.NextToken })).ScheduleGroups!.map(({ Name }) => Name)).toEqual(["default"]);
    expect((await ask("ListScheduleGroups", { NamePrefix: "a" })).ScheduleGroups!.map(({ Name }) => Name)).toEqual(["a", "ab"]);
  });

  it("of another account or region are others", async () => {
    const { ask } = await openSchedules();
    await ask("CreateScheduleGroup", { Name: "g" });
    expect(await refusal(ask("GetScheduleGroup", { Name: "g" }, { account: "111122223333" }))).toContain("does not exist");
    expect(await refusal(ask("GetScheduleGroup", { Name: "g" }, { region: "eu-west-1" }))).toContain("does not exist");
  });

  it("take their schedules along, and take none meanwhile", async () => {
    const { ask, create, store, engine } = await openSchedules();
    await ask("CreateScheduleGroup", { Name: "g" });
    await store.run(function* () {
      for (let i = 0; i < 1_200; i++) yield { sql: "insert into schedule (account, region, group_name, name, state, body) values (?, 'us-east-1', 'g', ?, 'DISABLED', '{}')", values: [ACCOUNT, `s${i}`] };
    });
    await create({ Name: "other", ScheduleExpression: RATE, State: "DISABLED" });
    await ask("DeleteScheduleGroup", { Name: "g", ClientToken: "t" });
    await ask("DeleteScheduleGroup", { Name: "g", ClientToken: "t" });
    // It is marked, and its schedules go in pieces.
    expect(await ask("GetScheduleGroup", { Name: "g" })).toMatchObject({ State: "DELETING" });
    expect(await refusal(create({ GroupName: "g", ScheduleExpression: RATE }))).toBe("ConflictException: Schedule group g is being deleted.");
    await eventually("the group is gone", async () => (await engine.pending!()) === 0, 20_000, 0);
    expect(await refusal(ask("GetScheduleGroup", { Name: "g" }))).toContain("does not exist");
    expect((await ask("ListSchedules", {})).Schedules!.map(({ Name }) => Name)).toEqual(["other"]);
    expect(await refusal(ask("DeleteScheduleGroup", { Name: "default" }))).toBe("ValidationException: This operation cannot be performed on schedule group default.");
  });

  it("are as many as AWS allows", async () => {
    const { ask, store } = await openSchedules();
    await store.run(function* () {
      for (let i = 0; i < 499; i++) yield { sql: "insert into schedule_group (account, region, name, state, body) values (?, 'us-east-1', ?, 'ACTIVE', '{}')", values: [ACCOUNT, `g${i}`] };
    });
    expect(await refusal(ask("CreateScheduleGroup", { Name: "more" }))).toContain("ServiceQuotaExceededException: The account has reached its quota of 500 schedule groups");
  });

  it("have tags", async () => {
    const { ask } = await openSchedules();
    await ask("CreateScheduleGroup", { Name: "g", Tags: [{ Key: "a", Value: "1" }, { Key: "b", Value: "2" }] });
    const tags = async () => Object.fromEntries((await ask("ListTagsForResource", { ResourceArn: groupArn("g") })).Tags!.map(({ Key, Value }) => [Key, Value]));
    await ask("TagResource", { ResourceArn: groupArn("g"), Tags: [{ Key: "b", Value: "3" }, { Key: "c", Value: "4" }] });
    await ask("UntagResource", { ResourceArn: groupArn("g"), TagKeys: ["a", "z"] });
    expect(await tags()).toEqual({ b: "3", c: "4" });
    expect(await refusal(ask("TagResource", { ResourceArn: groupArn("h"), Tags: [] }))).toBe("ResourceNotFoundException: Schedule group h does not exist.");
    expect(await refusal(ask("ListTagsForResource", { ResourceArn: "arn:aws:scheduler:us-east-1:111122223333:schedule-group/g" }))).toContain("ResourceNotFoundException");
    expect(await refusal(ask("TagResource", { ResourceArn: groupArn("g"), Tags: [{ Key: "AWS:x", Value: "1" }] }))).toContain("aws: is reserved");
    expect(await refusal(ask("TagResource", { ResourceArn: groupArn("g"), Tags: [{ Key: "x", Value: "1" }, { Key: "x", Value: "2" }] }))).toContain("more than once");
    expect(await refusal(ask("TagResource", { ResourceArn: groupArn("g"), Tags: Array.from({ length: 199 }, (_, i) => ({ Key: `k${i}`, Value: "1" })) }))).toContain("no more than 200 tags");
  });
});
