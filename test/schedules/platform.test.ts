import { CreateAccessKeyCommand, CreateRoleCommand, CreateUserCommand, DeleteRolePolicyCommand, PutRolePolicyCommand, PutUserPolicyCommand, UpdateAssumeRolePolicyCommand } from "@aws-sdk/client-iam";
import { CreateScheduleCommand, CreateScheduleGroupCommand, DeleteScheduleCommand, GetScheduleCommand, ListSchedulesCommand, paginateListSchedules, SchedulerClient, TagResourceCommand, UpdateScheduleCommand, type CreateScheduleCommandInput } from "@aws-sdk/client-scheduler";
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { CreateQueueCommand, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { describe, expect, it } from "vitest";
import { callPlatform } from "../../src/cli/platform-client.ts";
import type { LedgerStory } from "../../src/kit/ledger.ts";
import { createFunction, createRole } from "../support/functions.ts";
import { usePlatform } from "../support/platform.ts";
import { refusal } from "../support/refusal.ts";
import { eventually } from "../support/temporary.ts";

const platform = usePlatform();
const ACCOUNT = "000000000000";
const GROUP = `arn:aws:scheduler:us-east-1:${ACCOUNT}:schedule-group/default`;

const clientOf = (accessKeyId = "test", secretAccessKey = "test") => new SchedulerClient({ endpoint: platform.endpoint, region: "us-east-1", credentials: { accessKeyId, secretAccessKey }, maxAttempts: 1 });
const allow = (Action: string | string[], Resource: string, more: object = {}) => JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource, ...more }] });
const trust = (sourceArn?: string) => JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "scheduler.amazonaws.com" }, Action: "sts:AssumeRole", ...(sourceArn === undefined ? {} : { Condition: { ArnEquals: { "aws:SourceArn": sourceArn }, StringEquals: { "aws:SourceAccount": ACCOUNT } } }) }],
});
const roleOf = async (RoleName: string, policy?: string, trusted = trust()) => {
  const { iam } = platform.clients;
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trusted }));
  if (policy !== undefined) await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: "p", PolicyDocument: policy }));
  return Role!.Arn!;
};
const queueOf = async (QueueName: string) => {
  const { QueueUrl: url } = await platform.clients.sqs.send(new CreateQueueCommand({ QueueName }));
  return { arn: `arn:aws:sqs:us-east-1:${ACCOUNT}:${QueueName}`, url: url!, receive: async () => (await platform.clients.sqs.send(new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10, MessageAttributeNames: ["All"] }))).Messages ?? [] };
};
const asRoot = () => ({ endpoint: platform.endpoint, region: "us-east-1", account: undefined });
const why = async (key: string) => ((await callPlatform(asRoot(), "GET", `events/${encodeURIComponent(key)}`)).body as { stories: LedgerStory[] }).stories;
const create = (input: Partial<CreateScheduleCommandInput> & Pick<CreateScheduleCommandInput, "Name" | "Target">, client = clientOf()) => client.send(new CreateScheduleCommand({ ScheduleExpression: "rate(1 hour)", FlexibleTimeWindow: { Mode: "OFF" }, ...input }));

describe("a schedule, as its role", () => {
  it("sends what it is to where its role may, and what fails to its dead-letter queue; who asks why is told", async () => {
    const [queue, dead] = [await queueOf("orders"), await queueOf("dead")];
    const RoleArn = await roleOf("sender", allow("sqs:SendMessage", `arn:aws:sqs:us-east-1:${ACCOUNT}:*`), trust(GROUP));
    await create({ Name: "hourly", Target: { Arn: queue.arn, RoleArn, Input: "<aws.scheduler.execution-id> <aws.scheduler.attempt-number>", DeadLetterConfig: { Arn: dead.arn } } });
    const [message] = await eventually("the message", async () => { const found = await queue.receive(); return found.length > 0 && found; });
    const [executionId, attempt] = message!.Body!.split(" ");
    expect(attempt).toBe("1");
    expect((await why(executionId!))[0]!.entries.map(({ summary }) => summary).join("\n")).toContain(`the schedule default/hourly is due, and ${queue.arn} is called`);

    await platform.clients.iam.send(new PutRolePolicyCommand({ RoleName: "sender", PolicyName: "p", PolicyDocument: allow("sqs:SendMessage", dead.arn) }));
    await callPlatform(asRoot(), "POST", "clock", { advance: "1h" });
    const [letter] = await eventually("the dead letter", async () => { const found = await dead.receive(); return found.length > 0 && found; });
    expect(letter!.MessageAttributes).toMatchObject({ ERROR_CODE: { StringValue: expect.stringMatching(/^AccessDenied/) as string }, RETRY_ATTEMPTS: { StringValue: "0" }, TARGET_ARN: { StringValue: "arn:aws:scheduler:::aws-sdk:sqs:sendMessage" } });
    const told = (await why(letter!.MessageAttributes!["EXECUTION_ID"]!.StringValue!))[0]!.entries.map(({ summary }) => summary).join("\n");
    expect(told).toContain("sqs:SendMessage");
    expect(told).toContain(`the role ${RoleArn} of hourly may not do it; it goes to the dead-letter queue ${dead.arn}`);

    // Later, the role is not Scheduler's any more.
    await platform.clients.iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: "sender", PolicyDocument: trust(`${GROUP}-other`) }));
    await clientOf().send(new DeleteScheduleCommand({ Name: "hourly" }));
    await platform.clients.iam.send(new DeleteRolePolicyCommand({ RoleName: "sender", PolicyName: "p" }));
    expect(await refusal(create({ Name: "again", Target: { Arn: queue.arn, RoleArn } }))).toBe("ValidationException: The execution role you provide must allow AWS EventBridge Scheduler to assume the role.");
  });

  it("sends each of its messages in its own minute, however far time is moved at once", async () => {
    const queue = await queueOf("minutes");
    const RoleArn = await roleOf("minutely", allow("sqs:SendMessage", queue.arn));
    await create({ Name: "minutely", ScheduleExpression: "rate(1 minute)", Target: { Arn: queue.arn, RoleArn, Input: "<aws.scheduler.scheduled-time>" } });
    await callPlatform(asRoot(), "POST", "clock", { advance: "20m" });
    const messages: { due: number; sent: number }[] = [];
    await eventually("all of its messages", async () => {
      const { Messages = [] } = await platform.clients.sqs.send(new ReceiveMessageCommand({ QueueUrl: queue.url, MaxNumberOfMessages: 10, VisibilityTimeout: 3_600, MessageSystemAttributeNames: ["SentTimestamp"] }));
      messages.push(...Messages.map(({ Body, Attributes }) => ({ due: Date.parse(Body!), sent: Number(Attributes!["SentTimestamp"]) })));
      return messages.length >= 20;
    });
    for (const { due, sent } of messages) expect(sent - due).toBeLessThan(60_000);
    await clientOf().send(new DeleteScheduleCommand({ Name: "minutely" }));
  });

  it("invokes a function, as long as its role may", async () => {
    const dead = await queueOf("not-invoked");
    const RoleArn = await roleOf("invoker", allow("lambda:InvokeFunction", `arn:aws:lambda:us-east-1:${ACCOUNT}:function:greeted`));
    const Arn = await createFunction(platform.clients, { FunctionName: "greeted", Role: await createRole(platform.clients, "greeted"), files: { "app.py": "def handler(event, context):\n  return event['hello']\n" } });
    await create({ Name: "greet", Target: { Arn, RoleArn, Input: '{"hello":"<aws.scheduler.schedule-arn>"}', DeadLetterConfig: { Arn: dead.arn } } });
    const kinds = async () => (await why("greet")).find(({ entries }) => entries.some(({ kind }) => kind === "event"))?.entries.map(({ kind }) => kind);
    expect(await eventually("the function has run", async () => { const told = await kinds(); return told?.includes("attempt") === true && told; })).toEqual(["event", "queued", "attempt"]);
    await platform.clients.iam.send(new PutRolePolicyCommand({ RoleName: "invoker", PolicyName: "p", PolicyDocument: allow("sqs:SendMessage", dead.arn) }));
    await callPlatform(asRoot(), "POST", "clock", { advance: "1h" });
    const [letter] = await eventually("the dead letter", async () => { const found = await dead.receive(); return found.length > 0 && found; });
    expect(letter).toMatchObject({ Body: '{"hello":"arn:aws:scheduler:us-east-1:000000000000:schedule/default/greet"}', MessageAttributes: { ERROR_CODE: { StringValue: "AccessDeniedException" } } });
  });

  it("calls any operation that is built", async () => {
    const RoleArn = await roleOf("caller", allow(["sqs:SendMessage", "s3:PutObject"], "*"));
    const queue = await queueOf("universal");
    await create({ Name: "call", Target: { Arn: "arn:aws:scheduler:::aws-sdk:sqs:sendMessage", RoleArn, Input: JSON.stringify({ QueueUrl: queue.url, MessageBody: "hello", MessageAttributes: { at: { DataType: "String", StringValue: "<aws.scheduler.scheduled-time>" } } }) } });
    const [message] = await eventually("the message", async () => { const found = await queue.receive(); return found.length > 0 && found; });
    expect(message).toMatchObject({ Body: "hello", MessageAttributes: { at: { StringValue: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string } } });
    const { s3 } = platform.clients;
    await s3.send(new CreateBucketCommand({ Bucket: "reports" }));
    await create({ Name: "put", Target: { Arn: "arn:aws:scheduler:::aws-sdk:s3:putObject", RoleArn, Input: JSON.stringify({ Bucket: "reports", Key: "<aws.scheduler.execution-id>", Body: "a report", Metadata: { by: "scheduler" } }) } });
    const [object] = await eventually("the object", async () => (await s3.send(new ListObjectsV2Command({ Bucket: "reports" }))).Contents);
    const { Body, Metadata } = await s3.send(new GetObjectCommand({ Bucket: "reports", Key: object!.Key }));
    expect([object!.Key, await Body!.transformToString(), Metadata]).toEqual([expect.stringMatching(/^[0-9a-f]{16}$/), "a report", { by: "scheduler" }]);
    expect(await refusal(create({ Name: "none", Target: { Arn: "arn:aws:scheduler:::aws-sdk:dynamodb:putItem", RoleArn, Input: "{}" } }))).toContain("NotImplemented: The universal target");
  });
});

describe("who may", () => {
  const userOf = async (UserName: string, PolicyDocument: string) => {
    const { iam } = platform.clients;
    await iam.send(new CreateUserCommand({ UserName }));
    await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: "p", PolicyDocument }));
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
    return clientOf(AccessKey!.AccessKeyId!, AccessKey!.SecretAccessKey!);
  };

  it("make a schedule, must be allowed to hand over its role", async () => {
    const RoleArn = await roleOf("handed");
    const { arn: Arn } = await queueOf("handed");
    const user = await userOf("maker", allow("scheduler:*", "*"));
    const refused = `User: arn:aws:iam::${ACCOUNT}:user/maker is not authorized to perform: iam:PassRole on resource: ${RoleArn}`;
    expect(await refusal(create({ Name: "mine", State: "DISABLED", Target: { Arn, RoleArn } }, user))).toContain(refused);
    await platform.clients.iam.send(new PutUserPolicyCommand({ UserName: "maker", PolicyName: "q", PolicyDocument: allow("iam:PassRole", RoleArn, { Condition: { StringEquals: { "iam:PassedToService": "scheduler.amazonaws.com" } } }) }));
    await create({ Name: "mine", State: "DISABLED", Target: { Arn, RoleArn } }, user);
    const update = new UpdateScheduleCommand({ Name: "mine", State: "DISABLED", ScheduleExpression: "rate(2 hours)", FlexibleTimeWindow: { Mode: "OFF" }, Target: { Arn, RoleArn } });
    await user.send(update);
    await platform.clients.iam.send(new PutUserPolicyCommand({ UserName: "maker", PolicyName: "q", PolicyDocument: allow("iam:PassRole", RoleArn, { Condition: { StringEquals: { "iam:PassedToService": "lambda.amazonaws.com" } } }) }));
    expect(await refusal(user.send(update))).toContain(refused);
    expect((await user.send(new GetScheduleCommand({ Name: "mine" }))).ScheduleExpression).toBe("rate(2 hours)");
  });

  it("are asked for the schedule, the group and its tags", async () => {
    const root = clientOf();
    await root.send(new CreateScheduleGroupCommand({ Name: "team", Tags: [{ Key: "team", Value: "a" }] }));
    const user = await userOf("reader", JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", Action: "scheduler:GetSchedule", Resource: `arn:aws:scheduler:us-east-1:${ACCOUNT}:schedule/team/*` },
        { Effect: "Allow", Action: "scheduler:TagResource", Resource: "*", Condition: { StringEquals: { "aws:ResourceTag/team": "a" }, "ForAllValues:StringEquals": { "aws:TagKeys": ["colour"] } } },
      ],
    }));
    expect(await refusal(user.send(new GetScheduleCommand({ Name: "x" })))).toContain(`scheduler:GetSchedule on resource: arn:aws:scheduler:us-east-1:${ACCOUNT}:schedule/default/x`);
    expect(await refusal(user.send(new GetScheduleCommand({ Name: "x", GroupName: "team" })))).toBe("ResourceNotFoundException: Schedule x does not exist.");
    expect(await refusal(user.send(new ListSchedulesCommand({})))).toContain("scheduler:ListSchedules on resource: *");
    const ResourceArn = `arn:aws:scheduler:us-east-1:${ACCOUNT}:schedule-group/team`;
    await user.send(new TagResourceCommand({ ResourceArn, Tags: [{ Key: "colour", Value: "red" }] }));
    expect(await refusal(user.send(new TagResourceCommand({ ResourceArn, Tags: [{ Key: "team", Value: "b" }] })))).toContain("scheduler:TagResource");
  });

  it("list with the SDK's paginator, and constraints are the model's", async () => {
    const RoleArn = await roleOf("pages");
    const { arn: Arn } = await queueOf("pages");
    await clientOf().send(new CreateScheduleGroupCommand({ Name: "pages" }));
    for (const Name of ["a", "b", "c"]) await create({ Name, GroupName: "pages", State: "DISABLED", Target: { Arn, RoleArn } });
    const names: string[] = [];
    for await (const { Schedules } of paginateListSchedules({ client: clientOf(), pageSize: 2 }, { GroupName: "pages" })) names.push(...Schedules!.map(({ Name }) => Name!));
    expect(names).toEqual(["a", "b", "c"]);
    expect(await refusal(create({ Name: "d", Target: { Arn, RoleArn, RetryPolicy: { MaximumRetryAttempts: 186 } } }))).toContain("ValidationException");
    expect(await refusal(create({ Name: "d", Target: { Arn, RoleArn, DeadLetterConfig: { Arn: `${Arn}.fifo` } } }))).toContain("ValidationException");
  });
});
