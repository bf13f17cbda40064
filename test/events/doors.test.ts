import { PutRuleCommand, PutTargetsCommand, PutEventsCommand, CreateEventBusCommand, PutPermissionCommand, type Target } from "@aws-sdk/client-eventbridge";
import { CreateRoleCommand, DeleteRoleCommand, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { AddPermissionCommand, CreateAliasCommand, PublishVersionCommand, RemovePermissionCommand } from "@aws-sdk/client-lambda";
import { CreateLogGroupCommand, FilterLogEventsCommand, PutResourcePolicyCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CreateQueueCommand, ReceiveMessageCommand, SetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { beforeAll, describe, expect, it } from "vitest";
import { fetchStories } from "../../src/cli/commands/why.ts";
import { storyLines } from "../../src/cli/story.ts";
import { createFunction, createRole } from "../support/functions.ts";
import { usePlatform } from "../support/platform.ts";
import { pushClientsOf, type PushClients } from "../support/push-clients.ts";
import { eventually } from "../support/temporary.ts";
import { DEAD, FUNCTION, PLACE, ruleArnOf } from "./data-ground.ts";

const platform = usePlatform();
let events: PushClients["events"];
let dead = "";

const story = async (key: string): Promise<string> => (await fetchStories({ endpoint: platform.endpoint, region: "us-east-1", account: undefined }, key)).flatMap((one) => storyLines(one, (_style, text) => text)).join("\n");

beforeAll(async () => {
  const { lambda, sqs } = platform.clients;
  ({ events } = pushClientsOf(platform.endpoint));
  const Role = await createRole(platform.clients, "worker");
  await createFunction(platform.clients, { FunctionName: "f", Role, Runtime: "nodejs24.x", Handler: "app.handler", files: { "app.mjs": "export const handler = async (event) => console.log(`GOT ${event.id}`);\n" } });
  const { Version } = await lambda.send(new PublishVersionCommand({ FunctionName: "f" }));
  await lambda.send(new CreateAliasCommand({ FunctionName: "f", Name: "live", FunctionVersion: Version }));
  dead = (await sqs.send(new CreateQueueCommand({ QueueName: "dead" }))).QueueUrl!;
  const statement = { Effect: "Allow", Principal: { Service: "events.amazonaws.com" }, Action: "sqs:SendMessage", Resource: DEAD, Condition: { ArnLike: { "aws:SourceArn": ruleArnOf("*") } } };
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl: dead, Attributes: { Policy: JSON.stringify({ Version: "2012-10-17", Statement: [statement] }) } }));
});

/** A rule of its own events, and an event for it. */
const rule = async (name: string, target: Partial<Target>, EventBusName = "default") => {
  await events.send(new PutRuleCommand({ Name: name, EventBusName, EventPattern: JSON.stringify({ source: [name] }) }));
  await events.send(new PutTargetsCommand({ Rule: name, EventBusName, Targets: [{ Id: "1", Arn: FUNCTION, DeadLetterConfig: { Arn: DEAD }, ...target }] }));
};
const put = async (Source: string): Promise<string> => (await events.send(new PutEventsCommand({ Entries: [{ Source, DetailType: "order", Detail: "{}" }] }))).Entries![0]!.EventId!;
const permit = (StatementId: string, name: string, Qualifier?: string) =>
  platform.clients.lambda.send(new AddPermissionCommand({ FunctionName: "f", StatementId, Action: "lambda:InvokeFunction", Principal: "events.amazonaws.com", SourceArn: ruleArnOf(name), ...(Qualifier === undefined ? {} : { Qualifier }) }));
const came = (id: string) => eventually(`the function has ${id}`, async () => (await platform.clients.logs.send(new FilterLogEventsCommand({ logGroupName: "/aws/lambda/f", filterPattern: `"GOT ${id}"` })).catch(() => undefined))?.events?.length === 1);
/** The dead letter about an event: what it says went wrong. */
const letter = (id: string) =>
  eventually(`a dead letter about ${id}`, async () => {
    const { Messages = [] } = await platform.clients.sqs.send(new ReceiveMessageCommand({ QueueUrl: dead, MessageAttributeNames: ["All"], VisibilityTimeout: 0, MaxNumberOfMessages: 10 }));
    const found = Messages.find(({ Body }) => (JSON.parse(Body!) as { id: string }).id === id);
    return found && Object.fromEntries(Object.entries(found.MessageAttributes!).map(([name, { StringValue }]) => [name, StringValue]));
  });

describe("the door from a rule to a function", () => {
  it("is shut without a permission: the event goes to the dead-letter queue, and why tells what opens it", async () => {
    await rule("absent", {});
    const id = await put("absent");
    expect(await letter(id)).toMatchObject({ ERROR_CODE: "NO_PERMISSIONS", RULE_ARN: ruleArnOf("absent"), TARGET_ARN: FUNCTION, RETRY_ATTEMPTS: "0" });
    const told = await story(id);
    expect(told).toContain(`the event ${id} (order, from absent) is put on the bus default: 1 rule matches: absent (${FUNCTION})`);
    expect(told).toContain("the function f has no policy that lets anyone in, or there is no such function");
    expect(told).toContain('resource "aws_lambda_permission" "f_from_events"');
    expect(told).toContain(`--principal events.amazonaws.com --source-arn ${ruleArnOf("absent")}`);
    expect(told).toContain(`it goes to the dead-letter queue ${DEAD}`);
  });

  it("is opened by a permission for this rule, not by one for another, and shut when it is taken away", async () => {
    await rule("right", {});
    await permit("wrong", "elsewhere");
    const refused = await put("right");
    expect(await letter(refused)).toMatchObject({ ERROR_CODE: "NO_PERMISSIONS" });
    const told = await story(refused);
    expect(told).toContain(ruleArnOf("elsewhere"));
    expect(told).toContain(ruleArnOf("right"));
    await permit("right", "right");
    await came(await put("right"));
    await platform.clients.lambda.send(new RemovePermissionCommand({ FunctionName: "f", StatementId: "right" }));
    expect(await letter(await put("right"))).toMatchObject({ ERROR_CODE: "NO_PERMISSIONS" });
  });

  it("of an alias is the alias's own", async () => {
    await rule("alias", { Arn: `${FUNCTION}:live` });
    await permit("unqualified", "alias");
    expect(await letter(await put("alias"))).toMatchObject({ ERROR_CODE: "NO_PERMISSIONS", TARGET_ARN: `${FUNCTION}:live` });
    await permit("live", "alias", "live");
    await came(await put("alias"));
  });

  it("of a function that is not there tells so", async () => {
    await rule("gone", { Arn: `${FUNCTION}-gone` });
    expect((await letter(await put("gone")))["ERROR_CODE"]).toMatch(/^NO_(RESOURCE|PERMISSIONS)$/);
  });
});

describe("other doors of a rule", () => {
  const role = async (name: string, action: string, resource: string) => {
    const trust = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "events.amazonaws.com" }, Action: "sts:AssumeRole" }] };
    const { Role } = await platform.clients.iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: JSON.stringify(trust) }));
    if (action !== "") await platform.clients.iam.send(new PutRolePolicyCommand({ RoleName: name, PolicyName: "p", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: action, Resource: resource }] }) }));
    return Role!.Arn!;
  };

  it("are those of the role it goes by: its trust, and its policies", async () => {
    await rule("by-role", { RoleArn: await role("invoker", "lambda:InvokeFunction", FUNCTION) });
    await came(await put("by-role"));
    await rule("by-leaver", { RoleArn: await role("leaver", "", "") });
    await platform.clients.iam.send(new DeleteRoleCommand({ RoleName: "leaver" }));
    expect(await letter(await put("by-leaver"))).toMatchObject({ ERROR_CODE: "FAILED_TO_ASSUME_ROLE" });
    await rule("by-idler", { RoleArn: await role("idler", "", "") });
    const id = await put("by-idler");
    expect(await letter(id)).toMatchObject({ ERROR_CODE: "NO_PERMISSIONS" });
    expect(await story(id)).toContain("aws iam put-role-policy --role-name idler");
  });

  it("are a log group's: a resource policy of CloudWatch Logs", async () => {
    const { logs } = platform.clients;
    await logs.send(new CreateLogGroupCommand({ logGroupName: "/aws/events/x" }));
    await rule("to-logs", { Arn: `arn:aws:logs:us-east-1:${PLACE.account}:log-group:/aws/events/x` });
    const refused = await put("to-logs");
    expect(await letter(refused)).toMatchObject({ ERROR_CODE: "NO_PERMISSIONS" });
    expect(await story(refused)).toContain("aws logs put-resource-policy --policy-name AllowFromEventBridge");
    const statement = { Effect: "Allow", Principal: { Service: ["events.amazonaws.com", "delivery.logs.amazonaws.com"] }, Action: ["logs:CreateLogStream", "logs:PutLogEvents"], Resource: `arn:aws:logs:us-east-1:${PLACE.account}:log-group:/aws/events/*:*` };
    await logs.send(new PutResourcePolicyCommand({ policyName: "events", policyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [statement] }) }));
    const ids = [await put("to-logs"), await put("to-logs")];
    const written = await eventually("both are written", async () => {
      const { events: found = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName: "/aws/events/x" }));
      return found.length === 2 && found;
    });
    expect(written.map(({ message }) => (JSON.parse(message!) as { id: string }).id).toSorted()).toEqual(ids.toSorted());
    expect(new Set(written.map(({ logStreamName }) => logStreamName)).size).toBe(1);
  });

  it("are a bus's, which the event is forwarded to, and then those of the rules there", async () => {
    const { EventBusArn } = await events.send(new CreateEventBusCommand({ Name: "b" }));
    await rule("forward", { Arn: EventBusArn!, RoleArn: await role("forwarder", "events:PutEvents", EventBusArn!) });
    await events.send(new PutRuleCommand({ Name: "there", EventBusName: "b", EventPattern: JSON.stringify({ source: ["forward"] }) }));
    await events.send(new PutTargetsCommand({ Rule: "there", EventBusName: "b", Targets: [{ Id: "1", Arn: FUNCTION, DeadLetterConfig: { Arn: DEAD } }] }));
    const id = await put("forward");
    expect(await letter(id)).toMatchObject({ ERROR_CODE: "NO_PERMISSIONS", RULE_ARN: ruleArnOf("b/there") });
    await permit("there", "b/there");
    const second = await put("forward");
    await came(second);
    expect(await story(second)).toContain(`the event ${second} (order, from forward) is put on the bus b: 1 rule matches: there`);
  });

  it("are a bus's of another account: its policy lets the account in, or the entry is refused", async () => {
    const theirs = pushClientsOf(platform.endpoint, { accessKeyId: "111111111111", secretAccessKey: "test" }).events;
    const { EventBusArn } = await theirs.send(new CreateEventBusCommand({ Name: "theirs" }));
    const ask = async () => (await events.send(new PutEventsCommand({ Entries: [{ Source: "s", DetailType: "d", Detail: "{}", EventBusName: EventBusArn }] }))).Entries![0]!;
    expect(await ask()).toMatchObject({ ErrorCode: "AccessDeniedException", ErrorMessage: expect.stringContaining(`is not authorized to perform: events:PutEvents on resource: ${EventBusArn}`) });
    await theirs.send(new PutPermissionCommand({ EventBusName: "theirs", Action: "events:PutEvents", Principal: PLACE.account, StatementId: "in" }));
    expect((await ask()).EventId).toBeDefined();
  });
});
