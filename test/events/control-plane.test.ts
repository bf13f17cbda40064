import {
  CreateApiDestinationCommand, CreateArchiveCommand, CreateConnectionCommand, DescribeApiDestinationCommand, StartReplayCommand, CreateEventBusCommand, DeleteEventBusCommand, DeleteRuleCommand, DescribeEventBusCommand, DescribeRuleCommand, DisableRuleCommand, EnableRuleCommand, EventBridgeClient, ListEventBusesCommand, ListRuleNamesByTargetCommand, ListRulesCommand,
  ListTagsForResourceCommand, ListTargetsByRuleCommand, PutEventsCommand, PutPermissionCommand, PutRuleCommand, PutTargetsCommand, RemovePermissionCommand, RemoveTargetsCommand, TagResourceCommand, UntagResourceCommand, UpdateEventBusCommand,
  type PutRuleCommandInput, type Target,
} from "@aws-sdk/client-eventbridge";
import { PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { CreateQueueCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { beforeAll, describe, expect, it } from "vitest";
import { fetchStories } from "../../src/cli/commands/why.ts";
import { usePlatform } from "../support/platform.ts";
import { refusal } from "../support/refusal.ts";
import { eventually } from "../support/temporary.ts";
import { createServiceRole, createUser, eventsClient } from "./clients.ts";
import { useEndpoint } from "./endpoint.ts";

const ACCOUNT = "000000000000";
const OTHER = "111122223333";
const arnOf = (service: string, resource: string, account = ACCOUNT, region = "us-east-1") => `arn:aws:${service}:${region}:${account}:${resource}`;
const QUEUE = arnOf("sqs", "q");
const FUNCTION = arnOf("lambda", "function:f");
const PATTERN = JSON.stringify({ source: ["shop"] });

const opened = usePlatform();
const endpoint = useEndpoint();
let events: EventBridgeClient;
let others: EventBridgeClient;
beforeAll(() => {
  events = eventsClient(opened.endpoint);
  others = eventsClient(opened.endpoint, OTHER);
});

const createBus = (Name: string) => events.send(new CreateEventBusCommand({ Name }));
const putRule = (Name: string, more: Partial<PutRuleCommandInput> = {}) => events.send(new PutRuleCommand({ Name, ...(more.ScheduleExpression === undefined ? { EventPattern: PATTERN } : {}), ...more }));
const putTargets = (Rule: string, Targets: Target[], EventBusName?: string) => events.send(new PutTargetsCommand({ Rule, Targets, ...(EventBusName === undefined ? {} : { EventBusName }) }));
const describeRule = (Name: string, EventBusName?: string) => events.send(new DescribeRuleCommand({ Name, ...(EventBusName === undefined ? {} : { EventBusName }) }));

describe("event buses", () => {
  it("are made, told, changed and deleted; the default one is there from the beginning", async () => {
    const dead = { Arn: arnOf("sqs", "dead") };
    expect(await events.send(new CreateEventBusCommand({ Name: "orders", Description: "of the shop", DeadLetterConfig: dead, LogConfig: { Level: "OFF" }, Tags: [{ Key: "team", Value: "a" }] }))).toMatchObject({
      EventBusArn: arnOf("events", "event-bus/orders"), Description: "of the shop", DeadLetterConfig: dead, LogConfig: { Level: "OFF" },
    });
    expect(await refusal(createBus("orders"))).toBe("ResourceAlreadyExistsException: Event bus orders already exists.");
    expect(await refusal(createBus("default"))).toBe("ResourceAlreadyExistsException: Event bus default already exists.");
    expect(await events.send(new DescribeEventBusCommand({ Name: arnOf("events", "event-bus/orders") }))).toMatchObject({ Name: "orders", Description: "of the shop", DeadLetterConfig: dead, CreationTime: expect.any(Date) });
    expect(await events.send(new DescribeEventBusCommand({}))).toMatchObject({ Name: "default", Arn: arnOf("events", "event-bus/default") });
    expect(await events.send(new UpdateEventBusCommand({ Name: "orders" }))).toMatchObject({ Description: "of the shop" });
    const changed = await events.send(new UpdateEventBusCommand({ Name: "orders", Description: "" }));
    expect([changed.Arn, changed.Description, changed.DeadLetterConfig]).toEqual([arnOf("events", "event-bus/orders"), undefined, undefined]);
    await putRule("of-orders", { EventBusName: "orders" });
    expect(await refusal(events.send(new DeleteEventBusCommand({ Name: "orders" })))).toBe("ValidationException: EventBus can't be deleted since it has rules.");
    await events.send(new DeleteRuleCommand({ Name: "of-orders", EventBusName: "orders" }));
    await events.send(new DeleteEventBusCommand({ Name: "orders" }));
    await events.send(new DeleteEventBusCommand({ Name: "orders" }));
    expect(await refusal(events.send(new DescribeEventBusCommand({ Name: "orders" })))).toBe("ResourceNotFoundException: Event bus orders does not exist.");
    expect(await refusal(events.send(new DeleteEventBusCommand({ Name: "default" })))).toBe("ValidationException: Cannot delete event bus default.");
  });

  it("are listed by pages and by the beginnings of their names", async () => {
    for (const name of ["zoo-1", "zoo-2", "zoo-3", "alpha"]) await createBus(name);
    const { EventBuses, NextToken } = await events.send(new ListEventBusesCommand({ NamePrefix: "zoo", Limit: 2 }));
    expect(EventBuses!.map(({ Name }) => Name)).toEqual(["zoo-1", "zoo-2"]);
    expect((await events.send(new ListEventBusesCommand({ NamePrefix: "zoo", Limit: 2, NextToken }))).EventBuses!.map(({ Name }) => Name)).toEqual(["zoo-3"]);
    const all = await events.send(new ListEventBusesCommand({ Limit: 2 }));
    expect(all.EventBuses!.map(({ Name }) => Name)).toEqual(["alpha", "default"]);
    expect((await events.send(new ListEventBusesCommand({ NextToken: all.NextToken }))).EventBuses!.map(({ Name }) => Name)).toEqual(["zoo-1", "zoo-2", "zoo-3"]);
    expect(await refusal(events.send(new ListRulesCommand({ NextToken: all.NextToken })))).toMatch(/^ValidationException: Invalid NextToken/);
  });

  it.each([
    ["a partner's", { Name: "aws.partner/shop/x" }, /^NotImplemented: an event bus of a partner/],
    ["another name than their source's", { Name: "x", EventSourceName: "aws.partner/shop/x" }, "ValidationException: Event bus name must match event source name."],
    ["a slash", { Name: "a/b" }, "ValidationException: Event bus name must not contain '/'."],
    ["a key", { Name: "k", KmsKeyIdentifier: "alias/x" }, /^NotImplemented: KmsKeyIdentifier/],
    ["logs", { Name: "l", LogConfig: { Level: "INFO" as const } }, /^NotImplemented: LogConfig with the level INFO/],
    ["a topic for dead letters", { Name: "d", DeadLetterConfig: { Arn: arnOf("sns", "t") } }, "ValidationException: sns is not supported as a dead letter resource."],
  ])("are refused with %s", async (_what, input, message) => {
    expect(await refusal(events.send(new CreateEventBusCommand(input)))).toEqual(typeof message === "string" ? message : expect.stringMatching(message));
  });
});

describe("policies of buses", () => {
  it("are written by the statement or as a whole, and taken away again", async () => {
    await createBus("policed");
    const permit = (StatementId: string, more = {}) => events.send(new PutPermissionCommand({ EventBusName: "policed", Action: "events:PutEvents", Principal: OTHER, StatementId, ...more }));
    const policy = async () => JSON.parse((await events.send(new DescribeEventBusCommand({ Name: "policed" }))).Policy ?? "null");
    await permit("one");
    await permit("all", { Principal: "*", Condition: { Type: "StringEquals", Key: "aws:PrincipalOrgID", Value: "o-1" } });
    const statement = { Effect: "Allow", Action: "events:PutEvents", Resource: arnOf("events", "event-bus/policed") };
    expect(await policy()).toEqual({
      Version: "2012-10-17",
      Statement: [{ Sid: "one", ...statement, Principal: { AWS: `arn:aws:iam::${OTHER}:root` } }, { Sid: "all", ...statement, Principal: "*", Condition: { StringEquals: { "aws:PrincipalOrgID": "o-1" } } }],
    });
    await permit("all", { Principal: "222233334444" });
    expect((await policy()).Statement[1].Principal).toEqual({ AWS: "arn:aws:iam::222233334444:root" });
    await events.send(new RemovePermissionCommand({ EventBusName: "policed", StatementId: "one" }));
    expect((await policy()).Statement.map(({ Sid }: { Sid: string }) => Sid)).toEqual(["all"]);
    expect(await refusal(events.send(new RemovePermissionCommand({ EventBusName: "policed", StatementId: "one" })))).toBe("ResourceNotFoundException: Statement with the provided id does not exist.");
    const whole = { Version: "2012-10-17", Statement: [{ Sid: "w", ...statement, Principal: "*" }] };
    await events.send(new PutPermissionCommand({ EventBusName: "policed", Policy: JSON.stringify(whole) }));
    expect(await policy()).toEqual(whole);
    const ofOther = JSON.stringify({ ...whole, Statement: [{ ...whole.Statement[0], Resource: arnOf("events", "event-bus/other") }] });
    expect(await refusal(events.send(new PutPermissionCommand({ EventBusName: "policed", Policy: ofOther })))).toBe(`ValidationException: The relative-id "event-bus/other" is invalid for ARN "${arnOf("events", "event-bus/other")}"`);
    await events.send(new RemovePermissionCommand({ EventBusName: "policed", RemoveAllPermissions: true }));
    expect(await policy()).toBeNull();
    expect(await refusal(events.send(new RemovePermissionCommand({ EventBusName: "policed", StatementId: "w" })))).toBe("ResourceNotFoundException: EventBus does not have a policy.");
    expect(await refusal(permit("x", { Action: "events:PutRule" }))).toBe("ValidationException: Provided value in parameter 'action' is not supported.");
    expect(await refusal(events.send(new PutPermissionCommand({ EventBusName: "policed", Policy: "{" })))).toMatch(/^ValidationException: Parameter Policy is not valid/);
    expect(await refusal(events.send(new PutPermissionCommand({ EventBusName: "policed", Policy: JSON.stringify({ ...whole, Id: "x".repeat(11_000) }) })))).toMatch(/^PolicyLengthExceededException/);
  });

  it("let others put events and make rules there, and see only what they made", async () => {
    await createBus("shared");
    const bus = arnOf("events", "event-bus/shared");
    const put = () => others.send(new PutEventsCommand({ Entries: [{ EventBusName: bus, Source: "s", DetailType: "t", Detail: "{}" }] }));
    const makeRule = () => others.send(new PutRuleCommand({ Name: "theirs", EventBusName: bus, EventPattern: PATTERN }));
    expect(await refusal(makeRule())).toMatch(/^AccessDeniedException: .* is not authorized to perform: events:PutRule on resource: arn:aws:events:us-east-1:000000000000:rule\/shared\/theirs/);
    const allow = (Action: string[], Resource: string, more = {}) => ({ Effect: "Allow", Principal: { AWS: OTHER }, Action, Resource, ...more });
    await events.send(
      new PutPermissionCommand({
        EventBusName: "shared",
        Policy: JSON.stringify({
          Version: "2012-10-17",
          Statement: [allow(["events:PutEvents"], bus), allow(["events:PutRule", "events:PutTargets", "events:DescribeRule", "events:DeleteRule", "events:TagResource", "events:ListTagsForResource"], arnOf("events", "rule/shared/*"), { Condition: { StringEqualsIfExists: { "events:creatorAccount": OTHER } } })],
        }),
      }),
    );
    expect((await put()).FailedEntryCount).toBe(0);
    expect((await makeRule()).RuleArn).toBe(arnOf("events", "rule/shared/theirs"));
    expect(await describeRule("theirs", "shared")).toMatchObject({ CreatedBy: OTHER, EventBusName: "shared" });
    await putRule("ours", { EventBusName: "shared" });
    expect(await refusal(others.send(new DescribeRuleCommand({ Name: "ours", EventBusName: bus })))).toMatch(/^AccessDeniedException/);
    expect(await refusal(others.send(new ListRulesCommand({ EventBusName: bus })))).toMatch(/^AccessDeniedException/);
    const tag = (rule: string) => others.send(new TagResourceCommand({ ResourceARN: arnOf("events", `rule/shared/${rule}`), Tags: [{ Key: "a", Value: "1" }] }));
    expect(await refusal(tag("ours"))).toMatch(/^AccessDeniedException: .* events:TagResource/);
    expect(await refusal(others.send(new ListTagsForResourceCommand({ ResourceARN: arnOf("events", "rule/shared/ours") })))).toMatch(/^AccessDeniedException/);
    await tag("theirs");
    await others.send(new DeleteRuleCommand({ Name: "theirs", EventBusName: bus }));
    expect(await refusal(describeRule("theirs", "shared"))).toBe("ResourceNotFoundException: Rule theirs does not exist on EventBus shared.");
  });
});

describe("rules", () => {
  it("have patterns of 2,048 bytes at most", async () => {
    const patternOf = (bytes: number) => JSON.stringify({ source: ["x".repeat(bytes - '{"source":[""]}'.length)] });
    await putRule("large", { EventPattern: patternOf(2_048) });
    expect(await refusal(putRule("large", { EventPattern: patternOf(2_049) }))).toBe("ValidationException: Parameter EventPattern for rule large exceeds limit of 2048.");
    await events.send(new DeleteRuleCommand({ Name: "large" }));
  });

  it("are made, told, switched, listed and deleted", async () => {
    expect((await putRule("r-1", { Description: "first", Tags: [{ Key: "team", Value: "a" }] })).RuleArn).toBe(arnOf("events", "rule/r-1"));
    expect(await describeRule("r-1")).toMatchObject({ Name: "r-1", EventPattern: PATTERN, State: "ENABLED", Description: "first", EventBusName: "default", CreatedBy: ACCOUNT });
    await events.send(new DisableRuleCommand({ Name: "r-1" }));
    expect((await describeRule("r-1")).State).toBe("DISABLED");
    await events.send(new EnableRuleCommand({ Name: "r-1" }));
    expect((await describeRule("r-1")).State).toBe("ENABLED");
    await putRule("r-1", { Tags: [{ Key: "other", Value: "b" }], State: "DISABLED" });
    const again = await describeRule("r-1");
    expect([again.Description, again.State]).toEqual([undefined, "DISABLED"]);
    expect((await events.send(new ListTagsForResourceCommand({ ResourceARN: arnOf("events", "rule/r-1") }))).Tags).toEqual([{ Key: "team", Value: "a" }]);
    for (const name of ["r-2", "r-3"]) await putRule(name, { ScheduleExpression: "rate(5 minutes)" });
    const page = await events.send(new ListRulesCommand({ NamePrefix: "r-", Limit: 2 }));
    expect(page.Rules!.map(({ Name }) => Name)).toEqual(["r-1", "r-2"]);
    expect((await events.send(new ListRulesCommand({ NamePrefix: "r-", Limit: 2, NextToken: page.NextToken }))).Rules!.map(({ Name, ScheduleExpression }) => [Name, ScheduleExpression])).toEqual([["r-3", "rate(5 minutes)"]]);
    await putTargets("r-2", [{ Id: "1", Arn: QUEUE }]);
    expect(await refusal(events.send(new DeleteRuleCommand({ Name: "r-2" })))).toBe("ValidationException: Rule can't be deleted since it has targets.");
    await events.send(new RemoveTargetsCommand({ Rule: "r-2", Ids: ["1"] }));
    for (const name of ["r-1", "r-2", "r-3", "r-4"]) await events.send(new DeleteRuleCommand({ Name: name }));
    expect(await refusal(describeRule("r-2"))).toBe("ResourceNotFoundException: Rule r-2 does not exist on EventBus default.");
    expect(await refusal(events.send(new EnableRuleCommand({ Name: "r-2" })))).toBe("ResourceNotFoundException: Rule r-2 does not exist on EventBus default.");
    expect(await refusal(describeRule("r-2", "nowhere"))).toBe("ResourceNotFoundException: Event bus nowhere does not exist.");
    expect(await refusal(describeRule("r-2", arnOf("events", "event-bus/default", ACCOUNT, "eu-west-1")))).toMatch(/^ResourceNotFoundException: Event bus arn:aws:events:eu-west-1/);
  });

  it.each([
    ["neither", { EventPattern: undefined }, "ValidationException: Parameter(s) EventPattern or ScheduleExpression must be specified."],
    ["a schedule elsewhere", { EventBusName: "elsewhere", ScheduleExpression: "rate(1 minute)" }, "ValidationException: ScheduleExpression is supported only on the default event bus."],
    ["a wrong unit", { ScheduleExpression: "rate(1 minutes)" }, "ValidationException: Parameter ScheduleExpression is not valid."],
    ["a moment", { ScheduleExpression: "at(2026-11-20T13:00:00)" }, "ValidationException: Parameter ScheduleExpression is not valid."],
    ["five fields", { ScheduleExpression: "cron(0 12 * * ?)" }, "ValidationException: Parameter ScheduleExpression is not valid."],
    ["a pattern that is none", { EventPattern: '{"source":[]}' }, /^InvalidEventPatternException: Event pattern is not valid. Reason: Empty arrays are not allowed/],
    ["an unknown operator", { EventPattern: '{"source":[{"starts":"a"}]}' }, /^InvalidEventPatternException: Event pattern is not valid. Reason: Unrecognized match type starts/],
    ["no bus", { EventBusName: "nowhere" }, "ResourceNotFoundException: Event bus nowhere does not exist."],
    ["a reserved tag", { Tags: [{ Key: "aws:x", Value: "y" }] }, /^ValidationException: Tag key aws:x is not valid/],
    ["a name", { Name: "a b" }, /^ValidationException: 1 validation error detected: Value 'a b' at 'name'/],
  ])("are refused with %s", async (_what, input, message) => {
    await createBus("elsewhere").catch(() => undefined);
    expect(await refusal(events.send(new PutRuleCommand({ Name: "bad", EventPattern: PATTERN, ...input })))).toEqual(typeof message === "string" ? message : expect.stringMatching(message));
  });
});

describe("targets", () => {
  const ids = async (Rule: string) => (await events.send(new ListTargetsByRuleCommand({ Rule }))).Targets!.map(({ Id }) => Id);

  it("are put, replaced by their ids, listed and removed; what was not there is told", async () => {
    await putRule("t");
    const full: Target = {
      Id: "b", Arn: `${FUNCTION}:live`, InputTransformer: { InputPathsMap: { id: "$.detail.id" }, InputTemplate: '"order <id> of <aws.events.rule-name>"' }, RetryPolicy: { MaximumRetryAttempts: 2, MaximumEventAgeInSeconds: 60 }, DeadLetterConfig: { Arn: arnOf("sqs", "dead") },
    };
    expect(await putTargets("t", [full, { Id: "a", Arn: arnOf("sqs", "q.fifo"), SqsParameters: { MessageGroupId: "g" } }, { Id: "c", Arn: arnOf("logs", "log-group:/aws/events/x") }])).toMatchObject({ FailedEntryCount: 0, FailedEntries: [] });
    await putTargets("t", [{ Id: "c", Arn: arnOf("sns", "topic"), InputPath: "$.detail.items[0]" }, { Id: "d", Arn: QUEUE, Input: '"text"' }]);
    const { Targets, NextToken } = await events.send(new ListTargetsByRuleCommand({ Rule: "t", Limit: 3 }));
    expect(Targets).toEqual([{ Id: "a", Arn: arnOf("sqs", "q.fifo"), SqsParameters: { MessageGroupId: "g" } }, full, { Id: "c", Arn: arnOf("sns", "topic"), InputPath: "$.detail.items[0]" }]);
    expect((await events.send(new ListTargetsByRuleCommand({ Rule: "t", NextToken }))).Targets!.map(({ Id }) => Id)).toEqual(["d"]);
    expect((await events.send(new ListRuleNamesByTargetCommand({ TargetArn: QUEUE }))).RuleNames).toEqual(["t"]);
    expect((await events.send(new ListRuleNamesByTargetCommand({ TargetArn: FUNCTION }))).RuleNames).toEqual([]);
    expect(await refusal(putTargets("t", [{ Id: "e", Arn: QUEUE }, { Id: "f", Arn: QUEUE }]))).toBe("LimitExceededException: The requested resource exceeds the maximum number allowed.");
    expect(await events.send(new RemoveTargetsCommand({ Rule: "t", Ids: ["a", "zzz", "b", "c", "d"] }))).toMatchObject({ FailedEntryCount: 1, FailedEntries: [{ TargetId: "zzz", ErrorCode: "ResourceNotFoundException" }] });
    expect(await ids("t")).toEqual([]);
    expect(await refusal(putTargets("nothing", [{ Id: "a", Arn: QUEUE }]))).toBe("ResourceNotFoundException: Rule nothing does not exist on EventBus default.");
  });

  const ROLE = "arn:aws:iam::000000000000:role/absent";
  it.each<[string, Partial<Target>, string | RegExp]>([
    ["two kinds of input", { Input: "{}", InputPath: "$" }, "ValidationException: Only one of Input, InputPath, or InputTransformer must be provided for target x."],
    ["input that is not JSON", { Input: "{'a':1}" }, "ValidationException: JSON syntax error in input for target x: [Source: (String)\"{'a':1}\"; line: 1, column: 3]"],
    ["a path without a root", { InputPath: "detail" }, "ValidationException: InputPath for target x is invalid."],
    ["a path with a quoted key", { InputPath: "$.detail['a']" }, "ValidationException: InputPath for target x is invalid."],
    ["a path of a transformer", { InputTransformer: { InputPathsMap: { a: "b" }, InputTemplate: '"<a>"' } }, "ValidationException: InputPath for target x is invalid."],
    ["an unknown placeholder", { InputTransformer: { InputPathsMap: { a: "$.b" }, InputTemplate: '{"a":<a>,"b":<b>}' } }, "ValidationException: InputTemplate for target x contains invalid placeholder b."],
    ["the whole event in a text", { InputTransformer: { InputTemplate: '"<aws.events.event.json>"' } }, "ValidationException: InputTemplate for target x contains placeholder aws.events.event.json valid only for JSON template."],
    ["a template without quotes", { InputTransformer: { InputPathsMap: { a: "$.b" }, InputTemplate: "order <a> of today" } }, 'ValidationException: Invalid InputTemplate for target x : [Source: (String)"order null of today"; line: 1, column: 6].'],
    ["a text for a log group", { Arn: arnOf("logs", "log-group:g"), InputTransformer: { InputPathsMap: { a: "$.b" }, InputTemplate: '"order <a>"' } }, "ValidationException: Input for target x is not a valid JSON text."],
    ["no ARN", { Arn: "queue" }, "ValidationException: Parameter queue is not valid. Reason: Provided Arn is not in correct format."],
    ["another partition's ARN", { Arn: QUEUE.replace("aws", "aws-cn") }, /is not valid. Reason: Provided Arn is not in correct format.$/],
    ["an ARN of nothing", { Arn: arnOf("lambda", "layer:l") }, /is not valid. Reason: Provided Arn is not in correct format.$/],
    ["what is no target", { Arn: "arn:aws:iam::000000000000:role/r" }, "ValidationException: iam is not a supported service for a target."],
    ["another service's", { Arn: arnOf("states", "stateMachine:s"), RoleArn: ROLE }, /^NotImplemented: a target of states/],
    ["a stream", { Arn: arnOf("kinesis", "stream/s"), RoleArn: ROLE, KinesisParameters: { PartitionKeyPath: "$.id" } }, /^NotImplemented: a target of kinesis/],
    ["parameters of others", { HttpParameters: { PathParameterValues: ["a"] } }, "ValidationException: Parameter(s) HttpParameters not supported for target: x."],
    ["input of its own for a bus", { Arn: arnOf("events", "event-bus/b"), RoleArn: ROLE, InputPath: "$.detail" }, "ValidationException: Parameter(s) InputPath not supported for target: x."],
    ["a FIFO queue without a group", { Arn: arnOf("sqs", "q.fifo") }, "ValidationException: Parameter(s) SqsParameters must be specified for target: x."],
    ["a bus without a role", { Arn: arnOf("events", "event-bus/b", OTHER) }, `ValidationException: RoleArn is required for target ${arnOf("events", "event-bus/b", OTHER)}.`],
    ["another account's queue without a role", { Arn: arnOf("sqs", "q", OTHER) }, /^ValidationException: RoleArn is required for target/],
    ["another account's log group", { Arn: arnOf("logs", "log-group:g", OTHER) }, /^AccessDeniedException: .* Adding cross-account target is not permitted.$/],
    ["another region's queue", { Arn: arnOf("sqs", "q", ACCOUNT, "eu-west-1") }, /^ValidationException: Region of/],
    ["a role that nobody can take on", { RoleArn: ROLE }, `ValidationException: Provided role '${ROLE}' cannot be assumed by principal 'events.amazonaws.com'.`],
    ["dead letters to a topic", { DeadLetterConfig: { Arn: arnOf("sns", "t") } }, "ValidationException: sns is not supported as a dead letter resource."],
    ["dead letters to nobody's queue", { DeadLetterConfig: { Arn: arnOf("sqs", "t", "") } }, /is not valid. Reason: Provided Arn is not in correct format.$/],
    ["dead letters to a FIFO queue", { DeadLetterConfig: { Arn: arnOf("sqs", "t.fifo") } }, "ValidationException: SQS FIFO is not supported by Dead Letter Queues."],
    ["too many tries", { RetryPolicy: { MaximumRetryAttempts: 186 } }, /^ValidationException: 1 validation error detected: Value '186' at 'targets.1.member.retryPolicy.maximumRetryAttempts'/],
  ])("are refused with %s", async (_what, target, message) => {
    await putRule("checked");
    expect(await refusal(putTargets("checked", [{ Id: "x", Arn: QUEUE, ...target }]))).toEqual(typeof message === "string" ? message : expect.stringMatching(message));
    expect(await ids("checked")).toEqual([]);
  });

  it("have an id each", async () => {
    await putRule("checked");
    expect(await refusal(putTargets("checked", [{ Id: "x", Arn: QUEUE }, { Id: "x", Arn: QUEUE }]))).toBe("ValidationException: Parameter targets is not valid. Reason: More than one target with Id 'x' is provided.");
  });

  it("are reached by a role whose trust policy names the rule", async () => {
    await putRule("trusted");
    const role = await createServiceRole(opened.clients.iam, "of-the-rule", { condition: { ArnEquals: { "aws:SourceArn": arnOf("events", "rule/trusted") } } });
    const target = { Id: "x", Arn: arnOf("events", "event-bus/b", OTHER, "eu-west-1"), RoleArn: role };
    expect((await putTargets("trusted", [target])).FailedEntryCount).toBe(0);
    const { RoleArn: _, ...roleless } = target;
    await putTargets("trusted", [{ ...roleless, RetryPolicy: { MaximumRetryAttempts: 1 } }]);
    expect((await events.send(new ListTargetsByRuleCommand({ Rule: "trusted" }))).Targets).toEqual([{ ...target, RetryPolicy: { MaximumRetryAttempts: 1 } }]);
    expect(await refusal(putTargets("trusted", [{ ...roleless, Id: "y" }]))).toMatch(/^ValidationException: RoleArn is required/);
    await putRule("checked");
    expect(await refusal(putTargets("checked", [target]))).toMatch(/^ValidationException: Provided role/);
    await putRule("trusted", { RoleArn: role });
    expect(await refusal(putRule("checked", { RoleArn: role }))).toBe(`ValidationException: Provided role '${role}' cannot be assumed by principal 'events.amazonaws.com'.`);
  });
});

describe("tags", () => {
  it("are added, changed and taken away, of rules and buses", async () => {
    await createBus("tagged");
    await putRule("tagged", { EventBusName: "tagged" });
    for (const ResourceARN of [arnOf("events", "event-bus/tagged"), arnOf("events", "rule/tagged/tagged")]) {
      await events.send(new TagResourceCommand({ ResourceARN, Tags: [{ Key: "a", Value: "1" }, { Key: "b", Value: "2" }] }));
      await events.send(new TagResourceCommand({ ResourceARN, Tags: [{ Key: "b", Value: "3" }, { Key: "constructor", Value: "4" }] }));
      await events.send(new UntagResourceCommand({ ResourceARN, TagKeys: ["a"] }));
      expect((await events.send(new ListTagsForResourceCommand({ ResourceARN }))).Tags).toEqual([{ Key: "b", Value: "3" }, { Key: "constructor", Value: "4" }]);
      const many = Array.from({ length: 50 }, (_, index) => ({ Key: `k${index}`, Value: "" }));
      expect(await refusal(events.send(new TagResourceCommand({ ResourceARN, Tags: many })))).toMatch(/^LimitExceededException/);
    }
    expect(await refusal(events.send(new ListTagsForResourceCommand({ ResourceARN: arnOf("events", "rule/nothing") })))).toBe("ResourceNotFoundException: Rule nothing does not exist on EventBus default.");
    await createBus("tagged-here");
    const elsewhere = eventsClient(opened.endpoint, "test", "eu-west-1");
    expect(await refusal(elsewhere.send(new TagResourceCommand({ ResourceARN: arnOf("events", "event-bus/tagged-here"), Tags: [{ Key: "a", Value: "1" }] })))).toBe(`ResourceNotFoundException: Resource ${arnOf("events", "event-bus/tagged-here")} does not exist.`);
    expect(await refusal(events.send(new ListTagsForResourceCommand({ ResourceARN: arnOf("events", "archive/a") })))).toBe("ValidationException: Tagging operation is not supported on this resource type.");
  });
});

describe("what it takes", () => {
  const userOf = async (name: string, statements: object[]) => eventsClient(opened.endpoint, await createUser(opened.clients.iam, name, statements));
  const allow = (Action: string | string[], Resource = "*", more = {}) => ({ Effect: "Allow", Action, Resource, ...more });

  it("is the right for the sources of the pattern, where a policy speaks of them", async () => {
    const user = await userOf("shopkeeper", [allow("events:PutRule", "*", { Condition: { StringEquals: { "events:source": "shop" } } })]);
    const put = (EventPattern: string) => user.send(new PutRuleCommand({ Name: "by-source", EventPattern }));
    await put(PATTERN);
    expect(await refusal(put(JSON.stringify({ source: ["bank"] })))).toMatch(/^AccessDeniedException: .* events:PutRule on resource: arn:aws:events:us-east-1:000000000000:rule\/by-source/);
    expect(await refusal(put(JSON.stringify({ detail: { a: [1] } })))).toMatch(/^AccessDeniedException/);
  });

  it("is to hand over the role, and to tag, and the target's ARN", async () => {
    const role = await createServiceRole(opened.clients.iam, "handed");
    const user = await userOf("hand", [allow(["events:PutRule"]), allow("events:PutTargets", "*", { Condition: { ArnLike: { "events:TargetArn": QUEUE } } })]);
    await user.send(new PutRuleCommand({ Name: "hand", EventPattern: PATTERN }));
    expect(await refusal(user.send(new PutRuleCommand({ Name: "hand", EventPattern: PATTERN, RoleArn: role })))).toMatch(/^AccessDeniedException: .* iam:PassRole on resource: arn:aws:iam::000000000000:role\/handed/);
    expect(await refusal(user.send(new PutRuleCommand({ Name: "hand", EventPattern: PATTERN, Tags: [{ Key: "a", Value: "b" }] })))).toMatch(/^AccessDeniedException: .* events:TagResource/);
    await user.send(new PutTargetsCommand({ Rule: "hand", Targets: [{ Id: "1", Arn: QUEUE }] }));
    expect(await refusal(user.send(new PutTargetsCommand({ Rule: "hand", Targets: [{ Id: "2", Arn: FUNCTION }] })))).toMatch(/^AccessDeniedException: .* events:PutTargets/);
    expect(await refusal(user.send(new PutTargetsCommand({ Rule: "hand", Targets: [{ Id: "1", Arn: QUEUE, RoleArn: role }] })))).toMatch(/^AccessDeniedException: .* iam:PassRole/);
  });

  it("is the right to the bus beside the archive and the replay, and to the connection beside the API destination", async () => {
    await events.send(new CreateEventBusCommand({ Name: "kept", Tags: [{ Key: "team", Value: "a" }] }));
    await createBus("unkept");
    const { ConnectionArn } = await events.send(new CreateConnectionCommand({ Name: "beside", AuthorizationType: "API_KEY", AuthParameters: { ApiKeyAuthParameters: { ApiKeyName: "x-key", ApiKeyValue: "v" } } }));
    const [archives, destinations] = [["archive/*", "replay/*"], ["api-destination/*"]].map((all) => all.map((one) => arnOf("events", one)));
    const user = await userOf("beside", [
      { Effect: "Allow", Action: ["events:CreateArchive", "events:StartReplay"], Resource: archives },
      allow(["events:CreateArchive", "events:StartReplay"], arnOf("events", "event-bus/*"), { Condition: { StringEquals: { "aws:ResourceTag/team": "a" } } }),
      { Effect: "Allow", Action: ["events:CreateApiDestination", "events:DescribeApiDestination"], Resource: destinations },
    ]);
    const busOf = (name: string) => arnOf("events", `event-bus/${name}`);
    const keep = (name: string) => user.send(new CreateArchiveCommand({ ArchiveName: `of-${name}`, EventSourceArn: busOf(name) }));
    const replay = (name: string) => user.send(new StartReplayCommand({ ReplayName: `of-${name}`, EventSourceArn: arnOf("events", "archive/of-kept"), EventStartTime: new Date(1_000), EventEndTime: new Date(2_000), Destination: { Arn: busOf(name) } }));
    expect((await keep("kept")).State).toBe("ENABLED");
    expect(await refusal(keep("unkept"))).toMatch(/^AccessDeniedException: .* events:CreateArchive on resource: .*event-bus\/unkept/);
    expect((await replay("kept")).State).toBe("STARTING");
    expect(await refusal(replay("unkept"))).toMatch(/^AccessDeniedException: .* events:StartReplay on resource: .*event-bus\/unkept/);
    const input = { Name: "beside", ConnectionArn: ConnectionArn!, InvocationEndpoint: "https://example.com/", HttpMethod: "POST" as const };
    expect(await refusal(user.send(new CreateApiDestinationCommand(input)))).toMatch(/^AccessDeniedException: .* events:CreateApiDestination on resource: arn:aws:events:us-east-1:000000000000:connection\/beside/);
    expect((await fetchStories({ endpoint: opened.endpoint, region: "us-east-1", account: undefined }, "of-unkept")).flat().length).toBeGreaterThan(0);
    await events.send(new CreateApiDestinationCommand(input));
    expect(await refusal(user.send(new DescribeApiDestinationCommand({ Name: "beside" })))).toMatch(/^AccessDeniedException: .* events:DescribeApiDestination on resource: arn:aws:events:us-east-1:000000000000:connection\/beside/);
  });

  it("is to make the secret that a connection is on AWS", async () => {
    const [poor, rich] = [await userOf("connects", [allow("events:*")]), await userOf("connects-well", [allow("events:*"), allow("secretsmanager:CreateSecret", arnOf("secretsmanager", "secret:events!*"))])];
    const create = (client: EventBridgeClient) => client.send(new CreateConnectionCommand({ Name: "secret", AuthorizationType: "BASIC", AuthParameters: { BasicAuthParameters: { Username: "u", Password: "p" } } }));
    expect(await refusal(create(poor))).toMatch(/^AccessDeniedException: .* is not authorized to perform: secretsmanager:CreateSecret on resource: arn:aws:secretsmanager:us-east-1:000000000000:secret:events!connection\/secret\//);
    expect((await create(rich)).ConnectionState).toBe("AUTHORIZED");
  });

  it("is the role's right to invoke an API destination, at the moment of each delivery", async () => {
    const { iam, sqs } = opened.clients;
    const role = await createServiceRole(iam, "invoker");
    const { ConnectionArn } = await events.send(new CreateConnectionCommand({ Name: "hook", AuthorizationType: "API_KEY", AuthParameters: { ApiKeyAuthParameters: { ApiKeyName: "x-key", ApiKeyValue: "v" } } }));
    const { ApiDestinationArn } = await events.send(new CreateApiDestinationCommand({ Name: "hook", ConnectionArn: ConnectionArn!, InvocationEndpoint: `${endpoint.url}/hook`, HttpMethod: "POST" }));
    const dead = arnOf("sqs", "hook-dead");
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "events.amazonaws.com" }, Action: "sqs:SendMessage", Resource: dead, Condition: { ArnEquals: { "aws:SourceArn": arnOf("events", "rule/hook") } } }] });
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "hook-dead", Attributes: { Policy } }));
    await putRule("hook", { EventPattern: JSON.stringify({ source: ["hook"] }) });
    await putTargets("hook", [{ Id: "1", Arn: ApiDestinationArn!, RoleArn: role, DeadLetterConfig: { Arn: dead }, InputPath: "$.detail" }]);
    const put = (Detail: string) => events.send(new PutEventsCommand({ Entries: [{ Source: "hook", DetailType: "t", Detail }] }));
    await put('{"n":1}');
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: QueueUrl!, WaitTimeSeconds: 20, MessageAttributeNames: ["All"] }));
    expect(Messages![0]!.MessageAttributes).toMatchObject({ ERROR_CODE: { StringValue: "NO_PERMISSIONS" }, ERROR_MESSAGE: { StringValue: expect.stringMatching(`events:InvokeApiDestination on resource: ${ApiDestinationArn}`) } });
    expect(endpoint.asked).toEqual([]);
    await iam.send(new PutRolePolicyCommand({ RoleName: "invoker", PolicyName: "p", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [allow("events:InvokeApiDestination", `${arnOf("events", "api-destination/hook/")}*`)] }) }));
    await put('{"n":2}');
    await eventually("it is posted", () => endpoint.asked.length === 1);
    expect(endpoint.asked).toMatchObject([{ method: "POST", path: "/hook", body: '{"n":2}', headers: { "x-key": "v" } }]);
  });
});
