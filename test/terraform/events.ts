import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  DescribeApiDestinationCommand, DescribeArchiveCommand, DescribeConnectionCommand, DescribeEventBusCommand, DescribeRuleCommand, EventBridgeClient, ListConnectionsCommand, ListEventBusesCommand, ListRulesCommand, ListTagsForResourceCommand,
  ListTargetsByRuleCommand, PutEventsCommand,
} from "@aws-sdk/client-eventbridge";
import { FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { expect, it } from "vitest";
import { zipOf } from "../support/functions.ts";
import { eventually } from "../support/temporary.ts";
import { NOTHING } from "./outcome.ts";
import type { Module, Suite } from "./suite.ts";

const APP = `
def handler(event, context):
    print("GOT", event)
`;

const arn = (service: string, resource: string) => `arn:aws:${service}:us-east-1:000000000000:${resource}`;
const allow = (service: string, actions: string[], ...Resource: string[]) => ({ Effect: "Allow", Action: actions.map((action) => `${service}:${action}`), Resource });

const EVENTS = [
  "CreateApiDestination", "CreateArchive", "CreateConnection", "CreateEventBus", "DeleteApiDestination", "DeleteArchive", "DeleteConnection", "DeleteEventBus", "DeleteRule", "DescribeApiDestination", "DescribeArchive", "DescribeConnection", "DescribeEventBus",
  "DescribeRule", "ListTagsForResource", "ListTargetsByRule", "PutPermission", "PutRule", "PutTargets", "RemovePermission", "RemoveTargets", "TagResource", "UntagResource", "UpdateApiDestination", "UpdateArchive", "UpdateConnection", "UpdateEventBus",
];

const client = ({ server }: Module) => new EventBridgeClient({ endpoint: server.endpoint, region: "us-east-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 });
const policyOf = async (on: Module, Name: string) => JSON.parse((await client(on).send(new DescribeEventBusCommand({ Name }))).Policy!) as { Statement: object[] };
const targets = async (on: Module, Rule: string, EventBusName: string) => (await client(on).send(new ListTargetsByRuleCommand({ Rule, EventBusName }))).Targets;

export const events: Suite = {
  title: "with every resource of EventBridge",
  name: "events",
  folder: join(import.meta.dirname, "events"),
  policy: {
    Version: "2012-10-17",
    Statement: [
      allow("events", EVENTS, arn("events", "*")),
      allow("secretsmanager", ["CreateSecret"], arn("secretsmanager", "secret:events!connection/*")),
      allow("iam", ["AttachRolePolicy", "CreateRole", "DeleteRole", "DetachRolePolicy", "GetRole", "ListAttachedRolePolicies", "ListInstanceProfilesForRole", "ListRolePolicies", "PassRole", "TagRole"], "arn:aws:iam::000000000000:role/orders", "arn:aws:iam::000000000000:role/events-hook"),
      allow("lambda", ["AddPermission", "CreateAlias", "CreateFunction", "DeleteAlias", "DeleteFunction", "GetAlias", "GetFunction", "GetFunctionCodeSigningConfig", "GetPolicy", "ListTags", "ListVersionsByFunction", "PublishVersion", "RemovePermission", "TagResource"], arn("lambda", "function:orders"), arn("lambda", "function:orders:*")),
      allow("sqs", ["CreateQueue", "DeleteQueue", "GetQueueAttributes", "ListQueueTags", "TagQueue"], arn("sqs", "events-dead"), arn("sqs", "events-steps.fifo")),
    ],
  },
  given: () => "generation = var.generation",
  prepare: async (folder) => writeFileSync(join(folder, "app.zip"), await zipOf({ "app.py": APP })),
  imported: () => ({
    "aws_cloudwatch_event_bus.shop": "shop",
    "aws_cloudwatch_event_rule.orders": "shop/orders",
    "aws_cloudwatch_event_target.queue": "nightly/queue",
    "aws_cloudwatch_event_api_destination.hook": "hook",
  }),

  applied(on) {
    it("applies, and has no change after it", () => {
      expect(on.did("first")).toEqual({ ...NOTHING, added: 20 });
      expect(on.did("applied")).toEqual(NOTHING);
      expect(on.left("applied")).toEqual([]);
      const id = (text: string) => expect.stringMatching(new RegExp(`^${text}/[0-9a-f-]{36}$`));
      expect(on.outputs("applied")["arns"]).toEqual({
        bus: arn("events", "event-bus/shop"), rule: arn("events", "rule/shop/orders"), archive: arn("events", "archive/orders"), connection: id(arn("events", "connection/key")), destination: id(arn("events", "api-destination/hook")),
      });
    });

    it("made what was written", async () => {
      expect(await client(on).send(new DescribeEventBusCommand({ Name: "shop" }))).toMatchObject({ Description: "of the first", DeadLetterConfig: { Arn: arn("sqs", "events-dead") } });
      expect((await policyOf(on, "shop")).Statement).toMatchObject([{ Sid: "Partners", Principal: { AWS: "arn:aws:iam::111122223333:root" } }]);
      expect((await policyOf(on, "plain")).Statement).toMatchObject([{ Sid: "Organization", Principal: "*", Condition: { StringEquals: { "aws:PrincipalOrgID": "o-1234567890" } } }]);
      expect(await client(on).send(new DescribeRuleCommand({ Name: "orders", EventBusName: "shop" }))).toMatchObject({ State: "ENABLED", Description: "what is ordered" });
      expect(await client(on).send(new DescribeRuleCommand({ Name: "nightly" }))).toMatchObject({ State: "ENABLED", ScheduleExpression: "cron(0 3 ? * MON-FRI *)" });
      expect((await client(on).send(new ListTagsForResourceCommand({ ResourceARN: arn("events", "rule/shop/orders") }))).Tags).toEqual(expect.arrayContaining([{ Key: "purpose", Value: "first" }, { Key: "project", Value: "lambdad" }]));
      expect(await targets(on, "orders", "shop")).toMatchObject([
        { Id: "function", Arn: arn("lambda", "function:orders:live"), InputTransformer: { InputTemplate: '"order <id> for <total>"' }, RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 3600 }, DeadLetterConfig: { Arn: arn("sqs", "events-dead") } },
        { Id: "hook", InputPath: "$.detail", HttpParameters: { PathParameterValues: ["$.detail.id"], QueryStringParameters: { stage: "first" } } },
      ]);
      expect(await targets(on, "nightly", "default")).toEqual([{ Id: "queue", Arn: arn("sqs", "events-steps.fifo"), Input: '{"run":"first"}', SqsParameters: { MessageGroupId: "first" } }]);
      expect(await client(on).send(new DescribeConnectionCommand({ Name: "key" }))).toMatchObject({ ConnectionState: "AUTHORIZED", AuthParameters: { InvocationHttpParameters: { HeaderParameters: [{ Key: "x-tenant", Value: "first" }] } } });
      expect(await client(on).send(new DescribeArchiveCommand({ ArchiveName: "orders" }))).toMatchObject({ RetentionDays: 7, EventSourceArn: arn("events", "event-bus/shop") });
    });

    it("lets an event through to the alias, whose policy knows the rule", async () => {
      await client(on).send(new PutEventsCommand({ Entries: [{ EventBusName: "shop", Source: "shop", DetailType: "order placed", Detail: '{"id":"o-1","total":250}' }] }));
      await eventually("the function got it", async () => {
        const { events: lines } = await on.clients.logs.send(new FilterLogEventsCommand({ logGroupName: "/aws/lambda/orders", filterPattern: '"GOT order o-1 for 250"' })).catch(() => ({ events: [] }));
        return lines!.length === 1;
      });
    });
  },

  changed(on) {
    it("takes over what is there already, and changes in place what can be", async () => {
      expect(on.did("changed")).toEqual({ ...NOTHING, imported: 4, changed: 11 });
      expect(on.left("changed")).toEqual([]);
      expect(await client(on).send(new DescribeEventBusCommand({ Name: "shop" }))).toMatchObject({ Description: "of the second", DeadLetterConfig: { Arn: arn("sqs", "events-dead") } });
      expect((await policyOf(on, "plain")).Statement).toMatchObject([{ Condition: { StringEquals: { "aws:PrincipalOrgID": "o-0987654321" } } }]);
      expect(await client(on).send(new DescribeRuleCommand({ Name: "nightly" }))).toMatchObject({ State: "DISABLED", ScheduleExpression: "rate(1 day)" });
      expect(await targets(on, "orders", "shop")).toMatchObject([{ InputTransformer: { InputTemplate: '{"order":"<id>"}' } }, { HttpParameters: { QueryStringParameters: { stage: "second" } } }]);
      expect(await client(on).send(new DescribeApiDestinationCommand({ Name: "hook" }))).toMatchObject({ HttpMethod: "PUT", InvocationRateLimitPerSecond: 300, ApiDestinationState: "ACTIVE" });
      expect(await client(on).send(new DescribeArchiveCommand({ ArchiveName: "orders" }))).toMatchObject({ RetentionDays: 14 });
    });
  },

  destroyed(on) {
    it("destroys all of it", async () => {
      expect(on.did("destroyed")).toEqual({ ...NOTHING, destroyed: 20 });
      expect((await client(on).send(new ListEventBusesCommand())).EventBuses!.map(({ Name }) => Name)).toEqual(["default"]);
      expect((await client(on).send(new ListRulesCommand())).Rules).toEqual([]);
      expect((await client(on).send(new ListConnectionsCommand())).Connections).toEqual([]);
    });
  },
};
