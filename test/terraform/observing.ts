import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DescribeAlarmsCommand, ListTagsForResourceCommand } from "@aws-sdk/client-cloudwatch";
import { DescribeMetricFiltersCommand, DescribeResourcePoliciesCommand, DescribeSubscriptionFiltersCommand, FilterLogEventsCommand, PutLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { expect, it } from "vitest";
import { zipOf } from "../support/functions.ts";
import { eventually } from "../support/temporary.ts";
import { NOTHING } from "./outcome.ts";
import type { Module, Suite } from "./suite.ts";

const APP = `
import base64, gzip, json
def handler(event, context):
    if "awslogs" not in event: return
    for one in json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))["logEvents"]: print("TOLD OF", one["message"])
`;
const GROUP = "/app/watched";
const ROLE = ["AttachRolePolicy", "CreateRole", "DeleteRole", "DetachRolePolicy", "GetRole", "ListAttachedRolePolicies", "ListInstanceProfilesForRole", "ListRolePolicies", "PassRole", "TagRole"];
const FUNCTION = ["AddPermission", "CreateAlias", "CreateFunction", "DeleteAlias", "DeleteFunction", "GetAlias", "GetFunction", "GetFunctionCodeSigningConfig", "GetPolicy", "ListTags", "ListVersionsByFunction", "PublishVersion", "RemovePermission", "TagResource"];
const OF_GROUP = [
  "CreateLogGroup", "CreateLogStream", "DeleteLogGroup", "DeleteLogStream", "DeleteMetricFilter", "DeleteSubscriptionFilter", "DescribeLogGroups", "DescribeLogStreams", "DescribeMetricFilters", "DescribeSubscriptionFilters", "ListTagsForResource",
  "PutMetricFilter", "PutRetentionPolicy", "PutSubscriptionFilter", "TagResource",
];
const ALARM = ["DeleteAlarms", "DescribeAlarms", "ListTagsForResource", "PutMetricAlarm", "TagResource", "UntagResource"];
const allow = (prefix: string, actions: readonly string[], Resource: string | string[]) => ({ Effect: "Allow", Action: actions.map((action) => `${prefix}:${action}`), Resource });

const alarms = async (on: Module) => (await on.clients.cloudwatch.send(new DescribeAlarmsCommand({ AlarmNamePrefix: "watched-" }))).MetricAlarms!;
const subscriptions = async (on: Module) => (await on.clients.logs.send(new DescribeSubscriptionFiltersCommand({ logGroupName: GROUP }))).subscriptionFilters;
const policies = async (on: Module) => (await on.clients.logs.send(new DescribeResourcePoliciesCommand({}))).resourcePolicies!.filter(({ policyName }) => policyName === "events-to-logs");
const tagsOf = async (on: Module, ResourceARN: string) => Object.fromEntries((await on.clients.cloudwatch.send(new ListTagsForResourceCommand({ ResourceARN }))).Tags!.map(({ Key, Value }) => [Key, Value]));
/** The function prints what it is told of. */
const isTold = async (on: Module, message: string) => {
  await on.clients.logs.send(new PutLogEventsCommand({ logGroupName: GROUP, logStreamName: "main", logEvents: [{ timestamp: Date.now(), message }] }));
  await eventually(`the function is told of ${message}`, async () => {
    const { events } = await on.clients.logs.send(new FilterLogEventsCommand({ logGroupName: "/aws/lambda/watcher", filterPattern: '"TOLD OF"' })).catch(() => ({ events: [] }));
    return events!.some((event) => event.message!.includes(message));
  });
};

export const observing: Suite = {
  title: "with what comes out of logs and metrics",
  name: "observing",
  folder: join(import.meta.dirname, "observing"),
  policy: {
    Version: "2012-10-17",
    Statement: [
      allow("iam", ROLE, "arn:aws:iam::000000000000:role/watcher"),
      allow("lambda", FUNCTION, ["arn:aws:lambda:us-east-1:000000000000:function:watcher", "arn:aws:lambda:us-east-1:000000000000:function:watcher:*"]),
      allow("logs", OF_GROUP, ["arn:aws:logs:us-east-1:000000000000:log-group::log-stream:", `arn:aws:logs:us-east-1:000000000000:log-group:${GROUP}`, `arn:aws:logs:us-east-1:000000000000:log-group:${GROUP}:*`]),
      allow("logs", ["PutResourcePolicy", "DescribeResourcePolicies", "DeleteResourcePolicy"], "*"),
      allow("cloudwatch", ALARM, "arn:aws:cloudwatch:us-east-1:000000000000:alarm:*"),
    ],
  },
  given: () => "generation = var.generation",
  prepare: async (folder) => writeFileSync(join(folder, "app.zip"), await zipOf({ "app.py": APP })),
  imported: () => ({ "aws_cloudwatch_log_subscription_filter.errors": `${GROUP}|errors`, "aws_cloudwatch_log_metric_filter.orders": `${GROUP}:orders`, "aws_cloudwatch_log_resource_policy.events": "events-to-logs", "aws_cloudwatch_metric_alarm.errors": "watched-errors" }),

  applied(on) {
    it("applies, and has no change after it", () => {
      expect(on.did("first")).toEqual({ ...NOTHING, added: 14 });
      expect(on.did("applied")).toEqual(NOTHING);
      expect(on.left("applied")).toEqual([]);
    });

    it("made what was written", async () => {
      const [errors, query, slow] = await alarms(on);
      expect(errors).toMatchObject({ AlarmName: "watched-errors", Namespace: "shop", Statistic: "Sum", EvaluationPeriods: 1, DatapointsToAlarm: 1, Threshold: 0, TreatMissingData: "notBreaching", AlarmActions: ["arn:aws:lambda:us-east-1:000000000000:function:watcher"] });
      expect(slow).toMatchObject({ ExtendedStatistic: "p99", Threshold: 1_500.5, EvaluateLowSampleCountPercentile: "ignore", ActionsEnabled: true });
      expect(query).toMatchObject({ Metrics: [{ Id: "m1", MetricStat: { Period: 60, Stat: "Average" } }] });
      expect(await tagsOf(on, errors!.AlarmArn!)).toEqual({ project: "lambdad", stage: "test", generation: "1" });
      expect((await on.clients.logs.send(new DescribeMetricFiltersCommand({ logGroupName: GROUP }))).metricFilters).toMatchObject([
        { filterName: "errors", metricTransformations: [{ metricValue: "1", defaultValue: 0 }] }, { filterName: "orders", metricTransformations: [{ metricNamespace: "shop", metricValue: "$.total", dimensions: { region: "$.region" } }] },
      ]);
      expect(JSON.parse((await policies(on))[0]!.policyDocument!)).toMatchObject({ Statement: [{ Principal: { Service: ["events.amazonaws.com"] } }] });
      await isTold(on, "ERROR one");
    });
  },

  changed(on) {
    it("takes over what is there already, and changes in place what can be", async () => {
      expect(on.did("changed")).toEqual({ ...NOTHING, imported: 4, changed: 5 });
      expect(on.left("changed")).toEqual([]);
      const [errors, , slow] = await alarms(on);
      expect(errors).toMatchObject({ EvaluationPeriods: 3, DatapointsToAlarm: 2 });
      expect(slow).toMatchObject({ ActionsEnabled: false });
      expect(await tagsOf(on, errors!.AlarmArn!)).toMatchObject({ generation: "2" });
      expect(JSON.parse((await policies(on))[0]!.policyDocument!)).toMatchObject({ Statement: [{ Principal: { Service: ["events.amazonaws.com", "delivery.logs.amazonaws.com"] } }] });
      expect(await subscriptions(on)).toMatchObject([{ filterPattern: '{ $.level = "ERROR" }' }]);
      await isTold(on, '{"level":"ERROR","n":2}');
    });
  },

  destroyed(on) {
    it("leaves nothing", async () => {
      expect(await alarms(on)).toEqual([]);
      expect(await policies(on)).toEqual([]);
      await expect(subscriptions(on)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    });
  },
};
